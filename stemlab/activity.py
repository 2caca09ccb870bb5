"""Who plays when: patterns of bars as text, turned into one value for each latent frame."""

import torch

from stemlab.audio import SAMPLE_RATE

REST, PLAY, FREE = 0, 1, 2


def activity_frames(
    activity: dict[str, str] | None, names: list[str], bpm: float | None, bars: int | None, frames: int, frame: int
) -> torch.Tensor | None:
    """The activity condition of some stems.

    Args:
        activity: by stem name, a character a bar: `x` plays, `.` rests; a stem that is not named is free.
        names: of the stems wanted.
        bpm, bars: of the group.
        frames: T.  frame: samples in a latent frame.
    Returns:
        `(len(names), T)` of REST, PLAY or FREE; None when nothing is asked.
    Raises:
        ValueError: no bpm or bars to place a pattern on.
    """
    if not activity:
        return None
    if not bpm or not bars:
        raise ValueError("activity needs bpm and bars, which say where each bar lies: give both")
    centre = (torch.arange(frames) + 0.5) * frame / SAMPLE_RATE  # seconds
    bar = (centre * bpm / 240).long().clamp(max=bars - 1)
    free = torch.full((frames,), FREE)
    patterns = {name: torch.tensor([".x".index(mark) for mark in pattern]) for name, pattern in activity.items()}
    return torch.stack([patterns[name][bar] if name in patterns else free for name in names])
