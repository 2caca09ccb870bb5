"""Do the pitched stems of a group agree in harmony, whatever its key is?

Correlating spectra does not tell: stems of one register correlate in any key, and noise that all stems have in common correlates
most. So only narrow peaks count here, folded to semitones, and agreement as played is set against agreement after
transposing one of the two stems, which has the same timbre, register and noise.
"""

from itertools import combinations

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import resample_poly

SAMPLE_RATE = 32_000
LOW_RATE = 8_000
N_FFT, HOP = 4096, 1024  # at LOW_RATE: 512 ms, 128 ms
LOWEST_HZ, HIGHEST_HZ = 40.0, 2000.0
QUIET = 3e-4  # magnitude re a full-scale sine, -70 dB
PITCHED = ("bass", "keys", "guitar", "strings", "lead", "winds")
PROFILES = {  # Source: Krumhansl 1990, as printed in Temperley 1999, "What's key for key?"
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
NOTES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def chroma(audio: np.ndarray, bpm: float, beats: float = 2) -> np.ndarray:
    """Pitch classes that sound, from spectral peaks alone.

    The square root of a peak's magnitude is added to the nearest pitch class, less the farther it is from it.

    Args:
        audio: `(N,)`.
        bpm: beats a minute.
        beats: length of a window, in beats; the first begins at sample 0.
    Returns:
        `(W, 12)`, pitch class 0 is C; all zeros where nothing pitched sounds.
    """
    _, time, pitch, magnitude = spectral_peaks(audio)
    nearest = np.round(pitch)
    weight = np.sqrt(magnitude) * np.clip(1 - ((pitch - nearest) * 2) ** 2, 0, 1)
    window = beats * 60 / bpm  # seconds
    which = (time * HOP / LOW_RATE / window).astype(int)
    result = np.zeros((max(1, int(np.ceil(len(audio) / SAMPLE_RATE / window - 0.25))), 12))
    inside = which < len(result)
    np.add.at(result, (which[inside], nearest[inside].astype(int) % 12), weight[inside])
    return result


def spectral_peaks(audio: np.ndarray) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """Peaks that may be partials of notes, from 40 to 2000 Hz.

    A bin counts when it is a local maximum, twice the mean of the 120 Hz around it, and within 34 dB of the frame's highest.
    Its frequency is interpolated between bins.

    Args:
        audio: `(N,)` at 32 kHz.
    Returns:
        T, the number of frames, one each 128 ms; and for each of n peaks its frame, its pitch in MIDI semitones and its
        magnitude re a full-scale sine, `(n,)` each.
    """
    padded = np.pad(resample_poly(np.asarray(audio, np.float32), 1, SAMPLE_RATE // LOW_RATE), N_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    magnitude = np.abs(np.fft.rfft(frames * np.hanning(N_FFT), axis=1)) / (N_FFT / 4)  # (T, bins)
    around = uniform_filter1d(magnitude, 61, axis=1)
    top = magnitude.max(1, keepdims=True)
    width = LOW_RATE / N_FFT
    first, last = int(LOWEST_HZ / width), int(HIGHEST_HZ / width)
    here, below, above = (magnitude[:, first + d : last + d] for d in (0, -1, 1))
    peak = (here > below) & (here >= above) & (here > 2 * around[:, first:last]) & (here > 0.02 * top)
    peak &= (here > QUIET) & (top > 0.03 * magnitude.max())
    time, bin_ = np.nonzero(peak)
    a, b, c = (np.log(m[time, bin_] + 1e-9) for m in (below, here, above))
    hz = (first + bin_ + 0.5 * (a - c) / (a - 2 * b + c - 1e-12)) * width
    return len(magnitude), time, 69 + 12 * np.log2(hz / 440), here[time, bin_]


def agreement(first: np.ndarray, second: np.ndarray) -> float | None:
    """Harmonic agreement of two stems, or of two parts as notes.

    Args:
        first, second: `(W, 12)` chroma of the same windows.
    Returns:
        mean cosine over the windows in which both sound, minus its mean after transposing one of them by 1 to 11
        semitones: 0 for unrelated stems, 1 at the most; None when they never sound together.
    """
    norms = np.linalg.norm(first, axis=1), np.linalg.norm(second, axis=1)
    both = (norms[0] > 0) & (norms[1] > 0)
    if not both.any():
        return None
    a, b = first[both] / norms[0][both, None], second[both] / norms[1][both, None]
    cosine = np.array([(a * np.roll(b, shift, axis=1)).sum(1).mean() for shift in range(12)])
    return float(cosine[0] - cosine[1:].mean())


def harmonic_agreement(stems: list[np.ndarray], bpm: float, beats: float = 2) -> float | None:
    """Mean agreement over all pairs of a group's pitched stems; None when no two of them sound together.

    Args:
        stems: `(N,)` each, pitched ones only (PITCHED).
        bpm: beats a minute.
        beats: length of a window.
    """
    return mean_agreement([chroma(stem, bpm, beats) for stem in stems])


def mean_agreement(chromas: list[np.ndarray]) -> float | None:
    """Mean `agreement` over all pairs of `(W, 12)` chromas, from audio or from notes; None when no two sound together."""
    pairs = [agreement(a, b) for a, b in combinations(chromas, 2)]
    found = [value for value in pairs if value is not None]
    return float(np.mean(found)) if found else None


def level_correlation(stems: list[np.ndarray]) -> float | None:
    """Mean correlation over pairs of how the stems' log spectra move in time: the plain measure, kept as an alarm.

    Noise that all stems share makes it *higher* than between real stems, which is as wrong as lower.

    Args:
        stems: `(N,)` each; those that are silent throughout are left out.
    """
    pictures = []
    for stem in stems:
        if np.abs(stem).max() > 1e-3:
            frames = np.lib.stride_tricks.sliding_window_view(np.asarray(stem, np.float32), 2048)[::2048]
            spectrum = np.abs(np.fft.rfft(frames * np.hanning(2048), axis=1))
            picture = np.log10(spectrum[:, :1024].reshape(len(frames), 128, 8).mean(2) + 0.1)
            pictures.append((picture - picture.mean(0)).ravel())
    values = [np.corrcoef(a, b)[0, 1] for a, b in combinations(pictures, 2)]
    return float(np.nanmean(values)) if values else None


def key(stems: list[np.ndarray], bpm: float) -> str | None:
    """The likeliest key of pitched stems together, such as "A minor"; None when nothing pitched sounds.

    Source: Krumhansl 1990, profile correlation.
    """
    total = np.sum([chroma(stem, bpm).sum(0) for stem in stems], axis=0) if stems else np.zeros(12)
    if not total.any():
        return None
    scores = {
        f"{NOTES[tonic]} {mode}": np.corrcoef(total, np.roll(profile, tonic))[0, 1]
        for mode, profile in PROFILES.items()
        for tonic in range(12)
    }
    return max(scores, key=lambda name: scores[name])


def key_score(asked: str, found: str) -> float:
    """1 for the right key, 0.5 a fifth off, 0.3 for the relative key, 0.2 for the parallel one, else 0.

    Source: MIREX audio key detection, as in mir_eval.
    """
    import mir_eval

    return float(mir_eval.key.weighted_score(asked, found))
