"""Slakh2100 redux and babyslakh: `[split/]TrackNNNNN/metadata.yaml` and `stems/Sxx.flac` or `.wav`.

Source: layout and keys as in github.com/ethman/slakh-utils and the data set's own metadata.
Lesson: 10_bring_your_own_music.ipynb
"""

import re
from pathlib import Path
from typing import Any

import yaml

from stemlab.data.readers.found import FolderStem, Scan, text

SPLITS = ("train", "validation", "test", "omitted")
FAMILIES = {
    "bass": "bass", "brass": "winds", "chromatic percussion": "keys", "drums": "drums", "ethnic": "lead",
    "guitar": "guitar", "organ": "keys", "percussive": "percussion", "piano": "keys", "pipe": "winds", "reed": "winds",
    "strings": "strings", "synth lead": "lead", "synth pad": "strings", "sound effects": "other",
}  # fmt: skip
MOST_BYTES, MOST_DEEP = 4_000_000, 20  # of a metadata.yaml
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # texts alone; with libyaml many times faster


def fits(path: Path) -> bool:
    """Whether a folder, or its splits, has tracks with a `metadata.yaml`."""
    return any((track / "metadata.yaml").exists() for track, _ in _tracks(path))


def scan(scan: Scan) -> None:
    """Add the tracks; stems that were not rendered and are not there are left out without a word, and so is the mix.

    Whether a stem was rendered the files decide: babyslakh says `audio_rendered: false` of stems that are there.
    """
    for path, split in _tracks(scan.path):
        with scan.visit(path, "metadata.yaml"):
            _add(scan, path, split)


def _add(scan: Scan, path: Path, split: str) -> None:
    entries = read_yaml(path / "metadata.yaml")["stems"]
    stems = []
    names: dict[str, int] = {}
    for key, entry in sorted(entries.items()):
        if not isinstance(key, str) or Path(key).name != key or not isinstance(entry, dict):
            raise ValueError(f"{key!r} is no stem")
        flac, wav = path / "stems" / f"{key}.flac", path / "stems" / f"{key}.wav"
        if _says(entry.get("audio_rendered"), "false") and not (flac.exists() or wav.exists()):
            continue
        source = scan.source(wav if wav.exists() and not flac.exists() else flac)
        if source:
            captions = _captions(entry)
            family = captions[-1]
            names[family] = names.get(family, 0) + 1
            name = family if names[family] == 1 else f"{family} {names[family]}"
            stems.append(FolderStem(name, captions, (source,)))
    scan.add(path.name, path, stems, split=split, bpm=_bpm(path / "all_src.mid"))


def read_yaml(file: Path) -> Any:
    """What a YAML file holds; of what it refers to twice, only single values: a few bytes could stand for gigabytes.

    Raises:
        ValueError: it is no YAML, longer than MOST_BYTES, nested deeper than MOST_DEEP, or refers to lists or objects.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ValueError(f"longer than {MOST_BYTES:,} bytes")
        words, deep = data.decode("utf-8"), 0
        values: set[str | None] = set()
        for event in yaml.parse(words, _LOADER):
            deep += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.CollectionStartEvent | yaml.ScalarEvent):
                (values.add if isinstance(event, yaml.ScalarEvent) else values.discard)(event.anchor)
            if deep > MOST_DEEP or (isinstance(event, yaml.AliasEvent) and event.anchor not in values):
                raise ValueError("nested, or referring to itself, beyond what metadata are")
        return yaml.load(words, _LOADER)
    except (OSError, ValueError, OverflowError, yaml.YAMLError) as error:
        raise ValueError(f"no YAML that can be read: {' '.join(str(error).split())}") from error


def _says(value: object, word: str) -> bool:
    return isinstance(value, str | bool) and str(value).lower() == word


def _tracks(path: Path) -> list[tuple[Path, str]]:
    """Track folders with their split."""
    places = [(path, ""), *((path / split, split) for split in SPLITS)]
    return [(track, split) for place, split in places for track in sorted(place.glob("Track[0-9]*")) if track.is_dir()]


def _captions(entry: dict) -> tuple[str, ...]:
    """Wordings from an entry's program and class, the family last.

    >>> _captions({"inst_class": "Strings (continued)", "midi_program_name": "String Ensemble 1"})
    ('strings: string ensemble', 'strings')
    """
    kind = (text(entry.get("inst_class")) or "other").split("(")[0].strip().lower()
    family = "drums" if _says(entry.get("is_drum"), "true") else FAMILIES.get(kind, "other")
    program = re.sub(r"\s+\d+$", "", text(entry.get("midi_program_name"))).lower().replace("(", "").replace(")", "")
    texts = [program, kind] if family != "drums" else ["drum kit"]
    return tuple(dict.fromkeys([*(f"{family}: {text}" for text in texts if text and text != family), family]))


def _bpm(path: Path) -> float | None:
    """The tempo of a track's MIDI file when it has one only."""
    if not path.is_file():
        return None
    from stemlab.songs.midi import read_midi

    try:
        return read_midi(path).told_bpm
    except ValueError:
        return None
