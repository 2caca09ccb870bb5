"""What a training run is told: a dataclass for each kind, with each default in its one place.

What the objective of a flow has, `stemlab.train.Objective`, every config of a flow has too.

Lesson: 09_train_your_own.ipynb
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from stemlab.checkpoints.text_encoders import PublishedText
from stemlab.codec.vae import FRAME, BandVAE
from stemlab.codec.vocoder import Vocoder
from stemlab.framing import SAMPLE_RATE, WINDOW_SECONDS
from stemlab.model import VelocityNet
from stemlab.sampling import Sampling
from stemlab.songs.held_chords import PIANIST
from stemlab.train import Objective
from stemlab.training.checks import check_model, number

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
        effects, meters: shares of streamed songs with rooms, amplifiers and the like, and of those in 3/4 or 6/8.
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
    effects: float = number(*SHARE, 0.0)
    meters: float = number(*SHARE, 0.0)

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
        check_streamed(self)


@dataclass(frozen=True, kw_only=True)
class StudentConfig(FlowBatches):
    """A student of a flow, with guidance inside and few steps.

    Attributes:
        flow: path of the teacher's weights, without suffix.
        codec, latents, songs: as for a flow.
        few: steps that it takes from noise to latents.
        guidance, mates: scales that it has inside.  lead: its scale towards a leader.
        rank: of the change that is trained; see `stemlab.checkpoints.low_rank`.
        start: path of a student to go on from, without suffix, or null.
        led: share of the groups of which each stem is told what a leader makes of the noise, and sees nobody.
        leader: what that one is told that it is.  prompted: tell it the group's words too.
        dropped: share in which each condition is left out.  untold: the same for key, sub-mix and activity, on top of that.
        mended: share of the stems of which a part is there already.
        save_every, log_every: steps.
    """

    kind: ClassVar[str] = "student"
    noise_only: float = 0.05
    given: float = 0.25
    naming: float = 0.0
    ema: float = number(*SHARE, 0.98)
    cooldown: float = number(*SHARE, 0.35)
    flow: str
    codec: str
    latents: str
    songs: int = number(0, 10**8, 0)
    few: int = number(1, 100, 4)
    guidance: float = number(0, 20, Sampling.guidance)
    mates: float = number(0, 20, Sampling.mates)
    lead: float = number(0, 20, 3.25)
    rank: int = number(1, 4096, 32)
    start: str | None = None
    led: float = number(*SHARE, 0.4)
    leader: str = PIANIST
    prompted: bool = False
    dropped: float = number(*SHARE, 0.1)
    untold: float = number(*SHARE, 0.65)
    mended: float = number(*SHARE, 0.1)
    save_every: int = number(*COUNT, 25)
    log_every: int = number(*COUNT, 5)


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
        songs: rendered before, from `seed` on; streamed, how many are kept at once.
        batch: crops in a step.  seconds: length of one.
        steps, lr, ema, save_every, log_every, stream, effects, meters: as for a flow.
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
    stream: bool = False
    effects: float = number(*SHARE, 0.0)
    meters: float = number(*SHARE, 0.0)


@dataclass(frozen=True, kw_only=True)
class VAEConfig(CodecConfig):
    """The band VAE; `kl` is the weight of its Kullback-Leibler divergence."""

    kind: ClassVar[str] = "vae"
    kl: float = number(0, 1000, 0.04)

    def __post_init__(self) -> None:
        check_streamed(self)
        check_model(BandVAE, self.model, MODEL)


@dataclass(frozen=True, kw_only=True)
class VocoderConfig(CodecConfig):
    """The vocoder; `vae` is the path of a trained one, without suffix, whose bands it learns too, or null."""

    kind: ClassVar[str] = "vocoder"
    vae: str | None = None

    def __post_init__(self) -> None:
        check_streamed(self)
        check_model(Vocoder, self.model, MODEL)


def check_streamed(config: FlowConfig | CodecConfig) -> None:
    """ValueError when songs that are rendered before are to have effects or other meters: those are made for a stream alone."""
    for name in ("effects", "meters"):
        if getattr(config, name) and not config.stream:
            raise ValueError(f"{name}: got {getattr(config, name)} without a stream; add --stream, or leave it out.")
