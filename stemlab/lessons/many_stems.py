"""Checks for the exercises of the lesson on many stems at once.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 06_many_stems_at_once.ipynb
"""

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from stemlab.lab.request import rounds_of
from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN


def check_count_steps(count_steps: Callable[[str, int, int], int]) -> None:
    """Warm-up: how many sampling steps does a scheme take?

    Args:
        count_steps: takes scheme, number of stems and steps of one round; returns a number.
    Raises:
        AssertionError: another number than the rounds of the scheme give.
    """
    for stems in (1, 2, 5, 8):
        for scheme in ("one-pass", "two-pass", "k-pass"):
            right = 32 * len(rounds_of(scheme, stems))
            try:
                got = count_steps(scheme, stems, 32)
            except NotImplementedError:
                print(OPEN.format(1))
                return
            assert stems > 1 or scheme != "one-pass" or got != 2 * right, (
                f"You count {got} for one stem in one pass, twice too many. Guidance doubles the batch, not the steps: both "
                "halves go through together."
            )
            assert stems > 1 or got == right, (
                f"A single stem in {scheme!r} took you {got} steps: with nobody in the second half there is one round, "
                f"so {right}."
            )
            assert scheme != "one-pass" or got != right * stems or stems == 1, (
                f"You count {got} steps for {stems} stems in one pass. They go through together: one step moves them all."
            )
            assert got == right, f"{scheme!r} with {stems} stems and 32 steps a round: you count {got}, it is {right}."
    print("[ok] Rounds times steps; and one stem is one round in every scheme.")


BAND = ("drums", "bass", "keys", "guitar")
SUSPECTS = Case(
    exercise=2,
    defect="B",
    against={
        "A": "Under 'noise' the whole table would be zero; half of this one is not.",
        "C": "Deaf drums would have a row of zeros in both pictures. They have one on the left, where they come first, and hear all "
        "three on the right, where they come last.",
        "D": "Two groups of two would show two squares on the diagonal, and zeros between them on both sides. Here the last hears all.",
        "E": "With the softmax over the listeners everybody would still hear everybody, at other strengths. Here are exact zeros.",
    },
    told="The attention has a mask that text models need, in which each position sees only those before it. In a list of words that is "
    "right; a band has no order. The first hears nobody, the last hears all.",
)


def bug() -> Figure:
    """Exercise 2, what is given: who changes when who is left out, for a band with a defect, in two orders."""
    generator = torch.Generator().manual_seed(3)
    sound = torch.randn(4, 24, generator=generator)
    query, key = torch.randn(2, 24, 8, generator=generator)

    def velocity(members: Sequence[int]) -> torch.Tensor:
        x = sound[list(members)]
        scores = (x @ query) @ (x @ key).T / 24
        seen = torch.ones(len(x), len(x)).tril(-1).bool()
        heard = scores.masked_fill(~seen, -torch.inf).softmax(1).nan_to_num()
        return x + heard @ x

    figure, columns = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    for axes, order in zip(columns, ([0, 1, 2, 3], [3, 2, 1, 0]), strict=True):
        table, everyone = torch.zeros(4, 4), velocity(order)
        for j in range(4):
            stay = [i for i in range(4) if i != j]
            left = velocity([order[i] for i in stay])
            table[stay, j] = (everyone[stay] - left).square().mean(1).sqrt()
        image = axes.imshow(table, cmap="Blues", vmin=0)
        names = [BAND[i] for i in order]
        axes.set_xticks(range(4), names)
        axes.set_yticks(range(4), names)
        axes.set(xlabel="left out", ylabel="who changes")
        figure.colorbar(image, ax=axes, label="change")
    figure.suptitle("A band in two orders", fontsize=11)
    return figure


def check_bug(answer: str | None) -> None:
    """Core: name what is wrong with the band of `bug`.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


def check_k_pass(k_pass: Callable[..., list]) -> None:
    """Stretch: stems one after another, each to the sum of all before it.

    Args:
        k_pass: takes `make(index, submix)` and the number of stems; returns the list of their sounds.
    Raises:
        AssertionError: the first hears something, or a later one hears anything else than the sum so far.
    """
    heard: list = []

    def make(index: int, submix: np.ndarray | None) -> np.ndarray:
        heard.append((index, None if submix is None else np.array(submix)))
        return np.full(4, 10.0**index, dtype=np.float32)

    try:
        got = k_pass(make, 4)
    except NotImplementedError:
        print(OPEN.format(3))
        return
    assert [index for index, _ in heard] == [0, 1, 2, 3], (
        f"make was called for {[index for index, _ in heard]}: call it once for each stem, in order."
    )
    assert heard[0][1] is None, "The first stem was given a sub-mix. Nobody plays yet: pass None, which is not silence."
    for index, submix in heard[1:]:
        right = float(sum(10.0**k for k in range(index)))
        assert submix is not None and submix.shape == (4,), f"Stem {index} heard nothing, or no sound of 4 samples."
        value = float(submix[0])
        assert index == 1 or value != 10.0 ** (index - 1), (
            f"Stem {index} heard the one before it alone, not all so far."
        )
        assert abs(value - right / index) > 1e-3 or index == 1, (
            f"Stem {index} heard the mean. A mix is a sum: with a mean, all get softer as the band grows."
        )
        assert abs(value - right) < 1e-3, f"Stem {index} heard {value:g}; the sum of those before it is {right:g}."
    assert len(got) == 4 and all(float(sound[0]) == 10.0**k for k, sound in enumerate(got)), (
        "Return the list of all sounds that make gave, in order, as they came."
    )
    print("[ok] The first plays free, and each later one to the sum of all before it.")
