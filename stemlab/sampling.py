"""Samplers: from noise at t=0 to latents at t=1, with guidance inside an interval.

A sampler is a function of a velocity field; it knows nothing of stems. Each step is reported to a callback, which feeds
progress bars, plots and players alike.

Lesson: 03_flow_matching.ipynb
"""

from collections.abc import Callable

import torch

Field = Callable[[torch.Tensor, float, int], torch.Tensor]  # (x, t, step) -> velocity
Callback = Callable[[int, int, torch.Tensor], None]  # (steps done, steps in all, x)


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


def _report(callback: Callback | None, step: int, steps: int, x: torch.Tensor) -> None:
    if callback is not None:
        callback(step + 1, steps, x)


SAMPLERS = {"euler": euler, "midpoint": midpoint, "heun": heun}


def guided(conditional: torch.Tensor, unconditional: torch.Tensor, guidance: float) -> torch.Tensor:
    """Classifier-free guidance: `unconditional + guidance * (conditional - unconditional)`.

    Source: Ho and Salimans 2022, arXiv:2207.12598.
    """
    return unconditional + guidance * (conditional - unconditional)


def led_by(together: torch.Tensor, *others: torch.Tensor, guidance: float, mates: float) -> torch.Tensor:
    """Guidance with two scales: towards what a stem is told, and towards what its mates play.

    `null + guidance * (alone - null) + mates * (together - alone)`. With two equal scales `alone` cancels, and it is `guided`.

    Args:
        together: velocity of stems that are told something and see each other.
        others: that of the same stems alone, left out when the scales are equal; and of stems that are told nothing and see nobody.
        guidance, mates: the scales; 1 is off.

    Source of the idea, for an image and a text: Brooks et al. 2022, arXiv:2211.09800.
    """
    alone, null = others if len(others) == 2 else (together, *others)
    return guided(alone, null, guidance) + mates * (together - alone)


def in_interval(step: int, steps: int, interval: tuple[int, int]) -> bool:
    """Is guidance on at this step (counted from 0)? The interval is given for 32 steps and scaled to `steps`.

    Source: Kynkaanniemi et al. 2024, arXiv:2404.07724; steps 3 to 28 of 32: arXiv:2602.09891.
    """
    first, last = interval
    return first <= step * 32 / steps < last + 1
