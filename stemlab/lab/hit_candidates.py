"""Where drums may be hit: each moment at which the sound grows, with what the bands of the codec show around it.

Lesson: 01_stems_and_mixes.ipynb
"""

from dataclasses import dataclass

import numpy as np
import torch

from stemlab.codec.spectrum import bands
from stemlab.lab.pitch_bands import highest

# kinds of hit: the General MIDI note that each is written as, and all that count as it
HITS: dict[str, tuple[int, frozenset[int]]] = {
    "kick": (36, frozenset({35, 36})),
    "snare": (38, frozenset({38, 40})),
    "stick": (37, frozenset({37, 75, 76, 77})),
    "clap": (39, frozenset({39})),
    "hat": (42, frozenset({42, 44})),
    "open hat": (46, frozenset({46})),
    "tom": (47, frozenset({41, 43, 45, 47, 48, 50})),
    "ride": (51, frozenset({51, 53, 59})),
    "crash": (49, frozenset({49, 52, 55, 57})),
    "tambourine": (54, frozenset({54})),
    "shaker": (70, frozenset({69, 70, 82})),
    "conga": (63, frozenset({60, 61, 62, 63, 64, 65, 66})),
    "bell": (56, frozenset({56, 80, 81})),
}
TIMES = (-3, -1, 0, 1, 2, 4, 8)  # frames before and after
RANGE_DB = 80.0  # from the loudest band down
LEAST_FLUX = 0.004  # of a candidate


@dataclass(frozen=True)
class HitCandidates:
    """Moments at which something may be hit.

    Attributes:
        frame: of each, `(n,)`.
        seen: what the network looks at, `(n, 128 * 7)`.
        level: the mean of the bands, 0 to 1.
    """

    frame: np.ndarray
    seen: np.ndarray
    level: np.ndarray


def hit_candidates(audio: np.ndarray) -> HitCandidates:
    """All of a stem, from `(N,)` at 32 kHz, N a multiple of 512."""
    with torch.no_grad():
        level = bands(torch.as_tensor(audio, dtype=torch.float32)[None])[0].numpy()  # (128, F)
    level = np.maximum((level - level.max()) / RANGE_DB + 1, 0)
    edge = max(TIMES)
    grown = np.pad(level, ((0, 0), (edge, edge)), mode="constant")
    flux = np.maximum(grown[:, edge + 1 : -edge + 1] - grown[:, edge - 1 : -edge - 1], 0).mean(0)
    frame = np.flatnonzero((flux == highest(flux, 3)) & (flux > LEAST_FLUX))
    seen = grown[:, frame[:, None] + edge + np.array(TIMES)]  # (128, n, times)
    loud = seen[:, :, TIMES.index(0) :].mean(0).max(1)
    return HitCandidates(frame, np.concatenate([*seen], axis=1), loud)
