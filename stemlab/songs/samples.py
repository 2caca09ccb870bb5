"""Builds `data_samples/`: a few short songs as FLAC stems, and a solo guitar to accompany.

    python -m stemlab.songs.samples data_samples

It needs the MIT-licensed soundfonts FluidR3 Mono and MuseScore General (Debian: fluidr3mono-gm-soundfont and
musescore-general-soundfont-small).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from random import Random

import numpy as np
import soundfile

from stemlab.codec.audio import SAMPLE_RATE
from stemlab.songs.captions import group_prompt, stem_caption
from stemlab.songs.compose import EVAL_SEEDS, Part, Song, compose
from stemlab.songs.render import mit_soundfonts, render

# genre, tempo, key, families, a sound that is to be there; all songs have four bars
_SONGS = (
    ("funk", 100, "A minor", ("drums", "bass", "keys", "guitar", "winds"), "slap bass"),
    ("jazz", 132, "F major", ("drums", "bass", "keys", "winds"), "tenor sax"),
    ("house", 124, "C minor", ("drums", "percussion", "bass", "keys", "strings"), "bright piano"),
    ("cinematic", 84, "D minor", ("percussion", "keys", "strings", "winds"), "string ensemble"),
)
_BARS = 4


def main(folder: str = "data_samples") -> None:
    """Write all songs and the guitar.

    Args:
        folder: where they go; files of the same names are replaced.
    Raises:
        ValueError: if no MIT-licensed soundfont is found.
    """
    fonts = mit_soundfonts()
    if not fonts:
        raise ValueError("soundfont: found neither FluidR3 Mono nor MuseScore General; install one of them")
    for i, (genre, bpm, key, families, sound) in enumerate(_SONGS):
        song = _choose(genre, bpm, key, families, sound)
        _save(song, render(song, fonts[i % len(fonts)]), fonts[i % len(fonts)], Path(folder) / genre.replace(" ", "_"))
    song = _choose("ballad", 96, "G major", ("guitar",), "acoustic guitar")
    audio = render(song, fonts[-1])
    _write_flac(Path(folder) / "solo_guitar.flac", _play_up(audio)[0])
    _write_json(Path(folder) / "solo_guitar.json", _facts(song, fonts[-1], ["solo_guitar.flac"]))


def _choose(genre: str, bpm: int, key: str, families: tuple[str, ...], sound: str) -> Song:
    """The first song, of seeds that training never sees, whose stems all play typical sounds and one of which rests."""
    for seed in range(EVAL_SEEDS, EVAL_SEEDS + 10_000):
        song = compose(seed, genre=genre, bpm=bpm, key=key, bars=_BARS, families=list(families))
        has = any(part.sound == sound for part in song.parts)
        rests = sum("." in part.active for part in song.parts)
        if has and all(_typical(part, genre) for part in song.parts) and (rests == 1 or len(families) == 1):
            return song
    raise ValueError(f"genre: no song of {genre!r} fits")


def _typical(part: Part, genre: str) -> bool:
    from stemlab.songs.genres import GENRES

    plucked = part.style in ("fingerpicked", "strummed") if genre == "ballad" else True
    return (part.sound, part.style) in GENRES[genre].parts[part.family] and plucked


def _play_up(audio: np.ndarray) -> np.ndarray:
    """A stem that stands alone, at a peak of 0.7."""
    return audio * np.float32(0.7 / np.abs(audio).max())


def _save(song: Song, audio: np.ndarray, soundfont: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{i:02d}_{part.family}.flac" for i, part in enumerate(song.parts, 1)]
    for name, stem in zip(names, audio, strict=True):
        _write_flac(folder / name, stem)
    _write_json(folder / "song.json", _facts(song, soundfont, names))


def _facts(song: Song, soundfont: str, names: list[str]) -> dict:
    rng = Random(song.seed)
    return {
        "genre": song.genre,
        "prompt": group_prompt(song, rng) or song.genre,
        "bpm": song.bpm,
        "key": song.key,
        "bars": song.bars,
        "chords": song.chords,
        "sections": song.sections,
        "sample_rate": SAMPLE_RATE,
        "seconds": round(song.seconds, 4),
        "seed": song.seed,
        "soundfont": Path(soundfont).name,
        "stems": [
            {
                "file": name,
                "caption": stem_caption(part, rng),
                "family": part.family,
                "sound": part.sound,
                "style": part.style,
                "activity": part.active,
            }
            for name, part in zip(names, song.parts, strict=True)
        ],
    }


def _write_flac(path: Path, audio: np.ndarray) -> None:
    soundfile.write(path, audio, SAMPLE_RATE, subtype="PCM_16", compression_level=1.0)  # small


def _write_json(path: Path, facts: dict) -> None:
    path.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:2])
