"""The vocoder: from a band spectrogram to a waveform.

A network that moves over time cannot know the absolute phase of a held note, because one moment of it looks like any
other. It can know how fast each bin's phase turns from frame to frame, and how it changes from bin to bin. So that is
what it predicts, beside the fine magnitude; the phase itself is then summed up frame by frame, and a few rounds of
Griffin-Lim iron out what is left. No adversary is needed: each output has a right answer in every frame.

Source of the idea: Prusa, Balazs and Sondergaard 2017 (phase gradient heap integration), with learned gradients.
"""

import math

import torch
from torch import nn

from stemlab.codec.spectrum import HOP, N_BANDS, N_FFT, bands_to_linear, griffin_lim, power, stft
from stemlab.codec.vae import ConvBlock, normalise

BINS = N_FFT // 2 + 1


class Vocoder(nn.Module):
    """ConvNeXt stack over band frames with two heads: magnitude and phase gradients.

    Args:
        width, depth: of the stack.
    """

    def __init__(self, width: int = 384, depth: int = 4):
        super().__init__()
        self.enter = nn.Conv1d(N_BANDS, width, 5, padding=2)
        self.blocks = nn.Sequential(*[ConvBlock(width) for _ in range(depth)], nn.LayerNorm(width))
        self.magnitude = nn.Linear(width, BINS)
        self.gradients = nn.Linear(width, 4 * BINS)

    def forward(self, band_db: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Predict a spectrogram and how its phase turns.

        Args:
            band_db: `(B, N_BANDS, F)` in dB.
        Returns:
            magnitude in dB `(B, BINS, F)`; the turn since the last frame and the turn to the next bin up, complex
            `(B, BINS, F)`, unit length when certain, shorter when not.
        """
        x = self.blocks(self.enter(normalise(band_db)).transpose(1, 2))
        db = bands_to_linear(band_db) + 20 * self.magnitude(x).transpose(1, 2).float()
        turns = self.gradients(x).float().unflatten(2, (4, BINS)).permute(2, 0, 3, 1)  # (4, B, BINS, F)
        return db, torch.complex(turns[0], turns[1]), torch.complex(turns[2], turns[3])


def phase_gradients(spectrum: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """How the phase of a complex STFT turns in time (against the bin's own rate) and from bin to bin.

    Args:
        spectrum: complex `(B, BINS, F)`.
    Returns:
        two unit complex tensors of the same shape; the first frame and the last bin are 0.
    """
    unit = spectrum / spectrum.abs().clamp(min=1e-9)
    time = torch.zeros_like(unit)
    time[:, :, 1:] = unit[:, :, 1:] * unit[:, :, :-1].conj() * _bin_rate(spectrum.device).conj()
    frequency = torch.zeros_like(unit)
    frequency[:, :-1] = unit[:, 1:] * unit[:, :-1].conj()
    return time, frequency


def _bin_rate(device: torch.device) -> torch.Tensor:
    angle = 2 * math.pi * ((torch.arange(BINS, device=device) * HOP) % N_FFT) / N_FFT
    return torch.polar(torch.ones_like(angle), angle)[:, None]


def integrate_phase(magnitude: torch.Tensor, time: torch.Tensor, frequency: torch.Tensor) -> torch.Tensor:
    """Sum up phase gradients, frame by frame, into a complex spectrogram.

    Each bin takes the phase that its own past, and its neighbours, vote for; loud and certain votes count most.

    Args:
        magnitude: `(B, BINS, F)`, linear.
        time, frequency: as from `phase_gradients`.
    Returns:
        complex `(B, BINS, F)` with that magnitude.
    """
    rate = _bin_rate(magnitude.device)[:, 0]
    upward = frequency[:, :-1]
    phases, last = [], torch.zeros_like(time[:, :, 0])
    for f in range(magnitude.shape[2]):
        loud = magnitude[:, :, f]
        vote = last * rate * time[:, :, f] + 1e-4 * loud
        for _ in range(2):
            from_below = nn.functional.pad(vote[:, :-1] * upward[:, :, f], (1, 0))
            from_above = nn.functional.pad(vote[:, 1:] * upward[:, :, f].conj(), (0, 1))
            vote = vote + from_below + from_above
            vote = vote * (loud * power(vote).clamp(min=1e-18).rsqrt())
        last = vote
        phases.append(vote)
    return torch.stack(phases, dim=2)


def vocoder_loss(model: Vocoder, audio: torch.Tensor, band_db: torch.Tensor) -> dict[str, torch.Tensor]:
    """Mean absolute magnitude error in dB, and the magnitude-weighted squared error of the phase gradients.

    Args:
        audio: `(B, N)`, N a multiple of HOP.
        band_db: `(B, N_BANDS, N // HOP)`, its bands or a codec's reconstruction of them.
    """
    target = stft(audio)
    db, time, frequency = model(band_db)
    true_db = 20 * torch.log10(target.abs() + 1e-5)
    weight = target.abs().sqrt()
    weight = weight / weight.mean().clamp(min=1e-5)
    true_time, true_frequency = phase_gradients(target)
    return {
        "magnitude": (db - true_db).abs().mean(),
        "time": (weight * (time - true_time).abs().square()).mean(),
        "frequency": (weight * (frequency - true_frequency).abs().square()).mean(),
    }


@torch.no_grad()
def synthesise(model: Vocoder, band_db: torch.Tensor, iterations: int = 4) -> torch.Tensor:
    """Waveform from bands, `(B, N_BANDS, F)` in dB to `(B, F * HOP)`."""
    db, time, frequency = model(band_db)
    magnitude = (10 ** (db / 20) - 1e-5).clamp(min=0)
    return griffin_lim(magnitude, iterations, start=integrate_phase(magnitude, time, frequency))
