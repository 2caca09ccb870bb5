"""From a style's pattern to notes: how each stem plays over the chords of a song."""

from __future__ import annotations

from random import Random

from stemlab.songs.beats import drums, percussion
from stemlab.songs.harmony import Chord, nearest, scale_over, voicing
from stemlab.songs.patterns import BASS, CHORDS, FAST_LINES, MELODIES
from stemlab.songs.plan import STRUCK, Note, Plan, Writer, active_bars, fitted, tokens
from stemlab.songs.sounds import Sound


def _split(plan: Plan, pattern: str, bar: int) -> list[tuple[int, str, int]]:
    """Tokens of a bar; a note held over a chord change in mid-bar is struck again on the new chord."""
    found = []
    half, changes = plan.steps // 2, plan.changes(bar)
    for step, token, length in tokens(fitted(pattern, plan.meter, bar)):
        if changes and step < half < step + length:
            found += [(step, token, half - step), (half, token, step + length - half)]
        else:
            found.append((step, token, length))
    return found


def _accent(step: int, meter: str) -> float:
    """Velocity of an ordinary note by its place in the bar."""
    if meter != "4/4":
        return 94 if step == 0 else 88 if step in STRUCK[meter] else 82 if step % 2 == 0 else 76
    return 94 if step % 8 == 0 else 88 if step % 4 == 0 else 82 if step % 2 == 0 else 76


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
    for bar in active_bars(active):
        if style == "walking":
            _walk(out, bar, low)
            continue
        pattern = chorus if plan.sections[bar] == "chorus" else verse
        for step, token, length in _split(plan, pattern, bar):
            pitch = _bass_pitch(token, plan.chord(bar, step), plan.key, low)
            if token == "g":
                out.add(bar, step, 0.5, pitch, 48)
            else:
                while pitch > sound.high:
                    pitch -= 12
                pop = 12 if style == "slap" and token in "78" else 0
                out.add(bar, step, length, pitch, _accent(step, plan.meter) + 6 + pop)
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
    struck = STRUCK[plan.meter]
    for beat, (step, pitch) in enumerate(zip(struck, [*pitches[: len(struck) - 1], approach], strict=True)):
        out.add(bar, step, plan.steps // len(struck), pitch, 92 if beat % 2 == 0 else 86, gap=0.08)


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
    for bar in active_bars(active):
        pattern = chorus if plan.sections[bar] == "chorus" else verse
        for step, token, length in _split(plan, pattern, bar):
            chord = plan.chord(bar, step)
            pitches = voicing(chord, low, sound.high, shape)
            level = _accent(step, plan.meter) - 4
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
    for bar in active_bars(active):
        onsets = tokens(fitted(rhythm[bar % 2], plan.meter, bar))
        for (step, _, length), degree in zip(onsets, contour[bar % 2], strict=plan.meter == "4/4"):
            chord = plan.chord(bar, step)
            scale = scale_over(chord, plan.key)
            ladder = [p for p in range(sound.low, sound.high + 1) if p % 12 in scale]
            home = min(range(len(ladder)), key=lambda i: abs(ladder[i] - centre))
            pitch = ladder[max(0, min(len(ladder) - 1, home + degree))]
            if step % 8 == 0 or length >= 4:
                pitch = nearest(pitch, chord.classes, sound.low, sound.high)
            out.add(bar, step, length, pitch, _accent(step, plan.meter) + 4, gap=0.05)
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
