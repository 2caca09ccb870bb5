"""The notes of a stem, read from its sound; which flow made it, or none, does not matter.

Places where a note may begin come from the spectrum (`note_candidates`, and `hit_candidates` for drums). A network of
three layers looks at each for a quarter of a second, and tells how likely a note begins there, and how far from there.
For pitches a second one weighs what begins together.
It was trained on composed songs: `benchmarks/notes.py` measures it, and `benchmarks/notes_fit.py` trains it anew.

Source of the idea of harmonics side by side: Bittner et al. 2022, "A Lightweight Instrument-Agnostic Model for Polyphonic
Note Transcription", arXiv:2203.09893.

Lesson: 01_stems_and_mixes.ipynb
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch.nn.functional import gelu, linear

from stemlab.checkpoints.files import load_weights
from stemlab.codec.audio import SILENCE_DB, resample
from stemlab.codec.bundled import WEIGHTS
from stemlab.codec.spectrum import HOP
from stemlab.framing import SAMPLE_RATE
from stemlab.lab.hit_candidates import HITS, hit_candidates
from stemlab.lab.note_candidates import TOGETHER, candidates, context
from stemlab.lab.pitch_bands import QUICK, RANGE_DB, SHARP, pitch_bands
from stemlab.model import LOWEST
from stemlab.songs.words import family_of, label

if TYPE_CHECKING:
    from stemlab.lab.stem import Stem

RATE = SAMPLE_RATE / HOP  # frames a second
LEAST = 0.02  # probability below which a candidate is left out at once
SURE = {"notes": 0.45, "hits": 0.5}  # probability from which on a note is taken
FALL = 0.3  # 24 dB under its highest, a note has ended
HIT_SECONDS = 0.05  # as hits are written; their sound ends by itself

_KNOWN: "WeakKeyDictionary[Stem, tuple[np.ndarray, float, list[HeardNote]]]" = WeakKeyDictionary()


@dataclass(frozen=True)
class HeardNote:
    """A note: start and end in seconds, MIDI pitch, velocity 1 to 127."""

    start: float
    end: float
    pitch: int
    velocity: int


def notes_of(stem: "Stem", sample_rate: int) -> list[HeardNote]:
    """See `Stem.notes`; what was read of a stem is kept as long as its sound stays."""
    if not heard_already(stem):
        _KNOWN[stem] = stem.audio, float(stem.audio.sum()), _read(stem, sample_rate)
    return list(_KNOWN[stem][2])


def heard_already(stem: "Stem") -> bool:
    """Whether the notes of a stem are there without work."""
    audio, total, _ = _KNOWN.get(stem, (None, 0.0, []))
    return audio is stem.audio and total == float(stem.audio.sum())


def _read(stem: "Stem", sample_rate: int) -> list[HeardNote]:
    audio = resample(stem.mono, sample_rate, SAMPLE_RATE)
    audio = np.pad(audio, (0, -len(audio) % HOP))
    if np.abs(audio).max() < 10 ** (SILENCE_DB / 20):
        return []
    return hits(audio) if is_drums(stem) else pitched(audio)


def is_drums(stem: "Stem") -> bool:
    """Whether what a stem is called, or else its prompt, tells of drums or percussion."""
    told = [family_of(label(text)) for text in (stem.prompt.partition(":")[0], stem.name, stem.prompt)]
    return next(filter(None, told), None) in ("drums", "percussion")


def pitched(audio: np.ndarray) -> list[HeardNote]:
    """Notes of an instrument with pitches, from `(N,)` at 32 kHz, N a multiple of 512."""
    found = candidates(pitch_bands(audio, QUICK), pitch_bands(audio, SHARP))
    (alone,), late = judged("notes", found.seen)
    worth = alone > LEAST
    keys, start = found.key[worth], ((found.frame + 0.5 + late) / RATE)[worth]
    odds = together(context(keys, start, alone[worth]))
    chosen = sorted(apart(keys, start, odds, SURE["notes"]), key=lambda row: (keys[row], start[row]))
    notes, length = [], len(audio) / SAMPLE_RATE
    for place, row in enumerate(chosen, 1):
        key, begin = int(keys[row]), max(0.0, float(start[row]))
        again = next((float(start[after]) for after in chosen[place : place + 1] if keys[after] == key), length)
        end, top = sounding(found.level[key], int(begin * RATE), int(again * RATE))
        notes.append((begin, min(max(end / RATE, begin + 2 / RATE), again), key + LOWEST, top))
    return _played(notes)


def sounding(level: np.ndarray, first: int, behind: int) -> tuple[int, float]:
    """Until which frame a note that begins in `first` sounds, up to `behind`, and its highest level.

    Args:
        level: of its key at each frame.
    """
    level = level[first : max(behind, first + 1)]
    peak = int(level[:6].argmax())
    gone = np.flatnonzero(level[peak:] < level[peak] - FALL)
    return first + peak + (int(gone[0]) if len(gone) else len(level) - peak), float(level[peak])


def hits(audio: np.ndarray) -> list[HeardNote]:
    """Hits of drums and percussion, from `(N,)` at 32 kHz, N a multiple of 512."""
    found = hit_candidates(audio)
    odds, late = judged("hits", found.seen)
    notes, start = [], (found.frame + 0.5 + late) / RATE
    for likely, (pitch, _) in zip(odds, HITS.values(), strict=True):
        for row in apart(np.zeros(len(start), int), start, likely, SURE["hits"]):
            begin = max(0.0, float(start[row]))
            notes.append((begin, begin + HIT_SECONDS, pitch, float(found.level[row])))
    return _played(notes)


def apart(key: np.ndarray, start: np.ndarray, odds: np.ndarray, sure: float) -> list[int]:
    """The candidates that are notes: the likeliest first, and none too near to another of its key or of a key beside it."""
    taken: dict[int, list[float]] = {}
    chosen = []
    for row in sorted(np.flatnonzero(odds > sure), key=lambda row: -odds[row]):
        here = int(key[row])
        near = [other for beside in (here - 1, here, here + 1) for other in taken.get(beside, ())]
        if all(abs(start[row] - other) > TOGETHER for other in near):
            taken.setdefault(here, []).append(float(start[row]))
            chosen.append(int(row))
    return chosen


def judged(which: str, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a network says of candidates.

    Args:
        which: "notes" or "hits".
        seen: `(n, looks)`.
    Returns:
        how likely each kind of note begins, `(kinds, n)`; how many frames later than the candidate, `(n,)`.
    """
    out = through(which, seen)
    return out[:, :-1].sigmoid().T.numpy(), out[:, -1].numpy()


def together(seen: np.ndarray) -> np.ndarray:
    """How likely notes begin, once it is known what begins with them: `context` to `(n,)`."""
    return through("context", seen)[:, 0].sigmoid().numpy()


def through(which: str, seen: np.ndarray) -> torch.Tensor:
    """`(n, looks)` through the layers of a network."""
    h = torch.from_numpy(np.ascontiguousarray(seen, dtype=np.float32))
    *inner, last = _layers(which)
    for weight, bias in inner:
        h = gelu(linear(h, weight, bias))
    return linear(h, *last)


@lru_cache
def _layers(which: str) -> list[tuple[torch.Tensor, torch.Tensor]]:
    tensors, _ = load_weights(WEIGHTS / "notes")
    count = sum(name.startswith(f"{which}.") for name in tensors) // 2
    return [(tensors[f"{which}.{i}.weight"].float(), tensors[f"{which}.{i}.bias"].float()) for i in range(count)]


def _played(notes: list[tuple[float, float, int, float]]) -> list[HeardNote]:
    """Start, end, pitch and level of notes as HeardNotes; the loudest has velocity 112, and 10 dB less is half of that."""
    top = max((level for *_, level in notes), default=0.0)
    velocity = lambda level: int(np.clip(round(112 * 10 ** ((level - top) * RANGE_DB / 32)), 1, 127))  # noqa: E731
    return [HeardNote(start, end, pitch, velocity(level)) for start, end, pitch, level in sorted(notes)]
