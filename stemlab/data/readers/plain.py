"""A plain folder: a sub-folder a song, a sound file a stem, the file's name what it is.

A `song.json` or `session.json` beside the files, as stemlab writes them, tells captions, prompt, tempo and key.

Lesson: 10_bring_your_own_music.ipynb
"""

import json
import re
from pathlib import Path

from stemlab.conditions import canonical_key
from stemlab.data.readers.folders import FolderStem, Scan, subfolders
from stemlab.data.readers.sound_files import SUFFIXES
from stemlab.songs.sounds import FAMILIES
from stemlab.text import unique_names

MIXES = {"mix", "mixture", "mixdown", "master", "full mix", "mix down"}
_FAMILY_OF = {word: family for family, sounds in FAMILIES.items() for sound in sounds for word in sound.words}


def fits(path: Path) -> bool:
    """Any folder does."""
    return True


def scan(scan: Scan) -> None:
    """Add the songs: each folder, at any depth, that holds sound files."""
    waiting, seen = [scan.path], set()
    while waiting:
        path = waiting.pop(0)
        try:
            if path.resolve() in seen:  # a link to a folder further up
                continue
            seen.add(path.resolve())
            waiting += subfolders(path)
            inside = sorted(path.iterdir())
        except OSError as error:
            scan.tell(path, error)
            continue
        files = [f for f in inside if f.is_file() and f.suffix.lower() in SUFFIXES and not f.name.startswith(".")]
        files = [f for f in files if _label(f) not in MIXES]
        if files:
            scan.visit(path)
            _add(scan, path, files)


def _add(scan: Scan, path: Path, files: list[Path]) -> None:
    facts = _facts(scan, path)
    told = {e["file"]: e for e in facts.get("stems", []) if isinstance(e, dict) and isinstance(e.get("file"), str)}
    found = [(file, scan.source(file)) for file in files]
    whole = [(file, source) for file, source in found if source]
    captions = [_captions(file, told.get(file.name, {})) for file, _ in whole]
    names = unique_names(caption[0] for caption in captions)
    stems = [FolderStem(n, c, (s,)) for n, c, (_, s) in zip(names, captions, whole, strict=True)]
    prompt, bpm, key = facts.get("prompt"), facts.get("bpm"), facts.get("key")
    scan.add(
        path.name, path, stems, prompts=(prompt if isinstance(prompt, str) else "",),
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
                facts = json.loads(file.read_text(encoding="utf-8"))
                if isinstance(facts, dict) and isinstance(facts.get("stems", []), list):
                    return facts
                scan.tell(file, "does not hold a song's facts; the names of its files are used")
            except (OSError, ValueError) as error:
                scan.tell(file, f"is not JSON ({error}); the names of its files are used")
    return {}


def _captions(file: Path, told: dict) -> tuple[str, ...]:
    """Wordings of a stem: those of its facts, else its name with the family that it belongs to."""
    more = told.get("captions")
    given = [told.get("caption"), told.get("prompt"), *(more if isinstance(more, list) else [])]
    texts = [t for t in given if isinstance(t, str) and re.search(r"\w", t.split(":")[0])]
    return tuple(dict.fromkeys(texts)) or describe(_label(file))


def describe(label: str) -> tuple[str, ...]:
    """Wordings for what a file is called.

    >>> describe("slap bass"), describe("drums"), describe("theremin")
    (('bass: slap bass', 'bass'), ('drums',), ('theremin',))
    """
    if label in FAMILIES:
        return (label,)
    words = label.split()
    family = _FAMILY_OF.get(label) or next((w for w in reversed(words) if w in FAMILIES), None)
    return (f"{family}: {label}", family) if family else (label,)


def _label(file: Path) -> str:
    """A file's name as words: "01_Slap-Bass.wav" is "slap bass"."""
    words = re.sub(r"[\W_]+", " ", file.stem).lower().strip()
    return re.sub(r"^\d+ (?=\D)", "", words) or "stem"
