"""From a style's pattern to notes: how each stem plays over the chords of a song."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from .grooves import DRUMS, FILLS, PERCUSSION, VOICES
from .harmony import Chord, nearest, scale_over, voicing
from .patterns import BASS, CHORDS, FAST_LINES, MELODIES
from .sounds import Sound

BEATS = 4  # a bar, always 4/4
STEPS = 16  # sixteenths a bar
JITTER_SECONDS = 0.005


@dataclass(frozen=True)
class Note:
    """One note: start and duration in beats from the song's start, MIDI pitch, velocity 1 to 127."""

    start: float
    duration: float
    pitch: int
    velocity: int


@dataclass
class Plan:
    """What all stems of a song share.

    Args:
        bpm: beats per minute.
        key: one of KEYS.
        chords: two a bar (one for each half).
        sections: one a bar: "intro", "verse", "chorus" or "break".
        swing: (unit in beats, share of the first half).
        level: velocity factor of the genre.
    """

    bpm: int
    key: str
    chords: list[Chord]
    sections: list[str]
    swing: tuple[float, float] = (0.5, 0.5)
    level: float = 1.0

    def beat(self, bar: int, step: float) -> float:
        """Swung position of a sixteenth step of a bar, in beats from the song's start."""
        unit, share = self.swing
        pair, inside = divmod(step / 4, 2 * unit)
        phase = inside / (2 * unit)
        bent = phase * 2 * share if phase <= 0.5 else share + (phase - 0.5) * 2 * (1 - share)
        return bar * BEATS + (pair + bent) * 2 * unit

    def chord(self, bar: int, step: int) -> Chord:
        """The chord that sounds at a sixteenth step of a bar."""
        return self.chords[2 * bar + (step >= STEPS // 2)]

    def changes(self, bar: int) -> bool:
        """Whether the chord changes in the middle of a bar."""
        return self.chords[2 * bar] != self.chords[2 * bar + 1]


@dataclass
class Writer:
    """Collects the notes of one part, with swing and a player's small deviations."""

    plan: Plan
    rng: Random
    notes: list[Note] = field(default_factory=list)

    def add(
        self, bar: int, step: float, steps: float, pitch: int, velocity: float, gap: float = 0.04, late: float = 0.0
    ):
        """Add a note.

        Args:
            bar, step: where it starts; step in sixteenths from the bar's start.
            steps: length in sixteenths.
            pitch: MIDI pitch.
            velocity: 1 to 127, before the genre's and the section's level.
            gap: beats by which it ends early.
            late: seconds of delay, for strums.
        """
        rng, plan = self.rng, self.plan
        jitter = max(-JITTER_SECONDS, min(JITTER_SECONDS, rng.gauss(0, 0.002)))
        start = plan.beat(bar, step) + (jitter + late) * plan.bpm / 60
        start = max(start, float(bar * BEATS))
        end = plan.beat(bar, step + steps) - gap
        section = {"intro": 0.9, "break": 0.85, "verse": 0.95, "chorus": 1.03}[plan.sections[bar]]
        level = velocity * plan.level * section + rng.uniform(-5, 5)
        length = max(end - start, 0.06)
        self.notes.append(Note(round(start, 5), round(length, 5), pitch, max(20, min(122, round(level)))))


def tokens(pattern: str) -> list[tuple[int, str, int]]:
    """Onsets of a pattern.

    Args:
        pattern: 16 characters, see `patterns`.
    Returns:
        list of (step, token, length in steps).
    """
    found = []
    for step, token in enumerate(pattern):
        if token not in ".-":
            length = 1
            while step + length < len(pattern) and pattern[step + length] == "-":
                length += 1
            found.append((step, token, length))
    return found


def _split(pattern: str, changes: bool) -> list[tuple[int, str, int]]:
    """Tokens of a bar; a note held over a chord change in mid-bar is struck again on the new chord."""
    found = []
    half = STEPS // 2
    for step, token, length in tokens(pattern):
        if changes and step < half < step + length:
            found += [(step, token, half - step), (half, token, step + length - half)]
        else:
            found.append((step, token, length))
    return found


def _bars(active: str) -> list[int]:
    return [bar for bar, char in enumerate(active) if char == "x"]


def _accent(step: int) -> float:
    """Velocity of an ordinary note by its place in the bar."""
    return 94 if step % 8 == 0 else 88 if step % 4 == 0 else 82 if step % 2 == 0 else 76


def _is_section_end(plan: Plan, bar: int) -> bool:
    last = bar + 1 == len(plan.sections)
    return last or plan.sections[bar + 1] != plan.sections[bar] or bar % 8 == 7


def drums(plan: Plan, style: str, active: str, rng: Random) -> list[Note]:
    """A drum part with fills at the ends of sections and crashes at their starts.

    Args:
        plan: the song.
        style: one of DRUMS.
        active: a character a bar, `x` or `.`.
        rng: source of chance.
    Returns:
        notes.
    """
    out = Writer(plan, rng)
    groove, fill = rng.choice(DRUMS[style]), rng.choice(FILLS)
    soft = style in ("swing", "brushes", "bossa", "ballad", "one drop")
    fills, crashes = rng.random() < 0.75, rng.random() < (0.15 if soft else 0.7)
    for bar in _bars(active):
        section = plan.sections[bar]
        fill_from = STEPS
        if fills and _is_section_end(plan, bar) and section != "intro" and style != "brushes":
            fill_from = min(len(p[0]) - len(p[0].lstrip(".")) for p in fill.values())
        starts = bar == 0 or plan.sections[bar - 1] != section or active[bar - 1] == "."
        if crashes and section == "chorus" and starts:
            out.add(bar, 0, 8, VOICES["crash"], 88)
        for voice, patterns in groove.items():
            if section in ("intro", "break") and voice in ("snare", "clap", "tom2") and len(groove) > 2:
                continue  # thin grooves outside verse and chorus
            for step, mark, _ in tokens(patterns[bar % len(patterns)]):
                if step < fill_from or voice == "kick":
                    out.add(bar, step, 1, VOICES[voice], {"X": 108, "x": 86, "o": 50}[mark])
        if fill_from < STEPS:
            for voice, patterns in fill.items():
                for step, mark, _ in tokens(patterns[0]):
                    out.add(bar, step, 1, VOICES[voice], 100 if mark == "X" else 84)
    return out.notes


def percussion(plan: Plan, sound: Sound, active: str, rng: Random) -> list[Note]:
    """A percussion part: one repeated groove of the sound's instruments.

    Args:
        plan: the song.
        sound: one of FAMILIES["percussion"].
        active: a character a bar, `x` or `.`.
        rng: source of chance.
    Returns:
        notes.
    """
    out = Writer(plan, rng)
    groove = rng.choice(PERCUSSION[sound.name])
    for bar in _bars(active):
        for pitch, patterns in groove.items():
            for step, mark, _ in tokens(patterns[bar % len(patterns)]):
                out.add(bar, step, 1, pitch, {"X": 108, "x": 88, "o": 58}[mark])
    return out.notes


def bass(plan: Plan, sound: Sound, style: str, active: str, rng: Random) -> list[Note]:
    """A bass line on the chords' roots.

    Args:
        plan: the song.
        sound: one of FAMILIES["bass"].
        style: one of BASS.
        active: a character a bar, `x` or `.`.
        rng: source of chance.
    Returns:
        notes between `sound.low` and `sound.high`.
    """
    out = Writer(plan, rng)
    low = sound.low + rng.choice((0, 0, 1, 3))
    verse, chorus = (rng.choice(BASS[style]), rng.choice(BASS[style])) if BASS[style] else ("", "")
    if rng.random() < 0.6:
        chorus = verse
    for bar in _bars(active):
        if style == "walking":
            _walk(out, bar, low)
            continue
        pattern = chorus if plan.sections[bar] == "chorus" else verse
        for step, token, length in _split(pattern, plan.changes(bar)):
            pitch = _bass_pitch(token, plan.chord(bar, step), plan.key, low)
            if token == "g":
                out.add(bar, step, 0.5, pitch, 48)
            else:
                while pitch > sound.high:
                    pitch -= 12
                pop = 12 if style == "slap" and token in "78" else 0
                out.add(bar, step, length, pitch, _accent(step) + 6 + pop)
    return out.notes


def _bass_pitch(token: str, chord: Chord, key: str, low: int) -> int:
    """The pitch of a bass token over a chord; the root lies in the octave above `low`."""
    root = low + (chord.root - low) % 12
    if token in "Rg":
        return root
    if token == "8":
        return root + 12
    if token == "6":
        return nearest(root + 8.6, scale_over(chord, key), root + 7, root + 18)
    tone = {"3": 1, "5": 2, "7": 3}[token]
    return root + (chord.tones[tone] if tone < len(chord.tones) else 12)


def _walk(out: Writer, bar: int, low: int):
    """A bar of walking bass: root, chord and scale tones, then a step into the next root."""
    plan, rng = out.plan, out.rng
    chord, following = plan.chord(bar, 0), plan.chords[(2 * bar + 2) % len(plan.chords)]
    root = low + (chord.root - low) % 12
    goal = low + (following.root - low) % 12
    approach = goal + rng.choice((-1, 1, -2, 2) if goal > low + 1 else (1, 2))
    if plan.changes(bar):
        second = plan.chord(bar, 8)
        middle = low + (second.root - low) % 12
        pitches = [root, root + chord.tones[2], middle, approach]
    else:
        third, fifth = root + chord.tones[1], root + chord.tones[2]
        pitches = [root, *rng.choice(((third, fifth), (fifth, third), (third, fifth))), approach]
    for beat, pitch in enumerate(pitches):
        out.add(bar, 4 * beat, 4, pitch, 92 if beat % 2 == 0 else 86, gap=0.08)


def chords(
    plan: Plan, family: str, sound: Sound, style: str, active: str, rng: Random, place: float = 0.5
) -> list[Note]:
    """Chords, broken chords or riffs of keys, guitar, strings, brass or synthesizers.

    Args:
        plan: the song.
        family: the stem's family.
        sound: one of FAMILIES[family].
        style: one of CHORDS.
        active: a character a bar, `x` or `.`.
        rng: source of chance.
        place: where in the sound's register, 0 (low) to 1 (high).
    Returns:
        notes.
    """
    out = Writer(plan, rng)
    verse, chorus = rng.choice(CHORDS[style]), rng.choice(CHORDS[style])
    if rng.random() < 0.6:
        chorus = verse
    room = max(0, min(sound.high - 16 - sound.low, 14))
    low = sound.low + round(place * room)
    shape = rng.choice(("close", "close", "open", "shell") if family != "guitar" else ("close", "close", "shell"))
    if style == "power chords":
        shape = "power"
    if style == "strummed":
        shape, low = "wide", sound.low + rng.randint(0, 5)
    strum = 0.006 if style in ("strummed", "bossa comping") and family == "guitar" else 0.0
    short = style in ("funk scratches", "skank", "stabs", "staccato", "brass stabs", "offbeat", "bubble")
    for bar in _bars(active):
        pattern = chorus if plan.sections[bar] == "chorus" else verse
        for step, token, length in _split(pattern, plan.changes(bar)):
            chord = plan.chord(bar, step)
            pitches = voicing(chord, low, sound.high, shape)
            level = _accent(step) - 4
            if token == "c":
                level *= 0.72
            elif token == "T":
                pitches = [pitches[-1] + 12 if pitches[-1] + 12 <= sound.high else pitches[-1]]
            elif token == "B":
                root = low + (chord.root - low) % 12
                down = root - 12 >= max(sound.low - 5, 40) and style not in ("muted line", "riff")
                pitches = [root - 12 if down else root]
            elif token.isdigit():
                octave, index = divmod(int(token), len(pitches))
                pitches = [min(pitches[index] + 12 * octave, sound.high + 5)]
            for i, pitch in enumerate(pitches):
                gap = 0.12 if short else 0.03
                out.add(bar, step, length * (0.8 if short else 1), pitch, level, gap, late=strum * i)
    return out.notes


def melody(plan: Plan, sound: Sound, style: str, active: str, rng: Random) -> list[Note]:
    """A line of one note at a time: a motif of two bars that comes again over the next chords.

    Args:
        plan: the song.
        sound: any sound; the line stays between its `low` and `high`.
        style: one of MELODIES.
        active: a character a bar, `x` or `.`.
        rng: source of chance.
    Returns:
        notes; on strong places and when long they are chord tones, else scale tones.
    """
    out = Writer(plan, rng)
    rhythm = [rng.choice(MELODIES[style]) for _ in range(2)]
    reach = 3 if style in ("sparse", "slow line") else 5
    contour = []
    for pattern in rhythm:
        place, line = rng.choice((-1, 0, 0, 1, 2)), []
        for _ in tokens(pattern):
            line.append(place)
            place += rng.choice((-1, 1, -1, 1, 1, -1, -2, 2) if style in FAST_LINES else (-2, -1, -1, 0, 1, 1, 2))
            place = max(-reach, min(reach, place))
        contour.append(line)
    span = sound.high - sound.low
    centre = sound.low + rng.uniform(0.4, 0.65) * span
    for bar in _bars(active):
        for (step, _, length), degree in zip(tokens(rhythm[bar % 2]), contour[bar % 2], strict=True):
            chord = plan.chord(bar, step)
            scale = scale_over(chord, plan.key)
            ladder = [p for p in range(sound.low, sound.high + 1) if p % 12 in scale]
            home = min(range(len(ladder)), key=lambda i: abs(ladder[i] - centre))
            pitch = ladder[max(0, min(len(ladder) - 1, home + degree))]
            if step % 8 == 0 or length >= 4:
                pitch = nearest(pitch, chord.classes, sound.low, sound.high)
            out.add(bar, step, length, pitch, _accent(step) + 4, gap=0.05)
    return out.notes


def write(
    plan: Plan, family: str, sound: Sound, style: str, active: str, rng: Random, place: float = 0.5
) -> list[Note]:
    """The notes of one part, in order.

    Args:
        plan: the song.
        family: one of FAMILIES.
        sound: one of FAMILIES[family].
        style: a style of DRUMS, BASS, CHORDS or MELODIES; "groove" for percussion.
        active: a character a bar, `x` plays and `.` rests.
        rng: source of chance.
        place: where in its register a part of chords lies, 0 (low) to 1 (high).
    Returns:
        notes sorted by start.
    """
    if family == "drums":
        notes = drums(plan, style, active, rng)
    elif family == "percussion":
        notes = percussion(plan, sound, active, rng)
    elif family == "bass":
        notes = bass(plan, sound, style, active, rng)
    elif style in MELODIES:
        notes = melody(plan, sound, style, active, rng)
    else:
        notes = chords(plan, family, sound, style, active, rng, place)
    return sorted(notes, key=lambda n: (n.start, n.pitch))
