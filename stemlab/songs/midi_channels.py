"""What the channels of a MIDI file play: notes as long as the pedal holds them, how loud the channel is, how far bent.

Controllers belong to a channel. Where several tracks play on one, each has its own; those of a track without notes on
the channel (a conductor's) are for all.

Source: MIDI 1.0 Detailed Specification (controllers 7, 11, 64; RPN 0); General MIDI 2 for 40 log10 of volume.
Lesson: 10_bring_your_own_music.ipynb
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from stemlab.songs.midi_events import Event

_NOTE_OFF, _NOTE_ON, _KEY_PRESSURE, _CONTROL, _PROGRAM, _PRESSURE, _BEND = range(0x8, 0xF)
_VOLUME, _EXPRESSION, _PEDAL = 7, 11, 64
_USUAL_VOLUME = 100
SILENT_DB = -120.0
_NOT_PLAYED = {
    1: "modulation wheel", 5: "portamento", 8: "balance", 10: "pan", 65: "portamento", 66: "sostenuto pedal", 67: "soft pedal",
    91: "reverb", 93: "chorus",
}  # fmt: skip
_AT_REST = {8: 64, 10: 64}  # what these controllers say when they say nothing; others 0


@dataclass
class Played:
    """What one channel of one track plays.

    Args:
        track, channel: counted from 0; channel 9 are the drums.
        notes: by program: (first tick, last tick, pitch, velocity) each.
        level: (tick, dB), from there on; 0 dB is volume 100 at full expression.
        bend: (tick, semitones), from there on.
        left_out: what it asks for that is not played, such as "pan".
    """

    track: int
    channel: int
    notes: dict[int, list[list[int]]] = field(default_factory=dict)
    level: list[tuple[int, float]] = field(default_factory=lambda: [(0, 0.0)])
    bend: list[tuple[int, float]] = field(default_factory=lambda: [(0, 0.0)])
    left_out: set[str] = field(default_factory=set)


def channels(tracks: list[list[Event]], ends: list[int]) -> list[Played]:
    """All channels of all tracks that have notes.

    Args:
        tracks, ends: as from `midi_events`.
    """
    found = []
    playing = [
        sorted({e.channel for e in events if e.kind == _NOTE_ON and e.second}, key=_first(events)) for events in tracks
    ]
    for number, events in enumerate(tracks):
        for channel in playing[number]:
            own = [e for e in events if e.kind <= _BEND and e.channel == channel]
            for other, theirs in enumerate(tracks):
                if other != number and channel not in playing[other]:
                    own += [e for e in theirs if e.kind <= _BEND and e.channel == channel]
            found.append(
                _play(Played(number, channel), sorted(own, key=lambda e: (e.tick, e.track == number)), max(ends))
            )
    return found


def _first(events: list[Event]):
    """Sorts channels by when they come first."""
    order: dict[int, int] = {}
    for i, event in enumerate(events):
        order.setdefault(event.channel, i)
    return lambda channel: order[channel]


def _play(played: Played, events: list[Event], end: int) -> Played:
    """Go through a channel's events in time, with the state that a synthesizer would have."""
    program, volume, expression, bent, reach, pedal, parameter = 0, _USUAL_VOLUME, 127, 0.0, 2.0, False, (127, 127)
    sounding: dict[int, list[list[int]]] = {}
    held: list[list[int]] = []
    for tick, _, kind, _, first, second, _ in events:
        if kind == _NOTE_ON and second:
            for note in [note for note in held if note[2] == first]:  # struck again under the pedal
                note[1] = tick
                held.remove(note)
            note = [tick, end, first, second]
            played.notes.setdefault(program, []).append(note)
            sounding.setdefault(first, []).append(note)
        elif kind in (_NOTE_OFF, _NOTE_ON):
            if sounding.get(first):
                note = sounding[first].pop(0)
                note[1] = tick
                if pedal:
                    held.append(note)
        elif kind == _PROGRAM:
            program = first
        elif kind == _BEND:
            bent = max(-1.0, ((second << 7 | first) - 8192) / 8191)
        elif kind in (_PRESSURE, _KEY_PRESSURE):
            played.left_out.add("aftertouch")
        elif first == _VOLUME:
            volume = second
        elif first == _EXPRESSION:
            expression = second
        elif first == _PEDAL:
            pedal = second >= 64
        elif first in (100, 101):
            parameter = (second, parameter[1]) if first == 101 else (parameter[0], second)
        elif first in (6, 38) and parameter == (0, 0):
            reach = second + reach % 1 if first == 6 else int(reach) + second / 100
        elif first == 121:  # reset all controllers
            expression, bent, pedal = 127, 0.0, False
        elif first in (120, 123):  # all sound, all notes off
            for note in [*held, *(note for notes in sounding.values() for note in notes)]:
                note[1] = tick
            held, sounding = [], {}
        elif first in _NOT_PLAYED and second != _AT_REST.get(first, 0):
            played.left_out.add(_NOT_PLAYED[first])
        if not pedal and held:
            for note in held:
                note[1] = tick
            held = []
        _change(played.level, tick, _decibels(volume, _USUAL_VOLUME) + _decibels(expression, 127))
        _change(played.bend, tick, bent * reach)
    for note in held:
        note[1] = end
    return played


def _change(curve: list[tuple[int, float]], tick: int, value: float) -> None:
    if value != curve[-1][1]:
        if curve[-1][0] == tick:
            curve.pop()
        curve.append((tick, value))


def _decibels(value: int, usual: int) -> float:
    return max(SILENT_DB, float(40 * np.log10(value / usual))) if value else SILENT_DB
