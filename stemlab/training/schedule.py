"""Learning rates over the steps of a training, and which weights decay.

Lesson: 09_train_your_own.ipynb
"""

import torch


def trapezoid(step: int, total: int, cooldown: float, warmup: int = 200) -> float:
    """Learning-rate factor: a linear rise, a plateau, and a linear fall to 0 over the last `cooldown` of the steps.

    A run can be cooled down at any time and the plateau gone on from. Source: Hägele et al. 2024, arXiv:2405.18392.
    """
    return min(1.0, (step + 1) / warmup, (total - step) / max(1.0, cooldown * total))


def parameter_groups(model: torch.nn.Module) -> list[dict]:
    """Weight decay for matrices, none for vectors."""
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    return [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]
