"""MUSDB18-HQ: `{train,test}/<Artist - Title>/{mixture,vocals,drums,bass,other}.wav`.

Source: the list of validation titles is that of github.com/sigsep/sigsep-mus-db, musdb/configs/mus.yaml.
Lesson: 10_bring_your_own_music.ipynb
"""

from pathlib import Path

from stemlab.data.readers.found import FolderStem, Scan, subfolders

STEMS = ("drums", "bass", "other", "vocals")
SPLITS = ("train", "test")
VALIDATION = frozenset(
    {
        "ANiMAL - Rockshow", "Actions - One Minute Smile", "Alexander Ross - Goodbye Bolero",
        "Clara Berry And Wooldog - Waltz For My Victims", "Fergessen - Nos Palpitants", "James May - On The Line",
        "Johnny Lokke - Promises & Lies", "Leaf - Summerghost", "Meaxic - Take A Step",
        "Patrick Talbot - A Reason To Leave", "Skelpolu - Human Mistakes", "Traffic Experiment - Sirens",
        "Triviul - Angelsaint", "Young Griffo - Pennies",
    }
)  # fmt: skip
_CAPTIONS = {
    "drums": ("drums", "drums: drum kit"),
    "bass": ("bass",),
    "other": ("other", "other: accompaniment"),
    "vocals": ("vocals", "vocals: singing"),
}


def fits(path: Path) -> bool:
    """Whether a folder looks like the data set: `train` or `test` with a song that has `vocals` and `other`."""
    songs = (song for split in SPLITS if (path / split).is_dir() for song in subfolders(path / split))
    return any(sum((song / f"{stem}.wav").exists() for stem in STEMS) >= 2 for song in songs)


def scan(scan: Scan) -> None:
    """Add the songs; those of the 14 titles in `train` are the split "validation"."""
    for split in SPLITS:
        folder = scan.path / split
        for path in subfolders(folder) if folder.is_dir() else []:
            with scan.visit(path):
                sources = [(stem, scan.source(path / f"{stem}.wav")) for stem in STEMS]
                stems = [FolderStem(stem, _CAPTIONS[stem], (source,)) for stem, source in sources if source]
                held_out = split == "train" and path.name in VALIDATION
                scan.add(path.name, path, stems, split="validation" if held_out else split)
