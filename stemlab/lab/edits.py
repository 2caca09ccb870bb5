"""What can be done to a group that is there: each edit is checked, changes the plan of a draft, and samples what it must.

A step is a dict that JSON can keep; `regenerate` takes the same steps again.

Lesson: 11_stem_studio.ipynb
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from stemlab.activity import canonical
from stemlab.lab.draft import Draft
from stemlab.lab.gate import splice
from stemlab.lab.group import StemGroup
from stemlab.lab.history import check_step
from stemlab.lab.repeat import twice
from stemlab.lab.request import Request
from stemlab.lab.rounds import draft_of, finish, make, sample
from stemlab.lab.words import check_words, hint
from stemlab.sampling import Callback
from stemlab.songs.meter import beats_in
from stemlab.windows import overlap

if TYPE_CHECKING:
    from stemlab.lab.stem_lab import StemLab

Edit = Callable[["StemLab", Draft, dict[str, Any], Callback | None], None]


def add(lab: "StemLab", draft: Draft, step: dict[str, Any], callback: Callback | None) -> None:
    """A new stem to all that are there."""
    draft.follow(step)
    sample(lab, draft, draft.names[-1:], callback)


def replace(lab: "StemLab", draft: Draft, step: dict[str, Any], callback: Callback | None) -> None:
    """A stem anew with another text."""
    name = step["replace"]
    draft.follow(step)
    del draft.audio[name], draft.latents[name]
    sample(lab, draft, [name], callback)


def vary(lab: "StemLab", draft: Draft, step: dict[str, Any], callback: Callback | None) -> None:
    """A stem anew from noise that is partly the old; it hears the sub-mix that it heard when it was made."""
    name = step["vary"]
    draft.follow(step)
    del draft.audio[name], draft.latents[name]
    sample(lab, draft, [name], callback)


def inpaint(lab: "StemLab", draft: Draft, step: dict[str, Any], callback: Callback | None) -> None:
    """Some bars of a stem anew: the frames around them are held on their path, and their samples are kept."""
    name = step["inpaint"]
    draft.follow(step)
    before, runs = draft.audio[name], draft.bar_samples(step["bars"])
    hold = torch.ones(draft.frames, dtype=torch.bool)
    for first, last in runs:
        hold[draft.part(first, last)] = False
    others = [other for other in draft.names if other != name]
    sample(lab, draft, [name], callback, mates=others, hold=hold)
    for first, last in runs:
        before = (draft.loop.splice if draft.loop else splice)(before, draft.audio[name], first, last)
    draft.audio[name] = before


def extend(lab: "StemLab", draft: Draft, step: dict[str, Any], callback: Callback | None) -> None:
    """All stems go on: what is there is held on its path, and up to its last two latent frames its samples are kept."""
    if step["activity"] is not None:
        frames = draft.grid.frames(draft.more_samples(step["extend"]))
        told, beats = (step["activity"], draft.names, draft.asked.bpm), beats_in(draft.asked.meter)
        step["activity"] = canonical(*told, step["extend"], frames, beats)
    before, audio, frame, window = draft.samples, dict(draft.audio), draft.grid.frame, draft.grid.window
    draft.follow(step)
    known = before // frame
    hold = torch.arange(draft.frames) < known
    first = max(0, known - (window - overlap(window)))
    sample(lab, draft, draft.names, callback, mates=[], hold=hold, first=first)
    for name, old in audio.items():
        draft.audio[name] = splice(old, draft.audio[name], max(0, known - 1) * frame, draft.samples)


def repeat(lab: "StemLab", draft: Draft, step: dict[str, Any], callback: Callback | None) -> None:
    """Bars of a stem twice, as `StemGroup.repeat` puts them."""
    name = step["repeat"]
    draft.audio[name] = twice(draft, draft.audio[name], step["bars"])
    draft.latents[name] = draft.encode(lab.codec, draft.audio[name][None] * draft.gain)[0]


def without(lab: "StemLab", draft: Draft, step: dict[str, Any], callback: Callback | None) -> None:
    """One stem fewer, as `StemGroup.without` leaves it out."""
    draft.follow(step)
    del draft.audio[step["without"]], draft.latents[step["without"]]


EDITS: dict[str, Edit] = {
    "add": add, "replace": replace, "vary": vary, "inpaint": inpaint, "extend": extend, "without": without,
    "repeat": repeat,
}  # fmt: skip


def take(lab: "StemLab", draft: Draft, step: dict[str, Any], callback: Callback | None = None) -> None:
    """Take one step: the function that its first key names; ValueError when it cannot be taken from here."""
    check_step(draft, step)
    EDITS[next(iter(step))](lab, draft, step, callback)


def edit(lab: "StemLab", group: StemGroup, step: dict[str, Any], callback: Callback | None = None) -> StemGroup:
    """A new group, one step (see `stemlab.lab.edits`) on from the one given."""
    told = [text for text in (step.get("add"), step.get("stem")) if isinstance(text, str)]
    check_words(told)
    hint(lab.source, told)
    return _step(lab, group, step, callback)


def _step(lab: "StemLab", group: StemGroup, step: dict[str, Any], callback: Callback | None = None) -> StemGroup:
    draft, history = draft_of(lab, group)
    take(lab, draft, step, callback)
    return finish(lab, draft, [*history, step])


def regenerate(lab: "StemLab", group: StemGroup, callback: Callback | None = None) -> StemGroup:
    """All steps of a group's history again; ValueError when they cannot give the same."""
    draft, history = draft_of(lab, group)
    if group.settings.get("checkpoint") != lab.checkpoint:
        raise ValueError(
            f"the group was made with the weights {group.settings.get('checkpoint')}, these are {lab.checkpoint}: "
            "load those with stemlab.load(folder), or make a new group with lab.generate"
        )
    recording = next(iter(draft.originals.values()), None)
    told = history[0].get("recording")
    if told and (recording is None or recording.sha256() != told["sha256"]):
        raise ValueError("group: its recording is missing or another one; call lab.accompany with the right one.")
    made = make(lab, Request.of(history[0]), callback, recording)
    for step in history[1:]:
        made = _step(lab, made, step)
    return made


def next_seed(group: StemGroup, seed: int | None) -> int:
    """The seed given, or one that follows from the group's and from how often it was edited."""
    history = group.settings.get("history") or [{"seed": 0}]
    return (history[0]["seed"] + len(history)) % 2**63 if seed is None else seed
