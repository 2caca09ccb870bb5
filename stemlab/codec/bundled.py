"""The bundled codec: 32 kHz mono audio to a latent of 32 channels at 15.625 Hz, and back. Others: `codec_published.py`."""

from pathlib import Path

import numpy as np
import torch

from stemlab.checkpoints.files import load_weights, network_of, statistics
from stemlab.codec.audio import SAMPLE_RATE
from stemlab.codec.spectrum import bands, bands_to_linear, griffin_lim
from stemlab.codec.vae import FRAME, BandVAE, without_patch_line
from stemlab.codec.vocoder import Vocoder, synthesise
from stemlab.framing import BUNDLED, Grid
from stemlab.sampling import autocast

WEIGHTS = Path(__file__).parent.parent / "weights"
VOCODERS = ("neural", "griffin-lim")
SILENCE_DB = -80.0  # band frames that stay below this everywhere decode to exact silence


def load_codec(folder: str | Path = WEIGHTS, vocoder: bool = True, allow_download: bool = False):
    """The codec of a folder: a published one where `stemlab data codec` wrote `codec.json`, else a StemCodec.

    Args:
        folder: of weights.
        vocoder: load what is needed to decode too.
        allow_download: ask the hub for a published codec that is not on this machine.
    Raises:
        ValueError: the weights are missing, broken or others than they were.
    """
    if (Path(folder) / "codec.json").is_file():
        from stemlab.codec.published import PublishedCodec

        return PublishedCodec.load(folder, allow_download)
    return StemCodec.load(folder, vocoder)


def grid_of(path: str | Path) -> Grid:
    """The grid of a codec by the path of its weights without suffix, read from the JSON beside them."""
    config = load_weights(path)[1]
    if Path(path).name != "codec":
        return BUNDLED
    return Grid.of({"grid": {name: config.get(name) for name in ("sample_rate", "frame", "sides", "channels")}})


class StemCodec:
    """Band VAE and vocoder behind two methods.

    Args:
        vae: trained BandVAE.
        mean, std: of each latent channel, `(C,)`, for normalisation.
        vocoder: trained Vocoder, or None to decode with Griffin-Lim only.

    Attributes:
        channels: C.  frame: samples in a latent frame.  sample_rate: in Hz.  sides: 1, as all stems are mono.
    """

    frame, sample_rate, sides = FRAME, SAMPLE_RATE, 1

    def __init__(self, vae: BandVAE, mean: torch.Tensor, std: torch.Tensor, vocoder: Vocoder | None = None):
        self.vae, self.vocoder = vae.eval(), vocoder.eval() if vocoder else None
        self.mean, self.std = mean.float()[:, None], std.float()[:, None]
        self.channels, self.device = len(mean), torch.device("cpu")

    @classmethod
    def load(cls, folder: str | Path = WEIGHTS, vocoder: bool = True) -> "StemCodec":
        """Load `vae` and, unless told not to, `vocoder` from a folder of weights; ValueError when they are not there."""
        folder = Path(folder)
        tensors, config = load_weights(folder / "vae")
        own: dict[str, torch.Tensor] = {
            name: tensors.pop(name) for name in ("latent_mean", "latent_std") if name in tensors
        }
        vae = network_of(BandVAE, config, tensors, folder / "vae")
        mean, std = statistics(own, "latent_", folder / "vae", vae.from_latent.in_features)
        if not vocoder:
            return cls(vae, mean, std)
        tensors, config = load_weights(folder / "vocoder")
        return cls(vae, mean, std, network_of(Vocoder, config, tensors, folder / "vocoder"))

    def to(self, device: str | torch.device) -> "StemCodec":
        """Compute on another device; audio and latents come and go on the CPU."""
        for part in filter(None, (self.vae, self.vocoder)):
            part.to(device)
        self.mean, self.std, self.device = self.mean.to(device), self.std.to(device), torch.device(device)
        return self

    @torch.no_grad()
    def encode(self, audio: torch.Tensor | np.ndarray) -> torch.Tensor:
        """Encode stems.

        Args:
            audio: `(S, N)` float in [-1, 1] at 32 kHz; padded with silence to whole frames.
        Returns:
            normalised latents `(S, C, T)`, `T = ceil(N / 2048)`.
        Raises:
            ValueError: not two axes, no samples, or NaN.
        """
        audio = torch.as_tensor(audio, dtype=torch.float32)
        if audio.ndim != 2 or not audio.shape[1]:
            raise ValueError(f"audio has shape {tuple(audio.shape)}: give (stems, samples) with at least one sample")
        if not audio.isfinite().all():
            raise ValueError("audio holds NaN or infinite samples: clean it first, for example with numpy.nan_to_num")
        audio = torch.nn.functional.pad(audio, (0, -audio.shape[1] % FRAME))
        latent, _ = self.vae.encode(bands(audio.to(self.device)))
        return ((latent.float() - self.mean) / self.std).cpu()

    @torch.no_grad()
    def decode(
        self, latents: torch.Tensor, samples: int | None = None, vocoder: str | None = None, stretch: float = 1.0
    ) -> torch.Tensor:
        """Decode stems.

        Args:
            latents: `(S, C, T)`, normalised.
            samples: length to cut to; all `T * 2048` by default.
            vocoder: "neural" or "griffin-lim"; neural where it is loaded.
            stretch: how many times as long the sound shall be; its pitch stays.
        Returns:
            `(S, samples)` float32, about in [-1, 1]: phases that are not the original's may raise a peak over 1.
        """
        vocoder = vocoder or ("neural" if self.vocoder else "griffin-lim")
        if vocoder not in VOCODERS or (vocoder == "neural" and self.vocoder is None):
            raise ValueError(f"vocoder={vocoder!r}: give one of {VOCODERS}, 'neural' only when its weights are loaded")
        band_db = stretched(self.decode_bands(latents), stretch)
        if vocoder == "neural" and self.vocoder is not None:
            audio = synthesise(self.vocoder, band_db)
        else:
            audio = griffin_lim(10 ** (bands_to_linear(band_db) / 20))
        return (audio * _sounding(band_db))[:, :samples].cpu()

    @torch.no_grad()
    def decode_bands(self, latents: torch.Tensor) -> torch.Tensor:
        """Band spectrogram in dB of normalised latents, `(S, C, T)` to `(S, 128, 4 * T)`, on the codec's device."""
        with autocast(self.device):
            band_db = self.vae.decode(latents.to(self.device).float() * self.std + self.mean)
        return without_patch_line(band_db)


def stretched(band_db: torch.Tensor, stretch: float) -> torch.Tensor:
    """Bands `(S, bands, F)` over `stretch` times as many frames, by linear interpolation; the same ones for 1."""
    if stretch == 1:
        return band_db
    last = band_db.shape[2] - 1
    at = ((torch.arange(round((last + 1) * stretch), device=band_db.device) + 0.5) / stretch - 0.5).clamp(0, last)
    before = at.long()
    return torch.lerp(band_db[:, :, before], band_db[:, :, (before + 1).clamp(max=last)], at - before)


def _sounding(band_db: torch.Tensor) -> torch.Tensor:
    """Gain at every sample, `(S, F * 512)`: 0 where all bands are silent, with ramps of one band frame."""
    loud = (band_db.amax(1) > SILENCE_DB).float()[:, None]  # (S, 1, F)
    return torch.nn.functional.interpolate(loud, scale_factor=512, mode="linear")[:, 0]
