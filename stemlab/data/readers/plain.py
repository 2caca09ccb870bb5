"""A plain folder: a sub-folder a song, a sound file a stem, the file's name what it is.

A `names.csv` in the folder above all songs (`stemlab data names`) corrects what files are called. A `song.json` or `session.json` beside the files, as stemlab writes them, tells captions, prompt, tempo and key. Mixes are
left out. A sub-mix ("no drums") is a stem of the song only beside the one that it lacks; beside more it would sound twice.

Lesson: 10_bring_your_own_music.ipynb
"""

import re
from pathlib import Path

from stemlab.checkpoints.json_files import read_json
from stemlab.codec import ffmpeg
from stemlab.data.readers.found import FolderStem, Scan, subfolders, text
from stemlab.data.readers.names import LEFT_OUT, read_names
from stemlab.data.readers.sound_files import SUFFIXES
from stemlab.songs.harmony import canonical_key
from stemlab.songs.names import unique_names
from stemlab.songs.words import QUALIFIERS, family_of, instruments, is_mix, label, left_out


def fits(path: Path) -> bool:
    """Any folder does."""
    return True


def scan(scan: Scan) -> None:
    """Add the songs: each folder, at any depth, that holds sound files."""
    waiting, seen = [scan.path], set()
    corrected = {scan.path / file: name for file, name in read_names(scan.path).items()}
    while waiting:
        path = waiting.pop(0)
        try:
            if path.resolve() in seen:  # a link to a folder further up
                continue
            seen.add(path.resolve())
            waiting += subfolders(path)
            inside = sorted(path.iterdir())
        except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
            scan.tell(path, error)
            continue
        inside = [f for f in inside if f.is_file() and not f.name.startswith(".")]
        for file in inside:
            if file.suffix.lower() in ffmpeg.SUFFIXES:
                scan.tell(
                    file, f"is {file.suffix[1:].lower()}, which cannot be read in parts: convert it to FLAC or WAV"
                )
        files = [f for f in inside if f.suffix.lower() in SUFFIXES]
        labels = labels_of(files, path.name)
        files = [
            f for f, name in zip(files, labels, strict=True)
            if (corrected[f].lower() not in LEFT_OUT if f in corrected else not is_mix(name) or left_out(name))
        ]  # fmt: skip
        if files:
            with scan.visit(path):
                _add(scan, path, files, corrected)


def _add(scan: Scan, path: Path, files: list[Path], corrected: dict[Path, str]) -> None:
    facts = _facts(scan, path)
    labels = dict(zip(files, labels_of(files, path.name), strict=True))
    told: dict[str, dict] = {f.name: {"caption": corrected[f]} for f in files if f in corrected}
    told = {
        e["file"]: e for e in facts.get("stems", []) if isinstance(e, dict) and isinstance(e.get("file"), str)
    } | told
    stems = [f for f in files if f.name in told or not left_out(labels[f])]
    if len(stems) > 1:
        for file in set(files) - set(stems):
            scan.tell(file, f"is a sub-mix (all but {left_out(labels[file])}) beside its stems, and left out")
        files = stems
    found = [(file, scan.source(file)) for file in files]
    whole = [(file, source) for file, source in found if source]
    captions = [_captions(labels[file], told.get(file.name, {})) for file, _ in whole]
    names = unique_names(caption[0] for caption in captions)
    there = [FolderStem(n, c, (s,)) for n, c, (_, s) in zip(names, captions, whole, strict=True)]
    bpm, key = facts.get("bpm"), facts.get("key")
    scan.add(
        path.name, path, there, prompts=(text(facts.get("prompt")),),
        bpm=float(bpm) if isinstance(bpm, int | float) and 40 <= bpm <= 240 else None,
        key=_key(scan, path, key),
    )  # fmt: skip


def _key(scan: Scan, path: Path, key: object) -> str | None:
    if not key:
        return None
    try:
        return canonical_key(str(key))
    except ValueError as error:
        scan.tell(path, error)
        return None


def _facts(scan: Scan, path: Path) -> dict:
    for name in ("song.json", "session.json"):
        file = path / name
        if file.is_file():
            try:
                facts = read_json(file)
                if isinstance(facts, dict) and isinstance(facts.get("stems", []), list):
                    return facts
                scan.tell(file, "does not hold a song's facts; the names of its files are used")
            except ValueError as error:
                scan.tell(file, f"is no JSON that can be read ({error}); the names of its files are used")
    return {}


def _captions(called: str, told: dict) -> tuple[str, ...]:
    """Wordings of a stem: those of its facts, else its label with the family that it belongs to."""
    more = told.get("captions")
    given = [told.get("caption"), told.get("prompt"), *(more if isinstance(more, list) else [])]
    texts = [t for t in map(text, given) if re.search(r"\w", t.split(":")[0])]
    return tuple(dict.fromkeys(texts)) or describe(called)


def describe(text: str) -> tuple[str, ...]:
    """Wordings for what a file is called.

    >>> describe("slap bass"), describe("drums"), describe("theremin"), describe("no drums"), describe("intro")
    (('bass: slap bass', 'bass'), ('drums',), ('lead: theremin', 'lead'), ('other: all but drums', 'other'), ('intro',))
    """
    if missing := left_out(text):
        return (f"other: all but {missing}", "other")
    family = family_of(text)
    if family is None or family == text:
        return (text,)
    return (f"{family}: {text}", family)


def labels_of(files: list[Path], folder: str) -> list[str]:
    """What the files of a song are called, without the song's title before it: "Song_piano.wav" is "piano".

    Args:
        files: of one folder.  folder: its name.
    """
    labels = [label(file.stem) for file in files]
    for title in (label(folder), _common(labels)):
        cut = [text.removeprefix(f"{title} ") for text in labels]
        labels = cut if set(title.split()) - QUALIFIERS and not instruments(title) else labels
    return [text or "stem" for text in labels]


def _common(labels: list[str]) -> str:
    """The words that all labels begin with; none of one label alone."""
    rows = [text.split() for text in labels]
    same = 0
    while len(rows) > 1 and all(len(row) > same + 1 and row[same] == rows[0][same] for row in rows):
        same += 1
    return " ".join(rows[0][:same]) if rows else ""
