"""The checks of lesson 8 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import numpy as np
import pytest

from stemlab.lessons import who_plays_when


def scores(asked, played):
    hits, a, p = (asked & played).sum(), asked.sum(), played.sum()
    return (hits / p if p else 1.0, hits / a if a else 1.0, 2 * hits / (a + p) if a + p else 1.0)


def exchanged(asked, played):
    precision, recall, f1 = scores(asked, played)
    return recall, precision, f1


def careless(asked, played):
    hits = int((asked & played).sum())
    return hits / int(played.sum()), hits / int(asked.sum()), 2 * hits / int(asked.sum() + played.sum())


def with_nan(asked, played):
    hits = (asked & played).sum()
    return hits / played.sum(), hits / asked.sum(), 2 * hits / (asked.sum() + played.sum())


def plain_mean(asked, played):
    precision, recall, _ = scores(asked, played)
    return precision, recall, (precision + recall) / 2


def accuracy(asked, played):
    precision, recall, _ = scores(asked, played)
    return precision, recall, (asked == played).mean()


def form(names, plan):
    return {name: "".join(("x" if name in playing else ".") * bars for bars, playing in plan) for name in names}


def one_a_section(names, plan):
    return {name: "".join("x" if name in playing else "." for _, playing in plan) for name in names}


def only_those_who_play(names, plan):
    return {name: pattern for name, pattern in form(names, plan).items() if "x" in pattern}


def test_right_answers_are_accepted(capsys):
    who_plays_when.check_bug("B")
    who_plays_when.check_scores(scores)
    who_plays_when.check_form(form)
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (exchanged, "are exchanged"),
        (careless, "divided by zero"),
        (with_nan, "NaN"),
        (plain_mean, "harmonic mean"),
        (accuracy, "asked \\*and\\* played"),
        (lambda asked, played: scores(asked, played)[:2], "return three"),
        (lambda asked, played: (0.5, 0.5, 0.5), "frames asked"),
    ],
)
def test_other_scores_are_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        who_plays_when.check_scores(answer)


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
    who_plays_when.check_scores(stub)
    who_plays_when.check_form(stub)
    assert capsys.readouterr().out.count("still open") == 3


def test_the_checks_agree_with_the_package_on_random_frames():
    rng = np.random.default_rng(5)
    asked, played = rng.random((2, 50)) < 0.5
    from stemlab.metrics.activity import activity_scores

    found = activity_scores(asked, played)
    assert np.allclose(scores(asked, played), (found["precision"], found["recall"], found["f1"]))
