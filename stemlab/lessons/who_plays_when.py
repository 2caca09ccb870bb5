"""Checks for the exercises of the lesson on who plays when.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 08_who_plays_when.ipynb
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from stemlab.lessons.start_here import OPEN
from stemlab.metrics.activity import activity_scores


def check_all_on(all_on: Callable[[str], float]) -> None:
    """Warm-up: the F1 of a player that never rests.

    Args:
        all_on: takes a pattern of bars, such as ".xxx"; returns the F1 of playing in all of them.
    Raises:
        AssertionError: the precision alone, the recall alone, or another mean of the two.
    """
    for pattern in (".xxx", "x...", "xxxx", "..x..x.x", "...."):
        asked = np.array([mark == "x" for mark in pattern])
        right, share = activity_scores(asked, np.ones_like(asked))["f1"], float(asked.mean())
        try:
            got = float(all_on(pattern))
        except NotImplementedError:
            print(OPEN.format(1))
            return
        except ZeroDivisionError as error:
            raise AssertionError(f"{pattern!r} divided by zero: who plays and should rest has an F1 of 0.") from error
        assert share in (0, 1) or abs(got - share) > 1e-6, (
            f"For {pattern!r} you gave {got:.3f}. That is the precision: the share of what was played that was asked for. F1 "
            "also looks at the recall, which is 1 here."
        )
        assert share == 1 or abs(got - 1) > 1e-6, f"For {pattern!r} you gave 1: that is the recall, and nobody rested."
        assert share == 1 or abs(got - (share + 1) / 2) > 1e-6, (
            f"For {pattern!r} you gave {got:.3f}, the plain mean of precision and recall. F1 is their *harmonic* mean: (2)."
        )
        assert abs(got - right) < 1e-6, (
            f"For {pattern!r} it is {right:.3f}, you gave {got:.3f}: 2PR / (P + R) with R = 1."
        )
    print("[ok] All on is worth 2a / (1 + a): a number to beat before anyone is praised.")


def check_scores(scores: Callable[[np.ndarray, np.ndarray], Sequence[float]]) -> None:
    """Core: precision, recall and F1 of frames.

    Args:
        scores: takes asked and played, bool arrays `(T,)`; returns precision, recall, F1.
    Raises:
        AssertionError: the two are exchanged, frames that rest are counted, or nothing is divided by nothing.
    """
    rng = np.random.default_rng(1)
    nothing, everything = np.zeros(40, bool), np.ones(40, bool)
    pairs = [(rng.random(40) < 0.6, rng.random(40) < 0.4) for _ in range(3)]
    for asked, played in [*pairs, (everything, nothing), (nothing, everything), (nothing, nothing)]:
        right = activity_scores(asked, played)
        try:
            with np.errstate(invalid="ignore", divide="ignore"):
                got = tuple(float(value) for value in scores(asked.copy(), played.copy()))
        except NotImplementedError:
            print(OPEN.format(2))
            return
        except ZeroDivisionError as error:
            raise AssertionError(
                f"{asked.sum()} frames asked, {played.sum()} played: you divided by zero. A share of nothing counts as 1."
            ) from error
        assert len(got) == 3, f"It returned {len(got)} numbers; return three: precision, recall, F1."
        precision, recall, f1 = right["precision"], right["recall"], right["f1"]
        assert np.isfinite(got).all(), (
            f"{asked.sum()} frames asked, {played.sum()} played: there is a NaN. A share of nothing counts as 1."
        )
        assert precision == recall or not np.allclose(got[:2], (recall, precision)), (
            "Precision and recall are exchanged. Precision divides by what was *played*, recall by what was *asked*."
        )
        agree = float((asked == played).mean())
        assert f1 == agree or not any(abs(value - agree) < 1e-6 for value in got), (
            "One of your numbers is the share of frames that agree. It praises rests too; here a hit is asked *and* played."
        )
        assert abs(got[0] - precision) < 1e-6 and abs(got[1] - recall) < 1e-6, (
            f"{asked.sum()} frames asked, {played.sum()} played, {(asked & played).sum()} both: precision is {precision:.3f} and "
            f"recall {recall:.3f}, you gave {got[0]:.3f} and {got[1]:.3f}. A share of nothing counts as 1."
        )
        assert abs(got[2] - f1) < 1e-6, (
            f"Precision {precision:.3f} and recall {recall:.3f} are right, F1 should be {f1:.3f} and is {got[2]:.3f}: the "
            "harmonic mean. Count it as 2 * hits / (asked + played), and 1 where both are 0."
        )
    print("[ok] Hits, over what was played, over what was asked, and over both.")


def check_form(form: Callable[..., Any]) -> None:
    """Stretch: from a plan in sections to one pattern for each stem.

    Args:
        form: takes the names of all stems and a plan, a list of (bars, names that play); returns a dict of patterns.
    Raises:
        AssertionError: a stem is missing, a section has another length, or bars are out of order.
    """
    names = ["drums", "bass", "keys", "lead"]
    plan = [(2, ["keys"]), (1, ["keys", "bass"]), (1, []), (4, ["drums", "bass", "keys"])]
    right = {"drums": "....xxxx", "bass": "..x.xxxx", "keys": "xxx.xxxx", "lead": "........"}
    try:
        got = form(list(names), [(bars, list(playing)) for bars, playing in plan])
    except NotImplementedError:
        print(OPEN.format(3))
        return
    assert isinstance(got, dict), f"It returned {type(got).__name__}. Return a dict from name to pattern."
    assert "lead" in got, (
        "The lead is missing. A stem that is not named is *free* and will play when it likes; one that shall rest needs its dots."
    )
    assert set(got) == set(names), f"It has the stems {', '.join(got)}; it takes {', '.join(names)}."
    lengths = {name: len(pattern) for name, pattern in got.items()}
    assert set(lengths.values()) != {len(plan)}, (
        f"All patterns have {len(plan)} characters, one a section. Repeat each as many times as its section has bars."
    )
    assert set(lengths.values()) == {8}, f"The plan has 8 bars, your patterns have {lengths}."
    for name in names:
        assert got[name] == right[name], (
            f"{name} should be {right[name]!r}, yours is {got[name]!r}: section by section."
        )
    print("[ok] One character a bar, for every stem, the resting ones too.")
