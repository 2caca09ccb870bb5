"""How an answer is compared with the right one: by its values, whatever library, dtype or layout it came in.

Lesson: 00_start_here.ipynb
"""

from typing import Any

import numpy as np
import torch


def numbers(value: Any) -> np.ndarray:
    """A tensor (with or without a gradient, on any device), an array or a list as float64.

    Raises:
        ValueError, TypeError: it does not hold numbers.
    """
    return np.asarray(value.detach().cpu() if isinstance(value, torch.Tensor) else value, dtype=np.float64)


def shape_of(value: Any) -> tuple[int, ...] | None:
    """The shape of a tensor or an array; None of anything else."""
    return tuple(value.shape) if isinstance(value, torch.Tensor | np.ndarray) else None


def near(got: Any, right: Any, atol: float = 1e-8, rtol: float = 1e-5) -> bool:
    """Whether two hold the same values in the same shape, as far apart as `atol + rtol * |right|` at most."""
    first, second = numbers(got), numbers(right)
    return first.shape == second.shape and bool(np.allclose(first, second, rtol=rtol, atol=atol))


def two_numbers(value: Any) -> bool:
    """Whether it is a pair of numbers: a tuple, a list or an array of two."""
    return (
        isinstance(value, tuple | list | np.ndarray | torch.Tensor) and len(value) == 2 and numbers(value).shape == (2,)
    )
