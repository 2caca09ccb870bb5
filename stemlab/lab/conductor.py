"""Who leads the stems: a conductor that plays chords to them, or what the shared noise becomes, and nobody else hears it.

The network has no condition for chords. But stems that see each other agree, and one that is there already leads those that are
being made. So the chords become sound, which leads as a recording does: its latents stand at t = 1 beside the stems, and it is in
the sub-mix that they are told. It is never heard.

Under the coupling "song" the noise is the song: a pianist who starts from it comes first, and each stem sees the pianist and nobody
else. So the seed means one song, and a stem depends neither on how many others there are nor on who they are. Who accompanies a
recording sees that instead.

Lesson: 07_play_along.ipynb
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from stemlab.conditions import make_conditions
from stemlab.framing import SAMPLE_RATE
from stemlab.lab.draft import Draft
from stemlab.lab.recording import hearing_gain
from stemlab.sampling import integrate
from stemlab.songs.chords import by_beats, read_chords
from stemlab.songs.harmony import canonical_key
from stemlab.songs.held_chords import held_chords
from stemlab.songs.meter import METERS, bar_of
from stemlab.songs.plan import BEATS
from stemlab.text import join_prompt

if TYPE_CHECKING:
    from stemlab.lab.stem_lab import StemLab

WORDS = "keys: piano, held chords"  # what a conductor is told that it is


def conductor(draft: Draft) -> torch.Tensor | None:
    """The chords that a draft was asked for, as the network hears sound, `(1, N)` or `(1, 2, N)`; None when it was asked for none."""
    asked, seconds = draft.asked, draft.samples / draft.grid.sample_rate
    if not asked.chords:
        return None
    from stemlab.data.latents import as_taken  # which loads the composer and SciPy

    assert asked.bpm and draft.bars
    beats = by_beats(read_chords(asked.chords, asked.key and canonical_key(asked.key)), draft.bars)
    quarters = asked.bpm * BEATS / bar_of(asked.meter)  # four to a bar of any meter
    sound = held_chords(beats, quarters, round(seconds * SAMPLE_RATE), SAMPLE_RATE, draft.downbeat)
    return torch.from_numpy(as_taken(sound[None] * hearing_gain(sound), draft.grid))[..., : draft.samples]


def leaders(lab: "StemLab", draft: Draft, model: Any, chords: torch.Tensor | None) -> list[tuple[str, torch.Tensor]]:
    """Who leads: the text and the latents `(C, T)` of each, one at most.

    Args:
        lab: whose codec is used.
        draft: the stems that shall be led.
        model: the network that they follow.
        chords: from `conductor`.
    """
    asked = draft.asked
    if chords is not None:
        return [(WORDS, draft.encode(lab.codec, chords)[0])]
    if asked.coupling != "song":
        return []
    if asked.recording:
        name = draft.names[0]
        return [(join_prompt(draft.prompts[name], asked.prompt), draft.latents[name])]
    text, noise = join_prompt(WORDS, asked.prompt), draft.shared_noise()
    told = make_conditions(
        [text], draft.frames, draft.grid.channels, draft.bpm, asked.key and canonical_key(asked.key), start=draft.start,
        tokenize=lab.model.text.tokenize, periods=METERS[asked.meter],
    )  # fmt: skip
    alone = replace(asked, coupling="noise", mates=asked.guidance)
    return [(text, integrate(model, told.to(lab.device), noise[None].to(lab.device), alone)[0].cpu())]
