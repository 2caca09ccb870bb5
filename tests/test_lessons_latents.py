"""The checks of lesson 2 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import math

import pytest

from stemlab.lessons import latents


def error(estimate, target, floor_db=-80.0):
    sounding = target.amax(0) > floor_db
    return float((estimate - target)[:, sounding].abs().mean()) if sounding.any() else None


def nats(mean, log_variance):
    return (mean.square() + log_variance.exp() - 1 - log_variance) / 2  # (S, C, T)


def kilobits(mean, log_variance, rate):
    return float(nats(mean, log_variance).sum(1).mean()) / math.log(2) * rate / 1000


def in_a_loop(mean, log_variance, rate):
    bits = 0.0
    for m, v in zip(
        mean.movedim(1, 2).flatten(0, 1).double(), log_variance.movedim(1, 2).flatten(0, 1).double(), strict=True
    ):
        bits += sum(
            (a**2 + math.exp(b) - 1 - b) / (2 * math.log(2)) for a, b in zip(m.tolist(), v.tolist(), strict=True)
        )
    return bits / (mean.shape[0] * mean.shape[2]) * rate / 1000


def test_the_right_answers_are_accepted(capsys):
    latents.check_bug("B")
    latents.check_error_where_it_sounds(error)
    latents.check_kilobits(kilobits)
    assert capsys.readouterr().out.count("[ok]") == 3


def loud_entries(estimate, target, floor_db=-80.0):
    loud = target > floor_db
    return float((estimate - target)[loud].abs().mean()) if loud.any() else None


def root_mean_square(estimate, target, floor_db=-80.0):
    sounding = target.amax(0) > floor_db
    return float((estimate - target)[:, sounding].square().mean().sqrt()) if sounding.any() else None


def signed(estimate, target, floor_db=-80.0):
    sounding = target.amax(0) > floor_db
    return float((estimate - target)[:, sounding].mean().abs()) if sounding.any() else None


def zero_for_silence(estimate, target, floor_db=-80.0):
    found = error(estimate, target, floor_db)
    return 0.0 if found is None else found


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda estimate, target, floor_db: float((estimate - target).abs().mean()), "rests included"),
        (loud_entries, "whole frames, not bands"),
        (zero_for_silence, "return None, not 0.0"),
        (lambda estimate, target, floor_db: error(estimate, target, -80.0), "is floor_db used"),
        (lambda estimate, target, floor_db: error(target, estimate, floor_db), "the \\*target\\* says what sounds"),
        (root_mean_square, "it is 3.984"),
        (signed, "cancel in your mean"),
    ],
)
def test_another_error_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        latents.check_error_where_it_sounds(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda m, v, rate: kilobits(m, v, rate) * math.log(2), "These are nats"),
        (lambda m, v, rate: kilobits(m, v, rate) / m.shape[1], "mean over channels"),
        (lambda m, v, rate: kilobits(m, v, rate) * m.shape[2], "added up the frames"),
        (lambda m, v, rate: kilobits(m, v, rate) * m.shape[0], "added up the stems"),
        (lambda m, v, rate: kilobits(m, v, rate) * 2, "half before the bracket"),
        (lambda m, v, rate: kilobits(m, v, rate) * 1000, "a kilobit has a thousand"),
        (lambda m, v, rate: kilobits(m, v, 1.0), "how many are there in a second"),
        (lambda m, v, rate: kilobits(m, 2 * v, rate), "variance is exp"),
        (lambda m, v, rate: kilobits(m, 0 * v, rate), "variance is exp"),
        (lambda m, v, rate: float(m.square().sum(1).mean()) * rate / 1000, "variance is exp"),
    ],
)
def test_another_rate_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        latents.check_kilobits(answer)


def test_a_rate_reckoned_number_by_number_is_accepted(capsys):
    latents.check_kilobits(in_a_loop)
    assert "[ok]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("A", r"did learn something"),
        ("C", r"the lower of the two"),
        ("D", r"no concern"),
        ("E", r"a tenth"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        latents.check_bug(answer)


def test_the_curves_show_a_collapse():
    figure = latents.bug()
    error, kl = ({line.get_label(): line.get_ydata() for line in axes.lines} for axes in figure.axes)
    nothing = figure.axes[0].lines[2].get_ydata()[0]
    assert kl["sick"][-1] < 0.02 < 0.5 < kl["healthy"][-1] and kl["sick"][0] > 0.02
    assert abs(error["sick"][-1] - nothing) < 0.1 * nothing and error["healthy"][-1] < 0.6 * nothing


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    latents.check_bug(None)
    latents.check_error_where_it_sounds(stub)
    latents.check_kilobits(stub)
    assert capsys.readouterr().out.count("still open") == 3
