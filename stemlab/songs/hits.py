"""Drum and percussion hits at full velocity, in one balance for all kits and soundfonts."""

from __future__ import annotations

import struct
from functools import lru_cache

import numpy as np

from stemlab.songs.soundfont import drum_font

# Peak level of a hit (5 ms RMS, dB).
_KIT_DB = {
    35: -15, 36: -15, 37: -20, 38: -17, 39: -19, 40: -18, 41: -17, 42: -25, 43: -17, 44: -26, 45: -17, 46: -26,
    47: -17, 49: -24, 50: -17, 51: -26, 53: -27,
}  # fmt: skip
_PERCUSSION_DB = -20
_BRUSHED = (38, 39, 40)
_SECONDS = 1.2


@lru_cache(maxsize=1024)
def hit(soundfont: str, kit: int, pitch: int, sample_rate: int) -> np.ndarray:
    """One hit.

    Args:
        soundfont: path of an sf2 or sf3 file.
        kit: General MIDI drum kit, a program of the drum channel.
        pitch: the drum's MIDI pitch.
        sample_rate: Hz.
    Returns:
        (N,) float32, not to be written to.
    Raises:
        ValueError: if the soundfont has no such drum.
    """
    audio = None
    try:
        for program in (kit, 0):  # a kit may lack a drum that the standard one has
            if audio is None:
                audio = drum_font(soundfont).hit(program, pitch, _SECONDS, sample_rate)
    except (KeyError, IndexError, TypeError, RuntimeError, struct.error) as error:
        raise ValueError(f"soundfont: {soundfont!r} is damaged ({error!r}); get it again") from error
    if audio is None:
        raise ValueError(f"soundfont: {soundfont!r} has no drum {pitch}; use a General MIDI soundfont")
    frame = sample_rate // 200
    power = (np.pad(audio, (0, -len(audio) % frame)).astype(np.float64).reshape(-1, frame) ** 2).mean(axis=1)
    onset = max(0, int(np.argmax(power > power.max() * 1e-3)) - 1) * frame  # hits sit on the beat
    target = _KIT_DB.get(pitch, _PERCUSSION_DB) - (5 if kit == 40 and pitch in _BRUSHED else 0)
    audio = audio[onset:] * np.float32(10 ** ((target - 10 * np.log10(power.max() + 1e-12)) / 20))
    fade = min(len(audio), int(0.05 * sample_rate))
    audio[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return audio
