"""A copy of a soundfont in which every zone's root key and tuning stand in its sample header, and no loop ends with its sample.

The synthesizer reads the root of a sample from its header only and ignores the zone's own (generator 58), so that fonts
which use it play many notes at a wrong pitch: 71 % of test notes in FluidR3 mono, 55 % in TimGM6mb, 3 % in MuseScore
General; with the copy 5 %, 4 % and 2 %.

It also cuts a zone's coarse tuning (generator 51, semitones) to 1.2 semitones either way, which put FluidR3's trumpet and saw
lead, MuseScore's music box and both organs up to two octaves out of tune: in the copy it is a part of the root. A preset's own
coarse tuning (in none of the sounds that songs use) is left as it was.

Where a loop ends with the last point of its sample, the synthesizer reads one point behind it: whatever lies there in memory, now and
then a NaN. Such a loop (21 in these three fonts) begins and ends one point earlier in the copy, which sounds the same; a loop that lies
outside its sample is taken away.

Source: SoundFont Technical Specification 2.04, Secs. 7.7 to 7.10 and 8.1.2.
"""

from __future__ import annotations

import io
import struct
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path

import numpy as np

from stemlab.checkpoints.cache import cache_folder, writable_cache
from stemlab.checkpoints.folders import atomic_file, explained
from stemlab.songs.soundfont_file import SAMPLE, VORBIS, Tables, open_font

_COARSE, _ROOT = 51, 58
_VERSION = 3  # of the copies


@lru_cache
def retuned(soundfont: str) -> str:
    """Path of the retuned copy of a soundfont, made in the user's cache folder when it is not there yet.

    Raises:
        ValueError: it is not an sf2 or sf3 file.
    """
    source = Path(soundfont).resolve()
    data, tables = open_font(str(source))
    mark = blake2b(data.data, digest_size=8).hexdigest()
    target = cache_folder() / f"{source.stem[:60]}-{mark}-{_VERSION}{source.suffix}"
    if not target.exists():
        writable_cache()  # before the work, not after it
        try:
            made = _retune(data, tables)
        except (ValueError, RuntimeError, struct.error) as error:
            raise ValueError(f"soundfont: {str(source)!r} is damaged ({error}); get it again.") from error
        with explained(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with atomic_file(target) as file:
                file.write_bytes(made)
    return str(target)


def _retune(data: np.ndarray, tables: Tables) -> bytes:
    places, bags, insts = tables.places, tables.bags["generator"].tolist(), tables.instruments["bag"].tolist()
    gens = bytearray(tables.generators.tobytes())
    headers = [header.tobytes() for header in tables.samples]
    terminal = headers.pop()
    for number in tables.used.tolist():
        headers[number] = _inside(headers[number], data[places[b"smpl"]])
    made: dict[bytes, int] = {}
    for first, last in pairwise(insts):
        common: dict[int, int] = {}
        for bag in range(first, last):
            span = range(bags[bag] * 4, bags[bag + 1] * 4, 4)
            own = {struct.unpack_from("<H", gens, i)[0]: i for i in span}
            value = common | {k: struct.unpack_from("<h", gens, i + 2)[0] for k, i in own.items()}
            if _COARSE in own:
                struct.pack_into("<h", gens, own[_COARSE] + 2, 0)
            if SAMPLE not in own:
                if bag == first:
                    common = value
                continue
            header = headers[value[SAMPLE]]
            root, fine = header[40], struct.unpack_from("<b", header, 41)[0]
            if 0 <= value.get(_ROOT, -1) <= 127:
                root = value[_ROOT]
            root -= value.get(_COARSE, 0)
            new = header[:40] + struct.pack("<Bb", min(127, max(0, root)), fine) + header[42:]
            if new != header:
                if new not in made:
                    made[new] = len(headers)
                    headers.append(new)
                struct.pack_into("<H", gens, own[SAMPLE] + 2, made[new])
    parts = {
        name: data[places[name]].tobytes() for name in (b"phdr", b"pbag", b"pmod", b"pgen", b"inst", b"ibag", b"imod")
    }
    parts |= {b"igen": bytes(gens), b"shdr": b"".join(headers) + terminal}
    body = b"pdta" + b"".join(k + struct.pack("<I", len(v)) + v for k, v in parts.items())
    out = data[: places[b"pdta"].start].tobytes() + b"LIST" + struct.pack("<I", len(body)) + body
    return out[:4] + struct.pack("<I", len(out) - 8) + out[8:]


def _inside(header: bytes, sound: np.ndarray) -> bytes:
    """A sample's header, with its loop moved so that a point of the sample lies behind it.

    Args:
        header: of the sample, 46 bytes.
        sound: all samples of the soundfont, bytes.
    """
    start, end, loop, loop_end = struct.unpack_from("<4I", header, 20)
    last = end
    if struct.unpack_from("<H", header, 44)[0] & VORBIS:
        import soundfile

        last = soundfile.info(io.BytesIO(sound[start:end].tobytes())).frames if end > start else 0
        start = 0
    over = loop_end - last + 1
    if not 0 < over <= loop - start or loop_end <= loop:
        return header
    return header[:28] + struct.pack("<2I", loop - over, loop_end - over) + header[36:]
