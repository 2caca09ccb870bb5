"""A group's notes as a MIDI file: tempo, key, and a track a stem. Sample 0 of the stems is tick 0 of the file.

Lesson: 10_bring_your_own_music.ipynb
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from stemlab.checkpoints.folders import atomic_file, clean_path
from stemlab.lab.notes import HeardNote, is_drums
from stemlab.songs.harmony import parse_key
from stemlab.songs.sounds import FAMILIES
from stemlab.songs.words import family_of, label

if TYPE_CHECKING:
    from stemlab.lab.group import StemGroup

DIVISION = 480  # ticks a beat
USUAL_BPM = 120.0  # of a file that tells no tempo
DRUM_CHANNEL = 9
_SHARPS = {"major": (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5), "minor": (-3, 4, -1, -6, 1, -4, 3, -2, 5, 0, -5, 2)}


def midi_bytes(group: "StemGroup") -> bytes:
    """A MIDI file of type 1: the first track has name, tempo, metre and key, then there is one a stem."""
    bpm = group.bpm or USUAL_BPM
    about = _meta(0x03, (group.prompt or "stems").encode()) + _meta(0x51, round(60e6 / bpm).to_bytes(3, "big"))
    beats, unit = (int(number) for number in group.meter.split("/"))
    about += _meta(0x58, bytes([beats, unit.bit_length() - 1, 24, 8]))
    about += _key(group.key or "")
    channels = iter([channel for channel in range(16) if channel != DRUM_CHANNEL] * len(group))
    tracks = [about]
    for stem in group:
        channel = DRUM_CHANNEL if is_drums(stem) else next(channels)
        start = _meta(0x03, stem.name.encode()) + b"\0" + bytes([0xC0 | channel, program_of(stem.prompt or stem.name)])
        tracks.append(start + _events(stem.notes(group.sample_rate), channel, bpm))
    head = b"MThd" + (6).to_bytes(4, "big") + b"".join(n.to_bytes(2, "big") for n in (1, len(tracks), DIVISION))
    ended = [track + _meta(0x2F, b"") for track in tracks]
    return head + b"".join(b"MTrk" + len(track).to_bytes(4, "big") + track for track in ended)


def write_midi(group: "StemGroup", path: str | os.PathLike) -> Path:
    """See `StemGroup.to_midi`."""
    path = clean_path(path)
    with atomic_file(path) as file:
        file.write_bytes(midi_bytes(group))
    return path


def program_of(prompt: str) -> int:
    """The General MIDI program, or the kit, that is nearest to a stem's words.

    >>> program_of("bass: slap bass"), program_of("keys: something soft"), program_of("theremin")
    (36, 0, 80)
    """
    words = f" {label(prompt)} "
    named = [
        (len(word), sound)
        for sounds in FAMILIES.values()
        for sound in sounds
        for word in sound.words
        if f" {word} " in words
    ]
    if named:
        return max(named, key=lambda pair: pair[0])[1].program
    return FAMILIES[family][0].program if (family := family_of(label(prompt)) or "") in FAMILIES else 0


def _key(key: str) -> bytes:
    """The key's signature; none where the words are no key."""
    try:
        tonic, mode = parse_key(key)
    except ValueError:
        return b""
    return _meta(0x59, bytes([_SHARPS[mode][tonic] % 256, mode == "minor"]))


def _events(notes: list[HeardNote], channel: int, bpm: float) -> bytes:
    """Starts and ends of notes with the ticks between them; at one tick what ends goes first."""
    tick = lambda seconds: round(seconds * bpm / 60 * DIVISION)  # noqa: E731
    events = []
    for note in notes:
        start = tick(note.start)
        events.append((start, 1, bytes([0x90 | channel, note.pitch, note.velocity])))
        events.append((max(tick(note.end), start + 1), 0, bytes([0x80 | channel, note.pitch, 0])))
    made, last = b"", 0
    for at, _, event in sorted(events):
        made += _number(at - last) + event
        last = at
    return made


def _meta(kind: int, value: bytes) -> bytes:
    return b"\0" + bytes([0xFF, kind]) + _number(len(value)) + value


def _number(value: int) -> bytes:
    """A number as MIDI files have it: seven bits a byte, the highest first, and all but the last marked."""
    made = [value & 0x7F]
    while value := value >> 7:
        made.append(value & 0x7F | 0x80)
    return bytes(reversed(made))
