"""Drums and percussion: repeated grooves, with fills at the ends of sections and crashes at their starts."""

from __future__ import annotations

from random import Random

from stemlab.songs.grooves import DRUMS, FILLS, PERCUSSION, VOICES
from stemlab.songs.plan import Note, Plan, Writer, active_bars, fitted, tokens
from stemlab.songs.sounds import Sound


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
    end = {voice: fitted(patterns[0], plan.meter, 1) for voice, patterns in fill.items()}
    soft = style in ("swing", "brushes", "bossa", "ballad", "one drop")
    fills, crashes = rng.random() < 0.75, rng.random() < (0.15 if soft else 0.7)
    for bar in active_bars(active):
        section = plan.sections[bar]
        fill_from = plan.steps
        if fills and _is_section_end(plan, bar) and section != "intro" and style != "brushes":
            fill_from = min(len(p) - len(p.lstrip(".")) for p in end.values())
        starts = bar == 0 or plan.sections[bar - 1] != section or active[bar - 1] == "."
        if crashes and section == "chorus" and starts:
            out.add(bar, 0, 8, VOICES["crash"], 88)
        for voice, patterns in groove.items():
            if section in ("intro", "break") and voice in ("snare", "clap", "tom2") and len(groove) > 2:
                continue  # thin grooves outside verse and chorus
            for step, mark, _ in tokens(fitted(patterns[bar % len(patterns)], plan.meter, bar)):
                if step < fill_from or voice == "kick":
                    out.add(bar, step, 1, VOICES[voice], {"X": 108, "x": 86, "o": 50}[mark])
        if fill_from < plan.steps:
            for voice, pattern in end.items():
                for step, mark, _ in tokens(pattern):
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
    for bar in active_bars(active):
        for pitch, patterns in groove.items():
            for step, mark, _ in tokens(fitted(patterns[bar % len(patterns)], plan.meter, bar)):
                out.add(bar, step, 1, pitch, {"X": 108, "x": 88, "o": 58}[mark])
    return out.notes
