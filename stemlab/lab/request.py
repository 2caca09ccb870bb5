"""What is asked for: the typed request with its defaults, each checked before any work; a message says how to mend it.

Lesson: 00_start_here.ipynb
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from stemlab.activity import canonical
from stemlab.framing import BUNDLED, ONE_PASS, Grid
from stemlab.lab.arguments import check_number, check_text
from stemlab.lab.loop import check_loop
from stemlab.lab.schemes import check_scheme, rounds_of
from stemlab.lab.words import check_words
from stemlab.sampling import SAMPLERS, Sampling
from stemlab.songs.chords import read_chords
from stemlab.songs.harmony import canonical_key
from stemlab.songs.meter import bars_seconds, beats_in, check_meter
from stemlab.songs.names import unique_names

COUPLINGS = ("attention", "noise", "song")
# what `accompany` hands on:
WAY = (*(f.name for f in fields(Sampling)), "rho")  # how the flow is followed
OPTIONS = (*WAY, "chords", "seed", "activity", "scheme")
MOST_STEMS = 16
MOST_BARS = 64
MOST_CANDIDATES = 16


@dataclass(frozen=True, kw_only=True)
class Request(Sampling):
    """What `StemLab.generate` and `StemLab.accompany` are asked for; these defaults are the only ones.

    Attributes:
        stems, prompt, bpm, key, chords, bars, seconds, seed, activity, scheme, rho, loop, meter: see `StemLab.generate`.
        recording: of an accompaniment: name, prompt, sha256, rate, channels, samples, gain.
        downbeat: of an accompaniment, seconds of the first.
        heard: of an accompaniment: for bpm, downbeat and key, whether they were told or found; how sure, and what else.
        candidates: how the seed was chosen among several.
        student: hash of the student that is followed; None for the flow itself.
    """

    stems: Sequence[str]
    prompt: str = ""
    bpm: float | None = None
    key: str | None = None
    chords: str | Sequence[str] | None = None
    bars: int | None = None
    seconds: float | None = None
    seed: int = 0
    activity: dict | None = None
    scheme: str | list[list[str]] = "one-pass"
    rho: float | None = None
    recording: dict[str, Any] | None = None
    downbeat: float | None = None
    heard: dict[str, Any] | None = None
    candidates: dict[str, Any] | None = None
    loop: bool = False
    student: str | None = None
    meter: str = "4/4"

    def __post_init__(self) -> None:
        for name in ("stems", "interval", "scheme", "activity", "chords"):
            object.__setattr__(self, name, listed(getattr(self, name)))

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Request":
        """The request that a session keeps; one from before there were mates had one scale for all.

        Raises:
            ValueError: it holds what no request of this version does.
        """
        unknown = sorted(set(kept) - {f.name for f in fields(cls)})
        if unknown or "stems" not in kept:
            raise ValueError(
                f"history: its request has {unknown or 'no stems'}, which this version of stemlab does not know."
            )
        return cls(**{"mates": kept.get("guidance", cls.guidance), **kept})

    def kept(self) -> dict[str, Any]:
        """As a session keeps it: what belongs to accompaniments and to choices only where there is one."""
        own = ("recording", "downbeat", "heard") if self.recording is None else ()
        rare = [name for name in ("candidates", "chords", "loop", "student") if not getattr(self, name)]
        rare += ["meter"] if self.meter == "4/4" else []
        return {n: v for n, v in asdict(self).items() if n not in own and n not in rare}

    def settled(self) -> "Request":
        """With `rho` as the coupling has it: stems that see each other have noise of their own."""
        return self if self.rho is not None else replace(self, rho=1.0 if self.coupling == "noise" else 0.0)

    def check(self, grid: Grid = BUNDLED) -> None:
        """Check all of it, for a codec and a flow with that grid.

        Raises:
            ValueError: names the argument, what it got, what it takes and how to mend it.
        """
        stems = self.stems
        if not isinstance(stems, list) or not stems:
            raise ValueError(
                f'stems: got {stems!r}; it takes a list of texts, such as ["drums: tight funk kit", "bass: slap bass"].'
            )
        if len(stems) > MOST_STEMS:
            raise ValueError(f"stems: got {len(stems)}; it takes 1 to {MOST_STEMS}: leave some out, or lab.add them.")
        names = unique_names(stems)
        check_words(stems)
        if not isinstance(self.prompt, str):
            raise ValueError(f'prompt: got {self.prompt!r}; it takes a text such as "funk", or "" for none.')
        for name, text in (("prompt", self.prompt), *(("stems", stem) for stem in stems)):
            check_text(name, text)
        check_number("bpm", self.bpm, 40, 240, "beats a minute", optional=True)
        canonical_key("C major" if self.key is None else self.key if isinstance(self.key, str) else repr(self.key))
        check_chords(self.chords, self.key, self.bpm, self.coupling)
        check_number("bars", self.bars, 1, MOST_BARS, "bars", optional=True, whole=True)
        check_number("seconds", self.seconds, 0.5, grid.longest, "seconds", optional=True)
        check_number("seed", self.seed, 0, 2**63 - 1, "a whole number", whole=True)
        check_number("steps", self.steps, 1, 1000, "sampler steps", whole=True)
        check_number("guidance", self.guidance, 0, 20, f"1 is off, {Sampling.guidance:g} the usual")
        check_number("mates", self.mates, 0, 20, f"1 is off, {Sampling.mates:g} the usual")
        check_number("rho", self.rho, 0, 1, "1 shares all the noise, 0 none", optional=True)
        if self.coupling == "attention" and self.rho:
            raise ValueError(
                f"rho: got {self.rho!r} with coupling='attention', where stems have noise of their own; "
                "give coupling='noise' too."
            )
        if not isinstance(self.negative, str):
            raise ValueError(f'negative: got {self.negative!r}; it takes a text such as "distorted", or "" for none.')
        check_text("negative", self.negative)
        if self.negative and self.guidance == 1:
            raise ValueError(
                f"negative: got {self.negative!r} with guidance=1, which does without it; give guidance={Sampling.guidance:g}, say."
            )
        check_loop(self.loop, self.bpm, self.seconds, self.activity)
        rounds_of(self.scheme, len(names), names)
        check_scheme(self.scheme, self.coupling)
        _check_choice("coupling", self.coupling, COUPLINGS)
        _check_choice("sampler", self.sampler, tuple(SAMPLERS))
        interval: Any = self.interval
        if (
            not isinstance(interval, list)
            or [type(i) for i in interval] != [int, int]
            or not 0 <= interval[0] <= interval[1]
        ):
            raise ValueError(
                f"interval: got {interval!r}; it takes the first and the last step with guidance, such as {tuple(Sampling.interval)}."
            )
        check_meter(self.meter)
        bars, seconds = default_seconds(self.bpm, self.bars, self.seconds, grid.longest, self.meter)
        frames = grid.frames(round(seconds * grid.sample_rate))
        canonical(self.activity, names, self.bpm, bars, frames, beats_in(self.meter))


def check_chords(chords: Any, key: str | None, bpm: float | None, coupling: str) -> None:
    """ValueError unless chords are None, or what `read_chords` takes, with a tempo and stems that can hear them."""
    if chords is None:
        return
    read_chords(chords, key and canonical_key(key))
    if not bpm:
        raise ValueError(f"chords: got {chords!r} without bpm, which says how long a bar is; give bpm too.")
    if coupling == "noise":
        raise ValueError(f"chords: got {chords!r} with coupling={coupling!r}, where stems hear nothing; leave it out.")


def check_candidates(candidates: Any, stems: int, bpm: float | None) -> None:
    """ValueError unless `candidates` is 1 to 16, and for more than 1 there is something to be in step with."""
    check_number("candidates", candidates, 1, MOST_CANDIDATES, "how many groups to choose from", whole=True)
    if candidates > 1 and stems == 1 and not bpm:
        raise ValueError(
            f"candidates: got {candidates} for one stem without bpm, which has nothing to be in step with; give bpm."
        )


def default_seconds(
    bpm: float | None, bars: int | None, seconds: float | None, longest: float = ONE_PASS, meter: str = "4/4"
) -> tuple[int | None, float]:
    """Bars and length in seconds from what was given: 4 bars when there is a tempo, else 8 seconds; ValueError above `longest`."""
    if bars is not None and seconds is not None:
        raise ValueError(f"bars and seconds: got {bars} and {seconds}; give one of them.")
    if bars is not None and not bpm:
        raise ValueError(f"bars: got {bars} without bpm; give bpm too, or seconds instead of bars.")
    if seconds is None and bpm:
        bars = bars or max(1, min(4, int(longest / bars_seconds(1, bpm, meter))))
        seconds = bars_seconds(bars, bpm, meter)
    seconds = 8.0 if seconds is None else seconds
    if seconds > longest:
        raise ValueError(
            f"bars: {bars} bars at {bpm:g} bpm are {seconds:.1f} s; one pass makes {longest:g} s: give fewer bars, "
            "and make the group longer with lab.extend."
        )
    return bars, seconds


def _check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ValueError(f"{name}: got {value!r}; it takes one of {', '.join(map(repr, choices))}.")


def listed(value: Any) -> Any:
    """Tuples as the lists that JSON knows, within lists too; anything else as it is, for the checks to judge."""
    return [listed(item) for item in value] if isinstance(value, tuple | list) else value
