"""Does a stem play where it was asked to, and rest elsewhere? Source: arXiv:2602.09891, frames above -60 dB."""

import numpy as np


def activity_scores(asked: np.ndarray, played: np.ndarray) -> dict[str, float]:
    """Precision, recall and F1 of frames that sound, with the F1 of playing all the time.

    Args:
        asked: bool, any shape: frames in which the stem should sound.
        played: bool, the same shape: those in which it does (`stemlab.audio.activity`).
    Returns:
        `precision`, `recall`, `f1` and `f1_all_on`, each from 0 to 1; a share of nothing counts as 1.
    Raises:
        ValueError: the shapes differ or there are no frames.
    """
    asked, played = np.asarray(asked, bool), np.asarray(played, bool)
    if asked.shape != played.shape or asked.size == 0:
        raise ValueError(f"played: has shape {played.shape} and asked {asked.shape}; give both the same frames.")
    hits = (asked & played).sum()
    return {
        "precision": float(hits / played.sum()) if played.any() else 1.0,
        "recall": float(hits / asked.sum()) if asked.any() else 1.0,
        "f1": _f1(hits, asked.sum(), played.sum()),
        "f1_all_on": _f1(asked.sum(), asked.sum(), asked.size),
    }


def _f1(hits: int, asked: int, played: int) -> float:
    return float(2 * hits / (asked + played)) if asked + played else 1.0
