"""Files and folders that are written whole or not at all: whatever stops the writing, the old is there or the new.

What is written goes into a staging folder on the same disk first, and from there into its place by renaming. Nothing of the user's is
overwritten unasked, and nothing is removed but what was written here before. Staging folders that a kill left are removed by the
next write.
"""

import errno
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from safetensors import SafetensorError

from stemlab.checkpoints.locks import Held, file_lock

OURS = ".stemlab-"  # how the names of staging folders and locks begin
ROOM = 200  # bytes that are kept free for the names of files in a folder
_READY = f"{OURS}ready"  # a staging folder whose files are being moved into place
_PLAN = f"{OURS}plan.json"  # in it: their names, in the order in which they are moved, and of the old ones that go


def clean_path(path: str | os.PathLike, name: str = "path") -> Path:
    """A path as a user may write it, with `~` or without; ValueError names the argument."""
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(text, str) or not text or "\0" in text:
        raise ValueError(
            f"{name}: got {path if text is None else text!r}; it takes a path as text, such as 'out/mine', without a NUL in it."
        )
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"{name}: got {text!r}, and there is no such user here; write the folder out.") from None


def check_file(path: str | os.PathLike, name: str = "path", takes: str = "give the path of one that is there.") -> Path:
    """The path of a file that is there, as a user may write it; ValueError names the argument and says what it takes."""
    file = clean_path(path, name)
    try:
        there = file.is_file()
    except OSError as error:
        raise ValueError(f"{name}: {str(file)!r} cannot be read ({reason(error)}); {takes}") from None
    if not there:
        raise ValueError(f"{name}: there is no file {str(file)!r}; {takes}")
    return file


def check_dir(path: str | os.PathLike, name: str, takes: str) -> Path:
    """The path of a folder that is there, as a user may write it; ValueError names the argument and says what it takes."""
    folder = clean_path(path, name)
    if not os.path.isdir(folder):
        raise ValueError(f"{name}: there is no folder {str(folder)!r}; {takes}")
    return folder


def check_folder(folder: str | os.PathLike, force: bool = False, name: str = "folder") -> Path:
    """The full path of a folder that files can be written to, found out before there are any.

    Args:
        folder: new, or empty (what a kill left of ours does not count), unless `force`.
        force: it may hold something.
        name: of the argument, for what is said.
    Raises:
        ValueError: a file, not empty, a name too long or not UTF-8, a loop of links, or a place that cannot be written to.
    """
    folder = clean_path(folder, name)
    try:
        str(folder).encode()
        folder = folder.resolve()
        with suppress(FileNotFoundError, NotADirectoryError):
            os.lstat(folder / ("x" * ROOM))
        if folder.exists() and not folder.is_dir():
            raise ValueError(f"{name}: {str(folder)!r} is a file; name a folder.")
        with staging(next(place for place in (folder, *folder.parents) if place.exists())):
            pass
        if folder.is_dir() and not force:
            check_empty(folder, name)
    except UnicodeEncodeError:
        raise ValueError(f"{name}: got {str(folder)!r}, whose bytes are no UTF-8; give it another name.") from None
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{name}: {str(folder)!r} cannot be written to ({reason(error)}); name another.") from error
    return folder


def check_empty(folder: Path, name: str = "folder") -> None:
    """ValueError when a folder holds anything but what is being written into it now, or was when a kill came."""
    if any(not file.name.startswith(OURS) or file.name == _READY for file in folder.iterdir()):
        raise ValueError(
            f"{name}: {str(folder)!r} is not empty and nothing is overwritten unasked; "
            "name a new folder, or allow it with force=True (--force)."
        )


@contextmanager
def staging(parent: Path) -> Iterator[Path]:
    """A folder in `parent` with a name of its own, gone afterwards; those that killed processes left go too."""
    sweep(parent)
    with ExitStack() as until_done:
        while True:
            made = parent / f"{OURS}{uuid.uuid4().hex}"
            with suppress(Held):  # by a sweep that saw it before we had it
                until_done.enter_context(file_lock(made.with_name(f"{made.name}.lock")))
                break
        made.mkdir()
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove staging folders and locks that no living process holds."""
    for file in folder.glob(f"{OURS}*.lock"):
        with suppress(Held, OSError), file_lock(file) as sure:
            if sure and file.with_suffix("").name != _READY:
                shutil.rmtree(file.with_suffix(""), ignore_errors=True)


@contextmanager
def atomic_file(path: str | os.PathLike) -> Iterator[Path]:
    """A path to write a file to; when nothing was raised it replaces what is at `path`, all at once.

    Raises:
        ValueError: it cannot be written, as on a full disk; what was at `path` is still there.
    """
    path = Path(path)
    with explained(path), staging(path.parent) as folder:
        yield folder / path.name
        os.replace(folder / path.name, path)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all."""
    with atomic_file(path) as file:
        file.write_text(text, encoding="utf-8")


@contextmanager
def atomic_folder(
    folder: str | os.PathLike, force: bool, last: str, written: Callable[[Path], Iterable[str]] = lambda folder: ()
) -> Iterator[Path]:
    """A folder to write files to; when nothing was raised they get into `folder`, all of them or, after a kill, none.

    Args:
        folder: new or empty, unless `force`; it is looked at again when all files are written.
        force: files of the same names are replaced, others stay.
        last: the file that is moved last, such as `session.json`.
        written: names of files that were written into that folder before, and go unless there are new ones of these names.
    Raises:
        ValueError: as for `check_folder`, or a file cannot be written.
    """
    folder = check_folder(folder, force)
    with explained(folder):
        there = folder.is_dir()
        folder.parent.mkdir(parents=True, exist_ok=True)
        sweep(folder.parent)
        with staging(folder if there else folder.parent) as made:
            yield made
            if not there:
                with suppress(OSError):  # somebody else has made it meanwhile, with something in it
                    os.rename(made, folder)
                    return
            with exclusive(folder, "saving"):
                _move_ready(folder)
                if not force:
                    check_empty(folder)
                names = sorted((file.name for file in made.iterdir()), key=lambda name: (name == last, name))
                gone = sorted({*written(folder)} - {*names})
                (made / _PLAN).write_text(json.dumps({"names": names, "gone": gone}), encoding="utf-8")
                os.rename(made, folder / _READY)  # from here on the new files are those that count
                _move_ready(folder)


def recover(folder: str | os.PathLike) -> None:
    """Put into place what `atomic_folder` wrote whole and a kill kept it from moving; readers call this first.

    Raises:
        ValueError: another process is at it, or the folder cannot be written to.
    """
    folder = Path(folder)
    if (folder / _READY).is_dir():
        with explained(folder), exclusive(folder, "saving"):
            _move_ready(folder)


def _move_ready(folder: Path) -> None:
    ready = folder / _READY
    if ready.is_symlink() or not ready.is_dir():
        return
    if (ready / _PLAN).is_file():
        try:
            plan = json.loads((ready / _PLAN).read_text(encoding="utf-8"))
            names, gone = ([folder / Path(name).name for name in plan[key]] for key in ("names", "gone"))
        except (ValueError, KeyError, TypeError):
            raise ValueError(
                f"folder: {str(ready)!r} is damaged; take what you need out of it and remove it."
            ) from None
        for file in gone:
            file.unlink(missing_ok=True)
        for file in names:
            if (ready / file.name).exists():
                os.replace(ready / file.name, file)
    shutil.rmtree(ready)


@contextmanager
def exclusive(folder: Path, doing: str, lock: str = "write") -> Iterator[None]:
    """Let one process, and one thread of it, into a folder at a time.

    Args:
        folder: that is there.
        doing: what for, which a second one is told.
        lock: those that ask for the same keep each other out.
    Raises:
        ValueError: somebody is there, with who.
    """
    try:
        with file_lock(folder / f"{OURS}{lock}.lock", doing):
            yield
    except Held as who:
        raise ValueError(f"folder: {str(folder)!r} is in use ({who}); wait for it, or name another folder.") from None


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """What the system or a library raises while it writes becomes a ValueError of one line that names the place."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise ValueError(
            f"folder: {str(path)!r} could not be written ({reason(error)}); make room there, or name another."
        ) from error


def reason(error: BaseException) -> str:
    """Why a file could not be written, in a few words."""
    words = " ".join(str(error).split())
    code = error.errno if isinstance(error, OSError) else errno.ENOSPC if "os error 28" in words else None
    told = {errno.ENOSPC: "the disk is full", errno.EROFS: "the disk is read-only"}
    return told.get(code, os.strerror(code).lower()) if code else words


def of_the_disk(error: BaseException) -> bool:
    """Whether it is the disk that does not take what is written, which is so for whatever comes next."""
    cause = error if isinstance(error, OSError) else error.__cause__
    return isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
