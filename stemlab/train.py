"""The shared-noise training step, and the loop around it.

Take groups of stems, draw one noise a group, hide some of the conditions, regress the velocity: `shared_noise_losses`.
Add up the gradients, step, keep a running mean of the weights (EMA): `training`. A batch brings the generator of its dice, so
what is drawn is a function of the batch alone, and a run that was killed and resumed ends as one that was not.

Lesson: 09_train_your_own.ipynb
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim.swa_utils import AveragedModel

from stemlab.conditions import Conditions
from stemlab.flow import flow_loss, group_noise, interpolate, random_times
from stemlab.model import LOWEST, VelocityNet


@dataclass(frozen=True)
class Objective:
    """What the network is asked for; these are the defaults of every training.

    Attributes:
        share_noise: one noise a group, as in the paper, or one a stem (for the ablation).
        noise_only: share of groups whose stems do not see each other.
        given: share of the other groups in which about half of the stems are there already.
        time_mean: see `random_times`.
        naming: weight of the loss of naming the notes that sound.
        tell_activity: false: never (for the ablation).
        bf16: compute in bfloat16 where it is safe.
    """

    share_noise: bool = True
    noise_only: float = 0.3
    given: float = 0.3
    time_mean: float = -0.6
    naming: float = 0.02
    tell_activity: bool = True
    bf16: bool = True


@dataclass(frozen=True)
class Batch:
    """Groups of stems to learn from.

    Attributes:
        x: latents `(N, C, T)`.
        conditions: what each stem is told; `conditions.group` says who belongs together.
        roll: pitches that sound, `(N, T, 88)` bool, or None where they are not known.
        generator: of all dice that are thrown for this batch; `x` and the conditions lie where it does, the groups on the CPU.
        prompts: words of each group.
    """

    x: torch.Tensor
    conditions: Conditions
    roll: torch.Tensor | None
    generator: torch.Generator
    prompts: Sequence[str] = ()


def shared_noise_losses(model: VelocityNet, batch: Batch, how: Objective) -> torch.Tensor:
    """Losses of a batch, `(2,)`: of the velocity, and of naming the notes. All about shared noise is here.

    Stems that are given stay at t = 1, where the others listen to them, and have no loss of their own. Stems that see each
    other have noise of their own; why is in `model.py`.

    Source: arXiv:2602.09891; attention between stems and stems that are given are ours.
    """
    x, conditions, dice, device = batch.x, batch.conditions, batch.generator, next(model.parameters()).device
    t = random_times(conditions.group, dice, how.time_mean)
    coupled, given = draw_roles(conditions.group, how.noise_only, how.given, dice)
    t = torch.where(given, 1.0, t)
    rho = torch.where(coupled, 0.0, float(how.share_noise))
    noise = group_noise(conditions.group, x.shape[1], x.shape[2], dice, rho)
    conditions = conditions.drop(dice).to(device)
    if not how.tell_activity:
        conditions = conditions.null(text=False, tempo=False, key=False, submix=False)
    x, noise, t, new = x.to(device), noise.to(device), t.to(device), ~given.to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=how.bf16):
        prepared = model.prepare(conditions, coupled.to(device))
        velocity, notes = model.velocity_and_notes(interpolate(noise, x, t), t, prepared)
    return torch.stack([flow_loss(velocity[new], noise[new], x[new]), naming_loss(notes, batch.roll, conditions.group)])


def draw_roles(
    group: torch.Tensor, noise_only: float, given: float, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Who sees whom, and who is there already: two of `(N,)` bool.

    Args:
        group: `(N,)` index of each stem's group.
        noise_only: share of groups whose stems do not see each other.
        given: share of the other groups in which each stem but the batch's first is given, one time in two.
        generator: decides.
    Returns:
        coupled, the same for a whole group; given, which implies coupled.
    """
    group = group.to(generator.device)
    draw = lambda: torch.rand(len(group), generator=generator, device=generator.device)  # noqa: E731
    coupled = (draw() >= noise_only)[group]
    there = (draw() < given)[group] & coupled
    there &= draw() < 0.5
    there[0] = False  # there is always one to make
    return coupled, there


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


def pitch_classes(roll: torch.Tensor, group: torch.Tensor) -> torch.Tensor:
    """Pitch classes that sound anywhere in a stem's group.

    Args:
        roll: `(N, T, PITCHES)` bool.
        group: `(N,)` index of each stem's group.
    Returns:
        `(N, T, 12)` bool, C first.
    """
    classes = torch.zeros(*roll.shape[:2], 12, dtype=torch.bool, device=roll.device)
    for c in range(12):
        classes[..., c] = roll[..., (c - LOWEST) % 12 :: 12].any(-1)
    together = torch.zeros(int(group.max()) + 1, *classes.shape[1:], dtype=torch.int32, device=roll.device)
    group = group.to(roll.device)
    return (together.index_add(0, group, classes.int()) > 0)[group]


def training(
    model: VelocityNet,
    optimizer: torch.optim.Optimizer,
    ema: AveragedModel,
    batches: Callable[[int, int], Batch],
    how: Objective,
    steps: Iterable[int],
    rate: Callable[[int], float],
    parts: Sequence[int] = (0,),
    of: int = 1,
    together: Callable[[nn.Module, torch.Tensor], torch.Tensor] = lambda model, losses: losses,
) -> Iterator[torch.Tensor]:
    """The training loop: each step adds up the gradients of its parts and moves the weights once.

    Args:
        model: a VelocityNet.  optimizer: of its weights.  ema: its running mean.
        batches: gives the batch of (step, part).
        how: the objective.
        steps: numbers of the steps.
        rate: learning rate of a step.
        parts: those of a step that are made here, of `of` in all.
        together: adds up gradients and losses over several processes; one does nothing.
    Yields:
        the losses of each step, `(2,)`.
    """
    for step in steps:
        losses = torch.zeros(2, device=next(model.parameters()).device)
        for part in parts:
            share = shared_noise_losses(model, batches(step, part), how) / of
            (share[0] + how.naming * share[1] if how.naming else share[0]).backward()
            losses += share.detach()
        losses = together(model, losses)
        update(model, optimizer, ema, rate(step))
        yield losses


def update(model: nn.Module, optimizer: torch.optim.Optimizer, ema: AveragedModel, rate: float) -> None:
    """Move the weights once along their gradients, clipped to length 1, and the EMA after them."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
    optimizer.step()
    optimizer.zero_grad()
    ema.update_parameters(model)
