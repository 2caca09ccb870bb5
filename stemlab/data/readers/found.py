"""What readers find in a folder: songs, their stems, and problems; one bad song costs no other.

Lesson: 10_bring_your_own_music.ipynb
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stemlab.checkpoints.json_files import MOST_LETTERS, cut
from stemlab.data.readers.sound_files import DamagedFile, Source, probe


@dataclass(frozen=True)
class Problem:
    """What is wrong with a file or folder that was left out."""

    path: Path
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


@dataclass(frozen=True)
class FolderStem:
    """One stem of a recorded song.

    Args:
        name: what it is, unique in its song.
        captions: wordings, best first, such as ("bass: slap bass", "bass").
        sources: the files whose sum it is.
    """

    name: str
    captions: tuple[str, ...]
    sources: tuple[Source, ...]

    @property
    def seconds(self) -> float:
        """Length of its longest file."""
        return max(source.seconds for source in self.sources)


@dataclass(frozen=True)
class FolderSong:
    """A recorded song.

    Args:
        name: of the song, such as "Artist - Title".
        path: its folder.
        stems: at least one.
        split: "train", "validation", "test", "omitted", or "" where the data set has none.
        prompts: wordings for the whole song; ("",) when its metadata tell nothing.
        bpm, key: None when its metadata do not tell.
    """

    name: str
    path: Path
    stems: tuple[FolderStem, ...]
    split: str = ""
    prompts: tuple[str, ...] = ("",)
    bpm: float | None = None
    key: str | None = None

    @property
    def seconds(self) -> float:
        """Length of its longest stem; shorter ones end in silence."""
        return max(stem.seconds for stem in self.stems)


@dataclass
class Scan:
    """What readers add to while they look through a folder: songs, and problems met on the way.

    Args:
        path: the folder.
        progress: called with each song's folder, or None.
    """

    path: Path
    progress: Callable[[Path], object] | None = None
    songs: list[FolderSong] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def tell(self, path: Path, what: object) -> None:
        """Note a problem."""
        self.problems.append(Problem(path, cut(what)))

    def source(self, path: Path) -> Source | None:
        """A sound file by its header, or None, noted, when it is damaged."""
        try:
            return probe(path)
        except DamagedFile as error:
            self.tell(path, error.what)
            return None

    def add(self, name: str, path: Path, stems: list[FolderStem], **facts) -> None:
        """Add a song; one without a single whole stem is a problem."""
        if stems:
            self.songs.append(FolderSong(name, path, tuple(stems), **facts))
        else:
            self.tell(path, "has no stem that can be read")

    @contextmanager
    def visit(self, path: Path, metadata: str = "") -> Iterator[None]:
        """Look at a song's folder: whatever is wrong with what is in it is a problem of this song, and of no other.

        Args:
            path: the folder.
            metadata: the file in it that tells of the song.
        """
        if self.progress:
            self.progress(path)
        try:
            yield
        except (OSError, ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
            what = "the metadata of a song" if metadata else "a song"
            self.tell(path / metadata, f"is not {what} ({type(error).__name__}: {error})")


def text(value: object) -> str:
    """What metadata say in a place where a text belongs; "" for anything else, for what is no UTF-8, and for whole novels."""
    if not isinstance(value, str) or len(value) > MOST_LETTERS:
        return ""
    return value if value.encode("utf-8", "ignore").decode() == value else ""


def subfolders(path: Path) -> list[Path]:
    """Folders in a folder, sorted, hidden ones and those that cannot be read left out."""
    inside = path.iterdir() if os.access(path, os.R_OK | os.X_OK) else ()
    return sorted(p for p in inside if p.is_dir() and not p.name.startswith("."))
