"""What stems of a draft are told, beside their words: tempo, meter, key, and where in the bar they begin.

Lesson: 06_many_stems_at_once.ipynb
"""

from typing import TYPE_CHECKING

import torch

from stemlab.conditions import Conditions, make_conditions
from stemlab.lab.draft import Draft
from stemlab.songs.harmony import canonical_key
from stemlab.songs.meter import METERS

if TYPE_CHECKING:
    from stemlab.lab.stem_lab import StemLab


def told_in(
    lab: "StemLab",
    draft: Draft,
    texts: list[str],
    frames: int,
    first: int = 0,
    submix: torch.Tensor | None = None,
    activity: torch.Tensor | None = None,
    with_key: bool = True,
) -> Conditions:
    """Conditions of stems in a draft: its tempo, meter and key, and where in the bar they begin.

    Args:
        texts: of the stems.
        frames: T, counted from frame `first` of the draft.
        submix, activity: from there on, as for `make_conditions`.
        with_key: tell the key.
    """
    asked = draft.asked
    return make_conditions(
        texts, frames, draft.grid.channels, draft.bpm, canonical_key(asked.key) if asked.key and with_key else None, submix, activity,
        draft.start + first * draft.grid.seconds * (asked.bpm or 0) / 60, lab.model.text.tokenize, METERS[asked.meter],
    )  # fmt: skip
