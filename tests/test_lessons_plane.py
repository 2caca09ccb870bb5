"""The exact flows of the plane carry noise to their spots, and are what a network that learns would come to."""

import math

import pytest
import torch

from stemlab.lessons import plane
from stemlab.sampling import euler, heun


def test_noise_is_carried_to_spots_in_their_shares():
    centres, shares = plane.ring(4), torch.tensor([0.4, 0.3, 0.2, 0.1])
    start = torch.randn(4000, 2, generator=torch.Generator().manual_seed(0))
    spot, place = plane.inside(heun(plane.to_spots(centres, shares=shares), start, 64), centres)
    assert torch.allclose(torch.bincount(spot, minlength=4) / 4000, shares, atol=0.04)
    assert abs(float(place.std()) - 0.15) < 0.02 and float(place.mean(0).abs().max()) < 0.02


def test_the_field_is_the_mean_of_the_velocities_through_a_point():
    centres, generator = plane.ring(3), torch.Generator().manual_seed(1)
    noise = torch.randn(400_000, 2, generator=generator)
    data = centres[torch.randint(3, (400_000,), generator=generator)] + 0.5 * torch.randn(
        noise.shape, generator=generator
    )
    at = torch.tensor([[0.3, -0.2]])
    near = ((0.4 * noise + 0.6 * data - at).norm(dim=1) < 0.1)[:, None]
    seen = ((data - noise) * near).sum(0) / near.sum()
    assert torch.allclose(plane.to_spots(centres, 0.5)(at, 0.6)[0], seen, atol=0.1)


def test_one_spot_is_reached_in_a_straight_line():
    field, start = plane.to_spots(torch.tensor([[1.0, -0.5]]), spread=1e-4), torch.randn(50, 2)
    assert torch.allclose(euler(field, start, 1), torch.tensor([1.0, -0.5]).expand(50, 2), atol=1e-3)


def test_right_answers_are_accepted(capsys):
    def tilt(mean, spread, told, width, g):
        parts = (1 - g) / spread**2, g / width**2
        if sum(parts) <= 0:
            raise ValueError
        return (parts[0] * mean + parts[1] * told) / sum(parts), sum(parts) ** -0.5

    plane.check_bug("B")
    plane.check_tilt(tilt)
    plane.check_on_a_circle(circle)
    assert capsys.readouterr().out.count("[ok]") == 3


def circle(x, t, c):
    angle = torch.tensor(torch.pi * t / 2)
    return torch.pi / 2 * (angle.cos() * c - angle.sin() * (x - angle.sin() * c) / angle.cos())


def from_parts(parts, mean, told, refuse=True):
    if sum(parts) <= 0 and refuse:
        raise ValueError
    return (parts[0] * mean + parts[1] * told) / sum(parts), abs(sum(parts)) ** -0.5


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda m, s, t, w, g: from_parts((1 / s**2, g / w**2), m, t), "not g - 1"),
        (lambda m, s, t, w, g: from_parts(((g - 1) / s**2, g / w**2), m, t), "Precisions add"),
        (lambda m, s, t, w, g: from_parts(((1 - g) / s, g / w), m, t), "Precisions add"),
        (
            lambda m, s, t, w, g: (m + g * (t - m), from_parts(((1 - g) / s**2, g / w**2), m, t)[1]),
            "and\\* its precision",
        ),
        (lambda m, s, t, w, g: (0.0, 1 / ((1 - g) / s**2 + g / w**2)), "take its root"),
        (lambda m, s, t, w, g: from_parts(((1 - g) / s**2, g / w**2), m, t, refuse=False), "there is no density"),
        (lambda m, s, t, w, g: t, "Return two numbers"),
    ],
)
def test_another_tilt_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        plane.check_tilt(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda x, t, c: (c - x) / (1 - t), "straight path"),
        (lambda x, t, c: circle(x, t, c) * 2 / torch.pi, "A factor is missing"),
        (lambda x, t, c: -circle(x, t, c), r"\*minus\* the sine"),
        (
            lambda x, t, c: torch.pi / 2 * (math.cos(math.pi * t / 2) * c - math.sin(math.pi * t / 2) * x),
            "where z belongs",
        ),
        (lambda x, t, c: circle(x, t, c)[0], "shape"),
        (lambda x, t, c: c - x, "differentiate the path"),
    ],
)
def test_another_path_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        plane.check_on_a_circle(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("A", r"take from the"),
        ("C", r"past the spots"),
        ("d", r"between the spots"),
        ("E", r"no spot would be hit"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        plane.check_bug(answer)


def test_the_sick_sampler_gives_equal_shares_at_healthy_places():
    bars = [bar.get_height() for bar in plane.bug().axes[0].patches]
    healthy, sick = bars[8:16], bars[16:]
    assert max(abs(a - b) for a, b in zip(healthy, bars[:8], strict=True)) < 0.04
    assert max(abs(share - 1 / 8) for share in sick) < 0.03


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    plane.check_bug(None)
    plane.check_tilt(stub)
    plane.check_on_a_circle(stub)
    assert capsys.readouterr().out.count("still open") == 3
