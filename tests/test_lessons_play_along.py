"""The checks of lesson 7 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

from itertools import product

import numpy as np
import pytest

from stemlab.lessons import play_along


def table(score, players, mixes, own=True, other=True):
    """Scores of each player beside each band; the player is taken out of its own mix, and others' players out of theirs."""

    def band(i, j):
        return mixes[j] - players[j] if (own if i == j else other) else mixes[j]

    return np.array([[score(player, band(i, j)) for j in range(len(mixes))] for i, player in enumerate(players)])


def gains(scores):
    n = len(scores)
    return np.diag(scores) - (scores.sum(1) - np.diag(scores)) / (n - 1)


def listening(score, players, mixes):
    return gains(table(score, players, mixes))


def in_a_loop(score, players, mixes):
    found = []
    for i in range(len(players)):
        null = [score(players[i], mixes[j] - players[j]) for j in range(len(players)) if j != i]
        found.append(score(players[i], mixes[i] - players[i]) - sum(null) / len(null))
    return found


def signs_of(n):
    return np.array(list(product((1, -1), repeat=n)))


def exact_p(differences):
    return (signs_of(len(differences)) @ differences >= differences.sum() - 1e-12).mean()


def drawn_p(differences):
    signs = np.random.default_rng().choice([-1, 1], (997, len(differences)))
    return (signs @ differences >= differences.sum()).mean() + np.random.default_rng().uniform(0, 1e-9)


def test_right_answers_are_accepted(capsys):
    play_along.check_bug("A")
    play_along.check_exact_p(exact_p)
    play_along.check_listening(listening)
    assert capsys.readouterr().out.count("[ok]") == 3
    play_along.check_listening(in_a_loop)
    assert capsys.readouterr().out.count("[ok]") == 1


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda score, p, m: gains(table(score, p, m, own=False, other=False)), "take it out first"),
        (lambda score, p, m: gains(table(score, p, m, other=False)), "one yardstick for both"),
        (lambda score, p, m: np.diag(table(score, p, m)) - table(score, p, m).mean(1), "in the null too"),
        (
            lambda score, p, m: np.diag(table(score, p, m)) - np.diag(np.roll(table(score, p, m), -1, 1)),
            "One other band",
        ),
        (
            lambda score, p, m: np.diag(table(score, p, m)) - np.diag(np.roll(table(score, p, m), 1, 1)),
            "One other band",
        ),
        (lambda score, p, m: gains(table(score, p, m).T), "exchanged the player"),
        (lambda score, p, m: np.diag(table(score, p, m)), "There is no null"),
        (lambda score, p, m: -listening(score, p, m), "sign is turned"),
        (lambda score, p, m: listening(score, p, m).mean(), "one difference for each"),
        (lambda score, p, m: 2 * listening(score, p, m), "wrong values"),
        (lambda score, p, m: gains(table(score, p, m)) - gains(table(score, p, -m)), "wrong values"),
    ],
)
def test_listening_judged_otherwise_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        play_along.check_listening(answer)


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
    play_along.check_exact_p(stub)
    play_along.check_listening(stub)
    assert capsys.readouterr().out.count("still open") == 3
