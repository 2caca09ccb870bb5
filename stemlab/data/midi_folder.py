"""A folder of MIDI files rendered to a folder of stems, which `read_folder` reads as a plain one.

Lesson: 10_bring_your_own_music.ipynb
"""

from __future__ import annotations

import json
import os
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from stemlab.checkpoints.folders import (
    atomic_folder,
    check_dir,
    check_file,
    check_folder,
    clean_path,
    exclusive,
    explained,
    of_the_disk,
    recover,
)
from stemlab.checkpoints.json_files import read_json
from stemlab.codec.audio import SAMPLE_RATE, write
from stemlab.data.readers.folders import Problem
from stemlab.songs.compose import Part
from stemlab.songs.effects import told, with_effects
from stemlab.songs.hits import hit
from stemlab.songs.midi import MidiSong, captions, read_midi
from stemlab.songs.render import default_soundfont, render
from stemlab.songs.retune import retuned

FACTS = "song.json"
MOST_STEM_SECONDS = 12_000.0  # stems times length that fit into memory while they are rendered: 3 GB


def find_midi(folder: str | os.PathLike) -> list[Path]:
    """All .mid and .midi files of a folder and those inside it, sorted, hidden ones left out.

    Raises:
        ValueError: no such folder, or none in it.
    """
    folder = check_dir(folder, "DIR", "give one that holds .mid files.")
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".mid", ".midi") and p.is_file())
    files = [p for p in files if not p.name.startswith(".")]
    if not files:
        raise ValueError(f"DIR: found no .mid file in {str(folder)!r}; export your song as MIDI into it.")
    return files


def render_midi(path: Path, soundfont: str | None = None, effects: bool = False) -> tuple[MidiSong, np.ndarray]:
    """Read a MIDI file and play it.

    Args:
        path: a .mid file.
        soundfont: path of an sf2 or sf3 file; None for the default one.
        effects: rooms, amplifiers and the like, which the file's name draws: `stemlab.songs.effects`.
    Returns:
        the song, and its stems `(S, N)` float32 at SAMPLE_RATE, one a part; parts that make no sound are left out.
    Raises:
        ValueError: a file that cannot be read, or nothing in it sounds.
    """
    soundfont = soundfont or default_soundfont()
    song = read_midi(path)
    parts = [_playable(part, soundfont) if part.is_drum else part for part in song.parts]
    song = replace(song, parts=[part for part in parts if part.notes])
    if len(song.parts) * song.seconds > MOST_STEM_SECONDS:
        what = f"has {len(song.parts)} stems of {song.seconds:.0f} s, more than memory is planned for"
        raise ValueError(f"path: {str(path)!r} {what}; cut it into shorter files.")
    if effects:
        song = replace(song, parts=with_effects(replace(song, seed=zlib.crc32(path.name.encode()))).parts)
    audio = render(song, soundfont)
    heard = [i for i, stem in enumerate(audio) if np.abs(stem).max() > 1e-4]
    if not heard:
        raise ValueError(f"path: {str(path)!r} makes no sound with this soundfont.")
    return replace(song, parts=[song.parts[i] for i in heard]), audio[heard]


def render_folder(
    folder: Path,
    out: Path,
    soundfont: str | None = None,
    progress: Callable[[], object] | None = None,
    effects: bool = False,
) -> tuple[int, int, list[Problem]]:
    """Render every MIDI file of a folder; those already rendered are left as they are, so it goes on where it stopped.

    Args:
        folder: with .mid files, at any depth.
        out: made when it is not there; a sub-folder for each song, with FLAC stems and `song.json`.
        soundfont: path of an sf2 or sf3 file; None for the default one.
        progress: called after each file.
        effects: as for `render_midi`.
    Returns:
        how many were rendered now, how many were there before, and the files that could not be.
    Raises:
        ValueError: no .mid file, no such soundfont, somebody else renders into `out`, or a disk that is full: the next run goes on.
    """
    files, out = find_midi(folder), check_folder(out, force=True, name="out")
    folder = clean_path(folder)
    if soundfont is not None:
        soundfont = str(check_file(soundfont, "soundfont", "give the path of an sf2 or sf3 file."))
    retuned(soundfont or default_soundfont())  # which reads it, and keeps a copy
    made, kept, problems = 0, 0, []
    out.mkdir(parents=True, exist_ok=True)
    with explained(out), exclusive(out, "rendering", "render"):
        for file in files:
            target = out / file.relative_to(folder)  # its suffix stays: a.mid and a.midi are two songs
            try:
                recover(target)
                if (target / FACTS).is_file():
                    kept += 1
                else:
                    check_folder(target)  # of the user's, perhaps: nothing in it is removed
                    _save(*render_midi(file, soundfont, effects), target, Path(soundfont or default_soundfont()).name)
                    made += 1
            except (ValueError, OSError, RuntimeError) as error:
                if of_the_disk(error):  # so would be all that follow
                    raise
                problems.append(Problem(file, " ".join(str(error).split())))
            if progress:
                progress()
    return made, kept, problems


def not_played(out: Path) -> Counter:
    """What the files of a rendered folder ask for that is not played, such as "pan", and in how many songs."""
    told: Counter = Counter()
    for file in out.rglob(FACTS):
        with suppress(ValueError, AttributeError, TypeError):  # of the user's, perhaps
            told.update(what for what in read_json(file).get("not_played", []) if isinstance(what, str))
    return told


def told_captions(part: Part) -> list[str]:
    """As `captions`, with the effects of the part."""
    words = "".join(f", {word}" for word in told(part.effects))
    return [text + words for text in captions(part)]


def _playable(part, soundfont: str):
    """A drum part without the drums that the soundfont lacks."""
    has = {}
    for pitch in {note.pitch for note in part.notes}:
        try:
            has[pitch] = len(hit(soundfont, part.program, pitch, SAMPLE_RATE)) > 0
        except ValueError:
            has[pitch] = False
    return replace(part, notes=[note for note in part.notes if has[note.pitch]])


def _save(song: MidiSong, audio: np.ndarray, target: Path, soundfont: str) -> None:
    """Write a song's folder; it is complete or not there."""
    with atomic_folder(target, False, FACTS) as made:
        audio = audio * np.float32(min(1.0, 0.99 / np.abs(audio).max()))
        names = [f"{i:02d}_{part.family}.flac" for i, part in enumerate(song.parts, 1)]
        rows = []
        for name, part, stem in zip(names, song.parts, audio, strict=True):
            write(made / name, stem)
            rows.append(
                {"file": name, "captions": told_captions(part), "activity": part.active, "program": part.program}
            )
        facts = {
            "prompt": "", "bpm": song.told_bpm, "key": song.key or None, "bars": song.bars, "sample_rate": SAMPLE_RATE,
            "seconds": round(song.seconds, 4), "soundfont": soundfont, "not_played": list(song.left_out), "stems": rows,
        }  # fmt: skip
        (made / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
