"""The band VAE: 64 ms of band spectrogram to one short vector, and back.

Four band frames (64 ms) become one latent frame of 32 channels. All the work happens at the latent's own rate of
15.625 Hz, where a laptop is fast: wide matrix products over few positions.
"""

import torch
from torch import nn

from stemlab.codec.spectrum import HOP, N_BANDS

PATCH = 4  # band frames in a latent frame
FRAME = PATCH * HOP  # 2048 samples in a latent frame


class ConvBlock(nn.Module):
    """ConvNeXt block on `(B, T, D)`: depthwise convolution over time, then a two-layer MLP, as a residual.

    Source: Liu et al. 2022, "A ConvNet for the 2020s", arXiv:2201.03545.
    """

    def __init__(self, width: int, kernel: int = 7, expand: int = 3):
        super().__init__()
        self.mix = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, expand * width)
        self.down = nn.Linear(expand * width, width)
        self.scale = nn.Parameter(torch.full((width,), 0.1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.mix(x.transpose(1, 2)).transpose(1, 2)
        return x + self.scale * self.down(nn.functional.gelu(self.up(self.norm(h))))


class BandVAE(nn.Module):
    """Variational autoencoder between normalised band spectrograms and latents.

    Args:
        channels: latent channels C.
        width, depth: of the stacks of ConvBlocks on either side.
    """

    def __init__(self, channels: int = 32, width: int = 384, depth: int = 2):
        super().__init__()
        self.enter = nn.Linear(PATCH * N_BANDS, width)
        self.encoder = nn.Sequential(*[ConvBlock(width) for _ in range(depth)], nn.LayerNorm(width))
        self.to_latent = nn.Linear(width, 2 * channels)
        self.from_latent = nn.Linear(channels, width)
        self.decoder = nn.Sequential(*[ConvBlock(width) for _ in range(depth + 2)], nn.LayerNorm(width))
        self.leave = nn.Linear(width, PATCH * N_BANDS)

    def encode(self, band_db: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log-variance of the latent, `(B, N_BANDS, F)` in dB to two of `(B, C, F // PATCH)`."""
        x = normalise(band_db).transpose(1, 2)  # (B, F, bands)
        x = x.reshape(x.shape[0], -1, PATCH * N_BANDS)  # (B, T, PATCH * bands)
        mean, log_variance = self.to_latent(self.encoder(self.enter(x))).transpose(1, 2).chunk(2, dim=1)
        return mean, log_variance.clamp(-12, 4)

    def decode(self, latent: torch.Tensor) -> torch.Tensor:
        """Band spectrogram in dB, `(B, C, T)` to `(B, N_BANDS, T * PATCH)`."""
        x = self.decoder(self.from_latent(latent.transpose(1, 2)))  # (B, T, width)
        with torch.autocast(x.device.type, enabled=False):  # bfloat16 would round a level to a third of a dB
            x = self.leave(x.float())  # (B, T, PATCH * bands)
        return denormalise(x.reshape(x.shape[0], -1, N_BANDS).transpose(1, 2))


def without_patch_line(band_db: torch.Tensor, reach: int = 3) -> torch.Tensor:
    """Take out what repeats with each patch: a line at 15.6 Hz in the envelope of held notes, which a decoder of patches leaves.

    In each band a frame's deviation from the mean over a patch around it is averaged over the frames of the same place in
    the patches around, and taken off. Deviations far over a dB are music: they hardly count.

    Args:
        band_db: `(B, bands, T * PATCH)` in dB.
        reach: patches before and after that have a say.
    Returns:
        the same shape.
    """
    series = nn.functional.pad(band_db, (PATCH // 2, PATCH // 2), mode="replicate")
    mean = nn.functional.avg_pool1d(nn.functional.avg_pool1d(series, PATCH, 1), 2, 1)  # [1 2 2 2 1] / 8
    deviation = band_db - mean
    weight = (1 + deviation.square()).square().reciprocal()
    pair = nn.functional.pad(torch.stack([weight * deviation, weight]), (PATCH * reach, PATCH * reach))
    total, count = pair.unfold(3, band_db.shape[2], PATCH).sum(3)  # each (B, bands, F), over the patches around
    return band_db - total / count


def normalise(band_db: torch.Tensor) -> torch.Tensor:
    """dB to about zero mean and unit spread, for the networks."""
    return (band_db + 70) / 25


def denormalise(x: torch.Tensor) -> torch.Tensor:
    """Inverse of `normalise`."""
    return x * 25 - 70
