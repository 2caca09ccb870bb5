"""Words to vectors: a small byte-level T5 encoder, trained together with the flow.

It reads any string in any alphabet, needs no vocabulary file and no download.

Lesson: 04_text_and_guidance.ipynb
"""

import re
from collections.abc import Iterable

import torch
from torch import nn

MAX_BYTES = 96
PAD, END, OFFSET = 0, 1, 3  # ByT5's numbering: byte b is token b + 3

# Source of the tokens and of the encoder: Xue et al. 2022, "ByT5", arXiv:2105.13626; Raffel et al. 2020, "T5".


def join_prompt(stem: str, group: str) -> str:
    """What the encoder reads for one stem: its own words, then the group's."""
    return f"{stem} | {group}" if group else stem


def unique_names(prompts: Iterable[str]) -> list[str]:
    """Names for stems: each prompt's text before its first colon, with " 2", " 3" where one comes again.

    Raises:
        ValueError: a prompt with no letter or digit before its colon.

    >>> unique_names(["drums: tight funk kit", "Electric Piano", "drums: shaker"])
    ['drums', 'electric piano', 'drums 2']
    """
    names: list[str] = []
    for prompt in prompts:
        if not isinstance(prompt, str):
            raise ValueError(f'stems: got {prompt!r}; each takes a text such as "bass: slap bass".')
        base = re.sub(r"[\W_]+", " ", prompt.split(":")[0].lower()).strip()[:40].strip()
        if not base:
            raise ValueError(f'stems: got {prompt!r}; each takes a name before its colon, such as "bass: slap bass".')
        name, count = base, 2
        while name in names:
            name, count = f"{base} {count}", count + 1
        names.append(name)
    return names


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
