"""The velocity network: a transformer over latent frames.

Each stem is one element of the batch. The only place where stems see each other is `StemAttention`, which starts at
zero, belongs to the coupling "attention", and is left out by the coupling "noise".

Stems that see each other must not share their noise: `x_t` of two such stems differs by `t` times the difference of the
data, with no noise in it, so a network learns to subtract, not to listen. (Measured: the loss halves, text is ignored.)

Lesson: 13_the_network_from_nothing.ipynb
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import gelu, layer_norm, pad, scaled_dot_product_attention, silu

from stemlab.conditions import CLOCK_PERIODS, FRAME_SECONDS, KEYS, Conditions, clock, sinusoids, tempo_features
from stemlab.framing import WINDOW
from stemlab.text import ByteTextEncoder, NgramBag, embed

LOWEST, PITCHES = 21, 88  # the keys of a piano, in MIDI numbers
NOTES = PITCHES + 12  # the stem's own pitches, and the pitch classes of its whole group
ACTIVITY_WIDTH = 16  # of the embedding; Source: arXiv:2602.09891


@dataclass
class Prepared:
    """What does not change from step to step of a sampling run: computed once, shared by all steps.

    Attributes:
        frames: sub-mix, activity and clock at every frame, `(N, T, features)`, T a multiple of the patch.
        summary: tempo, key and pooled text, `(N, D)`.
        text: keys and values of each block's cross-attention, each `(N, H, L, d)`.
        mask: `(N, 1, 1, L)`, True where there is text.
        mates: `(N, N)`, True where two stems may see each other.
        rotation: of the rotary positions, two of `(T / patch, d / 2)`.
    """

    frames: torch.Tensor
    summary: torch.Tensor
    text: list[tuple[torch.Tensor, torch.Tensor]]
    mask: torch.Tensor
    mates: torch.Tensor
    rotation: tuple[torch.Tensor, torch.Tensor]


class VelocityNet(nn.Module):
    """Predicts the velocity `x - noise` of each stem.

    Args:
        channels: latent channels C.
        width: D.  depth: blocks.  heads: of attention.  text_width, text_depth: of the text encoder.
        patch: latent frames that go through the blocks as one position: 2 halves the work.
        frame_seconds: length of a latent frame.  window: how many of them the longest pieces in training have.
        text: "bytes" for the bundled encoder, trained with the rest, or a module of another, frozen one.
    """

    def __init__(
        self, channels=32, width=384, depth=6, heads=6, text_width=256, text_depth=3, patch=1,
        frame_seconds=FRAME_SECONDS, window=WINDOW, text="bytes",
    ):  # fmt: skip
        super().__init__()
        self.frame_seconds, self.window = frame_seconds, window
        self.channels, self.head_width, self.patch = channels, width // heads, patch
        self.text = ByteTextEncoder(text_width, text_depth) if text == "bytes" else text
        self.activity = nn.Embedding(3, ACTIVITY_WIDTH)
        self.key = nn.Embedding(len(KEYS) + 1, width)
        self.tempo = nn.Linear(17, width)
        self.pooled = nn.Linear(text_width, width)
        self.words = NgramBag(width)
        features = 2 * channels + 1 + ACTIVITY_WIDTH + 2 * len(CLOCK_PERIODS) + 1
        self.enter = nn.Linear(patch * features, width)
        self.time = nn.Sequential(nn.Linear(256, width), nn.SiLU(), nn.Linear(width, width))
        self.modulation = nn.Linear(width, 6 * width)
        self.blocks = nn.ModuleList([Block(width, heads, text_width) for _ in range(depth)])
        self.name_notes = nn.Linear(width, patch * NOTES)
        self.leave_modulation = nn.Linear(width, 2 * width)
        self.leave = nn.Linear(width, patch * channels)
        nn.init.constant_(self.name_notes.bias, -3.0)  # few pitches sound at a time
        for layer in (self.modulation, self.leave_modulation, self.leave):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def prepare(self, c: Conditions, coupled: torch.Tensor | bool = True) -> Prepared:
        """Compute all that depends on the conditions alone.

        Args:
            c: of N stems over T frames.
            coupled: may stems of a group see each other; one bool, or one a stem `(N,)`.
        """
        embedded, pooled, mask = embed(self.text, c.tokens)
        length, marks = c.submix.shape[2], self.activity(c.activity)
        beat = clock(c.bpm, c.start, length, self.frame_seconds, c.periods)
        frames = [c.submix.transpose(1, 2), c.has_submix[:, None, None].expand(-1, length, 1), marks, beat]
        coupled = torch.as_tensor(coupled, device=c.group.device).expand(len(c))
        own = torch.eye(len(c), dtype=torch.bool, device=c.group.device)
        mates = (c.group[:, None] == c.group) & coupled[:, None] & coupled | own
        features = torch.cat([f.to(embedded.dtype) for f in frames], dim=-1)
        features = pad(features, (0, 0, 0, -features.shape[1] % self.patch))
        summary = self.key(c.key) + self.tempo(tempo_features(c.bpm)) + self.pooled(pooled) + self.words(c.tokens)
        text = [block.cross.keys_values(embedded) for block in self.blocks]
        rotation = rotary(features.shape[1] // self.patch, self.head_width, c.group.device)
        return Prepared(features, summary, text, mask[:, None, None, :], mates, rotation)

    def forward(self, x: torch.Tensor, t: torch.Tensor, p: Prepared) -> torch.Tensor:
        return self.velocity_and_notes(x, t, p)[0]

    def velocity_and_notes(self, x: torch.Tensor, t: torch.Tensor, p: Prepared) -> tuple[torch.Tensor, torch.Tensor]:
        """Velocity at time t, and what the middle of the network takes to be played.

        Naming notes is no use in itself: asked for in training, it teaches the network early to hear pitch and chords, its own
        and its mates'. Source of the idea, with image features instead of notes: Yu et al. 2024, "REPA", arXiv:2410.06940.

        Args:
            x: `(N, C, T)` noisy latents.
            t: `(N,)` in [0, 1]; 0 is noise, 1 is data.
            p: from `prepare`.
        Returns:
            velocity `(N, C, T)`; logits `(N, T, 100)` of the stem's 88 pitches and of its group's 12 pitch classes.
        """
        length = x.shape[2]
        x = pad(x, (0, p.frames.shape[1] - length)).transpose(1, 2)
        h = torch.cat([x, p.frames.to(x.dtype)], dim=-1)  # (N, T, C + features)
        h = self.enter(h.reshape(h.shape[0], -1, self.enter.in_features))  # (N, T / patch, D)
        summary = silu(self.time(sinusoids(t, 256)) + p.summary)
        modulation = self.modulation(summary).unflatten(1, (6, 1, -1)).unbind(1)  # six of (N, 1, D)
        notes = h
        for number, (block, text) in enumerate(zip(self.blocks, p.text, strict=True), 1):
            h = block(h, modulation, text, p)
            if number == (2 * len(self.blocks) + 2) // 3:
                notes = self.name_notes(norm(h)).reshape(x.shape[0], -1, NOTES)[:, :length]
        shift, scale = self.leave_modulation(summary)[:, None].chunk(2, dim=-1)
        out = self.leave(norm(h) * (1 + scale) + shift).reshape(x.shape[0], -1, self.channels)  # (N, T, C)
        return out[:, :length].transpose(1, 2).float(), notes.float()


class Block(nn.Module):
    """Attention over time, over the stems of a group, and to the text, then an MLP.

    Time and conditions steer it through shifts, scales and gates that start at zero (adaLN-zero, one table a block).

    Source: Peebles and Xie 2023, "DiT", arXiv:2212.09748; Chen et al. 2023, "PixArt-alpha", arXiv:2310.00426.
    """

    def __init__(self, width: int, heads: int, text_width: int):
        super().__init__()
        self.table = nn.Parameter(torch.zeros(6, width))
        self.attention = TimeAttention(width, heads)
        self.mates = StemAttention(width, heads)
        self.cross = TextAttention(width, heads, text_width)
        self.up = nn.Linear(width, 3 * width)
        self.down = nn.Linear(3 * width, width)

    def forward(self, h, modulation, text, p: Prepared):
        shift1, scale1, gate1, shift2, scale2, gate2 = (m + row for m, row in zip(modulation, self.table, strict=True))
        h = h + gate1 * self.attention(norm(h) * (1 + scale1) + shift1, p.rotation)
        h = h + self.mates(norm(h), p.mates)
        h = h + self.cross(norm(h), text, p.mask)
        return h + gate2 * self.down(gelu(self.up(norm(h) * (1 + scale2) + shift2), approximate="tanh"))


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
        alone = mates.sum(1) == 1  # a stem with nobody to listen to takes no part at all
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
    """Scaled dot-product attention: PyTorch's on a GPU, spelled out on a CPU, where that trains 3 times as fast.

    Args:
        q, k, v: `(..., positions, d)`.  mask: `(..., queries, keys)`, True where a query may see a key.
    """
    if q.device.type != "cpu":
        return scaled_dot_product_attention(q.to(v.dtype), k.to(v.dtype), v, mask)
    scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1).to(v.dtype) @ v


def norm(x: torch.Tensor) -> torch.Tensor:
    """Layer normalisation of the last axis, without weights: the modulation brings those."""
    return layer_norm(x, [int(x.shape[-1])])  # a plain number, for exporters


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
