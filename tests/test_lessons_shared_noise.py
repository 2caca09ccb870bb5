"""The checks of lesson 5 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import numpy as np
import pytest
import torch

from stemlab.lessons import shared_noise


def draw(generator, *shape):
    return torch.randn(*shape, generator=generator)


def noise_for(group, channels, frames, rho, generator):
    shared = draw(generator, int(group.max()) + 1, channels, frames)[group]
    return rho**0.5 * shared + (1 - rho) ** 0.5 * draw(generator, len(group), channels, frames)


def one_for_the_whole_batch(group, channels, frames, rho, generator):
    own = draw(generator, len(group), channels, frames)
    return rho**0.5 * draw(generator, 1, channels, frames) + (1 - rho) ** 0.5 * own


def without_roots(group, channels, frames, rho, generator):
    shared = draw(generator, int(group.max()) + 1, channels, frames)[group]
    return rho * shared + (1 - rho) * draw(generator, len(group), channels, frames)


def weighed_by_rho(group, channels, frames, rho, generator):
    shared = draw(generator, int(group.max()) + 1, channels, frames)[group]
    return rho * shared + (1 - rho**2) ** 0.5 * draw(generator, len(group), channels, frames)


def from_anywhere(group, channels, frames, rho, generator):
    return torch.randn(len(group), channels, frames)


def gap(first, second):
    return first.mean() - second.mean()


def parts(first, second):
    return first.var(ddof=1) / len(first), second.var(ddof=1) / len(second)


def test_right_answers_are_accepted(capsys):
    shared_noise.check_difference(lambda first, second, t: (first - second) / t)
    shared_noise.check_noise_for(noise_for)
    shared_noise.check_gap_and_error(lambda a, b: (gap(a, b), np.sqrt(sum(parts(a, b)))))
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda first, second, t: first - second, "too small by the factor t"),
        (lambda first, second, t: (second - first) / t, "sign is turned"),
        (lambda first, second, t: (first - second) / (1 - t), "divided by 1 - t"),
        (lambda first, second, t: first / t, "off by up to"),
        (lambda first, second, t: float((first - second).mean()), "Return a tensor"),
    ],
)
def test_a_leak_sprung_wrongly_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        shared_noise.check_difference(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (one_for_the_whole_batch, "not one for the whole batch"),
        (without_roots, "weights of shared and own noise are roots"),
        (weighed_by_rho, "the square of its weight"),
        (from_anywhere, "pass generator=generator"),
        (lambda group, channels, frames, rho, generator: draw(generator, channels, frames), "Five stems"),
    ],
)
def test_noise_shared_wrongly_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        shared_noise.check_noise_for(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda a, b: (gap(a, b), (a.var(ddof=1) + b.var(ddof=1)) ** 0.5), "does not shrink"),
        (lambda a, b: (gap(a, b), sum(parts(a, b))), "take its root"),
        (lambda a, b: (gap(a, b), sum(np.sqrt(parts(a, b)))), r"\*variances\* add"),
        (lambda a, b: (gap(a, b), (a.var() / len(a) + b.var() / len(b)) ** 0.5), "ddof=1"),
        (lambda a, b: (gap(b, a), sum(parts(a, b)) ** 0.5), "mean of the first less"),
        (lambda a, b: gap(a, b), "Return two numbers"),
    ],
)
def test_an_error_reckoned_wrongly_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        shared_noise.check_gap_and_error(answer)


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    shared_noise.check_difference(stub)
    shared_noise.check_noise_for(stub)
    shared_noise.check_gap_and_error(stub)
    assert capsys.readouterr().out.count("still open") == 3
