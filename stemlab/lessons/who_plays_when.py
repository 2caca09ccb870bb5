"""Checks for the exercises of the lesson on who plays when.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 08_who_plays_when.ipynb
"""

from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from stemlab.codec.audio import FRAME, SAMPLE_RATE
from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN
from stemlab.metrics.activity import activity_scores

SUSPECTS = Case(
    exercise=1,
    defect="B",
    against={
        "A": "A constant delay would be the same at each entry. The first is early by 0.4 s, and then more and more: 1.2 s at the second.",
        "C": "Exchanged, it would play exactly in the white bars. It plays in parts of both.",
        "D": "The player is at -18 dB or at the floor, so any threshold between gives the same marks. And the player does not hear the "
        "threshold.",
        "E": "A slow gate would give slopes at each entry. These edges are upright, at the wrong places.",
    },
    told="Bars of 2.0 s are those of 120 beats a minute. The first bars are nearly right, so that short tests pass; by bar 6 it plays where "
    "it shall rest.",
)


def bug() -> Figure:
    """Warm-up, what is given: the level of a player by frames, and where it shall play."""
    rng = np.random.default_rng(0)
    seconds = np.arange(300) * FRAME / SAMPLE_RATE
    plays = (seconds // (240 / 120)).astype(int) % 2 == 1  # bars of another tempo
    level = np.where(plays, -18 + rng.normal(0, 2, 300), -100)
    figure, axes = plt.subplots(figsize=(9, 2.8), layout="constrained")
    for bar in range(1, 8, 2):
        axes.axvspan(bar * 2.4, (bar + 1) * 2.4, color="#777777", alpha=0.25, label=None if bar > 1 else "shall play")
    axes.step(seconds, level, where="post", color="#0b62c4", label="plays")
    axes.set(title="Asked for .x.x.x.x at 100 bpm", xlabel="seconds", ylabel="level, dB (floor -100)", xlim=(0, 19.2))
    axes.set_xticks(np.arange(9) * 2.4)
    axes.legend(fontsize=8, loc="center right")
    return figure


def check_bug(answer: str | None) -> None:
    """Warm-up: name what is wrong with the player of `bug`.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


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
