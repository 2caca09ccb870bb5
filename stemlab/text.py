"""Words to vectors: a small byte-level T5 encoder, trained together with the flow.

It reads any string in any alphabet, needs no vocabulary file and no download.

Lesson: 04_text_and_guidance.ipynb
"""

import torch
from torch import nn

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


class ByteTextEncoder(nn.Module):
    """transformers' `T5EncoderModel` at a small size.

    Args:
        width, depth, heads: of the encoder.
    """

    def __init__(self, width: int = 256, depth: int = 3, heads: int = 4):
        from transformers import T5Config, T5EncoderModel

        super().__init__()
        config = T5Config(
            vocab_size=259 + OFFSET, d_model=width, d_kv=width // heads, d_ff=2 * width, num_layers=depth,
            num_heads=heads, feed_forward_proj="gated-gelu", dropout_rate=0.0, tie_word_embeddings=False,
        )  # fmt: skip
        self.encoder = T5EncoderModel(config)

    def tokenize(self, texts: list[str]) -> torch.Tensor:
        """As the function `tokenize`."""
        return tokenize(texts)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Embeddings `(N, L, width)` of tokens `(N, L)` as from `tokenize`; padding is not attended to."""
        return self.encoder(input_ids=tokens, attention_mask=(tokens != PAD).long()).last_hidden_state
