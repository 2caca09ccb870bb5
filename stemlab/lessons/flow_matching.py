"""Checks for the exercises of the lesson on flow matching.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 03_flow_matching.ipynb
"""

import math
from collections.abc import Callable
from typing import Any

import torch

from stemlab.flow import interpolate
from stemlab.lessons.start_here import OPEN
from stemlab.sampling import euler, heun


def check_where_to(where_to: Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor]) -> None:
    """Warm-up: the end of a straight way.

    Args:
        where_to: takes a point and a velocity, both `(C, T)`, and t in [0, 1); returns `(C, T)`.
    Raises:
        AssertionError: it ends elsewhere than the data.
    """
    noise, x = torch.randn(2, 8, 16, generator=torch.Generator().manual_seed(0))
    for t in (0.25, 0.8, 0.0):
        point = (1 - t) * noise + t * x
        try:
            got = where_to(point, x - noise, t)
        except NotImplementedError:
            print(OPEN.format(1))
            return
        assert isinstance(got, torch.Tensor) and got.shape == x.shape, (
            f"It returned {type(got).__name__} {tuple(getattr(got, 'shape', ()))}; a point of the shape {tuple(x.shape)} "
            "is wanted."
        )
        if t:
            assert not torch.allclose(got, point + x - noise, atol=1e-4), (
                f"At t={t} you go on for a whole unit of time, as from the start. Only 1 - t of it is left."
            )
            assert not torch.allclose(got, point + t * (x - noise), atol=1e-4), (
                f"At t={t} you go on for t. That much is over; 1 - t is left."
            )
        assert not torch.allclose(got, noise, atol=1e-4), "That leads back to the noise: the sign is turned."
        assert torch.allclose(got, x, atol=1e-4), (
            f"At t={t} it does not end at the data: where you are, plus what is left."
        )
    print("[ok] Where you are, plus speed times the time that is left.")


def check_loss_of(loss_of: Callable[..., Any]) -> None:
    """Core: the flow-matching loss of a batch.

    Args:
        loss_of: takes a field `(x_t (N, C, T), t (N,)) -> (N, C, T)`, x and z `(N, C, T)`, t `(N,)`; returns a number.
    Raises:
        AssertionError: another point of the path, another target or another mean.
    """
    generator = torch.Generator().manual_seed(1)
    x, z = torch.randn(2, 6, 8, 16, generator=generator)
    t = torch.linspace(0.1, 0.9, 6)
    asked: list[torch.Tensor] = []

    def field(point: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        asked.append(point)
        assert isinstance(time, torch.Tensor) and time.shape == (6,), "Give the field the times as they are, (N,)."
        return point * 0.5 + 1

    try:
        got = loss_of(field, x, z, t)
    except NotImplementedError:
        print(OPEN.format(2))
        return
    assert asked, "The field was never asked: the loss compares its answer with the target."
    path = interpolate(z, x, t)
    assert asked[0].shape == path.shape, f"The field got a point of the shape {tuple(asked[0].shape)}, not (N, C, T)."
    assert not torch.allclose(asked[0], interpolate(x, z, t), atol=1e-4), (
        "You count time the other way round: here t = 0 is noise and t = 1 is data, x_t = (1 - t) z + t x."
    )
    assert torch.allclose(asked[0], path, atol=1e-4), (
        "The field was asked at a point off the path: right shape, wrong values. Did you scale the noise by 1 - t?"
    )
    value = float(got)
    error = field(path, t) - (x - z)
    turned = field(path, t) - (z - x)
    assert abs(value - float(turned.square().mean())) > 1e-4, "The target is turned: it is data less noise, x - z."
    assert abs(value - float((field(path, t) - x).square().mean())) > 1e-4, (
        "You compare with the data. The network gives a velocity; its target is x - z."
    )
    assert abs(value - float(error.square().sum())) > 1e-2, "That is the sum of the squares; (2) is their mean."
    assert abs(value - float(error.abs().mean())) > 1e-4, "That is the mean of the absolute differences: square them."
    right = float(error.square().mean())
    assert abs(value - right) < 1e-4, f"It says {value:.4f}; for this batch the loss is {right:.4f}."
    print("[ok] A point of the path, the velocity's target, the mean square.")


def check_solve(solve: Callable[..., torch.Tensor]) -> None:
    """Stretch: the midpoint method.

    Args:
        solve: takes a field `(x, t) -> velocity`, a start and a number of steps; returns x at t = 1.
    Raises:
        AssertionError: it is not a solver, or one of order 1, or another method of order 2.
    """
    start = torch.tensor([1.0, -2.0])
    turn = lambda x, t: torch.stack([-x[1], x[0]]) * (1 + t)  # noqa: E731
    try:
        got = solve(lambda x, t: torch.ones_like(x), start, 3)
    except NotImplementedError:
        print(OPEN.format(3))
        return
    assert isinstance(got, torch.Tensor) and got.shape == start.shape, "Return a point of the shape of the start."
    assert torch.allclose(got, start + 1, atol=1e-5), (
        "With velocity 1 everywhere one should be 1 further at t = 1, however many steps: are they 1 / steps long?"
    )
    angle = 1.5  # the integral of 1 + t
    turned = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]) @ start
    errors = [float((solve(turn, start, steps) - turned).norm()) for steps in (8, 16)]
    plain = float((euler(lambda x, t, _: turn(x, t), start, 8) - turned).norm())
    assert errors[0] < 0.9 * plain, (
        "It is no better than Euler: the second arrow is not used, or it is the first again."
    )
    assert errors[1] < errors[0] / 3, (
        f"Twice the steps make the error {errors[0] / errors[1]:.1f} times smaller; that is order 1, and midpoint has order "
        "2 (4 times). Is the second arrow asked for at the half-way point and at its time?"
    )
    other = heun(lambda x, t, _: turn(x, t), start, 8)
    assert not torch.allclose(solve(turn, start, 8), other, atol=1e-6), (
        "That is Heun's method, and right as such. Midpoint looks half-way, and uses that arrow alone."
    )
    print("[ok] Half a step to look, a whole step to go: order 2.")
