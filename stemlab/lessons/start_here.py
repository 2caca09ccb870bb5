"""Checks for the exercises of the first lesson.

Each takes the reader's answer. It prints what was found right, or raises AssertionError with what to look at next. An
answer that is still None or raises NotImplementedError is not wrong, only open: that is printed and nothing is raised,
so that a notebook with open exercises still runs from top to bottom.

Lesson: 00_start_here.ipynb
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from stemlab.lab.group import Stem, StemGroup
from stemlab.lessons.diagnosis import Case

OPEN = "Exercise {}: still open. Write your answer over the stub and run its cell again."


def check_trio(group: StemGroup | None) -> None:
    """Warm-up: three stems, 92 bpm, D major, 2 bars.

    Args:
        group: what `lab.generate` returned, or None while the exercise is open.
    Raises:
        AssertionError: it is another group than the one that was asked for.
    """
    if group is None:
        print(OPEN.format(1))
        return
    assert isinstance(group, StemGroup), (
        f"This is a {type(group).__name__}, not a group. Keep what lab.generate(...) returns: trio = lab.generate(...)."
    )
    assert len(group) == 3, (
        f"This group has {len(group)}: {', '.join(group.names)}. A trio takes three texts in the list, one a stem."
    )
    assert group.bpm == 92, (
        f"The tempo is {group.bpm or 'left open'}, not 92. Words in the prompt do not set it: pass bpm=92."
    )
    assert group.key == "D major", (
        f'The key is {group.key or "left open"}, not D major. Words in the prompt do not set it: pass key="D major".'
    )
    assert group.bars == 2, f"There are {group.bars} bars, not 2. Without bars= a group gets 4: pass bars=2."
    print(f"[ok] {', '.join(group.names)}: 2 bars of 4 beats at 92 bpm are 2 * 4 * 60 / 92 = {group.seconds:.2f} s.")


def check_unchanged(unchanged: Callable[[StemGroup, StemGroup], list[str]]) -> None:
    """Core: which stems of one group are in another, bit for bit?

    Args:
        unchanged: takes two groups, returns names in the order of the first.
    Raises:
        AssertionError: it finds too many, too few, or fails; the message says on what.
    """
    rng = np.random.default_rng(0)
    sound = {
        name: rng.uniform(-0.5, 0.5, 64).astype(np.float32) for name in ("drums", "bass", "keys", "strings", "lead")
    }
    before = _group(**sound)
    nudged = sound["keys"].copy()
    nudged[40] += np.float32(1e-6)
    after = _group(
        guitar=sound["bass"], keys=nudged, strings=sound["strings"][::-1], bass=sound["bass"], drums=sound["drums"]
    )
    try:
        got = unchanged(before, after)
    except NotImplementedError:
        print(OPEN.format(2))
        return
    except KeyError as error:
        raise AssertionError(
            f"It stopped with KeyError {error}: a stem of `before` may be missing in `after`. Ask first: "
            "`name in after.names`."
        ) from error
    assert isinstance(got, list), f"It returned {got!r}. Return a list of names, such as ['drums', 'bass']."
    assert "keys" not in got, (
        "It lists 'keys', where one sample of 64 moved by 0.000001. Nearly the same is not the same: compare with "
        "np.array_equal, not np.allclose, and not by name alone."
    )
    assert "strings" not in got, (
        "It lists 'strings', which have the same samples in another order: level, peak and sum are the same, the sound is not. "
        "Compare sample by sample."
    )
    assert "guitar" not in got, "It lists 'guitar', which `before` does not have."
    assert "lead" not in got, "It lists 'lead', which `after` does not have."
    assert {"drums", "bass"} <= set(got), (
        f"It found {got}, yet drums and bass are both in `after` with the same samples, at other places in the list. "
        "Pair stems by name, after[name], not by position."
    )
    assert got == ["drums", "bass"], (
        f"It found {got}. List each name once, in the order of `before`: ['drums', 'bass']."
    )
    print("[ok] Found by name, compared bit for bit, and a missing stem did no harm.")


BAND = ("drums", "bass", "keys", "strings")
SUSPECTS = Case(
    exercise=3,
    defect="B",
    against={
        "A": "Another seed would be another piece, whose peaks lie where they like. Four peaks of exactly 1 are no chance.",
        "C": "One gain would move all four levels by the same number of dB, and keep the balance. Drums went up by 2, strings by 18.",
        "D": "Exchanged names would exchange two bars of the picture. Here *every* stem is louder than before.",
        "E": "If the strings alone were new, the others would have kept their levels. Every one of them moved.",
    },
    told="Every peak is 1: each stem was turned up by itself, so the softest got the most. Balance is part of the music, and it is gone; "
    "one gain for all would have kept it.",
)


def bug() -> Figure:
    """Core, what is given: level and peak of four stems, as made and as a friend sent them."""
    rng = np.random.default_rng(0)
    made = np.stack(
        [peak * np.tanh(rng.normal(0, s, 32_000)) for peak, s in ((0.8, 1), (0.5, 0.6), (0.3, 0.7), (0.12, 0.9))]
    )
    sent = made / np.abs(made).max(1, keepdims=True)
    figure, columns = plt.subplots(1, 2, figsize=(10, 3), layout="constrained")
    for shift, (label, sounds, colour) in enumerate((("as made", made, "#0b62c4"), ("as sent", sent, "#e08a00"))):
        place = np.arange(4) + 0.4 * shift - 0.2
        level = 20 * np.log10(np.sqrt((sounds**2).mean(1)))
        columns[0].bar(place, level + 40, 0.38, bottom=-40, color=colour, label=label)
        columns[1].bar(place, np.abs(sounds).max(1), 0.38, color=colour, label=label)
    columns[0].set(title="Level", ylabel="dB (RMS)", ylim=(-40, 0))
    columns[1].set(title="Highest sample", ylabel="peak", ylim=(0, 1.3))
    for axes in columns:
        axes.set_xticks(range(4), BAND)
    columns[1].legend(fontsize=8, ncols=2)
    return figure


def check_bug(answer: str | None) -> None:
    """Core: name what happened to the band of `bug`.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


def _group(**sounds: np.ndarray) -> StemGroup:
    return StemGroup([Stem(name, name, audio) for name, audio in sounds.items()])
