"""Checks for the exercises of the lesson on fine-tuning.

Each takes the reader's answer. A right one is told, a wrong one raises AssertionError with what to look at next, and one
that is None or raises NotImplementedError is only open.

Lesson: 15_fine_tuning.ipynb
"""

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN

SUSPECTS = Case(
    exercise=2,
    defect="B",
    against={
        "A": "With too low a rate neither loss would fall. Both fall by two thirds.",
        "C": "A small set makes a curve that jumps. It does not move its windows nearer to those of training.",
        "D": "If all songs were alike, windows of *new* songs would have twins in training too. They lie further away.",
        "E": "Held-out windows are to stand for songs that the model has not met. These have twins in training; new songs have none.",
    },
    told="Windows of one song are nearly copies of each other, so every held-out window has its twin in training: the curve measures how "
    "well songs were learned by heart. Hold out songs.",
)


def bug() -> Figure:
    """Warm-up, what is given: two losses over the steps, and distances to the nearest window in training."""
    rng = np.random.default_rng(0)
    songs, new = rng.normal(0, 1, (12, 16)), rng.normal(0, 1, (8, 16))
    windows = (songs[:, None] + rng.normal(0, 0.25, (12, 20, 16))).reshape(-1, 16)
    held = np.arange(240) % 5 == 0
    others = (new[:, None] + rng.normal(0, 0.25, (8, 6, 16))).reshape(-1, 16)
    nearest = [np.linalg.norm(one[:, None] - windows[~held], axis=2).min(1) for one in (windows[held], others)]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3), layout="constrained")
    steps = np.arange(0, 401, 10)
    weights = np.linalg.qr(rng.normal(0, 1, (16, 16)))[0]
    for label, rows, colour in (("in training", ~held, "#0b62c4"), ("held out", held, "#e08a00")):
        left.plot(
            steps,
            _heart(windows, windows[rows] @ weights, windows[rows], ~held, weights, steps),
            color=colour,
            label=label,
        )
    left.set(title="Loss", xlabel="step", ylabel="squared error", ylim=(0, None))
    left.legend(fontsize=8)
    for label, found, colour in zip(("held out", "of new songs"), nearest, ("#e08a00", "#777777"), strict=True):
        right.hist(found, np.linspace(0, 6, 41), color=colour, alpha=0.7, label=label)
    right.set(title="Distance to the nearest window in training", xlabel="distance", ylabel="windows")
    right.legend(fontsize=8)
    return figure


def _heart(
    windows: np.ndarray, wanted: np.ndarray, at: np.ndarray, known: np.ndarray, weights: np.ndarray, steps: np.ndarray
) -> list[float]:
    """Losses of a learner by heart: what it says at a window goes, step by step, from nothing to what it met nearby."""
    close = np.exp(-np.square(at[:, None] - windows[known]).sum(2) / 2)
    said = (close / close.sum(1, keepdims=True)) @ (windows[known] @ weights)
    return [float(np.square(wanted - (1 - np.exp(-step / 120)) * said).mean()) for step in steps]


def check_bug(answer: str | None) -> None:
    """Warm-up: name what is wrong with the fine-tuning of `bug`.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


def check_stop(stop_at: Callable[[Sequence[int], Sequence[float], Sequence[float], float], int]) -> None:
    """Core: where to stop, by a rule.

    Args:
        stop_at: takes steps, held-out losses, losses on old music, and by what share the latter may rise; returns a step.
    Raises:
        AssertionError: it ignores the old music, forgets step 0, or returns a place in the list.
    """
    steps, held = [0, 10, 30, 60, 100], [0.9, 0.7, 0.5, 0.45, 0.6]
    old = [0.40, 0.41, 0.43, 0.48, 0.60]
    cases = [(0.1, old, 30), (0.3, old, 60), (0.01, old, 0), (9.0, old, 60), (0.1, [0.40, 0.41, 0.60, 0.43, 0.42], 60)]
    for allowed, losses, right in cases:
        try:
            got = stop_at(list(steps), list(held), list(losses), allowed)
        except NotImplementedError:
            print(OPEN.format(3))
            return
        assert got in steps, f"It returned {got!r}, which is none of the steps {steps}: is it the place in the list?"
        if got == right:
            continue
        assert not (got == 60 and right in (0, 30)), (
            f"With {allowed:.0%} allowed you stop at 60, where the old music has lost {losses[3] / losses[0] - 1:.0%}: it forgets too much."
        )
        assert not (got == 100), (
            "You took the last step. Held out, step 100 is worse than 60: by then it learns by heart."
        )
        assert not (right == 0), (
            "With 1 % allowed every step but the first forgets too much: then the rule says 0, do not tune."
        )
        assert not (losses is not old), (
            f"With {losses} for the old music step 60 is allowed again: the bound is the first loss, whatever happened in between."
        )
        raise AssertionError(
            f"With {allowed:.0%} allowed the rule gives step {right}, yours {got}. A share of the first loss, not of 1."
        )
    print("[ok] The least held-out loss among the steps that do not forget too much.")


def check_held_out(held_out: Callable[[str], bool]) -> None:
    """Transfer: is a song held out? Decided by its name alone, so that a growing data set never moves a song.

    Args:
        held_out: takes a song's name; True for about one in five.
    Raises:
        AssertionError: it is chance, depends on earlier calls or on the process, or holds out another share.
    """
    names = [f"Band {i % 40} - Song {i}" for i in range(1000)]
    try:
        first = [held_out(name) for name in names]
    except NotImplementedError:
        print(OPEN.format(4))
        return
    assert all(isinstance(value, bool | np.bool_) for value in first), (
        f"It returned {first[0]!r}. Return True or False."
    )
    backwards = [held_out(name) for name in reversed(names)][::-1]
    moved = sum(a != b for a, b in zip(first, backwards, strict=True))
    assert not moved, (
        f"Asked again in another order, {moved} of 1000 songs changed sides. No chance and no counter: the answer follows "
        "from the name alone."
    )
    share = sum(first) / len(first)
    assert 0.15 < share < 0.25, f"It holds out {share:.0%} of 1000 songs; asked was about 20 %."
    takes = ["Duo - One", "Duo - One (take 2)", "Duo - Two", "Solo", "solo", "Été", "曲"]
    assert all(isinstance(held_out(name), bool | np.bool_) for name in takes), "Any name has to do, in any alphabet."
    known = {"Band 0 - Song 0", "Band 1 - Song 1", "Band 2 - Song 2", "Band 3 - Song 3", "Band 4 - Song 4"}
    by_hash = _by_hash_seeds(held_out, sorted(known))
    assert by_hash, (
        "In a new Python it would answer otherwise: hash() of a text is drawn anew at each start. Use hashlib, whose sums "
        "are the same for ever."
    )
    print(f"[ok] {share:.0%} held out, by name alone: new songs move nobody, today and next year.")


def _by_hash_seeds(held_out: Callable[[str], bool], names: list[str]) -> bool:
    """Whether the function keeps its answers when `hash` of texts is another one, as in another process."""
    import builtins

    names = names + [f"Song {i}" for i in range(60)]
    before, real = [held_out(name) for name in names], builtins.hash
    builtins.hash = lambda value: real((value, "another process"))  # type: ignore[assignment]
    try:
        return [held_out(name) for name in names] == before
    finally:
        builtins.hash = real
