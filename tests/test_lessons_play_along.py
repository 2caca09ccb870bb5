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
    play_along.check_leave_one_out(lambda stems, index: np.delete(stems, index, axis=0).sum(0))
    play_along.check_null_test(null_test)
    play_along.check_exact_p(exact_p)
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda stems, index: stems.sum(0), "hears itself"),
        (lambda stems, index: stems[index], "the stem alone"),
        (lambda stems, index: np.delete(stems, index, axis=0).mean(0), "A mix is a sum"),
        (lambda stems, index: np.delete(stems, index, axis=0).sum(0).clip(-1, 1), "do not clip or normalise"),
        (lambda stems, index: np.delete(stems, index, axis=0), "mix to"),
        (lambda stems, index: stems[:index].sum(0) + stems[index:].sum(0) * 1.1, "wrong values"),
    ],
)
def test_another_sub_mix_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        play_along.check_leave_one_out(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (with_silence, "pass None"),
        (with_other_noise, "one seed"),
        (against_nothing, "one yardstick for both"),
        (without_null, "Nobody was made with None"),
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
    ],
)
def test_a_probability_of_something_else_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        play_along.check_exact_p(answer)


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    play_along.check_leave_one_out(stub)
    play_along.check_null_test(stub)
    play_along.check_exact_p(stub)
    assert capsys.readouterr().out.count("still open") == 3
