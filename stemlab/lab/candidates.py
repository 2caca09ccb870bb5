"""Best of several groups: the one whose onsets are most in step."""

from collections.abc import Sequence

import numpy as np

from stemlab.codec.audio import SAMPLE_RATE, resample
from stemlab.lab.group import StemGroup
from stemlab.metrics.sync import beat_alignment, onsets_together


def sync_score(group: StemGroup) -> float:
    """How well a group is in step: the mean of `onsets_together` over its stems, of `beat_alignment` for a single stem.

    A stem with too few onsets to judge counts 0, so a group does not win by falling silent.
    """
    if len(group) == 1:
        assert group.bpm
        return beat_alignment(_at_32k(group)[0], group.bpm) or 0.0
    return sum(score or 0.0 for score in onsets_together(list(_at_32k(group)))) / len(group)


def _at_32k(group: StemGroup) -> np.ndarray:
    """The stems as the measures take them: `(S, N)`, mono at 32 kHz."""
    return resample(group.mono, group.sample_rate, SAMPLE_RATE)


def best(groups: Sequence[StemGroup]) -> tuple[StemGroup, dict]:
    """The group with the highest score, the first of equals, and the choice as settings keep it.

    Args:
        groups: made from the same request with other seeds.
    """
    scores = [sync_score(group) for group in groups]
    kept = groups[scores.index(max(scores))]
    told = {str(group.settings["seed"]): round(score, 4) for group, score in zip(groups, scores, strict=True)}
    measure = "onsets_together" if len(kept) > 1 else "beat_alignment"
    return kept, {"measure": measure, "scores": told, "kept": kept.settings["seed"]}
