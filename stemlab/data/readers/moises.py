"""MoisesDB: `<uuid>/data.json` and `<uuid>/<stemName>/<track id>.<extension>`; a stem is the sum of its tracks.

Source: layout and names of stems and track types as github.com/moises-ai/moises-db reads them.
Lesson: 10_bring_your_own_music.ipynb
"""

import json
from pathlib import Path

from stemlab.data.readers.folders import FolderStem, Scan

FAMILIES = {
    "other_plucked": "guitar", "piano": "keys", "other_keys": "keys", "bowed_strings": "strings", "wind": "winds",
}  # fmt: skip


def fits(path: Path) -> bool:
    """Whether a folder, or one inside it, has songs with a `data.json`."""
    return bool(_songs(path))


def scan(scan: Scan) -> None:
    """Add the songs; stems that are named twice in one are one stem, and there is no mixture to read."""
    for path in _songs(scan.path):
        scan.visit(path)
        try:
            facts = json.loads((path / "data.json").read_text(encoding="utf-8"))
            wanted = _tracks(facts)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            scan.tell(path / "data.json", f"is not the metadata of a song ({type(error).__name__}: {error})")
            continue
        stems = []
        for name, tracks in wanted.items():
            found = [(kind, scan.source(path / name / file)) for file, kind in tracks.items()]
            whole = [(kind, source) for kind, source in found if source]
            if whole:
                captions = _captions(name, [kind for kind, _ in whole])
                stems.append(FolderStem(name.replace("_", " "), captions, tuple(source for _, source in whole)))
        title = " - ".join(str(facts[k]) for k in ("artist", "song") if facts.get(k)) or path.name
        genre = str(facts.get("genre") or "").replace("_", " ").strip().lower()
        scan.add(title, path, stems, prompts=(genre if genre != "undefined" else "",))


def _songs(path: Path) -> list[Path]:
    found = {file.parent for pattern in ("*/data.json", "*/*/data.json") for file in path.glob(pattern)}
    return sorted(found)


def _tracks(facts: dict) -> dict[str, dict[str, str]]:
    """Stem name -> file name -> track type; a stem that comes again adds to the first."""
    stems: dict[str, dict[str, str]] = {}
    for stem in facts["stems"]:
        for track in stem.get("tracks") or []:
            file = f"{track['id']}.{track.get('extension') or 'wav'}"
            stems.setdefault(stem["stemName"], {})[file] = str(track.get("trackType") or "")
    return stems


def _captions(name: str, kinds: list[str]) -> tuple[str, ...]:
    """Wordings of a stem from its tracks' types; what stands in brackets there are examples and is left out.

    >>> _captions("piano", ["electric piano (rhodes, wurlitzer, piano sound alike)"])
    ('keys: electric piano', 'keys: piano', 'keys')
    """
    family = FAMILIES.get(name, name.replace("_", " "))
    words = list(dict.fromkeys(kind.split("(")[0].replace("_", " ").strip().lower() for kind in kinds))
    texts = [", ".join(w for w in words if w), *(words if len(words) > 1 else []), name.replace("_", " ")]
    return tuple(dict.fromkeys([*(f"{family}: {text}" for text in texts if text and text != family), family]))
