"""Keys, chords and voicings: from roman numerals to pitches."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stemlab.conditions import KEYS

_SHARPS = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
_FLATS = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"]
_FLAT_KEYS = {f"{n} major" for n in ("C", "F", "Bb", "Eb", "Ab", "Db")} | {
    f"{n} minor" for n in ("A", "D", "G", "C", "F", "Bb", "Eb")
}
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
QUALITIES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "6": (0, 4, 7, 9),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "9": (0, 4, 7, 10, 14),
    "m9": (0, 3, 7, 10, 14),
    "m7b5": (0, 3, 6, 10),
    "sus4": (0, 5, 7),
    # those below are read from users, and not composed:
    "sus2": (0, 2, 7),
    "7sus4": (0, 5, 7, 10),
    "dim": (0, 3, 6),
    "dim7": (0, 3, 6, 9),
    "aug": (0, 4, 8),
    "m6": (0, 3, 7, 9),
    "add9": (0, 4, 7, 14),
    "maj9": (0, 4, 7, 11, 14),
    "5": (0, 7),
}
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NUMERALS = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}


@dataclass(frozen=True)
class Chord:
    """A chord: its name, its root's pitch class (0 to 11) and the semitones of its tones above the root."""

    name: str
    root: int
    tones: tuple[int, ...]

    @property
    def classes(self) -> frozenset[int]:
        """Pitch classes (0 to 11) of all tones."""
        return frozenset((self.root + t) % 12 for t in self.tones)


def pitch_class(note: str) -> int:
    """Pitch class of a note name.

    Args:
        note: a letter A to G with any number of `#` or `b`.
    Returns:
        0 (C) to 11 (B).
    """
    return (_LETTERS[note[0].upper()] + note.count("#") - note[1:].count("b")) % 12


def parse_key(key: str) -> tuple[int, str]:
    """Tonic and mode of a key's name; sharps and flats of the same pitch are the same key.

    Args:
        key: such as "A minor" or "Db major", in any case.
    Returns:
        (pitch class of the tonic, "major" or "minor").
    Raises:
        ValueError: if it is not a key.
    """
    match = re.fullmatch(r"\s*([A-Ga-g][#b]?)\s+(major|minor)\s*", key, re.IGNORECASE)
    if not match:
        raise ValueError(f'key: got {key!r}, takes a note and a mode such as "A minor" or "Eb major"')
    return pitch_class(match[1][0].upper() + match[1][1:]), match[2].lower()


def canonical_key(key: str) -> str:
    """The one of KEYS that a key's name means ("C# major" gives "Db major").

    Args:
        key: such as "A minor".
    Returns:
        one of KEYS.
    Raises:
        ValueError: if it is not a key.
    """
    tonic, mode = parse_key(key)
    return KEYS[tonic + (12 if mode == "minor" else 0)]


def parse_chord(name: str) -> Chord:
    """The chord of a name such as "F#m7".

    Args:
        name: root and one of QUALITIES.
    Returns:
        Chord.
    Raises:
        ValueError: if it is not a chord.
    """
    match = re.fullmatch(r"([A-G][#b]?)(.*)", name)
    if not match or match[2] not in QUALITIES:
        raise ValueError(f"chord: got {name!r}, takes a root and one of {list(QUALITIES)}, such as 'F#m7'")
    return Chord(name, pitch_class(match[1]), QUALITIES[match[2]])


def roman_chord(numeral: str, key: str) -> Chord:
    """The chord that a roman numeral names in a key.

    Args:
        numeral: degree of the major scale on the tonic, with `b` for a lowered one; lower case is minor; then a
            quality, such as "bVI", "ii7" (minor seventh), "V7", "Imaj7", "ii7b5".
        key: one of KEYS.
    Returns:
        Chord.
    Raises:
        ValueError: if it is not a numeral.
    """
    tonic, _ = parse_key(key)
    match = re.fullmatch(r"(b?)([ivIV]+)(.*)", numeral)
    if not match:
        raise ValueError(f'numeral: got {numeral!r}, takes a degree and a quality such as "bVI" or "ii7"')
    flat, degree, quality = match.groups()
    root = (tonic + _NUMERALS[degree.lower()] - len(flat)) % 12
    minor = "m" if degree.islower() else ""
    names = _FLATS if key in _FLAT_KEYS else _SHARPS
    return parse_chord(names[root] + minor + quality)


def scale_over(chord: Chord, key: str) -> frozenset[int]:
    """Pitch classes for a melody over a chord: the key's scale, bent to the chord where the two disagree.

    Args:
        chord: the chord that sounds.
        key: one of KEYS.
    Returns:
        pitch classes, 0 to 11.
    """
    tonic, mode = parse_key(key)
    scale = {(tonic + s) % 12 for s in SCALES[mode]}
    foreign = chord.classes - scale
    bent = {(c + d) % 12 for c in foreign for d in (-1, 1)} - chord.classes
    return frozenset((scale - bent) | chord.classes)


def nearest(target: float, classes: frozenset[int], low: int, high: int) -> int:
    """The pitch of the given classes that lies nearest to a target.

    Args:
        target: MIDI pitch, may be fractional.
        classes: allowed pitch classes.
        low, high: allowed MIDI pitches, both included, at least an octave.
    Returns:
        MIDI pitch.
    """
    return min((p for p in range(low, high + 1) if p % 12 in classes), key=lambda p: (abs(p - target), p))


def voicing(chord: Chord, low: int, high: int, shape: str = "close") -> list[int]:
    """Pitches of a chord, so placed that neighbouring chords move little.

    Args:
        chord: the chord.
        low, high: MIDI pitches; the lowest note lies in the octave above `low`.
        shape: "close", "open" (every second note an octave up), "power" (root, fifth, octave), "shell" (without
            the fifth) or "wide" (root below, then close).
    Returns:
        MIDI pitches, ascending.
    """
    if shape == "power":
        root = low + (chord.root - low) % 12
        pitches = [root, root + 7, root + 12]
    else:
        tones = [t for t in chord.tones if not (shape == "shell" and t == 7 and len(chord.tones) > 3)]
        if len(tones) > 4:
            tones = tones[1:]  # the bass has the root
        pitches = sorted(low + (chord.root + t - low) % 12 for t in tones)
        if shape == "open":
            pitches = sorted(p + 12 * (i % 2) for i, p in enumerate(pitches))
        if shape == "wide":
            root = low + (chord.root - low) % 12
            pitches = sorted({root} | {p + 12 if p <= root else p for p in pitches} | {root + 12})
    return [p for p in pitches if p <= high] or pitches[:1]
