"""Does a stem change its notes? Pitches that sound, frame by frame, and how long the longest of them goes on.

Overtones count as pitches: they go on as long as their note does. So these figures are for comparing stems of the same kind.
"""

import numpy as np

from stemlab.metrics.harmony import HOP, LOW_RATE, spectral_peaks

STEP = HOP / LOW_RATE  # seconds of a frame, 0.128
HEARD = 0.1  # of the magnitude of a frame's strongest pitch, -20 dB
PITCHES = 128


def pitch_roll(audio: np.ndarray) -> np.ndarray:
    """Semitones that sound.

    Args:
        audio: `(N,)` at 32 kHz.
    Returns:
        `(T, 128)` bool, a frame each 128 ms, MIDI pitches: those within 20 dB of the frame's strongest. A gap of one frame is
        closed, and what sounds for one frame alone is left out.
    """
    frames, time, pitch, magnitude = spectral_peaks(audio)
    loudest = np.zeros(frames)
    np.maximum.at(loudest, time, magnitude)
    heard = magnitude >= HEARD * loudest[time]
    roll = np.zeros((frames + 2, PITCHES), bool)
    roll[time[heard] + 1, np.clip(np.round(pitch[heard]).astype(int), 0, PITCHES - 1)] = True
    roll[1:-1] |= roll[:-2] & roll[2:]
    lasting = roll[1:-1] & (roll[:-2] | roll[2:])
    return lasting


def longest_run(roll: np.ndarray) -> float | None:
    """The longest time that one pitch goes on without a gap, as a share of the clip; None when nothing pitched sounds.

    >>> longest_run(np.array([[1, 0], [1, 1], [0, 1], [1, 1]], bool))
    0.75
    """
    run, longest = np.zeros(roll.shape[1], int), 0
    for frame in roll:
        run = (run + 1) * frame
        longest = max(longest, int(run.max()))
    return longest / len(roll) if longest else None


def pitches_begun(roll: np.ndarray) -> int:
    """How many times a pitch begins, overtones counted too."""
    return int((roll & ~np.vstack([np.zeros_like(roll[:1]), roll[:-1]])).sum())
