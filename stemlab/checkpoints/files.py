"""Weights on disk: a safetensors file and a JSON file beside it, never a pickle."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch.overrides import TorchFunctionMode

from stemlab.checkpoints.folders import atomic_folder, recover
from stemlab.checkpoints.json_files import read_json, shown

FORMAT = 1  # raised whenever older weights can no longer be read
MOST = 1_000_000  # of any size that a config names


def save_weights(path: str | Path, tensors: dict[str, torch.Tensor], config: dict) -> None:
    """Write `<path>.safetensors` and `<path>.json`; a kill at any moment leaves the old two or the new two.

    Args:
        path: without suffix.
        tensors: name to tensor.
        config: JSON-able; `format` is added.
    Raises:
        ValueError: they cannot be written, as on a full disk; what was there before still is.
    """
    path = Path(path)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    about = json.dumps({"format": FORMAT, **config}, indent=2) + "\n"
    with atomic_folder(path.parent, True, f"{path.name}.json") as made:
        save_file(tensors, made / f"{path.name}.safetensors")
        (made / f"{path.name}.json").write_text(about, encoding="utf-8")


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
    recover(path.parent)
    weights, config_file = path.with_name(path.name + ".safetensors"), path.with_name(path.name + ".json")
    for file in (weights, config_file):
        if not file.is_file():
            raise ValueError(f"no weights at {file}: give a folder that `stemlab train` wrote, or leave it out")
    try:
        config = read_json(config_file)
    except ValueError as error:
        raise ValueError(f"weights: {error}: copy the checkpoint again") from None
    found = config.get("format") if isinstance(config, dict) else None
    if found != FORMAT:
        raise ValueError(
            f"{config_file} has checkpoint format {shown(found)}, this version of stemlab reads {FORMAT}: "
            "use the stemlab that wrote it, or train again"
        )
    try:
        return load_file(weights), config
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{weights} is not a safetensors file ({error}); pickled weights are never loaded") from None


Model = TypeVar("Model", bound=torch.nn.Module)


class Unset(TorchFunctionMode):
    """Networks are built without dice for their first weights, which are replaced: on the meta device that took a second."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if getattr(func, "__name__", "") in ("normal_", "uniform_", "kaiming_uniform_"):
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


def network_of(make: Callable[..., Model], config: dict, tensors: dict[str, torch.Tensor], path: str | Path) -> Model:
    """The network that a config's `model` describes, filled; it is built only when the tensors are those of such a network.

    Args:
        make: its class, or what calls it.
        config, tensors: as from `load_weights`.
        path: of the weights, for what is said.
    Raises:
        ValueError: `model` is missing or not what `make` takes, or the tensors are of another network.
    """
    sizes = config.get("model")
    numbers = [v for v in sizes.values() if isinstance(v, int)] if isinstance(sizes, dict) else []
    if not isinstance(sizes, dict) or any(not 0 <= v <= MOST for v in numbers):
        raise ValueError(f"{path}.json: its model is {shown(sizes)}; it takes an object of sizes up to {MOST}")
    if any("depth" in name and isinstance(value, int) and value > len(tensors) for name, value in sizes.items()):
        raise ValueError(f"{path}.json: its model has a depth for which there are too few tensors, {len(tensors)}")
    try:
        with torch.device("meta"), Unset():  # takes no memory, whatever the sizes are
            load_into(make(**sizes), tensors, path, fill=False)
        with Unset():
            return load_into(make(**sizes), tensors, path)
    except (TypeError, RuntimeError, AssertionError, ZeroDivisionError, AttributeError, OverflowError) as error:
        raise ValueError(f"{path}.json describes another network ({error}): use the stemlab that wrote it") from None


def load_into(model: Model, tensors: dict[str, torch.Tensor], path: str | Path, fill: bool = True) -> Model:
    """Fill a model in place, cast to its own types.

    Raises:
        ValueError: names, shapes or kinds of numbers differ, or a tensor holds NaN or infinity.
    """
    wanted = model.state_dict()
    for name in sorted(wanted.keys() ^ tensors.keys()):
        what = "lacks" if name in wanted else "has, and that model has not,"
        raise ValueError(f"the weights in {path} do not fit this model: {path} {what} {name!r}")
    for name, tensor in tensors.items():
        if tensor.shape != wanted[name].shape:
            shapes = f"{tuple(tensor.shape)} where the model has {tuple(wanted[name].shape)}"
            raise ValueError(f"the weights in {path} do not fit this model: {name!r} is {shapes}")
        if tensor.is_floating_point() != wanted[name].is_floating_point() or not tensor.isfinite().all():
            raise ValueError(
                f"the weights in {path} cannot be used: {name!r} has {tensor.dtype}, NaN or infinity in it"
            )
    if fill:
        model.load_state_dict(tensors)
    return model


def statistics(
    tensors: dict[str, torch.Tensor], prefix: str, path: str | Path, channels: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of each latent channel, `(C,)` both, taken out of the tensors of a codec.

    Raises:
        ValueError: they are not there, or no such numbers.
    """
    mean, std = (tensors.pop(f"{prefix}{name}", torch.zeros(0)) for name in ("mean", "std"))
    for numbers in (mean, std):
        if numbers.ndim != 1 or not len(numbers) or not numbers.is_floating_point() or not numbers.isfinite().all():
            raise ValueError(f"the weights in {path} have no mean and std of the latents: copy them again")
    if mean.shape != std.shape or len(mean) != channels or not (std > 0).all():
        raise ValueError(
            f"the weights in {path} have a mean and std that do not go together, or not with {channels} channels: copy them again"
        )
    return mean, std


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
