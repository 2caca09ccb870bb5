"""Single drum hits straight from a soundfont's samples.

The synthesizer that plays the pitched stems cuts many drums to a click, so drums are read from the file: the zones of
the drum kit that answer to a key, their samples, tuning and decay. Source: SoundFont Technical Specification 2.04,
Sec. 7 (file structure) and 8.1.3 (generators); in sf3 files the samples are Ogg Vorbis.
"""

from __future__ import annotations

import io
import struct
from functools import lru_cache

import numpy as np

from stemlab.codec.audio import resample

_INSTRUMENT, _KEYS, _VELOCITIES, _SAMPLE = 41, 43, 44, 53
_HOLD, _DECAY, _SUSTAIN, _COARSE, _FINE, _MODES, _SCALE, _ROOT = 35, 36, 37, 51, 52, 54, 56, 58
_VELOCITY = 100
_VORBIS = 0x10


class DrumFont:
    """The drum kits of a soundfont.

    Args:
        path: an sf2 or sf3 file.
    Raises:
        ValueError: if it is not a soundfont.
    """

    def __init__(self, path: str):
        data = np.memmap(path, np.uint8, "r")
        if bytes(data[:4]) != b"RIFF" or bytes(data[8:12]) != b"sfbk":
            raise ValueError(f"soundfont: got {path!r}, which is no soundfont; takes an sf2 or sf3 file")
        self.path = path
        chunks = {}
        at = 12
        while at + 8 <= len(data):
            name, size = bytes(data[at : at + 4]), struct.unpack("<I", bytes(data[at + 4 : at + 8]))[0]
            if name == b"LIST":
                at += 12  # its parts lie side by side with ours
                continue
            chunks[name] = data[at + 8 : at + 8 + size]
            at += 8 + size
            at += at < len(data) and data[at] == 0  # odd chunks are padded, but not by every program
        self._chunks = chunks
        self._presets = np.frombuffer(
            bytes(chunks[b"phdr"]),
            np.dtype([("name", "S20"), ("preset", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("rest", "V12")]),
        )
        self._instruments = np.frombuffer(bytes(chunks[b"inst"]), np.dtype([("name", "S20"), ("bag", "<u2")]))
        fields = [("name", "S20"), ("start", "<u4"), ("end", "<u4"), ("loop", "<u4"), ("loop_end", "<u4")]
        fields += [("rate", "<u4"), ("root", "u1"), ("cents", "i1"), ("link", "<u2"), ("type", "<u2")]
        self._samples = np.frombuffer(bytes(chunks[b"shdr"]), np.dtype(fields))

    def hit(self, kit: int, key: int, seconds: float, sample_rate: int) -> np.ndarray | None:
        """One drum as it was recorded.

        Args:
            kit: program of the drum channel.
            key: MIDI pitch.
            seconds: greatest length.
            sample_rate: Hz.
        Returns:
            (N,) float32, or None if the kit has no such drum.
        """
        found = np.flatnonzero((self._presets["bank"] == 128) & (self._presets["preset"] == kit))
        layers = []
        for preset in found[:1]:
            for zone in self._zones(b"pbag", b"pgen", self._presets["bag"], preset, _INSTRUMENT, key):
                for inner in self._zones(b"ibag", b"igen", self._instruments["bag"], zone[_INSTRUMENT], _SAMPLE, key):
                    layers.append(self._layer(inner, key, seconds, sample_rate))
        if not layers:
            return None
        audio = np.zeros(max(len(layer) for layer in layers), np.float32)
        for layer in layers:
            audio[: len(layer)] += layer / len(layers)
        return audio

    def _zones(self, bags: bytes, generators: bytes, starts, index: int, last: int, key: int) -> list[dict[int, int]]:
        """Zones of a preset or an instrument that answer to a key, each as generator -> raw 16-bit amount."""
        bag = np.frombuffer(bytes(self._chunks[bags]), "<u2").reshape(-1, 2)[:, 0]
        table = np.frombuffer(bytes(self._chunks[generators]), "<u2").reshape(-1, 2)
        common: dict[int, int] = {}
        zones = []
        for i, b in enumerate(range(starts[index], starts[index + 1])):
            zone = {int(g): int(v) for g, v in table[bag[b] : bag[b + 1]]}
            if last not in zone:
                common = zone if i == 0 else common
                continue
            zone = {**common, **zone}
            inside = [
                (zone.get(g, 0x7F00) & 255) <= v <= (zone.get(g, 0x7F00) >> 8)
                for g, v in ((_KEYS, key), (_VELOCITIES, _VELOCITY))
            ]
            if all(inside):
                zones.append(zone)
        return zones

    def _layer(self, zone: dict[int, int], key: int, seconds: float, sample_rate: int) -> np.ndarray:
        """A zone's sample at the pitch of a key, with the decay of its volume envelope."""
        header = self._samples[zone[_SAMPLE]]
        if not 1000 <= header["rate"] <= 400_000:
            raise ValueError(f"soundfont: {self.path!r} has a sample of {header['rate']} Hz")
        audio, loop = self._read(header)
        signed = {g: v - 65536 if v >= 32768 else v for g, v in zone.items()}
        root = signed.get(_ROOT, -1)
        root = int(header["root"]) if root < 0 else root
        cents = (key - root) * signed.get(_SCALE, 100) + 100 * signed.get(_COARSE, 0) + signed.get(_FINE, 0)
        rate = float(header["rate"]) * 2 ** ((cents + int(header["cents"])) / 1200)
        wanted = int(seconds * rate) + 1
        if signed.get(_MODES, 0) % 2 and loop[1] - loop[0] > 8:
            audio = audio[: loop[1]]
            while len(audio) < wanted:
                audio = np.concatenate([audio, audio[loop[0] : loop[1]]])
        audio = resample(audio[:wanted], round(rate), sample_rate)[: int(seconds * sample_rate)]
        hold, decay = (2 ** (signed.get(g, -12000) / 1200) for g in (_HOLD, _DECAY))
        time = np.arange(len(audio)) / sample_rate
        down_db = np.clip((time - hold) / decay * 100, 0, min(100.0, signed.get(_SUSTAIN, 0) / 10))
        return (audio * 10 ** (-down_db / 20)).astype(np.float32)

    def _read(self, header) -> tuple[np.ndarray, tuple[int, int]]:
        """A sample's audio and its loop (start and end in samples)."""
        start, end = int(header["start"]), int(header["end"])
        if header["type"] & _VORBIS:
            import soundfile

            audio, _ = soundfile.read(io.BytesIO(bytes(self._chunks[b"smpl"][start:end])), dtype="float32")
            return audio, (int(header["loop"]), int(header["loop_end"]))
        raw = bytes(self._chunks[b"smpl"][2 * start : 2 * end])
        audio = np.frombuffer(raw, "<i2").astype(np.float32) / 32768
        return audio, (int(header["loop"]) - start, int(header["loop_end"]) - start)


@lru_cache(maxsize=8)
def drum_font(path: str) -> DrumFont:
    """The drum kits of a soundfont file, kept for the next call.

    Args:
        path: an sf2 or sf3 file.
    Returns:
        DrumFont.
    """
    return DrumFont(path)
