"""What the stems play to: a recording, those made before, chords that were asked for, or the song that the shared noise becomes.

The network has no condition for chords. But it is told a sub-mix, and plays to that. So the chords become sound, which is in the
sub-mix, and under the coupling "attention" also stands at t = 1 beside the stems, as one that is there already. It is never heard.

Under the coupling "song" the noise is the song: a leader starts from it, whom the student names (the bundled one: a pianist), and is
the sub-mix that each stem is told; nobody sees anybody. So the seed means one song, and a stem depends neither on how many others there
are nor on who they are. Who accompanies a recording is told that instead.

Lesson: 07_play_along.ipynb
"""

from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import torch

from stemlab.framing import SAMPLE_RATE
from stemlab.lab.draft import Draft
from stemlab.lab.recording import hearing_gain
from stemlab.lab.telling import told_in
from stemlab.sampling import integrate
from stemlab.songs.chords import by_beats, read_chords
from stemlab.songs.harmony import canonical_key
from stemlab.songs.held_chords import PIANIST, held_chords
from stemlab.songs.meter import bar_of
from stemlab.songs.plan import BEATS

if TYPE_CHECKING:
    from stemlab.lab.stem_lab import StemLab


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


def played_to(
    lab: "StemLab", draft: Draft, model: Any, mates: list[str], chords: torch.Tensor | None
) -> torch.Tensor | None:
    """The sub-mix that new stems are told, as latents `(C, T)`; None when there is nothing that they could play to.

    Args:
        lab: whose codec is used.
        draft: that they belong to.
        model: the network that they follow.
        mates: names of the stems that they are made to; under the coupling "song" it is the recording alone.
        chords: from `conductor`.
    """
    song = draft.asked.coupling == "song"
    heard = [name for name in draft.names if name in draft.audio and name in (draft.originals if song else mates)]
    parts = [torch.stack([draft.audio[name] for name in heard]).sum(0, keepdim=True) * draft.gain] if heard else []
    parts += [] if chords is None else [chords]
    if parts:
        return draft.encode(lab.codec, torch.stack(parts).sum(0))[0]
    return leader(lab, draft, model) if song else None


def leader(lab: "StemLab", draft: Draft, model: Any) -> torch.Tensor:
    """The song that the shared noise of a draft is: what a leader alone makes of it, `(C, T)`.

    Of a group that was extended, each part is made to those before it, which stay.
    """
    asked, noise = replace(draft.asked, coupling="noise"), draft.shared_noise()[None].to(lab.device)
    words = lab.student.leader(asked.prompt) if lab.student else PIANIST
    made = noise[:, :, :0]
    for frames in accumulate(draft.pieces):
        told = told_in(lab, draft, [words], frames).to(lab.device)
        known, hold = noise[:, :, :frames].clone(), torch.zeros(1, frames, dtype=torch.bool, device=lab.device)
        known[:, :, : made.shape[2]], hold[:, : made.shape[2]] = made, True
        made = integrate(model, told, noise[:, :, :frames], asked, known, hold)
    return made[0].cpu()
