"""How loud does it sound? Integrated loudness in LUFS: weighted as the ear does, silence and soft passages left out.

Source: Recommendation ITU-R BS.1770-4, Annex 1; its two filters at any rate as De Man 2014, "Evaluation of implementations
of the EBU R128 loudness measurement", gives them.
"""

import numpy as np

BLOCK, OVERLAP = 0.4, 0.75  # seconds; share
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0  # LUFS; LU below the mean of what passes the first
SILENT = -np.inf
_SHELF = 1681.974450955533, 3.999843853973347, 0.7071752369554196  # Hz, dB, Q
_HIGH_PASS = 38.13547087602444, 0.5003270373238773  # Hz, Q


def loudness(audio: np.ndarray, sample_rate: int) -> float:
    """Integrated loudness.

    Args:
        audio: `(N,)`, or `(channels, N)` with a weight of 1 for each channel.
        sample_rate: Hz.
    Returns:
        LUFS; -inf for silence. What is shorter than a block of 0.4 s is one block.

    >>> sine = 10 ** (-20 / 20) * np.sin(2 * np.pi * 997 * np.arange(5 * 48_000) / 48_000)
    >>> round(loudness(np.stack([sine, sine]), 48_000), 1)
    -20.0
    """
    weighted = _weighted(np.atleast_2d(np.asarray(audio, np.float64)), sample_rate)
    block = min(round(BLOCK * sample_rate), weighted.shape[1])
    step = max(1, round(block * (1 - OVERLAP)))
    energy = np.r_[0.0, np.cumsum(np.square(weighted).sum(0))]
    starts = np.arange(0, weighted.shape[1] - block + 1, step)
    power = (energy[starts + block] - energy[starts]) / block
    power = power[_lufs(power) > ABSOLUTE_GATE]
    if not len(power):
        return SILENT
    return float(_lufs(power[_lufs(power) > _lufs(power.mean()) + RELATIVE_GATE].mean()))


def _lufs(power: np.ndarray | float) -> np.ndarray:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-20))


def _weighted(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """`(channels, N)` through the K-weighting: a high shelf for the head, and a high-pass."""
    from scipy.signal import lfilter  # half a second, which making music does without

    hz, gain, q = _SHELF
    k, high = np.tan(np.pi * hz / sample_rate), 10 ** (gain / 20)
    middle, whole = high**0.4996667741545416, 1 + k / q + k * k
    above = [high + middle * k / q + k * k, 2 * (k * k - high), high - middle * k / q + k * k]
    audio = lfilter(np.array(above) / whole, [1, 2 * (k * k - 1) / whole, (1 - k / q + k * k) / whole], audio)
    hz, q = _HIGH_PASS
    k = np.tan(np.pi * hz / sample_rate)
    whole = 1 + k / q + k * k
    return lfilter([1, -2, 1], [1, 2 * (k * k - 1) / whole, (1 - k / q + k * k) / whole], audio)
