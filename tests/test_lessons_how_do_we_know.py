"""The checks of lesson 16 accept right answers, refuse plausible wrong ones; results of many laptops are pooled, or refused."""

import json
import sys

import numpy as np
import pytest

from stemlab.lessons import how_do_we_know, replicate


def at_infinity(counts, distances):
    return np.polyfit(1 / counts, distances, 1)[1]


def pairs_needed(pilot, effect, share=3, ddof=1, turn=np.ceil, power=2):
    return int(turn((share * pilot.std(ddof=ddof) / effect) ** power))


def test_right_answers_are_accepted(capsys):
    how_do_we_know.check_bug("C")
    how_do_we_know.check_at_infinity(at_infinity)
    how_do_we_know.check_pairs_needed(pairs_needed)
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda n, d: d[-1], "the last value"),
        (lambda n, d: d.mean(), "mean of all"),
        (lambda n, d: np.polyfit(n, d, 1)[1], "a line over n"),
        (lambda n, d: np.polyfit(1 / n, d, 1)[0], "the slope"),
        (lambda n, d: np.polyfit(n**-0.5, d, 1)[1], "the line over 1/n meets"),
        (lambda n, d: 0.0, "the line over 1/n meets"),
    ],
)
def test_another_limit_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        how_do_we_know.check_at_infinity(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda pilot, effect: pairs_needed(pilot, effect, power=1), "Square it"),
        (lambda pilot, effect: pairs_needed(pilot, effect, share=1), "nine times as many"),
        (lambda pilot, effect: pairs_needed(pilot, effect, turn=np.floor), "rounded down"),
        (lambda pilot, effect: pairs_needed(pilot, effect, ddof=0), "ddof=1"),
        (lambda pilot, effect: 9.5, "Pairs come whole"),
        (lambda pilot, effect: pairs_needed(pilot, effect, share=2), "it takes"),
    ],
)
def test_another_number_of_pairs_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        how_do_we_know.check_pairs_needed(answer)


def result(seed, **other):
    told = {
        "kind": replicate.KIND,
        "weights": "w",
        "seed": seed,
        "steps": 8,
        "harmony": [0.1, 0.3],
        "levels": [0.2, 0.2],
    }
    return {**told, **other}


def kept(folder, *results):
    for number, told in enumerate(results):
        (folder / f"{number}.json").write_text(json.dumps(told))
    return folder


def test_pooling_takes_every_pair_once(tmp_path):
    results = replicate.read(kept(tmp_path, result(5), result(2, harmony=[0.6], levels=[0.0])))
    summary, figure = replicate.pool(results)
    assert [told["seed"] for told in results] == [2, 5]
    assert summary["harmony"] == pytest.approx((1 / 3, np.std([0.1, 0.3, 0.6], ddof=1) / 3**0.5, 3))
    assert len(figure.axes) == 2


@pytest.mark.parametrize(
    ("results", "hint"),
    [
        ((), "has no results"),
        ((result(1), result(1)), "seed 1 is there twice"),
        ((result(1), result(2, weights="v")), "different weights"),
        ((result(1), result(2, steps=4)), "different steps"),
        ((result(1, kind="another"),), "no result of this experiment"),
        ((result(1, harmony=[]),), "no result of this experiment"),
        (([1, 2],), "no result of this experiment"),
    ],
)
def test_what_cannot_be_pooled_is_refused_in_one_line(results, hint, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["replicate", "pool", str(kept(tmp_path, *results))])
    assert replicate.main() == 2
    told = capsys.readouterr().err
    assert hint in told and told.count("\n") == 1


def test_a_share_is_the_same_again_and_differs_by_seed(tiny):
    first, again, other = (replicate.measure(tiny, seed, groups=1, steps=1) for seed in (1, 1, 2))
    assert first == again and first["levels"] != other["levels"]


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("A", r"at the \*same\* number"),
        ("b", r"own scatter"),
        ("D", r"lie on each other"),
        ("E", r"not what it is"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        how_do_we_know.check_bug(answer)


def test_the_two_curves_of_the_bug_are_one_and_fall():
    first, _, second, _ = (line.get_ydata() for line in how_do_we_know.bug().axes[0].lines)
    assert np.all(np.diff(first) < 0) and np.all(np.diff(second) < 0)
    assert np.allclose(first, second, rtol=0.1)


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    how_do_we_know.check_bug(None)
    how_do_we_know.check_at_infinity(stub)
    how_do_we_know.check_pairs_needed(stub)
    assert capsys.readouterr().out.count("still open") == 3
