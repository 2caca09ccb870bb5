"""Where notes may begin: at each 16 ms and for each of 88 keys, the level at its first harmonics, and where that grows.

There are three thousand such places in 8 s, of which a network (`stemlab.lab.notes`) finds the true ones. A second one is
shown what begins together: a note is likelier where no likelier one begins at the same moment whose harmonic it may be.

Lesson: 01_stems_and_mixes.ipynb
"""

from dataclasses import dataclass

import numpy as np

from stemlab.lab.pitch_bands import around_keys, highest
from stemlab.model import PITCHES

RATIOS = (1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 3, 4, 5, 6, 8)  # of frequency, that the network looks at
SEMITONES = (-2, -1, 1, 2)  # beside the key, that it looks at
TIMES = (-8, -4, -2, -1, 0, 1, 2, 4, 8)  # frames before and after, in the quick bands
SHARP_TIMES = (-4, 2, 8)  # in the sharp ones
HARMONICS = {1: 1.0, 2: 0.7, 3: 0.5, 4: 0.35}  # weights of what finds the candidates
LEAST_RISE, LEAST_LEVEL, LEAST_FLUX = 0.03, 0.3, 0.004  # of a candidate
INTERVALS = (-28, -24, -19, -12, -7, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 12, 19, 24, 28)  # semitones away
TOGETHER = 0.055  # seconds
NEAR = 3  # frames before and after in which a key that grows needs no second candidate


@dataclass(frozen=True)
class Candidates:
    """Where notes may begin.

    Attributes:
        key, frame: of each, `(n,)`.
        seen: what the network looks at, `(n, looks)`.
        level: at the first harmonics of each key, `(PITCHES, F)`.
    """

    key: np.ndarray
    frame: np.ndarray
    seen: np.ndarray
    level: np.ndarray


def candidates(quick: np.ndarray, sharp: np.ndarray) -> Candidates:
    """All of a stem, from its `pitch_bands` in both kinds: where a key grows, and each key that sounds where all does."""
    at = {ratio: around_keys(quick, ratio) for ratio in {*RATIOS, *HARMONICS}}
    level = np.average([at[h] for h in HARMONICS], axis=0, weights=list(HARMONICS.values()))
    heard = np.maximum(level, LEAST_LEVEL)
    rise = np.maximum(_ahead(heard, 1) - _ahead(heard, -2), 0.7 * (_ahead(heard, 4) - _ahead(heard, -4)))
    soon = highest(level, 5, before=0)
    peaks = (rise == highest(rise, 5)) & (rise > LEAST_RISE)
    flux = np.maximum(_ahead(quick, 1) - _ahead(quick, -1), 0).mean(0)  # (F,)
    together = (flux == highest(flux, 7)) & (flux > LEAST_FLUX)
    peaks |= together & ~highest(peaks, 2 * NEAR - 1)
    key, frame = np.nonzero(peaks & (soon > LEAST_LEVEL))
    looks = [at[ratio] for ratio in RATIOS] + [np.roll(at[1], -by, axis=0) for by in SEMITONES]
    looks.append(np.broadcast_to(8 * flux, level.shape))
    sharper = [around_keys(sharp, ratio) for ratio in RATIOS]
    sharper += [np.roll(sharper[RATIOS.index(1)], -by, axis=0) for by in SEMITONES]
    seen = [_look(looks, key, frame, TIMES), _look(sharper, key, frame, SHARP_TIMES), key[:, None] / PITCHES]
    return Candidates(key, frame, np.concatenate(seen, 1).astype(np.float32), level)


def context(key: np.ndarray, start: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """How likely others begin with each candidate.

    Args:
        key, start, odds: of each candidate, `(n,)`; start in seconds.
    Returns:
        `(n, 23)`: the likeliest of those at each of INTERVALS, the sum of all, and the candidate's own log odds.
    """
    order = np.argsort(start, kind="stable")
    keys, chances = key[order], odds[order]
    first, behind = (np.searchsorted(start[order], start[order] + away) for away in (-TOGETHER, TOGETHER))
    seen = np.zeros((len(key), len(INTERVALS) + 2), np.float32)
    column = {interval: i for i, interval in enumerate(INTERVALS)}
    for row in range(len(key)):
        around = np.arange(first[row], behind[row])
        around = around[around != row]
        for interval, chance in zip((keys[around] - keys[row]).tolist(), chances[around].tolist(), strict=True):
            if interval in column:
                seen[row, column[interval]] = max(seen[row, column[interval]], chance)
        seen[row, -2] = chances[around].sum() / 4
    seen[:, -1] = np.log(chances / (1 - chances + 1e-9) + 1e-9) / 3
    return seen[np.argsort(order, kind="stable")]


def _ahead(level: np.ndarray, frames: int) -> np.ndarray:
    """What comes so many frames later, or earlier; at the ends the last there is."""
    return np.take(level, np.clip(np.arange(level.shape[-1]) + frames, 0, level.shape[-1] - 1), axis=-1)


def _look(looks: list[np.ndarray], key: np.ndarray, frame: np.ndarray, times: tuple[int, ...]) -> np.ndarray:
    """Those levels around each candidate, `(n, looks * times)`; silence beyond the ends."""
    edge = max(map(abs, times))
    grown = np.pad(np.stack(looks), ((0, 0), (0, 0), (edge, edge)))
    seen = grown[:, key[:, None], frame[:, None] + edge + np.array(times)]  # (looks, n, times)
    return np.concatenate([*seen], axis=1)
