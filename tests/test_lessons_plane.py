"""The exact flows of the plane carry noise to their spots, and are what a network that learns would come to."""

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
