"""What a training run is told: typed, each default in one place, read from JSON with one line for every mistake.

A config is a JSON object whose `kind` names one of KINDS; its other keys are the fields of that dataclass. What the objective
of a flow has, `stemlab.train.Objective`, every config of a flow has too.

Lesson: 09_train_your_own.ipynb
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar

from stemlab.checkpoints.text_encoders import PublishedText
from stemlab.codec.vae import FRAME, BandVAE
from stemlab.codec.vocoder import Vocoder
from stemlab.framing import SAMPLE_RATE, WINDOW_SECONDS
from stemlab.model import VelocityNet
from stemlab.train import Objective
from stemlab.training.checks import check_model, fill, number, short

SHARE, COUNT = (0, 1), (1, 10**9)
SEEDS = (0, 2**53)  # JSON keeps these whole
OBJECTIVE = {"noise_only": SHARE, "given": SHARE, "time_mean": (-20, 20), "naming": (0, 1000)}
MODEL = {
    "channels": (1, 4096), "width": (1, 65_536), "depth": (1, 1000), "heads": (1, 1024), "text_width": (4, 65_536),
    "text_depth": (1, 1000), "patch": (1, 64), "frame_seconds": (1e-4, 10), "window": (1, 10**6),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FlowBatches(Objective):
    """The objective, and which groups of stems a step of it holds.

    Attributes:
        seed: of everything that is drawn.
        sizes: pairs of (stems, frames) of a batch; each step picks one.
        steps: at most so many.
        lr: learning rate of the plateau.
        parts: batches in a step, dealt out to the ranks.
        grouped: False takes each stem from another song (for the ablation).
        cooldown: share of the steps in which the rate falls to 0.
        ema: how much of the running mean stays in a step.
    """

    seed: int = number(*SEEDS)
    sizes: tuple[tuple[int, int], ...]
    steps: int = number(*COUNT)
    lr: float = number(0, 100)
    parts: int = number(1, 10**6, 1)
    grouped: bool = True
    cooldown: float = number(*SHARE, 0.2)
    ema: float = number(*SHARE, 0.999)


@dataclass(frozen=True, kw_only=True)
class FlowConfig(FlowBatches):
    """A velocity network and the songs that it learns from.

    Attributes:
        model: arguments of VelocityNet.
        codec: path, without suffix, of the weights of a VAE, or of what `stemlab data codec` wrote.
        latents: folder of the cache.
        songs: how many the cache is filled with before, composed from `seed` on; streamed, how many are kept at once.
        init: path of weights to start from, without suffix.
        compile: the blocks by torch.compile: a minute or two to begin with, then a fifth faster on two cores; needs a C++ compiler.
        save_every, log_every: steps.
        stream: songs are made while the network learns, and no cache is read or written.
    """

    kind: ClassVar[str] = "flow"
    model: dict
    codec: str
    latents: str
    songs: int = number(0, 10**8, 0)
    init: str | None = None
    compile: bool = False
    save_every: int = number(*COUNT, 250)
    log_every: int = number(*COUNT, 20)
    stream: bool = False

    def arguments(self) -> dict[str, Any]:
        """All arguments of the network, defaults included."""
        return check_model(VelocityNet, self.model, MODEL)

    def __post_init__(self) -> None:
        net = self.arguments()
        if net["width"] % (2 * net["heads"]):
            raise ValueError(f"model.heads: got {net['heads']}; it takes a divisor of half the width {net['width']}.")
        if net["text"] != "bytes":
            PublishedText(net["text"], net["text_width"])
        if self.stream and not self.songs:
            raise ValueError("songs: got 0; streamed, it takes 1 or more: so many are kept at once.")


@dataclass(frozen=True, kw_only=True)
class FineTuneConfig(FlowBatches):
    """Going on from trained weights with one's own songs.

    Attributes:
        naming: 0, as recorded songs do not know their notes.
        start: what the weights were, as `StemLab.checkpoint`.
        lora: rank of the adapters; 0 trains all weights.
        patience: checks without a lower loss on the held-out songs until it stops.
        every: steps between two checks.  batches: of a check.
    """

    kind: ClassVar[str] = "fine-tune"
    seed: int = number(*SEEDS, 0)
    steps: int = number(*COUNT, 400)
    cooldown: float = number(*SHARE, 0.3)
    ema: float = number(*SHARE, 0.98)
    naming: float = 0.0
    start: str
    lora: int = number(0, 4096, 0)
    patience: int = number(1, 10**6, 4)
    every: int = number(*COUNT, 25)
    batches: int = number(1, 10**6, 8)

    @property
    def save_every(self) -> int:
        """Steps between two checkpoints."""
        return self.every


@dataclass(frozen=True, kw_only=True)
class CodecConfig:
    """What both halves of the codec have in common.

    Attributes:
        model: arguments of the network.
        songs: rendered before, from `seed` on.
        batch: crops in a step.  seconds: length of one.
        steps, lr, ema, save_every, log_every: as for a flow.
    """

    kind: ClassVar[str]
    model: dict
    songs: int = number(1, 10**8)
    seed: int = number(*SEEDS)
    batch: int = number(1, 10**6)
    seconds: float = number(FRAME / SAMPLE_RATE, WINDOW_SECONDS)
    steps: int = number(*COUNT)
    lr: float = number(0, 100)
    ema: float = number(*SHARE, 0.999)
    save_every: int = number(*COUNT, 200)
    log_every: int = number(*COUNT, 20)


@dataclass(frozen=True, kw_only=True)
class VAEConfig(CodecConfig):
    """The band VAE; `kl` is the weight of its Kullback-Leibler divergence."""

    kind: ClassVar[str] = "vae"
    kl: float = number(0, 1000, 0.04)

    def __post_init__(self) -> None:
        check_model(BandVAE, self.model, MODEL)


@dataclass(frozen=True, kw_only=True)
class VocoderConfig(CodecConfig):
    """The vocoder; `vae` is the path of a trained one, without suffix, whose bands it learns too, or null."""

    kind: ClassVar[str] = "vocoder"
    vae: str | None = None

    def __post_init__(self) -> None:
        check_model(Vocoder, self.model, MODEL)


Config = FlowConfig | VAEConfig | VocoderConfig | FineTuneConfig
KINDS: dict[str, type] = {"vae": VAEConfig, "vocoder": VocoderConfig, "flow": FlowConfig}  # what a user may write
OLD_NAMES = {"from": "start"}  # of fine-tuning, in runs of older versions


def read_config(settings: Mapping[str, Any] | str | Path) -> FlowConfig | VAEConfig | VocoderConfig:
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


def check_files(config: Config) -> None:
    """ValueError when weights that a config names are not there."""
    for name in ("codec", "init", "vae"):
        path = getattr(config, name, None)
        if path and not all(Path(f"{path}.{end}").is_file() for end in ("safetensors", "json")):
            raise ValueError(
                f"{name}: got {path!r}; it takes a path of weights without suffix, and there is no {path}.safetensors with "
                "its .json."
            )


def _json(file: Path) -> dict[str, Any]:
    try:
        if not file.is_file():
            raise ValueError(f"CONFIG: there is no file {str(file)!r}; the package's own are in configs/.")
        held = json.loads(file.read_text(encoding="utf-8"))
    except (RecursionError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"CONFIG: {str(file)!r} is not JSON ({short(str(error))}); mend it there.") from None
    if not isinstance(held, dict):
        raise ValueError(f'CONFIG: {str(file)!r} holds no settings; it takes a JSON object: {{"kind": "flow", ...}}.')
    return held
