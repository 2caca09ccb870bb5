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


def in_the_first_group_only(group, channels, frames, rho, generator):
    made = noise_for(group, channels, frames, rho, generator)
    made[2:] = draw(generator, len(group) - 2, channels, frames)
    return made


def uniform(group, channels, frames, rho, generator):
    def even(*shape):
        return 12**0.5 * (torch.rand(*shape, generator=generator) - 0.5)

    shared = even(int(group.max()) + 1, channels, frames)[group]
    return rho**0.5 * shared + (1 - rho) ** 0.5 * even(len(group), channels, frames)


def held_for_two_frames(group, channels, frames, rho, generator):
    return noise_for(group, channels, frames // 2, rho, generator).repeat_interleave(2, dim=2)


def gap(first, second):
    return first.mean() - second.mean()


def parts(first, second):
    return first.var(ddof=1) / len(first), second.var(ddof=1) / len(second)


def test_right_answers_are_accepted(capsys):
    shared_noise.check_bug("c")
    shared_noise.check_noise_for(noise_for)
    shared_noise.check_gap_and_error(lambda a, b: (gap(a, b), np.sqrt(sum(parts(a, b)))))
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("A", r"\*every\* stem of group 1"),
        ("b", "variance at rho = 0.5 would be"),
        ("D", "as dark as the diagonal"),
        ("E", "would not correlate at all"),
        ("Z", "The suspects are A, B, C, D, E"),
        ("the seed", "The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_what_the_picture_shows(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        shared_noise.check_bug(answer)


def test_the_picture_shows_the_defect_and_nothing_else():
    picture = np.asarray(shared_noise.bug().axes[0].images[0].get_array())
    wanted = np.kron(np.eye(2), np.full((3, 3), 0.5)) + 0.5 * np.eye(6)
    extra = picture - wanted
    same_place = np.kron(1 - np.eye(2), np.eye(3)).astype(bool)
    assert (abs(extra[same_place] - 0.5) < 0.05).all() and (abs(extra[~same_place]) < 0.05).all()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (one_for_the_whole_batch, "not one for the whole batch"),
        (without_roots, "weights of shared and own noise are roots"),
        (weighed_by_rho, "the square of its weight"),
        (from_anywhere, "pass generator=generator"),
        (in_the_first_group_only, "not the first one alone"),
        (uniform, "normal noise alone"),
        (held_for_two_frames, "neighbouring frames correlate"),
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

    shared_noise.check_bug(None)
    shared_noise.check_noise_for(stub)
    shared_noise.check_gap_and_error(stub)
    assert capsys.readouterr().out.count("still open") == 3
