"""Checks for the exercises of the lesson on accompanying a recording.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 07_play_along.ipynb
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from stemlab.lessons.start_here import OPEN


def check_leave_one_out(leave_one_out: Callable[[np.ndarray, int], np.ndarray]) -> None:
    """Warm-up: the sub-mix that one stem of a group hears.

    Args:
        leave_one_out: takes stems `(S, N)` and the number of one; returns the sum of the others, `(N,)`.
    Raises:
        AssertionError: another stem left out, a mean, or a level that was changed.
    """
    stems = np.random.default_rng(0).uniform(0.2, 0.5, (4, 16)).astype(np.float32)
    for index in (0, 2, 3):
        try:
            got = leave_one_out(stems.copy(), index)
        except NotImplementedError:
            print(OPEN.format(1))
            return
        right = stems.sum(0) - stems[index]
        got = np.asarray(got)
        assert got.shape == right.shape, f"It returned the shape {got.shape}; four stems of 16 samples mix to (16,)."
        assert not np.allclose(got, stems.sum(0), atol=1e-4), "That is the whole mix: the stem hears itself in it."
        assert not np.allclose(got, stems[index], atol=1e-4), (
            "That is the stem alone. Its players are all the *others*."
        )
        assert not np.allclose(got, right / 3, atol=1e-4), (
            "That is the mean of the others. A mix is a sum: with a mean, each gets softer as the band grows."
        )
        assert got.max() > 1.001 or right.max() <= 1.001, (
            f"The sum reaches {right.max():.2f} and yours stops at {got.max():.2f}: do not clip or normalise. Nobody plays "
            "this mix; it is a condition, and levels are part of what it tells."
        )
        assert np.allclose(got, right, atol=1e-4), "Right shape, wrong values: add all rows but one, as they are."
    print("[ok] The sum of all others, at the levels that they have.")


def check_null_test(null_test: Callable[..., Any]) -> None:
    """Core: what each player gains by hearing, all else being equal.

    Args:
        null_test: takes `make(seed, submix)`, `score(sound, submix)` and a list of sub-mixes; returns `(n,)` differences.
    Raises:
        AssertionError: the null is silence, noise or yardstick change too, the sign is turned, or only a mean comes back.
    """
    rng = np.random.default_rng(0)
    submixes = list(rng.standard_normal((5, 64)))
    calls: list[tuple[int, str]] = []
    scored: list[str] = []

    def name(submix: Any) -> str:
        if submix is None:
            return "nothing"
        where = [i for i, one in enumerate(submixes) if np.array_equal(one, submix)]
        return f"sub-mix {where[0]}" if where else "silence" if not np.any(submix) else "another sound"

    def make(seed: int, submix: Any) -> np.ndarray:
        calls.append((seed, name(submix)))
        sound = np.random.default_rng(seed).standard_normal(64)
        return sound if submix is None else sound + 0.5 * np.asarray(submix)

    def score(sound: np.ndarray, submix: Any) -> float:
        scored.append(name(submix))
        return 0.0 if submix is None else float(np.mean(sound * submix))

    try:
        got = null_test(make, score, submixes)
    except NotImplementedError:
        print(OPEN.format(2))
        return
    told = {what for _, what in calls}
    assert "silence" not in told, (
        "You gave silence as the null. A sub-mix of zeros says 'the others rest'; pass None, which says nothing at all."
    )
    assert "nothing" in told, "Nobody was made with None: without its null, a score has nothing to be compared with."
    assert set(scored) == {f"sub-mix {i}" for i in range(5)}, (
        f"You scored against {', '.join(sorted(set(scored)))}. The deaf player too is scored against the sub-mix that it did "
        "not hear: one yardstick for both."
    )
    pairs = {what: [seed for seed, heard in calls if heard == what] for what in sorted(told)}
    with_ears, deaf = (sorted(s for w, seeds in pairs.items() if (w == "nothing") == d for s in seeds) for d in (0, 1))
    assert len(with_ears) == 5 and with_ears == deaf, (
        f"The players that hear have the seeds {with_ears}, the deaf ones {deaf}. Give both of a pair one seed: then nothing "
        "differs but the ear."
    )
    got = np.asarray(got, float)
    assert got.shape == (5,), (
        f"It returned {got.shape or 'a single number'}; return all five differences. Their scatter tells how sure the mean is."
    )
    right = np.array([0.5 * np.mean(np.square(one)) for one in submixes])
    assert not np.allclose(got, -right), (
        "The sign is turned: it is hearing less null, so that listening comes out above 0."
    )
    assert np.allclose(got, right), (
        "Right shape, wrong values: is each sound scored against the sub-mix of its own pair?"
    )
    print("[ok] One seed and one yardstick a pair; nothing differs but the ear.")


def check_exact_p(exact_p: Callable[[np.ndarray], float]) -> None:
    """Stretch: how often would chance alone do as well?

    Args:
        exact_p: takes paired differences `(n,)`; returns the share of all 2**n choices of signs whose mean is at least theirs.
    Raises:
        AssertionError: random choices, both sides, or the observed one left out.
    """
    rng = np.random.default_rng(4)
    for shift, n in ((0.4, 8), (0.9, 6), (-0.3, 7)):
        differences = rng.normal(shift, 1, n)
        try:
            got, again = float(exact_p(differences.copy())), float(exact_p(differences.copy()))
        except NotImplementedError:
            print(OPEN.format(3))
            return
        assert got == again, "Two calls gave two answers: go through *all* choices of signs instead of drawing some."
        sums = np.array([np.dot(signs, differences) for signs in product((1, -1), repeat=n)])
        total = differences.sum()
        count, both = int((sums >= total - 1e-9).sum()), int((np.abs(sums) >= abs(total) - 1e-9).sum())
        found = got * 2**n
        assert count == 2**n or abs(found - (count - 1)) > 1e-6, (
            f"You count {count - 1} of {2**n}, one too few: what was observed is one of the choices. Compare with >=, and "
            "allow for rounding by 1e-12."
        )
        assert both == count or abs(found - both) > 1e-6, (
            "You count both sides. The question is whether hearing *helps*: take the signed mean, not its size."
        )
        assert abs(found - count) < 1e-6, (
            f"With {n} differences there are {2**n} choices of signs, and {count} do as well; you found {found:.2f}. A sign "
            "is +1 or -1 for each difference; adding or reordering them changes nothing."
        )
    print("[ok] Every choice of signs looked at, the observed one among them.")
