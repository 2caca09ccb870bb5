"""One process at a time: a lock file that the system itself lets go of when its process ends, however it ends.

The locks are POSIX record locks, which do not pass to worker processes. Where there are none (Windows, some network disks) two writers are
told of each other only when they put their files into place.
"""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_here: dict[tuple[int, Path], str] = {}  # what this process holds: its threads would all be given a record lock


class Held(Exception):
    """Somebody else has the lock; its text says who."""


@contextmanager
def file_lock(file: Path, doing: str = "writing") -> Iterator[bool]:
    """Hold a lock file, which is made for it and removed behind it.

    Args:
        file: in a folder that is there.
        doing: what for, which others are told.
    Yields:
        whether the disk knows locks, so that this is the only one.
    Raises:
        Held: another process, or a thread of this one, has it.
        OSError: the folder cannot be written to.
    """
    key = os.getpid(), file.absolute()
    who = f"{doing}: process {key[0]} on {socket.gethostname()}, since {time.strftime('%H:%M:%S')}"
    if _here.setdefault(key, who) is not who:
        raise Held(_here.get(key, who))
    try:
        handle, sure = _opened(file)
        try:
            os.ftruncate(handle, 0)
            os.write(handle, who.encode())
            yield sure
        finally:
            if fcntl is not None:
                file.unlink(missing_ok=True)
            os.close(handle)
            if fcntl is None:
                file.unlink(missing_ok=True)
    finally:
        del _here[key]


def _opened(file: Path) -> tuple[int, bool]:
    """The lock file, open, and whether it is surely ours."""
    while True:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            if fcntl is None:
                return handle, False
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            told = os.read(handle, 500).decode(errors="replace")
            os.close(handle)
            raise Held(told or "another process") from None
        except OSError:  # no locks on this disk
            return handle, False
        try:
            if os.path.samestat(os.fstat(handle), os.lstat(file)):
                return handle, True
        except FileNotFoundError:
            pass
        os.close(handle)  # whoever had it removed it meanwhile: once more
