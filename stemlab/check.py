"""What a request to generate may hold: every argument is checked before any work, and the message says how to mend it."""

import math
from numbers import Integral, Real
from typing import Any

from stemlab.data.harmony import canonical_key
from stemlab.group import unique_names
from stemlab.sampling import SAMPLERS

SCHEMES = ("one-pass", "two-pass", "k-pass")
COUPLINGS = ("attention", "noise")
MOST_STEMS = 16
MOST_SECONDS = 20.0


def check_request(asked: dict[str, Any]) -> None:
    """Check the arguments of `StemLab.generate`.

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
    _number("bpm", asked["bpm"], 40, 240, "beats a minute", optional=True)
    if asked["key"] is not None:
        canonical_key(asked["key"] if isinstance(asked["key"], str) else repr(asked["key"]))
    _number("bars", asked["bars"], 1, 64, "4/4 bars", optional=True, whole=True)
    _number("seconds", asked["seconds"], 0.5, MOST_SECONDS, "seconds", optional=True)
    _number("seed", asked["seed"], 0, 2**63 - 1, "a whole number", whole=True)
    _number("steps", asked["steps"], 1, 1000, "sampler steps", whole=True)
    _number("guidance", asked["guidance"], 0, 20, "1 is off, 3 the usual")
    _number("rho", asked["rho"], 0, 1, "1 shares all the noise, 0 none", optional=True)
    if asked["coupling"] == "attention" and asked["rho"]:
        raise ValueError(
            f"rho: got {asked['rho']!r} with coupling='attention', where stems have noise of their own; give coupling='noise' too."
        )
    for name, choices in (("scheme", SCHEMES), ("coupling", COUPLINGS), ("sampler", tuple(SAMPLERS))):
        if asked[name] not in choices:
            raise ValueError(f"{name}: got {asked[name]!r}; it takes one of {', '.join(map(repr, choices))}.")
    interval = asked["interval"]
    if (
        not isinstance(interval, list)
        or [type(i) for i in interval] != [int, int]
        or not 0 <= interval[0] <= interval[1]
    ):
        raise ValueError(
            f"interval: got {interval!r}; it takes the first and the last step with guidance, such as (3, 28)."
        )
    bars, _ = default_seconds(asked["bpm"], asked["bars"], asked["seconds"])
    _check_activity(asked["activity"], names, asked["bpm"], bars)


def default_seconds(bpm: float | None, bars: int | None, seconds: float | None) -> tuple[int | None, float]:
    """Bars and length in seconds from what was given: 4 bars when there is a tempo, else 8 seconds."""
    if bars is not None and seconds is not None:
        raise ValueError(f"bars and seconds: got {bars} and {seconds}; give one of them.")
    if bars is not None and not bpm:
        raise ValueError(f"bars: got {bars} without bpm; give bpm too, or seconds instead of bars.")
    if seconds is None and bpm:
        bars = bars or max(1, min(4, int(MOST_SECONDS * bpm / 240)))
        seconds = bars * 240 / bpm
    seconds = 8.0 if seconds is None else seconds
    if seconds > MOST_SECONDS:
        raise ValueError(
            f"bars: {bars} bars at {bpm:g} bpm are {seconds:.1f} s; one pass makes {MOST_SECONDS:g} s: give fewer bars."
        )
    return bars, seconds


def rounds_of(scheme: str, stems: int) -> list[list[int]]:
    """Which stems each round makes: one-pass all at once, two-pass half and half, k-pass one after another.

    >>> rounds_of("two-pass", 5)
    [[0, 1, 2], [3, 4]]

    Source: arXiv:2602.09891.
    """
    everyone = list(range(stems))
    half = (stems + 1) // 2
    rounds = {"one-pass": [everyone], "two-pass": [everyone[:half], everyone[half:]], "k-pass": [[i] for i in everyone]}
    return [members for members in rounds[scheme] if members]


def _number(name, value, low, high, meaning, optional=False, whole=False) -> None:
    if value is None and optional:
        return
    kind = Integral if whole else Real
    if isinstance(value, bool) or not isinstance(value, kind) or not math.isfinite(value) or not low <= value <= high:
        wanted = "a whole number" if whole else "a number"
        raise ValueError(f"{name}: got {value!r}; it takes {wanted} from {low} to {high} ({meaning}).")


def _check_activity(activity, names: list[str], bpm, bars) -> None:
    if activity is None:
        return
    if not isinstance(activity, dict):
        raise ValueError(f'activity: got {activity!r}; it takes a dict such as {{"drums": ".xxx"}}.')
    if activity and (not bpm or not bars):
        raise ValueError("activity: got patterns without bpm and bars, which say where each bar lies; give both.")
    for name, pattern in activity.items():
        if name not in names:
            raise ValueError(f"activity: there is no stem {name!r}; there are {', '.join(names)}.")
        if not isinstance(pattern, str) or set(pattern) - set(".x"):
            raise ValueError(
                f"activity[{name!r}]: got {pattern!r}; it takes a character a bar, 'x' plays and '.' rests."
            )
        if len(pattern) != bars:
            raise ValueError(
                f"activity[{name!r}]: got {len(pattern)} characters, {pattern!r}; it takes {bars}, one a bar."
            )
