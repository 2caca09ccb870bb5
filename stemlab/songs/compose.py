"""Songs as notes, with known tempo, key, chords, sections and activity.

A song is a loop of bars, of 4/4 unless told, that starts at beat 0. The same seed and arguments give the same song for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from stemlab.conditions import KEYS
from stemlab.songs.genres import GENRES
from stemlab.songs.harmony import canonical_key, parse_key, roman_chord
from stemlab.songs.meter import bars_seconds, beat_of, beats_in, check_meter
from stemlab.songs.parts import write
from stemlab.songs.plan import Note, Plan
from stemlab.songs.sounds import FAMILIES, SOUNDS

EVAL_SEEDS = 1_000_000_000  # seeds from here on are for evaluation and never trained on
__all__ = ["EVAL_SEEDS", "FAMILIES", "GENRES", "KEYS", "Note", "Part", "Song", "compose"]


@dataclass(frozen=True)
class Effect:
    """What a studio does to a part: a kind ("room", "amplifier", "compression" or "touch"), how much of it (0 to 1), a seed."""

    kind: str
    amount: float
    seed: int = 0


@dataclass
class Part:
    """One stem as notes.

    Args:
        family: one of FAMILIES.
        sound: name of the sound, such as "slap bass".
        style: how it plays, such as "walking".
        program: General MIDI program, or the kit when `is_drum`.
        is_drum: True on the drum channel.
        gain_db: level against the usual one of its family, dB.
        notes: sorted by start.
        active: a character a bar, `x` plays and `.` rests.
        gains, bends: of a MIDI file's part: (beat, gain) and (beat, semitones), each from that beat on; () is neither.
        effects: in the order in which it goes through them; see `stemlab.songs.effects`.
    """

    family: str
    sound: str
    style: str
    program: int
    is_drum: bool
    gain_db: float
    notes: list[Note]
    active: str
    gains: tuple[tuple[float, float], ...] = ()
    bends: tuple[tuple[float, float], ...] = ()
    effects: tuple[Effect, ...] = ()

    @property
    def register(self) -> tuple[int, int]:
        """Lowest and highest MIDI pitch."""
        pitches = [note.pitch for note in self.notes]
        return min(pitches), max(pitches)

    @property
    def density(self) -> float:
        """Onsets a bar, in the bars where it plays; a chord counts once."""
        return len({round(note.start * 8) for note in self.notes}) / max(1, self.active.count("x"))


@dataclass
class Song:
    """A song as notes, with its ground truth.

    Args:
        seed: what it was composed from.
        genre: one of GENRES.
        bpm: quarter notes a minute.
        key: one of KEYS.
        bars: number of bars.
        chords: a name a bar, such as "Am7"; two names apart by a blank where the chord changes in mid-bar.
        sections: one a bar: "intro", "verse", "chorus" or "break".
        swing: (unit in beats, share of the first half of the pair); 0.5 is straight.
        parts: the stems, in the order of FAMILIES.
        meter: one of METERS.
    """

    seed: int
    genre: str
    bpm: int
    key: str
    bars: int
    chords: list[str]
    sections: list[str]
    swing: tuple[float, float]
    parts: list[Part]
    meter: str = "4/4"

    @property
    def seconds(self) -> float:
        """Length of all bars in seconds."""
        return bars_seconds(self.bars, self.bpm, self.meter)

    @property
    def beats(self) -> list[float]:
        """Times of all beats in seconds; in 4/4 each fourth, from the first, is a downbeat, in 3/4 each third, in 6/8 each other."""
        return [i * beat_of(self.meter) * 60 / self.bpm for i in range(self.bars * beats_in(self.meter))]


def compose(
    seed: int,
    *,
    genre: str | None = None,
    bpm: int | None = None,
    key: str | None = None,
    bars: int = 8,
    families: list[str] | None = None,
    meter: str = "4/4",
    swing: float | None = None,
) -> Song:
    """Compose a song.

    Args:
        seed: any whole number from 0; the same one gives the same song. Training uses those below EVAL_SEEDS.
        genre: one of GENRES, or None for any.
        bpm: 40 to 240, or None for one that suits the genre.
        key: one of KEYS, or None for any.
        bars: number of bars, 1 to 64.
        families: the stems' families, or None for 2 to 6 that suit the genre.
        meter: one of METERS; sounds, chords a bar and who plays when are those of the same seed in 4/4.
        swing: share of the first of two eighths (in some genres sixteenths), 0.5 (straight) to 0.75, or None for one that suits
            the genre; 6/8 is straight.
    Returns:
        Song.
    Raises:
        ValueError: if an argument is out of range.
    """
    _check(seed, genre, bpm, bars, families, meter, swing)
    rng = Random(f"song {seed}")
    if genre is None:
        fitting = [g for g, info in GENRES.items() if bpm is None or info.bpm[0] <= bpm <= info.bpm[1]]
        genre = rng.choice(fitting or list(GENRES))
    info = GENRES[genre]
    bpm = rng.randint(*info.bpm) if bpm is None else int(bpm)
    if key is None:
        mode = "minor" if rng.random() < info.minor else "major"
        key = rng.choice([k for k in KEYS if k.endswith(mode)])
    key = canonical_key(key)
    progression = rng.choice(info.progressions[parse_key(key)[1]]).split()
    romans = [progression[bar % len(progression)].split("/") for bar in range(bars)]
    if meter == "3/4":
        romans = [bar[:1] for bar in romans]  # three beats have no half
    halves = [roman_chord(numeral, key) for bar in romans for numeral in (bar[0], bar[-1])]
    sections = _sections(bars, rng)
    unit, least, most = info.swing
    usual = round(rng.uniform(least, most), 3)
    swung = (unit, 0.5 if meter == "6/8" else usual if swing is None else float(swing))
    plan = Plan(bpm, key, halves, sections, swung, info.level, meter)
    families = _families(info.weights, rng) if families is None else list(families)
    active = _activity(families, sections, rng)
    places = [(i + rng.uniform(0.2, 0.8)) / len(families) for i in range(len(families))]
    rng.shuffle(places)  # so that parts of chords leave room for each other
    parts = []
    for i, (family, bars_on) in enumerate(zip(families, active, strict=True)):
        own = Random(f"part {seed} {i} {family}")
        name, style = own.choice(info.parts[family])
        if own.random() < 0.15:  # any sound of the family may turn up in any genre
            sound = own.choice(FAMILIES[family])
            name, style = sound.name, own.choice(sound.styles)
        sound = SOUNDS[name][1]
        notes = write(plan, family, sound, style, bars_on, own, places[i])
        is_drum = family in ("drums", "percussion")
        parts.append(Part(family, name, style, sound.program, is_drum, round(own.uniform(-2, 2), 2), notes, bars_on))
    names = [roman_chord(n[0], key).name for n in romans]
    names = [
        name if len(n) == 1 else f"{name} {roman_chord(n[1], key).name}" for name, n in zip(names, romans, strict=True)
    ]
    return Song(seed, genre, bpm, key, bars, names, sections, swung, parts, meter)


def _check(seed, genre, bpm, bars, families, meter, swing):
    if not isinstance(seed, int) or seed < 0:
        raise ValueError(f"seed: got {seed!r}, takes a whole number from 0")
    if genre is not None and genre not in GENRES:
        raise ValueError(f"genre: got {genre!r}, takes one of {', '.join(GENRES)}")
    if bpm is not None and not 40 <= bpm <= 240:
        raise ValueError(f"bpm: got {bpm!r}, takes 40 to 240 beats per minute")
    if not isinstance(bars, int) or not 1 <= bars <= 64:
        raise ValueError(f"bars: got {bars!r}, takes a whole number from 1 to 64")
    if families is not None and (not families or any(f not in FAMILIES for f in families)):
        raise ValueError(f"families: got {families!r}, takes a list of at least one of {', '.join(FAMILIES)}")
    check_meter(meter)
    if swing is not None and not 0.5 <= swing <= 0.75:
        raise ValueError(f"swing: got {swing!r}, takes 0.5 (straight) to 0.75, or None for the genre's own")
    if swing not in (None, 0.5) and meter == "6/8":
        raise ValueError(f"swing: got {swing!r} in 6/8, whose eighths come in threes; leave it out")


def _families(weights: dict[str, float], rng: Random) -> list[str]:
    """Two to six different families, the genre's usual ones more often, in the order of FAMILIES."""
    count = rng.choices((2, 3, 4, 5, 6), (1, 2.5, 3, 2, 1.5))[0]
    left = dict(weights)
    for _ in range(count):
        left.pop(rng.choices(list(left), list(left.values()))[0])
    return [family for family in FAMILIES if family not in left]


def _sections(bars: int, rng: Random) -> list[str]:
    """A section for each bar, in phrases of two or four bars."""
    if bars < 4:
        return ["verse"] * bars
    if bars < 8:
        shape = rng.choice(("vvvv", "vvcc", "ivvv", "vvvb", "iicc", "cccc", "vvvv", "vvvv"))
    else:
        shape = rng.choice(
            ("vvvvcccc", "iivvvvcc", "iivvcccc", "vvvvvvbb", "vvvvbbcc", "iiiicccc", "cccccccc", "vvvvvvvv")
        )
    names = {"v": "verse", "c": "chorus", "i": "intro", "b": "break"}
    shape += "".join(rng.choice(("vvvv", "cccc", "vvcc", "bbcc", "vvvb")) for _ in range((bars - len(shape) + 3) // 4))
    return [names[s] for s in shape[:bars]]


def _activity(families: list[str], sections: list[str], rng: Random) -> list[str]:
    """Which bars each stem plays: stems come and go with sections, and lead and winds take turns."""
    bars = len(sections)
    anchor = rng.randrange(len(families))
    rows = []
    turn = rng.randrange(2)
    for i, family in enumerate(families):
        row = ["x"] * bars
        colour = family in ("percussion", "lead", "winds", "strings")
        if i != anchor:
            rests_in = {
                "intro": rng.random() < (0.7 if colour else 0.4),
                "break": rng.random() < (0.6 if family in ("drums", "bass") else 0.4),
                "verse": colour and rng.random() < 0.2,
            }
            row = ["." if rests_in.get(section) else "x" for section in sections]
            if rng.random() < 0.15:
                row[rng.randrange(bars)] = "."
            if bars >= 4 and "lead" in families and "winds" in families and family in ("lead", "winds"):
                mine = turn if family == "lead" else 1 - turn
                row = ["x" if bar // 2 % 2 == mine else "." for bar in range(bars)]
            elif bars >= 4 and colour and rng.random() < 0.2:
                row = ["x" if bar // 2 % 2 == turn else "." for bar in range(bars)]
        rows.append(row if "x" in row else ["x"] * bars)
    return ["".join(row) for row in rows]
