"""How a mixer is set, and the mix that it makes: what is heard in the page, computed once more from the samples themselves.

Lesson: 11_stem_studio.ipynb
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from stemlab.codec.audio import to_sides
from stemlab.lab.group import StemGroup

CHANNEL: dict[str, Any] = {"solo": False, "mute": False, "db": 0.0, "pan": 0.0, "low": 0.0, "mid": 0.0, "high": 0.0}
DESK = "desk"  # where a group keeps it among its settings
LEAST_DB, MOST_DB = -30.0, 6.0  # a gain at the lower end is off
BANDS = {"low": ("lowshelf", 200.0), "mid": ("peaking", 1000.0), "high": ("highshelf", 4000.0)}  # Hz
MID_Q = 0.7


def tidy_desk(desk: Mapping[str, Any] | None, names: list[str]) -> dict[str, Any]:
    """The settings of a mixer, whole: a channel for each stem, the master, and names of sections.

    Args:
        desk: `{"stems": {name: {"db": -6.0, "pan": 0.3}}, "master": {"db": 0.0}, "sections": {"1": "intro"}}`, or None;
            what is not told is neutral. A section has the number of the bar that it begins in.
        names: of the stems; channels of others go.
    Raises:
        ValueError: a value that is not a number, or one that is out of range; a section without a bar or a name.
    """
    desk = desk or {}
    told = desk.get("stems") or {}
    stems = {
        name: {key: _checked(key, told.get(name, {}).get(key, at), at) for key, at in CHANNEL.items()} for name in names
    }
    master = {"db": _checked("db", (desk.get("master") or {}).get("db", 0.0), 0.0)}
    return {"stems": stems, "master": master, "sections": _sections(desk.get("sections") or {})}


def keep_desk(group: StemGroup, desk: Mapping[str, Any]) -> None:
    """Keep how a mixer is set with its group, so that it is saved and loaded with it; a neutral one is not kept."""
    told = tidy_desk(desk, group.names)
    group.settings.pop(DESK, None)
    if told != tidy_desk(None, group.names):
        group.settings[DESK] = told


def mixdown(group: StemGroup, desk: Mapping[str, Any] | None = None) -> np.ndarray:
    """The mix as a desk is set: the group's own mix where all is neutral.

    Args:
        group: the stems; their one gain comes first.
        desk: as for `tidy_desk`; None takes what the group has kept.
    Returns:
        `(N,)` float32, or `(2, N)` where a stem is in stereo or is panned; turned down as a whole where it peaked above 1.
    """
    told = tidy_desk(group.settings.get(DESK) if desk is None else desk, group.names)
    if {**told, "sections": {}} == tidy_desk(None, group.names):
        return group.mix()
    solo = any(channel["solo"] for channel in told["stems"].values())
    wide = group[0].audio.ndim == 2 or any(channel["pan"] for channel in told["stems"].values())
    mix = np.zeros((2 if wide else 1, group[0].audio.shape[-1]))
    for stem in group:
        channel = told["stems"][stem.name]
        if channel["mute"] or (solo and not channel["solo"]):
            continue
        sides = to_sides(np.atleast_2d(stem.audio), 2) if wide else np.atleast_2d(stem.audio)
        mix += (
            tone(sides.astype(np.float64), channel, group.sample_rate)
            * _pan(channel["pan"])[: len(mix), None]
            * _gain(channel["db"])
        )
    mix *= group.gain * _gain(told["master"]["db"])
    mix = (mix / max(1.0, float(np.abs(mix).max()))).astype(np.float32)
    return mix if wide else mix[0]


def tone(audio: np.ndarray, channel: Mapping[str, float], sample_rate: int) -> np.ndarray:
    """Three bands turned up or down, by the filters of the Web Audio API, which the page uses.

    Args:
        audio: `(channels, N)`.
        channel: `low`, `mid` and `high` in dB.
    Source: the biquad filters of the Web Audio API 1.1, sec. 1.13.5, after R. Bristow-Johnson's cookbook.
    """
    from scipy.signal import lfilter

    for band, (kind, hz) in BANDS.items():
        if channel[band] and hz < sample_rate / 2:
            audio = lfilter(*_biquad(kind, hz, channel[band], sample_rate), audio, axis=-1)
    return audio


def _biquad(kind: str, hz: float, db: float, rate: int) -> tuple[list[float], list[float]]:
    a, w = 10 ** (db / 40), 2 * math.pi * hz / rate
    cos, sin = math.cos(w), math.sin(w)
    if kind == "peaking":
        alpha = sin / (2 * MID_Q)
        return [1 + alpha * a, -2 * cos, 1 - alpha * a], [1 + alpha / a, -2 * cos, 1 - alpha / a]
    shelf = 2 * (sin / 2 * math.sqrt(2)) * math.sqrt(a)  # slope 1
    sign = 1 if kind == "lowshelf" else -1
    up = [
        a * (a + 1 - sign * (a - 1) * cos + shelf),
        sign * 2 * a * (a - 1 - sign * (a + 1) * cos),
        a * (a + 1 - sign * (a - 1) * cos - shelf),
    ]
    down = [
        a + 1 + sign * (a - 1) * cos + shelf,
        -sign * 2 * (a - 1 + sign * (a + 1) * cos),
        a + 1 + sign * (a - 1) * cos - shelf,
    ]
    return up, down


def _pan(pan: float) -> np.ndarray:
    """Gains of left and right: both 1 in the middle, so that what is not panned sounds as it is."""
    return np.array([math.cos(max(0.0, pan) * math.pi / 2), math.cos(max(0.0, -pan) * math.pi / 2)])


def _gain(db: float) -> float:
    return 0.0 if db <= LEAST_DB else 10 ** (db / 20)


def _sections(told: Mapping[str, Any]) -> dict[str, str]:
    for bar, name in told.items():
        if not str(bar).isdecimal() or not int(bar) or not isinstance(name, str) or not 0 < len(name) <= 40:
            raise ValueError(
                f"desk: got the section {name!r} at bar {bar!r}; it takes up to 40 letters, and a bar from 1."
            )
    return {str(bar): name for bar, name in sorted(told.items(), key=lambda pair: int(pair[0]))}


def _checked(key: str, value: Any, neutral: Any) -> Any:
    if isinstance(neutral, bool):
        return bool(value)
    low, high = (-1.0, 1.0) if key == "pan" else (LEAST_DB, MOST_DB) if key == "db" else (-12.0, 12.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"desk: got {value!r} for {key}; it takes a number from {low:g} to {high:g}.")
    return float(value)
