"""The tables of a soundfont file, looked through before anything plays from it.

The synthesizer is native code that believes what a file says of itself: a place outside the file would crash it.

Source: SoundFont Technical Specification 2.04, Secs. 4 and 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

INSTRUMENT, SAMPLE, VORBIS = 41, 53, 0x10  # generators that point at a table; the type of a sample in sf3 files
LAST = 60  # of the generators that the format knows
RATES = (1000, 400_000)  # Hz
_MOST_CHUNKS = 1000
_BAG = np.dtype([("generator", "<u2"), ("modulator", "<u2")])
_GENERATOR = np.dtype([("what", "<u2"), ("amount", "<u2")])
_KINDS = {
    b"phdr": np.dtype([("name", "S20"), ("preset", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("rest", "V12")]),
    b"pbag": _BAG, b"pmod": np.dtype("V10"), b"pgen": _GENERATOR,
    b"inst": np.dtype([("name", "S20"), ("bag", "<u2")]),
    b"ibag": _BAG, b"imod": np.dtype("V10"), b"igen": _GENERATOR,
    b"shdr": np.dtype([
        ("name", "S20"), ("start", "<u4"), ("end", "<u4"), ("loop", "<u4"), ("loop_end", "<u4"), ("rate", "<u4"),
        ("root", "u1"), ("cents", "i1"), ("link", "<u2"), ("type", "<u2"),
    ]),
}  # fmt: skip


@dataclass(frozen=True)
class Tables:
    """What a soundfont holds, each table with the terminal record at its end.

    Attributes:
        places: where each chunk lies in the file, by its name; of a list, from its own header on.
        presets, preset_bags, preset_generators, instruments, bags, generators, samples: structured arrays.
        used: numbers of the samples that an instrument plays.
    """

    places: dict[bytes, slice]
    presets: np.ndarray
    preset_bags: np.ndarray
    preset_generators: np.ndarray
    instruments: np.ndarray
    bags: np.ndarray
    generators: np.ndarray
    samples: np.ndarray
    used: np.ndarray


def open_font(path: str) -> tuple[np.ndarray, Tables]:
    """The bytes of a soundfont, read where they are looked at, and its tables.

    Raises:
        ValueError: it is no soundfont, or one of its tables points at what is not there.
    """
    try:
        data = np.memmap(path, np.uint8, "r")
        return data, _tables(data)
    except (OSError, ValueError, KeyError) as error:
        why = f"it lacks {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise ValueError(
            f"soundfont: {path!r} is not an sf2 or sf3 file, or a damaged one ({why}); get it again."
        ) from None


def _tables(data: np.ndarray) -> Tables:
    places = _places(data)
    if lacking := {b"INFO", b"sdta", b"pdta"} - places.keys():
        raise KeyError(lacking.pop().decode())
    read = {name: np.frombuffer(bytes(data[places[name]]), kind) for name, kind in _KINDS.items()}
    for name, table in read.items():
        _ask(len(table) >= (2 if name in (b"phdr", b"inst", b"shdr") else 1), name)
    for head, bag, generator, modulator in ((b"phdr", b"pbag", b"pgen", b"pmod"), (b"inst", b"ibag", b"igen", b"imod")):
        _rising(head, read[head]["bag"], len(read[bag]) - 1)
        _rising(bag, read[bag]["generator"], len(read[generator]))
        _rising(bag, read[bag]["modulator"], len(read[modulator]))
        _ask((read[generator]["what"] <= LAST).all(), generator)  # native code counts by it, and looks no further
    _pointed(b"pgen", read[b"pgen"], INSTRUMENT, len(read[b"inst"]) - 1)
    used = _pointed(b"igen", read[b"igen"], SAMPLE, len(read[b"shdr"]) - 1)
    told = read[b"shdr"][used]
    sound = places[b"smpl"].stop - places[b"smpl"].start
    limit = np.where(told["type"] & VORBIS, sound, sound // 2)
    _ask(((told["start"] <= told["end"]) & (told["end"] <= limit)).all(), b"shdr")
    _ask(((told["rate"] >= RATES[0]) & (told["rate"] <= RATES[1])).all(), b"shdr")
    presets, instruments = (read[b"phdr"], read[b"pbag"], read[b"pgen"]), (read[b"inst"], read[b"ibag"], read[b"igen"])
    return Tables(places, *presets, *instruments, samples=read[b"shdr"], used=used)


def _places(data: np.ndarray) -> dict[bytes, slice]:
    if bytes(data[:4]) != b"RIFF" or bytes(data[8:12]) != b"sfbk":
        raise ValueError("it does not begin as one does")
    found: dict[bytes, slice] = {}
    at = 12
    while at + 8 <= len(data) and not found.keys() >= {*_KINDS, b"smpl"}:
        name, end = bytes(data[at : at + 4]), at + 8 + int.from_bytes(bytes(data[at + 4 : at + 8]), "little")
        if name == b"LIST":
            found.setdefault(bytes(data[at + 8 : at + 12]), slice(at, end))
            at += 12  # its parts lie side by side with ours
            continue
        if end > len(data) or len(found) > _MOST_CHUNKS or name in found:
            raise ValueError(f"its part {name!r} is cut short or comes twice")
        found[name] = slice(at + 8, end)
        at = end + int(end < len(data) and data[end] == 0)  # odd chunks are padded, but not by every program
    return found


def _ask(right: Any, name: bytes) -> None:
    if not right:
        raise ValueError(f"its table {name.decode()} has numbers that cannot be")


def _rising(name: bytes, values: np.ndarray, limit: int) -> None:
    _ask((np.diff(values.astype(np.int64)) >= 0).all() and values[-1] <= limit, name)


def _pointed(name: bytes, table: np.ndarray, what: int, count: int) -> np.ndarray:
    """What the generators of one kind point at, each once."""
    found = np.unique(table["amount"][table["what"] == what])
    _ask((found < count).all(), name)
    return found
