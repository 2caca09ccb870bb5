"""A soundfont of a kilobyte or two, written by hand: one instrument with a loop, one drum kit; sf2, or sf3 with Ogg Vorbis in it."""

import io
import struct

import numpy as np
import soundfile

RATE = 22_050


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def of_list(name: bytes, *chunks: bytes) -> bytes:
    return chunk(b"LIST", name + b"".join(chunks))


def soundfont(vorbis: bool = False, coarse: int = 0) -> bytes:
    """The file, as bytes; `coarse` is the tuning of its instrument in semitones."""
    time = np.arange(1200) / RATE
    tones = [np.sin(2 * np.pi * 441 * time), np.exp(-time * 90) * np.cos(2 * np.pi * 200 * time)]
    sound, headers, at = b"", b"", 0
    for i, tone in enumerate(tones):
        data = (20_000 * tone).astype("<i2").tobytes()
        length, first = len(tone), at
        if vorbis:
            packed = io.BytesIO()
            soundfile.write(packed, 0.6 * tone, RATE, format="OGG", subtype="VORBIS")
            data = packed.getvalue()
            length, first = len(data), 0
        loop = (first + 100, first + 600)
        headers += struct.pack(
            "<20s5IBbHH", b"sample %d" % i, at, at + length, *loop, RATE, 69, 0, 0, 0x11 if vorbis else 1
        )
        data += b"" if vorbis else bytes(92)  # 46 points of silence after each sample
        sound, at = sound + data, at + (len(data) if vorbis else len(data) // 2)
    headers += struct.pack("<20s5IBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)
    generators = lambda *pairs: b"".join(struct.pack("<HH", *pair) for pair in pairs)  # noqa: E731
    bags = lambda *pairs: b"".join(struct.pack("<HH", *pair) for pair in pairs)  # noqa: E731
    presets = b"".join(
        struct.pack("<20sHHH12x", name, program, bank, bag)
        for name, program, bank, bag in ((b"tone", 0, 0, 0), (b"kit", 0, 128, 1), (b"EOP", 0, 0, 2))
    )
    instruments = b"".join(struct.pack("<20sH", n, bag) for n, bag in ((b"tone", 0), (b"kit", 1), (b"EOI", 2)))
    return _riff(
        of_list(b"INFO", chunk(b"ifil", struct.pack("<HH", 3 if vorbis else 2, 1)), chunk(b"isng", b"EMU8000\0"), chunk(b"INAM", b"tiny\0\0")),
        of_list(b"sdta", chunk(b"smpl", sound)),
        of_list(
            b"pdta", chunk(b"phdr", presets), chunk(b"pbag", bags((0, 0), (1, 0), (2, 0))), chunk(b"pmod", bytes(10)),
            chunk(b"pgen", generators((41, 0), (41, 1), (0, 0))), chunk(b"inst", instruments),
            chunk(b"ibag", bags((0, 0), (5, 0), (10, 0))), chunk(b"imod", bytes(10)),
            chunk(b"igen", generators((51, coarse % 65536), (38, 1200), (54, 1), (58, 69), (53, 0), (43, 0x3223), (35, 0), (36, 800), (56, 100), (53, 1), (0, 0))),
            chunk(b"shdr", headers),
        ),
    )  # fmt: skip


def _riff(*lists: bytes) -> bytes:
    return chunk(b"RIFF", b"sfbk" + b"".join(lists))
