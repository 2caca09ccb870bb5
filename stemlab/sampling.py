"""From noise at t=0 to latents at t=1: solvers, guidance, and the field that they follow.

A solver is a function of a velocity field; it knows nothing of stems. Each step is reported to a callback, which feeds
progress bars, plots and players alike. `integrate` puts the field together: guided inside an interval, what is known
held on its path, in windows where it is long.

Lesson: 03_flow_matching.ipynb
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch

from stemlab.conditions import Conditions
from stemlab.flow import interpolate
from stemlab.model import Prepared, VelocityNet
from stemlab.windows import spans, weights

Field = Callable[
    [torch.Tensor, float, float], torch.Tensor
]  # (x, t, equal steps from 0 to where the step began) -> velocity
Callback = Callable[[int, int, torch.Tensor], None]  # (steps done, steps in all, x)


@dataclass(frozen=True)
class Sampling:
    """How to go from noise to latents; these are the defaults of all that samples.

    Attributes:
        steps: of the solver.
        guidance: scale of classifier-free guidance towards what the stems are told; 1 is off.
        mates: its scale towards the other stems, under the coupling "attention"; 1 is off.
        interval: first and last step with guidance, counted on 32 steps.
        coupling: "attention", where stems see each other at every frame, "noise", where each is alone, or "song", where
            each is told what the shared noise becomes when a leader starts from it, and sees nobody.
        sampler: one of SAMPLERS.
        negative: words that guidance leads away from.
    """

    steps: int = 8
    guidance: float = 2.5
    mates: float = 4.0
    interval: Sequence[int] = (0, 14)
    coupling: str = "attention"
    sampler: str = "quadratic"
    negative: str = ""


def euler(field: Field, x: torch.Tensor, steps: int, callback: Callback | None = None) -> torch.Tensor:
    """Euler's method over equal steps from t=0 to t=1.

    Args:
        field: velocity at `(x, t, step)`.
        x: noise, any shape.
        steps: how many evaluations of the field.
        callback: called after each step.
    Returns:
        x at t=1.
    """
    for step in range(steps):
        x = x + field(x, step / steps, step) / steps
        _report(callback, step, steps, x)
    return x


def midpoint(field: Field, x: torch.Tensor, steps: int, callback: Callback | None = None) -> torch.Tensor:
    """The midpoint method: two evaluations a step. Arguments as for `euler`."""
    for step in range(steps):
        half = x + field(x, step / steps, step) / (2 * steps)
        x = x + field(half, (step + 0.5) / steps, step) / steps
        _report(callback, step, steps, x)
    return x


def heun(field: Field, x: torch.Tensor, steps: int, callback: Callback | None = None) -> torch.Tensor:
    """Heun's method: two evaluations a step, the mean of the slopes at both ends. Arguments as for `euler`."""
    for step in range(steps):
        first = field(x, step / steps, step)
        second = field(x + first / steps, (step + 1) / steps, step)
        x = x + (first + second) / (2 * steps)
        _report(callback, step, steps, x)
    return x


def quadratic(field: Field, x: torch.Tensor, steps: int, callback: Callback | None = None, bend: float = 0.5):
    """Steps between the times `(i / steps) ** 2`, one evaluation each: most of them near the noise, where it is decided what is played.

    From the second step on the change of the velocity since the last one is carried on, in part: `bend` 0 is Euler's method, 1 that
    of Adams and Bashforth with two steps (Hairer, Norsett and Wanner, "Solving Ordinary Differential Equations I", III.1).
    Other arguments as for `euler`.
    """
    last = None
    for step in range(steps):
        t, length = (step / steps) ** 2, (2 * step + 1) / steps**2
        velocity = field(x, t, t * steps)
        slope = velocity if last is None else velocity + bend * length / (2 * last[1]) * (velocity - last[0])
        x, last = x + length * slope, (velocity, length)
        _report(callback, step, steps, x)
    return x


def _report(callback: Callback | None, step: int, steps: int, x: torch.Tensor) -> None:
    if callback is not None:
        callback(step + 1, steps, x)


SAMPLERS: dict[str, Callable[..., torch.Tensor]] = {"euler": euler, "midpoint": midpoint, "heun": heun}
SAMPLERS |= {"quadratic": quadratic, "quadratic-euler": partial(quadratic, bend=0.0)}


def guided(conditional: torch.Tensor, unconditional: torch.Tensor, guidance: float) -> torch.Tensor:
    """Classifier-free guidance: `unconditional + guidance * (conditional - unconditional)`.

    Source: Ho and Salimans 2022, arXiv:2207.12598.
    """
    return unconditional + guidance * (conditional - unconditional)


def led_by(together: torch.Tensor, *others: torch.Tensor, guidance: float, mates: float | torch.Tensor) -> torch.Tensor:
    """Guidance with two scales: towards what a stem is told, and towards what its mates play.

    `null + guidance * (alone - null) + mates * (together - alone)`. With two equal scales `alone` cancels, and it is `guided`.

    Args:
        together: velocity of stems that are told something and see each other.
        others: that of the same stems alone, left out when the scales are equal; and of stems that are told nothing and see nobody.
        guidance, mates: the scales; 1 is off; mates may be one for each stem.

    Source of the idea, for an image and a text: Brooks et al. 2022, arXiv:2211.09800.
    """
    alone, null = others if len(others) == 2 else (together, *others)
    return guided(alone, null, guidance) + mates * (together - alone)


def in_interval(step: float, steps: int, interval: Sequence[int]) -> bool:
    """Is guidance on at this step (counted from 0, of equal ones)? The interval is given for 32 steps and scaled to `steps`.

    Source: Kynkaanniemi et al. 2024, arXiv:2404.07724; steps 3 to 28 of 32: arXiv:2602.09891.
    """
    first, last = interval
    return first <= step * 32 / steps < last + 1


def integrate(
    model: VelocityNet,
    conditions: Conditions,
    noise: torch.Tensor,
    how: Sampling,
    known: torch.Tensor | None = None,
    hold: torch.Tensor | None = None,
    callback: Callback | None = None,
) -> torch.Tensor:
    """Follow the flow from noise to latents.

    Args:
        model: the network, on the device of the tensors.
        conditions: of N stems over T frames.
        noise: `(N, C, T)`.
        how: solver, steps, guidance and coupling.
        known: `(N, C, T)` latents that are there already.
        hold: `(N, T)` bool: where `known` is kept and comes out as it is. On the way it lies on its straight path from the
            noise; but a stem that is known from end to end and seen by others is there from the start, at t = 1, as in training.
        callback: called after each step.
    Returns:
        latents `(N, C, T)`.
    """
    n, frames, coupled = len(conditions), noise.shape[2], how.coupling == "attention"
    guidance, mates = how.guidance, how.mates if coupled and n > 1 else how.guidance
    negative = model.text.tokenize([how.negative] * n).to(noise.device) if how.negative else None
    windows = spans(frames, model.window)
    blended = [share.to(noise.device) for share in weights(windows, frames)]
    with autocast(noise.device):
        parts = [_window(conditions, *window, model.frame_seconds) for window in windows]
        told = _prepared(model, parts, coupled)
        beside = [alone] * (mates != guidance) + [partial(nothing, tokens=negative)]
        led = [stacked(part, beside) for part in parts] if (guidance, mates) != (1, 1) else []
        sees = torch.tensor([coupled] * n + [False] * n * len(beside), device=noise.device)
        guiding = _prepared(model, led, sees)

    there = torch.zeros(n, dtype=torch.bool, device=noise.device) if hold is None or not coupled else hold.all(1)

    def velocity(x: torch.Tensor, t: float, step: float) -> torch.Tensor:
        times = torch.where(there, 1.0, torch.full((n,), t, device=noise.device))
        if known is not None and hold is not None:
            x = torch.where(hold[:, None], interpolate(noise, known, times), x)
        guide = bool(guiding) and in_interval(step, how.steps, how.interval)
        total = torch.zeros_like(x)
        for i, (start, stop) in enumerate(windows):
            piece = x[:, :, start:stop]
            copies = 1 + len(beside) if guide else 1
            found = model(piece.repeat(copies, 1, 1), times.repeat(copies), guiding[i] if guide else told[i])
            together, *others = found.chunk(copies)
            out = led_by(together, *others, guidance=guidance, mates=mates) if guide else together
            if len(windows) == 1:
                return out
            total[:, :, start:stop] += out * blended[i]
        return total

    with autocast(noise.device):  # around all steps, so that the weights are cast once and not in each
        x = SAMPLERS[how.sampler](velocity, noise, how.steps, callback)
    return x if known is None or hold is None else torch.where(hold[:, None], known, x)


def _prepared(model: VelocityNet, parts: list[Conditions], coupled: torch.Tensor | bool) -> list[Prepared]:
    """Each window prepared; keys and values of the text, which is the same in all, are kept once."""
    made: list[Prepared] = []
    for part in parts:
        made.append(model.prepare(part, coupled))
        made[-1].text = made[0].text
    return made


def _window(c: Conditions, start: int, stop: int, frame_seconds: float) -> Conditions:
    """The conditions of some of the frames, with the beat at which they begin."""
    return replace(
        c,
        submix=c.submix[:, :, start:stop],
        activity=c.activity[:, start:stop],
        start=c.start + start * frame_seconds * c.bpm / 60,
    )


def alone(c: Conditions) -> Conditions:
    """The same stems, told the same; they will not see each other."""
    return replace(c)


def nothing(c: Conditions, tokens: torch.Tensor | None) -> Conditions:
    """What guidance leads away from: nothing told, or some words alone, and nobody seen."""
    null = c.null()
    return null if tokens is None else replace(null, tokens=tokens)


def stacked(c: Conditions, beside: Sequence[Callable[[Conditions], Conditions]]) -> Conditions:
    """Conditions and what is made of them, each as groups of their own, in one batch."""
    parts, groups = [c, *(make(c) for make in beside)], int(c.group.max()) + 1
    for place, part in enumerate(parts[1:], 1):
        part.group = c.group + place * groups
    return Conditions(**{name: torch.cat([getattr(part, name) for part in parts]) for name in vars(c)})


def autocast(device: torch.device) -> torch.autocast:
    """A context of bfloat16 where the machine multiplies it natively, else of float32."""
    fast = device.type == "cuda" or (device.type == "cpu" and torch.cpu._is_avx512_bf16_supported())
    return torch.autocast(device.type, torch.bfloat16, enabled=fast)
