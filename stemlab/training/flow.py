"""Train the flow, or whatever part a config names, as a run on disk that resumes, on one process or many.

What a batch holds is a function of the seed, the step and the part alone; the step itself is `stemlab.train`.

Lesson: 09_train_your_own.ipynb
"""

from pathlib import Path

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from stemlab.checkpoints.files import fingerprint, load_into, load_weights, save_weights
from stemlab.checkpoints.text_encoders import network
from stemlab.codec.bundled import grid_of
from stemlab.codec.published import copy_codec
from stemlab.data.batches import group_batch
from stemlab.data.latents import build_cache
from stemlab.data.shards import LatentCache
from stemlab.model import VelocityNet
from stemlab.train import Batch, Objective, parameter_groups, shared_noise_losses, training, trapezoid
from stemlab.training import ranks, sharding
from stemlab.training.codec import train_vae, train_vocoder
from stemlab.training.runs import Run


def train_flow(config: dict, out: str | Path, resume: bool = False, minutes: float | None = None) -> None:
    """Train the velocity network; writes checkpoints, `log.csv` and, at the end, `flow.safetensors` (the EMA) to `out`.

    Args:
        config: `model` (arguments of VelocityNet), `codec` (path of the weights of a VAE, or of what `stemlab data codec` wrote), `latents` (folder of the cache,
            filled with `songs` songs from `seed` on), `sizes` (a list of `[stems, frames]`, one picked each step),
            `parts` (batches of that size in a step, dealt out to the ranks), `steps`, `lr`, `cooldown` (share of the steps
            in which the rate falls to 0), `ema`, `init` (path of weights to start from, without suffix, or null),
            `time_mean` (see `random_times`), `noise_only` (share of groups whose stems do not see each other), `given` (share
            of the others in which about half of the stems are there already), `naming` (weight of the loss of naming the
            notes that sound), `grouped`, `share_noise`, `tell_activity` (false: never, for the ablation), `compile` (the
            blocks by torch.compile: a minute or two to begin with, then a fifth faster on two cores; needs a C++ compiler).
        out, resume, minutes: see `Run`.
    """
    ranks.join()
    torch.manual_seed(config["seed"])
    device = ranks.device()
    model = network(config["model"]).to(device)
    if config.get("init"):
        load_into(model, load_weights(config["init"])[0], config["init"])
    ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(config["ema"]))
    sharding.shard(model)
    sharding.shard(ema.module)
    mine = ranks.deal(config["parts"], evenly=sharding.wanted())
    optimizer = torch.optim.AdamW(parameter_groups(model), lr=config["lr"], betas=(0.9, 0.98), fused=True)
    run = Run(out, config, {"model": model, "ema": ema}, [optimizer], resume, minutes)
    if config.get("compile"):
        for block in model.blocks:
            block.compile(dynamic=True)
    if config["songs"]:
        build_cache(config["latents"], config["codec"], config["seed"], config["songs"])
    ranks.meet()  # when all have made their songs
    cache = LatentCache(config["latents"])
    if cache.codec != fingerprint(config["codec"]):
        raise ValueError(
            f"the songs in {config['latents']} were encoded by another codec than {config['codec']}: encode them again"
        )
    grid_of(config["codec"]).check(model.channels, model.frame_seconds)

    steps = training(
        model, optimizer, ema, lambda step, part: batch_of(model, cache, config, step, part), objective(config),
        run.steps(config["steps"], config["save_every"]),
        lambda step: config["lr"] * trapezoid(step, config["steps"], config["cooldown"]),
        mine, config["parts"], ranks.sum_gradients,
    )  # fmt: skip
    for losses in steps:
        run.log(config["log_every"], loss=losses[0].item(), naming=losses[1].item())

    weights = {name: sharding.whole(tensor).half() for name, tensor in ema.module.state_dict().items()}
    if ranks.rank() == 0:
        about = {"kind": "flow", "model": config["model"], "steps": run.step, "codec": fingerprint(config["codec"])}
        save_weights(run.out / "flow", weights, about)
        if Path(config["codec"]).name == "codec":  # a published one, which no flow goes without
            copy_codec(Path(config["codec"]).parent, run.out)


def objective(config: dict) -> Objective:
    """What a config says of the objective."""
    names = ("share_noise", "noise_only", "given", "time_mean", "naming", "tell_activity", "bf16")
    return Objective(**{name: config[name] for name in names if name in config})


def batch_of(model: VelocityNet, cache: LatentCache, config: dict, step: int, part: int) -> Batch:
    """The groups of one part of a step.

    Args:
        step, part: decide, with the config's seed, which songs, which noise, which times and which conditions are hidden.
    """
    stems, frames = config["sizes"][np.random.default_rng([config["seed"], step]).integers(len(config["sizes"]))]
    rng = np.random.default_rng([config["seed"], step, part])
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    x, conditions, roll = group_batch(
        cache.songs, rng, stems, frames, config["grouped"], model.frame_seconds, model.text.tokenize
    )
    return Batch(x, conditions, roll, generator)


def batch_losses(model: VelocityNet, cache: LatentCache, config: dict, step: int, part: int) -> torch.Tensor:
    """Losses of one part of a step, `(2,)`, as `shared_noise_losses` gives them."""
    return shared_noise_losses(model, batch_of(model, cache, config, step, part), objective(config))


TRAINERS = {"vae": train_vae, "vocoder": train_vocoder, "flow": train_flow}


def train(config: dict, out: str | Path, resume: bool = False, minutes: float | None = None) -> None:
    """Run the training that a config names: `kind` is "vae", "vocoder" or "flow"; the rest is the trainer's own.

    Raises:
        ValueError: the kind is unknown, or the config lacks something.
    """
    if config.get("kind") not in TRAINERS:
        raise ValueError(f"the config's kind is {config.get('kind')!r}: give one of {', '.join(TRAINERS)}")
    try:
        TRAINERS[config["kind"]](config, out, resume, minutes)
    except KeyError as error:
        raise ValueError(f"the config lacks {error}: compare it with configs/{config['kind']}.json") from error
