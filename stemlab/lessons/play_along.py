"""Checks for the exercises of the lesson on accompanying a recording.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 07_play_along.ipynb
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN

SUSPECTS = Case(
    exercise=1,
    defect="A",
    against={
        "B": "With one seed for all pairs the deaf players would be one and the same sound, scored forty times: the dots would stand in "
        "one column, or nearly.",
        "C": "Against another song hearing gains nothing, and the mean gain would be 0. Both means are 0.10.",
        "D": "Silence as the null changes what the deaf player is told, and so the mean gain. Both means are 0.10.",
        "E": "With both ears shut a pair is twice the same sound: every dot would lie on the diagonal, and the mean gain would be 0.",
    },
    told="Each pair has two noises, and the luck of both is in its difference. The mean is right, and its error four times as large: what "
    "forty songs tell here, three would have told there.",
)


def bug() -> Figure:
    """Warm-up, what is given: the scores of forty pairs in two null tests, and their differences."""
    rng = np.random.default_rng(5)
    deaf, other = rng.normal(0.2, 0.15, (2, 40))
    rest = rng.normal(0, 0.05, 40)
    hearing = {"healthy": deaf + 0.1 + rest - rest.mean(), "sick": other - other.mean() + deaf.mean() + 0.1}
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    for row, (label, scores) in enumerate(hearing.items()):
        colour, gain = ("#0b62c4", "#e08a00")[row], scores - deaf
        left.plot(deaf, scores, "o", color=colour, alpha=0.7, label=label)
        right.plot(gain, [row] * 40, "o", color=colour, alpha=0.5)
        right.errorbar(gain.mean(), row, xerr=gain.std(ddof=1) / 40**0.5, fmt="|", color="black", markersize=24)
    left.axline((0, 0), slope=1, color="#777777", linewidth=0.8)
    left.set(title="A dot a pair", xlabel="score of the deaf player", ylabel="score of the one who hears")
    left.legend(fontsize=8)
    right.axvline(0, color="#777777", linewidth=0.8)
    right.set(title="Gains; strokes are means, bars standard errors", xlabel="hearing less deaf", ylim=(1.5, -0.5))
    right.set_yticks([0, 1], hearing)
    return figure


def check_bug(answer: str | None) -> None:
    """Warm-up: name what was done wrong in the sick test of `bug`.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


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
    assert len(set(with_ears)) == 5, (
        f"All pairs have the seeds {sorted(set(with_ears))}: then five songs are judged by the luck of one noise. Give each pair a seed of "
        "its own, the same for both of its players."
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
