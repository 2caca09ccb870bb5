"""Flows in the plane whose velocity is known exactly: the data are round spots, so every mean is a formula.

Lesson: 12_theory_in_the_plane.ipynb
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure

from stemlab.lessons.answers import near, shape_of
from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN
from stemlab.sampling import euler

Field = Callable[..., torch.Tensor]


def ring(count: int = 8, radius: float = 2.0, turn: float = 0.0) -> torch.Tensor:
    """Centres of spots on a circle, `(count, 2)`; `turn` in spots moves them along it."""
    angle = 2 * torch.pi * (torch.arange(count) + turn) / count
    return radius * torch.stack([angle.cos(), angle.sin()], 1)


def to_spots(centres: torch.Tensor, spread: float = 0.15, shares: torch.Tensor | None = None) -> Field:
    """The exact marginal velocity of a flow from a standard normal to round spots.

    For one spot, `x_t` is normal with mean `t c` and variance `(1 - t)^2 + (t s)^2`, and the mean of `x - z` at a point is
    linear in it. For many, these means are weighed by how likely each spot is there.

    Args:
        centres: `(K, 2)`.  spread: standard deviation of each spot.
        shares: how much of the data each spot holds, `(K,)`; all alike when left out.
    Returns:
        field `(x (N, 2), t, step) -> (N, 2)`.

    Source: conditional expectation of a Gaussian mixture; the marginal velocity is that of arXiv:2210.02747, equation (8).
    """
    weights = torch.zeros(len(centres)) if shares is None else shares.log()

    def field(x: torch.Tensor, t: float, step: int = 0) -> torch.Tensor:
        variance = (1 - t) ** 2 + (t * spread) ** 2
        away = x[:, None] - t * centres  # (N, K, 2)
        likely = (weights - away.square().sum(2) / (2 * variance)).softmax(1)  # (N, K)
        each = centres + (t * spread**2 - (1 - t)) / variance * away  # (N, K, 2)
        return (likely[..., None] * each).sum(1)

    return field


def nearest(x: torch.Tensor, centres: torch.Tensor) -> torch.Tensor:
    """The number of the spot in which each point lies, `(N,)`."""
    return torch.cdist(x, centres).argmin(1)


def inside(x: torch.Tensor, centres: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The spot in which each point lies, `(N,)`, and where in it, seen from its centre, `(N, 2)`."""
    spot = nearest(x, centres)
    return spot, x - centres[spot]


SUSPECTS = Case(
    exercise=2,
    defect="B",
    against={
        "A": "The likeliest spot would take from the rare ones: the first bar would be *above* the data's. Here it is below.",
        "C": "Noise that is too wide sends points past the spots, so they would lie far from the centres. Their places are those of the "
        "healthy ones.",
        "D": "Too few steps show as points between the spots. Their distances are those of the healthy ones.",
        "E": "Weights that do not add up to 1 make all velocities too long or too short, and no spot would be hit.",
    },
    told="An eighth each: it is an exact sampler of other data. Samples are perfect one by one; only the counts tell.",
)


def bug() -> Figure:
    """Exercise 2, what is given: shares and distances of the points of two samplers of unequal spots."""
    shares = torch.tensor([0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05])
    start, centres = torch.randn(2000, 2, generator=torch.Generator().manual_seed(4)), ring()
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3), layout="constrained")
    left.bar(torch.arange(8) - 0.27, shares, 0.25, color="#777777", label="data")
    for shift, (label, known, colour) in enumerate((("healthy", shares, "#0b62c4"), ("sick", None, "#e08a00"))):
        spot, place = inside(euler(to_spots(centres, shares=known), start, 64), centres)
        left.bar(
            torch.arange(8) + 0.27 * shift, torch.bincount(spot, minlength=8) / 2000, 0.25, color=colour, label=label
        )
        right.hist(place.norm(dim=1).numpy(), bins=40, range=(0, 0.8), histtype="step", color=colour, label=label)
    left.set(title="Where points end", xlabel="spot", ylabel="share")
    right.set(title="How far from the centre", xlabel="distance", ylabel="points")
    left.legend(fontsize=8)
    return figure


def check_bug(answer: str | None) -> None:
    """Core: name what is wrong with the sick sampler of `bug`.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


def check_tilt(tilt: Callable[..., tuple[float, float]]) -> None:
    """Stretch: mean and spread of a tilted normal.

    Args:
        tilt: takes mean, spread, told mean, told spread and g; returns mean and spread, or raises ValueError.
    Raises:
        AssertionError: other powers, or a spread where there is no density.
    """
    for given in ((0.0, 1.0, 1.0, 0.5, 3.0), (1.0, 2.0, -0.5, 0.8, 2.0), (0.3, 1.0, 2.0, 0.7, 1.0)):
        mean, spread, told, width, g = given
        try:
            got = tilt(*given)
        except NotImplementedError:
            print(OPEN.format(3))
            return
        assert isinstance(got, tuple) and len(got) == 2, f"It returned {got!r}. Return two numbers: mean, spread."
        parts = (1 - g) / spread**2, g / width**2
        right = (parts[0] * mean + parts[1] * told) / sum(parts), sum(parts) ** -0.5
        assert abs(got[1] - 1 / sum(parts)) > 1e-6 or abs(got[1] - right[1]) < 1e-9, (
            "The second is the variance: take its root."
        )
        product = 1 / spread**2 + g / width**2
        assert abs(got[1] - product**-0.5) > 1e-6, (
            "You multiplied p once and the conditional density g times. In (5) p stands also in the denominator, g times: 1 - g in all, not g - 1 "
            "and not 1."
        )
        assert abs(got[1] - right[1]) < 1e-6, (
            f"For {given} the spread is {right[1]:.3f}; it says {got[1]:.3f}. Precisions add, not spreads."
        )
        assert abs(got[0] - right[0]) < 1e-6, (
            f"For {given} the mean is {right[0]:.3f}; it says {got[0]:.3f}. Weigh each mean by its factor *and* its precision."
        )
    try:
        got = tilt(0.0, 0.4, 1.0, 1.0, 3.0)
    except ValueError:
        print("[ok] Parabolas add, and where they open upwards there is no density.")
        return
    raise AssertionError(
        f"For an unconditional spread of 0.4, a conditional one of 1 and g = 3 there is no density; it says {got}. Raise ValueError."
    )


def check_on_a_circle(velocity: Callable[[torch.Tensor, float, torch.Tensor], torch.Tensor]) -> None:
    """Transfer: the velocity towards one point on the path of a quarter circle.

    Args:
        velocity: takes points `(N, 2)`, a time below 1 and a point `(2,)`; returns `(N, 2)`.
    Raises:
        AssertionError: it is another path's, or does not lead to the point.
    """
    noise, c = torch.randn(40, 2, generator=torch.Generator().manual_seed(0)), torch.tensor([1.0, -0.5])
    for t in (0.2, 0.5, 0.8):
        angle = torch.tensor(torch.pi * t / 2)
        x = angle.cos() * noise + angle.sin() * c
        right = torch.pi / 2 * (angle.cos() * c - angle.sin() * noise)
        try:
            got = velocity(x, t, c)
        except NotImplementedError:
            print(OPEN.format(4))
            return
        assert shape_of(got) == tuple(x.shape), f"Return points of the shape {tuple(x.shape)}."
        assert not near(got, (c - x) / (1 - t), atol=1e-3), (
            "That is the straight path's: there the velocity is what is missing by the time that is left. Here take the derivative of the "
            "cosine and the sine."
        )
        assert not near(got, right * 2 / torch.pi, atol=1e-3), (
            "A factor is missing: the angle is pi t / 2, and its derivative stands before everything."
        )
        assert not near(got, -right, atol=1e-3), (
            "It leads back to the noise: the derivative of the cosine is *minus* the sine."
        )
        assert not near(got, torch.pi / 2 * (angle.cos() * c - angle.sin() * x), atol=1e-3), (
            "You put x_t where z belongs. Solve the path for z."
        )
        assert near(got, right, atol=1e-3), (
            f"Right shape, wrong values at t = {t}: differentiate the path with z and c fixed."
        )
    print("[ok] The derivative of the path, and z from the path itself.")
