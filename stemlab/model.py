"""The velocity network: a transformer over latent frames.

Each stem is one element of the batch. The only place where stems see each other is `StemAttention`, which starts at
zero, belongs to the coupling "attention", and is left out by the coupling "noise".

Stems that see each other must not share their noise: `x_t` of two such stems differs by `t` times the difference of the
data, with no noise in it, so a network would learn to subtract instead of to listen, and from equal noise, where there is
nothing to subtract, all stems would come out alike. (Measured: the loss fell to half and the text was ignored.)

Lesson: 00_start_here.ipynb
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import gelu, pad, silu

from stemlab.attention import StemAttention, TextAttention, TimeAttention, norm, rotary
from stemlab.conditions import CLOCK_PERIODS, FRAME_SECONDS, KEYS, Conditions, clock
from stemlab.text import PAD, ByteTextEncoder, NgramBag
from stemlab.text_published import PublishedText
from stemlab.windows import WINDOW

NOTES = 88 + 12  # the stem's own pitches, and the pitch classes of its whole group
ACTIVITY_WIDTH = 16  # arXiv:2602.09891: activity is embedded in 16 channels


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
        text: "bytes" for the bundled encoder, trained with the rest, or a frozen one: see `text_published.py`.
    """

    def __init__(
        self, channels=32, width=384, depth=6, heads=6, text_width=256, text_depth=3, patch=1,
        frame_seconds=FRAME_SECONDS, window=WINDOW, text="bytes",
    ):  # fmt: skip
        super().__init__()
        self.frame_seconds, self.window = frame_seconds, window
        self.channels, self.head_width, self.patch = channels, width // heads, patch
        self.text = ByteTextEncoder(text_width, text_depth) if text == "bytes" else PublishedText(text, text_width)
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
        mask = c.tokens != PAD
        mask = mask[:, : max(1, int(mask.sum(1).max()))]
        spoken = mask.any(1)  # only these are worth encoding, and the first, so that there is always one
        spoken[0] = True
        read = self.text(c.tokens[spoken, : mask.shape[1]])
        embedded = read.new_zeros(len(c), *read.shape[1:]).masked_scatter(spoken[:, None, None], read) * mask[..., None]
        pooled = embedded.sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
        first = torch.zeros(1, dtype=torch.long, device=mask.device)
        mask = mask.index_fill(1, first, True)  # who has no text attends to one position of zeros
        frames = [
            c.submix.transpose(1, 2),
            c.has_submix[:, None, None].expand(-1, c.submix.shape[2], 1),
            self.activity(c.activity),
            clock(c.bpm, c.start, c.submix.shape[2], self.frame_seconds),
        ]
        n = len(c)
        coupled = torch.as_tensor(coupled, device=c.group.device).expand(n)
        mates = (c.group[:, None] == c.group) & coupled[:, None] & coupled | torch.eye(
            n, dtype=torch.bool, device=c.group.device
        )
        features = torch.cat([f.to(embedded.dtype) for f in frames], dim=-1)
        features = pad(features, (0, 0, 0, -features.shape[1] % self.patch))
        return Prepared(
            frames=features,
            summary=self.key(c.key) + self.tempo(_tempo_features(c.bpm)) + self.pooled(pooled) + self.words(c.tokens),
            text=[block.cross.keys_values(embedded) for block in self.blocks],
            mask=mask[:, None, None, :],
            mates=mates,
            rotation=rotary(features.shape[1] // self.patch, self.head_width, c.group.device),
        )

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
        h = self.enter(h.reshape(len(h), -1, self.enter.in_features))  # (N, T / patch, D)
        summary = silu(self.time(sinusoids(t, 256)) + p.summary)
        modulation = self.modulation(summary).unflatten(1, (6, 1, -1)).unbind(1)  # six of (N, 1, D)
        notes = h
        for number, (block, text) in enumerate(zip(self.blocks, p.text, strict=True), 1):
            h = block(h, modulation, text, p)
            if number == (2 * len(self.blocks) + 2) // 3:
                notes = self.name_notes(norm(h)).reshape(len(x), -1, NOTES)[:, :length]
        shift, scale = self.leave_modulation(summary)[:, None].chunk(2, dim=-1)
        out = self.leave(norm(h) * (1 + scale) + shift).reshape(len(x), -1, self.channels)  # (N, T, C)
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


def sinusoids(t: torch.Tensor, width: int) -> torch.Tensor:
    """Time as sines and cosines, `(N,)` to `(N, width)`."""
    rates = torch.exp(torch.linspace(0, 6.9, width // 2, device=t.device))
    return torch.cat([(t[:, None] * rates).sin(), (t[:, None] * rates).cos()], dim=1)


def _tempo_features(bpm: torch.Tensor) -> torch.Tensor:
    """bpm on a log scale as sinusoids, `(N,)` to `(N, 17)`, all 0 when absent."""
    octave = torch.log2(bpm.clamp(min=1) / 60)
    features = torch.cat([sinusoids(octave / 30, 16), torch.ones_like(bpm)[:, None]], dim=1)
    return features * (bpm > 0)[:, None]
