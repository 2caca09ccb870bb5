"""The checks of lesson 8 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import numpy as np
import pytest

from stemlab.lessons import who_plays_when


def measures(hits, asked, played):
    both = len(asked) + len(played)
    return hits / len(played) if played else 1.0, hits / len(asked) if asked else 1.0, 2 * hits / both if both else 1.0


def on_time(asked, played, window):
    left, hits = sorted(played), 0
    for moment in sorted(asked):
        found = [p for p in left if abs(p - moment) <= window]
        if found:
            left.remove(found[0])
            hits += 1
    return measures(hits, asked, played)


def by_matching(asked, played, window):
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_bipartite_matching

    pairs = np.abs(np.subtract.outer(np.array(asked), np.array(played))) <= window
    hits = int((maximum_bipartite_matching(csr_matrix(pairs), perm_type="column") >= 0).sum()) if pairs.size else 0
    return np.array(measures(hits, asked, played))


def each_by_itself(asked, played, window):
    precision = np.mean([any(abs(p - a) <= window for a in asked) for p in played]) if played else 1.0
    recall = np.mean([any(abs(p - a) <= window for p in played) for a in asked]) if asked else 1.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def nearest_first(asked, played, window):
    pairs = sorted(
        (abs(p - a), i, j) for i, a in enumerate(asked) for j, p in enumerate(played) if abs(p - a) <= window
    )
    ours, theirs = set(), set()
    for _, i, j in pairs:
        if i not in ours and j not in theirs:
            ours.add(i)
            theirs.add(j)
    return measures(len(ours), asked, played)


def place_by_place(asked, played, window):
    hits = sum(abs(p - a) <= window for a, p in zip(sorted(asked), sorted(played), strict=False))
    return measures(hits, asked, played)


def unsorted(asked, played, window):
    hits = sum(abs(p - a) <= window for a, p in zip(asked, played, strict=False))
    return measures(hits, asked, played)


def fixed_window(asked, played, window):
    return on_time(asked, played, 0.05)


def careless(asked, played, window):
    hits = on_time(asked, played, window)[0] * len(played)
    return hits / len(played), hits / len(asked), 2 * hits / (len(asked) + len(played))


def with_nan(asked, played, window):
    with np.errstate(all="ignore"):
        hits = np.float64(on_time(asked, played, window)[0] * len(played))
        asked, played = np.float64(len(asked)), np.float64(len(played))
        return hits / played, hits / asked, 2 * hits / (asked + played)


def plain_mean(asked, played, window):
    precision, recall, _ = on_time(asked, played, window)
    return precision, recall, (precision + recall) / 2


def form(names, plan):
    return {name: "".join(("x" if name in playing else ".") * bars for bars, playing in plan) for name in names}


def one_a_section(names, plan):
    return {name: "".join("x" if name in playing else "." for _, playing in plan) for name in names}


def only_those_who_play(names, plan):
    return {name: pattern for name, pattern in form(names, plan).items() if "x" in pattern}


def test_right_answers_are_accepted(capsys):
    who_plays_when.check_bug("B")
    who_plays_when.check_form(form)
    who_plays_when.check_on_time(on_time)
    assert capsys.readouterr().out.count("[ok]") == 3
    who_plays_when.check_on_time(by_matching)
    assert capsys.readouterr().out.count("[ok]") == 1


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (each_by_itself, "makes .one. pair at most"),
        (nearest_first, "look for as many as possible"),
        (place_by_place, "you gave"),
        (unsorted, "you gave"),
        (fixed_window, "a wide window"),
        (careless, "divided by zero"),
        (with_nan, "NaN"),
        (plain_mean, "you gave"),
        (lambda a, p, w: (*on_time(a, p, w)[1::-1], on_time(a, p, w)[2]), "are exchanged"),
        (lambda a, p, w: on_time(a, p, w)[:2], "return three"),
        (lambda a, p, w: on_time(a, p, w / 2), "you gave"),
    ],
)
def test_other_scores_of_strokes_are_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        who_plays_when.check_on_time(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (one_a_section, "one a section"),
        (only_those_who_play, "is \\*free\\*"),
        (lambda names, plan: form(names, plan[::-1]), "section by section"),
        (lambda names, plan: list(form(names, plan).values()), "Return a dict"),
        (lambda names, plan: {name: "x" * 9 for name in names}, "8 bars"),
        (lambda names, plan: {**form(names, plan), "guitar": "x" * 8}, "it takes"),
    ],
)
def test_another_form_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        who_plays_when.check_form(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("A", r"and then more"),
        ("C", r"parts of both"),
        ("d", r"does not hear the"),
        ("E", r"edges are upright"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        who_plays_when.check_bug(answer)


def test_the_blue_bars_are_those_of_another_tempo():
    level = who_plays_when.bug().axes[0].lines[0].get_ydata()
    edges = np.flatnonzero(np.diff(level > -60)) * 2048 / 32_000
    assert np.allclose(np.diff(edges), 2.0, atol=0.07)


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    who_plays_when.check_bug(None)
    who_plays_when.check_form(stub)
    who_plays_when.check_on_time(stub)
    assert capsys.readouterr().out.count("still open") == 3


def test_the_right_answer_is_that_of_mir_eval():
    onset = pytest.importorskip("mir_eval").onset
    rng = np.random.default_rng(5)
    for _ in range(40):
        asked, played = (sorted(rng.uniform(0, 3, rng.integers(1, 30)).tolist()) for _ in range(2))
        f1, precision, recall = onset.f_measure(np.array(asked), np.array(played), window=0.08)
        assert np.allclose(on_time(asked, played, 0.08), (precision, recall, f1))
