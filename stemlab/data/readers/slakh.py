"""Slakh2100 redux and babyslakh: `[split/]TrackNNNNN/metadata.yaml` and `stems/Sxx.flac` or `.wav`.

Source: layout and keys as in github.com/ethman/slakh-utils and the data set's own metadata.
Lesson: 10_bring_your_own_music.ipynb
"""

import re
from pathlib import Path

import yaml

from stemlab.data.readers.folders import FolderStem, Scan

SPLITS = ("train", "validation", "test", "omitted")
FAMILIES = {
    "bass": "bass", "brass": "winds", "chromatic percussion": "keys", "drums": "drums", "ethnic": "lead",
    "guitar": "guitar", "organ": "keys", "percussive": "percussion", "piano": "keys", "pipe": "winds", "reed": "winds",
    "strings": "strings", "synth lead": "lead", "synth pad": "strings", "sound effects": "other",
}  # fmt: skip
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # many times faster where libyaml is there


def fits(path: Path) -> bool:
    """Whether a folder, or its splits, has tracks with a `metadata.yaml`."""
    return any((track / "metadata.yaml").exists() for track, _ in _tracks(path))


def scan(scan: Scan) -> None:
    """Add the tracks; stems that were not rendered and are not there are left out without a word, and so is the mix.

    Whether a stem was rendered the files decide: babyslakh says `audio_rendered: false` of stems that are there.
    """
    for path, split in _tracks(scan.path):
        scan.visit(path)
        try:
            facts = yaml.load((path / "metadata.yaml").read_text(encoding="utf-8"), _LOADER)
            entries = {str(key): dict(entry) for key, entry in facts["stems"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError) as error:
            scan.tell(path / "metadata.yaml", f"is not the metadata of a track ({type(error).__name__}: {error})")
            continue
        stems = []
        names: dict[str, int] = {}
        for key, entry in sorted(entries.items()):
            flac, wav = path / "stems" / f"{key}.flac", path / "stems" / f"{key}.wav"
            if entry.get("audio_rendered", True) is False and not (flac.exists() or wav.exists()):
                continue
            source = scan.source(wav if wav.exists() and not flac.exists() else flac)
            if source:
                captions = _captions(entry)
                family = captions[-1]
                names[family] = names.get(family, 0) + 1
                name = family if names[family] == 1 else f"{family} {names[family]}"
                stems.append(FolderStem(name, captions, (source,)))
        scan.add(path.name, path, stems, split=split, bpm=_bpm(path / "all_src.mid"))


def _tracks(path: Path) -> list[tuple[Path, str]]:
    """Track folders with their split."""
    places = [(path, ""), *((path / split, split) for split in SPLITS)]
    return [(track, split) for place, split in places for track in sorted(place.glob("Track[0-9]*")) if track.is_dir()]


def _captions(entry: dict) -> tuple[str, ...]:
    """Wordings from an entry's program and class, the family last.

    >>> _captions({"inst_class": "Strings (continued)", "midi_program_name": "String Ensemble 1"})
    ('strings: string ensemble', 'strings')
    """
    kind = str(entry.get("inst_class") or "other").split("(")[0].strip().lower()
    family = "drums" if entry.get("is_drum") else FAMILIES.get(kind, "other")
    program = (
        re.sub(r"\s+\d+$", "", str(entry.get("midi_program_name") or "")).lower().replace("(", "").replace(")", "")
    )
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
