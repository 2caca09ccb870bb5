"""The three attentions of a block: along time, across the stems of a group, and to the words."""

import torch
from torch import nn
from torch.nn.functional import layer_norm


class TimeAttention(nn.Module):
    """Self-attention along time, with rotary positions and normalised queries and keys."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.enter = nn.Linear(width, 3 * width, bias=False)
        self.leave = nn.Linear(width, width)

    def forward(self, h, rotation):
        q, k, v = self.enter(h).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # three of (N, H, T, d)
        q, k = rotate(norm(q), rotation), rotate(norm(k), rotation)
        return self.leave(attend(q, k, v).transpose(1, 2).flatten(2))


class StemAttention(nn.Module):
    """Attention across the stems of a group at each frame; its output starts at zero.

    The batch is flat, so stems of any number of groups of any size go through together: a mask says who plays with whom.
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.enter = nn.Linear(width, 3 * width // 2, bias=False)
        self.leave = nn.Linear(width // 2, width)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, h, mates):
        q, k, v = self.enter(h).unflatten(2, (3, self.heads, -1)).permute(2, 1, 3, 0, 4)  # three of (T, H, N, d)
        own = torch.eye(len(mates), dtype=torch.bool, device=mates.device)
        alone = ~(mates & ~own).any(1)  # a stem with nobody to listen to takes no part at all
        out = attend(norm(q), norm(k), v, mates)
        return self.leave(out.permute(2, 0, 1, 3).flatten(2)) * ~alone[:, None, None]


class TextAttention(nn.Module):
    """Cross-attention from frames to the words."""

    def __init__(self, width: int, heads: int, text_width: int):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.enter = nn.Linear(text_width, 2 * width, bias=False)
        self.leave = nn.Linear(width, width)

    def keys_values(self, embedded):
        """Keys and values of a text, `(N, L, text_width)` to two of `(N, H, L, d)`."""
        k, v = self.enter(embedded).unflatten(2, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return norm(k), v

    def forward(self, h, text, mask):
        q = norm(self.query(h).unflatten(2, (self.heads, -1)).transpose(1, 2))  # (N, H, T, d)
        out = attend(q, text[0].to(q.dtype), text[1].to(q.dtype), mask)
        return self.leave(out.transpose(1, 2).flatten(2))


def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Scaled dot-product attention, spelled out: for a few hundred positions on a CPU this trains 3 times as fast as
    PyTorch's fused one.

    Args:
        q, k, v: `(..., positions, d)`.
        mask: True where a query may see a key; broadcast to `(..., queries, keys)`.
    """
    scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1).to(v.dtype) @ v


def norm(x: torch.Tensor) -> torch.Tensor:
    """Layer normalisation of the last axis, without weights: the modulation brings those."""
    return layer_norm(x, x.shape[-1:])


def rotary(frames: int, width: int, device) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosine and sine of rotary positions, each `(frames, width / 2)`. Source: Su et al. 2021, arXiv:2104.09864."""
    rates = 1000.0 ** (-torch.arange(0, width, 2, device=device) / width)
    angle = torch.arange(frames, device=device)[:, None] * rates
    return angle.cos(), angle.sin()


def rotate(x: torch.Tensor, rotation: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Turn the pairs of channels of `(N, H, T, d)` by their positions."""
    cos, sin = (r.to(x.dtype) for r in rotation)
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
