"""How a stem is played, in one number each: what words such as busy, held, offbeat or brushes are about."""

import numpy as np

from stemlab.metrics.patterns import STEPS
from stemlab.metrics.sync import SAMPLE_RATE

FRAME = 1024  # samples, 32 ms
NEAR_DB = 15.0


def onsets_a_bar(pattern: np.ndarray) -> float:
    """Sixteenths with an onset, a bar, of a pattern `(B, 16)`."""
    return float(pattern.sum() / len(pattern))


def off_beats(pattern: np.ndarray) -> float | None:
    """Share of the onsets that lie in the middle between two beats; None when there are none.

    >>> off_beats(np.arange(16)[None] % 4 == 2)
    1.0
    """
    return float(pattern[:, 2:STEPS:4].sum() / pattern.sum()) if pattern.any() else None


def sustained_share(audio: np.ndarray) -> float | None:
    """Share of the time in which a stem is within 15 dB of its loudest moment; None for silence.

    Args:
        audio: `(N,)` at 32 kHz, at least 32 ms.
    """
    frames = np.asarray(audio, np.float32)[: len(audio) // FRAME * FRAME].reshape(-1, FRAME)
    level = 10 * np.log10(np.square(frames).mean(1) + 1e-12)
    return float((level > level.max() - NEAR_DB).mean()) if level.max() > -80 else None


def brightness(audio: np.ndarray) -> float | None:
    """Spectral centroid of the whole stem in octaves above 1 Hz, so that a doubling counts the same anywhere; None for silence.

    Source: Peeters 2004, "A large set of audio features for sound description", the centroid of magnitudes.
    """
    audio = np.asarray(audio, np.float32)[: len(audio) // FRAME * FRAME]
    magnitude = np.abs(np.fft.rfft(audio.reshape(-1, FRAME) * np.hanning(FRAME), axis=1)).sum(0)
    if magnitude.sum() < 1e-3:
        return None
    hz = np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE)
    return float(np.log2((hz * magnitude).sum() / magnitude.sum()))
