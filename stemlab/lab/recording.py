"""A recording of the user's: kept as it came, heard by the model as one channel at 32 kHz.

Lesson: 07_play_along.ipynb
"""

import hashlib
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from stemlab.checkpoints.folders import check_file
from stemlab.codec.audio import (
    FRAME,
    MOST_CHANNELS,
    SAMPLE_RATE,
    activity,
    as_array,
    check_mono,
    check_rate,
    read_channels,
    resample,
    to_mono,
    to_sides,
)
from stemlab.codec.ffmpeg import as_wav
from stemlab.codec.headers import header
from stemlab.framing import BUNDLED, Grid
from stemlab.lab.group import StemGroup
from stemlab.metrics.loudness import loudness
from stemlab.songs.names import unique_names

SHORTEST, LONGEST = 1.0, 300.0  # seconds
USUAL_LEVEL = 10 ** (-24 / 20)  # RMS where it sounds, of one stem in the songs of the training
HEARD_DB = -40.0  # a frame further below the highest peak does not count for the level


@dataclass(frozen=True, eq=False)
class Recording:
    """Sound as it came.

    Args:
        audio: `(channels, N)` float32.
        rate: in Hz.
    """

    audio: np.ndarray
    rate: int

    def mono(self) -> np.ndarray:
        """One channel at 32 kHz, `(N2,)`, from the same first sample; bit for bit the recording when it is that already."""
        return self.at(BUNDLED)

    def at(self, grid: Grid) -> np.ndarray:
        """What a codec takes of it, from the same first sample: `(N2,)`, or `(2, N2)` for a codec in stereo."""
        heard = resample(to_sides(self.audio, grid.sides), self.rate, grid.sample_rate)
        return heard[0] if grid.sides == 1 else heard

    def loudness(self) -> float | None:
        """Integrated loudness of a channel on average, in LUFS; None below what counts as sound."""
        level = loudness(self.audio, self.rate) - 10 * float(np.log10(len(self.audio)))
        return round(level, 4) if np.isfinite(level) else None

    def sha256(self) -> str:
        """Hash of the samples and their rate."""
        return hashlib.sha256(f"{self.rate} {self.audio.shape}".encode() + self.audio.tobytes()).hexdigest()


def open_recording(audio: Any, sample_rate: int | None = None) -> tuple[Recording, str]:
    """A recording from a file or an array.

    Args:
        audio: path of a WAV, FLAC, MP3, OGG or Opus file; or `(N,)`, `(channels, N)` or `(N, channels)`.
        sample_rate: of an array in Hz, 32000 by default; a file has its own.
    Returns:
        the recording, and a name for it: the file's, or "recording".
    Raises:
        ValueError: no such file, an empty or unreadable one, NaN, silence, or a length outside 1 s to 5 min.
    """
    if isinstance(audio, str | os.PathLike):
        if sample_rate is not None:
            raise ValueError(f"sample_rate: got {sample_rate!r} with a file, which has its own; leave it out.")
        file = check_file(audio, "audio", "give the path of a WAV, FLAC, MP3, OGG or Opus file.")
        with as_wav(file) as wav:
            told = header(wav)
            if told.frames / told.samplerate > 1.1 * LONGEST:  # as far as a header knows, before it is read
                _check_length(told.frames / told.samplerate)
            recording, name = Recording(*read_channels(wav)), file.stem
    else:
        check_rate(SAMPLE_RATE if sample_rate is None else sample_rate, "sample_rate")
        recording, name = Recording(_channels(audio), int(sample_rate or SAMPLE_RATE)), "recording"
    _check_length(recording.audio.shape[1] / recording.rate)
    if not activity(to_mono(recording.audio)).any():
        raise ValueError("audio: is silent, below -60 dB throughout; turn it up, or look whether it is the right file.")
    try:
        return recording, unique_names([name])[0]
    except ValueError:  # a file name without a letter or a digit
        return recording, "recording"


def _check_length(seconds: float) -> None:
    if not SHORTEST <= seconds <= LONGEST:
        raise ValueError(
            f"audio: got {seconds:.4g} s; it takes {SHORTEST:g} s to {LONGEST / 60:g} min: "
            + ("give a longer recording." if seconds < SHORTEST else "cut it into parts.")
        )


def hearing_gain(mono: np.ndarray) -> float:
    """What the model hears is the recording times this, and what it makes is divided by it.

    So the model always hears the level that it knows, and its stems are as loud as the recording asks for.

    Args:
        mono: `(N,)` at 32 kHz, not silent.
    Returns:
        gain that brings the RMS of its sounding frames to -24 dB.
    """
    loudest = 20 * np.log10(np.abs(mono).max())
    sounds = np.repeat(activity(mono, threshold_db=loudest + HEARD_DB), FRAME)[: len(mono)]
    return float(USUAL_LEVEL / np.sqrt(np.mean(np.square(mono[sounds], dtype=np.float64))))


def full_mix(group: StemGroup) -> tuple[np.ndarray, int]:
    """The mix in the quality of the recording that a group accompanies; that of `group.mix` where there is none.

    The recording goes in as it is, in all its channels; the other stems are brought to its rate, and those in mono are put in the middle.
    One gain for all, at most 1, keeps the sum within [-1, 1].

    Returns:
        `(channels, N)` float32, and its rate in Hz.
    """
    recordings = [stem.original for stem in group if stem.original is not None]
    if not recordings:
        return np.atleast_2d(group.mix()), group.sample_rate
    own = recordings[0]
    made = sum(stem.audio for stem in group if stem.original is None) + np.zeros_like(group[0].audio)
    made = resample(made, group.sample_rate, own.rate)[..., : own.audio.shape[1]]  # (N,) or (2, N)
    if made.ndim == 2 and len(own.audio) != 2:
        made = to_mono(made)
    mix = own.audio + np.pad(made, [(0, 0)] * (made.ndim - 1) + [(0, own.audio.shape[1] - made.shape[-1])])
    return np.clip(mix / max(1.0, float(np.abs(mix).max())), -1, 1).astype(np.float32), own.rate


def _channels(audio: Any) -> np.ndarray:
    array = as_array(audio)
    if array.ndim == 2 and array.shape[0] > array.shape[1]:
        array = array.T
    if array.ndim not in (1, 2) or (array.ndim == 2 and not 1 <= len(array) <= MOST_CHANNELS):
        raise ValueError(f"audio: got the shape {array.shape}; it takes (N,), (channels, N) or a path of a file.")
    array = np.atleast_2d(array)
    for channel in array:
        check_mono(channel)
    return np.ascontiguousarray(array)
