"""Does a stem change its notes, or do they drone? How long each pitch goes on before it ends or is struck again.

Overtones count as pitches: they go on as long as their note does. So these figures are for comparing stems of the same kind.
"""

import numpy as np

from stemlab.metrics.harmony import spectral_peaks

HEARD_DB = 20.0  # below the frame's strongest pitch
STRUCK_DB = 3.0  # a pitch that rises by so much in 128 ms is struck again
PITCHES = 128


def pitch_runs(audio: np.ndarray) -> np.ndarray:
    """How long each pitch goes on, from when it begins or is struck again until it ends or is struck again.

    Args:
        audio: `(N,)` at 32 kHz.
    Returns:
        `(n,)`, a share of the clip for each. A pitch sounds in a frame of 128 ms where it is within 20 dB of the strongest; a gap of
        one frame is closed, and what sounds for one frame alone is left out.
    """
    frames, time, pitch, magnitude = spectral_peaks(audio)
    level = np.full((frames + 2, PITCHES), -200.0)  # with a silent frame on both sides
    place = time + 1, np.clip(np.round(pitch).astype(int), 0, PITCHES - 1)
    np.maximum.at(level, place, 20 * np.log10(magnitude + 1e-9))
    loudest = level.max(1, keepdims=True)
    heard = (level > loudest - HEARD_DB) & (loudest > -190)
    heard[1:-1] |= heard[:-2] & heard[2:]
    heard[1:-1] &= heard[:-2] | heard[2:]
    rising = np.zeros_like(heard)
    rising[1:] = level[1:] > level[:-1] + STRUCK_DB
    begins = np.zeros_like(heard)
    begins[1:] = heard[1:] & (~heard[:-1] | (rising[1:] & ~rising[:-1]))
    which = begins.cumsum(0) + np.arange(PITCHES) * (frames + 2)  # each run has a number of its own
    return np.unique(which[heard], return_counts=True)[1] / frames


def longest_run(runs: np.ndarray) -> float | None:
    """The longest of them; None when nothing pitched sounds."""
    return float(runs.max()) if len(runs) else None
