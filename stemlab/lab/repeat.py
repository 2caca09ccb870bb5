"""Bars of a stem played twice: what comes after them gives way to them, without a click.

Lesson: 11_stem_studio.ipynb
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from stemlab.framing import Grid
from stemlab.lab.draft import Draft
from stemlab.lab.gate import splice
from stemlab.lab.history import check_step, replay
from stemlab.lab.request import listed

if TYPE_CHECKING:
    from stemlab.lab.group import StemGroup


def twice(draft: Draft, audio: torch.Tensor, bars: list[int]) -> torch.Tensor:
    """Put some bars of a stem of the draft once more behind them, up to the end; `(N,)` or `(2, N)`."""
    ((first, last),) = draft.bar_samples(bars)
    count = min(last - first, audio.shape[-1] - last)
    moved = audio.clone()
    moved[..., last : last + count] = audio[..., first : first + count]
    return (draft.loop.splice if draft.loop else splice)(audio, moved, last, last + count)


def repeat(group: "StemGroup", name: str, bars: Sequence[int]) -> "StemGroup":
    """See `StemGroup.repeat`."""
    history = group.settings.get("history")
    if not history:
        raise ValueError("the group has no history in its settings: make it with lab.generate, or load a saved session")
    step = {"repeat": name, "bars": listed(bars)}
    draft = replay(history, Grid.of(group.settings))
    check_step(draft, step)
    told = group[name]
    stem = replace(told, audio=twice(draft, torch.from_numpy(told.audio), step["bars"]).numpy(), latent=None)
    stems = [stem if other is told else other for other in group]
    return replace(group, stems=stems, settings={**group.settings, "history": [*history, step]})
