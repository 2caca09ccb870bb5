"""Train the flow, or whatever part a config names, as a run on disk that resumes, on one process or many.

What a batch holds is a function of the seed, the step and the part alone; the step itself is `stemlab.train`.

Lesson: 09_train_your_own.ipynb
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from stemlab.checkpoints.files import fingerprint, load_into, load_weights, save_weights
from stemlab.checkpoints.text_encoders import network
from stemlab.codec.bundled import grid_of
from stemlab.codec.published import copy_codec
from stemlab.data.batches import group_batch
from stemlab.data.latents import build_cache
from stemlab.data.shards import LatentCache, verify
from stemlab.data.stream import SongStream
from stemlab.model import VelocityNet
from stemlab.train import Batch, shared_noise_losses, training
from stemlab.training import ranks, sharding
from stemlab.training.codec import train_vae, train_vocoder
from stemlab.training.config import FlowBatches, FlowConfig, VAEConfig, VocoderConfig, check_files, read_config
from stemlab.training.runs import Run, claimed
from stemlab.training.schedule import parameter_groups, trapezoid
from stemlab.training.streaming import size_of, streamed, streaming


def train_flow(
    config: FlowConfig,
    out: str | Path,
    resume: bool = False,
    minutes: float | None = None,
    stream: SongStream | None = None,
) -> None:
    """Train the velocity network; writes checkpoints, `log.csv` and, at the end, `flow.safetensors` (the EMA) to `out`.

    Args:
        config: see `FlowConfig`.
        out, resume, minutes: see `Run`.
        stream: of the songs, where the config asks for one.
    """
    ranks.join()
    torch.manual_seed(config.seed)
    model = network(config.model).to(ranks.device())
    if config.init:
        load_into(model, load_weights(config.init)[0], config.init)
    ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(config.ema))
    sharding.shard(model)
    sharding.shard(ema.module)
    mine = ranks.deal(config.parts, evenly=sharding.wanted())
    optimizer = torch.optim.AdamW(parameter_groups(model), lr=config.lr, betas=(0.9, 0.98), fused=True)
    if config.compile:
        for block in model.blocks:
            block.compile(dynamic=True)
    grid_of(config.codec).check(model.channels, model.frame_seconds)
    batches = cached(model, config) if stream is None else streamed(model, config, stream)
    kept = {"model": model, "ema": ema, **({"stream": stream} if stream else {})}
    run = Run(out, config, kept, [optimizer], resume, minutes)

    steps = training(
        model, optimizer, ema, batches, config, run.steps(config.steps, config.save_every),
        lambda step: config.lr * trapezoid(step, config.steps, config.cooldown),
        mine, config.parts, ranks.sum_gradients,
    )  # fmt: skip
    for losses in steps:
        run.log(config.log_every, loss=losses[0], naming=losses[1])

    weights = {name: sharding.whole(tensor).half() for name, tensor in ema.module.state_dict().items()}
    if ranks.rank() == 0:
        about = {"kind": "flow", "model": config.model, "steps": run.step, "codec": fingerprint(config.codec)}
        save_weights(run.out / "flow", weights, about)
        if Path(config.codec).name == "codec":  # a published one, which no flow goes without
            copy_codec(Path(config.codec).parent, run.out)


def cached(model: VelocityNet, config: FlowConfig) -> Callable[[int, int], Batch]:
    """Batches of (step, part) from a cache, which is filled first where the config asks for it."""
    if config.songs:
        build_cache(config.latents, config.codec, config.seed, config.songs)
    ranks.meet()  # when all have made their songs
    verify(config.latents, ranks.rank(), ranks.count())
    cache = LatentCache(config.latents)
    if cache.codec != fingerprint(config.codec):
        raise ValueError(
            f"the songs in {config.latents} were encoded by another codec than {config.codec}: encode them again"
        )
    if (most := max(frames for _, frames in config.sizes)) > (there := cache.songs[0]["latents"].shape[2]):
        raise ValueError(f"sizes: got {most} frames; the songs in {config.latents!r} have {there}.")
    return lambda step, part: batch_of(model, cache, config, step, part)


def batch_of(model: VelocityNet, cache: LatentCache, config: FlowBatches, step: int, part: int) -> Batch:
    """The groups of one part of a step.

    Args:
        step, part: decide, with the config's seed, which songs, which noise, which times and which conditions are hidden.
    """
    stems, frames = size_of(config, step)
    rng = np.random.default_rng([config.seed, step, part])
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    x, conditions, roll = group_batch(
        cache.songs, rng, stems, frames, config.grouped, model.frame_seconds, model.text.tokenize
    )
    return Batch(x, conditions, roll, generator)


def batch_losses(model: VelocityNet, cache: LatentCache, config: FlowBatches, step: int, part: int) -> torch.Tensor:
    """Losses of one part of a step, `(2,)`, as `shared_noise_losses` gives them."""
    return shared_noise_losses(model, batch_of(model, cache, config, step, part), config)


TRAINERS: dict[type, Callable] = {VAEConfig: train_vae, VocoderConfig: train_vocoder, FlowConfig: train_flow}


def train(
    config: FlowConfig | VAEConfig | VocoderConfig | Mapping[str, Any],
    out: str | Path,
    resume: bool = False,
    minutes: float | None = None,
    workers: int | None = None,
) -> None:
    """Run the training that a config asks for; a JSON object is read by `read_config` first.

    Args:
        config: of a flow, a VAE or a vocoder.
        out, resume, minutes: see `Run`.
        workers: processes that make songs, when they are streamed; by default one for each core but one.
    Raises:
        ValueError: a key of the config is wrong, or as for `claimed` and `Run`.
    """
    config = read_config(config) if isinstance(config, Mapping) else config
    check_files(config)
    with claimed(out, config, resume), streaming(config, workers) as stream:
        TRAINERS[type(config)](config, out, resume, minutes, stream)
