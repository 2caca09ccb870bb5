"""Checks for the exercises of the lesson on measuring.

Each takes the reader's answer. A right one is told, a wrong one raises AssertionError with what to look at next, and one
that is None or raises NotImplementedError is only open.

Lesson: 16_how_do_we_know.ipynb
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN
from stemlab.metrics.frechet import frechet_distance

SUSPECTS = Case(
    exercise=2,
    defect="C",
    against={
        "A": "If the second were better its curve would lie lower at the *same* number of groups. The two curves are one.",
        "B": "Another seed moves a curve by its own scatter, up or down. It does not make it fall with the number of groups.",
        "D": "A codec would lift a whole curve by the same amount. These lie on each other.",
        "E": "Anchors change what a number means, not what it is.",
    },
    told="Both are the same distribution. A Fréchet distance falls with the number of groups, so 240 groups look better than 60: compare at "
    "equal numbers, or go to infinity along 1/n.",
)


def bug() -> Figure:
    """Exercise 2, what is given: two reported distances, and how each depends on the number of groups."""
    rng, counts = np.random.default_rng(1), [30, 60, 120, 240]
    real = rng.normal(size=(240, 12))
    figure, axes = plt.subplots(figsize=(6.6, 3.2), layout="constrained")
    for label, reported, colour in (("first model", 60, "#0b62c4"), ("second model", 240, "#e08a00")):
        tries = [0.3 + 1.1 * rng.normal(size=(240, 12)) for _ in range(12)]
        curve = [np.mean([frechet_distance(real[:n], made[:n]) for made in tries]) for n in counts]
        axes.plot(counts, curve, "-", color=colour, alpha=0.6, label=label)
        axes.plot(reported, curve[counts.index(reported)], "o", color=colour, markersize=10)
    axes.set(title="Dots: what was reported", xlabel="groups", ylabel="Fréchet distance", ylim=(0, None))
    axes.legend(fontsize=8)
    return figure


def check_bug(answer: str | None) -> None:
    """Core: why the second of `bug` looks better.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


def check_at_infinity(at_infinity: Callable[[np.ndarray, np.ndarray], float]) -> None:
    """Stretch: the distance that infinitely many groups would have.

    Args:
        at_infinity: takes numbers of groups and distances, `(k,)` each; returns a number.
    Raises:
        AssertionError: another axis, the slope, or the last value.
    """
    counts = np.array([25.0, 50.0, 100.0, 200.0])
    for limit, slope in ((2.0, 90.0), (0.5, 40.0)):
        distances = limit + slope / counts
        try:
            got = float(at_infinity(counts.copy(), distances.copy()))
        except NotImplementedError:
            print(OPEN.format(3))
            return
        line = np.polyfit(counts, distances, 1)
        assert abs(got - distances[-1]) > 1e-6, "That is the last value. It is still above what more groups would give."
        assert abs(got - distances.mean()) > 1e-6, "That is the mean of all: the small sets pull it up."
        assert abs(got - line[1]) > 1e-6, (
            "You fitted a line over n. It is straight over 1/n: infinity is the place 0 there."
        )
        assert abs(got - slope) > 1e-6, "That is the slope: how fast it falls. The value at 1/n = 0 is asked for."
        assert abs(got - limit) < 1e-4, f"It says {got:.3f}; the line over 1/n meets 0 at {limit:.3f}."
    print("[ok] A straight line over 1/n, read where 1/n is 0.")


def check_pairs_needed(pairs_needed: Callable[[np.ndarray, float], int]) -> None:
    """Transfer: how many pairs an effect takes.

    Args:
        pairs_needed: takes differences of a pilot `(n,)` and an effect; returns the least number of pairs whose standard error is a
            third of the effect or less.
    Raises:
        AssertionError: not rounded up, another spread, or the wrong power.
    """
    pilot = np.random.default_rng(4).normal(0.1, 0.2, 12)
    for effect in (0.1, 0.05, 0.02):
        exact = (3 * pilot.std(ddof=1) / effect) ** 2
        right = int(np.ceil(exact - 1e-9))
        try:
            got = pairs_needed(pilot.copy(), effect)
        except NotImplementedError:
            print(OPEN.format(4))
            return
        assert isinstance(got, int | np.integer), f"It returned {got!r}. Pairs come whole: an int, rounded up."
        assert got != int(np.ceil(3 * pilot.std(ddof=1) / effect)) or got == right, (
            "Square it: an error shrinks with the *root* of the number, so half the effect takes four times the pairs."
        )
        assert got != int(np.ceil((pilot.std(ddof=1) / effect) ** 2)) or got == right, (
            "That makes the error as large as the effect. It is to be a third of it: nine times as many."
        )
        assert got != int(exact) or got == right, (
            f"For {effect} it is {exact:.1f}, and you rounded down: then the error is too large."
        )
        assert got != int(np.ceil((3 * pilot.std() / effect) ** 2)) or got == right, (
            "A pilot's spread is estimated: divide by n - 1 (ddof=1)."
        )
        assert got == right, f"For an effect of {effect} it takes {right} pairs; you say {got}."
    print("[ok] The spread of pairs, three errors, squared and rounded up.")
