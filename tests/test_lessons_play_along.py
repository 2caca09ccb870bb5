"""The checks of lesson 7 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

from itertools import product

import numpy as np
import pytest

from stemlab.lessons import play_along


def null_test(make, score, submixes):
    pairs = [(make(i, s), make(i, None), s) for i, s in enumerate(submixes)]
    return [score(hearing, s) - score(deaf, s) for hearing, deaf, s in pairs]


def with_silence(make, score, submixes):
    return [score(make(i, s), s) - score(make(i, np.zeros_like(s)), s) for i, s in enumerate(submixes)]


def with_other_noise(make, score, submixes):
    return [score(make(i, s), s) - score(make(i + 100, None), s) for i, s in enumerate(submixes)]


def with_one_seed(make, score, submixes):
    return [score(make(0, s), s) - score(make(0, None), s) for s in submixes]


def with_two_seeds_in_all(make, score, submixes):
    return [score(make(i % 2, s), s) - score(make(i % 2, None), s) for i, s in enumerate(submixes)]


def against_nothing(make, score, submixes):
    return [score(make(i, s), s) - score(make(i, None), None) for i, s in enumerate(submixes)]


def without_null(make, score, submixes):
    return [score(make(i, s), s) for i, s in enumerate(submixes)]


def signs_of(n):
    return np.array(list(product((1, -1), repeat=n)))


def exact_p(differences):
    return (signs_of(len(differences)) @ differences >= differences.sum() - 1e-12).mean()


def drawn_p(differences):
    signs = np.random.default_rng().choice([-1, 1], (997, len(differences)))
    return (signs @ differences >= differences.sum()).mean() + np.random.default_rng().uniform(0, 1e-9)


def test_right_answers_are_accepted(capsys):
    play_along.check_bug("A")
    play_along.check_null_test(null_test)
    play_along.check_exact_p(exact_p)
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (with_silence, "pass None"),
        (with_other_noise, "one seed"),
        (against_nothing, "one yardstick for both"),
        (without_null, "Nobody was made with None"),
        (with_one_seed, "a seed of its own"),
        (with_two_seeds_in_all, "a seed of its own"),
        (lambda make, score, submixes: np.mean(null_test(make, score, submixes)), "all five differences"),
        (lambda make, score, submixes: np.negative(null_test(make, score, submixes)), "sign is turned"),
        (lambda make, score, submixes: np.multiply(2, null_test(make, score, submixes)), "wrong values"),
    ],
)
def test_a_null_test_of_something_else_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        play_along.check_null_test(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (drawn_p, "Two calls"),
        (lambda d: (signs_of(len(d)) @ d > d.sum() + 1e-12).mean(), "one too few"),
        (lambda d: (np.abs(signs_of(len(d)) @ d) >= abs(d.sum()) - 1e-12).mean(), "both sides"),
        (lambda d: float(np.mean(d > 0)), "choices of signs"),
        (lambda d: (signs_of(len(d)) @ d >= 0).mean(), "choices of signs"),
        (lambda d: (signs_of(len(d)) @ d <= d.sum() + 1e-12).mean(), "choices of signs"),
    ],
)
def test_a_probability_of_something_else_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        play_along.check_exact_p(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("B", r"in one column"),
        ("C", r"the mean gain would be 0"),
        ("D", r"what the deaf player is told"),
        ("e", r"on the diagonal"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        play_along.check_bug(answer)


def test_both_tests_of_the_bug_have_one_mean_and_the_sick_one_has_four_times_the_error():
    healthy, sick = (line for line in play_along.bug().axes[0].lines[:2])
    gains = [line.get_ydata() - line.get_xdata() for line in (healthy, sick)]
    assert abs(gains[0].mean() - 0.1) < 1e-9 and abs(gains[1].mean() - 0.1) < 1e-9
    assert 3 < gains[1].std() / gains[0].std() < 6


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    play_along.check_bug(None)
    play_along.check_null_test(stub)
    play_along.check_exact_p(stub)
    assert capsys.readouterr().out.count("still open") == 3
