"""Folders of recorded stems as songs: MUSDB18-HQ, MoisesDB, Slakh2100 and plain folders behind one interface.

Opening a folder reads headers only; audio is read in windows, so that memory does not grow with songs. A damaged file
is told once, with its path, and left out; what is whole of its song stays.

    folder = read_folder("musdb18hq")
    for song, start in folder.windows(12.0):
        stems, audio = folder.read(song, start, 12.0)

Lesson: 10_bring_your_own_music.ipynb
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from stemlab.checkpoints.folders import check_dir
from stemlab.codec.audio import SAMPLE_RATE
from stemlab.data.readers.found import FolderSong, FolderStem, Problem, Scan, subfolders
from stemlab.data.readers.sound_files import DamagedFile, read_window


@dataclass
class StemFolder:
    """Songs of stems on disk, read by random access.

    Args:
        path: the folder.
        kind: "MUSDB18-HQ", "MoisesDB", "Slakh2100" or "plain".
        songs: in the order of their paths.
        problems: what was left out so far; grows when a damaged place is met while reading.
    """

    path: Path
    kind: str
    songs: list[FolderSong]
    problems: list[Problem]
    _left_out: set[Path] = field(default_factory=set, repr=False)

    def split(self, name: str) -> list[int]:
        """Indices of the songs of one split, such as "validation"."""
        return [i for i, song in enumerate(self.songs) if song.split == name]

    def windows(self, seconds: float, songs: list[int] | None = None) -> list[tuple[int, float]]:
        """Windows side by side over all songs, as (song, start in seconds); each song has at least one.

        Args:
            seconds: length of a window; a rest of less than half of it at a song's end is left out.
            songs: indices; all by default.
        Raises:
            ValueError: seconds is not above 0.
        """
        if not seconds > 0:
            raise ValueError(f"seconds: got {seconds}; it takes a length above 0.")
        which = range(len(self.songs)) if songs is None else songs
        counts = {i: max(1, int(self.songs[i].seconds / seconds + 0.5)) for i in which}
        return [(i, window * seconds) for i, count in counts.items() for window in range(count)]

    def read(
        self, song: int, start: float, seconds: float, sample_rate: int = SAMPLE_RATE, sides: int = 1
    ) -> tuple[list[FolderStem], np.ndarray]:
        """One window of all stems of a song.

        Args:
            song: index into `songs`.
            start: in seconds, 0 or more.
            seconds: length; past a stem's end there is silence.
            sample_rate: of the result in Hz.
            sides: 1 for mono, 2 for stereo.
        Returns:
            the stems that could be read, maybe none, and their audio, `(S, N)` float32 or in stereo `(S, 2, N)`, N = round(seconds * sample_rate).
            A file found damaged here goes to `problems` and is left out from now on.
        """
        first, samples = round(start * sample_rate), round(seconds * sample_rate)
        stems, rows = [], []
        for stem in self.songs[song].stems:
            whole = []
            for source in stem.sources:
                if source.path in self._left_out:
                    continue
                try:
                    whole.append(read_window(source, first, samples, sample_rate, sides))
                except DamagedFile as error:
                    self._left_out.add(source.path)
                    self.problems.append(Problem(source.path, error.what))
            if whole:
                stems.append(stem)
                rows.append(np.sum(whole, axis=0, dtype=np.float32))
        return stems, np.stack(rows) if rows else np.zeros((0, *[2] * (sides - 1), samples), np.float32)

    def verify(self, progress: Callable[[Path], object] | None = None) -> int:
        """Read every sample once, a few seconds at a time; what is damaged goes to `problems`.

        Args:
            progress: called with each song's folder.
        Returns:
            how many files were found damaged.
        """
        before = len(self._left_out)
        for i, song in enumerate(self.songs):
            for start in np.arange(0, song.seconds, 30.0):
                self.read(i, float(start), 30.0, max(s.rate for stem in song.stems for s in stem.sources))
            if progress:
                progress(song.path)
        return len(self._left_out) - before


def read_folder(path: str | os.PathLike, progress: Callable[[Path], object] | None = None) -> StemFolder:
    """Open a folder of songs; which data set it is shows in its layout.

    Args:
        path: the data set's own folder, one that it lies in (at most three levels down), or one with a sub-folder a song.
        progress: called with each song's folder.
    Returns:
        StemFolder, its damaged files in `problems`.
    Raises:
        ValueError: no such folder, no song in it, or several data sets.
    """
    from stemlab.data.readers import moises, musdb, plain, slakh

    path = check_dir(path, "DIR", "give one that holds a sub-folder a song.")
    known: dict[str, Any] = {"Slakh2100": slakh, "MoisesDB": moises, "MUSDB18-HQ": musdb}
    found = _data_sets(path, {k: reader.fits for k, reader in known.items()})
    if len(found) > 1:
        names = ", ".join(f"{place.relative_to(path)} ({kind})" for place, kind in found)
        raise ValueError(f"DIR: {str(path)!r} holds {len(found)} data sets: {names}; give one of these folders.")
    place, kind = found[0] if found else (path, "plain")
    scan = Scan(place, progress)
    known.get(kind, plain).scan(scan)
    if not scan.songs:
        first = f"; the first of {len(scan.problems)} problems: {scan.problems[0]}" if scan.problems else ""
        raise ValueError(f"DIR: found no song in {str(path)!r}{first}. It takes a sub-folder a song, a file a stem.")
    return StemFolder(place, kind, scan.songs, scan.problems)


def _data_sets(path: Path, fits: dict[str, Callable[[Path], bool]], levels: int = 3) -> list[tuple[Path, str]]:
    """Data sets with their kinds: a folder itself, else those that lie in it, so many levels down."""
    if kind := next((kind for kind, fit in fits.items() if fit(path)), None):
        return [(path, kind)]
    return [pair for inner in subfolders(path) for pair in _data_sets(inner, fits, levels - 1)] if levels else []
