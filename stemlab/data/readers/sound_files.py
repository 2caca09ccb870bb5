"""Sound files by random access: what a header tells, and windows at any rate without reading the rest.

Lesson: 10_bring_your_own_music.ipynb
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np
import soundfile

from stemlab.codec.audio import NO_SOUND, is_sound, resample, to_sides
from stemlab.codec.headers import MOST_CHANNELS, RATES, UNREADABLE, sound_path

SUFFIXES = {".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".w64", ".caf", ".au"}
_MOST_SECONDS = 24 * 3600  # a header that tells more is wrong
_MARGIN = 8192  # samples read on each side, more than the resampling filter reaches


class DamagedFile(ValueError):
    """A sound file that cannot be used.

    Args:
        path: of the file.
        what: what is wrong with it.
    """

    def __init__(self, path: Path, what: str):
        super().__init__(f"{path}: {what}")
        self.path, self.what = path, what


@dataclass(frozen=True)
class Source:
    """A sound file: its path, and its header's frames (samples a channel), rate in Hz and number of channels."""

    path: Path
    frames: int
    rate: int
    channels: int

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate


def probe(path: Path) -> Source:
    """Read a sound file's header.

    Raises:
        DamagedFile: no such file, 0 bytes, no sound file, no samples, or numbers that cannot be.
    """
    try:
        if path.stat().st_size == 0:
            raise DamagedFile(path, "is empty (0 bytes)")
        info = soundfile.info(sound_path(path))
    except FileNotFoundError:
        raise DamagedFile(path, "is missing") from None
    except UNREADABLE as error:
        raise DamagedFile(path, f"cannot be read as a sound file ({_reason(error)})") from error
    if not RATES[0] <= info.samplerate <= RATES[1] or not 1 <= info.channels <= MOST_CHANNELS:
        raise DamagedFile(path, f"has a header of {info.samplerate} Hz and {info.channels} channels")
    if info.frames <= 0:
        raise DamagedFile(path, "holds no samples")
    if info.frames / info.samplerate > _MOST_SECONDS:
        raise DamagedFile(path, f"has a header of {info.frames} frames, more than a day")
    return Source(path, info.frames, info.samplerate, info.channels)


def read_window(source: Source, first: int, samples: int, sample_rate: int, sides: int = 1) -> np.ndarray:
    """A window of a sound file at a rate, the same samples that the whole file resampled would give there.

    Args:
        source: the file.
        first: sample to start at, counted at `sample_rate`, 0 or more.
        samples: how many; past the end of the file there is silence.
        sample_rate: Hz.
        sides: 1 averages the channels; 2 keeps two, gives a single one to both sides, and averages more.
    Returns:
        `(samples,)` float32, or `(2, samples)`.
    Raises:
        DamagedFile: it ends before its header says, or has samples that are no sound.
        ValueError: first or samples is negative.
    """
    if first < 0 or samples < 0:
        raise ValueError(f"first: got {first} and {samples} samples; it takes numbers from 0.")
    out = np.zeros((sides, samples), np.float32)
    common = gcd(source.rate, sample_rate)
    step, made = source.rate // common, sample_rate // common  # so many samples in are so many out, exactly
    margin = 0 if source.rate == sample_rate else _MARGIN
    block = max(0, (first // made * step - margin) // step)  # where both rates have a sample at the same time
    begin = block * step
    end = min(source.frames, -(-(first + samples) * step // made) + margin)
    if begin >= source.frames or samples == 0:
        return out[0] if sides == 1 else out
    audio = to_sides(_frames(source, begin, end), sides)
    piece = resample(audio, source.rate, sample_rate)[:, first - block * made :][:, :samples]
    out[:, : piece.shape[1]] = piece
    return out[0] if sides == 1 else out


def _frames(source: Source, begin: int, end: int) -> np.ndarray:
    """Frames of a file at its own rate, `(channels, end - begin)` float32."""
    try:
        audio, _ = soundfile.read(sound_path(source.path), end - begin, begin, dtype="float32", always_2d=True)
    except FileNotFoundError:
        raise DamagedFile(source.path, "is missing") from None
    except UNREADABLE as error:
        what = f"cannot be read at {begin / source.rate:.1f} s ({_reason(error)})"
        raise DamagedFile(source.path, what) from error
    if len(audio) < end - begin:
        at = (begin + len(audio)) / source.rate
        raise DamagedFile(source.path, f"ends at {at:.1f} s, where its header says {source.seconds:.1f} s")
    if not (sound := is_sound(audio).all(1)).all():
        at = (begin + int(np.argmin(sound))) / source.rate
        raise DamagedFile(source.path, f"has {NO_SOUND} at {at:.1f} s")
    return np.ascontiguousarray(audio.T)


def _reason(error: Exception) -> str:
    """The library's own words, without the path that it puts before them."""
    return " ".join(str(error).split()).rsplit(": ", 1)[-1] or type(error).__name__
