"""Configs, read from JSON with one line for every mistake, and written.

A config is a JSON object whose `kind` names one of KINDS; its other keys are the fields of that dataclass.

Lesson: 09_train_your_own.ipynb
"""

from collections.abc import Mapping
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from stemlab.checkpoints.json_files import read_json
from stemlab.training.checks import fill, short
from stemlab.training.kinds import (
    OBJECTIVE,
    FineTuneConfig,
    FlowBatches,
    FlowConfig,
    StudentConfig,
    VAEConfig,
    VocoderConfig,
)

__all__ = [
    "Config",
    "FineTuneConfig",
    "FlowBatches",
    "FlowConfig",
    "StudentConfig",
    "VAEConfig",
    "VocoderConfig",
    "read_config",
]

Config = FlowConfig | VAEConfig | VocoderConfig | StudentConfig | FineTuneConfig
KINDS: dict[str, type] = {
    "vae": VAEConfig,
    "vocoder": VocoderConfig,
    "flow": FlowConfig,
    "student": StudentConfig,
}  # what a user may write
OLD_NAMES = {"from": "start"}  # of fine-tuning, in runs of older versions


def read_config(settings: Mapping[str, Any] | str | Path) -> FlowConfig | VAEConfig | VocoderConfig | StudentConfig:
    """A config, from a JSON file or from what one holds.

    Raises:
        ValueError: there is no such file, it is not JSON, or one of its keys is wrong; the message names it.

    >>> read_config({"kind": "vae", "model": {}, "songs": 1, "seed": 0, "batch": 4, "seconds": 2, "steps": 9, "lr": 1e-3}).kl
    0.04
    """
    if isinstance(settings, str | Path):
        settings = _json(Path(settings))
    kind = check_kind(settings.get("kind"))
    return fill(KINDS[kind], {name: value for name, value in settings.items() if name != "kind"}, OBJECTIVE)


def check_kind(kind: Any) -> str:
    """One of KINDS; ValueError otherwise."""
    if not isinstance(kind, str) or kind not in KINDS:
        near = get_close_matches(kind.lower(), KINDS, 1) if isinstance(kind, str) else []
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise ValueError(f"kind: got {short(kind)}; it takes {', '.join(KINDS)}{hint}.")
    return kind


def tuned(given: Mapping[str, Any]) -> FineTuneConfig:
    """The config of a fine-tuning; ValueError as for `read_config`."""
    return fill(FineTuneConfig, given, OBJECTIVE)


def written(config: Config) -> dict[str, Any]:
    """A config as JSON has it."""
    return {"kind": config.kind, **asdict(config)}


def same_as(config: Config, file: Path) -> bool:
    """Does a run's `config.json`, maybe of an older version, say the same? What it has too much had no effect then either."""
    kept = {OLD_NAMES.get(name, name): value for name, value in _json(file).items()}
    if kept.get("kind") != config.kind:
        return False
    try:
        return fill(type(config), kept, OBJECTIVE, strict=False) == config
    except ValueError as error:
        raise ValueError(f"{file}: {error} Was it edited?") from None


def check_files(config: FlowConfig | VAEConfig | VocoderConfig | StudentConfig) -> None:
    """ValueError when weights that a config names are not there."""
    for name in ("codec", "init", "vae", "flow", "start"):
        path = getattr(config, name, None)
        if path and not all(Path(f"{path}.{end}").is_file() for end in ("safetensors", "json")):
            raise ValueError(
                f"{name}: got {path!r}; it takes a path of weights without suffix, and there is no {path}.safetensors with "
                "its .json."
            )


def _json(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise ValueError(f"CONFIG: there is no file {str(file)!r}; the package's own are in configs/.")
    try:
        held = read_json(file)
    except ValueError as error:
        raise ValueError(f"CONFIG: {error}; mend it there.") from None
    if not isinstance(held, dict):
        raise ValueError(f'CONFIG: {str(file)!r} holds no settings; it takes a JSON object: {{"kind": "flow", ...}}.')
    return held
