"""The checks of lesson 14 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import numpy as np
import pytest
import torch

from stemlab.lessons import song_noise


def invert_flow(field, x, steps):
    for step in range(steps, 0, -1):
        half = x - field(x, step / steps) / (2 * steps)
        x = x - field(half, (step - 0.5) / steps) / steps
    return x


def euler_back(field, x, steps):
    for step in range(steps, 0, -1):
        x = x - field(x, step / steps) / steps
    return x


def heun_back(field, x, steps):
    for step in range(steps, 0, -1):
        first = field(x, step / steps)
        x = x - (first + field(x - first / steps, (step - 1) / steps)) / (2 * steps)
    return x


def counting_up(field, x, steps):
    for step in range(steps):
        half = x - field(x, step / steps) / (2 * steps)
        x = x - field(half, (step + 0.5) / steps) / steps
    return x


def forwards(field, x, steps):
    return x + (x - invert_flow(field, x, steps))


def from_the_middle(field, x, steps):
    for step in range(steps, 0, -1):
        half = x - field(x, step / steps) / (2 * steps)
        x = half - field(half, (step - 0.5) / steps) / steps
    return x


def white(x, tolerance, axes=(0, 2), lag=True, spread=True, sign=False):
    mean, deviation = x.mean(axes, keepdim=True), x.std(axes, keepdim=True)
    a = x - mean
    near = (a[..., 1:] * a[..., :-1]).mean(axes, keepdim=True) / deviation**2
    found = [mean.abs() < tolerance]
    found += [(deviation - 1).abs() < tolerance] * spread + [(near if sign else near.abs()) < tolerance] * lag
    return bool(all(part.all() for part in found))


def with_one_lag_for_all(x, tolerance):
    """Mean and deviation by channel; neighbours over all channels together."""
    centred = (x - x.mean((0, 2), keepdim=True)) / x.std((0, 2), keepdim=True)
    return white(x, tolerance, lag=False) and bool((centred[..., 1:] * centred[..., :-1]).mean().abs() < tolerance)


def with_variance(x, tolerance):
    return white(x, tolerance, spread=False) and bool(((x.var((0, 2)) - 1).abs() < tolerance).all())


def test_right_answers_are_accepted(capsys):
    song_noise.check_bug("A")
    song_noise.check_invert_flow(invert_flow)
    song_noise.check_is_white(white)
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (forwards, "way forwards"),
        (counting_up, "of an earlier time"),
        (euler_back, "makes it 4 times smaller"),
        (heun_back, "one look half-way"),
        (from_the_middle, "are they 1 / steps long"),
        (lambda field, x, steps: float(x[0]), "Return a point"),
    ],
)
def test_another_way_back_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        song_noise.check_invert_flow(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda x, tolerance: white(x, tolerance, axes=(0, 1, 2)), "channel by channel"),
        (lambda x, tolerance: white(x, tolerance, spread=False), "Spreads of 1.3"),
        (lambda x, tolerance: white(x, tolerance, lag=False), "Every frame is there twice"),
        (lambda x, tolerance: white(x, 0.15), "is the tolerance used"),
        (lambda x, tolerance: white(x, tolerance, sign=True), "\\*opposite\\*"),
        (lambda x, tolerance: False, "Plain noise was refused"),
        (with_one_lag_for_all, "opposite in the other half"),
        (with_variance, "is it the variance"),
        (lambda x, tolerance: torch.tensor(True), "True or False"),
    ],
)
def test_another_judge_of_noise_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        song_noise.check_is_white(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("B", r"does not fall at all"),
        ("c", r"comes back"),
        ("D", r"as large as the data"),
        ("E", r"a hundred times"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        song_noise.check_bug(answer)


def test_the_first_comes_back_and_the_second_rests():
    first, second, apart = (np.asarray(line.get_ydata()) for line in song_noise.bug().axes[0].lines)
    assert first[-1] < 1e-3 * first[0] and second[-1] > 0.8 * second[2] > 0.05
    assert second[-1] < 0.3 * apart[0]


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    song_noise.check_bug(None)
    song_noise.check_invert_flow(stub)
    song_noise.check_is_white(stub)
    assert capsys.readouterr().out.count("still open") == 3
