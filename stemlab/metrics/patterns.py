"""On which sixteenths does a stem begin its notes, and how much does that change from bar to bar and from take to take?

A pattern is `(B, 16)` bool: bars and their sixteenths, True where an onset lies nearest.
"""

from itertools import combinations

import numpy as np

from stemlab.metrics.sync import ONSETS, SAMPLE_RATE, onset_times

STEPS = 16  # sixteenths of a 4/4 bar
AHEAD = 2048  # samples of silence put before the sound, so that an attack at its first sample is seen


def onset_pattern(audio: np.ndarray, bpm: float, bars: int) -> np.ndarray:
    """Which sixteenths have an onset.

    Args:
        audio: `(N,)` at 32 kHz; the first bar begins at sample 0.
        bpm: beats a minute.
        bars: B, how many bars to look at; an onset that is nearer to the bar after them is left out.
    Returns:
        `(B, 16)` bool. A swung off-beat lies on the sixteenth that it is nearest to.

    >>> int(onset_pattern(np.zeros(64_000), 120, 1).sum())
    0
    """
    times = onset_times(np.pad(np.asarray(audio, np.float32), (AHEAD, 0))) - AHEAD / SAMPLE_RATE
    steps = np.maximum(np.round(times * bpm / 15).astype(int), 0)
    pattern = np.zeros(bars * STEPS, bool)
    pattern[steps[steps < len(pattern)]] = True
    return pattern.reshape(bars, STEPS)


def written(pattern: np.ndarray) -> str:
    """A pattern as text, a word of 16 characters a bar: `x` for an onset, `.` for none.

    >>> written(np.arange(16)[None] % 4 == 0)
    'x...x...x...x...'
    """
    return " ".join("".join(".x"[int(step)] for step in bar) for bar in pattern)


def read(text: str) -> np.ndarray:
    """The pattern `(B, 16)` of such a text."""
    return np.array([[mark == "x" for mark in bar] for bar in text.split()])


def odd_sixteenths(pattern: np.ndarray) -> float | None:
    """Share of the onsets that lie on odd sixteenths, between the eighths; None for fewer than 6 onsets.

    >>> odd_sixteenths(np.ones((1, 16), bool)), odd_sixteenths(np.zeros((1, 16), bool))
    (0.5, None)
    """
    return float(pattern[:, 1::2].sum() / pattern.sum()) if pattern.sum() >= ONSETS else None


def bars_alike(pattern: np.ndarray) -> float | None:
    """Mean Jaccard index over all pairs of bars, those without an onset left out; None when fewer than two are left.

    Source: Jaccard 1901, the index: what both have over what either has.
    """
    bars = pattern[pattern.any(1)]
    found = [jaccard(a, b) for a, b in combinations(bars, 2)]
    return float(np.mean(found)) if found else None


def pattern_distance(first: np.ndarray, second: np.ndarray) -> float | None:
    """Jaccard distance of two takes over the bars in which both play; None when there is no such bar."""
    both = first.any(1) & second.any(1)
    return 1 - jaccard(first[both], second[both]) if both.any() else None


def jaccard(first: np.ndarray, second: np.ndarray) -> float:
    """Onsets that both have over onsets that either has; there must be one."""
    return float((first & second).sum() / (first | second).sum())
