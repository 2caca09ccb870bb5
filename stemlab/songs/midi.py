"""MIDI files as songs of stems: a stem for each track and program, drums apart, with tempo, key and captions.

Notes keep their times in seconds: a file whose tempo changes plays as it should, and tells no tempo.

Lesson: 10_bring_your_own_music.ipynb
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from stemlab.conditions import KEYS
from stemlab.songs.compose import Part, Song
from stemlab.songs.midi_check import whole_midi
from stemlab.songs.plan import BEATS, Note
from stemlab.songs.sounds import FAMILIES, SOUNDS

MOST_SECONDS = 1200.0
_STEADY = 0.02  # tempos this close, as a share, are one
# Families of General MIDI's sixteen groups of eight programs.
_GROUPS = (
    "keys", "keys", "keys", "guitar", "bass", "strings", "strings", "winds",
    "winds", "winds", "lead", "strings", "lead", "lead", "percussion", "lead",
)  # fmt: skip
_SOUND_OF = {s.program: name for name, (family, s) in SOUNDS.items() if family not in ("drums", "percussion")}
_KIT_OF = {sound.program: sound.name for sound in FAMILIES["drums"]}
_HAND_DRUMS = frozenset({54, 56, 58, *range(60, 82)})  # tambourine, cowbell, vibraslap, bongos to triangle
# Krumhansl & Kessler, Psychological Review 89 (1982): how well each degree fits a major and a minor key.
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_LEAST_FIT = 0.6  # correlation below which no key is told


@dataclass
class MidiSong(Song):
    """A song read from a file: `chords` and `sections` are not known and empty, `key` is "" when it is not clear.

    Args:
        told_bpm: `bpm` where the tempo is steady; None where it changes.
    """

    told_bpm: float | None = None


def read_midi(path: str | os.PathLike) -> MidiSong:
    """Read a MIDI file.

    Args:
        path: a .mid file of any type, with notes.
    Returns:
        MidiSong, which `render` takes; a part for each track and program that has notes.
    Raises:
        ValueError: no such file, not a MIDI file, no notes, or longer than MOST_SECONDS.
    """
    from symusic import Score

    path = Path(path)
    if not path.is_file():
        raise ValueError(f"path: there is no file {str(path)!r}; give the path of a .mid file.")
    try:
        score = Score.from_midi(whole_midi(path.read_bytes()))
        timed = score.to("Second")
    except (ValueError, RuntimeError, IndexError, TypeError, OverflowError) as error:
        raise ValueError(f"path: {str(path)!r} {error}; export it again.") from error
    end = max((n.time + n.duration for track in timed.tracks for n in track.notes), default=0.0)
    if not 0 < end <= MOST_SECONDS:
        what = f"lasts {end:.0f} s; it takes {MOST_SECONDS:.0f} at most" if end else "has no notes"
        raise ValueError(f"path: {str(path)!r} {what}.")
    bpm, steady = _tempo([(float(t.time), float(t.qpm)) for t in timed.tempos], end)
    bars = max(1, int(np.ceil(end * bpm / 60 / BEATS - 1e-3)))
    found = (_part(track, bpm, bars) for track in timed.tracks)
    parts = [part for part in found if part]
    if not parts:
        raise ValueError(f"path: {str(path)!r} has no notes that sound.")
    key = _key([(k.key, k.tonality) for k in score.key_signatures], parts)
    return MidiSong(0, "", bpm, key, bars, [], [], (0.5, 0.5), parts, bpm if steady else None)  # type: ignore[arg-type]


def captions(part: Part) -> tuple[str, ...]:
    """Wordings for a part of a MIDI file, best first, such as ("bass: slap bass", "bass: slapped bass", ..., "bass")."""
    words = SOUNDS[part.sound][1].words if part.sound in SOUNDS else (part.sound,)
    texts = [f"{part.family}: {word}" for word in words if word != part.family]
    return tuple(dict.fromkeys([*texts, part.family]))


def _tempo(tempos: list[tuple[float, float]], end: float) -> tuple[float, bool]:
    """The tempo in force for longest, brought between 40 and 240 by octaves, and whether it is the only one."""
    tempos = sorted((max(0.0, time), qpm) for time, qpm in tempos if np.isfinite(qpm) and qpm > 0 and time < end)
    tempos = tempos or [(0.0, 120.0)]
    if tempos[0][0] > 0:
        tempos.insert(0, (0.0, 120.0))  # what MIDI plays at until it is told
    lasting: dict[float, float] = {}
    for (time, qpm), (until, _) in pairwise([*tempos, (end, 0.0)]):
        if until > time:
            lasting[qpm] = lasting.get(qpm, 0.0) + until - time
    bpm = max(lasting, key=lambda qpm: lasting[qpm])
    steady = all(abs(qpm / bpm - 1) < _STEADY for qpm in lasting)
    while bpm > 240:
        bpm /= 2
    while bpm < 40:
        bpm *= 2
    return round(bpm, 3), steady


def _part(track: Any, bpm: float, bars: int) -> Part | None:
    """A track as a part; None when it has no note that sounds."""
    beat = bpm / 60
    notes = [
        Note(max(0.0, n.time) * beat, max(n.duration * beat, 0.02), n.pitch, n.velocity)
        for n in track.notes
        if n.velocity > 0 and 0 <= n.pitch <= 127
    ]
    if not notes:
        return None
    notes.sort(key=lambda note: (note.start, note.pitch))
    active = ["."] * bars
    for note in notes:
        for bar in range(int(note.start / BEATS + 1e-3), int(np.ceil((note.start + note.duration) / BEATS - 1e-3))):
            active[min(bar, bars - 1)] = "x"
        active[min(int(note.start / BEATS + 1e-3), bars - 1)] = "x"
    if track.is_drum:
        family = "percussion" if all(note.pitch in _HAND_DRUMS for note in notes) else "drums"
        sound = _KIT_OF.get(track.program, "standard kit") if family == "drums" else "hand percussion"
    else:
        family = _family(track.program)
        sound = _SOUND_OF.get(track.program) or _program_name(track.program)
    return Part(family, sound, "", track.program, bool(track.is_drum), _volume_db(track), notes, "".join(active))


def _family(program: int) -> str:
    name = _SOUND_OF.get(program)
    return SOUNDS[name][0] if name else _GROUPS[program // 8]


def _program_name(program: int) -> str:
    import pretty_midi

    return pretty_midi.program_to_instrument_name(program).lower().replace("(", "").replace(")", "")


def _volume_db(track: Any) -> float:
    """What the channel's volume (controller 7, first value) adds to its family's level; 100 adds nothing."""
    values = [c.value for c in track.controls if c.number == 7 and c.value > 0]
    return float(np.clip(40 * np.log10(values[0] / 100), -12, 4)) if values else 0.0


def _key(signatures: list[tuple[int, int]], parts: list[Part]) -> str:
    """The key that a file tells, else the one whose profile its notes fit best, else "".

    C major is what programs write when nobody told them, so it is not taken on trust.
    """
    told = set(signatures)
    if len(told) == 1 and (signature := told.pop()) != (0, 0):
        sharps, minor = signature
        if -7 <= sharps <= 7:
            tonic = (7 * sharps + (9 if minor else 0)) % 12
            return KEYS[tonic + (12 if minor else 0)]
    weights = np.zeros(12)
    for part in parts:
        if not part.is_drum:
            for note in part.notes:
                weights[note.pitch % 12] += min(note.duration, BEATS)
    if np.count_nonzero(weights) < 3:
        return ""
    profiles = [np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)]
    fits = [float(np.corrcoef(weights, profile)[0, 1]) for profile in profiles]
    best = int(np.argmax(fits))
    return KEYS[best] if fits[best] >= _LEAST_FIT else ""
