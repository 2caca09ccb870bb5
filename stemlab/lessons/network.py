"""Checks for the exercises of the lesson that builds the velocity network.

Each takes the reader's answer. A right one is told, a wrong one raises AssertionError with what to look at next, and one
that is None or raises NotImplementedError is only open.

Lesson: 13_the_network_from_nothing.ipynb
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from stemlab.lessons.answers import near, numbers, shape_of
from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN
from stemlab.model import rotary, rotate

SUSPECTS = Case(
    exercise=2,
    defect="A",
    against={
        "B": "Without any turning equal content gives equal scores: the picture would be constant.",
        "C": "A mask would leave the upper right half empty. Here every question has a score with every key.",
        "D": "Turned in opposite directions the score would depend on i + j: stripes along the *other* diagonal, not along rows.",
        "E": "With one rate the healthy pattern would repeat along its diagonals like one wave. Here is no diagonal at all.",
    },
    told="Rows of one colour: the score depends on where the question stands, and not on where the key is. So no layer can learn 'four "
    "beats ago', and the loss falls all the same, for the clock knows the time.",
)


def bug() -> Figure:
    """Exercise 2, what is given: scores of equal content at 60 positions, healthy and sick."""
    plain = torch.ones(1, 1, 60, 64)
    moved = rotate(plain, rotary(60, 64, "cpu"))
    figure, columns = plt.subplots(1, 2, figsize=(8, 3.6), sharey=True, layout="constrained")
    for axes, label, keys in zip(columns, ("healthy", "sick"), (moved, plain), strict=True):
        image = axes.imshow((moved @ keys.mT)[0, 0] / 64, cmap="PuOr", vmin=-1, vmax=1)
        axes.set(title=label, xlabel="key j")
    columns[0].set_ylabel("question i")
    figure.colorbar(image, ax=columns.tolist(), label="score")
    return figure


def check_bug(answer: str | None) -> None:
    """Core: name what is wrong with the attention of `bug`.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


def check_unpatched(unpatched: Callable[[torch.Tensor, int, int, int], torch.Tensor]) -> None:
    """Stretch: latents from patches.

    Args:
        unpatched: takes `(N, T / p, p * channels)`, p, channels and the length; returns `(N, channels, length)`.
    Raises:
        AssertionError: another shape, frames or channels mixed up, or the filling kept.
    """
    for p, channels, length in ((2, 5, 8), (2, 5, 7), (3, 4, 10)):
        latents = torch.randn(2, channels, length, generator=torch.Generator().manual_seed(length))
        filled = torch.nn.functional.pad(latents, (0, -length % p)).mT
        patches = filled.reshape(2, -1, p * channels)
        try:
            got = unpatched(patches, p, channels, length)
        except NotImplementedError:
            print(OPEN.format(3))
            return
        shape = shape_of(got)
        assert shape != (2, length, channels), (
            f"The shape is {shape}: channels come before frames, {tuple(latents.shape)}. Exchange the last two axes."
        )
        assert shape != (2, channels, filled.shape[1]) or length % p == 0, (
            f"There are {filled.shape[1]} frames, and {length} were there before the end was filled up: cut."
        )
        assert shape == tuple(latents.shape), f"The shape is {shape}; it should be {tuple(latents.shape)}."
        assert near(got, latents), (
            f"Right shape, and the numbers are mixed up (p = {p}): first (N, frames, channels), then exchange the axes."
        )
    print("[ok] Frames after frames, channels where they belong, and the filling is gone.")


def check_turned_by(turned_by: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> None:
    """Transfer: rotary positions at any places.

    Args:
        turned_by: takes `(T, d)` and places `(T,)`; returns `(T, d)`.
    Raises:
        AssertionError: lengths change, places are rounded or ignored, or scores depend on more than their difference.
    """
    x = torch.randn(6, 16, generator=torch.Generator().manual_seed(0))
    whole, between = torch.arange(6.0), torch.tensor([0.0, 0.5, 1.5, 2.25, 7.0, 10.75])
    try:
        got = turned_by(x, between)
    except NotImplementedError:
        print(OPEN.format(4))
        return
    assert shape_of(got) == tuple(x.shape), f"Return a tensor of the shape {tuple(x.shape)}."
    known = rotate(x[None, None], rotary(6, 16, "cpu"))[0, 0]
    assert not near(got, known, atol=1e-4), "You turned by 0, 1, 2, ...: are the places used?"
    assert not near(got, turned_by(x, between.round()), atol=1e-4), (
        "Places were rounded: 0.5 has an angle of its own, half of that of 1."
    )
    assert near(np.linalg.norm(numbers(got), axis=1), x.norm(dim=1), atol=1e-4), (
        "Lengths changed: turning is a rotation of each pair."
    )
    cosine, sine = rotary(6, 16, "cpu")
    backwards = rotate(x[None, None], (cosine, -sine))
    mine = turned_by(x, whole)
    assert not near(mine, backwards[0, 0], atol=1e-4), "Turned backwards: real * cos - imaginary * sin comes first."
    assert near(mine, known, atol=1e-4), (
        "At 0, 1, 2, ... it should be what part 3 gives: halves as real and imaginary parts, rates 1000 to the minus i / (d / 2)."
    )
    same = torch.ones(6, 16)
    here, there = (numbers(turned_by(same, between + shift)) for shift in (0.0, 9.0))
    assert near(here @ here.T, there @ there.T, atol=1e-3), "Moved as a whole, scores changed."
    print("[ok] Any place has its angle, and only distances count.")
