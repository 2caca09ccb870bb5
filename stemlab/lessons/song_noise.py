"""Checks for the exercises of the lesson on the noise that a song comes from.

Each takes the reader's answer. A right one is told, a wrong one raises AssertionError with what to look at next, and one
that is None or raises NotImplementedError is only open.

Lesson: 14_the_noise_that_is_the_song.ipynb
"""

import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from stemlab.lessons.answers import near, numbers, shape_of
from stemlab.lessons.diagnosis import Case
from stemlab.lessons.plane import Field, ring, to_spots
from stemlab.lessons.start_here import OPEN
from stemlab.sampling import euler, guided, midpoint

SUSPECTS = Case(
    exercise=2,
    defect="A",
    against={
        "B": "Euler's steps are less accurate, and their error still falls, like 1/n. This one does not fall at all from 8 steps on.",
        "C": "Another text, the same one both ways, is another field, and a round trip through any one field comes back.",
        "D": "With fresh noise the way there would end at data of its own: the error would be as large as the data lie apart, near the "
        "dotted line. This one rests far below it.",
        "E": "Half as many digits are an error of a ten-thousandth or so. This one rests at more than a hundred times that.",
    },
    told="The guided field has other trajectories. Backwards through one and forwards through the other leads to a neighbour, however "
    "fine the steps: an error that no accuracy mends.",
)


def _backwards(field: Field, x: torch.Tensor, steps: int) -> torch.Tensor:
    return midpoint(lambda point, s, step: -field(point, 1 - s, step), x, steps)


def bug() -> Figure:
    """Exercise 2, what is given: errors of round trips over the number of steps, of two people, and how far data lie apart."""
    centres = ring()
    told = to_spots(centres[:3], 0.3)
    null = to_spots(centres, 0.3)
    data = euler(told, torch.randn(500, 2, generator=torch.Generator().manual_seed(0)), 64)
    fields = {"first": told, "second": lambda x, t, step=0: guided(told(x, t), null(x, t), 1.5)}
    counts = [2, 4, 8, 16, 32, 64]
    figure, axes = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
    for (label, there), colour in zip(fields.items(), ("#0b62c4", "#e08a00"), strict=True):
        errors = [float((midpoint(there, _backwards(told, data, n), n) - data).norm(dim=1).mean()) for n in counts]
        axes.loglog(counts, errors, "o-", color=colour, label=label)
    apart = float((data - data.roll(1, 0)).norm(dim=1).mean())
    axes.axhline(apart, color="#777777", linestyle=":", label="another data point")
    axes.set(title="Round trips in the plane", xlabel="steps each way", ylabel="mean distance from the start")
    axes.set_xticks(counts, [str(n) for n in counts])
    axes.set_xticks([], minor=True)
    axes.legend(fontsize=8)
    return figure


def check_bug(answer: str | None) -> None:
    """Core: name what the second of `bug` does.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


def check_invert_flow(invert: Callable[..., torch.Tensor]) -> None:
    """Stretch: a flow backwards, by the midpoint method.

    Args:
        invert: takes a field `(x, t) -> velocity`, x at t = 1 and a number of steps; returns x at t = 0.
    Raises:
        AssertionError: it goes forwards, asks at other times, or has another order.
    """
    end = torch.tensor([1.0, -2.0])
    turn = lambda x, t: torch.stack([-x[1], x[0]]) * (0.5 + t * t)  # noqa: E731
    try:
        got = invert(lambda x, t: torch.ones_like(x), end, 3)
    except NotImplementedError:
        print(OPEN.format(3))
        return
    assert shape_of(got) == tuple(end.shape), "Return a point of the shape that was given."
    assert not near(got, end + 1, atol=1e-5), (
        "That is the way forwards: with velocity 1 one should be 1 *less* at t = 0."
    )
    assert near(got, end - 1, atol=1e-5), (
        "With velocity 1 everywhere one should be 1 less at t = 0, however many steps: are they 1 / steps long?"
    )
    asked: list[float] = []

    def noted(x: torch.Tensor, t: float) -> torch.Tensor:
        asked.append(float(t))
        return torch.ones_like(x)

    invert(noted, end, 4)
    assert abs(asked[0] - 1) < 1e-6, (
        f"Your first question is at t = {asked[0]:g}, of an earlier time: the way back begins at t = 1, and counts down."
    )
    angle = -(0.5 + 1 / 3)
    start = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]) @ end
    errors = [float(np.linalg.norm(numbers(invert(turn, end, steps)) - numbers(start))) for steps in (8, 16)]
    assert errors[1] < errors[0] / 3, (
        f"Twice the steps make the error {errors[0] / max(errors[1], 1e-12):.1f} times smaller; midpoint makes it 4 times smaller. Is the "
        "second arrow asked for half-way, at its time, and used from the old place?"
    )
    exact = _backwards(lambda x, t, _: turn(x, t), end, 8)
    assert near(invert(turn, end, 8), exact, atol=1e-5), (
        "A good solver, and not the midpoint method: one look half-way."
    )
    print("[ok] Back by the way that leads there, with order 2.")


def check_is_white(is_white: Callable[[torch.Tensor, float], bool]) -> None:
    """Transfer: may a flow start from this?

    Args:
        is_white: takes `(N, C, T)` and a tolerance; returns a bool.
    Raises:
        AssertionError: it looks at all channels together, forgets a test, or the tolerance.
    """
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(8, 6, 400, generator=generator)
    signs = torch.tensor([1.0, -1.0] * 3)[:, None]
    held = torch.randn(8, 6, 200, generator=generator).repeat_interleave(2, 2)
    cases = (
        (noise, 0.15, True, "Plain noise was refused. Over 3200 numbers a channel, chance stays well below 0.15."),
        (
            noise + 0.3 * signs,
            0.15,
            False,
            "Half of the channels have a mean of 0.3, half of -0.3: look channel by channel.",
        ),
        (noise * (1 + 0.3 * signs), 0.15, False, "Spreads of 1.3 and 0.7 by turns: look at each channel by itself."),
        (0.5 * noise, 0.15, False, "Noise of half the spread passed: the standard deviation must be near 1."),
        (held, 0.15, False, "Every frame is there twice, and it passed: neighbouring frames must not correlate."),
        (
            noise + 0.3 * signs,
            0.6,
            True,
            "A mean of 0.3 is within a tolerance of 0.6, and it was refused: is the tolerance used?",
        ),
        (
            held * torch.tensor([1.0, -1.0]).repeat(200),
            0.15,
            False,
            "Neighbours that are *opposite* are as bad as equal ones.",
        ),
        (
            torch.cat([held[:, :3], held[:, 3:] * torch.tensor([1.0, -1.0]).repeat(200)], 1),
            0.15,
            False,
            "Neighbours are equal in half of the channels and opposite in the other half: look channel by channel.",
        ),
        (
            1.1 * noise,
            0.15,
            True,
            "A standard deviation of 1.1 is within 0.15 of 1, and was refused: is it the variance, 1.21?",
        ),
    )
    for x, tolerance, right, why in cases:
        try:
            got = is_white(x, tolerance)
        except NotImplementedError:
            print(OPEN.format(4))
            return
        assert isinstance(got, bool | np.bool_), f"It returned {got!r}. Return True or False: bool(...)."
        assert got == right, why
    print("[ok] Mean, spread and neighbours, channel by channel.")
