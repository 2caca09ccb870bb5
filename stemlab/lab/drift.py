"""Does a recording keep its tempo? Where its beats run away from a steady grid it is refused, with numbers.

Lesson: 07_play_along.ipynb
"""

import numpy as np

from stemlab.lab.onsets import Onsets

BEATS = 4  # of a window; they begin every half of it
CLEAR = 0.3  # of the length that onsets add up to when all fall on the grid: fainter windows tell nothing
MOST_SECONDS, MOST_BEATS = 0.08, 0.12  # both must be passed
SLOW = 0.12  # beats between neighbouring windows; a larger step is another rhythm, not another tempo


def check_steady(heard: Onsets, bpm: float, downbeat: float) -> None:
    """Refuse a recording whose beats leave a steady grid.

    Raises:
        ValueError: with the tempo at both ends, and by how much the beats are off.
    """
    times, away = wander(heard, bpm, downbeat)
    if len(away) < 4:
        return
    off = float(np.ptp(away)) / 2  # beats, from the steady grid between
    if off < MOST_BEATS or off * 60 / bpm < MOST_SECONDS:
        return
    speed = np.gradient(away, times)  # beats a second
    slowest, fastest = (bpm + 60 * float(np.percentile(speed, p)) for p in (10, 90))
    at_first, at_last = (bpm + 60 * float(np.median(part)) for part in (speed[:3], speed[-3:]))
    raise ValueError(
        f"audio: its tempo drifts: {at_first:.1f} bpm at {times[0]:.0f} s, {at_last:.1f} at {times[-1]:.0f} s, between "
        f"{slowest:.1f} and {fastest:.1f} on the way; a steady {bpm:.1f} would be up to {off * 60 / bpm:.2f} s off its "
        "beats. Cut it into parts that keep a tempo, or give bpm and downbeat to have a steady grid all the same."
    )


def wander(heard: Onsets, bpm: float, downbeat: float) -> tuple[np.ndarray, np.ndarray]:
    """How far the eighths of a recording lie from those of a grid, over time.

    Args:
        heard: the recording.  bpm, downbeat: of the grid.
    Returns:
        seconds `(n,)` and beats ahead of the grid `(n,)`, smoothed, of windows of 4 beats that tell.
    """
    window = BEATS * 60 / bpm
    times, phases = [], []
    for start in np.arange(0, heard.seconds - window / 2, window / 2):
        inside = (heard.times >= start) & (heard.times < start + window)
        strength = heard.strength[inside]
        wave = (strength * np.exp(4j * np.pi * (heard.times[inside] - downbeat) * bpm / 60)).sum()
        if inside.sum() >= 3 and abs(wave) > CLEAR * strength.sum():
            times.append(start + window / 2)
            phases.append(float(np.angle(wave)) / (4 * np.pi))  # beats late, within an eighth
    if len(phases) < 3:
        return np.array(times), np.zeros(len(times))
    steps = np.diff(phases)
    steps = (steps + 0.25) % 0.5 - 0.25
    steps[np.abs(steps) > SLOW] = 0.0
    away = -np.r_[0.0, np.cumsum(steps)]
    return np.array(times), np.convolve(np.pad(away, 1, "edge"), np.ones(3) / 3, "valid")
