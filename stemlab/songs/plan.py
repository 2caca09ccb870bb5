"""What all stems of a song share, and how a pattern's sixteenths become notes in time."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from stemlab.songs.harmony import Chord
from stemlab.songs.meter import bar_of

BEATS = 4  # quarter notes in a bar of 4/4
STRUCK = {"4/4": (0, 4, 8, 12), "3/4": (0, 4, 8), "6/8": (0, 6)}  # sixteenths on which the beats fall
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
        bpm: quarter notes a minute.
        key: one of KEYS.
        chords: two a bar (one for each half).
        sections: one a bar: "intro", "verse", "chorus" or "break".
        swing: (unit in beats, share of the first half).
        level: velocity factor of the genre.
        meter: one of METERS.
    """

    bpm: int
    key: str
    chords: list[Chord]
    sections: list[str]
    swing: tuple[float, float] = (0.5, 0.5)
    level: float = 1.0
    meter: str = "4/4"

    @property
    def bar(self) -> float:
        """Quarter notes in a bar."""
        return bar_of(self.meter)

    @property
    def steps(self) -> int:
        """Sixteenths in a bar."""
        return round(4 * self.bar)

    def beat(self, bar: int, step: float) -> float:
        """Swung position of a sixteenth step of a bar, in beats from the song's start."""
        unit, share = self.swing
        pair, inside = divmod(step / 4, 2 * unit)
        phase = inside / (2 * unit)
        bent = phase * 2 * share if phase <= 0.5 else share + (phase - 0.5) * 2 * (1 - share)
        return bar * self.bar + (pair + bent) * 2 * unit

    def chord(self, bar: int, step: int) -> Chord:
        """The chord that sounds at a sixteenth step of a bar."""
        return self.chords[2 * bar + (step >= self.steps // 2)]

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
        self,
        bar: int,
        step: float,
        steps: float,
        pitch: int,
        velocity: float,
        gap: float = 0.04,
        late: float = 0.0,
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
        start = max(start, float(bar * plan.bar))
        end = plan.beat(bar, step + steps) - gap
        section = {"intro": 0.9, "break": 0.85, "verse": 0.95, "chorus": 1.03}[plan.sections[bar]]
        level = velocity * plan.level * section + rng.uniform(-5, 5)
        length = max(end - start, 0.06)
        self.notes.append(Note(round(start, 5), round(length, 5), pitch, max(20, min(122, round(level)))))


def fitted(pattern: str, meter: str, bar: int = 0) -> str:
    """A pattern of 4/4 as it goes in another meter, so that a style stays what it is.

    3/4 leaves out the third beat: a back beat on two and four becomes that of a waltz. 6/8 takes half of it a bar, and its beats
    last three eighths, as in a shuffle.

    Args:
        pattern: 16 characters.
        meter: one of METERS.
        bar: in 6/8, an odd one takes the second half.
    Returns:
        a character a sixteenth.

    >>> fitted("X...S...x...S.s.", "3/4"), fitted("X-x.S.s.........", "6/8")
    ('X...S...S.s.', 'X---x.S-..s.')
    """
    if meter == "4/4":
        return pattern
    if meter == "3/4":
        return pattern[:8] + pattern[12:]
    made, place = ["."] * 12, lambda step: 6 * (step // 4) + (0, 2, 4, 5)[step % 4]
    for step, token, length in tokens(pattern[8 * (bar % 2) :][:8]):
        start, end = place(step), place(step + length)
        made[start:end] = [token, *"-" * (end - start - 1)]
    return "".join(made)


def tokens(pattern: str) -> list[tuple[int, str, int]]:
    """Onsets of a pattern.

    Args:
        pattern: a character a sixteenth, see `patterns`.
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


def active_bars(active: str) -> list[int]:
    """Indices of the bars where a stem plays.

    Args:
        active: a character a bar, `x` plays and `.` rests.
    Returns:
        indices from 0.
    """
    return [bar for bar, char in enumerate(active) if char == "x"]
