"""Weights on disk: a safetensors file and a JSON file beside it, never a pickle."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

FORMAT = 1  # raised whenever older weights can no longer be read


def save_weights(path: str | Path, tensors: dict[str, torch.Tensor], config: dict) -> None:
    """Write `<path>.safetensors` and `<path>.json`, each beside its place first and then moved into it.

    Args:
        path: without suffix.
        tensors: name to tensor.
        config: JSON-able; `format` is added.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    part = path.with_name(path.name + ".part")
    save_file(tensors, part)
    os.replace(part, path.with_name(path.name + ".safetensors"))
    part.write_text(json.dumps({"format": FORMAT, **config}, indent=2) + "\n")
    os.replace(part, path.with_name(path.name + ".json"))


def load_weights(path: str | Path) -> tuple[dict[str, torch.Tensor], dict]:
    """Read what `save_weights` wrote.

    Args:
        path: without suffix.
    Returns:
        tensors by name, and the config.
    Raises:
        ValueError: a file is missing, is not safetensors or JSON, or is of another format; the message says which.
    """
    path = Path(path)
    weights, config_file = path.with_name(path.name + ".safetensors"), path.with_name(path.name + ".json")
    for file in (weights, config_file):
        if not file.is_file():
            raise ValueError(f"no weights at {file}: give a folder that `stemlab train` wrote, or leave it out")
    try:
        config = json.loads(config_file.read_text())
    except ValueError as error:
        raise ValueError(f"{config_file} is not JSON ({error}): copy the checkpoint again") from None
    found = config.get("format") if isinstance(config, dict) else None
    if found != FORMAT:
        raise ValueError(
            f"{config_file} has checkpoint format {found!r}, this version of stemlab reads {FORMAT}: "
            "use the stemlab that wrote it, or train again"
        )
    try:
        return load_file(weights), config
    except SafetensorError as error:
        raise ValueError(f"{weights} is not a safetensors file ({error}); pickled weights are never loaded") from None


Model = TypeVar("Model", bound=torch.nn.Module)


def load_into(model: Model, tensors: dict[str, torch.Tensor], path: str | Path) -> Model:
    """Fill a model in place, cast to its own types; ValueError when names or shapes differ."""
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise ValueError(f"the weights in {path} do not fit this model: {str(error).splitlines()[1].strip()}") from None
    return model


def codec_path(folder: str | Path) -> Path:
    """Path, without suffix, of the weights that a folder's codec is known by: `codec` of a published one, else `vae`."""
    return Path(folder) / ("codec" if (Path(folder) / "codec.json").is_file() else "vae")


def fingerprint(path: str | Path) -> str:
    """First 12 hex digits of the SHA-256 of `<path>.safetensors`."""
    path = Path(path)
    return hashlib.sha256(path.with_name(path.name + ".safetensors").read_bytes()).hexdigest()[:12]


@contextmanager
def without_bars() -> Iterator[None]:
    """No progress bars of transformers in here: what they show takes a second, and they stay on the screen."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
