"""Published text encoders in the place of the bundled one: T5 and CLAP, frozen, as other models use them.

In a config: `"text": "t5:google/flan-t5-base"` or `"clap:laion/clap-htsat-unfused"`, or a folder behind the colon, and `"text_width"`,
the width of its embeddings. The encoder is no part of the network: it is neither trained nor saved with it.

Sources: Raffel et al. 2020, "T5", arXiv:1910.10683; Wu et al. 2023, "CLAP", arXiv:2211.06687.
Lesson: 04_text_and_guidance.ipynb
"""

from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from stemlab.checkpoints.files import without_bars
from stemlab.model import VelocityNet
from stemlab.text import PAD

MAX_TOKENS = 64
CLASSES = {"t5": "T5EncoderModel", "clap": "ClapTextModelWithProjection"}  # of transformers


def network(model: dict[str, Any]) -> VelocityNet:
    """The velocity network that a config's `model` describes; its `text` is "bytes", or names a published encoder.

    Raises:
        TypeError: arguments that VelocityNet does not take.
        ValueError: a text that names no kind of encoder, or a width that the heads do not share evenly.
    """
    width, heads = model.get("width", 384), model.get("heads", 6)
    if isinstance(width, int) and isinstance(heads, int) and (heads < 1 or width % (2 * heads)):
        raise ValueError(f"heads: got {heads} for the width {width}, which each of them has an even share of.")
    text = model.get("text", "bytes")
    if text == "bytes":
        return VelocityNet(**model)
    return VelocityNet(**{**model, "text": PublishedText(text, model.get("text_width", 256))})


class PublishedText(nn.Module):
    """A frozen encoder by its name; it is loaded when it is first used, once for all networks that name it.

    Args:
        name: "t5:" or "clap:", and a folder or what the hub calls it.
        width: of its embeddings.
    Raises:
        ValueError: another kind, or, at the first use, an encoder that is not there or has another width.
    """

    def __init__(self, name: str, width: int):
        super().__init__()
        kind, _, source = str(name).partition(":")
        if kind not in CLASSES or not source:
            raise ValueError(f'text: got {name!r}; it takes "bytes", or {" or ".join(f"{k}:SOURCE" for k in CLASSES)}.')
        self.name, self.width = name, width

    def tokenize(self, texts: list[str]) -> torch.Tensor:
        """Strings to tokens, `(N, 64)` int64, cut and filled up with 0; an empty text is 0 throughout.

        The encoder's own numbers are raised by one, since 0 is a word in some vocabularies.
        """
        tokenizer, _ = opened(self.name)
        found = tokenizer(
            [text.lower() for text in texts], max_length=MAX_TOKENS, truncation=True, padding="max_length"
        )
        tokens = (torch.tensor(found["input_ids"]) + 1) * torch.tensor(found["attention_mask"])
        return tokens * torch.tensor([bool(text) for text in texts])[:, None]

    @torch.no_grad()
    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Embeddings `(N, L, width)` of tokens `(N, L)`; padding is not attended to."""
        encoder = opened(self.name)[1].to(tokens.device)
        mask = tokens != PAD
        mask[:, 0] = True  # a text that is absent attends to something, and is not looked at afterwards
        read = encoder(input_ids=(tokens - 1).clamp(min=0), attention_mask=mask.long()).last_hidden_state
        if read.shape[2] != self.width:
            raise ValueError(f'text_width: got {self.width}; {self.name} has "text_width": {read.shape[2]}.')
        return read


def fetch_text(name: str, allow_download: bool = False) -> None:
    """Load an encoder, from the hub where that is allowed: from then on networks find it.

    Raises:
        ValueError: it is not on this machine and may not be fetched, or cannot be read.
    """
    if allow_download:
        _load(name, True)
    opened(name)


@cache
def opened(name: str):
    """The tokenizer and the encoder of that name, from this machine alone."""
    return _load(name, False)


def _load(name: str, allow_download: bool):
    import transformers

    kind, _, source = name.partition(":")
    how = {"local_files_only": not allow_download}
    try:
        with without_bars():
            tokenizer = transformers.AutoTokenizer.from_pretrained(source, **how)
            encoder = getattr(transformers, CLASSES[kind]).from_pretrained(source, use_safetensors=True, **how)
    except (OSError, ValueError, ImportError) as error:
        if not Path(source).is_dir() and not allow_download:
            raise ValueError(f"text: {name!r} is not on this machine; fetch it once: hf download {source}") from None
        raise ValueError(f"text: {name!r} cannot be loaded: {str(error).strip().splitlines()[0]}") from None
    return tokenizer, encoder.eval().requires_grad_(False)
