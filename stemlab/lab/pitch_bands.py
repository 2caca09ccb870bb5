"""A spectrum that is read key by key: bands a third of a semitone wide, the same number for every octave.

Lesson: 01_stems_and_mixes.ipynb
"""

from functools import lru_cache

import numpy as np
import torch

from stemlab.codec.spectrum import HOP, power, stft
from stemlab.framing import SAMPLE_RATE
from stemlab.model import LOWEST, PITCHES

PER_SEMITONE = 3
SEMITONES = 108  # from the lowest key up to 14 kHz
SHARP = ((8192, 330.0), (4096, 1300.0), (2048, np.inf))  # samples, and the Hz up to which that window is read
QUICK = ((4096, 330.0), (2048, np.inf))  # bass keys run together, but attacks do not
RANGE_DB = 80.0  # from the loudest band down
PIECE, AROUND = 1024, 8  # frames that are read at once, and those on either side that their windows reach
BELOW, ABOVE = 20 * PER_SEMITONE, 44 * PER_SEMITONE  # bands of nothing at either end, where no key finds an edge


def bands_hz() -> np.ndarray:
    """Centres of the bands in Hz, `(324,)`: the middle one of each three is a key's pitch."""
    steps = np.arange(SEMITONES * PER_SEMITONE) - 1
    return 440.0 * 2 ** ((LOWEST - 69 + steps / PER_SEMITONE) / 12)


@lru_cache
def _filters(windows: tuple) -> list[torch.Tensor]:
    """For each window, triangles as wide as a band or as a bin, whichever is more: `(bands, bins)`."""
    centres, banks, low = bands_hz(), [], 0.0
    for n_fft, high in windows:
        hz = np.arange(n_fft // 2 + 1) * SAMPLE_RATE / n_fft
        own = centres[(centres >= low) & (centres < high), None]
        half = np.maximum(own * (2 ** (1 / (12 * PER_SEMITONE)) - 1), SAMPLE_RATE / n_fft)
        bank = np.clip(1 - np.abs(hz - own) / half, 0, None)
        banks.append(torch.tensor(bank / bank.sum(1, keepdims=True), dtype=torch.float32))
        low = high
    return banks


def pitch_bands(audio: np.ndarray, windows: tuple = SHARP) -> np.ndarray:
    """Levels from 0 (80 dB under the loudest of all, or less) to 1.

    Args:
        audio: `(N,)` at 32 kHz, N a multiple of 512.
        windows: SHARP in pitch, or QUICK.
    Returns:
        `(324, N / 512)` float32.
    """
    sound = torch.nn.functional.pad(torch.as_tensor(audio, dtype=torch.float32), (AROUND * HOP, AROUND * HOP))
    pieces = [
        _power(sound[start * HOP : (start + PIECE + 2 * AROUND) * HOP], windows)[:, AROUND:-AROUND]
        for start in range(0, len(audio) // HOP, PIECE)
    ]
    level = 10 * torch.log10(torch.cat(pieces, 1) + 1e-12)
    return ((level - level.max()) / RANGE_DB + 1).clamp(min=0).numpy()


def _power(sound: torch.Tensor, windows: tuple) -> torch.Tensor:
    """`(N,)` to the power in each band, `(324, N / 512)`."""
    return torch.cat(
        [bank @ power(stft(sound[None], n_fft))[0] for bank, (n_fft, _) in zip(_filters(windows), windows, strict=True)]
    )


def around_keys(bands: np.ndarray, ratio: float) -> np.ndarray:
    """What lies at a multiple of each key's pitch: the highest of three neighbouring bands, `(PITCHES, F)`."""
    padded = np.pad(bands, ((BELOW, ABOVE), (0, 0)))
    first = BELOW + round(12 * PER_SEMITONE * np.log2(ratio))
    rows = first + np.arange(PITCHES) * PER_SEMITONE
    return np.maximum(np.maximum(padded[rows], padded[rows + 1]), padded[rows + 2])


def highest(x: np.ndarray, size: int, before: int | None = None) -> np.ndarray:
    """The maximum of a window around each place of the last axis, which goes on in a mirror at its ends.

    Args:
        x: `(..., T)`.
        size: of the window.
        before: how many places of it lie before the one that it is for; the middle by default.
    """
    before = size // 2 if before is None else before
    ends = [(0, 0)] * (x.ndim - 1) + [(before, size - 1 - before)]
    return np.lib.stride_tricks.sliding_window_view(np.pad(x, ends, mode="symmetric"), size, axis=-1).max(-1)
