"""Chords as people write them, to a chord for each beat: names in their usual spellings, or roman numerals with a key."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stemlab.checkpoints.json_files import shown
from stemlab.songs.harmony import QUALITIES, Chord, pitch_class, roman_chord
from stemlab.songs.plan import BEATS

# What is written for each quality of `QUALITIES`, after small letters, signs and brackets are made one.
_SPELLED = {
    "": ("maj", "major", "M", "ma"), "m": ("min", "minor", "mi", "-"), "6": ("maj6", "M6", "add6"), "7": ("dom7", "dom"),
    "maj7": ("M7", "ma7", "major7", "Δ", "Δ7", "^", "^7", "j7"), "m7": ("min7", "-7", "mi7", "minor7"),
    "9": ("dom9",), "m9": ("min9", "-9", "mi9"), "m7b5": ("ø", "ø7", "min7b5", "-7b5", "h7", "halfdim", "halfdim7"),
    "sus4": ("sus",), "dim": ("°", "o", "mb5", "minb5"), "dim7": ("°7", "o7"), "aug": ("+", "#5", "maj#5"),
    "sus2": (), "m6": ("min6", "-6"), "7sus4": ("7sus", "9sus4", "9sus"), "add9": ("add2", "2"), "maj9": ("M9", "ma9"), "5": (),
}  # fmt: skip
MOST_LETTERS = 4000
_QUALITY = {spelled: quality for quality, others in _SPELLED.items() for spelled in (quality, *others)}
_ROMAN = re.compile(r"^([b#]?)([ivIV]+)(.*)$")
_SPLITS = {1: (4,), 2: (2, 2), 3: (2, 1, 1), 4: (1, 1, 1, 1)}  # how many beats each chord of a bar has


def read_chords(chords: str | Sequence[str], key: str | None = None) -> list[list[Chord]]:
    """Chords by bars.

    Args:
        chords: one a bar, apart by blanks, such as "Am F C G"; several in one bar with "/", as in "Am/F"; "%" is the bar
            before again. Or bars between strokes, such as "| Am | C G |". Or a list with a text a bar.
        key: one of KEYS, for roman numerals: in minor "i VI III VII" and "i bVI bIII bVII" are the same.
    Returns:
        a list for each bar, of one to four chords.
    Raises:
        ValueError: what is no chord, with its bar; more than four in a bar; numerals without a key.

    >>> [[chord.name for chord in bar] for bar in read_chords("Am/F Cmaj | G7")]
    [['Am', 'F', 'C'], ['G7']]
    >>> [[chord.name for chord in bar] for bar in read_chords("vi IV/V %", key="C major")]
    [['Am'], ['F', 'G'], ['F', 'G']]
    """
    bars: list[list[Chord]] = []
    for place, bar in enumerate(_bars(chords), 1):
        if bar == ["%"]:
            if not bars:
                raise ValueError('chords: got "%" in bar 1, which has no bar before it; write a chord.')
            bars.append(list(bars[-1]))
            continue
        if len(bar) not in _SPLITS:
            raise ValueError(f"chords: got {len(bar)} in bar {place} ({' '.join(bar)}); a bar takes 1 to 4.")
        bars.append([_chord(name, place, key) for name in bar])
    return bars


def by_beats(bars: list[list[Chord]], count: int | None = None) -> list[Chord]:
    """A chord for each beat; from the start again where more bars are wanted than were written.

    Args:
        bars: as from `read_chords`.
        count: number of bars; as many as there are by default.

    >>> [chord.name for chord in by_beats(read_chords("Am/F C"), 3)]
    ['Am', 'Am', 'F', 'F', 'C', 'C', 'C', 'C', 'Am', 'Am', 'F', 'F']
    """
    wanted = [bars[i % len(bars)] for i in range(len(bars) if count is None else count)]
    beats = [[chord] * n for bar in wanted for chord, n in zip(bar, _SPLITS[len(bar)], strict=True)]
    found = [chord for group in beats for chord in group]
    assert len(found) == BEATS * len(wanted)
    return found


def _bars(chords: str | Sequence[str]) -> list[list[str]]:
    """Names of chords, by bars."""
    told = [chords] if isinstance(chords, str) else chords
    if not isinstance(told, list | tuple) or not all(isinstance(bar, str) for bar in told):
        raise ValueError(
            f'chords: got {shown(chords)}; it takes a text such as "Am F C G", or a list with a text a bar.'
        )
    if (many := sum(len(bar) + 1 for bar in told)) > MOST_LETTERS:
        raise ValueError(f"chords: got {many:,} letters; it takes up to {MOST_LETTERS:,}.")
    if not isinstance(chords, str):
        bars = [re.split(r"[\s/,]+", bar.strip(" |/,")) for bar in chords]
    elif "|" in chords:
        bars = [re.split(r"[\s/,]+", bar.strip(" /,")) for bar in chords.strip().strip("|").split("|")]
    else:
        bars = [re.split("/", bar) for bar in re.split(r"[\s,]+", chords.strip())]
    if not bars or not all(name for bar in bars for name in bar):
        raise ValueError(f'chords: got {chords!r}, with nothing in a bar; it takes a chord a bar, such as "Am F C G".')
    return bars


def _chord(name: str, bar: int, key: str | None) -> Chord:
    plain = name.replace("♭", "b").replace("♯", "#").replace("(", "").replace(")", "")
    if roman := _ROMAN.match(plain):
        if key is None:
            raise ValueError(
                f"chords: got the numeral {name!r} in bar {bar} without a key; give key too, such as 'A minor'."
            )
        accidental, degree, rest = roman.groups()
        if key.endswith("minor") and not accidental and degree in ("III", "VI", "VII", "iii", "vi"):
            accidental = "b"  # as the natural minor has them; vii° stands on the raised seventh
        minor = degree.islower() and not rest.startswith(("dim", "°", "o", "ø", "m"))
        quality = _quality(("m" if minor else "") + rest)
        try:
            base = roman_chord(("b" if accidental == "b" else "") + degree.upper(), key)
        except (ValueError, KeyError):
            quality = None
        if quality is not None:
            root = (base.root + (accidental == "#")) % 12
            letter = base.name if accidental != "#" else _SHARPS[root]
            return Chord(letter + quality, root, QUALITIES[quality])
    elif match := re.fullmatch(r"([A-Ga-g])([#b]?)(.*)", plain):
        quality = _quality(match[3])
        if quality is not None:
            note = match[1].upper() + match[2]
            return Chord(note + quality, pitch_class(note), QUALITIES[quality])
    raise ValueError(
        f"chords: got {name!r} in bar {bar}; it takes a root and a kind, such as Am, F, Bb7, C#m7, Gsus4, Bdim"
        + (", or a numeral such as bVI or ii7." if key else ".")
    )


_SHARPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def _quality(text: str) -> str | None:
    """One of QUALITIES for what is written behind a root; None when it is none."""
    for spelled in (text, text.lower()):
        if spelled in _QUALITY:
            return _QUALITY[spelled]
    return None
