"""What a sound file says of itself, looked at before anything is read of it: files come from anywhere."""

import os
from pathlib import Path

import soundfile

MOST_CHANNELS = 8
MOST_SAMPLES = 250_000_000  # of a file, all channels together: 1 GB as float32
RATES = (1000, 384_000)  # Hz that the header of a file may tell
UNREADABLE = (
    soundfile.SoundFileError,
    ZeroDivisionError,
    TypeError,
    MemoryError,
    OSError,
)  # as files may make it raise


def header(path: Path) -> "soundfile._SoundFileInfo":
    """What a sound file says of itself, looked at before anything is read of it.

    Raises:
        ValueError: it is empty or no sound file, or says of itself what cannot be, or more than memory is planned for.
    """
    try:
        if path.stat().st_size == 0:
            raise ValueError(f"path: {str(path)!r} is empty (0 bytes); export or download the file again.")
        told = soundfile.info(sound_path(path))
    except UNREADABLE as error:
        raise ValueError(f"path: {str(path)!r} {why_unreadable(path, error)}; convert it to WAV or FLAC.") from error
    low, high = RATES
    if not low <= told.samplerate <= high:
        raise ValueError(f"path: {str(path)!r} has a rate of {told.samplerate} Hz; it takes {low} to {high} Hz.")
    if not 1 <= told.channels <= MOST_CHANNELS:
        raise ValueError(f"path: {str(path)!r} has {told.channels} channels; it takes 1 to {MOST_CHANNELS}: mix some.")
    if told.frames * told.channels > MOST_SAMPLES:
        hours = f"{told.frames / told.samplerate / 3600:.1f} hours in {told.channels} channels"
        raise ValueError(f"path: {str(path)!r} says that it holds {hours}, more than fits into memory; cut it.")
    return told


def sound_path(path: Path) -> str | bytes:
    """A path as libsndfile opens it, with names in it that are no UTF-8 too."""
    return os.fsencode(path) if os.name == "posix" else str(path)


def why_unreadable(path: Path, error: Exception) -> str:
    """What is wrong with a sound file, as one goes on after its name."""
    if _wav_rate(path) == 0:
        return "has a sample rate of 0 Hz in its header"
    return f"is not a sound file that can be read ({' '.join(str(error).split()).rsplit(': ', 1)[-1]})"


def _wav_rate(path: Path) -> int | None:
    """The sample rate in a WAV header; libsndfile itself does not open a file whose rate is 0."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return None
    at = head.find(b"fmt ")
    if head[:4] != b"RIFF" or at < 0 or len(head) < at + 16:
        return None
    return int.from_bytes(head[at + 12 : at + 16], "little")
