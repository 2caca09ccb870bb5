"""Words to vectors: a small byte-level T5 encoder, trained together with the flow.

It reads any string in any alphabet, needs no vocabulary file and no download.

Lesson: 04_text_and_guidance.ipynb
"""

import math

import torch
from torch import nn
from torch.nn.functional import gelu

MAX_BYTES = 96
PAD, END, OFFSET = 0, 1, 3  # ByT5's numbering: byte b is token b + 3

# Source of the tokens and of the encoder: Xue et al. 2022, "ByT5", arXiv:2105.13626; Raffel et al. 2020, "T5".


def join_prompt(stem: str, group: str) -> str:
    """What the encoder reads for one stem: its own words, then the group's."""
    return f"{stem} | {group}" if group else stem


def tokenize(texts: list[str]) -> torch.Tensor:
    """Strings to ByT5 tokens, `(N, MAX_BYTES)` int64, cut and padded with 0."""
    tokens = torch.full((len(texts), MAX_BYTES), PAD)
    for row, text in zip(tokens, texts, strict=True):
        data = text.lower().encode("utf-8")[: MAX_BYTES - 1]
        row[: len(data) + 1] = torch.tensor([byte + OFFSET for byte in data] + [END])
    return tokens


def embed(encoder: nn.Module, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Texts through an encoder, cut to the longest; those that are absent are not encoded.

    Args:
        encoder: `(N, L)` tokens to `(N, L, D)`.
        tokens: `(N, L)`, padded with 0; all 0 when absent.
    Returns:
        embeddings `(N, L, D)`, 0 where there is no text; their mean `(N, D)`; and `(N, L)` bool, True at what may be
        attended to: the words, and the first position always, so that who has no text attends to one of zeros.
    """
    mask = tokens != PAD
    mask = mask[:, : max(1, int(mask.sum(1).max()))]
    spoken = mask.any(1)
    spoken[0] = True  # so that there is always one to encode
    read = encoder(tokens[spoken, : mask.shape[1]])
    embedded = (
        read.new_zeros(len(tokens), *read.shape[1:]).masked_scatter(spoken[:, None, None], read) * mask[..., None]
    )
    pooled = embedded.sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
    first = torch.zeros(1, dtype=torch.long, device=mask.device)
    return embedded, pooled, mask.index_fill(1, first, True)


class NgramBag(nn.Module):
    """A text as the sum of embeddings of its hashed byte trigrams: whole words are told apart from the first step on.

    Args:
        width: of the embedding.  buckets: of the hash.

    Source: Bojanowski et al. 2017, arXiv:1607.04606 (subword hashing).
    """

    def __init__(self, width: int, buckets: int = 2048):
        super().__init__()
        self.table = nn.Embedding(buckets, width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """`(N, L)` tokens to `(N, width)`; a text that is absent gives 0."""
        first, second, third = tokens[:, :-2], tokens[:, 1:-1], tokens[:, 2:]
        there = (third != PAD)[..., None]
        bucket = (first * 7919 + second * 104_729 + third * 1_299_709) % self.table.num_embeddings
        return (self.table(bucket) * there).sum(1) / there.sum(1).clamp(min=1).sqrt()


class SelfAttention(nn.Module):
    """T5's self-attention over bytes: scores are not scaled, and a bias tells how far apart two positions are.

    Args:
        width, heads: of the encoder.
        biased: has the table of biases, which the first block lends to all.
    """

    def __init__(self, width: int, heads: int, biased: bool):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.o = (nn.Linear(width, width, bias=False) for _ in range(4))
        if biased:
            self.relative_attention_bias = nn.Embedding(32, heads)
            nn.init.normal_(self.relative_attention_bias.weight, std=width**-0.5)

    def bias(self, length: int) -> torch.Tensor:
        """Bias of each pair of positions, `(1, H, L, L)`: 8 distances apart each has its own, those up to 128 share 8."""
        place = torch.arange(length, device=self.q.weight.device)
        apart = place[None] - place[:, None]
        near, far = apart.abs(), torch.log(apart.abs().clamp(min=1) / 8) / math.log(128 / 8) * 8 + 8
        bucket = torch.where(near < 8, near, far.long().clamp(max=15)) + 16 * (apart > 0)
        return self.relative_attention_bias(bucket).permute(2, 0, 1)[None]

    def forward(self, h: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        q, k, v = (part(h).unflatten(2, (self.heads, -1)).transpose(1, 2) for part in (self.q, self.k, self.v))
        out = (q @ k.transpose(2, 3) + bias).softmax(-1).to(v.dtype) @ v  # (N, H, L, d)
        return self.o(out.transpose(1, 2).flatten(2))


class GatedMLP(nn.Module):
    """T5's feed-forward part: one half of the hidden channels opens and shuts the other."""

    def __init__(self, width: int):
        super().__init__()
        self.wi_0, self.wi_1 = (nn.Linear(width, 2 * width, bias=False) for _ in range(2))
        self.wo = nn.Linear(2 * width, width, bias=False)

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        return self.wo(gelu(self.wi_0(h), approximate="tanh") * self.wi_1(h))


class T5Encoder(nn.Module):
    """A small T5 encoder. Parts have the names that transformers gives them, so that weights fit both."""

    def __init__(self, width: int, depth: int, heads: int):
        super().__init__()
        block = lambda number: nn.ModuleDict({"layer": nn.ModuleList([  # noqa: E731
            nn.ModuleDict({"SelfAttention": SelfAttention(width, heads, number == 0), "layer_norm": nn.RMSNorm(width, 1e-6)}),
            nn.ModuleDict({"DenseReluDense": GatedMLP(width), "layer_norm": nn.RMSNorm(width, 1e-6)}),
        ])})  # fmt: skip
        self.shared = nn.Embedding(259 + OFFSET, width)
        self.encoder = nn.ModuleDict({"embed_tokens": self.shared, "block": nn.ModuleList(map(block, range(depth)))})
        self.encoder["final_layer_norm"] = nn.RMSNorm(width, 1e-6)
        for name, layer in self.named_modules():
            if isinstance(layer, nn.Linear):
                narrow = layer.in_features * (width // heads if name.endswith(".q") else 1)
                nn.init.normal_(layer.weight, std=narrow**-0.5)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        h: torch.Tensor = self.shared(tokens)
        blocks: list = [block.get_submodule("layer") for block in self.encoder["block"].children()]
        bias = blocks[0][0]["SelfAttention"].bias(tokens.shape[1])
        bias = bias.masked_fill((tokens == PAD)[:, None, None], torch.finfo(bias.dtype).min)
        for attention, mlp in blocks:
            h = h + attention["SelfAttention"](attention["layer_norm"](h), bias)
            h = h + mlp["DenseReluDense"](mlp["layer_norm"](h))
        return self.encoder["final_layer_norm"](h)


class ByteTextEncoder(nn.Module):
    """The bundled text encoder.

    Args:
        width, depth, heads: of the encoder.
    """

    def __init__(self, width: int = 256, depth: int = 3, heads: int = 4):
        super().__init__()
        self.encoder = T5Encoder(width, depth, heads)

    def tokenize(self, texts: list[str]) -> torch.Tensor:
        """As the function `tokenize`."""
        return tokenize(texts)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Embeddings `(N, L, width)` of tokens `(N, L)` as from `tokenize`; padding is not attended to."""
        return self.encoder(tokens)
