"""Do stems keep the tempo that was asked for, and do they start on its grid?"""

from functools import lru_cache

import numpy as np
from scipy.signal import find_peaks, medfilt

SAMPLE_RATE = 32_000
HOP = 256  # samples between onset frames: 8 ms
N_FFT = 1024
RATE = SAMPLE_RATE / HOP  # onset frames a second
BEATS = (0.5, 1, 2, 4, 8)  # lags at which music in 4/4 repeats, in beats
SPAN = np.exp(np.linspace(np.log(0.71), np.log(1.41), 400))  # tempi that are tried, as shares of the one asked for
TOLERANCE = 0.04
ONSETS = 6  # a stem with fewer steep onsets is not judged
STEEP_DB = 3.0
TOGETHER = 8  # onset frames, 64 ms


@lru_cache
def _filters() -> np.ndarray:
    """38 or so mel triangles from 30 Hz to 15 kHz, `(bands, bins)`."""
    hz = np.arange(N_FFT // 2 + 1) * SAMPLE_RATE / N_FFT
    low, high = (2595 * np.log10(1 + f / 700) for f in (30, 15_000))
    edges = 700 * (10 ** (np.linspace(low, high, 42)[:, None] / 2595) - 1)
    up, down = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2]), (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    bank = np.clip(np.minimum(up, down), 0, None)
    return bank[bank.sum(1) > 0]


def onset_strength(audio: np.ndarray) -> np.ndarray:
    """How much louder the bands get, at each 8 ms.

    Args:
        audio: `(N,)`.
    Returns:
        `(1 + N // 256,)`: mean rise of the mel bands over 16 ms in dB, of their topmost 50 dB.

    Source: spectral flux as in Boeck and Widmer 2013, "Maximum filter vibrato suppression", without the filter.
    """
    return _strength(np.asarray(audio, np.float32).tobytes()).copy()


@lru_cache(maxsize=16)
def _strength(samples: bytes) -> np.ndarray:
    """`onset_strength`, which several measures of the same stem ask for, computed once."""
    padded = np.pad(np.frombuffer(samples, np.float32), N_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    spectrum = np.fft.rfft(frames * np.hanning(N_FFT).astype(np.float32), axis=1) / (N_FFT / 4)
    level = 10 * np.log10(np.maximum(np.abs(spectrum) ** 2 @ _filters().T, 1e-7))
    level = np.maximum(level, level.max() - 50)
    strength = np.zeros(len(level))
    strength[1:-1] = np.maximum(level[2:] - level[:-2], 0).mean(1)
    return strength


def onset_times(audio: np.ndarray) -> np.ndarray:
    """Seconds of the steep onsets, `(n,)`: peaks of 3 dB or more, and 15 % of the highest."""
    strength = onset_strength(audio)
    peaks, _ = find_peaks(strength, height=max(0.15 * strength.max(), STEEP_DB), distance=6)
    return peaks / RATE


def tempo(audio: np.ndarray, near: float) -> float | None:
    """The tempo of a stem, within the octave around a given one.

    Over all tempi from 0.71 to 1.41 of it, the autocorrelation of onset strength at half, 1, 2, 4 and 8 beats is summed, and the
    highest sum wins. So the octave alone is given away: half or double time counts as the same, any other error as an error.

    Args:
        audio: `(N,)`, 4 s or more.
        near: beats a minute.
    Returns:
        beats a minute, or None for a stem with fewer than 6 steep onsets.

    Source: autocorrelation tempo as in Ellis 2007, "Beat tracking by dynamic programming", summed over metrical levels.
    """
    if len(onset_times(audio)) < ONSETS:
        return None
    return float(near * SPAN[_repeats(onset_strength(audio), near * SPAN).argmax()])


def _repeats(strength: np.ndarray, tempi: np.ndarray) -> np.ndarray:
    """Autocorrelation at the metrical lags of each tempo, summed."""
    window = np.hanning(7)
    peaky = np.convolve(_peaky(strength), window / window.sum(), "same")
    n = len(peaky)
    power = np.abs(np.fft.rfft(peaky - peaky.mean(), 2 * n)) ** 2
    repeats = np.fft.irfft(power)[:n] / np.clip(1 - np.arange(n) / n, 0.25, None)
    repeats /= max(repeats[0], 1e-12)
    total = np.zeros(len(tempi))
    for beats in BEATS:
        lag = beats * 60 / tempi * RATE
        total += np.where(lag < 0.75 * n, np.interp(lag, np.arange(n), repeats), 0)
    return total


def keeps_tempo(audio: np.ndarray, bpm: float) -> bool | None:
    """Whether a stem's tempo is within 4 % of the one asked for; None for a stem without enough onsets."""
    found = tempo(audio, bpm)
    return None if found is None else abs(found / bpm - 1) <= TOLERANCE


def beat_alignment(audio: np.ndarray, bpm: float) -> float | None:
    """Do onsets fall on the grid that starts at sample 0?

    Args:
        audio: `(N,)`.
        bpm: of the grid.
    Returns:
        mean of cos(2 pi beats m) over onset strength and over m = 1, 2 and 4 (beat, eighth, sixteenth): 1 when all
        onsets are on beats, about 0 for onsets anywhere; None for a stem with fewer than 6 steep onsets.
    """
    times = onset_times(audio)
    if len(times) < ONSETS:
        return None
    strength = onset_strength(audio)[np.round(times * RATE).astype(int)]
    waves = np.cos(2 * np.pi * np.outer((1, 2, 4), times * bpm / 60)).mean(0)
    return float((waves * strength).sum() / strength.sum())


def onsets_together(stems: list[np.ndarray]) -> list[float | None]:
    """Do the onsets of each stem fall together with those of the others?

    Args:
        stems: `(N,)` each, all of the same length.
    Returns:
        for each stem: correlation of its onset strength with the others' sum at lags of 8 ms or less, over its mean at
        lags up to 64 ms: 5.7 at the most, 1 when nothing ties them, 0 when all miss each other; None
        for a stem with fewer than 6 steep onsets, or with none beside it.
    """
    strengths = [_peaky(onset_strength(stem)) for stem in stems]
    lags = range(-TOGETHER, TOGETHER + 1)
    result: list[float | None] = []
    for stem, own in zip(stems, strengths, strict=True):
        others = np.sum(strengths, axis=0) - own
        padded = np.pad(others, TOGETHER)
        product = np.array([own @ padded[TOGETHER + lag :][: len(own)] for lag in lags])
        if len(onset_times(stem)) < ONSETS or others.max() < 1e-3:
            result.append(None)
        else:
            result.append(float(product[TOGETHER - 1 : TOGETHER + 2].mean() / max(product.mean(), 1e-9)))
    return result


def _peaky(strength: np.ndarray) -> np.ndarray:
    """Onset strength above its own median over a quarter of a second."""
    return np.maximum(strength - medfilt(strength, 31), 0)


def beat_f_measure(audio: np.ndarray, bpm: float) -> float:
    """F-measure of tracked beats against the grid from sample 0, within 70 ms.

    Args:
        audio: `(N,)`, best a mix.
        bpm: of the grid; the tracker starts from it too.

    Source: tracker of Ellis 2007 as in librosa; F-measure as in mir_eval, Raffel et al. 2014.
    """
    import librosa
    import mir_eval

    strength = onset_strength(audio)
    if strength.max() < 1e-6:
        return 0.0
    _, beats = librosa.beat.beat_track(
        onset_envelope=strength, sr=SAMPLE_RATE, hop_length=HOP, bpm=bpm, units="time", trim=False
    )
    grid = np.arange(0, len(audio) / SAMPLE_RATE, 60 / bpm)
    return float(mir_eval.beat.f_measure(grid, np.asarray(beats)))
