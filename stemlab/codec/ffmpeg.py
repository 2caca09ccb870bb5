"""Sound files that libsndfile does not read, such as m4a, through the ffmpeg of the machine where there is one."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUFFIXES = {".m4a", ".m4b", ".mp4", ".aac", ".wma", ".webm", ".mka", ".mov", ".ac3", ".3gp"}
MOST_SECONDS = 3600  # of sound that is taken
PATIENCE = 120  # seconds that ffmpeg has


@contextmanager
def as_wav(path: Path) -> Iterator[Path]:
    """A sound file as a WAV of 32-bit floats, at its own rate and with its own channels, that is there inside the `with`.

    A file that libsndfile reads, or that is empty, is that file itself.

    Raises:
        ValueError: there is no ffmpeg, or it cannot read the file.
    """
    if path.suffix.lower() not in SUFFIXES or not path.stat().st_size:
        yield path
        return
    program = shutil.which("ffmpeg")
    if program is None:
        raise ValueError(
            f"path: {str(path)!r} is {path.suffix[1:]}, which is read where ffmpeg is installed, and here it is not: "
            "install ffmpeg, or convert the file to WAV, FLAC or MP3."
        )
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "sound.wav"
        words = [program, "-nostdin", "-v", "error", "-protocol_whitelist", "file", "-i", f"file:{path}"]
        words += ["-map", "0:a:0", "-t", str(MOST_SECONDS), "-c:a", "pcm_f32le", str(wav)]
        try:
            done = subprocess.run(words, capture_output=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise ValueError(f"path: {str(path)!r} took ffmpeg more than {PATIENCE} s; convert it to WAV.") from None
        if done.returncode or not wav.is_file():
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it holds no sound"]
            raise ValueError(f"path: {str(path)!r} cannot be read by ffmpeg ({lines[-1][:200]}); convert it to WAV.")
        yield wav
