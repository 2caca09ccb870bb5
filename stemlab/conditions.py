"""All that a stem is told: text, tempo, key, sub-mix and activity; each may be absent.

Tempo reaches the network twice: as a number, and as a clock, the position in beat and bar of every latent frame, so
that a stem can place its notes on the grid. Absent conditions have a null of their own, never a made-up value.
"""

from dataclasses import dataclass, fields, replace

import torch

from stemlab.framing import BUNDLED
from stemlab.text import tokenize

_MAJOR = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
_MINOR = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"]
KEYS: list[str] = [f"{n} major" for n in _MAJOR] + [f"{n} minor" for n in _MINOR]
NO_KEY = len(KEYS)
FRAME_SECONDS = BUNDLED.seconds
CLOCK_PERIODS = (16.0, 8.0, 4.0, 2.0, 1.0, 0.5, 0.25)  # quarter notes: four bars of 4/4, two, one, a half, a beat, ...


@dataclass
class Conditions:
    """Conditions of N stems over T latent frames.

    Attributes:
        tokens: text, `(N, L)`; all 0 when absent.
        bpm: `(N,)` beats a minute; 0 when absent.
        start: `(N,)` beats since the song's first downbeat at frame 0.
        key: `(N,)` index into KEYS; NO_KEY when absent.
        submix: `(N, C, T)` latent of what plays already; zeros when absent.
        has_submix: `(N,)` bool.
        activity: `(N, T)`: 1 where the stem shall sound, 0 where it shall rest, 2 when absent.
        group: `(N,)` index of the group that each stem belongs to.
        periods: `(N, 7)` quarter notes, which bpm counts, in the periods of each stem's clock: its meter.
    """

    tokens: torch.Tensor
    bpm: torch.Tensor
    start: torch.Tensor
    key: torch.Tensor
    submix: torch.Tensor
    has_submix: torch.Tensor
    activity: torch.Tensor
    group: torch.Tensor
    periods: torch.Tensor

    def __len__(self) -> int:
        return len(self.bpm)

    def to(self, device) -> "Conditions":
        return Conditions(**{f.name: getattr(self, f.name).to(device) for f in fields(self)})

    def select(self, index: torch.Tensor) -> "Conditions":
        """The conditions of some of the stems."""
        return Conditions(**{f.name: getattr(self, f.name)[index] for f in fields(self)})

    def null(self, text=True, tempo=True, key=True, submix=True, activity=True) -> "Conditions":
        """The same stems with conditions taken away; each argument is a bool or a bool tensor `(N,)`."""
        gone = lambda flag: torch.as_tensor(flag).expand(len(self)).to(self.bpm.device)  # noqa: E731
        text, tempo, key, submix, activity = map(gone, (text, tempo, key, submix, activity))
        return replace(
            self,
            tokens=self.tokens * ~text[:, None],
            bpm=self.bpm * ~tempo,
            key=torch.where(key, NO_KEY, self.key),
            submix=self.submix * ~submix[:, None, None],
            has_submix=self.has_submix & ~submix,
            activity=torch.where(activity[:, None], 2, self.activity),
        )

    def drop(self, generator: torch.Generator, rate: float = 1 / 3, all_rate: float = 0.1) -> "Conditions":
        """Training dropout: each condition on its own, and now and then all at once.

        Text is dropped stem by stem; what the stems of a group share is dropped for the whole group.

        Source: arXiv:2602.09891 (one in three, each on its own); dropping all at once trains the null of guidance.
        """
        groups, group = int(self.group.max()) + 1, self.group.to(generator.device)
        coin = lambda count, p: torch.rand(count, generator=generator, device=generator.device) < p  # noqa: E731
        everything = coin(groups, all_rate)
        shared = [(coin(groups, rate) | everything)[group] for _ in range(3)]
        own = [coin(len(self), rate) | everything[group] for _ in range(2)]
        return self.null(text=own[0], tempo=shared[0], key=shared[1], submix=shared[2], activity=own[1])


def key_index(key: str | None) -> int:
    """Index of one of KEYS, such as "A minor"; NO_KEY for None; ValueError for anything else."""
    return NO_KEY if key is None else KEYS.index(key)


def make_conditions(
    prompts, frames, channels, bpm=None, key=None, submix=None, activity=None, start=0.0, tokenize=tokenize,
    periods=CLOCK_PERIODS,
):  # fmt: skip
    """Conditions of one group.

    Args:
        prompts: one text a stem.
        frames: T.
        channels: C.
        bpm: beats a minute or None.  key: a name or None.
        submix: `(C, T)` latent or None.
        activity: `(N, T)` of 0, 1 or 2 (free), or None.
        start: beats since the first downbeat at frame 0.
        tokenize: of the network's text encoder.  periods: of the clock; by default the bundled one's, and those of 4/4.
    """
    n = len(prompts)
    return Conditions(
        tokens=tokenize(prompts),
        bpm=torch.full((n,), float(bpm or 0)),
        start=torch.full((n,), float(start)),
        key=torch.full((n,), key_index(key)),
        submix=torch.zeros(n, channels, frames) if submix is None else submix.expand(n, -1, -1).clone(),
        has_submix=torch.full((n,), submix is not None),
        activity=torch.full((n, frames), 2) if activity is None else torch.as_tensor(activity).long(),
        group=torch.zeros(n, dtype=torch.long),
        periods=torch.as_tensor(periods).expand(n, -1),
    )


def clock(bpm, start, frames: int, frame_seconds: float = FRAME_SECONDS, periods=CLOCK_PERIODS) -> torch.Tensor:
    """Where each latent frame lies in the beat, the bar and the four-bar phrase.

    Args:
        bpm: `(N,)`, 0 when absent.
        start: `(N,)` beats at frame 0.
        frames: T.  frame_seconds: length of one.  periods: quarter notes in each, `(7,)` or `(N, 7)`.
    Returns:
        `(N, frames, 2 * len(CLOCK_PERIODS) + 1)`: sine and cosine of each phase, and a flag; all 0 when absent.
    """
    seconds = (torch.arange(frames, device=bpm.device) + 0.5) * frame_seconds
    beats = start[:, None] + seconds * bpm[:, None] / 60  # (N, T)
    phase = 2 * torch.pi * beats[..., None] / torch.as_tensor(periods, device=bpm.device).view(-1, 1, 7)
    features = torch.cat([phase.sin(), phase.cos(), torch.ones_like(phase[..., :1])], dim=-1)
    return features * (bpm > 0)[:, None, None]


def tempo_features(bpm: torch.Tensor) -> torch.Tensor:
    """bpm on a log scale as sinusoids, `(N,)` to `(N, 17)`, all 0 when absent."""
    octave = torch.log2(bpm.clamp(min=1) / 60)
    features = torch.cat([sinusoids(octave / 30, 16), torch.ones_like(bpm)[:, None]], dim=1)
    return features * (bpm > 0)[:, None]


def sinusoids(t: torch.Tensor, width: int) -> torch.Tensor:
    """A number as sines and cosines, `(N,)` to `(N, width)`."""
    rates = torch.exp(torch.linspace(0, 6.9, width // 2, device=t.device))
    return torch.cat([(t[:, None] * rates).sin(), (t[:, None] * rates).cos()], dim=1)
