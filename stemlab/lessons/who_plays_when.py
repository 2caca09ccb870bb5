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
        print(OPEN.format(2))
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


def check_on_time(on_time: Callable[..., Sequence[float]]) -> None:
    """Transfer: precision, recall and F1 of strokes, which are moments and not frames.

    Args:
        on_time: takes asked and played times in seconds, lists in any order, and a window; returns precision, recall, F1.
    Raises:
        AssertionError: a stroke counts twice, too few pairs are found, the window is not used, or nothing is divided by nothing.
    """
    cases: tuple[tuple[str, list[float], list[float], float, int], ...] = (
        ("on the dot, and one extra", [0.0, 1.0, 2.0], [0.01, 0.99, 1.5, 2.0], 0.05, 3),
        ("a roll on one beat", [0.0, 1.0], [0.98, 1.0, 1.02, 1.03], 0.05, 1),
        ("one stroke between two beats", [1.0, 1.06], [1.03], 0.05, 1),
        ("a row that leans", [0.0, 0.06], [0.05, 0.11], 0.055, 2),
        ("out of order", [2.0, 0.0, 1.0], [1.01, 2.2], 0.05, 1),
        ("a wide window", [0.0, 1.0], [0.15, 1.2], 0.25, 2),
        ("nobody plays", [0.0, 1.0], [], 0.05, 0),
        ("nobody is asked", [], [0.5], 0.05, 0),
        ("silence asked and played", [], [], 0.05, 0),
    )
    for what, asked, played, window, hits in cases:
        try:
            got = tuple(float(value) for value in on_time(list(asked), list(played), window))
        except NotImplementedError:
            print(OPEN.format(3))
            return
        except ZeroDivisionError as error:
            raise AssertionError(f"{what}: you divided by zero. A share of nothing counts as 1.") from error
        assert len(got) == 3, f"It returned {len(got)} numbers; return three: precision, recall, F1."
        assert np.isfinite(got).all(), f"{what}: there is a NaN. A share of nothing counts as 1."
        both = len(asked) + len(played)
        right = (
            hits / len(played) if played else 1.0,
            hits / len(asked) if asked else 1.0,
            2 * hits / both if both else 1.0,
        )
        near_played = sum(any(abs(p - a) <= window for a in asked) for p in played)
        near_asked = sum(any(abs(p - a) <= window for p in played) for a in asked)
        twice = near_played > hits and played and abs(got[0] - near_played / len(played)) < 1e-6
        twice = twice or (near_asked > hits and asked and abs(got[1] - near_asked / len(asked)) < 1e-6)
        assert not twice, (
            f"{what}: asked {asked}, played {played}. One stroke was counted for two, or two for one: each makes *one* pair at most, or a "
            "drum roll would be all hits."
        )
        assert what != "a row that leans" or abs(got[0] - 0.5) > 1e-6, (
            f"{what}: asked {asked}, played {played}, within {window}. You gave the nearest to each other first, and two were left over. "
            "There are two pairs: look for as many as possible, from early to late."
        )
        assert right[0] == right[1] or not np.allclose(got[:2], right[1::-1]), (
            f"{what}: precision and recall are exchanged. Precision divides by what was *played*."
        )
        assert np.allclose(got, right, atol=1e-6), (
            f"{what}: asked {asked}, played {played}, within {window} s: {hits} pairs, so precision, recall and F1 are "
            f"{', '.join(f'{value:.3f}' for value in right)}; you gave {', '.join(f'{value:.3f}' for value in got)}."
        )
    print("[ok] As many pairs as there are, each stroke once.")
