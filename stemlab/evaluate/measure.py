"""All that is measured of one group, and of many together."""

from collections.abc import Iterable, Sequence

import numpy as np

from stemlab.metrics import harmony, sync
from stemlab.metrics.frechet import frechet_distance
from stemlab.metrics.text import FamilyClassifier, statistics

UNPITCHED = ("drums", "percussion")


def measure(stems: np.ndarray, families: Sequence[str | None], bpm: float | None, key: str | None) -> dict:
    """All measures of one group, JSON-able; what cannot be judged is None.

    Args:
        stems: `(S, N)` at 32 kHz.
        families: of each stem, such as "bass"; None where it is not known. All but drums and percussion count as pitched.
        bpm: that was asked for; None leaves out what needs it, and sets the windows of harmony to a second.
        key: that was asked for or is known, or None.
    """
    pitched = [stem for stem, family in zip(stems, families, strict=True) if family not in UNPITCHED]
    mix, window = stems.sum(0), bpm or 120.0
    found = harmony.key(pitched, window) if key else None
    return {
        "families": list(families),
        "tempo": [sync.keeps_tempo(stem, bpm) if bpm else None for stem in stems],
        "beats": [sync.beat_alignment(stem, bpm) if bpm else None for stem in stems],
        "together": sync.onsets_together(list(stems)),
        "beat_f": sync.beat_f_measure(mix, bpm) if bpm else None,
        "harmony": harmony.harmonic_agreement(pitched, window),
        "levels": harmony.level_correlation(list(stems)),
        "key": harmony.key_score(key, found) if key and found else None,
        "stems": [_heard(stem) for stem in stems],
        "mix": _heard(mix),
    }


def _heard(audio: np.ndarray) -> list[float] | None:
    """What the classifier sees, rounded to 0.01 dB; None for silence."""
    return [round(float(v), 2) for v in statistics(audio)] if np.abs(audio).max() > 1e-3 else None


def summary(rows: list[dict], real: list[dict], judge: FamilyClassifier) -> dict[str, float]:
    """One line of a table: means over rows of `measure`, and Frechet distances to real rows; NaN where nothing is judged.

    Args:
        rows: to be judged.
        real: as many real groups.
        judge: classifier of families; its embedding carries the Frechet distances.
    """
    known = [(f, s) for row in rows for f, s in zip(row["families"], row["stems"], strict=True) if s and f]
    heard = judge.classify(np.array([stem for _, stem in known], np.float32)) if known else []
    tempo = [value for row in rows for value in row["tempo"]]
    return {
        "tempo": mean(tempo),
        "judged": mean(value is not None for value in tempo),
        "beats": mean(value for row in rows for value in row["beats"]),
        "together": mean(value for row in rows for value in row["together"]),
        "beat_f": mean(row["beat_f"] for row in rows),
        "harmony": mean(row["harmony"] for row in rows),
        "levels": mean(row["levels"] for row in rows),
        "key": mean(row["key"] for row in rows),
        "family": mean(a == b for (a, _), b in zip(known, heard, strict=True)),
        "silent": mean(stem is None for row in rows for stem in row["stems"]),
        "fd_stems": _distance([s for r in real for s in r["stems"]], [s for r in rows for s in r["stems"]], judge),
        "fd_mix": _distance([row["mix"] for row in real], [row["mix"] for row in rows], judge),
    }


def _distance(real: list, other: list, judge: FamilyClassifier) -> float:
    sets = [np.array([row for row in rows if row is not None], np.float32) for rows in (real, other)]
    if min(map(len, sets)) < 2:
        return float("nan")
    return frechet_distance(*(judge.embed(rows) for rows in sets))


def mean(values: Iterable) -> float:
    """Mean of those that are not None; NaN when none is left."""
    left = [float(value) for value in values if value is not None]
    return float(np.mean(left)) if left else float("nan")


def area(high: Iterable, low: Iterable) -> float:
    """Chance that a value of `high` is above one of `low` (area under the ROC curve); Nones are left out."""
    a, b = (np.array([v for v in values if v is not None], float) for values in (high, low))
    if not len(a) or not len(b):
        return float("nan")
    return float(np.mean((a[:, None] > b) + 0.5 * (a[:, None] == b)))
