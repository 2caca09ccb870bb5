"""Audio files and what is measured straight on samples: reading, writing, resampling, level, activity.

Everywhere in stemlab audio is float32 in [-1, 1], one channel a stem, `(N,)` or `(S, N)`, at 32 kHz.
"""

import errno
import os
from itertools import pairwise
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from stemlab.checkpoints.folders import atomic_file, check_file, clean_path
from stemlab.codec import ffmpeg
from stemlab.codec.headers import MOST_CHANNELS, UNREADABLE, header, sound_path, why_unreadable
from stemlab.framing import FRAME, SAMPLE_RATE

HIGHEST = 10_000_000  # Hz that anything is resampled from or to
LOUDEST = 1e6  # of any sample, where 1 is full scale: integers of 16 bits still pass, and no sum of stems overflows
NO_SOUND = f"NaN or infinite samples, or some beyond {LOUDEST:,.0f}, where 1 is full scale"
SILENCE_DB = -60.0  # a frame is on when its level is above this; Source: arXiv:2602.09891


def read(path: str | os.PathLike, sample_rate: int = SAMPLE_RATE) -> np.ndarray:
    """Read a sound file as one channel at the rate asked for.

    Args:
        path: any format that libsndfile reads (WAV, FLAC, OGG, Opus, MP3, AIFF); channels are averaged.
        sample_rate: rate of the result in Hz; at the file's own rate samples come back untouched.
    Returns:
        `(N,)` float32.
    Raises:
        ValueError: as for `read_channels`, or a rate of 0.
    """
    check_rate(sample_rate, "sample_rate")
    audio, file_rate = read_channels(path)
    return resample(to_mono(audio), file_rate, sample_rate)


def read_channels(path: str | os.PathLike) -> tuple[np.ndarray, int]:
    """Read a sound file as it is.

    Args:
        path: any format that libsndfile reads; m4a and the like where the machine has ffmpeg.
    Returns:
        `(channels, N)` float32, and its rate in Hz.
    Raises:
        ValueError: no such file, an empty or unreadable one, no samples, or such as `is_sound` does not take.
    """
    path = check_file(path, "path", "give the path of a WAV, FLAC, OGG or MP3 file.")
    with ffmpeg.as_wav(path) as wav:
        header(wav)
        try:
            audio, file_rate = soundfile.read(sound_path(wav), dtype="float32", always_2d=True)
        except UNREADABLE as error:
            why = why_unreadable(wav, error)
            raise ValueError(f"path: {str(path)!r} {why}; convert it to WAV or FLAC.") from error
    if len(audio) == 0:
        raise ValueError(f"path: {str(path)!r} holds no samples; export it again with at least one.")
    if not is_sound(audio).all():
        raise ValueError(f"path: {str(path)!r} has {NO_SOUND}; export it again from the source.")
    return np.ascontiguousarray(audio.T), file_rate


def to_mono(audio: np.ndarray) -> np.ndarray:
    """The mean of the channels, `(channels, N)` to `(N,)`; of one channel, its samples untouched."""
    return audio[0] if len(audio) == 1 else audio.mean(0, dtype=np.float32)


def to_sides(audio: np.ndarray, sides: int) -> np.ndarray:
    """Channels as a codec takes them, `(channels, N)` to `(sides, N)`: for two sides two are kept, and others become their mean on both."""
    return audio if len(audio) == sides == 2 else np.stack([to_mono(audio)] * sides)


def write(path: str | os.PathLike, audio: np.ndarray, sample_rate: int = SAMPLE_RATE) -> Path:
    """Write WAV or FLAC, by suffix; written beside and renamed, so no half file is ever left.

    WAV is 32-bit float: all players open it, and it reads back bit for bit the same. FLAC is 24-bit.

    Args:
        path: ends in .wav or .flac; its folder must exist. A file of that name is replaced.
        audio: `(N,)` or `(channels, N)`, finite; for FLAC within [-1, 1].
        sample_rate: in Hz.
    Returns:
        The path written.
    Raises:
        ValueError: another suffix, a missing folder, a wrong shape, NaN, or FLAC samples that would clip.
    """
    path = clean_path(path)
    check_rate(sample_rate, "sample_rate")
    audio = as_array(audio)
    for channel in audio if audio.ndim == 2 and 1 <= len(audio) <= MOST_CHANNELS else [audio]:
        check_mono(channel)
    formats = {".wav": ("WAV", "FLOAT"), ".flac": ("FLAC", "PCM_24")}
    if path.suffix.lower() not in formats:
        raise ValueError(f"path: got the suffix {path.suffix!r} in {str(path)!r}; it takes .wav or .flac.")
    if not path.parent.is_dir():
        raise ValueError(f"path: the folder {str(path.parent)!r} does not exist; make it first.")
    kind, subtype = formats[path.suffix.lower()]
    peak = np.abs(audio).max()
    if kind == "FLAC" and peak > 1:
        raise ValueError(f"audio: its peak is {peak:.3f} and FLAC clips above 1; turn it down or write a .wav.")
    with atomic_file(path) as file:
        try:
            soundfile.write(file, audio.T, int(sample_rate), format=kind, subtype=subtype)
        except (soundfile.SoundFileError, AssertionError) as error:  # so it says that a file was cut short
            raise OSError(errno.ENOSPC, f"not all of it was written ({error})") from error
    return path


def resample(audio: np.ndarray, from_rate: int, to_rate: int) -> np.ndarray:
    """Change the sample rate with soxr's high-quality filter.

    Args:
        audio: `(N,)` or `(S, N)`.
        from_rate, to_rate: in Hz.
    Returns:
        float32, `(N2,)` or `(S, N2)`, N2 about `N * to_rate / from_rate`; the input itself at equal rates.
    """
    check_rate(from_rate, "from_rate")
    check_rate(to_rate, "to_rate")
    audio = as_array(audio)
    if from_rate == to_rate:
        return audio
    return np.ascontiguousarray(soxr.resample(audio.T, from_rate, to_rate).T)


def periodic(audio: np.ndarray, samples: int) -> np.ndarray:
    """Sound that goes round, `(..., N)`, at another number of samples, `(..., samples)`: a Fourier series has no ends."""
    before = audio.shape[-1]
    if samples == before:
        return audio
    series = np.fft.rfft(audio)[..., : samples // 2 + 1]
    return (np.fft.irfft(series, n=samples) * (samples / before)).astype(np.float32)


def rms_db(audio: np.ndarray) -> float:
    """Level in dB, 0 dB being a constant 1; digital silence is -200 dB."""
    return float(10 * np.log10(np.mean(np.square(audio, dtype=np.float64)) + 1e-20))


def activity(audio: np.ndarray, frame: int = FRAME, threshold_db: float = SILENCE_DB) -> np.ndarray:
    """Which frames sound.

    Args:
        audio: `(N,)`.
        frame: samples in a frame; the last one may be shorter.
        threshold_db: a frame is on when its RMS level is above this.
    Returns:
        `(T,)` bool with T = ceil(N / frame).

    >>> activity(np.r_[np.zeros(2048), np.full(100, 0.1)])
    array([False,  True])
    """
    audio = check_mono(audio)
    frames = -(-len(audio) // frame)
    power = np.pad(audio.astype(np.float64) ** 2, (0, frames * frame - len(audio))).reshape(frames, frame).sum(1)
    counts = np.full(frames, frame)
    counts[-1] = len(audio) - (frames - 1) * frame
    return 10 * np.log10(power / counts + 1e-20) > threshold_db


def bars_active(audio: np.ndarray, bpm: float, bars: int, threshold_db: float = SILENCE_DB) -> str:
    """Activity as one character a bar of 4/4: `x` when any frame in the bar sounds, `.` when none does.

    Args:
        audio: `(N,)` at SAMPLE_RATE, bar 1 at sample 0; bars past its end count as silent.
        bpm: beats a minute.
        bars: how many characters to give.

    >>> bars_active(np.r_[np.zeros(64000), np.full(64000, 0.1)], bpm=120, bars=2)
    '.x'
    """
    edges = np.round(np.arange(bars + 1) * 240 / bpm * SAMPLE_RATE).astype(int)
    pieces = [audio[a:b] for a, b in pairwise(edges)]
    return "".join("x" if len(p) and activity(p, threshold_db=threshold_db).any() else "." for p in pieces)


def as_array(audio: Any, name: str = "audio") -> np.ndarray:
    """Samples as float32, from an array, a tensor (with gradients too) or lists; ValueError for what is none."""
    try:
        array = np.asarray(audio.detach().float().cpu() if hasattr(audio, "detach") else audio)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{name}: got no array of numbers ({error}); it takes (N,) or (channels, N).") from error
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name}: got {array.dtype} values; it takes real numbers, (N,) or (channels, N).")
    return array.astype(np.float32, copy=False)


def check_mono(audio: np.ndarray, name: str = "audio") -> np.ndarray:
    """Return `audio` as `(N,)` float32; ValueError when it is not one channel of at least a sample, all of them sound."""
    audio = as_array(audio, name)
    if audio.ndim != 1:
        raise ValueError(f"{name}: got the shape {audio.shape}; it takes one channel, (N,): average or pick one first.")
    if audio.size == 0:
        raise ValueError(f"{name}: got no samples; it takes at least one.")
    if not is_sound(audio).all():
        raise ValueError(f"{name}: has {NO_SOUND}; look for a division by zero in what made it.")
    return audio


def is_sound(audio: np.ndarray) -> np.ndarray:
    """Which samples can be of a sound: those from -LOUDEST to LOUDEST, and no NaN."""
    return np.abs(audio) <= LOUDEST


def check_rate(rate: int, name: str) -> None:
    """Raise ValueError when `rate` is not a positive whole number of Hz."""
    number = isinstance(rate, Real) and not isinstance(rate, bool)
    if not number or not 0 < rate <= HIGHEST or rate != int(rate):
        raise ValueError(f"{name}: got {rate!r} Hz; it takes a positive rate, whole, such as 32000 or 44100.")
