"""Is a MIDI file whole: walked event by event before it is parsed, as the parser may crash on one that is cut.

Source: Standard MIDI Files 1.0 (chunks, variable-length numbers, running status).
"""

from __future__ import annotations

_DATA_BYTES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}  # by the kind of a channel's event
_META_BYTES = {0x20: (1,), 0x21: (1,), 0x51: (3,), 0x54: (5,), 0x58: (4,), 0x59: (2,)}


def whole_midi(data: bytes) -> bytes:
    """The MIDI part of a file, when all of it is there.

    Args:
        data: the file, plain or in a RIFF envelope.
    Returns:
        header and tracks; what stands behind them is cut off.
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
    tracks, division = int.from_bytes(data[10:12], "big"), int.from_bytes(data[12:14], "big")
    if not 0 < division < 0x8000:
        raise ValueError("counts time in film frames or not at all; it takes ticks a beat")
    at = 8 + int.from_bytes(data[4:8], "big")
    found = 0
    while found < tracks:
        if at + 8 > len(data):
            raise ValueError(f"is cut: {found} of its {tracks} tracks are there")
        name, end = data[at : at + 4], at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        if end > len(data):
            raise ValueError(f"is cut in track {found + 1} of {tracks}")
        if name == b"MTrk":
            found += 1
            try:
                _walk(data, at + 8, end)
            except ValueError as error:
                raise ValueError(f"is damaged in track {found} of {tracks} ({error})") from None
        at = end
    return data[:at]


def _walk(data: bytes, at: int, end: int) -> None:
    """Go through a track's events from `at`; ValueError unless they are sound and stop before `end`."""
    status = 0
    while at < end:
        _, at = _number(data, at, end)
        if at >= end:
            raise ValueError("an event is missing")
        if data[at] >= 0x80:
            status, at = data[at], at + 1
        elif not 0x80 <= status < 0xF0:
            raise ValueError(f"a stray byte at {at}")
        if status == 0xFF or status in (0xF0, 0xF7):
            kind = -1
            if status == 0xFF:
                if at >= end:
                    raise ValueError("an event is cut")
                kind, at = data[at], at + 1
            size, at = _number(data, at, end)
            if at + size > end or size not in _META_BYTES.get(kind, (size,)):
                raise ValueError(f"an event of a wrong length at {at}")
            at += size
            if kind == 0x2F:
                return
        elif status < 0xF0:
            size = _DATA_BYTES[status >> 4]
            if at + size > end or any(byte > 0x7F for byte in data[at : at + size]):
                raise ValueError(f"an event that cannot be at {at}")
            at += size
        else:
            raise ValueError(f"an event {status:#x} that no file has")
    raise ValueError("its end is missing")


def _number(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A variable-length number, and where it stops."""
    value = 0
    for i in range(at, min(at + 4, end)):
        value = value << 7 | data[i] & 0x7F
        if data[i] < 0x80:
            return value, i + 1
    raise ValueError(f"a number that does not stop at {at}")
