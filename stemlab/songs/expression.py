"""A part's own movement, as MIDI files have it: pitch that bends, and a level that swells and fades.

All notes of a part bend together, so the part is played once in a time of its own, in which nothing bends, and is then
read at the speed that the bend asks for: faster sounds higher, and every note still begins where it should.

Lesson: 10_bring_your_own_music.ipynb
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.ndimage import map_coordinates

from stemlab.songs.compose import Part

_GLIDE = 0.004  # seconds in which a step of the level happens, so that it does not click


def bent(part: Part, scale: float, samples: int, play: Callable[[Part, int], np.ndarray]) -> np.ndarray:
    """Play a part with its bends.

    Args:
        part: what to play.
        scale: samples a beat.
        samples: length.
        play: gives `(n,)` of a part without bends, for a length n.
    Returns:
        `(samples,)`.
    """
    if not part.bends:
        return play(part, samples)
    times = np.array([beat for beat, _ in part.bends])
    speeds = 2 ** (np.array([semitones for _, semitones in part.bends]) / 12)
    last = max(samples / scale, float(times[-1])) + 1
    edges = np.r_[times, last]  # beats
    own = np.r_[0.0, np.cumsum(np.diff(edges) * speeds)]  # the same moments in the part's own time
    starts = np.interp([note.start for note in part.notes], edges, own)
    ends = np.interp([note.start + note.duration for note in part.notes], edges, own)
    notes = [
        replace(note, start=float(a), duration=float(b - a))
        for note, a, b in zip(part.notes, starts, ends, strict=True)
    ]
    places = np.interp(np.arange(samples) / scale, edges, own) * scale
    straight = play(replace(part, notes=notes, bends=()), int(places[-1]) + 2)
    return map_coordinates(straight, [places], order=3, mode="constant", output=np.float32)


def swelled(part: Part, scale: float, samples: int, sample_rate: int) -> np.ndarray | np.float32:
    """The gain of a part over time, `(samples,)`, or 1.

    Args:
        part, scale, samples: as for `bent`.
        sample_rate: Hz.
    """
    if not part.gains:
        return np.float32(1)
    times = np.array([beat for beat, _ in part.gains]) * scale
    values = np.array([gain for _, gain in part.gains])
    glide = _GLIDE * sample_rate
    knots = np.c_[np.maximum(times - glide, np.r_[-1.0, times[:-1]]), times][1:].ravel()
    return np.interp(
        np.arange(samples), np.r_[times[0], knots], np.r_[values[0], np.c_[values[:-1], values[1:]].ravel()]
    ).astype(np.float32)
