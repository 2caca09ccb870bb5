"""The vocoder: from a band spectrogram to a waveform.

A network predicts the fine magnitude and how each bin's phase turns in time and in frequency. The phase itself is then summed
up frame by frame (`phase.py` tells why), and two rounds of Griffin-Lim iron out what is left. No adversary is needed:
each output has a right answer in every frame.
"""

import math

import torch
from torch import nn

from stemlab.codec.phase import BINS, integrate_phase, phase_gradients, sharpen_attacks
from stemlab.codec.spectrum import N_BANDS, bands_to_linear, griffin_lim, stft
from stemlab.codec.vae import ConvBlock, normalise
from stemlab.sampling import autocast


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
def synthesise(model: Vocoder, band_db: torch.Tensor, iterations: int = 2) -> torch.Tensor:
    """Waveform from bands, `(B, N_BANDS, F)` in dB to `(B, F * HOP)`."""
    with autocast(band_db.device):
        db, time, frequency = model(band_db)
    magnitude = ((math.log(10) / 20 * db).exp() - 1e-5).clamp(min=0)
    start = integrate_phase(magnitude, time, frequency)
    audio = griffin_lim(magnitude, iterations, momentum=0.0, start=start)
    return sharpen_attacks(audio, magnitude, frequency)
