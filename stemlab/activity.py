"""Who plays when: patterns of bars, of beats or of frames, checked, and turned into a mark for every sample and frame.

A pattern is one of
- text, a character a bar: `x` plays, `.` rests; with a `/` between bars each may be four characters, one a beat: `x/x.x./.`;
- a list of the bars in which the stem plays, counted from 1: `[1, 2, 4]`;
- an array (NumPy or torch) of one value a latent frame: 1 plays, 0 rests, 2 is free.

Lesson: 08_who_plays_when.ipynb
"""

from typing import Any

import numpy as np
import torch

from stemlab.framing import BUNDLED, Grid

REST, PLAY, FREE = 0, 1, 2
SIGNS = ".x-"  # of REST, PLAY and FREE
BEATS = 4  # in a bar, unless told

Pattern = str | dict[str, str]


def canonical(activity: Any, names: list[str], bpm: float | None, bars: int | None, frames: int, beats: int = BEATS):
    """Check patterns and write them so that JSON can keep them.

    Args:
        activity: a dict of patterns by stem name, or None.
        names: of the stems that there are.
        bpm, bars: of the group; patterns of bars need both.
        frames: T, how long an array of frames must be.  beats: in a bar.
    Returns:
        by stem name: text, or `{"frames": ".x-..."}` for an array.
    Raises:
        ValueError: names the stem, what it got and what it takes.
    """
    if activity is None:
        return {}
    if not isinstance(activity, dict):
        raise ValueError(f'activity: got {activity!r}; it takes a dict such as {{"drums": ".xxx"}}.')
    result: dict[str, Pattern] = {}
    for name, pattern in activity.items():
        if name not in names:
            raise ValueError(f"activity: there is no stem {name!r}; there are {', '.join(names)}.")
        if isinstance(pattern, dict | np.ndarray | torch.Tensor):
            result[name] = {"frames": _frames(name, pattern, frames)}
            continue
        if not bpm or not bars:
            raise ValueError("activity: got patterns without bpm and bars, which say where each bar lies; give both.")
        result[name] = _bars(name, pattern, bars, beats)
    return result


def pattern_marks(
    pattern: Pattern,
    bpm: float | None,
    bars: int | None,
    samples: int,
    downbeat: float = 0.0,
    grid: Grid = BUNDLED,
    beats: int = BEATS,
) -> np.ndarray:
    """What a stem shall do at every sample.

    Args:
        pattern: as from `canonical`.
        bpm, bars: of the group.
        samples: N.
        downbeat: seconds of the first downbeat; what is before it belongs to bar 1, what is behind the last bar to that.
        grid: of the codec.  beats: in a bar, which bpm counts.
    Returns:
        `(N,)` int8 of REST, PLAY or FREE.
    """
    if isinstance(pattern, dict):
        return np.repeat(np.array([SIGNS.index(sign) for sign in pattern["frames"]], np.int8), grid.frame)[:samples]
    assert bpm and bars
    marks = np.empty(samples, np.int8)
    beat = 60 / bpm * grid.sample_rate
    told = [mark for bar in split_bars(pattern) for mark in (bar * beats if len(bar) == 1 else bar)]
    for i, mark in enumerate(told):
        start, stop = (round(downbeat * grid.sample_rate + j * beat) for j in (i, i + 1))
        start, stop = 0 if i == 0 else start, samples if i + 1 == len(told) else stop
        marks[start:stop] = SIGNS.index(mark)
    return marks


def frame_marks(marks: np.ndarray, frame: int = BUNDLED.frame) -> torch.Tensor:
    """The mark at the centre of each latent frame: `(N,)` of samples to `(T,)` of frames, T = ceil(N / frame)."""
    centres = (np.arange(-(-len(marks) // frame)) * frame + frame // 2).clip(max=len(marks) - 1)
    return torch.from_numpy(marks[centres].astype(np.int64))


def activity_frames(
    activity: dict[str, Any] | None,
    names: list[str],
    bpm: float | None,
    bars: int | None,
    frames: int,
    grid: Grid = BUNDLED,
) -> torch.Tensor | None:
    """The activity condition of some stems of a group that starts on its first downbeat.

    Args:
        activity: patterns by stem name; a stem that is not named is free.
        names: of the stems wanted.
        bpm, bars: of the group.
        frames: T.  grid: of the codec.
    Returns:
        `(len(names), T)` of REST, PLAY or FREE; None when nothing is asked.
    Raises:
        ValueError: as for `canonical`.
    """
    told = canonical(activity, list(activity or names), bpm, bars, frames)
    if not told:
        return None
    free = torch.full((frames,), FREE)
    marks = {
        name: frame_marks(pattern_marks(pattern, bpm, bars, frames * grid.frame, grid=grid), grid.frame)
        for name, pattern in told.items()
    }
    return torch.stack([marks.get(name, free) for name in names])


def split_bars(pattern: str) -> list[str]:
    """The bars of a pattern: each one character, or four."""
    return pattern.removesuffix("/").split("/") if "/" in pattern else list(pattern)


def _bars(name: str, pattern: Any, bars: int, beats: int) -> str:
    said = f"activity[{name!r}]: got {pattern!r}"
    if isinstance(pattern, list | tuple):
        if any(type(bar) is not int or not 1 <= bar <= bars for bar in pattern):
            raise ValueError(f"{said}; a list holds the bars in which it plays, whole numbers from 1 to {bars}.")
        return "".join("x" if bar in pattern else "." for bar in range(1, bars + 1))
    if not isinstance(pattern, str) or set(pattern) - set(".x/"):
        raise ValueError(
            f"{said}; it takes a character a bar, 'x' plays and '.' rests, or {beats} a bar with '/' between bars; "
            "or a list of bars; or an array of frames."
        )
    pieces = split_bars(pattern)
    if any(len(piece) not in (1, beats) for piece in pieces):
        raise ValueError(f"{said}; between two '/' it takes one character for the bar, or {beats} for its beats.")
    if len(pieces) != bars:
        raise ValueError(f"{said}, which is {len(pieces)} bars; it takes {bars}, one a bar.")
    return pattern


def _frames(name: str, pattern: Any, frames: int) -> str:
    if isinstance(pattern, dict):
        signs = pattern.get("frames")
        values = None
        if isinstance(signs, str) and not set(signs) - set(SIGNS):
            values = [SIGNS.index(sign) for sign in signs]
    else:
        array = np.asarray(pattern)
        values = array.tolist() if array.ndim == 1 and np.isin(array, (REST, PLAY, FREE)).all() else None
    if values is None or len(values) != frames:
        got = f"shape {tuple(pattern.shape)}" if hasattr(pattern, "shape") else repr(pattern)
        raise ValueError(
            f"activity[{name!r}]: got an array of {got}; it takes {frames} values, one a latent frame: "
            "1 plays, 0 rests, 2 is free."
        )
    return "".join(SIGNS[int(value)] for value in values)
