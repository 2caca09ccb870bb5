"""The shared-noise training loop.

Take groups of stems, draw one noise a group, hide some of the conditions, regress the velocity: `batch_losses`. Add up the
gradients, step, keep a running mean of the weights: `train_flow`. What a batch holds is a function of the seed, the step
and the part alone, so a run that was killed and resumed, on any number of ranks, ends as one that was not.

Lesson: 09_train_your_own.ipynb
"""

from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from stemlab import ranks, sharding
from stemlab.codec import grid_of
from stemlab.codec_published import copy_codec
from stemlab.data.batches import group_batch
from stemlab.data.latents import build_cache
from stemlab.data.notes import pitch_classes
from stemlab.data.shards import LatentCache
from stemlab.flow import flow_loss, group_noise, interpolate, random_times
from stemlab.hub import fingerprint, load_into, load_weights, save_weights
from stemlab.model import VelocityNet
from stemlab.runs import Run
from stemlab.train_codec import train_vae, train_vocoder


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
    model = VelocityNet(**config["model"]).to(device)
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

    for step in run.steps(config["steps"], config["save_every"]):
        optimizer.zero_grad()
        losses = torch.zeros(2, device=device)
        for part in mine:
            share = batch_losses(model, cache, config, step, part) / config["parts"]
            (share[0] + config["naming"] * share[1]).backward()
            losses += share.detach()
        losses = ranks.sum_gradients(model, losses)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = config["lr"] * trapezoid(step, config["steps"], config["cooldown"])
        optimizer.step()
        ema.update_parameters(model)
        run.log(config["log_every"], loss=losses[0].item(), naming=losses[1].item())

    weights = {name: sharding.whole(tensor).half() for name, tensor in ema.module.state_dict().items()}
    if ranks.rank() == 0:
        about = {"kind": "flow", "model": config["model"], "steps": run.step, "codec": fingerprint(config["codec"])}
        save_weights(run.out / "flow", weights, about)
        if Path(config["codec"]).name == "codec":  # a published one, which no flow goes without
            copy_codec(Path(config["codec"]).parent, run.out)


def batch_losses(model: VelocityNet, cache: LatentCache, config: dict, step: int, part: int) -> torch.Tensor:
    """Losses of one batch of groups, `(2,)`: of the velocity, and of naming the notes. All about shared noise is here.

    Args:
        step, part: decide, with the config's seed, which songs, which noise, which times and which conditions are hidden.
    """
    device = next(model.parameters()).device
    stems, frames = config["sizes"][np.random.default_rng([config["seed"], step]).integers(len(config["sizes"]))]
    rng = np.random.default_rng([config["seed"], step, part])
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    x, conditions, roll = group_batch(
        cache.songs, rng, stems, frames, config["grouped"], model.frame_seconds, model.text.tokenize
    )
    t = random_times(conditions.group, generator, config["time_mean"])
    coupled = (torch.rand(len(x), generator=generator) >= config["noise_only"])[conditions.group]
    given = (torch.rand(len(x), generator=generator) < config["given"])[conditions.group] & coupled
    given &= torch.rand(len(x), generator=generator) < 0.5
    given[0] = False  # there is always one to make
    t = torch.where(given, 1.0, t)  # stems that are there already: the others listen to them
    rho = torch.where(coupled, 0.0, float(config["share_noise"]))  # stems that see each other: noise of their own
    noise = group_noise(conditions.group, x.shape[1], frames, generator, rho)
    conditions = conditions.drop(generator).to(device)
    if not config.get("tell_activity", True):
        conditions = conditions.null(text=False, tempo=False, key=False, submix=False)
    x, noise, t, new = x.to(device), noise.to(device), t.to(device), ~given.to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=config["bf16"]):
        prepared = model.prepare(conditions, coupled.to(device))
        velocity, notes = model.velocity_and_notes(interpolate(noise, x, t), t, prepared)
    return torch.stack([flow_loss(velocity[new], noise[new], x[new]), naming_loss(notes, roll, conditions.group)])


def naming_loss(notes: torch.Tensor, roll: torch.Tensor | None, group: torch.Tensor) -> torch.Tensor:
    """Nats a frame that naming the notes costs; 0 when they are not known.

    Args:
        notes: logits `(N, T, 100)` from `VelocityNet.velocity_and_notes`.
        roll: pitches that sound, `(N, T, 88)` bool, or None.
        group: `(N,)` index of each stem's group.
    """
    if roll is None:
        return notes.sum() * 0
    sounding = torch.cat([roll, pitch_classes(roll, group.cpu())], dim=2).float().to(notes.device)
    return binary_cross_entropy_with_logits(notes, sounding) * notes.shape[2]


def trapezoid(step: int, total: int, cooldown: float, warmup: int = 200) -> float:
    """Learning-rate factor: a linear rise, a plateau, and a linear fall to 0 over the last `cooldown` of the steps.

    A run can be cooled down at any time and the plateau gone on from. Source: Hägele et al. 2024, arXiv:2405.18392.
    """
    return min(1.0, (step + 1) / warmup, (total - step) / max(1.0, cooldown * total))


def parameter_groups(model: torch.nn.Module) -> list[dict]:
    """Weight decay for matrices, none for vectors."""
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    return [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]


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
