"""A student of a flow: few steps, and guidance inside.

The guided flow takes three evaluations of the network in each of many steps. The student learns to take one, in steps from 0 to
1/16, 1/4, 9/16 and 1 (of four: most is decided near the noise). It walks its own way from the noise; wherever it stands, its teacher
shows with two smaller guided steps where it should be at the end of this one, and the student's velocity is drawn to the mean velocity
of that. No song is needed for it but as words, tempo and whoever plays already. Of some groups the noise is the song: a leader, made by
the student itself, is the sub-mix that each stem is told, and nobody sees anybody.

Source: progressive distillation, Salimans and Ho 2022, arXiv:2202.00512; guidance inside, Meng et al. 2022, arXiv:2210.03142; on the
student's own way, as Ross et al. 2011, arXiv:1011.0686, do with any teacher.
Lesson: 14_the_noise_that_is_the_song.ipynb
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import torch
from torch.nn.utils import parametrize
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from stemlab.checkpoints.files import fingerprint, load_weights, network_of, save_weights
from stemlab.checkpoints.low_rank import change_of, with_low_rank
from stemlab.checkpoints.text_encoders import network
from stemlab.conditions import Conditions
from stemlab.flow import group_noise, interpolate
from stemlab.model import VelocityNet
from stemlab.sampling import Sampling, in_interval, integrate, led_by, nothing, stacked
from stemlab.text import join_prompt
from stemlab.train import Batch, draw_roles, update
from stemlab.training.cached import cached
from stemlab.training.kinds import StudentConfig
from stemlab.training.runs import Run
from stemlab.training.schedule import trapezoid


def times(steps: int) -> list[float]:
    """Where the student's steps begin, and 1: those of the sampler "quadratic-euler"."""
    return [(i / steps) ** 2 for i in range(steps + 1)]


@dataclass
class Situation:
    """Groups on their way: the noise that they come from, who sees whom, and what of them is there already.

    Attributes:
        x: latents `(N, C, T)`; noise: `(N, C, T)`; given, coupled, led: `(N,)` bool; held: `(N, T)` bool.
    """

    conditions: Conditions
    x: torch.Tensor
    noise: torch.Tensor
    coupled: torch.Tensor
    given: torch.Tensor
    led: torch.Tensor
    held: torch.Tensor

    def at(self, t: float) -> torch.Tensor:
        """Times `(N,)`: stems that are given stand at the end."""
        return torch.where(self.given, 1.0, torch.full_like(self.given, t, dtype=torch.float32))

    def kept(self, x: torch.Tensor, t: float) -> torch.Tensor:
        """What is held lies on its straight path, as in an edit."""
        return torch.where(self.held[:, None], interpolate(self.noise, self.x, self.at(t)), x)


def situation(batch: Batch, how: StudentConfig, student: VelocityNet) -> Situation:
    """What the student is put before: groups to make whole, to complete, to mend a part of, and to make to a leader."""
    c, dice, frames = batch.conditions, batch.generator, batch.x.shape[2]
    chance = lambda count, p: torch.rand(count, generator=dice) < p  # noqa: E731
    led = chance(int(c.group.max()) + 1, how.led)[c.group]
    coupled, given = draw_roles(c.group, how.noise_only, how.given, dice)
    coupled, given = coupled & ~led, given & ~led
    noise = group_noise(c.group, batch.x.shape[1], frames, dice, torch.where(coupled | led, 0.0, 1.0))
    first, last = torch.rand(2, len(c), generator=dice).sort(0).values * frames
    places = torch.arange(frames)
    held = (first[:, None] <= places) & (places < last[:, None])
    held &= chance(len(c), how.mended)[:, None]
    key, submix, activity = (chance(int(c.group.max()) + 1, how.untold)[c.group] for _ in range(3))
    c = c.drop(dice, how.dropped, 0.0).null(False, False, key, submix, activity)
    if led.any():
        start = torch.randn(noise[led].shape, generator=dice)
        said = (chance(len(batch.prompts), 1 - how.dropped) & how.prompted).tolist()
        words = [
            join_prompt(how.leader, prompt if told else "") for prompt, told in zip(batch.prompts, said, strict=True)
        ]
        c.submix[led], c.has_submix[led] = made_by_leader(student, c.select(led), words, start, how), True
    return Situation(c, batch.x, noise, coupled, given, led, held | given[:, None])


@torch.no_grad()
def made_by_leader(
    student: VelocityNet, c: Conditions, words: list[str], noise: torch.Tensor, how: StudentConfig
) -> torch.Tensor:
    """What the stems of each group are led by, `(N, C, T)`: what a leader who is told these words makes of its first noise."""
    first, group = torch.unique_consecutive(c.group, return_inverse=True)
    firsts = torch.stack([(c.group == g).nonzero()[0, 0] for g in first])
    told = c.select(firsts).null(text=False, tempo=False, key=False)
    told = replace(told, tokens=student.text.tokenize([words[g] for g in first]))
    plainly = Sampling(how.few, guidance=1.0, mates=1.0, coupling="noise", sampler="quadratic-euler")
    return integrate(student, told, noise[firsts], plainly)[group]


def distillation_losses(student: VelocityNet, teacher: VelocityNet, batch: Batch, how: StudentConfig) -> torch.Tensor:
    """Losses of each step, `(steps,)`, whose gradients are added up on the way.

    Args:
        student, teacher: networks of the same sizes; the teacher's is guided as `how` says.
        batch: groups of stems.
        how: the config.
    """
    now, marks = situation(batch, how, student), times(how.few)
    guided = Sampling(guidance=how.guidance, mates=how.mates)
    with torch.autocast("cpu", torch.bfloat16, enabled=how.bf16), parametrize.cached():
        field = teacher_field(teacher, now, guided, how.lead)
        told = student.prepare(now.conditions, now.coupled)
        x, losses = now.kept(now.noise, 0.0), []
        for t, then in pairwise(marks):
            velocity = student(x, now.at(t), told)
            halfway = now.kept(x + (then - t) / 2 * field(x, t), (t + then) / 2)
            target = field(halfway, (t + then) / 2)  # the midpoint method
            losses.append((velocity - target).square().mean(1)[~now.held].mean())
            x = now.kept(x + (then - t) * velocity.detach(), then)
        torch.stack(losses).sum().backward()
    return torch.stack(losses).detach()


def teacher_field(
    teacher: VelocityNet, now: Situation, how: Sampling, lead: float
) -> Callable[[torch.Tensor, float], torch.Tensor]:
    """The guided velocity of a teacher at (x, t); `lead` is the scale towards the leader where there is one."""
    n, mates = len(now.conditions), torch.where(now.led, lead, how.mates)[:, None, None]
    unled = lambda c: c.null(text=False, tempo=False, key=False, submix=now.led, activity=False)  # noqa: E731
    with torch.no_grad():
        plain = teacher.prepare(replace(now.conditions), now.coupled)
        sees = torch.cat([now.coupled, torch.zeros(2 * n, dtype=torch.bool)])
        led = teacher.prepare(stacked(replace(now.conditions), [unled, partial(nothing, tokens=None)]), sees)

    @torch.no_grad()
    def velocity(x: torch.Tensor, t: float) -> torch.Tensor:
        if not in_interval(t, 1, how.interval):
            return teacher(x, now.at(t), plain)
        parts = teacher(x.repeat(3, 1, 1), now.at(t).repeat(3), led).chunk(3)
        return led_by(*parts, guidance=how.guidance, mates=mates)

    return velocity


def train_student(
    config: StudentConfig, out: str | Path, resume: bool = False, minutes: float | None = None, stream: None = None
) -> None:
    """Train a student; writes checkpoints, `log.csv` and, at the end, `student.safetensors`, the change of the EMA, to `out`.

    Args:
        config: see `StudentConfig`.
        out, resume, minutes: see `Run`.
        stream: of songs; there is none for a student.
    Raises:
        ValueError: the flow was trained on another codec, or as for `Run`.
    """
    torch.manual_seed(config.seed)
    tensors, about = load_weights(config.flow)
    if about.get("codec") != fingerprint(config.codec):
        raise ValueError(
            f"codec: got {config.codec!r}; the flow {config.flow!r} was trained on another: name that one."
        )
    teacher = network_of(lambda **sizes: network(sizes), about, tensors, config.flow).eval()
    student = with_low_rank(teacher, config.rank, load_weights(config.start)[0] if config.start else {})
    ema = AveragedModel(student, multi_avg_fn=get_ema_multi_avg_fn(config.ema))
    optimizer = torch.optim.AdamW(
        [p for p in student.parameters() if p.requires_grad], lr=config.lr, betas=(0.9, 0.98), weight_decay=0
    )
    batches = cached(teacher, config)
    run = Run(out, config, {"student": student, "ema": ema}, [optimizer], resume, minutes)
    for step in run.steps(config.steps, config.save_every):
        losses = distillation_losses(student, teacher, batches(step, 0), config)
        update(student, optimizer, ema, config.lr * trapezoid(step, config.steps, config.cooldown, warmup=20))
        run.log(config.log_every, **{f"step_{i}": loss for i, loss in enumerate(losses, 1)})
    told = {"kind": "student", "steps": run.step, "flow": fingerprint(config.flow), "few": config.few}
    told |= {"guidance": config.guidance, "mates": config.mates, "leader": config.leader, "prompted": config.prompted}
    save_weights(run.out / "student", {name: t.half() for name, t in change_of(ema.module).items()}, told)
