"""Where the beat of a recording is: its tempo, to a hundredth of a beat a minute or so, and its first downbeat.

The tempo is that of `metrics.sync`, from 71 to 141 bpm, then refined on all onsets together: over five minutes an error of
0.1 % would be a quarter of a second. The phase is where beats, eighths and sixteenths meet most onset strength. The
downbeat is the beat of four on which harmony changes most and the low end is strongest.

Lesson: 07_play_along.ipynb
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, sosfilt

from stemlab.codec.audio import SAMPLE_RATE
from stemlab.metrics.harmony import chroma
from stemlab.metrics.sync import RATE, onset_strength, onset_times, tempo

USUAL_BPM = 100.0
WHOLE_SECONDS = 0.025  # a whole number of bpm is taken when the beats drift less than this from it over the recording
LEVELS = ((1, 1.0), (2, 0.5), (4, 0.5))  # beats, eighths and sixteenths, with their weights
AT_START = 0.050, 0.080  # seconds: a beat so near to the start of the recording is at it; when the tempo is told
CONTRADICTION = 0.6  # of the support that the recording's own tempo has
BENEFIT = 0.15, 0.30  # of the doubt, for the recording to begin on a downbeat; who knows the tempo often cut it there


@dataclass(frozen=True)
class Beat:
    """What was heard.

    Args:
        bpm: beats a minute, or None when there are too few onsets to tell.
        downbeat: seconds of the first downbeat, less than a bar.
    """

    bpm: float | None
    downbeat: float


def listen(audio: np.ndarray, bpm: float | None = None, downbeat: float | None = None) -> Beat:
    """Find tempo and first downbeat of a recording, as far as they are not told.

    Args:
        audio: `(N,)` at 32 kHz.
        bpm: when it is known. With `downbeat` too, nothing is estimated and nothing is doubted.
        downbeat: seconds of the first downbeat, when it is known.
    Raises:
        ValueError: the recording clearly keeps another tempo than `bpm`, and not half or double of it.

    >>> listen(np.zeros(64_000), bpm=100)
    Beat(bpm=100, downbeat=0.0)
    """
    if bpm and downbeat is not None:
        return Beat(bpm, downbeat % (240 / bpm))
    times, strength = _onsets(audio)
    found = tempo(audio, bpm or USUAL_BPM)
    if found is None:
        return Beat(bpm, (downbeat or 0.0) % (240 / bpm) if bpm else 0.0)
    found = _refined(times, strength, found, len(audio) / SAMPLE_RATE)
    if bpm and abs(found / bpm - 1) > 0.04:
        near = bpm * np.linspace(0.99, 1.01, 21)
        if max(_support(times, strength, b) for b in near) < CONTRADICTION * _support(times, strength, found):
            raise ValueError(
                f"bpm: got {bpm:g}, but the recording keeps {found:.1f} (or half or double of it); leave bpm out to take "
                f"that, or say where the grid lies with downbeat=0.0 (seconds) to have {bpm:g} all the same."
            )
    if downbeat is None:
        downbeat = _downbeat(audio, times, strength, bpm or found, told=bpm is not None)
    return Beat(bpm or found, downbeat % (240 / (bpm or found)))


def _onsets(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Seconds and strengths of the steep onsets, each `(n,)`."""
    times = onset_times(audio)
    return times, onset_strength(audio)[np.round(times * RATE).astype(int)]


def _support(times: np.ndarray, strength: np.ndarray, bpm: float, phase: float | None = None) -> float:
    """How well onsets fall on a grid, from 0 to 1: at its best phase, or with a beat at `phase` seconds."""
    total = 0.0
    for level, weight in LEVELS:
        wave = (strength * np.exp(2j * np.pi * level * bpm / 60 * (times - (phase or 0.0)))).sum()
        total += weight * float(abs(wave) if phase is None else wave.real)
    return total / (sum(weight for _, weight in LEVELS) * float(strength.sum()))


def _refined(times: np.ndarray, strength: np.ndarray, bpm: float, seconds: float) -> float:
    """The tempo within 2 % of `bpm` that all onsets support best; a whole number where that is as good."""
    width = 60 / (32 * max(seconds, 1.0))  # bpm: the last sixteenth moves by an eighth of itself
    tried = bpm + np.arange(-np.ceil(0.02 * bpm / width), np.ceil(0.02 * bpm / width) + 1) * width
    best = float(tried[np.argmax([_support(times, strength, b) for b in tried])])
    whole = round(best)
    return float(whole) if abs(whole / best - 1) * seconds < WHOLE_SECONDS else round(best, 3)


def _downbeat(audio: np.ndarray, times: np.ndarray, strength: np.ndarray, bpm: float, told: bool) -> float:
    """The first downbeat: of eight eighths, the one on which the beat, the harmony and the low end agree best."""
    beat = 60 / bpm
    phases = np.arange(0, beat, 0.004)
    scores = np.array([_support(times, strength, bpm, phase) for phase in phases])
    first = float(phases[scores.argmax()])
    near, doubt = AT_START[told], BENEFIT[told]
    if min(first, beat - first) < near or scores[0] > (1 - doubt) * scores.max():
        first = 0.0
    if len(audio) / SAMPLE_RATE < 8 * beat:
        return first
    low = sosfilt(butter(4, 150, "low", fs=SAMPLE_RATE, output="sos"), audio)
    found: dict[float, float] = {}
    for start in (first, (first + beat / 2) % beat):
        on_beat = _support(times, strength, bpm, start)
        means = _accents(audio, low, bpm, start)
        found |= {start + beat * i: float(means[i]) + on_beat for i in range(4)}
    found[first] += doubt
    return max(found, key=lambda at: found[at])


def _accents(audio: np.ndarray, low: np.ndarray, bpm: float, start: float) -> np.ndarray:
    """How strongly each of four beats is marked, `(4,)`: change of harmony and punch in the low end, each from 0 to 1."""
    beats = np.arange(start, len(audio) / SAMPLE_RATE - 30 / bpm, 60 / bpm)
    pitches = chroma(audio[round(start * SAMPLE_RATE) :], bpm, beats=1)
    change, punch = np.zeros(len(beats)), np.zeros(len(beats))
    for i, at in enumerate(beats):
        sample = round(at * SAMPLE_RATE)
        punch[i] = np.sqrt(np.mean(low[sample : sample + 4000] ** 2))
        before, after = pitches[max(0, i - 2) : i].sum(0), pitches[i : i + 2].sum(0)
        norms = np.linalg.norm(before) * np.linalg.norm(after)
        change[i] = 1 - before @ after / norms if norms > 0 else 0.0
    accents = change + punch / max(punch.max(), 1e-9)
    return np.array([accents[i::4].mean() for i in range(4)])
