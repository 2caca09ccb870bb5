"""What begins together: a note is likelier where no likelier one begins at the same moment whose harmonic it may be.

Lesson: 01_stems_and_mixes.ipynb
"""

import numpy as np

INTERVALS = (-28, -24, -19, -12, -7, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 12, 19, 24, 28)  # semitones away
TOGETHER = 0.055  # seconds


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
