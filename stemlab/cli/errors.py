"""What is said of an error, in one line."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from stemlab.checkpoints.json_files import cut


def line_of(error: Exception) -> object:
    """The line that a user reads; an error that is no mistake of a user's, nor a lack of memory, is raised again."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename!r}: {error.strerror}"
    if isinstance(error, OSError) and error.strerror:
        return (
            f"{error.strerror}; make room, or name another place (TMPDIR is that of what is needed only for a while)."
        )
    if isinstance(error, ValueError | OSError):
        return error
    if type(error).__name__ == "BrokenProcessPool":  # whose module is not loaded for its name's sake
        return "workers: one of the processes was ended from outside, as systems do that lack memory; give fewer, or close other programs."
    if isinstance(error, MemoryError) or "memory" in str(error):
        return f"memory: there is too little for this ({str(error)[:200] or 'none left'}); ask for less at once."
    raise error


def say(message: object, *about: Any, **more: Any) -> None:
    """One line on stderr, below the progress bars that are there; `warnings.showwarning` takes it too."""
    if "tqdm" in sys.modules:
        from tqdm import tqdm

        for bar in list(getattr(tqdm, "_instances", ())):
            bar.close()
    print("stemlab:", cut(message), file=sys.stderr)


@contextmanager
def printed() -> Iterator[None]:
    """What is printed inside is out at the end; that whoever read it, such as `head`, has left is no error, and a full disk is a ValueError."""
    try:
        try:
            yield
        except SystemExit:  # --help and --version
            _flush()
            raise
        _flush()
    except BrokenPipeError:
        _quiet()


def _flush() -> None:
    """As Python would do it when it ends, where it is too late for an exit code."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        _quiet()
        if not isinstance(error, BrokenPipeError):
            raise ValueError(
                f"stdout: what was to be printed could not be ({error.strerror}); all else is done."
            ) from None


def _quiet() -> None:
    """Let what is still to be printed go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
