"""Does a stem play where it was asked to, and rest elsewhere? Source: arXiv:2602.09891, frames above -60 dB.

Lesson: 08_who_plays_when.ipynb
"""

from itertools import pairwise

import numpy as np

SAMPLE_RATE = 32_000
FRAME = 2048  # samples
EDGE = 0.064  # seconds on each side of a bar line that belong to an edge: one latent frame
BESIDE = 128  # samples, 4 ms
CLICK = 5.0  # an `edge_step` above this is heard as a click


def asked_frames(pattern: str, bpm: float, frames: int, frame: int = FRAME) -> np.ndarray:
    """Which frames a pattern of bars asks to sound: those whose centre lies in a bar that plays.

    Args:
        pattern: a character a 4/4 bar, `x` plays and `.` rests; the first bar begins at sample 0.
        bpm: beats a minute.
        frames: T; those after the last bar belong to it.
        frame: samples in a frame, at 32 kHz.
    Returns:
        `(T,)` bool.

    >>> asked_frames("x.", 120, 4, frame=32_000)
    array([ True,  True, False, False])
    """
    centre = (np.arange(frames) + 0.5) * frame / SAMPLE_RATE
    bar = np.minimum((centre * bpm / 240).astype(int), len(pattern) - 1)
    return np.array([mark == "x" for mark in pattern])[bar]


def edges(pattern: str, bpm: float) -> list[tuple[float, str]]:
    """Where a pattern turns on or off, as (seconds, "attack" or "release"); its start and end are no edges.

    >>> edges(".xx.", 120)
    [(2.0, 'attack'), (6.0, 'release')]
    """
    pairs = enumerate(pairwise(pattern), 1)
    return [(bar * 240 / bpm, "attack" if b == "x" else "release") for bar, (a, b) in pairs if a != b]


def edge_step(audio: np.ndarray, at: float) -> float | None:
    """How much the steepest step between samples near an edge stands out from the steps beside it: what a click is.

    Args:
        audio: `(N,)`.
        at: seconds of the edge.
    Returns:
        the largest `|x[n+1] - x[n]|` within 64 ms of the edge, over the 90th percentile of those within 4 ms of it (5 samples
        on either side of it left out): some 2 in music, 16 where a wave is cut at its peak; None where nothing sounds.
    """
    centre, near = round(at * SAMPLE_RATE), round(EDGE * SAMPLE_RATE)
    step = np.abs(np.diff(np.asarray(audio, np.float64)[max(0, centre - near) : centre + near]))
    if len(step) < 2 * BESIDE or step.max() < 1e-5:
        return None
    place = int(step.argmax())
    beside = np.r_[step[max(0, place - BESIDE) : max(0, place - 4)], step[place + 5 : place + BESIDE]]
    return float(step[place] / (np.quantile(beside, 0.9) + 1e-7))


def activity_scores(asked: np.ndarray, played: np.ndarray) -> dict[str, float]:
    """Precision, recall and F1 of frames that sound, with the F1 of playing all the time.

    Args:
        asked: bool, any shape: frames in which the stem should sound.
        played: bool, the same shape: those in which it does (`stemlab.codec.audio.activity`).
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
