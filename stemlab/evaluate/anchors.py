"""Groups of which one knows how good they are: without them beside it no number means anything.

- real: a held-out song as rendered; real, others: another song, the floor of Frechet distances;
- wrong tempo: the real stems, judged at a tempo that is 5 to 30 % off;
- shuffled: each stem from another song of the same genre, tempo and families;
- copies: one pitched stem in place of all, each through a filter of its own: stems that agree because they are one;
- muffled: the real stems without anything above 2 kHz;
- late: one stem of the real group moved by 20, 50, 100 and 250 ms.
"""

from dataclasses import replace
from random import Random

import numpy as np
from scipy.signal import butter, sosfilt

from stemlab.checkpoints.folders import atomic_file
from stemlab.data.pool import song_stems
from stemlab.evaluate.measure import UNPITCHED, measure
from stemlab.evaluate.store import Store, digest
from stemlab.metrics import harmony, sync
from stemlab.metrics.text import FamilyClassifier, statistics, train_classifier
from stemlab.songs.captions import stem_caption
from stemlab.songs.compose import EVAL_SEEDS, compose
from stemlab.songs.render import mit_soundfonts, render

OTHERS = 50_000  # offset of the seeds of the second set of real songs
CLASSIFIER_SEEDS = 800_000_000
LATE_MS = (20, 50, 100, 250)
KINDS = ("real", "real, others", "wrong tempo", "shuffled", "copies", "muffled")


def held_out(index: int, seconds: float):
    """A song that nothing was trained on, and its stems `(S, N)`."""
    return song_stems(EVAL_SEEDS + index, seconds, mit_soundfonts() or None)


def anchors(index: int, seconds: float) -> dict[str, dict]:
    """Measures of all anchors of one index, by kind; `late` and `notes` have rows of their own."""
    song, stems = held_out(index, seconds)
    families, bpm, key = [part.family for part in song.parts], float(song.bpm), song.key
    rng = np.random.default_rng([17, index])
    wrong = bpm * float(1 + rng.uniform(0.05, 0.3) * rng.choice((-1, 1)))
    other, other_stems = held_out(index + OTHERS, seconds)
    strange = np.stack([strange_stem(song, k, seconds) for k in range(len(stems))])
    muffled = sosfilt(butter(4, 2000, fs=32_000, output="sos"), stems).astype(np.float32)
    return {
        "real": measure(stems, families, bpm, key),
        "real, others": measure(other_stems, [part.family for part in other.parts], float(other.bpm), other.key),
        "wrong tempo": measure(stems, families, wrong, key),
        "shuffled": measure(strange, families, bpm, key),
        "copies": measure(copies(stems, families, rng), families, bpm, key),
        "muffled": measure(muffled, families, bpm, key),
        "late": _late(stems, int(rng.integers(len(stems))), bpm),
        "notes": dict(zip(("real", "shuffled"), _harmony_of_notes(song, seconds), strict=True)),
    }


def copies(stems: np.ndarray, families: list[str], rng: np.random.Generator) -> np.ndarray:
    """One stem in place of all, `(S, N)`: the loudest pitched one, each time through another filter."""
    power = np.square(stems).mean(1) * [1e-6 if family in UNPITCHED else 1.0 for family in families]
    rows = []
    for _ in stems:
        kind, hz = ("lowpass", rng.uniform(500, 3000)) if rng.random() < 0.5 else ("highpass", rng.uniform(100, 600))
        rows.append(sosfilt(butter(1, hz, kind, fs=32_000, output="sos"), stems[power.argmax()]))
    return np.array(rows, np.float32)


def _late(stems: np.ndarray, which: int, bpm: float) -> dict:
    """Timing of one stem, as it is and late by each of LATE_MS."""
    row: dict = {"beats": [], "together": []}
    for ms in (0, *LATE_MS):
        moved = stems.copy()
        moved[which, ms * 32 :] = stems[which, : stems.shape[1] - ms * 32]
        moved[which, : ms * 32] = 0
        row["beats"].append(sync.beat_alignment(moved[which], bpm))
        row["together"].append(sync.onsets_together(list(moved))[which])
    return row


def _strange_song(song, k: int, same_tempo: bool = True):
    """Another song of this one's genre, families and, if so, tempo, with its part k alone."""
    families, bpm = [part.family for part in song.parts], song.bpm if same_tempo else None
    other = compose(song.seed + 10_000_000 * (k + 1), genre=song.genre, bpm=bpm, bars=16, families=families)
    return replace(other, parts=[other.parts[k]])


def strange_stem(song, k: int, seconds: float, same_tempo: bool = True) -> np.ndarray:
    """Stem k of a strange song, `(N,)`, from the soundfont that this one has."""
    fonts = mit_soundfonts()
    return render(
        _strange_song(song, k, same_tempo), fonts[song.seed % len(fonts)] if fonts else None, seconds=seconds
    )[0]


def _harmony_of_notes(song, seconds: float) -> tuple[float | None, float | None]:
    """Harmonic agreement from the notes of a song, and of the shuffled one: what audio can reach at best."""
    pitched = [k for k, part in enumerate(song.parts) if part.family not in UNPITCHED]
    parts = [song.parts[k] for k in pitched], [_strange_song(song, k).parts[0] for k in pitched]
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


def classifier(store: Store, songs: int, seconds: float) -> FamilyClassifier:
    """The family classifier, trained on real renders, or read from beside the store where it was kept.

    Args:
        store: keeps what the classifier learns from, so that a stop costs nothing.
        songs: how many.
        seconds: length of each.
    """
    path = store.path.with_name(f"families_{digest([store.setting, songs, seconds])}.npz")
    if not path.exists():
        rows = store.fill("classifier", range(songs), _Lesson(seconds), seconds, spread=True)
        pairs = [(x, family) for row in rows for x, family in zip(row["stems"], row["families"], strict=True)]
        learnt = train_classifier(np.array([x for x, _ in pairs], np.float32), [family for _, family in pairs])
        with atomic_file(path) as file:
            learnt.save(file)
    return FamilyClassifier.load(path)


class _Lesson:
    """What the classifier learns from one song; a class, so that other processes can import it."""

    def __init__(self, seconds: float):
        self.seconds = seconds

    def __call__(self, index: int) -> dict:
        song, stems = song_stems(CLASSIFIER_SEEDS + index, self.seconds, mit_soundfonts() or None)
        heard = [(p.family, x) for p, x in zip(song.parts, stems, strict=True) if np.abs(x).max() > 1e-3]
        rows = [[round(float(v), 2) for v in statistics(x)] for _, x in heard]
        return {"families": [family for family, _ in heard], "stems": rows}


def songs_identity() -> str:
    """Digest of what the composer and the captions give today, and of the soundfonts' names."""
    songs = [compose(EVAL_SEEDS + index, bars=16) for index in range(20)]
    told = [repr((song, [stem_caption(part, Random(0)) for part in song.parts])) for song in songs]
    return digest([told, [path.rsplit("/", 1)[-1] for path in mit_soundfonts()]])
