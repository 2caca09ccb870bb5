"""StemGroup: stems of one piece, starting at the same sample. All of stemlab takes and gives these.

Lesson: 00_start_here.ipynb
"""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stemlab.codec.audio import SAMPLE_RATE, check_rate
from stemlab.lab.arguments import check_number, check_text
from stemlab.lab.stem import Stem
from stemlab.songs.meter import bars_seconds

if TYPE_CHECKING:
    from stemlab.widgets.mixer import StemMixer

MOST_LONG = 100_000  # bars of any group


@dataclass(eq=False)
class StemGroup:
    """Stems that sound together, with all that is needed to make them again.

    Args:
        stems: at least one, all of the same length, all mono or all stereo, with different names.
        bpm: beats a minute, 40 to 240, or None when nothing was asked for.
        key: such as "A minor", or None.
        bars: number of bars, or None.
        prompt: what the whole group was asked for with, such as "funk".
        sample_rate: in Hz.
        settings: seed, scheme, steps, guidance and whatever else made it; must fit into JSON.
    Raises:
        ValueError: no stems, unequal lengths, mono beside stereo, a name twice, NaN, bpm out of range.

    >>> bass, keys = Stem("bass", "bass: slap bass", np.full(8, 0.5)), Stem("keys", "keys: organ", np.ones(8))
    >>> group = StemGroup([bass, keys])
    >>> group.names, group["bass"].prompt, float(group.mix().max())
    (['bass', 'keys'], 'bass: slap bass', 0.75)
    """

    stems: list[Stem]
    bpm: float | None = None
    key: str | None = None
    bars: int | None = None
    prompt: str = ""
    sample_rate: int = SAMPLE_RATE
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stems = list(self.stems)
        if not self.stems:
            raise ValueError('stems: got none; a group takes at least one, such as ["drums: tight funk kit"].')
        lengths = {s.name: s.audio.shape[-1] for s in self.stems}
        if len(lengths) < len(self.stems):
            raise ValueError(f"stems: got the names {self.names}; each may be there once: number them (unique_names).")
        if len(set(lengths.values())) > 1:
            raise ValueError(f"stems: got the lengths {lengths} in samples; pad or cut them to the same length.")
        if len({s.audio.ndim for s in self.stems}) > 1:
            raise ValueError("stems: some are mono, others stereo; make them all one or the other.")
        check_number("bpm", self.bpm, 40, 240, "beats a minute, or None", optional=True)
        check_number("bars", self.bars, 1, MOST_LONG, "4/4 bars: 1 or more, or None", optional=True, whole=True)
        for name, text in (("prompt", self.prompt), ("key", "" if self.key is None else self.key)):
            check_text(name, text)
        check_rate(self.sample_rate, "sample_rate")
        if not isinstance(self.settings, dict):
            raise ValueError(f"settings: got {self.settings!r}; it takes a dict.")

    def __len__(self) -> int:
        return len(self.stems)

    def __iter__(self) -> Iterator[Stem]:
        return iter(self.stems)

    def __getitem__(self, which: str | int) -> Stem:
        """The stem of that name or at that place."""
        if isinstance(which, int):
            return self.stems[which]
        for stem in self.stems:
            if stem.name == which:
                return stem
        raise KeyError(f"no stem {which!r} here; there are {', '.join(self.names)}")

    def __repr__(self) -> str:
        told = [self.bpm and f"{self.bpm:g} bpm", self.key, self.bars and f"{self.bars} bars"]
        return f"StemGroup({', '.join([*self.names, f'{self.seconds:.1f} s', *(text for text in told if text)])})"

    @property
    def names(self) -> list[str]:
        """Names of the stems, in order."""
        return [s.name for s in self.stems]

    @property
    def audio(self) -> np.ndarray:
        """All stems, `(S, N)` float32, in stereo `(S, 2, N)`."""
        return np.stack([s.audio for s in self.stems])

    @property
    def mono(self) -> np.ndarray:
        """All stems in one channel each, `(S, N)` float32."""
        return np.stack([s.mono for s in self.stems])

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.stems[0].audio.shape[-1] / self.sample_rate

    @property
    def meter(self) -> str:
        """One of METERS; 4/4 unless the settings tell another."""
        return self.settings.get("meter", "4/4")

    @property
    def downbeats(self) -> np.ndarray:
        """Seconds at which bars begin; none without a tempo. The first is 0, or where an accompanied recording has it."""
        first = self.settings.get("downbeat") or 0.0
        return np.arange(first, self.seconds, bars_seconds(1, self.bpm, self.meter)) if self.bpm else np.empty(0)

    @property
    def gain(self) -> float:
        """The one gain that keeps the sum and each stem within [-1, 1]: 1, else 1/2, 1/4 ..., which lose no bit.

        What `StemLab` makes is there already; stems that were added later, or come from elsewhere, may need it.
        """
        peak = max(np.abs(self.audio.sum(0)).max(), np.abs(self.audio).max())
        return float(2.0 ** -max(0, math.ceil(math.log2(max(peak, 1e-9)))))

    def mix(self) -> np.ndarray:
        """The sum of the stems times `gain`, `(N,)` float32, in stereo `(2, N)`: levels between stems stay as they are."""
        return self.audio.sum(0) * np.float32(self.gain)

    def without(self, name: str) -> "StemGroup":
        """The group with one stem fewer; the others stay as they are.

        Args:
            name: of the stem to leave out.
        Returns:
            a new StemGroup, whose history tells of it.
        Raises:
            ValueError: no stem has that name, or it is the only one.
        """
        if name not in self.names:
            raise ValueError(f"name={name!r} is not in the group: it has {', '.join(self.names)}")
        if len(self) == 1:
            raise ValueError(f"name={name!r} is the only stem; a group keeps at least one: add another first.")
        history = self.settings.get("history")
        settings = {**self.settings, "history": [*history, {"without": name}]} if history else self.settings
        return replace(self, stems=[stem for stem in self if stem.name != name], settings=settings)

    def repeat(self, name: str, bars: Sequence[int]) -> "StemGroup":
        """The group in which a stem plays some bars twice: as many as follow them give way.

        Args:
            name: of the stem.  bars: that follow each other, counted from 1, not the last.
        Raises:
            ValueError: no such stem or bars, or a group that does not know how it was made.
        """
        from stemlab.lab.repeat import repeat

        return repeat(self, name, bars)

    def save(self, folder: str | os.PathLike, force: bool = False) -> Path:
        """Write `01_<stem>.wav` ..., `mix.wav`, `session.json`, `band.mid`, `overview.png` and `player.html`.

        A group that accompanies a recording also gets `original.wav`, that recording with its own rate and channels, and
        its `mix.wav` has that rate and those channels too, with the recording in it as it came.
        WAVs are 32-bit float, so that `load` gives the samples back bit for bit. Latents, where all stems
        have one, go into `latents.safetensors`. All but notes, picture and player is written aside and moved into
        place at the end: after a kill at any point the old group is there, or the new one.

        Args:
            folder: new or empty, unless `force`.
            force: write where something is: a group saved there before is replaced, other files stay.
        Returns:
            The folder.
        Raises:
            ValueError: the folder holds something and `force` is off, it cannot be written to, or the disk is full.
        Warns:
            UserWarning: notes, picture or player could not be made; sound and session are there.
        """
        from stemlab.lab import session

        return session.save(self, folder, force)

    @classmethod
    def load(cls, folder: str | os.PathLike) -> "StemGroup":
        """Read a group that `save` wrote.

        Raises:
            ValueError: no session.json there, one that is not a session, or a WAV that is missing or broken.
        """
        from stemlab.lab import session

        return session.load(folder)

    def to_midi(self, path: str | os.PathLike) -> Path:
        """Write the notes that are heard in the stems as a MIDI file: a track a stem, the tempo and the key.

        Sample 0 is tick 0, so that it lies under the WAVs. Without a bpm the file counts at 120. How many of the notes
        are right: `benchmarks/notes.py`.

        Args:
            path: such as "out/band.mid"; what is there is replaced.
        Returns:
            The path.
        Raises:
            ValueError: it cannot be written to.
        """
        from stemlab.lab.midi_file import write_midi

        return write_midi(self, path)

    def to_html(self, path: str | os.PathLike | None = None, *others: "StemGroup") -> str:
        """A self-contained page with the mixer, without a kernel and without a network; written to `path` too.

        Args:
            path: of the page.
            others: a group to compare with, as for `play`.
        """
        from stemlab.widgets.mixer import mixer_page
        from stemlab.widgets.page import write_page

        return write_page(mixer_page(self, *others), path)

    def play(self, other: "StemGroup | None" = None) -> "StemMixer":
        """A mixer for notebooks: play, loop, seek, and solo, mute and gain for each stem.

        Args:
            other: a group to compare with: A and B change over between them at the playhead.
        """
        from stemlab.widgets.mixer import StemMixer

        return StemMixer(self, other)

    def _repr_html_(self) -> str:
        """The mixer's page in a frame, which plays in a saved notebook too; `widgets/kept.py` bounds its bytes."""
        from stemlab.widgets.mixer import group_html

        return group_html(self)
