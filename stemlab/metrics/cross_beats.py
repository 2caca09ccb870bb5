"""Do stems have their beats at the same times? Cross-track beat synchronization (CBS) and dispersion (CBD), as SyncTrack measures them.

The beats of each stem are tracked from it alone, and nobody tells the tempo. CBS cuts time into windows side by side and asks how many of
the stems have a beat in each window that has one. CBD asks how unequal the distances of nearest beats are.

What to keep in mind: two beats that lie a millisecond apart fall into two windows when an edge lies between them; a stem that is late by
the same time at every beat has a dispersion of 0; a stem that plays off the beat is out of step for both, though it plays as it should.

Not comparable with the figures of the paper: its beats are madmom's (downbeat RNN and DBN, 30 to 300 bpm), here they are those of Ellis 2007
as in librosa; its music is Slakh2100; and its windows are 70 ms as its evaluation code has it inside, 150 ms where that is called as a
command, so that both are given here.

Source: Wang et al. 2026, "SyncTrack", arXiv:2603.01101, and the evaluation code that its authors published, for what the text leaves open.
"""

from collections.abc import Sequence

import numpy as np

from stemlab.metrics.sync import HOP, SAMPLE_RATE, onset_strength

WINDOWS = {"cbs": 0.070, "cbs_wide": 0.150}  # seconds


def beat_times(audio: np.ndarray) -> np.ndarray:
    """Seconds of the beats of a stem `(N,)`, found without being told a tempo; none in silence.

    Source: tracker of Ellis 2007, "Beat tracking by dynamic programming", as in librosa.
    """
    import librosa

    strength = onset_strength(audio)
    if strength.max() < 1e-6:
        return np.zeros(0)
    beats = librosa.beat.beat_track(onset_envelope=strength, sr=SAMPLE_RATE, hop_length=HOP, units="time", trim=False)[
        1
    ]
    return np.asarray(beats, float)


def beat_synchronization(beats: Sequence[np.ndarray], window: float = WINDOWS["cbs"]) -> float | None:
    """CBS: the share of stems that have a beat in a window, over the windows in which any has one.

    Args:
        beats: times of each stem in seconds; stems without any do not count.
        window: its length in seconds.
    Returns:
        1 when all beats fall together, 1 / S when none of S stems do; None when fewer than two stems have beats.
    """
    filled = [set(np.floor(np.asarray(times) / window).astype(int).tolist()) for times in beats if len(times)]
    if len(filled) < 2:
        return None
    return float(sum(map(len, filled)) / len(filled) / len(set.union(*filled)))


def beat_dispersion(beats: Sequence[np.ndarray]) -> float | None:
    """CBD: how much the distances between nearest beats of two stems vary, as shares of half the time from beat to beat.

    Each stem is the measure of all others in turn: for each of its beats the nearest of another stem, when that lies within half the way
    to the beat before or after; the standard deviation of these distances; then the mean over stems.

    Args:
        beats: times of each stem in seconds, rising.
    Returns:
        0 when beats fall together, or are late by a constant; about 0.29 when they lie anywhere; None when nothing can be compared.
    """
    spreads = []
    for i, own in enumerate(beats):
        if len(own) < 2:
            continue
        others = [times for j, times in enumerate(beats) if j != i and len(times)]
        away = np.concatenate([_distances(np.asarray(own), np.asarray(times)) for times in others] or [np.zeros(0)])
        if len(away):
            spreads.append(float(away.std()))
    return float(np.mean(spreads)) if spreads else None


def _distances(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Distances of a stem's beats from the nearest ones of another, as shares of half a beat, where there is one."""
    nearest = other[np.abs(own[:, None] - other).argmin(1)]
    steps = np.diff(own)
    before, behind = np.r_[steps[0], steps] / 2, np.r_[steps, steps[-1]] / 2
    late = nearest - own
    paired = (late >= -before) & (late < behind)
    return (np.abs(late) / np.where(late >= 0, behind, before))[paired]


def cross_beats(stems: Sequence[np.ndarray]) -> dict[str, float | None]:
    """CBS at both windows, and CBD, of stems `(N,)` each at 32 kHz, by the names `cbs`, `cbs_wide` and `cbd`."""
    beats = [beat_times(stem) for stem in stems]
    found = {name: beat_synchronization(beats, window) for name, window in WINDOWS.items()}
    return {**found, "cbd": beat_dispersion(beats)}
