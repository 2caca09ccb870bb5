"""Songs that processes make while something learns from them: no cache, and hardly ever the same song again.

Lesson: 09_train_your_own.ipynb
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import numpy as np
import torch

from stemlab.codec.audio import SAMPLE_RATE
from stemlab.data import processes
from stemlab.data.pool import song_stems
from stemlab.songs.compose import Song
from stemlab.songs.render import mit_soundfonts
from stemlab.songs.sounds import FAMILIES

REPEATS = 8  # a new song comes when those that are there were used so often each, where songs are made fast enough
FIRST = 16  # songs without which nothing begins
AT_ONCE = 32  # songs that are taken in together
MOST = len(FAMILIES)  # stems of a song
AHEAD = 2  # songs that a process may be ahead of who learns from them


def seed_of(song: Song, stems: np.ndarray) -> int:
    """All that a pool is told of a song beside its sound."""
    return song.seed


class SongStream:
    """Songs by processes of their own, in memory that they share with this one.

    Args:
        seed: of the first song; under a launcher, ranks take turns.
        seconds: length of a song.
        tell: what is kept of a song beside its sound, called in the processes with the song and its stems `(S, N)`; a function
            at the top of a module, or a `functools.partial` of one.
        workers: processes; by default one for each core but one.
        shares: `effects` and `meters` of `song_stems`.
    """

    def __init__(
        self,
        seed: int,
        seconds: float,
        tell: Callable[[Song, np.ndarray], Any],
        workers: int | None = None,
        **shares: float,
    ):
        self.workers = workers or max(1, processes.cores() - 1)
        slots = AHEAD * self.workers + 1
        self._rank, self._ranks = processes.launched()
        self._first, self._next = seed, 0
        self._sound = torch.zeros(slots, MOST, round(seconds * SAMPLE_RATE), dtype=torch.int16).share_memory_()
        self._executor = ProcessPoolExecutor(self.workers, None, _begin, (self._sound, tell, shares, os.getpid()))
        self._running: dict[Future, int] = {}
        for slot in range(slots):  # at once, before anything of this process lies on a GPU
            self._submit(slot)

    def state_dict(self) -> dict[str, torch.Tensor]:
        """How many songs were begun, for a checkpoint."""
        return {"begun": torch.tensor(self._next)}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        """Go on behind the songs that were begun before."""
        self._next = int(state["begun"])

    def take(self, most: int, block: bool = False) -> list[tuple[Any, np.ndarray]]:
        """Songs that are made and were not taken yet.

        Args:
            most: at most so many.
            block: wait for one at least.
        Returns:
            what was told of each, and its stems `(S, N)` int16.
        Raises:
            ValueError: a song could not be made, or a process has died.
        """
        if block:
            wait(self._running, return_when=FIRST_COMPLETED)
        taken = []
        for job in [job for job in self._running if job.done()][:most]:
            slot = self._running.pop(job)
            try:
                count, told = job.result()
            except BrokenProcessPool:
                raise ValueError(
                    "stream: a process that makes songs was stopped, perhaps for lack of memory; give it fewer workers."
                ) from None
            taken.append((told, self._sound[slot, :count].numpy().copy()))
            self._submit(slot)
        return taken

    def _submit(self, slot: int) -> None:
        seed = self._first + self._rank + self._next * self._ranks
        self._next += 1
        self._running[self._executor.submit(_make, slot, seed)] = slot

    def close(self) -> None:
        """End the processes."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> "SongStream":
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()


_sound: torch.Tensor
_tell: Callable[[Song, np.ndarray], Any]
_shares: dict[str, float]


def _begin(sound: torch.Tensor, tell: Callable[[Song, np.ndarray], Any], shares: dict[str, float], parent: int) -> None:
    """Make a process ready: it yields to whoever learns, leaves Ctrl-C to it, and goes when it has gone."""
    global _sound, _tell, _shares
    _sound, _tell, _shares = sound, tell, shares
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(5)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _make(slot: int, seed: int) -> tuple[int, Any]:
    song, stems = song_stems(seed, _sound.shape[2] / SAMPLE_RATE, mit_soundfonts() or None, **_shares)
    _sound[slot, : len(stems)] = torch.from_numpy(np.round(np.clip(stems, -1, 1) * 32767).astype(np.int16))
    return len(stems), _tell(song, stems)
