"""A training on pairs (noise of a song's mix, stem): as the flow's own, but that noise comes with the song.

All else is as in `stemlab.training.flow` and `stemlab.train`, from the same dice: for one seed both see the same songs, times and hidden
conditions at each step, and only the noise differs.
"""

from pathlib import Path

import numpy as np
import torch
from pairs_songs import noises
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from stemlab.checkpoints.files import fingerprint, save_weights
from stemlab.checkpoints.text_encoders import network
from stemlab.data.batches import pick_groups
from stemlab.data.shards import LatentCache, Songs
from stemlab.flow import flow_loss, group_noise, interpolate, random_times
from stemlab.model import VelocityNet
from stemlab.train import Batch, Objective, draw_roles, naming_loss, update
from stemlab.training.cached import cached
from stemlab.training.config import FlowConfig
from stemlab.training.runs import Run, claimed
from stemlab.training.schedule import parameter_groups, trapezoid
from stemlab.training.streaming import size_of


def pair_losses(model: VelocityNet, batch: Batch, behind: torch.Tensor, how: Objective, share: float) -> torch.Tensor:
    """Losses of a batch, `(2,)`, as `stemlab.train.shared_noise_losses` gives them for stems that see nobody.

    Args:
        model, batch, how: as there.
        behind: `(G, C, T)` noise of each group's mix.
        share: of the groups that start from it; the others share a random noise. At 0 it is that function.
    """
    x, group, dice = batch.x, batch.conditions.group, batch.generator
    t = random_times(group, dice, how.time_mean)
    draw_roles(group, how.noise_only, how.given, dice)  # all are alone; drawn so that the dice after it fall as there
    noise = group_noise(group, x.shape[1], x.shape[2], dice)
    conditions = batch.conditions.drop(dice)
    taken = (torch.rand(len(behind), generator=dice) < share)[group]
    noise = torch.where(taken[:, None, None], behind[group], noise)
    with torch.autocast("cpu", torch.bfloat16, enabled=how.bf16):
        prepared = model.prepare(conditions, False)
        velocity, notes = model.velocity_and_notes(interpolate(noise, x, t), t, prepared)
    return torch.stack([flow_loss(velocity, noise, x), naming_loss(notes, batch.roll, group)])


def songs_of(songs: Songs, config: FlowConfig, step: int) -> list[int]:
    """Seeds of the songs of each group of a step: the dice of `stemlab.training.cached.batch_of`, thrown again."""
    rng = np.random.default_rng([config.seed, step, 0])
    rng.integers(2**62)
    return [pick.song["seed"] for pick in pick_groups(songs, rng, *size_of(config, step), config.grouped)]


def train_on_pairs(
    config: FlowConfig, out: Path, resume: bool = False, minutes: float | None = None, share: float = 1.0
) -> None:
    """Train a small flow on pairs, on the CPU; writes what `stemlab.training.flow.train_flow` writes.

    Args:
        config: whose `latents` were made by `pairs_songs.build`, with crops as long as the songs.
        out, resume, minutes: see `Run`.
        share: see `pair_losses`.
    """
    torch.manual_seed(config.seed)
    model, behind = network(config.model), noises(Path(config.latents))
    batches, songs = cached(model, config), LatentCache(config.latents).songs
    ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(config.ema))
    optimizer = torch.optim.AdamW(parameter_groups(model), lr=config.lr, betas=(0.9, 0.98), fused=True)
    with claimed(out, config, resume):
        run = Run(out, config, {"model": model, "ema": ema}, [optimizer], resume, minutes)
        for step in run.steps(config.steps, config.save_every):
            of_mixes = torch.stack([behind[seed] for seed in songs_of(songs, config, step)]).float()
            losses = pair_losses(model, batches(step, 0), of_mixes, config, share)
            (losses[0] + config.naming * losses[1]).backward()
            update(model, optimizer, ema, config.lr * trapezoid(step, config.steps, config.cooldown))
            run.log(config.log_every, loss=losses[0].detach(), naming=losses[1].detach())
        weights = {name: tensor.half() for name, tensor in ema.module.state_dict().items()}
        about = {"kind": "flow", "model": config.model, "steps": run.step, "codec": fingerprint(config.codec)}
        save_weights(run.out / "flow", weights, about)
