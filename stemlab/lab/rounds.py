"""From a request to a group: stems are sampled round after round, given those that are there; the best of several.

These functions work for a StemLab, whose methods call them; what a user may ask is in `stemlab.lab.stem_lab`.

Lesson: 06_many_stems_at_once.ipynb
"""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from stemlab import __version__
from stemlab.activity import FREE
from stemlab.checkpoints.json_files import shown
from stemlab.conditions import Conditions
from stemlab.framing import Grid
from stemlab.lab.backwards import noise_behind
from stemlab.lab.conductor import conductor, played_to
from stemlab.lab.draft import Draft
from stemlab.lab.gate import gate, ramped
from stemlab.lab.group import Stem, StemGroup
from stemlab.lab.history import replay
from stemlab.lab.levels import around_recording
from stemlab.lab.loop import Turning
from stemlab.lab.recording import Recording
from stemlab.lab.request import Request
from stemlab.lab.telling import told_in
from stemlab.lab.words import hint
from stemlab.noise import blend
from stemlab.sampling import Callback, integrate
from stemlab.songs.held_chords import PIANIST
from stemlab.text import join_prompt
from stemlab.windows import longest

if TYPE_CHECKING:
    from stemlab.lab.stem_lab import StemLab


def best_of(
    lab: "StemLab",
    asked: Request,
    candidates: int,
    callback: Callback | None = None,
    recording: Recording | None = None,
) -> StemGroup:
    """The group of a checked request, or the best of several that differ in their seed alone."""
    hint(lab.source, asked.stems, asked.prompt)
    asked = asked.settled()
    if candidates == 1:
        return make(lab, asked, callback, recording)
    from stemlab.lab.candidates import best  # which loads SciPy

    steps = len(Draft(asked, lab.grid).rounds) * asked.steps
    groups = []
    for i in range(candidates):
        report = None if callback is None else _shifted(callback, i * steps, candidates * steps)
        groups.append(make(lab, replace(asked, seed=asked.seed + i), report, recording))
    kept, choice = best(groups)
    kept.settings["candidates"] = kept.settings["history"][0]["candidates"] = choice
    return kept


def make(
    lab: "StemLab", asked: Request, callback: Callback | None = None, recording: Recording | None = None
) -> StemGroup:
    """The group of a checked request, round after round."""
    draft = Draft(asked, lab.grid)
    if recording is not None:
        name, heard = draft.names[0], torch.from_numpy(recording.at(lab.grid))
        draft.originals[name], draft.audio[name] = recording, heard
        draft.latents[name] = lab.codec.encode(heard[None] * draft.gain)[0]
    steps = asked.steps
    for number, members in enumerate(draft.rounds):
        report = None if callback is None else _shifted(callback, number * steps, len(draft.rounds) * steps)
        sample(lab, draft, members, report)
    if recording is None:
        draft.level()
    return finish(lab, draft, [draft.asked.kept()])


@torch.no_grad()
def sample(
    lab: "StemLab",
    draft: Draft,
    members: list[str],
    callback: Callback | None = None,
    mates: list[str] | None = None,
    hold: torch.Tensor | None = None,
    first: int = 0,
) -> None:
    """Sample some stems of a draft, given those that it has already.

    Args:
        lab: whose network and codec are used.
        draft: is given the sound and the latents of the new stems.
        members: names of the stems to make.
        callback: called with (steps done, steps in all, x).
        mates: names of those whose sub-mix they are told; by default those that they were first made to.
        hold: `(T,)` bool, frames of the members that stay as they are.
        first: frame to begin at; those before it stay too and are not looked at.
    """
    asked, model = draft.asked, network_for(lab, draft)
    known = [name for name in draft.names if name in draft.latents and name not in members]
    shown = [*members, *known] if asked.coupling == "attention" else members  # with attention, new ones see the known
    chords = conductor(draft)
    submix = played_to(lab, draft, model, draft.mates[members[0]] if mates is None else mates, chords)
    led = [] if chords is None or asked.coupling == "song" else [draft.encode(lab.codec, chords)[0]]
    conditions = _conditions(lab, draft, shown, submix, first, len(led))
    noise = torch.stack([*starts(lab, draft, shown), *led])[:, :, first:]
    latents, keep = torch.zeros_like(noise), torch.zeros(*noise.shape[::2], dtype=torch.bool)
    latents[len(shown) :], keep[len(shown) :] = noise[len(shown) :], True
    for i, name in enumerate(shown):
        held = True if name in known else hold[first:] if hold is not None else None
        if held is not None:
            there = draft.latents[name][:, first:]
            latents[i, :, : there.shape[1]], keep[i] = there, held
    x = integrate(
        model, conditions.to(lab.device), noise.to(lab.device), asked,
        latents.to(lab.device) if keep.any() else None, keep.to(lab.device), callback,
    )  # fmt: skip
    made = x[: len(members)].cpu()
    if first:
        made = torch.cat([torch.stack([draft.latents[name][:, :first] for name in members]), made], dim=2)
    audio = _decode(lab, draft, made) / draft.gain  # (S, N), in stereo (S, 2, N)
    shut, marks = draft.loop.gate if draft.loop else partial(gate, sample_rate=draft.grid.sample_rate), draft.marks
    gated = [shut(sound, marks[n]) if n in marks else sound for n, sound in zip(members, audio, strict=True)]
    for name, latent, sound in zip(
        members, made, around_recording(draft, members, gated, hold is not None), strict=True
    ):
        draft.latents[name], draft.audio[name] = latent, sound
    if hold is None and (silent := [name for name in members if draft.wake(name)]):
        sample(lab, draft, silent, mates=mates)


def starts(lab: "StemLab", draft: Draft, names: list[str]) -> list[torch.Tensor]:
    """The noise that each stem starts from; to a share of `rho` that of the recording, where there is one and each is alone with it."""
    rho = draft.asked.rho if draft.originals and draft.asked.coupling == "song" else 0
    if not rho:
        return [draft.noise[name] for name in names]
    behind = noise_behind(lab, draft)
    return [blend(behind, draft.noise[name], rho) for name in names]


def network_for(lab: "StemLab", draft: Draft) -> Any:
    """The network that a draft follows; ValueError when it is a student that these weights have not."""
    asked, model = draft.asked, lab.model
    if asked.student is None:
        return Turning(model, asked.steps) if draft.loop else model
    if lab.student is None or lab.student.mark != asked.student:
        raise ValueError(
            f"student: the group was made with the student {shown(asked.student)}, which these weights lack: load those that it was "
            "made with, or make a new group with lab.generate."
        )
    model = lab.student.model
    return Turning(model, asked.steps) if draft.loop else model


def _decode(lab: "StemLab", draft: Draft, latents: torch.Tensor) -> torch.Tensor:
    """Latents to sound; what is long one stem at a time, which would not fit into memory all at once."""
    if draft.loop:
        return draft.loop.decode(lab.codec, latents)
    rows = [latents] if latents.shape[2] <= longest(lab.grid.window) else latents[:, None]
    sounds = [sound for row in rows for sound in lab.codec.decode(row, draft.samples)]
    return torch.stack([ramped(sound, lab.grid.sample_rate) for sound in sounds])


def _conditions(
    lab: "StemLab", draft: Draft, names: list[str], submix: torch.Tensor | None, first: int, led: int
) -> Conditions:
    """What some stems are told from frame `first` on, and behind them a pianist who leads them, or none."""
    texts = [join_prompt(draft.prompts[name], draft.asked.prompt) for name in names] + [PIANIST] * led
    activity = draft.activity(names)
    if activity is not None:
        activity = torch.cat([activity, torch.full_like(activity[:1], FREE).expand(led, -1)])
    submix, activity = (None if what is None else what[:, first:] for what in (submix, activity))
    conditions = told_in(lab, draft, texts, draft.frames - first, first, submix, activity)
    unnamed = torch.tensor([not draft.prompts[name] for name in names] + [False] * led)
    return conditions.null(unnamed, tempo=False, key=False, submix=False, activity=False)


def draft_of(lab: "StemLab", group: StemGroup) -> tuple[Draft, list[dict]]:
    """The draft that a group came from, with its sound, and its history."""
    history = group.settings.get("history")
    if not history:
        raise ValueError("the group has no history in its settings: make it with lab.generate, or load a saved session")
    if Grid.of(group.settings) != lab.grid:
        raise ValueError(
            f"the group was made with another codec ({Grid.of(group.settings)}, this is {lab.grid}): load its weights"
        )
    draft = replay(history, lab.grid)
    draft.gain = group.settings.get("gain", draft.gain)
    draft.levels = dict(group.settings.get("levels", {}))
    told, there = dict.fromkeys(draft.names, draft.samples), {s.name: s.audio.shape[-1] for s in group}
    if told != there:
        raise ValueError(f"the group's history makes the stems {told} (in samples), and it has {there}: load it anew")
    for stem in group:
        sound = draft.audio[stem.name] = torch.from_numpy(stem.audio)
        draft.latents[stem.name] = (
            draft.encode(lab.codec, sound[None] * draft.gain)[0] if stem.latent is None else stem.latent
        )
        if stem.original is not None:
            draft.originals[stem.name] = stem.original
    return draft, history


def finish(lab: "StemLab", draft: Draft, history: list[dict]) -> StemGroup:
    stems = [
        Stem(name, draft.prompts[name], draft.audio[name].numpy(), draft.latents[name], draft.originals.get(name))
        for name in draft.names
    ]
    asked = draft.asked
    made = {"checkpoint": lab.checkpoint, "version": __version__, "grid": draft.grid.kept(), "gain": draft.gain}
    made |= {"levels": draft.levels} if draft.levels else {}
    settings = {**made, **asked.kept(), "history": history}
    for name in ("stems", "prompt", "bpm", "key", "bars"):
        settings.pop(name)
    return StemGroup(stems, asked.bpm, asked.key, draft.bars, asked.prompt, draft.grid.sample_rate, settings)


def _shifted(callback: Callback, first: int, total: int) -> Callback:
    return lambda done, _, x: callback(first + done, total, x)
