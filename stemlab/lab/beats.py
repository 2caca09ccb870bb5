"""Where the beat of a recording is: its tempo, its first downbeat, its key, and how sure that is.

Many readings are weighed together (`stemlab.lab.meter`), with weights fitted to composed songs. A tempo that is told is taken
as it is and only its readings are weighed. What drifts is refused with its numbers (`stemlab.lab.drift`).

Lesson: 07_play_along.ipynb
"""

from dataclasses import dataclass, field

import numpy as np

from stemlab.codec.audio import SAMPLE_RATE
from stemlab.lab.drift import check_steady
from stemlab.lab.hearing_weights import KEYS, METRE
from stemlab.lab.meter import NAMES, downbeats, features, tempi
from stemlab.lab.onsets import Onsets, onsets
from stemlab.metrics.harmony import NOTES, chroma

SLOWEST, FASTEST = 56.0, 190.0  # beats a minute, of tempi that are looked for; told ones may be others
LEAST_ONSETS = 2
FEW, FEW_SURE = 4, 0.5  # with fewer onsets it is mostly the length that speaks: never surer than this
WHOLE_SECONDS = 0.025  # a whole number of bpm is taken when the beats drift less than this from it over the recording
SAME = 0.012, 0.05  # readings whose tempi (as a share) and downbeats (in seconds) differ by less are one
SURE, KEY_SURE = 0.6, 0.5  # probabilities from which on a reading is taken without a word, and a key at all
PITCHED = 6.0  # of the chroma in a window of two beats; drums alone stay below


@dataclass(frozen=True)
class Beat:
    """What was heard.

    Args:
        bpm: beats a minute, or None when there are too few onsets to tell.
        downbeat: seconds of the first downbeat, less than a bar.
        sure: probability of this reading among all that were weighed, 1 when it was told.
        second: the next likely reading, as (bpm, downbeat).
    """

    bpm: float | None
    downbeat: float
    sure: float = field(default=1.0, compare=False, repr=False)
    second: tuple[float, float] | None = field(default=None, compare=False, repr=False)


def listen(audio: np.ndarray, bpm: float | None = None, downbeat: float | None = None) -> Beat:
    """Find tempo and first downbeat of a recording, as far as they are not told.

    Args:
        audio: `(N,)` at 32 kHz.
        bpm: when it is known. With `downbeat` too, nothing is estimated and nothing is doubted.
        downbeat: seconds of the first downbeat, when it is known.
    Raises:
        ValueError: the recording clearly keeps another tempo than `bpm`, and not half or double of it; or it drifts.

    >>> listen(np.zeros(64_000), bpm=100)
    Beat(bpm=100, downbeat=0.0)
    """
    if bpm and downbeat is not None:
        return Beat(bpm, downbeat % (240 / bpm))
    heard = onsets(audio)
    if len(heard.times) < LEAST_ONSETS:
        return Beat(bpm, (downbeat or 0.0) % (240 / bpm) if bpm else 0.0, 0.0)
    readings, odds = weighed(heard, [bpm] if bpm else None, downbeat)
    if bpm:
        _check_told(heard, bpm)
    best, second = _two_best(readings, odds)
    found = bpm or _rounded(float(readings[best, 0]), heard.seconds)
    at = (float(readings[best, 1]) if downbeat is None else downbeat) % (240 / found)
    sure = min(float(odds[_like(readings, best)].sum()), 1.0 if len(heard.times) >= FEW else FEW_SURE)
    beat = Beat(found, at, sure, second)
    check_steady(heard, found, beat.downbeat)
    return beat


def readings_of(
    heard: Onsets, bpms: list[float] | None = None, downbeat: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """All readings that are worth weighing, and what is weighed of them.

    Args:
        heard: the recording.
        bpms: tempi to try, in beats a minute; by default those that the recording itself speaks for.
        downbeat: seconds of the first downbeat, when it is known.
    Returns:
        `(n, 2)` of bpm and downbeat, and `(n, len(NAMES))`.
    """
    readings, rows = [], []
    for bpm in bpms or tempi(heard, SLOWEST, FASTEST):
        starts = downbeats(heard, bpm) if downbeat is None else np.array([downbeat % (240 / bpm)])
        readings += [(bpm, float(start)) for start in starts]
        rows.append(features(heard, bpm, starts))
    return np.array(readings), np.concatenate(rows)


def weighed(
    heard: Onsets, bpms: list[float] | None = None, downbeat: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The readings of `readings_of`, and how probable each is among them, `(n,)`, which sums to 1."""
    readings, rows = readings_of(heard, bpms, downbeat)
    scores = rows @ np.array([METRE[name] for name in NAMES])
    odds = np.exp(scores - scores.max())
    return readings, odds / odds.sum()


def key_of(audio: np.ndarray, beat: Beat) -> str | None:
    """The key of a recording, such as "A minor"; None when it has no pitches or several keys are as likely.

    Args:
        audio: `(N,)` at 32 kHz.
        beat: as heard.
    """
    both, strength = first_and_all(audio, beat)
    if strength < PITCHED or not both[1].any():
        return None
    scores = {}
    for mode, (over_all, first_bar, before) in KEYS.items():
        for tonic in range(12):
            turned = np.roll(both, -tonic, axis=1)
            scores[f"{NOTES[tonic]} {mode}"] = float(turned[0] @ over_all + turned[1] @ first_bar) + before
    odds = np.exp(np.array(list(scores.values())) - max(scores.values()))
    return max(scores, key=lambda name: scores[name]) if odds.max() / odds.sum() >= KEY_SURE else None


def first_and_all(audio: np.ndarray, beat: Beat) -> tuple[np.ndarray, float]:
    """Pitch classes over all bars and in the first, `(2, 12)`, each of length 1; and how much is pitched, of two beats."""
    bars = chroma(audio[round(beat.downbeat * SAMPLE_RATE) :], beat.bpm or 100.0, 4)  # (bars, 12)
    rows = [row / max(float(np.linalg.norm(row)), 1e-9) for row in (bars.sum(0), bars[0])]
    return np.stack(rows), float(bars.sum() / len(bars) / 2)


def _check_told(heard: Onsets, bpm: float) -> None:
    """Refuse a tempo that the recording surely does not keep, and that its length does not speak for."""
    bars = heard.seconds * bpm / 240
    if bars > 0.9 and abs(bars - round(bars)) * 240 / bpm < 0.02:
        return
    readings, odds = weighed(heard, [*tempi(heard, SLOWEST, FASTEST), bpm])
    best, _ = _two_best(readings, odds)
    found = float(readings[best, 0])
    octaves = np.log2(found / bpm)
    near = abs(octaves - round(octaves)) < np.log2(1.04)
    if not near and odds[_like(readings, best)].sum() > 0.9 and odds[readings[:, 0] == bpm].sum() < 0.01:
        found = _rounded(found, heard.seconds)
        raise ValueError(
            f"bpm: got {bpm:g}, but the recording keeps {found:.1f} (or half or double of it); leave bpm out to take "
            f"that, or say where the grid lies with downbeat=0.0 (seconds) to have {bpm:g} all the same."
        )


def _like(readings: np.ndarray, which: int) -> np.ndarray:
    """Which readings are the same as one, but for a hair, `(n,)` bool."""
    bpm, downbeat = readings[which]
    bar = 240 / bpm
    away = np.abs((readings[:, 1] - downbeat + bar / 2) % bar - bar / 2)
    return (np.abs(readings[:, 0] / bpm - 1) < SAME[0]) & (away < SAME[1])


def _two_best(readings: np.ndarray, odds: np.ndarray) -> tuple[int, tuple[float, float] | None]:
    """The likeliest reading, and the likeliest of the others."""
    best = int(odds.argmax())
    others = np.where(_like(readings, best), -1.0, odds)
    if others.max() <= 0:
        return best, None
    bpm, downbeat = readings[int(others.argmax())]
    return best, (round(float(bpm), 2), round(float(downbeat), 3))


def _rounded(bpm: float, seconds: float) -> float:
    """A whole number of beats a minute where that is as good."""
    whole = round(bpm)
    return float(whole) if abs(whole / bpm - 1) * seconds < WHOLE_SECONDS else round(bpm, 3)
