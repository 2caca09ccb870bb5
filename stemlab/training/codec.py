"""Train the two halves of the codec: the band VAE, and the vocoder on top of it.

They meet at the band spectrogram and train apart: `stemlab train configs/vae.json`, then `stemlab train configs/vocoder.json`.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from stemlab.checkpoints.files import load_weights, network_of, save_weights
from stemlab.codec.spectrum import HOP, bands
from stemlab.codec.vae import BandVAE
from stemlab.codec.vocoder import Vocoder, vocoder_loss
from stemlab.data.pool import audio_batch, band_batch, render_pool
from stemlab.data.processes import launched
from stemlab.data.stream import SongStream
from stemlab.framing import WINDOW_SECONDS
from stemlab.train import update
from stemlab.training.config import VAEConfig, VocoderConfig
from stemlab.training.kinds import CodecConfig
from stemlab.training.runs import Run
from stemlab.training.streaming import renewed


def cosine(step: int, total: int, warmup: int = 200) -> float:
    """Learning-rate factor: a linear rise, then half a cosine down to 2 %."""
    return min(1.0, (step + 1) / warmup) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, step / total))))


def train_vae(
    config: VAEConfig,
    out: str | Path,
    resume: bool = False,
    minutes: float | None = None,
    stream: SongStream | None = None,
) -> None:
    """Train the band VAE on fresh crops of rendered stems and mixes; writes `vae.safetensors` to `out`.

    Args:
        config: see `VAEConfig`.
        out, resume, minutes: see `Run`.
        stream: of the songs, where the config asks for one.
    """
    model, ema, optimizer, run = _set_up(BandVAE, config, out, resume, minutes, stream)
    device = next(model.parameters()).device
    pool, renew = _pool(config, stream, device, as_bands=True)
    frames = _samples(config) // HOP
    for step in run.steps(config.steps, save_every=config.save_every):
        renew()
        target = torch.from_numpy(band_batch(pool, step, config.batch, frames)).to(device)
        generator = torch.Generator().manual_seed(step)
        with torch.autocast(device.type, torch.bfloat16):
            mean, log_variance = model.encode(target)
            noise = torch.randn(mean.shape, generator=generator).to(device)
            output = model.decode(mean + noise * (0.5 * log_variance).exp())
        error = (output - target).abs().mean()  # dB
        mean, log_variance = mean.float(), log_variance.float()
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        (error + config.kl * kl).backward()
        update(model, optimizer, ema, cosine(step, config.steps) * config.lr)
        run.log(config.log_every, error_db=error.item(), kl=kl.item())
    _finish(run, ema, BandVAE, config, "vae", _latent_statistics(ema.module, pool, config))


def train_vocoder(
    config: VocoderConfig,
    out: str | Path,
    resume: bool = False,
    minutes: float | None = None,
    stream: SongStream | None = None,
) -> None:
    """Train the vocoder, half on true bands and half on the VAE's; writes `vocoder.safetensors` to `out`.

    Args:
        config: see `VocoderConfig`.
        out, resume, minutes: see `Run`.
        stream: of the songs, where the config asks for one.
    """
    model, ema, optimizer, run = _set_up(Vocoder, config, out, resume, minutes, stream)
    device = next(model.parameters()).device
    pool, renew = _pool(config, stream, device)
    vae = None
    if config.vae:
        tensors, vae_config = load_weights(config.vae)
        vae = network_of(BandVAE, vae_config, _model_part(tensors), config.vae).to(device).eval()
    for step in run.steps(config.steps, save_every=config.save_every):
        renew()
        audio = torch.from_numpy(audio_batch(pool, step, config.batch, _samples(config))).to(device)
        seen = bands(audio)
        with torch.autocast(device.type, torch.bfloat16):
            if vae is not None:
                half = len(seen) // 2
                with torch.no_grad():
                    seen[:half] = vae.decode(vae.encode(seen[:half])[0])
            losses = vocoder_loss(model, audio, seen)
        total = losses["magnitude"] / 5 + losses["time"] + losses["frequency"]
        total.backward()
        update(model, optimizer, ema, cosine(step, config.steps) * config.lr)
        run.log(config.log_every, **{name: value.item() for name, value in losses.items()})
    _finish(run, ema, Vocoder, config, "vocoder", {})


def _samples(config: CodecConfig) -> int:
    return round(config.seconds * 15.625) * 2048


def _model_part(tensors: dict) -> dict:
    return {key: value.float() for key, value in tensors.items() if not key.startswith("latent_")}


def _pool(
    config: CodecConfig, stream: SongStream | None, device: torch.device, as_bands: bool = False
) -> tuple[list, Callable[[], None]]:
    """The songs to learn from, and what renews them before a step."""
    if stream is None:
        return render_pool(config.seed, config.songs, WINDOW_SECONDS, as_bands), lambda: None
    pool: list = []
    renew = renewed(pool, config, stream, as_bands, device)
    renew()
    return pool, renew


def _set_up(
    kind: type, config: CodecConfig, out, resume: bool, minutes: float | None, stream: SongStream | None
) -> tuple[Any, AveragedModel, Any, Run]:
    if launched()[1] > 1:
        raise ValueError(
            f"kind: {config.kind!r} trains in one process, and {launched()[1]} were started; leave the launcher away."
        )
    torch.manual_seed(config.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = kind(**config.model).to(device)
    ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(config.ema))
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.lr, betas=(0.9, 0.98), weight_decay=0.01)
    kept = {"model": model, "ema": ema, **({"stream": stream} if stream else {})}
    return model, ema, optimizer, Run(out, config, kept, [optimizer], resume, minutes)


@torch.no_grad()
def _latent_statistics(vae: Any, pool: list, config: CodecConfig) -> dict[str, torch.Tensor]:
    """Mean and spread of each latent channel over a few hundred crops, for normalisation."""
    device = next(vae.parameters()).device
    latents = []
    for step in range(16):
        seen = torch.from_numpy(band_batch(pool, 1_000_000 + step, config.batch, _samples(config) // HOP)).to(device)
        latents.append(vae.encode(seen)[0].cpu())
    stacked = torch.cat(latents).transpose(0, 1).flatten(1)  # (C, everything)
    return {"latent_mean": stacked.mean(1), "latent_std": stacked.std(1)}


def _finish(run: Run, ema, kind, config, name, extra) -> None:
    tensors = {key: value.half() for key, value in ema.module.state_dict().items()} | extra
    save_weights(run.out / name, tensors, {"kind": kind.__name__, "model": config.model, "steps": run.step})
