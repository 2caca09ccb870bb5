"""The events of a MIDI file, read as tolerantly as players do, and with no byte that could end the process.

What old sequencers wrote is read: tracks without their end mark, running status that goes on behind a meta event, system
and real-time bytes, data bytes above 127 (taken as 127). What is cut or does not add up is refused with its place.

Source: Standard MIDI Files 1.0 (chunks, variable-length numbers, running status).
Lesson: 10_bring_your_own_music.ipynb
"""

from __future__ import annotations

from typing import NamedTuple

_DATA_BYTES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}  # by the kind of a channel's event
_SYSTEM_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}  # others of 0xF1 to 0xFE have none
_META, _END, TEMPO, KEY = 0xFF, 0x2F, 0x51, 0x59
_META_BYTES = {TEMPO: 3, KEY: 2}  # those that are used; with another length they are left out
_MOST_TICKS = 2**31


class Event(NamedTuple):
    """One event of a channel, or a meta event.

    Args:
        tick: since the start.
        track: counted from 0.
        kind: 0x8 to 0xE (note off, note on, key pressure, controller, program, pressure, bend), or 0xFF with `channel`
            TEMPO or KEY.
        channel: 0 to 15.
        first, second: its data bytes; `value` of a meta event holds all of them.
        value: for TEMPO and KEY.
    """

    tick: int
    track: int
    kind: int
    channel: int
    first: int
    second: int
    value: bytes = b""


def midi_events(data: bytes) -> tuple[int, list[list[Event]], list[int]]:
    """Read a MIDI file's events.

    Args:
        data: the file, plain or in a RIFF envelope.
    Returns:
        ticks a beat; a list of events for each track; the tick at which each track ends.
    Raises:
        ValueError: what is wrong, without the file's name.
    """
    if not data:
        raise ValueError("is empty (0 bytes)")
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        data = data[max(0, data.find(b"MThd")) :]
    if data[:4] != b"MThd":
        raise ValueError("is not a MIDI file")
    if len(data) < 14 or int.from_bytes(data[4:8], "big") < 6:
        raise ValueError("is cut in its header")
    count, division = int.from_bytes(data[10:12], "big"), int.from_bytes(data[12:14], "big")
    if not 0 < division < 0x8000:
        raise ValueError("counts time in film frames or not at all; it takes ticks a beat")
    at = 8 + int.from_bytes(data[4:8], "big")
    tracks: list[list[Event]] = []
    ends: list[int] = []
    while len(tracks) < count:
        if at + 8 > len(data):
            raise ValueError(f"is cut: {len(tracks)} of its {count} tracks are there")
        name, end = data[at : at + 4], at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        if end > len(data):
            raise ValueError(f"is cut in track {len(tracks) + 1} of {count}")
        if name == b"MTrk":
            try:
                events, last = _track(data[:end], at + 8, len(tracks))
            except ValueError as error:
                raise ValueError(f"is damaged in track {len(tracks) + 1} of {count} ({error})") from None
            tracks.append(events)
            ends.append(last)
        at = end
    return division, tracks, ends


def _track(data: bytes, at: int, track: int) -> tuple[list[Event], int]:
    """The events of the track that ends with `data`, and the tick of its end."""
    events: list[Event] = []
    tick = status = 0
    while at < len(data):
        wait, at = _number(data, at)
        tick += wait
        if tick > _MOST_TICKS:
            raise ValueError(f"more than {_MOST_TICKS} ticks")
        if at >= len(data):
            break  # a wait with nothing behind it: where the end mark was
        byte = data[at]
        if byte == _META or byte in (0xF0, 0xF7):
            start = at + 1 + (byte == _META)
            size, at = _number(data, start)
            if at + size > len(data):
                raise ValueError(f"an event is cut at {at}")
            kind, value, at = data[start - 1], data[at : at + size], at + size
            if byte == _META and kind == _END:
                break
            if byte == _META and _META_BYTES.get(kind) == size:
                events.append(Event(tick, track, _META, kind, 0, 0, value))
            continue  # the running status goes on behind it
        if byte > 0xF0:
            at += 1 + _SYSTEM_BYTES.get(byte, 0)
            continue
        if byte >= 0x80:
            status, at = byte, at + 1
        elif not status:
            raise ValueError(f"a stray byte at {at}")
        size = _DATA_BYTES[status >> 4]
        if at + size > len(data):
            raise ValueError(f"an event is cut at {at}")
        first, second = (min(byte, 127) for byte in (data[at], data[at + size - 1]))
        events.append(Event(tick, track, status >> 4, status & 15, first, second))
        at += size
    return events, tick


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length number, and where it stops."""
    value = 0
    for i in range(at, min(at + 4, len(data))):
        value = value << 7 | data[i] & 0x7F
        if data[i] < 0x80:
            return value, i + 1
    raise ValueError(f"a number that does not stop at {at}")
