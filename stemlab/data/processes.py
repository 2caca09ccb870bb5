"""Which of several processes this one is, as a launcher such as `accelerate` tells in the environment, and how workers begin."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def launched() -> tuple[int, int]:
    """Number of this process and how many there are, as the launcher tells them; `(0, 1)` without one."""
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def cores() -> int:
    """This process's share of the machine's cores."""
    return max(1, (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", 1)))


def alone() -> None:
    """A worker process takes one thread, and ends without a word when the user presses Ctrl-C: the one that it works for tells of it."""
    import torch

    torch.set_num_threads(1)
    with suppress(ValueError):  # a thread that stands for a process
        signal.signal(signal.SIGINT, _leave)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextmanager
def unheard() -> Iterator[None]:
    """Workers that are started inside hear Ctrl-C from `alone` on: while Python begins it would have much to say."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _leave(*_: object) -> None:
    time.sleep(1)  # so that whoever it works for hears Ctrl-C before a process is missing
    os._exit(130)
