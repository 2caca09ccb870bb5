"""Where stems start from: noise that a seed shares among them, partly or not at all, and fresh noise for edits.

All is drawn on the CPU, so that a seed means the same on every device.

Lesson: 05_shared_noise.ipynb
"""

import hashlib
from collections.abc import Sequence

import torch


def stem_noise(seed: int, names: Sequence[str], channels: int, frames: int, rho: float = 1.0) -> torch.Tensor:
    """Noise of each stem: shared by the seed, and for rho below 1 partly its own by seed and name.

    So a stem's noise depends neither on which other stems there are nor on their order.

    Args:
        seed: of the group.
        names: of the stems.
        channels, frames: C and T.
        rho: share that the stems have in common, 0 to 1.
    Returns:
        `(len(names), channels, frames)`.
    """
    shared = _draw(seed, channels, frames).expand(len(names), -1, -1)
    if rho == 1:
        return shared.clone()
    own = torch.stack([_draw(_number(f"{seed} {name}"), channels, frames) for name in names])
    return blend(shared, own, rho)


def fresh_noise(seed: int, name: str, channels: int, frames: int) -> torch.Tensor:
    """Noise for a stem that is made anew, `(channels, frames)`: of no group, so never the noise it started from."""
    return _draw(_number(f"{seed} {name} anew"), channels, frames)


def blend(first: torch.Tensor, second: torch.Tensor, rho: float) -> torch.Tensor:
    """`sqrt(rho) * first + sqrt(1 - rho) * second`: of unit variance when both are, for every rho from 0 to 1."""
    return rho**0.5 * first + (1 - rho) ** 0.5 * second


def share_slow(first: torch.Tensor, second: torch.Tensor, kept: int) -> torch.Tensor:
    """Noise whose slow part is that of the first and whose fast part is that of the second; normal when both are.

    Args:
        first, second: `(..., T)`.
        kept: how many of the T cosines of a DCT over time, the slowest, come from the first.
    """
    t = torch.arange(first.shape[-1], dtype=first.dtype)
    cosines = (
        torch.cos(torch.pi * (t + 0.5)[:, None] * t[:kept] / len(t)) * (2 / len(t)) ** 0.5
    )  # (T, kept), orthonormal
    cosines[:, :1] *= 0.5**0.5
    return second + (first - second) @ cosines @ cosines.T


def piece_seed(seed: int, piece: int) -> int:
    """Seed of the noise of a group's `piece`-th part: the group's own for 0, another for each time it was extended."""
    return seed if piece == 0 else _number(f"{seed} piece {piece}")


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")


def _draw(number: int, channels: int, frames: int) -> torch.Tensor:
    return torch.randn(channels, frames, generator=torch.Generator().manual_seed(number))
