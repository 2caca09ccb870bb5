"""Which chords does a recording play? Major and minor triads matched to its pitches, bar by bar, in the likeliest order.

Source: templates and Viterbi decoding as in Mueller 2015, "Fundamentals of Music Processing", Sec. 5.2 and 5.3.
"""

import numpy as np

from stemlab.metrics.harmony import NOTES, SAMPLE_RATE, chroma

TRIADS = {"": (0, 4, 7), "m": (0, 3, 7)}
WEIGHTS = (1.0, 0.8, 0.9)  # of root, third and fifth
SHARPNESS = 12.0  # of a cosine, as log odds
STAY = 0.5  # log odds for the chord of the window before


def chords_of(audio: np.ndarray, bpm: float, downbeat: float = 0.0, beats: int = 4) -> list[str | None]:
    """A chord for each window.

    Args:
        audio: `(N,)` at 32 kHz.
        bpm: beats a minute.
        downbeat: seconds of the first downbeat; what is before it is not looked at.
        beats: of a window; 4 are a bar.
    Returns:
        names such as "Am"; None where nothing pitched sounds.
    """
    pitches = chroma(audio[round(downbeat * SAMPLE_RATE) :], bpm, beats)  # (W, 12)
    norms = np.linalg.norm(pitches, axis=1)
    names, templates = _templates()
    score = SHARPNESS * (pitches / np.maximum(norms, 1e-9)[:, None]) @ templates.T  # (W, 24)
    best, back = score[0], []
    for row in score[1:]:
        moved = best[:, None] + STAY * np.eye(len(names))
        back.append(moved.argmax(0))
        best = moved.max(0) + row
    path = [int(best.argmax())]
    for before in reversed(back):
        path.append(int(before[path[-1]]))
    return [names[i] if norm > 0 else None for i, norm in zip(reversed(path), norms, strict=True)]


def _templates() -> tuple[list[str], np.ndarray]:
    """Names of the 24 triads, and their pitch classes, `(24, 12)`, each of length 1."""
    names, rows = [], []
    for kind, tones in TRIADS.items():
        for root, note in enumerate(NOTES):
            row = np.zeros(12)
            for tone, weight in zip(tones, WEIGHTS, strict=True):
                row[(root + tone) % 12] = weight
            names.append(note + kind)
            rows.append(row / np.linalg.norm(row))
    return names, np.array(rows)
