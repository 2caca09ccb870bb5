"""StemLab: prompts in, a group of stems out.

Under the coupling "noise", the paper's, all stems start from one noise and share nothing else: each is what it would be
alone. Under "attention" each starts from noise of its own and sees the others at every frame.

Lesson: 00_start_here.ipynb
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

import stemlab
from stemlab.checkpoints.hub import pack
from stemlab.codec.bundled import WEIGHTS, StemCodec
from stemlab.framing import Grid
from stemlab.lab import rounds
from stemlab.lab.accompany import request
from stemlab.lab.device import device_of
from stemlab.lab.editing import Editing
from stemlab.lab.group import StemGroup
from stemlab.lab.request import OPTIONS, WAY, Request, check_candidates
from stemlab.lab.student import Student, sampling_of
from stemlab.model import VelocityNet
from stemlab.sampling import Callback


class StemLab(Editing):
    """A flow and a codec, ready to make music.

    Args:
        model: trained VelocityNet.
        codec: a StemCodec, or anything with its methods and attributes, such as a PublishedCodec.
        checkpoint: a hash that names the weights, kept in every session.
        device: see `load`.

    Attributes:
        grid: rate, frames and channels of the codec.
        source: the folder that the weights came from, if they came from one.
        student: of the flow, if there is one.
    Raises:
        ValueError: model and codec do not fit together.
    """

    source: Path | None = None
    student: Student | None = None

    def __init__(self, model: VelocityNet, codec: StemCodec, checkpoint: str = "", device: str | None = None):
        self.model, self.codec, self.checkpoint = model.eval(), codec, checkpoint
        self.grid = Grid.of_codec(codec, model.window)
        self.grid.check(model.channels, model.frame_seconds)
        self.to(device)

    def to(self, device: str | torch.device | None) -> "StemLab":
        """Move the flow and the codec; a seed means the same group everywhere, but for what arithmetic rounds.

        Args:
            device: "cpu", "cuda", "cuda:1" or "mps"; None takes a CUDA GPU where there is one, else the CPU.
        Raises:
            ValueError: there is no such device here.
        """
        self.device = device_of(device)
        self.model.to(self.device)
        if self.student:
            self.student.model.to(self.device)
        self.codec.to(self.device)
        return self

    @classmethod
    def from_pretrained(cls, weights: str | Path, **options: Any) -> "StemLab":
        """`stemlab.load` under the name that the hub's libraries have for it."""
        return stemlab.load(weights, **options)

    def save_pretrained(self, folder: str | Path, name: str = "", about: str = "", force: bool = False) -> Path:
        """Put all that others need into a new folder, with a model card; see `stemlab.checkpoints.hub.pack`."""
        if self.source is None:
            raise ValueError(
                "these weights came from no folder: save_weights in stemlab/checkpoints/files.py writes them part by part"
            )
        return pack(self.source, folder, WEIGHTS, name, about, force=force)

    def generate(
        self,
        stems: Sequence[str],
        prompt: str = Request.prompt,
        bpm: float | None = Request.bpm,
        key: str | None = Request.key,
        bars: int | None = Request.bars,
        seconds: float | None = Request.seconds,
        seed: int = Request.seed,
        activity: dict | None = Request.activity,
        scheme: str | list[list[str]] = Request.scheme,
        steps: int | None = None,
        guidance: float | None = None,
        mates: float | None = None,
        interval: Sequence[int] | None = None,
        coupling: str | None = None,
        rho: float | None = None,
        sampler: str | None = None,
        negative: str | None = None,
        loop: bool = Request.loop,
        chords: str | Sequence[str] | None = Request.chords,
        meter: str = Request.meter,
        candidates: int = 1,
        callback: Callback | None = None,
    ) -> StemGroup:
        """Make a group of stems.

        Where there is a student (`lab.student`), it is followed: in four steps, with guidance inside. With any of steps, guidance, mates,
        interval, sampler and negative it is the flow itself, with the defaults of `stemlab.sampling.Sampling` for those left out.

        Args:
            stems: one text a stem, `"<stem>: <free words>"`.
            prompt: words for the whole group.
            bpm: quarter notes a minute, 40 to 240, or None to leave it open.
            key: such as "A minor", or None.
            chords: one a bar, such as `"Am F C/G Dm7"`, from the start again when they are used up; see `stemlab.songs.chords`.
            bars, seconds: length, told by one of them, bars with bpm alone; 4 bars by default where there is a bpm, else 8 s.
            seed: of the noise; the same seed and arguments make the same group.
            activity: patterns by stem name, as in `stemlab.activity`: `".xxx"`, `"x/x.x./."`, `[2, 3, 4]` or an array of
                frames; other stems are free. A stem is silent wherever it shall rest.
            scheme: "one-pass", "two-pass", "k-pass", or rounds such as `[["drums", "bass"], ["keys"]]`; each hears those before it.
            steps: of the sampler.
            guidance: scale of classifier-free guidance towards what the stems are told; 1 is off.
            mates: its scale towards the other stems, under the coupling "attention"; 1 is off.
            interval: first and last step with guidance, counted on 32 steps.
            coupling: "song", the student's in one pass without chords: each hears what a leader makes of the shared noise, and nobody else, so that a stem depends
                neither on how many others there are nor on who they are; "attention", the flow's: stems see each other; "noise":
                they share their noise alone.
            rho: share of the noise that the stems have in common, 0 to 1: under "noise" 1 by default; under "song" 0, and of the slow
                part alone. Stems that see each other have noise of their own: under "attention" it is 0.
            sampler: "euler", "midpoint", "heun", "quadratic" or "quadratic-euler"; see `stemlab.sampling`.
            negative: words that guidance leads away from.
            loop: the end flows into the beginning, in the music and in the sound; edits keep it so (`stemlab.lab.loop`).
            meter: "4/4", "3/4" or "6/8".
            candidates: how many groups to make, with seeds from `seed` on; the one most in step is kept
                (`stemlab.lab.candidates`), and `settings["candidates"]` tells all scores.
            callback: called with (steps done, steps in all, x).
        Returns:
            StemGroup; its `settings` hold all that is needed to make it again.
        Raises:
            ValueError: an argument is not what it may be.
        """
        how = sampling_of(
            self.student, scheme, chords, steps=steps, guidance=guidance, mates=mates, interval=interval, coupling=coupling, rho=rho,
            sampler=sampler, negative=negative,
        )  # fmt: skip
        asked = Request(
            stems=stems, prompt=prompt, bpm=bpm, key=key, chords=chords, bars=bars, seconds=seconds, seed=seed,
            activity=activity, scheme=scheme, loop=loop, meter=meter, **how,
        )  # fmt: skip
        asked.check(self.grid)
        check_candidates(candidates, len(stems), bpm)
        return rounds.best_of(self, asked, candidates, callback)

    def accompany(
        self,
        audio: Any,
        stems: Sequence[str],
        prompt: str = "",
        bpm: float | None = None,
        key: str | None = None,
        downbeat: float | None = None,
        text: str = "",
        sample_rate: int | None = None,
        candidates: int = 1,
        callback: Callback | None = None,
        **options: Any,
    ) -> StemGroup:
        """Make stems that accompany a recording.

        The recording is the first stem: as one channel at 32 kHz, which is what the bundled model hears, from the same
        first sample; and as it came, in `group[0].original`. Stems match its level: see `stemlab.lab.recording`.

        Args:
            audio: path of a WAV, FLAC, MP3, OGG or Opus file, or an array `(N,)` or `(channels, N)`; 1 s to 5 min.
            stems, prompt, key, candidates, callback: as for `generate`.
            bpm: beats a minute; when None it is estimated. `settings["heard"]` says which.
            downbeat: seconds of the first downbeat; when None it is estimated. With bpm given too, nothing is, nor is the key.
            text: what the recording is, such as "guitar: fingerpicked".
            sample_rate: of an array, in Hz; 32000 by default.
            options: chords, seed, activity, scheme, steps, guidance, mates, interval, coupling, rho, sampler, negative, as for `generate`. Under
                the coupling "song" rho is the share of the noise that the recording comes from: at 0, as by default, stems are played
                to it, at 1 they are asked out of it, as far as they are in there.
        Raises:
            ValueError: an argument is not what it may be, or the recording clearly keeps another tempo than bpm.
        """
        if wrong := set(options) - set(OPTIONS):
            raise ValueError(f"{min(wrong)}: accompany does not take it; it takes {', '.join(OPTIONS)}.")
        way = {name: options.pop(name) for name in WAY if name in options}
        how = sampling_of(self.student, options.get("scheme", Request.scheme), options.get("chords"), **way)
        told = Request(stems=stems, prompt=prompt, bpm=bpm, key=key, **options, **how)
        check_candidates(candidates, 2, bpm)
        asked, recording = request(audio, told, text, sample_rate, downbeat, self.grid)
        return rounds.best_of(self, asked, candidates, callback, recording)
