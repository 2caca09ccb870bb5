"""What `quality.py` measures of a group, and the groups that it stands beside."""

from dataclasses import replace
from random import Random

import numpy as np

from stemlab.data.captions import group_prompt, stem_caption
from stemlab.data.compose import EVAL_SEEDS, compose
from stemlab.data.pool import song_stems
from stemlab.data.render import mit_soundfonts, render
from stemlab.metrics import harmony, sync
from stemlab.metrics.text import statistics

OTHERS = 50_000  # offset of the seeds of the second set of real songs
LATE_MS = (20, 50, 100, 250)
ANCHORS = ("real", "real, others", "wrong tempo", "shuffled")


def measure(stems: np.ndarray, families: list[str], bpm: float, key: str) -> dict:
    """All that is measured of one group `(S, N)`, as JSON-able numbers."""
    pitched = [stem for stem, family in zip(stems, families, strict=True) if family in harmony.PITCHED]
    mix = stems.sum(0)
    found = harmony.key(pitched, bpm)
    return {
        "families": families,
        "tempo": [sync.keeps_tempo(stem, bpm) for stem in stems],
        "beats": [sync.beat_alignment(stem, bpm) for stem in stems],
        "together": sync.onsets_together(list(stems)),
        "beat_f": sync.beat_f_measure(mix, bpm),
        "harmony": harmony.harmonic_agreement(pitched, bpm),
        "levels": harmony.level_correlation(list(stems)),
        "key": harmony.key_score(key, found) if found else None,
        "stems": [[round(float(v), 2) for v in statistics(x)] if np.abs(x).max() > 1e-3 else None for x in stems],
        "mix": [round(float(v), 2) for v in statistics(mix)],
    }


def real_group(seed: int, seconds: float):
    """A held-out song and its stems."""
    return song_stems(seed, seconds, mit_soundfonts() or None)


def anchor(kind: str, index: int, seconds: float) -> dict:
    """Measures of one anchor group."""
    seed = EVAL_SEEDS + index + (OTHERS if kind == "real, others" else 0)
    song, stems = real_group(seed, seconds)
    families, bpm = [part.family for part in song.parts], float(song.bpm)
    rng = np.random.default_rng([17, index])
    if kind == "wrong tempo":
        bpm *= float(1 + rng.uniform(0.05, 0.3) * rng.choice((-1, 1)))
    elif kind == "shuffled":
        stems = np.stack([strange_stem(song, k, seconds) for k in range(len(stems))])
    return measure(stems, families, bpm, song.key)


def late(index: int, seconds: float) -> dict:
    """Timing of one stem of a real group, as it is and late by each of LATE_MS."""
    song, stems = real_group(EVAL_SEEDS + index, seconds)
    which = int(np.random.default_rng([17, index]).integers(len(stems)))
    row: dict = {"beats": [], "together": []}
    for ms in (0, *LATE_MS):
        moved = stems.copy()
        moved[which, ms * 32 :] = stems[which, : stems.shape[1] - ms * 32]
        moved[which, : ms * 32] = 0
        row["beats"].append(sync.beat_alignment(moved[which], float(song.bpm)))
        row["together"].append(sync.onsets_together(list(moved))[which])
    return row


def strange_song(song, k: int):
    """Another song of this one's genre, tempo and families, with its part k alone."""
    families = [part.family for part in song.parts]
    other = compose(song.seed + 10_000_000 * (k + 1), genre=song.genre, bpm=song.bpm, bars=16, families=families)
    return replace(other, parts=[other.parts[k]])


def strange_stem(song, k: int, seconds: float) -> np.ndarray:
    """Stem k of a strange song, from the soundfont that this one has."""
    fonts = mit_soundfonts()
    return render(strange_song(song, k), fonts[song.seed % len(fonts)] if fonts else None, seconds=seconds)[0]


def harmony_of_notes(index: int, seconds: float) -> tuple[float | None, float | None]:
    """Harmonic agreement from the known notes of a real group, and of the shuffled one: what audio can reach at best."""
    song = compose(EVAL_SEEDS + index, bars=16)
    pitched = [k for k, part in enumerate(song.parts) if part.family in harmony.PITCHED]
    parts = [song.parts[k] for k in pitched], [strange_song(song, k).parts[0] for k in pitched]
    real, shuffled = ([note_chroma(part, song.bpm, seconds) for part in group] for group in parts)
    return harmony.mean_agreement(real), harmony.mean_agreement(shuffled)


def note_chroma(part, bpm: float, seconds: float, beats: float = 2) -> np.ndarray:
    """Beats that each pitch class is held, `(W, 12)`, in the windows of `harmony.chroma`."""
    result = np.zeros((max(1, int(np.ceil(seconds * bpm / 60 / beats - 0.25))), 12))
    edges = np.arange(len(result) + 1) * beats
    for note in part.notes:
        held = np.minimum(note.start + note.duration, edges[1:]) - np.maximum(note.start, edges[:-1])
        result[:, note.pitch % 12] += np.clip(held, 0, None)
    return result


def generated(lab, index: int, seconds: float, **options) -> dict:
    """Measures of one generated group."""
    song = compose(EVAL_SEEDS + index, bars=16)
    words = Random(f"words {song.seed}")
    prompts = [stem_caption(part, words) for part in song.parts]
    if options.pop("with_key"):
        options["key"] = song.key
    group = lab.generate(
        prompts, prompt=group_prompt(song, words), bpm=song.bpm, seconds=seconds, seed=index, **options
    )
    return measure(group.audio, [part.family for part in song.parts], float(song.bpm), song.key)
