"""What is said of an error, in one line."""

import sys
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
