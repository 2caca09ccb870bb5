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
    made[group == 1] = draw(generator, 3, channels, frames)
    return made


def uniform(group, channels, frames, rho, generator):
    def even(*shape):
        return 12**0.5 * (torch.rand(*shape, generator=generator) - 0.5)

    shared = even(int(group.max()) + 1, channels, frames)[group]
    return rho**0.5 * shared + (1 - rho) ** 0.5 * even(len(group), channels, frames)


def held_for_two_frames(group, channels, frames, rho, generator):
    return noise_for(group, channels, frames // 2, rho, generator).repeat_interleave(2, dim=2)


def one_channel_for_all(group, channels, frames, rho, generator):
    return noise_for(group, 1, frames, rho, generator).expand(-1, channels, -1)


def sorted_groups(group, channels, frames, rho, generator):
    sizes = torch.bincount(group)
    shared = draw(generator, len(sizes), channels, frames).repeat_interleave(sizes, 0)
    return rho**0.5 * shared + (1 - rho) ** 0.5 * draw(generator, len(group), channels, frames)


def in_a_loop(group, channels, frames, rho, generator):
    shared = {number: draw(generator, channels, frames) for number in group.tolist()}
    own = [draw(generator, channels, frames) for _ in group]
    made = [rho**0.5 * shared[int(g)] + (1 - rho) ** 0.5 * mine for g, mine in zip(group, own, strict=True)]
    return torch.stack(made).double().numpy()


def chained(pictures, shape, rho, generator, hand_on=None, add=None):
    hand_on, add = rho if hand_on is None else hand_on, (1 - rho**2) ** 0.5 if add is None else add
    film = [draw(generator, *shape)]
    for _ in range(pictures - 1):
        film.append(hand_on * film[-1] + add * draw(generator, *shape))
    return torch.stack(film)


def by_a_matrix(pictures, shape, rho, generator):
    place = torch.arange(float(pictures))
    wanted = rho ** (place[:, None] - place).abs()
    values, vectors = torch.linalg.eigh(wanted.double())
    root = vectors * values.clamp(min=0).sqrt()
    return torch.tensordot(root, draw(generator, pictures, *shape).double(), 1)


def all_to_the_first(pictures, shape, rho, generator):
    first = draw(generator, *shape)
    return torch.stack(
        [first] + [rho * first + (1 - rho**2) ** 0.5 * draw(generator, *shape) for _ in range(pictures - 1)]
    )


def one_for_all(pictures, shape, rho, generator):
    return rho**0.5 * draw(generator, *shape) + (1 - rho) ** 0.5 * draw(generator, pictures, *shape)


def test_right_answers_are_accepted(capsys):
    shared_noise.check_bug("c")
    shared_noise.check_noise_for(noise_for)
    shared_noise.check_chained(chained)
    assert capsys.readouterr().out.count("[ok]") == 3
    shared_noise.check_noise_for(in_a_loop)
    shared_noise.check_chained(by_a_matrix)
    assert capsys.readouterr().out.count("[ok]") == 2


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
        (in_the_first_group_only, "not one alone"),
        (uniform, "normal noise alone"),
        (held_for_two_frames, "neighbouring frames correlate"),
        (one_channel_for_all, "neighbouring channels correlate|variance is"),
        (sorted_groups, "pick with shared"),
        (lambda group, channels, frames, rho, generator: draw(generator, channels, frames), "Five stems"),
    ],
)
def test_noise_shared_wrongly_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        shared_noise.check_noise_for(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda n, s, rho, g: chained(n, s, rho, g, rho**0.5, (1 - rho) ** 0.5), r"the root of rho"),
        (lambda n, s, rho, g: chained(n, s, rho, g, rho, 1 - rho), "squares of the two weights"),
        (lambda n, s, rho, g: chained(n, s, rho, g, 1.0, 1 - rho), "variance goes from"),
        (lambda n, s, rho, g: chained(n, s, rho, g, rho, 1.0), "variance goes from"),
        (one_for_all, "they share one noise"),
        (all_to_the_first, "Neighbours correlate by|Pictures four apart"),
        (lambda n, s, rho, g: torch.randn(n, *s), "pass generator=generator"),
        (lambda n, s, rho, g: chained(n, s, rho, g).flatten(1), "Six pictures"),
        (lambda n, s, rho, g: draw(g, n, *s), "Neighbours correlate by"),
        (lambda n, s, rho, g: chained(n, s, -rho, g), "Neighbours correlate by"),
        (lambda n, s, rho, g: chained(n + 1, s, rho, g)[1:] - chained(n + 1, s, rho, g)[:1], "variance"),
    ],
)
def test_a_film_tied_wrongly_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        shared_noise.check_chained(answer)


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    shared_noise.check_bug(None)
    shared_noise.check_noise_for(stub)
    shared_noise.check_chained(stub)
    assert capsys.readouterr().out.count("still open") == 3
