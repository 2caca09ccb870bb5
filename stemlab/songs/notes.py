"""Which pitches sound in which latent frame: what the flow is asked to name on the side while it trains."""

import torch

from stemlab.framing import BUNDLED
from stemlab.model import LOWEST, PITCHES
from stemlab.songs.compose import Song


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
