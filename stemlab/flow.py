"""Rectified flow with one noise a group: path, target, loss.

`x_t = (1 - t) * noise + t * x`, and the network learns the velocity `x - noise`. What makes stems of a group belong
together is that `noise` is the same for all of them, in training and in sampling.

Source: Liu et al. 2022, arXiv:2209.03003; Lipman et al. 2022, arXiv:2210.02747; shared noise: arXiv:2602.09891.
Lesson: 05_shared_noise.ipynb
"""

import torch


def group_noise(
    group: torch.Tensor, channels: int, frames: int, generator: torch.Generator, rho: float | torch.Tensor = 1.0
) -> torch.Tensor:
    """Noise for stems in groups: `sqrt(rho) * shared + sqrt(1 - rho) * own`, of unit variance for every rho.

    Args:
        group: `(N,)` index of each stem's group.
        channels, frames: C and T.
        generator: decides; one of the CPU means the same on every device, and the noise lies where it does.
        rho: how much is shared, 1 all and 0 nothing; one number, or one a stem `(N,)`.
    Returns:
        `(N, C, T)`.
    Raises:
        ValueError: rho outside [0, 1].
    """
    place = generator.device
    rho = torch.as_tensor(rho, dtype=torch.float32).expand(len(group)).to(place)
    if ((rho < 0) | (rho > 1)).any():
        raise ValueError(f"rho={rho.tolist()} is outside [0, 1]: 1 shares all the noise, 0 shares none")
    shared = torch.randn(int(group.max()) + 1, channels, frames, generator=generator, device=place)[group.to(place)]
    if (rho == 1).all():
        return shared
    own = torch.randn(len(group), channels, frames, generator=generator, device=place)
    rho = rho[:, None, None]
    return rho.sqrt() * shared + (1 - rho).sqrt() * own


def random_times(group: torch.Tensor, generator: torch.Generator, mean: float = 0.0) -> torch.Tensor:
    """Training times, one a group, as `(N,)`: the logistic of a normal of unit spread.

    Args:
        group: `(N,)` index of each stem's group.
        generator: decides.
        mean: of the normal; 0 is most often in the middle, below 0 nearer to the noise, where it is decided what is played.

    Source: Esser et al. 2024, arXiv:2403.03206.
    """
    place = generator.device
    drawn = torch.randn(int(group.max()) + 1, generator=generator, device=place)
    return torch.sigmoid(mean + drawn)[group.to(place)]


def interpolate(noise: torch.Tensor, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """Point on the straight path from noise (t=0) to data (t=1); `(N, C, T)`, `(N, C, T)`, `(N,)`."""
    t = t[:, None, None]
    return (1 - t) * noise + t * x


def flow_loss(velocity: torch.Tensor, noise: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Mean squared error against the true velocity `x - noise`; all `(N, C, T)`."""
    return (velocity - (x - noise)).square().mean()
