"""What a request to generate may hold: every argument is checked before any work, and the message says how to mend it."""

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from stemlab.activity import canonical
from stemlab.conditions import canonical_key
from stemlab.framing import BUNDLED, ONE_PASS, Grid
from stemlab.sampling import SAMPLERS
from stemlab.text import unique_names

SCHEMES = ("one-pass", "two-pass", "k-pass")
COUPLINGS = ("attention", "noise")
MOST_STEMS = 16
MOST_BARS = 64
MOST_CANDIDATES = 16


def check_request(asked: dict[str, Any], grid: Grid = BUNDLED) -> None:
    """Check the arguments of `StemLab.generate`, for a codec and a flow with that grid.

    Raises:
        ValueError: names the argument, what it got, what it takes and how to mend it.
    """
    stems = asked["stems"]
    if not isinstance(stems, list) or not stems:
        raise ValueError(
            f'stems: got {stems!r}; it takes a list of texts, such as ["drums: tight funk kit", "bass: slap bass"].'
        )
    if len(stems) > MOST_STEMS:
        raise ValueError(
            f"stems: got {len(stems)}; it takes 1 to {MOST_STEMS}: leave some out, or add them with lab.add."
        )
    names = unique_names(stems)
    if not isinstance(asked["prompt"], str):
        raise ValueError(f'prompt: got {asked["prompt"]!r}; it takes a text such as "funk", or "" for none.')
    check_number("bpm", asked["bpm"], 40, 240, "beats a minute", optional=True)
    if asked["key"] is not None:
        canonical_key(asked["key"] if isinstance(asked["key"], str) else repr(asked["key"]))
    check_number("bars", asked["bars"], 1, MOST_BARS, "4/4 bars", optional=True, whole=True)
    check_number("seconds", asked["seconds"], 0.5, grid.longest, "seconds", optional=True)
    check_number("seed", asked["seed"], 0, 2**63 - 1, "a whole number", whole=True)
    check_number("steps", asked["steps"], 1, 1000, "sampler steps", whole=True)
    check_number("guidance", asked["guidance"], 0, 20, "1 is off, 2.5 the usual")
    check_number("mates", asked.get("mates", 1), 0, 20, "1 is off, 4 the usual")
    check_number("rho", asked["rho"], 0, 1, "1 shares all the noise, 0 none", optional=True)
    if asked["coupling"] == "attention" and asked["rho"]:
        raise ValueError(
            f"rho: got {asked['rho']!r} with coupling='attention', where stems have noise of their own; give coupling='noise' too."
        )
    negative = asked.get("negative", "")
    if not isinstance(negative, str):
        raise ValueError(f'negative: got {negative!r}; it takes a text such as "distorted", or "" for none.')
    if negative and asked["guidance"] == 1:
        raise ValueError(f"negative: got {negative!r} with guidance=1, which does without it; give guidance=2.5, say.")
    rounds_of(asked["scheme"], len(names), names)
    for name, choices in (("coupling", COUPLINGS), ("sampler", tuple(SAMPLERS))):
        if asked[name] not in choices:
            raise ValueError(f"{name}: got {asked[name]!r}; it takes one of {', '.join(map(repr, choices))}.")
    interval = asked["interval"]
    if (
        not isinstance(interval, list)
        or [type(i) for i in interval] != [int, int]
        or not 0 <= interval[0] <= interval[1]
    ):
        raise ValueError(
            f"interval: got {interval!r}; it takes the first and the last step with guidance, such as (0, 14)."
        )
    bars, seconds = default_seconds(asked["bpm"], asked["bars"], asked["seconds"], grid.longest)
    canonical(asked["activity"], names, asked["bpm"], bars, grid.frames(round(seconds * grid.sample_rate)))


def check_candidates(candidates: Any, stems: int, bpm: float | None) -> None:
    """ValueError unless `candidates` is 1 to 16, and for more than 1 there is something to be in step with."""
    check_number("candidates", candidates, 1, MOST_CANDIDATES, "how many groups to choose from", whole=True)
    if candidates > 1 and stems == 1 and not bpm:
        raise ValueError(
            f"candidates: got {candidates} for one stem without bpm, which has nothing to be in step with; give bpm."
        )


def default_seconds(
    bpm: float | None, bars: int | None, seconds: float | None, longest: float = ONE_PASS
) -> tuple[int | None, float]:
    """Bars and length in seconds from what was given: 4 bars when there is a tempo, else 8 seconds; ValueError above `longest`."""
    if bars is not None and seconds is not None:
        raise ValueError(f"bars and seconds: got {bars} and {seconds}; give one of them.")
    if bars is not None and not bpm:
        raise ValueError(f"bars: got {bars} without bpm; give bpm too, or seconds instead of bars.")
    if seconds is None and bpm:
        bars = bars or max(1, min(4, int(longest * bpm / 240)))
        seconds = bars * 240 / bpm
    seconds = 8.0 if seconds is None else seconds
    if seconds > longest:
        raise ValueError(
            f"bars: {bars} bars at {bpm:g} bpm are {seconds:.1f} s; one pass makes {longest:g} s: give fewer bars, "
            "and make the group longer with lab.extend."
        )
    return bars, seconds


def rounds_of(scheme: str | list[list[str]], stems: int, names: Sequence[str] = ()) -> list[list[int]]:
    """Which stems each round makes: one-pass all at once, two-pass half and half, k-pass one after another.

    Args:
        scheme: one of these names, or a partition: a list of rounds, each a list of names of stems.
        stems: how many there are.
        names: of the stems; a partition needs them.
    Returns:
        a list of indices for each round.
    Raises:
        ValueError: another scheme, or a partition in which a stem is missing, twice or unknown, or a round is empty.

    >>> rounds_of("two-pass", 5)
    [[0, 1, 2], [3, 4]]
    >>> rounds_of([["drums", "keys"], ["bass"]], 3, ["drums", "bass", "keys"])
    [[0, 2], [1]]

    Source: arXiv:2602.09891.
    """
    if isinstance(scheme, list):
        _check_partition(scheme, names)
        return [[names.index(name) for name in members] for members in scheme]
    if scheme not in SCHEMES:
        raise ValueError(
            f"scheme: got {scheme!r}; it takes one of {', '.join(map(repr, SCHEMES))}, "
            'or rounds of stems such as [["drums", "bass"], ["keys"]].'
        )
    everyone = list(range(stems))
    half = (stems + 1) // 2
    rounds = {"one-pass": [everyone], "two-pass": [everyone[:half], everyone[half:]], "k-pass": [[i] for i in everyone]}
    return [members for members in rounds[scheme] if members]


def _check_partition(scheme: list, names: Sequence[str]) -> None:
    there = f"there are {', '.join(names)}"
    for members in scheme or [None]:
        if not isinstance(members, list) or not members:
            raise ValueError(
                f'scheme: got {scheme!r}; rounds are lists of names, such as [["drums", "bass"], ["keys"]].'
            )
    told = [name for members in scheme for name in members]
    for name in told:
        if name not in names:
            raise ValueError(f"scheme: got the stem {name!r}; {there}.")
        if told.count(name) > 1:
            raise ValueError(f"scheme: got {name!r} twice; each stem belongs to one round.")
    missing = [name for name in names if name not in told]
    if missing:
        raise ValueError(f"scheme: {', '.join(missing)} in no round of {scheme!r}; each stem belongs to one; {there}.")


def check_number(name, value, low, high, meaning, optional=False, whole=False) -> None:
    if value is None and optional:
        return
    kind = Integral if whole else Real
    if isinstance(value, bool) or not isinstance(value, kind) or not math.isfinite(value) or not low <= value <= high:
        wanted = "a whole number" if whole else "a number"
        raise ValueError(f"{name}: got {value!r}; it takes {wanted} from {low} to {high} ({meaning}).")
