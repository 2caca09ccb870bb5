"""What is being made, heard before it is done: at each point of the flow the straight way on leads to a sketch.

At time t, with velocity v, that is `x + (1 - t) v`: the mean of all music that the noise could still become, blurred in
the beginning. Lesson 03 shows it as a picture.

Lesson: 03_flow_matching.ipynb
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from stemlab.sampling import Sampling

PARTS = (0.25, 0.5, 0.75)  # of the steps, after which there is a sketch
PEAK = 0.9
MOST_FRAMES = 400  # of latents; decoding more would take longer than it is worth


class Sketcher:
    """Hears each step of a run, and tells a sketch now and then.

    Args:
        codec: decodes latents.
        tell: called with (steps done, steps in all, `(N,)` or `(2, N)` of the mix).
        sampler: of the run; a "quadratic" one has short steps first.
    """

    def __init__(self, codec: Any, tell: Callable[[int, int, np.ndarray], None], sampler: str = Sampling.sampler):
        self._codec, self._tell = codec, tell
        self._power = 2 if sampler == "quadratic" else 1
        self._before: torch.Tensor | None = None

    def step(self, done: int, total: int, x: torch.Tensor) -> None:
        """After a step of the solver: x is `(stems, C, T)`."""
        before, self._before = self._before, x
        if before is None or before.shape != x.shape or done not in {round(total * part) for part in PARTS}:
            return
        if x.shape[2] <= MOST_FRAMES:
            times = ((done - 1) / total) ** self._power, (done / total) ** self._power
            self._tell(done, total, self.mix(predicted_end(before, x, *times)))

    def mix(self, latents: torch.Tensor) -> np.ndarray:
        """The sum of decoded stems, which peaks at 0.9."""
        sound = self._codec.decode(latents.float().cpu()).sum(0)
        return (sound * (PEAK / sound.abs().max().clamp(min=1e-6))).numpy()


def predicted_end(before: torch.Tensor, x: torch.Tensor, t_before: float, t: float) -> torch.Tensor:
    """Where the straight way from one step to the next leads at t = 1.

    Args:
        before, x: at the times `t_before` and `t`.

    >>> predicted_end(torch.tensor([1.0]), torch.tensor([1.5]), 0.25, 0.5)
    tensor([2.5000])
    """
    return x + (1 - t) * (x - before) / (t - t_before)
