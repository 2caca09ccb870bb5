"""MoisesDB: `<uuid>/data.json` and `<uuid>/<stemName>/<track id>.<extension>`; a stem is the sum of its tracks.

Source: layout and names of stems and track types as github.com/moises-ai/moises-db reads them.
Lesson: 10_bring_your_own_music.ipynb
"""

from pathlib import Path

from stemlab.checkpoints.json_files import read_json
from stemlab.data.readers.found import FolderStem, Scan, text

FAMILIES = {
    "other_plucked": "guitar", "piano": "keys", "other_keys": "keys", "bowed_strings": "strings", "wind": "winds",
}  # fmt: skip


def fits(path: Path) -> bool:
    """Whether a folder, or one inside it, has songs with a `data.json`."""
    return bool(_songs(path))


def scan(scan: Scan) -> None:
    """Add the songs; stems that are named twice in one are one stem, and there is no mixture to read."""
    for path in _songs(scan.path):
        with scan.visit(path, "data.json"):
            facts = read_json(path / "data.json")
            stems = []
            for name, tracks in _tracks(facts).items():
                found = [(kind, scan.source(path / name / file)) for file, kind in tracks.items()]
                whole = [(kind, source) for kind, source in found if source]
                if whole:
                    captions = _captions(name, [kind for kind, _ in whole])
                    stems.append(FolderStem(name.replace("_", " "), captions, tuple(source for _, source in whole)))
            title = " - ".join(filter(None, (text(facts.get(key)) for key in ("artist", "song")))) or path.name
            genre = text(facts.get("genre")).replace("_", " ").strip().lower()
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
            for name in (stem["stemName"], file):
                if not isinstance(name, str) or Path(name).name != name:
                    raise ValueError(f"{name!r} is no name of a stem or a file")
            stems.setdefault(stem["stemName"], {})[file] = text(track.get("trackType"))
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
