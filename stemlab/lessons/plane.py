"""Flows in the plane whose velocity is known exactly: the data are round spots, so every mean is a formula.

Lesson: 05_shared_noise.ipynb
"""

from collections.abc import Callable

import torch

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
