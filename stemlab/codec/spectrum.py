"""Waveform to band spectrogram and back to a linear one: the two ends of the codec.

Plain mel bands are 29 Hz apart in the low octaves, more than a semitone below middle C, so a small network that sees
only them cannot tell neighbouring bass notes. The bands here follow the ear and the keyboard instead: 12 Hz apart up to
about 300 Hz, then 18 to 19 an octave, and the low ones come from a window twice as long.
"""

from functools import lru_cache

import numpy as np
import torch

from stemlab.framing import SAMPLE_RATE

HOP = 512  # samples between frames: 62.5 frames a second
N_FFT = 2048
LOW_N_FFT = 4096  # for the bands below SPLIT_HZ
SPLIT_HZ = 620.0
N_BANDS = 128
FLOOR_DB = -100.0


@lru_cache
def band_centres() -> np.ndarray:
    """Centre frequencies of the bands, `(N_BANDS + 2,)` in Hz, with one extra at each end."""
    centres = [18.0]
    while len(centres) < N_BANDS + 2:
        centres.append(centres[-1] + max(12.0, centres[-1] * (2 ** (1 / 18.5) - 1)))
    return np.array(centres)


@lru_cache
def _filters() -> tuple[torch.Tensor, torch.Tensor]:
    """Triangular filters of unit area for the long and the short window, each `(bands, bins)`."""
    edges = band_centres()
    low_count = int(np.searchsorted(edges[1:-1], SPLIT_HZ))
    banks = []
    for n_fft, first, last in ((LOW_N_FFT, 0, low_count), (N_FFT, low_count, N_BANDS)):
        hz = np.arange(n_fft // 2 + 1) * SAMPLE_RATE / n_fft
        left, mid, right = (edges[first + i : last + i, None] for i in range(3))
        triangle = np.clip(np.minimum((hz - left) / (mid - left), (right - hz) / (right - mid)), 0, None)
        banks.append(torch.tensor(triangle / triangle.sum(1, keepdims=True), dtype=torch.float32))
    used = int(banks[0].any(0).nonzero().max()) + 1
    return banks[0][:, :used].contiguous(), banks[1]


def stft(audio: torch.Tensor, n_fft: int = N_FFT) -> torch.Tensor:
    """Complex STFT with a Hann window, scaled so that a full-scale sine has magnitude 1.

    Args:
        audio: `(B, N)` with N a multiple of HOP.
    Returns:
        `(B, n_fft // 2 + 1, N // HOP)`, frame f centred on sample f * HOP + HOP / 2.
    """
    window = torch.hann_window(n_fft, device=audio.device)
    pad = (n_fft - HOP) // 2
    frames = torch.nn.functional.pad(audio, (pad, pad)).unfold(1, n_fft, HOP)  # (B, F, n_fft)
    return torch.fft.rfft(frames * (window * (2 / window.sum()))).transpose(1, 2)


def power(spectrum: torch.Tensor) -> torch.Tensor:
    """Squared magnitude of a complex tensor; several times as fast as `abs() ** 2` on a CPU."""
    return spectrum.real.square() + spectrum.imag.square()


def istft(spectrum: torch.Tensor) -> torch.Tensor:
    """Inverse of `stft` at N_FFT by weighted overlap-add: `(B, bins, F)` to `(B, F * HOP)`."""
    window = torch.hann_window(N_FFT, device=spectrum.device)
    frames = torch.fft.irfft(spectrum.transpose(1, 2), n=N_FFT).mul_(window * (window.sum() / 2))  # (B, F, N_FFT)
    weight = _overlap_add((window**2).expand(1, frames.shape[1], -1)).clamp(min=1e-4)
    pad = (N_FFT - HOP) // 2
    return (_overlap_add(frames) / weight)[:, pad:-pad]


def _overlap_add(frames: torch.Tensor) -> torch.Tensor:
    """`(B, F, N_FFT)` to `(B, (F - 1) * HOP + N_FFT)`: each quarter of a window lands one hop later."""
    parts = frames.unflatten(2, (N_FFT // HOP, HOP)).unbind(2)  # each (B, F, HOP)
    count = frames.shape[1]
    total = frames.new_zeros(frames.shape[0], count + len(parts) - 1, HOP)
    for i, part in enumerate(parts):
        total[:, i : i + count] += part
    return total.flatten(1)


def bands(audio: torch.Tensor) -> torch.Tensor:
    """Log band spectrogram in dB, `(B, N)` to `(B, N_BANDS, N // HOP)`, floored softly at FLOOR_DB.

    A band reads its mean power: a full-scale sine on its centre gives -2 dB in the narrow bands of the bass and, spread over
    more bins, down to -14 dB at the top. N must be a multiple of HOP.
    """
    low, high = (bank.to(audio.device) for bank in _filters())
    below = low.shape[1]  # the low bands end far below the top bin
    long = low @ power(stft(audio, LOW_N_FFT)[:, :below])
    short = high @ power(stft(audio, N_FFT))
    return 10 * torch.log10(torch.cat([long, short], dim=1) + 10 ** (FLOOR_DB / 10))


@lru_cache
def _interpolation() -> torch.Tensor:
    """Linear interpolation from band centres to STFT bins, `(bins, N_BANDS)`."""
    centres = band_centres()[1:-1]
    hz = np.arange(N_FFT // 2 + 1) * SAMPLE_RATE / N_FFT
    weights = [np.interp(hz, centres, row) for row in np.eye(N_BANDS)]
    return torch.tensor(np.stack(weights, axis=1), dtype=torch.float32)


def bands_to_linear(band_db: torch.Tensor) -> torch.Tensor:
    """Rough linear spectrogram in dB from bands, by interpolation: `(B, N_BANDS, F)` to `(B, bins, F)`."""
    with torch.autocast(band_db.device.type, enabled=False):  # bfloat16 would round a level to half a dB
        weights = _interpolation().to(band_db.device)
        return (band_db.transpose(1, 2) @ weights.T).transpose(1, 2)  # in memory as `stft` has it, bins together


def griffin_lim(magnitude: torch.Tensor, iterations: int = 32, momentum: float = 0.99, start=None) -> torch.Tensor:
    """Waveform whose STFT magnitude is near the given one, by fast Griffin-Lim.

    Args:
        magnitude: `(B, bins, F)`, linear, as `stft(...).abs()` gives it.
        iterations: how many projections; each costs one STFT and one inverse.
        momentum: acceleration, 0 is the plain algorithm.
        start: complex `(B, bins, F)` to start from; by default every bin turns steadily at its own rate.
    Returns:
        `(B, F * HOP)`.

    Source: Griffin and Lim 1984; Perraudin, Balazs and Sondergaard 2013, "A fast Griffin-Lim algorithm".
    """
    if start is None:
        bins, frames = magnitude.shape[1:]
        turns = torch.arange(bins)[:, None] * HOP / N_FFT * torch.arange(frames)[None, :]
        start = magnitude * torch.polar(torch.ones(bins, frames), 2 * torch.pi * (turns % 1.0)).to(magnitude.device)
    estimate = start
    previous, magnitude = None, magnitude.to(estimate.dtype)
    for _ in range(iterations):
        consistent = stft(istft(estimate))
        ahead = consistent if previous is None else consistent + momentum * (consistent - previous)
        previous = consistent if momentum else None
        estimate = magnitude * (ahead + 1e-30).sgn()  # of a denormal `sgn` is infinite
    return istft(estimate)
