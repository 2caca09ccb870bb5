"""Chords that are told: a conductor plays them to the stems, and nobody else hears it.

The network has no condition for chords. But stems that see each other agree, and one that is there already leads those that are
being made. So the chords become sound, which leads as a recording does: its latents stand at t = 1 beside the stems, and it is in
the sub-mix that they are told. It is never heard.

Lesson: 07_play_along.ipynb
"""

import torch

from stemlab.data.latents import as_taken
from stemlab.framing import SAMPLE_RATE
from stemlab.lab.draft import Draft
from stemlab.lab.recording import hearing_gain
from stemlab.songs.chords import by_beats, read_chords
from stemlab.songs.harmony import canonical_key
from stemlab.songs.held_chords import held_chords

WORDS = "keys: piano, held chords"  # what the conductor is told that it is


def conductor(draft: Draft) -> torch.Tensor | None:
    """The chords that a draft was asked for, as the network hears sound, `(1, N)` or `(1, 2, N)`; None when it was asked for none."""
    asked, seconds = draft.asked, draft.samples / draft.grid.sample_rate
    if not asked.chords:
        return None
    assert asked.bpm and draft.bars
    beats = by_beats(read_chords(asked.chords, asked.key and canonical_key(asked.key)), draft.bars)
    sound = held_chords(beats, asked.bpm, round(seconds * SAMPLE_RATE), SAMPLE_RATE, draft.downbeat)
    return torch.from_numpy(as_taken(sound[None] * hearing_gain(sound), draft.grid))[..., : draft.samples]
