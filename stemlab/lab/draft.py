"""A group in the making: what each stem is told, the noise that it starts from, and what is done of it.

All but the sound follows from the request and the list of edits, so a session keeps those and a draft works them out again.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from stemlab.activity import FREE, REST, activity_frames, canonical, frame_marks, pattern_marks
from stemlab.framing import BUNDLED, Grid
from stemlab.lab.group import StemGroup
from stemlab.lab.loop import Loop
from stemlab.lab.recording import Recording
from stemlab.lab.request import Request, default_seconds
from stemlab.lab.schemes import rounds_of
from stemlab.noise import blend, fresh_noise, piece_seed, share_slow, stem_noise
from stemlab.songs.meter import bars_seconds, beat_of, beats_in
from stemlab.songs.names import unique_names

PEAK = 0.9  # as in the songs of the training: `songs/render.py`
SILENT = 1e-3  # -60 dB: a stem that peaks below is not heard
SLOW = 12 / 128  # share of the cosines of the noise that the coupling "song" shares: `docs/song_noise`
PHRASE = 16.0  # beats: the longest period of the clock that the network sees


class Draft:
    """The state of a group after a request; `follow` takes it through its edits.

    Args:
        asked: the request, checked.
        grid: of the codec and the flow.

    Attributes:
        names, prompts, bars, samples, frames: of the group.
        gain: the model hears audio times this.
        noise: by name, `(C, T)`.
        marks: by name, `(N,)` of REST, PLAY or FREE; of those that are not free throughout.
        mates: by name, the stems whose sub-mix it was made to.
        audio, latents: by name, `(N,)` and `(C, T)`, of the stems that are done.
        originals: by name, the recording that a stem is.
        loop: the circle that its latents lie on, or None.
        levels: by name, the gain that brought a stem to where it sits around the recording.
        woken: names of stems that came out silent and started again.
    """

    def __init__(self, asked: Request, grid: Grid = BUNDLED):
        recording = asked.recording
        own, told = ([recording["name"]], [recording["prompt"]]) if recording else ([], [])
        self.asked, self.grid = asked.settled(), grid
        self.names = unique_names([*own, *asked.stems])
        self.prompts = dict(zip(self.names, [*told, *asked.stems], strict=True))
        self.downbeat = float(asked.downbeat or 0.0)
        self.gain = float(recording["gain"]) if recording else 1.0
        if recording:
            self.samples = int(recording["samples"])
            self.bars = bars_between(self.samples / grid.sample_rate, asked.bpm, self.downbeat)
        else:
            self.bars, seconds = default_seconds(asked.bpm, asked.bars, asked.seconds, grid.longest, asked.meter)
            self.samples = round(seconds * grid.sample_rate)
        self.loop = Loop(self.samples, grid) if asked.loop else None
        self.pieces = [self.frames]
        self.noise = {name: self._own_noise(name) for name in self.names}
        if asked.activity is not None:
            activity = canonical(asked.activity, self.names, asked.bpm, self.bars, self.frames, beats_in(asked.meter))
            self.asked = replace(self.asked, activity=activity)
        self.marks = self._marks(self.asked.activity, self.bars, self.samples, self.downbeat)
        self.rounds = [
            [self.names[len(own) + i] for i in members]
            for members in rounds_of(asked.scheme, len(asked.stems), self.names[len(own) :])
        ]
        self.mates: dict[str, list[str]] = {}
        there = list(own)
        for members in self.rounds:
            self.mates |= {name: list(there) for name in members}
            there += members
        self.audio: dict[str, torch.Tensor] = {}
        self.latents: dict[str, torch.Tensor] = {}
        self.originals: dict[str, Recording] = {}
        self.levels: dict[str, float] = {}
        self.woken: set[str] = set()

    def level(self) -> None:
        """One gain for all stems, at most 1, so that neither their sum nor one of them peaks above `PEAK`.

        Codec and guidance raise peaks; no stem is changed by itself, and what is added later takes the same gain.
        """
        stems = torch.stack(list(self.audio.values()))
        gain = min(1.0, PEAK / max(1e-9, float(stems.sum(0).abs().max()), float(stems.abs().max())))
        self.audio = {name: sound * gain for name, sound in self.audio.items()}
        self.gain /= gain

    def wake(self, name: str) -> bool:
        """Was a stem asked for that is silent? It gets other noise to start from, once; what shall rest throughout may sleep."""
        sounds, rests = bool(self.audio[name].abs().max() > SILENT), np.all(self.marks.get(name, FREE) == REST)
        if name in self.woken or sounds or rests:
            return False
        self.woken.add(name)
        self.noise[name] = self._fresh(self.asked.seed, name)
        return True

    @property
    def frames(self) -> int:
        """T: latent frames of the whole length."""
        return self.loop.frames if self.loop else self.grid.frames(self.samples)

    @property
    def bpm(self) -> float | None:
        """Beats a minute as the network counts them: those asked for, but in a loop, which has whole frames."""
        return self.asked.bpm * self.loop.stretch if self.loop and self.asked.bpm else self.asked.bpm

    def part(self, first: int, last: int) -> slice:
        """Latent frames in which samples from `first` up to `last` lie."""
        return self.loop.part(first, last) if self.loop else self.grid.part(first, last)

    @property
    def start(self) -> float:
        """Beats since the first downbeat at sample 0: what is before it is the end of a four-bar phrase."""
        return (-self.downbeat * self.asked.bpm / 60) % PHRASE if self.asked.bpm else 0.0

    def encode(self, codec: Any, sound: torch.Tensor) -> torch.Tensor:
        """Latents `(S, C, T)` of sound as the network hears it, `(S, N)` or `(S, 2, N)`, of the draft's length."""
        return self.loop.encode(codec, sound) if self.loop else codec.encode(sound)

    def follow(self, step: dict[str, Any]) -> None:
        """Take over what an edit changes in the plan; the sound is the business of `stemlab.lab.edits`."""
        if "add" in step:
            name = unique_names([*self.names, step["add"]])[-1]
            self.names.append(name)
            self._plan(name, step["add"])
        elif "replace" in step:
            self._plan(step["replace"], step["stem"])
        elif "vary" in step:
            name = step["vary"]
            self.noise[name] = blend(self.noise[name], self._fresh(step["seed"], name), step["rho"])
        elif "inpaint" in step:
            name = step["inpaint"]
            new = torch.zeros(self.frames, dtype=torch.bool)
            for first, last in self.bar_samples(step["bars"]):
                new[self.part(first, last)] = True
            fresh = blend(self.noise[name], self._fresh(step["seed"], name), step.get("rho", 0.0))
            self.noise[name] = torch.where(new, fresh, self.noise[name])
        elif "without" in step:
            self.names.remove(step["without"])
            for told in (self.prompts, self.noise, self.marks, self.mates):
                told.pop(step["without"], None)
        elif "extend" in step:
            self._extend(step["extend"], step["activity"])

    def bar_samples(self, bars: list[int]) -> list[tuple[int, int]]:
        """Runs of neighbouring bars, counted from 1, as samples (first, behind the last)."""
        runs: list[tuple[int, int]] = []
        for bar in sorted(set(bars)):
            first = 0 if bar == 1 else self._line(bar)
            last = self.samples if bar == self.bars else min(self._line(bar + 1), self.samples)
            if runs and runs[-1][1] == first:
                first = runs.pop()[0]
            runs.append((first, last))
        return runs

    def _line(self, bar: int) -> int:
        """The sample at which a bar begins."""
        assert self.asked.bpm
        return round((self.downbeat + bars_seconds(bar - 1, self.asked.bpm, self.asked.meter)) * self.grid.sample_rate)

    def activity(self, names: list[str]) -> torch.Tensor | None:
        """The activity condition of some stems, `(len(names), T)`; None when all are free."""
        if not set(names) & set(self.marks):
            return None
        free = torch.full((self.frames,), FREE)
        lie = self.loop.at_frames if self.loop else lambda marks: marks
        marks = {n: frame_marks(lie(m), self.grid.frame) for n, m in self.marks.items()}
        return torch.stack([marks.get(n, free) for n in names])

    def _plan(self, name: str, prompt: str) -> None:
        """A stem that is made to all others, from its own noise."""
        self.prompts[name] = prompt
        self.noise[name] = self._own_noise(name)
        self.mates[name] = [other for other in self.names if other != name]

    def more_samples(self, bars: int) -> int:
        """How many samples the group grows by so many bars."""
        assert self.bars and self.asked.bpm
        return (
            round(bars_seconds(self.bars + bars, self.asked.bpm, self.asked.meter) * self.grid.sample_rate)
            - self.samples
        )

    def _extend(self, bars: int, activity: dict | None) -> None:
        assert self.bars
        more, before, known = self.more_samples(bars), self.samples, self.frames
        marks = self._marks(activity, bars, more)
        self.samples, self.bars = before + more, self.bars + bars
        self.pieces.append(self.frames - known)
        for name in self.names:
            self.noise[name] = torch.cat([self.noise[name], self._piece(name, len(self.pieces) - 1)], dim=1)
        for name in set(self.marks) | set(marks):
            old, new = (m.get(name, np.full(n, FREE, np.int8)) for m, n in ((self.marks, before), (marks, more)))
            self.marks[name] = np.concatenate([old, new])

    def _marks(self, told: dict | None, bars: int | None, samples: int, downbeat: float = 0.0) -> dict[str, np.ndarray]:
        meter, bpm = self.asked.meter, self.asked.bpm
        beats_a_minute = bpm and bpm / beat_of(meter)
        return {
            name: pattern_marks(pattern, beats_a_minute, bars, samples, downbeat, self.grid, beats_in(meter))
            for name, pattern in (told or {}).items()
        }

    def _own_noise(self, name: str) -> torch.Tensor:
        return torch.cat([self._piece(name, piece) for piece in range(len(self.pieces))], dim=1)

    def _piece(self, name: str, piece: int) -> torch.Tensor:
        seed, shape = piece_seed(self.asked.seed, piece), (self.grid.channels, self.pieces[piece])
        if self.asked.coupling == "song" and not self.asked.recording:
            shared, own = (stem_noise(seed, [name], *shape, rho)[0] for rho in (1.0, 0.0))
            return share_slow(blend(shared, own, self.asked.rho or 0.0), own, round(SLOW * shape[1]))
        rho = 0.0 if self.asked.coupling == "song" else self.asked.rho or 0.0
        return stem_noise(seed, [name], *shape, rho)[0]

    def shared_noise(self) -> torch.Tensor:
        """The noise that the seed gives to all, `(C, T)`."""
        pieces = ((piece_seed(self.asked.seed, i), frames) for i, frames in enumerate(self.pieces))
        return torch.cat([stem_noise(seed, ["song"], self.grid.channels, frames)[0] for seed, frames in pieces], dim=1)

    def _fresh(self, seed: int, name: str) -> torch.Tensor:
        return fresh_noise(seed, name, self.grid.channels, self.frames)


def asked_activity(group: StemGroup) -> dict[str, torch.Tensor]:
    """When each stem of a group was asked to play and to rest, all edits included.

    Returns:
        by name, `(T,)` of REST, PLAY or FREE; a stem that was left free throughout is not there.
    """
    settings, grid = group.settings, Grid.of(group.settings)
    if settings.get("history"):
        draft = Draft(Request.of(settings["history"][0]), grid)
        for step in settings["history"][1:]:
            draft.follow(step)
        return {name: frame_marks(marks, grid.frame) for name, marks in draft.marks.items() if name in group.names}
    frames, told = grid.frames(group[0].audio.shape[-1]), settings.get("activity") or {}
    rows = activity_frames(told, list(told), group.bpm, group.bars, frames, grid)
    return {} if rows is None else dict(zip(told, rows, strict=True))


def bars_between(seconds: float, bpm: float | None, downbeat: float) -> int | None:
    """How many bars so many seconds are from the first downbeat on, one begun counting; None without a tempo."""
    return max(1, int(np.ceil((seconds - downbeat) * bpm / 240 - 0.01))) if bpm else None
