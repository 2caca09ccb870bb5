"""Notes to audio: each stem alone through a soundfont, balanced, and silent where it rests."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from stemlab.songs.compose import Part, Song
from stemlab.songs.effects import applied, softened
from stemlab.songs.expression import bent, swelled
from stemlab.songs.hits import hit
from stemlab.songs.meter import bars_seconds
from stemlab.songs.retune import retuned
from stemlab.songs.sounds import DECAYS

LEVELS_DB = {
    "drums": -19.0, "percussion": -27.0, "bass": -20.0, "keys": -23.0, "guitar": -23.0, "strings": -25.0,
    "lead": -23.0, "winds": -23.0,
}  # fmt: skip
PEAK = 0.9
FADE_SECONDS = 0.04
_STEP_DB = 2.0
_FRAME = 1024  # samples whose level is looked at together
_TAIL_SECONDS = 0.08  # time constant
_FOLDERS = ("/usr/share/sounds/sf3", "/usr/share/sounds/sf2", "/usr/local/share/sounds/sf2")


def default_soundfont() -> str:
    """Path of the small General MIDI soundfont that the pretty_midi package carries."""
    import pretty_midi

    return str(Path(pretty_midi.__file__).with_name("TimGM6mb.sf2"))


def mit_soundfonts() -> list[str]:
    """Paths of the MIT-licensed soundfonts of this machine (FluidR3 and MuseScore General), maybe none."""
    found: dict[str, str] = {}
    for folder in _FOLDERS:
        for pattern in ("FluidR3*.sf*", "MuseScore_General*.sf*"):
            for path in sorted(Path(folder).glob(pattern)):
                found.setdefault(str(path.resolve()), str(path))
    return list(found.values())


@lru_cache(maxsize=8)
def synthesizer(soundfont: str, sample_rate: int):
    """The synthesizer of a soundfont, kept for the next call; ValueError when it cannot read it."""
    from symusic import Synthesizer

    try:
        return Synthesizer(retuned(soundfont), sample_rate, 0)
    except RuntimeError as error:
        raise ValueError(f"soundfont: {soundfont!r} cannot be played from ({error}); get it again.") from error


def render(
    song: Song, soundfont: str | None = None, sample_rate: int = 32_000, seconds: float | None = None
) -> np.ndarray:
    """Render a song stem by stem.

    Args:
        song: what to play.
        soundfont: path of an sf2 or sf3 file; None is the default one.
        sample_rate: Hz.
        seconds: length of the result; None is all bars. A shorter one cuts, a longer one adds silence.
    Returns:
        (S, N) float32, one row for each of song.parts; their sum peaks at 0.9 at most, by one gain for the group.
        Resting bars are exactly silent.
    Raises:
        ValueError: if the soundfont is not there or a number is out of range.
    """
    soundfont = soundfont or default_soundfont()
    if not Path(soundfont).is_file():
        raise ValueError(f"soundfont: got {soundfont!r}, takes the path of an existing sf2 or sf3 file")
    if sample_rate < 8000:
        raise ValueError(f"sample_rate: got {sample_rate}, takes 8000 Hz or more")
    if seconds is not None and not seconds > 0:
        raise ValueError(f"seconds: got {seconds}, takes a length above 0, or None for the whole song")
    total = round(song.seconds * sample_rate)
    samples = total if seconds is None else round(seconds * sample_rate)
    stems = np.zeros((len(song.parts), samples), np.float32)
    until = min(total, samples)
    scale = 60 / song.bpm * sample_rate
    # Large temporaries cost more than the arithmetic, as their pages come anew from the system: what can works in place.
    power = np.empty(until // _FRAME * _FRAME)
    for row, part in zip(stems[:, :until], song.parts, strict=True):
        audio = bent(part, scale, until, lambda p, n: _play(p, song.bpm, str(soundfont), sample_rate, n))
        if part.effects:
            audio = applied(audio, part.effects, sample_rate)
        _gate(audio, part.active, bars_seconds(1, song.bpm, song.meter) * sample_rate, int(FADE_SECONDS * sample_rate))
        np.multiply(audio, _gain(audio, part, power), out=row)
        row *= swelled(part, scale, until, sample_rate)
    if samples >= total:
        fade = int(0.01 * sample_rate)
        stems[:, total - fade : total] *= np.linspace(1, 0, fade, dtype=np.float32)
    mix = stems.sum(axis=0)
    stems *= np.float32(min(1.0, 0.999 * PEAK / max(float(mix.max()), -float(mix.min()), 1e-9)))
    return stems


def _play(part: Part, bpm: float, soundfont: str, sample_rate: int, samples: int) -> np.ndarray:
    """Synthesize one part to mono, (samples,) float32."""
    audio = np.zeros(samples, np.float32)
    scale = 60 / bpm * sample_rate
    # The synthesizer knows no velocity: notes of like velocity share a gain. Long tails of strings and pads would
    # blur the next chord: half bars go by turns to three buses, and each dies away when its own notes have ended.
    buses: dict[int, dict[int, list[tuple[int, int, int]]]] = {}
    for note in part.notes:
        start = round(note.start * scale)
        if start < samples:
            loudness = 1.6 * 20 * np.log10(note.velocity / 100)
            if part.is_drum:
                sound = hit(soundfont, part.program, note.pitch, sample_rate)[: samples - start]
                if part.effects:
                    sound = softened(sound, loudness, part.effects, sample_rate)
                audio[start : start + len(sound)] += sound * np.float32(10 ** (loudness / 20))
            else:
                length = max(1, round(note.duration * scale))
                bus = int((note.start + 0.02) // 2) % 3 if part.family == "strings" else 0
                levels = buses.setdefault(bus, {})
                levels.setdefault(round(loudness / _STEP_DB), []).append((start, length, note.pitch))
    spans = []
    for levels in buses.values():
        bus_audio = np.zeros(samples, np.float32) if len(buses) > 1 else audio
        for level, notes in levels.items():
            sound = _synthesize(notes, part.program, soundfont, sample_rate)[:samples]
            if part.effects:
                sound = softened(sound, level * _STEP_DB, part.effects, sample_rate)
            sound *= np.float32(10 ** (level * _STEP_DB / 20))
            bus_audio[: len(sound)] += sound
        held = sorted((start, start + length) for notes in levels.values() for start, length, _ in notes)
        _damp(bus_audio, held, sample_rate)
        spans += held
        if bus_audio is not audio:
            audio += bus_audio
    if part.sound in DECAYS and spans:
        _decay(audio, sorted(start for start, _ in spans), DECAYS[part.sound] * sample_rate)
    return audio


def _decay(audio: np.ndarray, onsets: list[int], constant: float) -> None:
    """Let a part die away after each onset (samples, sorted), in place, by a time constant in samples."""
    first = [onsets[0]]
    for onset in onsets:
        if onset - first[-1] > 0.05 * constant + 500:  # a strummed chord is one onset
            first.append(onset)
    _die_away(audio, [(0, first[0]), *pairwise([*first, len(audio)])], constant)


def _damp(audio: np.ndarray, spans: list[tuple[int, int]], sample_rate: int) -> None:
    """Shorten, in place, the tails of sounds with a long release: where no note is held the sound dies away."""
    tails, end = [], 0
    for start, stop in [*spans, (len(audio), len(audio))]:
        if 0 < end < start:
            tails.append((end, start))
        end = max(end, stop)
    _die_away(audio, tails, _TAIL_SECONDS * sample_rate)


def _die_away(audio: np.ndarray, pieces: list[tuple[int, int]], constant: float) -> None:
    """Multiply pieces of audio, from a sample to another, by exp(-samples / constant) since their beginnings, in place."""
    falls = np.arange(max((end - start for start, end in pieces), default=0), dtype=np.float32)
    falls /= -np.float32(constant)
    np.exp(falls, out=falls)
    for start, end in pieces:
        audio[start:end] *= falls[: end - start]


def _synthesize(notes: list[tuple[int, int, int]], program: int, soundfont: str, sample_rate: int) -> np.ndarray:
    """Mono audio of notes (start and length in samples, pitch), (N,); a tick of the score is one sample.

    The synthesizer's own mono takes two thirds of the time of its stereo; it is 4 times the mean of both sides, to a rounding.
    """
    from symusic import Note, Score, Tempo, Track

    score = Score(sample_rate // 2)  # at 120 beats per minute
    score.tempos.append(Tempo(0, 120.0))
    track = Track(program=program)
    for start, length, pitch in notes:
        track.notes.append(Note(start, length, pitch, 90))
    score.tracks.append(track)
    try:
        audio = synthesizer(soundfont, sample_rate).render(score, stereo=False)[0]
    except RuntimeError as error:  # sound of an sf3 is decoded only now
        raise ValueError(f"soundfont: {soundfont!r} cannot be played from ({error}); get it again.") from error
    audio *= np.float32(0.25)
    return audio


def _gate(audio: np.ndarray, active: str, bar: float, fade: int) -> None:
    """Silence resting bars, of so many samples, in place, with a short fade at the end of the bar before a rest."""
    for i, char in enumerate(active):
        if char == ".":
            start, end = round(i * bar), round((i + 1) * bar)
            audio[start:end] = 0
            if i and active[i - 1] == "x":
                ramp = np.linspace(1, 0, fade, dtype=np.float32)
                room = audio[start - fade : start]
                room *= ramp[: len(room)]


def _gain(audio: np.ndarray, part: Part, room: np.ndarray) -> np.float32:
    """Gain that brings the sounding frames of a part to its family's level; `room` is memory to compute in."""
    whole = audio[: len(room)]
    power = np.multiply(whole, whole, out=room, dtype=np.float64).reshape(-1, _FRAME).mean(axis=1)
    if not len(power) or power.max() < 1e-10:
        return np.float32(0)
    loud = power[power > power.max() * 1e-3].mean()
    return np.float32(10 ** ((LEVELS_DB[part.family] + part.gain_db) / 20) / np.sqrt(loud))
