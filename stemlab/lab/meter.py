"""Readings of a recording's metre: what a person would weigh, for each pair of a tempo and a first downbeat.

A reading is scored by features: where in its bars the low and the loud, the high and the chord changes fall; how much of
the sound falls on its sixteenths; whether it repeats at its beats and bars; whether the recording is a whole number of its
bars long, begins on its downbeat, and begins with an onset; and how usual its tempo is. All readings are weighed together.

Lesson: 07_play_along.ipynb
"""

import numpy as np

from stemlab.lab.onsets import RATE, Onsets

STEPS = 16  # sixteenths a bar
EXACT, LOOSE = 0.012, 0.045  # seconds: a cut to the sample; one with the padding of an encoder
NAMES = (
    *(f"{range_} {where}" for range_ in ("low", "middle", "high") for where in ("1", "3", "2+4", "8ths")),
    *(f"{what} on {beat}" for what in ("low level", "level") for beat in ("1", "3")),
    "chords on 1", "chords on 3", "on grid", "beats", "8ths", "16ths", "triplets", "tempo", "tempo squared",
    "repeats beat", "repeats half", "repeats bar",
    "cut 1 2 4 8", "cut even", "cut odd", "loose cut", "cut and on 1", "from 0", "from 0 with onset", "from first onset",
    "cut from first onset", "in tune",
)  # fmt: skip


def features(heard: Onsets, bpm: float, downbeats: np.ndarray) -> np.ndarray:
    """What is weighed of the readings of one tempo.

    Args:
        heard: the recording.
        bpm: beats a minute.
        downbeats: `(n,)`, seconds of the first downbeat, from 0 and below a bar.
    Returns:
        `(n, len(NAMES))`.
    """
    cut, repeats = _cut(heard.seconds, bpm), _repeats(heard, bpm)
    octave = np.log2(bpm / 110)
    first = float(heard.times[0]) if len(heard.times) else 0.0
    begins = float(heard.growth.sum(0)[:4].max())
    late_cut = max(_cut(heard.seconds - first, bpm)[:2]) if first > LOOSE else 0.0
    in_tune = _support(heard, bpm) / max(_support(heard, refined(heard, bpm)), 1e-9)
    rows = []
    for downbeat in downbeats:
        shape, on_grid = _bars(heard, bpm, downbeat)
        levels, chords = _beats(heard, bpm, downbeat)
        at_zero = float(_close(min(downbeat, 240 / bpm - downbeat), EXACT))
        away = abs((downbeat - first + 120 / bpm) % (240 / bpm) - 120 / bpm)
        from_first = float(_close(away, 2 * EXACT))
        rows.append([
            *shape, *levels, *chords, on_grid, *_waves(heard, bpm, downbeat), octave, octave**2, *repeats, *cut,
            cut[0] * at_zero, at_zero, at_zero * begins, from_first, late_cut * from_first, in_tune,
        ])  # fmt: skip
    return np.array(rows)


def tempi(heard: Onsets, low: float, high: float) -> list[float]:
    """Tempi worth a reading: those whose bars fill the recording, and those at which it repeats or keeps a grid."""
    first = float(heard.times[0]) if len(heard.times) else 0.0
    lengths = [heard.seconds, heard.seconds - first] if first > LOOSE else [heard.seconds]
    found = [240 * n / seconds for seconds in lengths for n in range(1, 17)]
    tried = np.exp(np.arange(np.log(low), np.log(high), 0.004))
    scores = np.array([_periodic(heard, bpm) for bpm in tried])
    peaks = [i for i in range(1, len(tried) - 1) if scores[i] >= max(scores[i - 1], scores[i + 1])]
    best = sorted(peaks, key=lambda i: -scores[i])[:6]
    found += [refined(heard, float(tried[i])) for i in best]
    kept: list[float] = []
    for bpm in found:
        if low <= bpm <= high and all(abs(bpm / other - 1) > 0.05 / (heard.seconds * bpm / 60) for other in kept):
            kept.append(bpm)
    return kept


def refined(heard: Onsets, bpm: float) -> float:
    """The tempo within 2 % of `bpm` that all onsets support best."""
    width = 60 / (32 * max(heard.seconds, 1.0))  # bpm: the last sixteenth moves by an eighth of itself
    tried = bpm + np.arange(-np.ceil(0.02 * bpm / width), np.ceil(0.02 * bpm / width) + 1) * width
    return float(tried[np.argmax([_support(heard, b) for b in tried])])


def _support(heard: Onsets, bpm: float) -> float:
    """How well onsets fall on beats, eighths and sixteenths of a tempo, wherever those begin."""
    return float(abs(_wave(heard, bpm, np.array([1, 2, 4]))).sum())


def downbeats(heard: Onsets, bpm: float) -> np.ndarray:
    """First downbeats worth a reading: each of four beats from each phase at which onsets meet the grid."""
    beat = 60 / bpm
    phases = np.arange(0, beat, 0.004)
    turn = np.exp(2j * np.pi * np.outer((1, 2, 4), phases) / beat)  # (3, n)
    support = (
        np.array([1.0, 0.5, 0.5])[:, None] * _wave(heard, bpm, np.array([1, 2, 4])).conj()[:, None] * turn
    ).real.sum(0)
    best = float(phases[support.argmax()])
    starts = [0.0, best, (best + beat / 2) % beat, (best + beat / 4) % beat, (best + 3 * beat / 4) % beat]
    if len(heard.times):
        starts.append(float(heard.times[0]) % beat)
    kept: list[float] = []
    for start in starts:
        if all(abs((start - other + beat / 2) % beat - beat / 2) > 0.02 for other in kept):
            kept.append(start)
    return np.array([start + beat * i for start in kept for i in range(4)])


def _close(away: np.ndarray | float, width: float) -> np.ndarray | float:
    return np.exp(-0.5 * np.square(away / width))


def _bars(heard: Onsets, bpm: float, downbeat: float) -> tuple[list[float], float]:
    """Growth at places of the bar, of each range, over its mean over all sixteenths; and how far sixteenths stand out."""
    step = 240 / bpm / STEPS
    first = -int(downbeat / step + 0.1)
    count = int((heard.seconds - downbeat) / step - 0.1) + 1
    places = np.arange(first, max(count, first + 1))
    growth = heard.around(downbeat + places * step)  # (3, n)
    counts = np.maximum(np.bincount(places % STEPS, minlength=STEPS), 1)
    shape = []
    for row in growth:
        mean = np.bincount(places % STEPS, row, STEPS) / counts
        mean /= max(float(mean.mean()), 1e-3)
        shape += [mean[0], mean[8], mean[[4, 12]].mean(), mean[2::4].mean()]
    return list(np.minimum(shape, 6.0)), float(growth.sum(0).mean()) / max(heard.average, 1e-6)


def _beats(heard: Onsets, bpm: float, downbeat: float) -> tuple[list[float], list[float]]:
    """How the first and the third of four beats stand out in level, of the low range and of all, and in change of chord."""
    beat = 60 / bpm
    at = np.arange(downbeat - 4 * beat, heard.seconds - 0.5 * beat, beat)
    place = np.arange(len(at)) % 4
    place, at = place[at > -0.02], at[at > -0.02]
    if len(at) < 2:
        return [0.0] * 4, [0.0] * 2
    span = max(1, round(0.12 * RATE))
    level = np.stack([heard.level[:, f : f + span].mean(1) for f in heard.frames(at)], 1)  # (2, n)
    total = heard.pitches_so_far
    before, here, after = (heard.frames(at + move) for move in (-beat, 0.0, beat))
    past, coming = total[here] - total[before], total[after] - total[here]
    norms = np.linalg.norm(past, axis=1) * np.linalg.norm(coming, axis=1)
    change = np.where(norms > 0, 1 - (past * coming).sum(1) / np.maximum(norms, 1e-9), np.nan)
    rows = [*(level / np.maximum(level.mean(1, keepdims=True), 1e-6)), change]
    found = []
    for row in rows:
        mean = float(np.nanmean(row)) if np.isfinite(row).any() else 0.0
        for beat_ in (0, 2):
            mine = row[(place == beat_) & np.isfinite(row)]
            found.append(float(mine.mean()) - mean if len(mine) else 0.0)
    return found[:4], found[4:]


def _wave(heard: Onsets, bpm: float, levels: np.ndarray) -> np.ndarray:
    """Onsets against waves of so many a beat, `(len(levels),)` complex, of length 1 where all fall together."""
    turn = np.exp(2j * np.pi * np.outer(levels, heard.times) * bpm / 60)
    return (turn * heard.strength).sum(1) / max(float(heard.strength.sum()), 1e-9)


def _waves(heard: Onsets, bpm: float, downbeat: float) -> list[float]:
    levels = np.array([1, 2, 4, 3])
    return list((_wave(heard, bpm, levels) * np.exp(-2j * np.pi * levels * downbeat * bpm / 60)).real)


def _periodic(heard: Onsets, bpm: float) -> float:
    wave = abs(_wave(heard, bpm, np.array([1, 2, 4])))
    return float(wave @ (1.0, 0.7, 0.7)) + sum(_repeats(heard, bpm))


def _repeats(heard: Onsets, bpm: float) -> list[float]:
    """Autocorrelation of the growth at one, two and four beats; 0 where the recording is too short to tell."""
    found = []
    for beats in (1, 2, 4):
        lag = beats * 60 / bpm * RATE
        correlation = heard.correlation
        inside = lag < 0.75 * len(correlation)
        found.append(float(np.interp(lag, np.arange(len(correlation)), correlation)) if inside else 0.0)
    return found


def _cut(seconds: float, bpm: float) -> list[float]:
    """Whether the recording is a whole number of bars long: 1, 2, 4, 8 ..., other even ones, odd ones; and loosely so."""
    bars = seconds * bpm / 240
    whole = max(1, round(bars))
    exact, loose = (float(_close((bars - whole) * 240 / bpm, width)) for width in (EXACT, LOOSE))
    kind = 0 if whole & (whole - 1) == 0 else 1 if whole % 2 == 0 else 2
    return [exact * (kind == i) for i in range(3)] + [loose * (kind == 0)]
