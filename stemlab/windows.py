"""Music longer than the network has learnt: windows that overlap, and their velocities blended at every step.

One path leads from noise to latents for the whole length, so there is nothing to join afterwards: where two windows
overlap, each step follows a mean of their velocities that moves from one window's to the other's.

Source: Bar-Tal et al. 2023, "MultiDiffusion", arXiv:2302.08113, here in time and with ramps for weights.
"""

import torch

from stemlab.framing import WINDOW


def longest(window: int = WINDOW) -> int:
    """Frames that go through in one piece: 20.5 s for windows of 12.3 s."""
    return window * 5 // 3


def overlap(window: int = WINDOW) -> int:
    """Frames that neighbours share at least: a third of a window."""
    return window // 3


def spans(frames: int, window: int = WINDOW) -> list[tuple[int, int]]:
    """Windows over so many frames, each as (first, behind the last).

    Args:
        frames: T.
        window: length of one in frames, that of the longest pieces in training.

    >>> spans(300), spans(400)
    ([(0, 300)], [(0, 192), (104, 296), (208, 400)])
    """
    if frames <= longest(window):
        return [(0, frames)]
    steps = -(-(frames - window) // (window - overlap(window)))
    starts = [round(i * (frames - window) / steps) for i in range(steps + 1)]
    return [(start, start + window) for start in starts]


def weights(windows: list[tuple[int, int]], frames: int) -> list[torch.Tensor]:
    """Weight of each window at each of its frames: ramps where it meets its neighbours; at every frame the sum is 1.

    Args:
        windows: as from `spans`.
        frames: T.
    Returns:
        one `(length of the window,)` for each.
    """
    width = windows[0][1] - windows[0][0]
    ramp = torch.arange(1, width + 1).float()
    raw = []
    for start, stop in windows:
        shape = torch.ones(stop - start)
        if start > 0:
            shape = torch.minimum(shape, ramp[: stop - start] / (overlap(width) + 1))
        if stop < frames:
            shape = torch.minimum(shape, ramp[: stop - start].flip(0) / (overlap(width) + 1))
        raw.append(shape)
    total = torch.zeros(frames)
    for (start, stop), shape in zip(windows, raw, strict=True):
        total[start:stop] += shape
    return [shape / total[start:stop] for (start, stop), shape in zip(windows, raw, strict=True)]
