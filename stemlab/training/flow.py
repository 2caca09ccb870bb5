"""Train the flow, or whatever part a config names, as a run on disk that resumes, on one process or many.

What a batch holds is a function of the seed, the step and the part alone; the step itself is `stemlab.train`.

Lesson: 09_train_your_own.ipynb
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from stemlab.checkpoints.files import fingerprint, load_into, load_weights, save_weights
from stemlab.checkpoints.text_encoders import network
from stemlab.codec.bundled import grid_of
from stemlab.codec.published import copy_codec
from stemlab.data.shards import LatentCache
from stemlab.data.stream import SongStream
from stemlab.model import VelocityNet
from stemlab.train import shared_noise_losses, training
from stemlab.training import ranks, sharding
from stemlab.training.cached import batch_of, cached
from stemlab.training.codec import train_vae, train_vocoder
from stemlab.training.config import (
    FlowBatches,
    FlowConfig,
    StudentConfig,
    VAEConfig,
    VocoderConfig,
    check_files,
    read_config,
)
from stemlab.training.cost import check_memory
from stemlab.training.distill import train_student
from stemlab.training.runs import Run, claimed
from stemlab.training.schedule import parameter_groups, trapezoid
from stemlab.training.streaming import streamed, streaming


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


def batch_losses(model: VelocityNet, cache: LatentCache, config: FlowBatches, step: int, part: int) -> torch.Tensor:
    """Losses of one part of a step, `(2,)`, as `shared_noise_losses` gives them."""
    return shared_noise_losses(model, batch_of(model, cache, config, step, part), config)


TRAINERS: dict[type, Callable] = {
    VAEConfig: train_vae, VocoderConfig: train_vocoder, FlowConfig: train_flow, StudentConfig: train_student,
}  # fmt: skip


def train(
    config: FlowConfig | VAEConfig | VocoderConfig | StudentConfig | Mapping[str, Any],
    out: str | Path,
    resume: bool = False,
    minutes: float | None = None,
    workers: int | None = None,
) -> None:
    """Run the training that a config asks for; a JSON object is read by `read_config` first.

    Args:
        config: of a flow, a VAE, a vocoder or a student.
        out, resume, minutes: see `Run`.
        workers: processes that make songs, when they are streamed; by default one for each core but one.
    Raises:
        ValueError: a key of the config is wrong, or as for `claimed` and `Run`.
    """
    config = read_config(config) if isinstance(config, Mapping) else config
    check_files(config)
    check_memory(config)
    with claimed(out, config, resume), streaming(config, workers) as stream:
        TRAINERS[type(config)](config, out, resume, minutes, stream)
