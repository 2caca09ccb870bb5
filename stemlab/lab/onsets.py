"""What a beat finder listens to: how much the sound grows at each 8 ms in three ranges, how loud it is, and its pitches.

Unlike `metrics.sync`, which judges what was made, this sees an attack at the first sample: before it lies silence.

Lesson: 07_play_along.ipynb
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.ndimage import maximum_filter1d
from scipy.signal import find_peaks

from stemlab.codec.audio import SAMPLE_RATE

HOP, N_FFT = 256, 1024
RATE = SAMPLE_RATE / HOP  # frames a second
RANGES = (150.0, 2000.0)  # Hz: low (kick, bass) below the first, high (snare, cymbals) above the second
COMPRESSION = 100.0
NEAR = 5  # frames over which an onset counts for a moment: 16 ms on each side


@dataclass(frozen=True)
class Onsets:
    """How a recording moves in time; each curve has a value for each 8 ms, the first at sample 0.

    Args:
        seconds: length of the recording.
        growth: `(3, T)`, of the low, middle and high range, 1 at the highest of all.
        level: `(2, T)`, amplitude of the low range and of all.
        times, strength: `(n,)`, seconds and growth of the single onsets.
        pitches: `(T, 12)`, pitch classes.
    """

    seconds: float
    growth: np.ndarray
    level: np.ndarray
    times: np.ndarray
    strength: np.ndarray
    pitches: np.ndarray

    def around(self, seconds: np.ndarray) -> np.ndarray:
        """The highest growth within 16 ms of some moments, `(3, n)`."""
        return self.near[:, self.frames(seconds)]

    @cached_property
    def near(self) -> np.ndarray:
        """The highest growth within 16 ms of each frame, `(3, T)`."""
        return maximum_filter1d(self.growth, NEAR, axis=1)

    @cached_property
    def average(self) -> float:
        """The growth of all ranges that a moment has near it, on average."""
        return float(self.around(np.arange(0, self.seconds, 0.016)).sum(0).mean())

    @cached_property
    def pitches_so_far(self) -> np.ndarray:
        """Sums of the pitch classes before each frame, `(T + 1, 12)`."""
        return np.vstack([np.zeros(12), np.cumsum(self.pitches, 0)])

    @cached_property
    def correlation(self) -> np.ndarray:
        """Autocorrelation of the growth at lags of a frame each, `(T,)`: 1 at lag 0, 0 for growth unrelated to itself."""
        window = np.hanning(7)
        curve = np.convolve(self.growth.sum(0), window / window.sum(), "same")
        curve -= curve.mean()
        n = len(curve)
        raw = np.fft.irfft(np.abs(np.fft.rfft(curve, 2 * n)) ** 2)[:n] / np.clip(1 - np.arange(n) / n, 0.25, None)
        return raw / max(float(raw[0]), 1e-12)

    def frames(self, seconds: np.ndarray) -> np.ndarray:
        """Indices of the frames nearest to some moments."""
        return np.clip(np.round(seconds * RATE).astype(int), 0, self.growth.shape[1] - 1)


def onsets(audio: np.ndarray) -> Onsets:
    """Listen for onsets.

    Args:
        audio: `(N,)` at 32 kHz.

    Source: spectral flux of logarithmically compressed magnitudes, as in Mueller 2015, "Fundamentals of Music
    Processing", Sec. 6.1.
    """
    padded = np.pad(np.asarray(audio, np.float32), (N_FFT // 2 + 2 * HOP, N_FFT // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    magnitude = np.abs(np.fft.rfft(frames * np.hanning(N_FFT).astype(np.float32), axis=1))  # (T + 2, bins)
    hz = np.arange(N_FFT // 2 + 1) * SAMPLE_RATE / N_FFT
    bands = magnitude @ _bank(hz)  # (T + 2, bands)
    top = max(float(bands.max()), 1e-9)
    loud = np.log1p(COMPRESSION * bands / top)
    rise = np.zeros_like(loud)
    rise[1:-1] = np.maximum(loud[2:] - loud[:-2], 0)
    centre = _centres()
    ranges = (centre < RANGES[0], (centre >= RANGES[0]) & (centre < RANGES[1]), centre >= RANGES[1])
    growth = np.stack([rise[2:, members].mean(1) for members in ranges])  # (3, T)
    total = growth.sum(0)
    growth = growth / max(float(total.max()), 1e-9)
    total = growth.sum(0)
    peaks, _ = find_peaks(np.r_[0.0, total, 0.0], height=0.1, distance=6)
    low = magnitude[2:, hz < RANGES[0]]
    level = np.sqrt(np.stack([(low**2).sum(1), (magnitude[2:] ** 2).sum(1)]))
    return Onsets(
        len(audio) / SAMPLE_RATE, growth, level / max(float(level.max()), 1e-9), (peaks - 1) / RATE, total[peaks - 1],
        _pitches(audio, growth.shape[1]),
    )  # fmt: skip


def _edges() -> np.ndarray:
    """Edges of the bands in Hz: 40 Hz apart at the bottom, thirds of an octave above."""
    return np.r_[0.0, 40.0, 80.0, 120.0, 160.0, 160.0 * 2 ** (np.arange(1, 21) / 3)]


def _centres() -> np.ndarray:
    edges = _edges()
    return (edges[1:] + edges[:-1]) / 2


def _bank(hz: np.ndarray) -> np.ndarray:
    """Which bins belong to which band, `(bins, bands)`, each column of mean 1 over its bins."""
    edges = _edges()
    bank = ((hz[:, None] >= edges[:-1]) & (hz[:, None] < edges[1:])).astype(np.float32)
    return bank / np.maximum(bank.sum(0), 1)


def _pitches(audio: np.ndarray, frames: int) -> np.ndarray:
    """Pitch classes at each frame, `(T, 12)`, in steps of 128 ms."""
    from stemlab.metrics.harmony import chroma

    step = 0.128
    found = chroma(audio, 60.0, step)  # at 60 bpm a beat is a second
    return found[np.minimum((np.arange(frames) / RATE / step).astype(int), len(found) - 1)]
