"""MIDI files as songs of stems: a stem for each track and program, drums apart, with tempo, key and captions.

Notes keep their times in seconds: a file whose tempo changes plays as it should, and tells no tempo. Pedal, volume,
expression and bends are played; what is not is told in `left_out`.

Lesson: 10_bring_your_own_music.ipynb
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from stemlab.conditions import KEYS
from stemlab.songs.compose import Part, Song
from stemlab.songs.midi_channels import SILENT_DB, Played, channels
from stemlab.songs.midi_events import KEY, TEMPO, midi_events
from stemlab.songs.plan import BEATS, Note
from stemlab.songs.sounds import FAMILIES, SOUNDS

MOST_SECONDS = 1200.0
_DRUM_CHANNEL = 9
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
        left_out: what the file asks for that `render` does not play, such as "pan".
    """

    told_bpm: float | None = None
    left_out: tuple[str, ...] = ()


def read_midi(path: str | os.PathLike) -> MidiSong:
    """Read a MIDI file.

    Args:
        path: a .mid file of any type, with notes.
    Returns:
        MidiSong, which `render` takes; a part for each track, channel and program that has notes.
    Raises:
        ValueError: no such file, not a MIDI file, no notes, or longer than MOST_SECONDS.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"path: there is no file {str(path)!r}; give the path of a .mid file.")
    try:
        division, tracks, ends = midi_events(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"path: {str(path)!r} {error}; export it again.") from error
    metas = [event for events in tracks for event in events if event.kind == 0xFF]
    seconds, tempos = _clock([(e.tick, e.value) for e in metas if e.channel == TEMPO], division)
    playing = channels(tracks, ends)
    ticks = [note[1] for played in playing for notes in played.notes.values() for note in notes]
    end = float(seconds(np.array([max(ticks, default=0)]))[0])
    if not 0 < end <= MOST_SECONDS:
        what = f"lasts {end:.0f} s; it takes {MOST_SECONDS:.0f} at most" if end else "has no notes"
        raise ValueError(f"path: {str(path)!r} {what}.")
    bpm, steady = _tempo(tempos, end)
    bars = max(1, int(np.ceil(end * bpm / 60 / BEATS - 1e-3)))
    parts = [
        _part(played, program, lambda ticks: seconds(np.asarray(ticks, float)) * bpm / 60, bars)
        for played in playing
        for program in played.notes
    ]
    signatures = [
        (value[0] - 256 * (value[0] > 127), value[1]) for value in (e.value for e in metas if e.channel == KEY)
    ]
    left_out = tuple(sorted({what for played in playing for what in played.left_out}))
    key, told = _key(signatures, parts), bpm if steady else None
    return MidiSong(0, "", bpm, key, bars, [], [], (0.5, 0.5), parts, told_bpm=told, left_out=left_out)  # type: ignore[arg-type]


def captions(part: Part) -> tuple[str, ...]:
    """Wordings for a part of a MIDI file, best first, such as ("bass: slap bass", "bass: slapped bass", ..., "bass")."""
    words = SOUNDS[part.sound][1].words if part.sound in SOUNDS else (part.sound,)
    texts = [f"{part.family}: {word}" for word in words if word != part.family]
    return tuple(dict.fromkeys([*texts, part.family]))


def _clock(tempos: list[tuple[int, bytes]], division: int) -> tuple[Callable, list[tuple[float, float]]]:
    """From ticks to seconds, for arrays; and the tempos as (seconds, beats a minute)."""
    told = {0: 500_000} | {tick: int.from_bytes(value, "big") for tick, value in sorted(tempos)}
    ticks = np.array([tick for tick in told], float)
    beat = np.array([max(1, micros) / 1e6 for micros in told.values()])  # seconds
    times = np.r_[0.0, np.cumsum(np.diff(ticks) / division * beat[:-1])]

    def seconds(at: np.ndarray) -> np.ndarray:
        which = np.searchsorted(ticks, at, "right") - 1
        return times[which] + (at - ticks[which]) / division * beat[which]

    return seconds, list(zip(times.tolist(), (60 / beat).tolist(), strict=True))


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


def _part(played: Played, program: int, beats: Callable, bars: int) -> Part:
    """What a channel plays with one program as a part; `beats` turns ticks into beats."""
    ticks = np.array(played.notes[program])  # (n, 4)
    starts, ends = beats(ticks[:, 0]), beats(ticks[:, 1])
    rows = zip(starts, ends, ticks[:, 2:].tolist(), strict=True)
    notes = [Note(float(a), max(float(b - a), 0.02), pitch, velocity) for a, b, (pitch, velocity) in rows]
    notes.sort(key=lambda note: (note.start, note.pitch))
    active = ["."] * bars
    for note in notes:
        for bar in range(int(note.start / BEATS + 1e-3), int(np.ceil((note.start + note.duration) / BEATS - 1e-3))):
            active[min(bar, bars - 1)] = "x"
        active[min(int(note.start / BEATS + 1e-3), bars - 1)] = "x"
    is_drum = played.channel == _DRUM_CHANNEL
    if is_drum:
        family = "percussion" if all(note.pitch in _HAND_DRUMS for note in notes) else "drums"
        sound = _KIT_OF.get(program, "standard kit") if family == "drums" else "hand percussion"
    else:
        family = _family(program)
        sound = _SOUND_OF.get(program) or _program_name(program)
    gain_db, gains = _level(played.level, int(ticks[:, 0].min()), int(ticks[:, 1].max()), beats)
    bends: tuple[tuple[float, float], ...] = ()
    if not is_drum and any(semitones for _, semitones in played.bend):
        bends = tuple((float(beats([tick])[0]), semitones) for tick, semitones in played.bend)
    return Part(family, sound, "", program, is_drum, gain_db, notes, "".join(active), gains, bends)


def _level(curve: list[tuple[int, float]], first: int, last: int, beats: Callable) -> tuple[float, tuple]:
    """What the channel's volume and expression add to the family's level where they are highest, and the gain below that."""
    times, levels = np.array([tick for tick, _ in curve]), np.array([level for _, level in curve])
    inside = (times <= last) & (np.r_[times[1:], np.inf] > first)
    top = float(levels[inside].max())
    gain_db = float(np.clip(top, -12, 4))
    if top > SILENT_DB and levels[inside].min() == top:
        return gain_db, ()
    gains = np.where(levels > SILENT_DB, 10 ** ((np.minimum(levels, top) - top) / 20), 0.0)
    return gain_db, tuple(zip(beats(times).tolist(), gains.tolist(), strict=True))


def _family(program: int) -> str:
    name = _SOUND_OF.get(program)
    return SOUNDS[name][0] if name else _GROUPS[program // 8]


def _program_name(program: int) -> str:
    import pretty_midi

    return pretty_midi.program_to_instrument_name(program).lower().replace("(", "").replace(")", "")


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
