"""The lessons' checks accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import numpy as np
import pytest

from stemlab.lab.group import Stem, StemGroup
from stemlab.lessons import start_here


def trio(names=("drums", "bass", "keys"), bpm=92, key="D major", bars=2):
    return StemGroup([Stem(n, n, np.zeros(100)) for n in names], bpm, key, bars)


def test_the_trio_that_was_asked_for_is_accepted(capsys):
    start_here.check_trio(trio())
    assert "[ok] drums, bass, keys" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (trio(("drums", "bass")), "three texts"),
        (trio(bpm=None), "pass bpm=92"),
        (trio(key="D minor"), 'pass key="D major"'),
        (trio(bars=4), "pass bars=2"),
        (["drums", "bass", "keys"], "Keep what lab.generate"),
        (trio(("drums", "bass", "keys", "lead")), "three texts"),
    ],
)
def test_another_trio_is_refused_with_what_to_pass(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        start_here.check_trio(answer)


def by_name(before, after):
    return [n for n in before.names if n in after.names and np.array_equal(before[n].audio, after[n].audio)]


def nearly(before, after):
    return [n for n in before.names if n in after.names and np.allclose(before[n].audio, after[n].audio, atol=1e-5)]


def by_place(before, after):
    return [a.name for a, b in zip(before, after, strict=False) if np.array_equal(a.audio, b.audio)]


def careless(before, after):
    return [n for n in before.names if np.array_equal(before[n].audio, after[n].audio)]


def in_the_other_order(before, after):
    return by_name(after, before)


def by_content(before, after):
    return [n for n in before.names if n in after.names and set(before[n].audio) == set(after[n].audio)]


def by_sound_alone(before, after):
    return [n for n in after.names if any(np.array_equal(after[n].audio, stem.audio) for stem in before)]


def test_stems_compared_by_name_and_bit_for_bit_are_accepted(capsys):
    start_here.check_unchanged(by_name)
    assert "[ok]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (nearly, "np.array_equal, not np.allclose"),
        (by_place, "by name, after"),
        (careless, "may be missing in `after`"),
        (in_the_other_order, "in the order of `before`"),
        (lambda before, after: set(by_name(before, after)), "Return a list"),
        (lambda before, after: [n for n in before.names if n in after.names], "compare with"),
        (by_content, "sample by sample"),
        (by_sound_alone, "'guitar', which `before` does not have"),
    ],
)
def test_stems_compared_in_another_way_are_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        start_here.check_unchanged(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("A", r"no chance"),
        ("C", r"by the same number"),
        ("D", r"exchange two bars"),
        ("e", r"Every one of them moved"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        start_here.check_bug(answer)


def test_the_bug_is_told_when_it_is_named(capsys):
    start_here.check_bug("b")
    assert "[ok] B" in capsys.readouterr().out


def test_the_softest_stem_was_turned_up_most_and_every_peak_is_one():
    levels, peaks = ([bar.get_height() for bar in axes.patches] for axes in start_here.bug().axes)
    moved = [after - before for before, after in zip(levels[:4], levels[4:], strict=True)]
    assert peaks[4:] == [1, 1, 1, 1] and moved == sorted(moved)
    assert abs(moved[0] - 2) < 1 and abs(moved[3] - 18) < 1.5


def test_an_open_exercise_is_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    start_here.check_trio(None)
    start_here.check_unchanged(stub)
    start_here.check_bug(None)
    assert capsys.readouterr().out.count("still open") == 3
