"""Checks for the exercises of the lesson on flow matching.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 03_flow_matching.ipynb
"""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from stemlab.lessons.answers import near, numbers, shape_of
from stemlab.lessons.diagnosis import Case
from stemlab.lessons.plane import ring, to_spots
from stemlab.lessons.start_here import OPEN
from stemlab.sampling import euler, heun, midpoint

SUSPECTS = Case(
    exercise=1,
    defect="C",
    against={
        "A": "From half of the noise the spots would be reached all the same, some of them rarely: the arrows lead there from inside "
        "too. Here none is reached.",
        "B": "At t = 0.75 there would be eight clouds at three quarters of the way. Here is one.",
        "D": "Against the arrows points fly outwards, and their steps get longer. These come to rest in the middle.",
        "E": "In another drawing's field the last steps would be as long as the first: points travel at the speed of x - z to the "
        "end. These steps shrink like a thing that falls to rest.",
    },
    told="At t = 0 the arrow is the mean of the data less the point, from everywhere. Asked 32 times, it brings all points near the "
    "mean, to 0.36 of where they were: one blur, right on average and nothing in particular.",
)


def bug() -> Figure:
    """Exercise 1, what is given: where the points of two samplers end, and how long their steps are."""
    centres, start = ring(), torch.randn(800, 2, generator=torch.Generator().manual_seed(0))
    field = to_spots(centres)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    for label, stuck, colour in (("healthy", False, "#0b62c4"), ("sick", True, "#e08a00")):
        states = [start]
        told = partial(lambda x, t, _, stuck: field(x, 0.0 if stuck else t), stuck=stuck)
        euler(told, start, 32, lambda i, n, x: states.append(x))  # noqa: B023
        left.scatter(*states[-1].T, s=3, color=colour, label=label)
        lengths = [float((b - a).norm(dim=1).mean()) for a, b in pairwise(states)]
        right.plot([(i + 0.5) / 32 for i in range(32)], lengths, color=colour, label=label)
    left.set(title="Where 800 points end", aspect="equal", xlabel="first coordinate", ylabel="second coordinate")
    right.set(title="Mean length of a step", xlabel="t", ylabel="length", ylim=(0, None))
    left.legend(fontsize=8)
    return figure


def check_bug(answer: str | None) -> None:
    """Core: name what is wrong with the sick sampler of `bug`.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


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
        print(OPEN.format(2))
        return
    assert shape_of(got) == (2,), "Return a point of the shape of the start."
    assert near(got, start + 1, atol=1e-5), (
        "With velocity 1 everywhere one should be 1 further at t = 1, however many steps: are they 1 / steps long?"
    )
    angle = 1.5  # the integral of 1 + t
    turned = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]) @ start
    errors = [float(np.linalg.norm(numbers(solve(turn, start, steps)) - numbers(turned))) for steps in (8, 16)]
    plain = float((euler(lambda x, t, _: turn(x, t), start, 8) - turned).norm())
    assert errors[0] < 0.9 * plain, (
        "It is no better than Euler: the second arrow is not used, or it is the first again."
    )
    assert errors[1] < errors[0] / 3, (
        f"Twice the steps make the error {errors[0] / errors[1]:.1f} times smaller; that is order 1, and midpoint has order "
        "2 (4 times). Is the second arrow asked for at the half-way point and at its time?"
    )
    other = heun(lambda x, t, _: turn(x, t), start, 8)
    assert not near(solve(turn, start, 8), other, atol=1e-6), (
        "That is Heun's method, and right as such. Midpoint looks half-way, and uses that arrow alone."
    )
    exact = midpoint(lambda x, t, _: turn(x, t), start, 8)
    assert near(solve(turn, start, 8), exact, atol=1e-5), (
        "It is a good solver, and not the midpoint method: after 8 steps it is somewhere else. "
        " One look half-way, no more (two looks there and one at the end are Runge's and Kutta's)."
    )
    print("[ok] Half a step to look, a whole step to go: order 2.")


def check_as_velocity(as_velocity: Callable[..., torch.Tensor]) -> None:
    """Transfer: the velocity from a network that says something else.

    Args:
        as_velocity: takes what the network said, "noise" or "data", a point and a time inside (0, 1); returns a velocity.
    Raises:
        AssertionError: the two are exchanged, a time is missing or the other's, or the sign is turned.
    """
    noise, x = torch.randn(2, 8, 16, generator=torch.Generator().manual_seed(0))
    for t in (0.2, 0.7):
        point, right = (1 - t) * noise + t * x, x - noise
        for kind, said in (("noise", noise), ("data", x)):
            try:
                got = as_velocity(said.clone(), kind, point.clone(), t)
            except NotImplementedError:
                print(OPEN.format(3))
                return
            assert shape_of(got) == (8, 16), (
                f"It returned {type(got).__name__} {shape_of(got)}; a velocity has the shape (8, 16)."
            )
            where = f"For {kind!r} at t = {t}"
            assert not near(got, -right, atol=1e-4), f"{where} it leads from the data to the noise: the sign is turned."
            plain = point - said if kind == "noise" else said - point
            assert not near(got, plain, atol=1e-4), (
                f"{where} you return the way from one to the other. A velocity is way by time: how much time lies between them?"
            )
            other = plain / ((1 - t) if kind == "noise" else t)
            assert not near(got, other, atol=1e-4), (
                f"{where} you divide by the wrong time: from the noise t has gone by, to the data 1 - t is left."
            )
            turned = (said - point) / (1 - t) if kind == "noise" else (point - said) / t
            assert not near(got, turned, atol=1e-4), f"{where} you take what was said for the other of the two."
            assert near(got, right, atol=1e-4), (
                f"{where} the values are others. Write x_t = (1 - t) z + t x and put in what is known: two of the three."
            )
    print("[ok] Where you are and one end of the line give the other, and so the velocity.")
