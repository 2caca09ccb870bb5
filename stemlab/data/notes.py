"""Which pitches sound in which latent frame: what the flow is asked to name on the side while it trains."""

import torch

from stemlab.data.compose import Song
from stemlab.grid import BUNDLED

LOWEST, PITCHES = 21, 88  # the keys of a piano, in MIDI numbers


def note_table(song: Song, frames: int, frame_seconds: float = BUNDLED.seconds) -> torch.Tensor:
    """The notes of a song's pitched stems that begin within so many latent frames of that length.

    Returns:
        `(notes, 4)` int16: stem, first frame, frame after the last, pitch above LOWEST.
    """
    rows = []
    for stem, part in enumerate(song.parts):
        for note in [] if part.is_drum else part.notes:
            first, end = (
                round(beat * 60 / song.bpm / frame_seconds) for beat in (note.start, note.start + note.duration)
            )
            if first < frames and 0 <= note.pitch - LOWEST < PITCHES:
                rows.append((stem, first, min(frames, max(end, first + 1)), note.pitch - LOWEST))
    return torch.tensor(rows, dtype=torch.int16).reshape(-1, 4)


def piano_roll(table: torch.Tensor, stems: list[int], first: int, frames: int) -> torch.Tensor:
    """A window of a note table as a picture.

    Args:
        table: from `note_table`.
        stems: which, in which order.
        first, frames: the window in latent frames.
    Returns:
        `(len(stems), frames, PITCHES)` bool.
    """
    roll = torch.zeros(len(stems), frames, PITCHES, dtype=torch.bool)
    places = {stem: place for place, stem in enumerate(stems)}
    for stem, start, end, pitch in table.tolist():
        if stem in places and end > first and start < first + frames:
            roll[places[stem], max(0, start - first) : end - first, pitch] = True
    return roll


def pitch_classes(roll: torch.Tensor, group: torch.Tensor) -> torch.Tensor:
    """Pitch classes that sound anywhere in a stem's group.

    Args:
        roll: `(N, T, PITCHES)` bool.
        group: `(N,)` index of each stem's group.
    Returns:
        `(N, T, 12)` bool, C first.
    """
    classes = torch.zeros(*roll.shape[:2], 12, dtype=torch.bool)
    for c in range(12):
        classes[..., c] = roll[..., (c - LOWEST) % 12 :: 12].any(-1)
    together = torch.zeros(int(group.max()) + 1, *classes.shape[1:], dtype=torch.int32)
    return (together.index_add(0, group, classes.int()) > 0)[group]
