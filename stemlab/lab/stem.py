"""Stem: one instrument, as its sound and as the notes that are heard in it.

Lesson: 00_start_here.ipynb
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stemlab.codec.audio import SAMPLE_RATE, check_mono, to_mono
from stemlab.lab.arguments import check_text

if TYPE_CHECKING:
    import torch

    from stemlab.lab.notes import HeardNote
    from stemlab.lab.recording import Recording


@dataclass(eq=False)
class Stem:
    """One instrument of a group.

    Args:
        name: what it is called in the group, such as "bass"; unique there.
        prompt: the text it was asked for with, such as "bass: slap bass".
        audio: `(N,)` float32, or `(2, N)` in stereo.
        latent: `(C, T)` as the flow made it, or None for a stem that did not come from the flow.
        original: for a stem that is a recording: that as it came, in its own rate and channels.
    """

    name: str
    prompt: str
    audio: np.ndarray
    latent: "torch.Tensor | None" = None
    original: "Recording | None" = None

    def __post_init__(self) -> None:
        for what in ("name", "prompt"):
            check_text(f"{what} of a stem", getattr(self, what))
        audio, name = np.asarray(self.audio, np.float32), f"audio of stem {self.name!r}"
        stereo = audio.ndim == 2 and len(audio) == 2
        self.audio = np.stack([check_mono(side, name) for side in audio]) if stereo else check_mono(audio, name)

    @property
    def mono(self) -> np.ndarray:
        """One channel, `(N,)`: the mean of both sides of a stem in stereo, else its samples as they are."""
        return to_mono(np.atleast_2d(self.audio))

    def notes(self, sample_rate: int = SAMPLE_RATE) -> "list[HeardNote]":
        """The notes that are heard in the stem, in the order of their starts; see `stemlab.lab.notes`.

        Args:
            sample_rate: of the stem, in Hz: that of its group.
        Returns:
            HeardNotes: start and end in seconds, MIDI pitch, velocity. Of a stem whose name or prompt tells of drums or
            percussion they are hits, with General MIDI's numbers of drums.
        """
        from stemlab.lab.notes import notes_of

        return notes_of(self, sample_rate)
