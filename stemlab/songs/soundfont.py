"""Single drum hits straight from a soundfont's samples.

The synthesizer that plays the pitched stems cuts many drums to a click, so drums are read from the file: the zones of
the drum kit that answer to a key, their samples, tuning and decay. Source: SoundFont Technical Specification 2.04,
Sec. 7 (file structure) and 8.1.3 (generators); in sf3 files the samples are Ogg Vorbis.
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np

from stemlab.codec.audio import resample
from stemlab.songs.soundfont_file import INSTRUMENT, RATES, SAMPLE, VORBIS, open_font

_KEYS, _VELOCITIES = 43, 44
_HOLD, _DECAY, _SUSTAIN, _COARSE, _FINE, _MODES, _SCALE, _ROOT = 35, 36, 37, 51, 52, 54, 56, 58
_VELOCITY = 100
MOST_ZONES = 64  # of one preset or instrument that answer to a key
MOST_POINTS = 1 << 24  # of a packed sample


class DrumFont:
    """The drum kits of a soundfont.

    Args:
        path: an sf2 or sf3 file.
    Raises:
        ValueError: it is not a soundfont, or a damaged one.
    """

    def __init__(self, path: str):
        self.path = path
        data, self._tables = open_font(path)
        self._sound = data[self._tables.places[b"smpl"]]

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
        tables, layers = self._tables, []
        kits = tables.presets[:-1]  # the last ends the table
        for preset in np.flatnonzero((kits["bank"] == 128) & (kits["preset"] == kit))[:1]:
            outer = self._zones(tables.presets, tables.preset_bags, tables.preset_generators, preset, INSTRUMENT, key)
            for zone in outer:
                inside = self._zones(tables.instruments, tables.bags, tables.generators, zone[INSTRUMENT], SAMPLE, key)
                layers += [self._layer(inner, key, seconds, sample_rate) for inner in inside]
        if not any(map(len, layers)):
            return None
        audio = np.zeros(max(len(layer) for layer in layers), np.float32)
        for layer in layers:
            audio[: len(layer)] += layer / len(layers)
        return audio

    def _zones(self, heads, bags, generators, index: int, last: int, key: int) -> list[dict[int, int]]:
        """Zones of a preset or an instrument that answer to a key, each as generator -> raw 16-bit amount."""
        bag = bags["generator"].tolist()
        common: dict[int, int] = {}
        zones = []
        for i, b in enumerate(range(heads["bag"][index], heads["bag"][index + 1])):
            zone = dict(generators[bag[b] : bag[b + 1]].tolist())
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
        if len(zones) > MOST_ZONES:
            raise ValueError(f"soundfont: {self.path!r} has {len(zones)} sounds for one drum; it takes {MOST_ZONES}.")
        return zones

    def _layer(self, zone: dict[int, int], key: int, seconds: float, sample_rate: int) -> np.ndarray:
        """A zone's sample at the pitch of a key, with the decay of its volume envelope."""
        header = self._tables.samples[zone[SAMPLE]]
        signed = {g: v - 65536 if v >= 32768 else v for g, v in zone.items()}
        root = signed.get(_ROOT, -1)
        root = int(header["root"]) if root < 0 else root
        cents = (key - root) * signed.get(_SCALE, 100) + 100 * signed.get(_COARSE, 0) + signed.get(_FINE, 0)
        rate = float(header["rate"]) * 2 ** (min(20_000, max(-20_000, cents + int(header["cents"]))) / 1200)
        if not RATES[0] <= rate <= RATES[1]:
            raise ValueError(
                f"soundfont: {self.path!r} has a drum {key} of {rate:.0f} Hz; it takes {RATES[0]} to {RATES[1]}."
            )
        audio, loop = self._read(header)
        first, behind = (min(max(0, at), len(audio)) for at in loop)
        wanted = int(seconds * rate) + 1
        if signed.get(_MODES, 0) % 2 and behind - first > 8:
            again = max(0, wanted - behind)
            audio = np.concatenate([audio[:behind], np.resize(audio[first:behind], again)])
        audio = resample(audio[:wanted], round(rate), sample_rate)[: int(seconds * sample_rate)]
        hold, decay = (2 ** (signed.get(g, -12000) / 1200) for g in (_HOLD, _DECAY))
        time = np.arange(len(audio)) / sample_rate
        down_db = np.clip((time - hold) / decay * 100, 0, min(100.0, max(0.0, signed.get(_SUSTAIN, 0) / 10)))
        return (audio * 10 ** (-down_db / 20)).astype(np.float32)

    def _read(self, header) -> tuple[np.ndarray, tuple[int, int]]:
        """A sample's audio and its loop (start and end in samples)."""
        start, end = int(header["start"]), int(header["end"])
        if header["type"] & VORBIS:
            import soundfile

            packed = io.BytesIO(bytes(self._sound[start:end]))
            audio, _ = soundfile.read(packed, MOST_POINTS, dtype="float32", always_2d=True)
            return audio[:, 0], (int(header["loop"]), int(header["loop_end"]))
        raw = bytes(self._sound[2 * start : 2 * end])
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
