"""The four networks between a request and its sound, each as a module that ONNX can hold: tensors in, tensors out.

The modules inside are the package's own. Only `Prepare` is written out anew: `VelocityNet.prepare` skips absent texts and cuts
the others to the longest, and a graph can do neither. It reads every row and masks it, which gives the same.
"""

import math
from typing import ClassVar

import torch
from torch import nn
from torch.nn.functional import pad

from stemlab.codec.bundled import StemCodec
from stemlab.codec.phase import BINS
from stemlab.codec.spectrum import N_BANDS, bands_to_linear
from stemlab.codec.vae import PATCH, normalise
from stemlab.conditions import clock, tempo_features
from stemlab.model import Prepared, VelocityNet, rotary
from stemlab.text import PAD

STEMS, FRAMES, LETTERS = "stems", "frames", "letters"  # the axes that may have any length

Axes = dict[str, tuple[str, ...]]


class Graph(nn.Module):
    """A module with names for what goes in and comes out, and for each axis of what goes in that may have any length."""

    inputs: ClassVar[Axes]
    outputs: ClassVar[tuple[str, ...]]


class Prepare(Graph):
    """All that the velocity network computes once: `VelocityNet.prepare` with the text encoder inside."""

    inputs: ClassVar[Axes] = {
        "tokens": (STEMS, LETTERS), "bpm": (STEMS,), "start": (STEMS,), "key": (STEMS,), "submix": (STEMS, "", FRAMES),
        "has_submix": (STEMS,), "activity": (STEMS, FRAMES), "group": (STEMS,), "coupled": (STEMS,),
    }  # fmt: skip
    outputs: ClassVar[tuple[str, ...]] = ("frames", "summary", "keys", "values", "mask", "mates", "cos", "sin")

    def __init__(self, model: VelocityNet):
        super().__init__()
        self.model = model

    def forward(self, tokens, bpm, start, key, submix, has_submix, activity, group, coupled):
        """Conditions of N stems over T frames, as `Conditions` has them but for int32; `coupled` `(N,)` bool.

        `tokens` `(N, L)` has 3 columns or more. `keys` and `values` come as `(blocks, N, H, L, d)`.
        """
        m, tokens = self.model, tokens.long()
        words = tokens != PAD
        embedded = m.text(tokens) * words[..., None]  # (N, L, D)
        pooled = embedded.sum(1) / words.sum(1, keepdim=True).clamp(min=1)
        mask = words | (torch.arange(tokens.shape[1]) == 0)  # who has no text attends to one position of zeros
        marks = m.activity(activity.long())
        told = torch.ones_like(marks[..., :1]) * has_submix[:, None, None]
        beat = clock(bpm, start, activity.shape[1], m.frame_seconds)
        features = torch.cat([submix.transpose(1, 2), told, marks, beat], dim=-1)
        features = pad(features, (0, 0, 0, m.patch - 1))
        positions = features.shape[1] // m.patch
        features = features[:, : positions * m.patch]
        summary = m.key(key.long()) + m.tempo(tempo_features(bpm)) + m.pooled(pooled) + m.words(tokens)
        keys, values = zip(*(block.cross.keys_values(embedded) for block in m.blocks), strict=True)
        own = torch.arange(tokens.shape[0])
        mates = (group[:, None] == group) & coupled[:, None] & coupled | (own[:, None] == own)
        cos, sin = rotary(positions, m.head_width, "cpu")
        return features, summary, torch.stack(keys), torch.stack(values), mask[:, None, None], mates, cos, sin


class Velocity(Graph):
    """One evaluation of the velocity network."""

    inputs: ClassVar[Axes] = {
        "x": (STEMS, "", FRAMES), "t": (STEMS,), "frames": (STEMS, "padded"), "summary": (STEMS,),
        "keys": ("", STEMS, "", LETTERS), "values": ("", STEMS, "", LETTERS), "mask": (STEMS, "", "", LETTERS),
        "mates": (STEMS, STEMS), "cos": ("positions",), "sin": ("positions",),
    }  # fmt: skip
    outputs: ClassVar[tuple[str, ...]] = ("velocity",)

    def __init__(self, model: VelocityNet):
        super().__init__()
        self.model = model

    def forward(self, x, t, frames, summary, keys, values, mask, mates, cos, sin):
        """Velocity `(N, C, T)` of `x` `(N, C, T)` at times `t` `(N,)`; the rest is what `Prepare` gives."""
        text = list(zip(keys.unbind(0), values.unbind(0), strict=True))
        return self.model(x, t, Prepared(frames, summary, text, mask, mates, (cos, sin)))


class Bands(Graph):
    """Normalised latents to a band spectrogram: `StemCodec.decode_bands`."""

    inputs: ClassVar[Axes] = {"latents": (STEMS, "", FRAMES)}
    outputs: ClassVar[tuple[str, ...]] = ("bands",)

    def __init__(self, codec: StemCodec):
        super().__init__()
        self.vae, self.reach = codec.vae, 3
        self.register_buffer("mean", codec.mean)
        self.register_buffer("std", codec.std)

    def forward(self, latents):
        """`(B, C, T)` to `(B, 128, 4 * T)` in dB."""
        return without_patch_line(self.vae.decode(latents * self.std + self.mean), self.reach)


def without_patch_line(band_db: torch.Tensor, reach: int) -> torch.Tensor:
    """As in `stemlab.codec.vae`, with slices for its windows: an unfold of unknown length has no ONNX."""
    frames = band_db.shape[2]
    series = pad(band_db, (PATCH // 2, PATCH // 2), mode="replicate")
    mean = nn.functional.avg_pool1d(nn.functional.avg_pool1d(series, PATCH, 1), 2, 1)
    deviation = band_db - mean
    weight = (1 + deviation.square()).square().reciprocal()
    around = [pad(part, (PATCH * reach, PATCH * reach)) for part in (weight * deviation, weight)]
    total, count = (sum(part[:, :, i * PATCH :][:, :, :frames] for i in range(2 * reach + 1)) for part in around)
    return band_db - total / count


class Spectrum(Graph):
    """The vocoder's network, bands to magnitude and phase gradients; the phase itself is summed up outside."""

    inputs: ClassVar[Axes] = {"bands": (STEMS, "", "bands_frames")}
    outputs: ClassVar[tuple[str, ...]] = ("magnitude", "turns")

    def __init__(self, codec: StemCodec):
        super().__init__()
        assert codec.vocoder is not None
        self.net = codec.vocoder
        weights = bands_to_linear(torch.eye(N_BANDS)[None])[
            0
        ]  # (BINS, N_BANDS), two numbers a row: only those are kept
        below = weights.ne(0).int().argmax(1)
        self.register_buffer("neighbours", torch.stack([below, (below + 1).clamp(max=N_BANDS - 1)]))
        self.register_buffer("share", weights.gather(1, below[:, None])[:, 0])

    def forward(self, bands):
        """`(B, 128, F)` in dB to linear magnitude `(B, F, BINS)`, and `(B, F, 4, BINS)`.

        The four are real and imaginary part of the turn since the last frame, and of the turn to the next bin.
        """
        x = self.net.blocks(self.net.enter(normalise(bands)).transpose(1, 2))
        below, above = (bands.transpose(1, 2)[..., row] for row in self.neighbours)
        db = self.share * below + (1 - self.share) * above + 20 * self.net.magnitude(x)
        magnitude = ((math.log(10) / 20 * db).exp() - 1e-5).clamp(min=0)
        return magnitude, self.net.gradients(x).unflatten(2, (4, BINS))


def examples(model: VelocityNet, stems: int = 2, frames: int = 5, letters: int = 7) -> dict[str, torch.Tensor]:
    """Inputs of `Prepare`, of the right kinds and of any size: what a graph is traced with."""
    row = torch.arange(stems, dtype=torch.int32)
    return {
        "tokens": torch.full((stems, letters), 100, dtype=torch.int32), "bpm": torch.full((stems,), 100.0),
        "start": torch.zeros(stems), "key": row % 24, "submix": torch.zeros(stems, model.channels, frames),
        "has_submix": row < 0, "activity": torch.full((stems, frames), 2, dtype=torch.int32), "group": row * 0,
        "coupled": row >= 0,
    }  # fmt: skip
