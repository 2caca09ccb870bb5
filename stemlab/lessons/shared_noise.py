"""Checks for the exercises of the lesson on shared noise.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 05_shared_noise.ipynb
"""

from collections.abc import Callable

import numpy as np
import torch

from stemlab.flow import interpolate
from stemlab.lessons.start_here import OPEN


def check_difference(difference: Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor]) -> None:
    """Warm-up: the difference of the clean latents, from two noisy ones with shared noise.

    Args:
        difference: takes two noisy latents `(C, T)` and t in (0, 1]; returns `(C, T)`.
    Raises:
        AssertionError: it returns anything else than the first less the second.
    """
    first, second, noise = torch.randn(3, 1, 32, 64, generator=torch.Generator().manual_seed(0))
    truth = (first - second)[0]
    for t in (0.25, 0.8):
        time = torch.tensor([t])
        try:
            got = difference(interpolate(noise, first, time)[0], interpolate(noise, second, time)[0], t)
        except NotImplementedError:
            print(OPEN.format(1))
            return
        assert isinstance(got, torch.Tensor) and got.shape == truth.shape, (
            f"It returned {type(got).__name__} {tuple(getattr(got, 'shape', ()))}. "
            f"Return a tensor of the shape of the latents, {tuple(truth.shape)}."
        )
        assert not torch.allclose(got, -truth, atol=1e-3), "The sign is turned: it is the first less the second."
        assert not torch.allclose(got, t * truth, atol=1e-3), (
            f"Right shape, yet at t={t} it is too small by the factor t: that much of the music is in a noisy latent."
        )
        assert not torch.allclose(got, truth * t / (1 - t), atol=1e-3), (
            "You divided by 1 - t. That factor stands before the noise, and the noise has cancelled: look at (3)."
        )
        assert torch.allclose(got, truth, atol=1e-3), (
            f"At t={t} it is off by up to {float((got - truth).abs().max()):.2f}. Equation (3) needs nothing but the two "
            "latents and t."
        )
    print("[ok] The noise cancels, and what is left is the music's difference, at any t.")


def check_noise_for(noise_for: Callable[..., torch.Tensor]) -> None:
    """Core: noise for a batch of groups.

    Args:
        noise_for: takes group `(N,)`, channels, frames, rho, generator; returns `(N, channels, frames)`.
    Raises:
        AssertionError: wrong shape, variance or correlation, or noise that the generator does not decide.
    """
    group = torch.tensor([0, 0, 1, 1, 1])
    made = {}
    for rho in (0.0, 0.3, 1.0):
        try:
            made[rho], again = (noise_for(group, 32, 1024, rho, torch.Generator().manual_seed(7)) for _ in range(2))
        except NotImplementedError:
            print(OPEN.format(2))
            return
        assert isinstance(again, torch.Tensor) and again.shape == (5, 32, 1024), (
            f"It returned {type(again).__name__} {tuple(getattr(again, 'shape', ()))}. Five stems of 32 channels and "
            "1024 frames take a tensor of (5, 32, 1024)."
        )
        assert torch.equal(made[rho], again), (
            "Two calls with generators of one seed gave different noise: pass generator=generator to every torch.randn."
        )
        _judge_noise(made[rho], group, rho)
    print("[ok] Variance 1, rho inside a group, nothing between groups, and the seed decides.")


def _judge_noise(noise: torch.Tensor, group: torch.Tensor, rho: float) -> None:
    variance = float(noise.var())
    assert abs(variance - 1) < 0.03, (
        f"At rho={rho} the variance is {variance:.2f}, not 1: the weights of shared and own noise are roots, as in (1)."
    )
    alike = torch.corrcoef(noise.flatten(1))
    between, inside = float(alike[0, 2]), float(alike[0, 1])
    assert abs(between) < 0.03, (
        f"At rho={rho} stems of different groups correlate by {between:.2f}. Draw one shared noise for each group, "
        "not one for the whole batch, and pick with shared[group]."
    )
    assert abs(inside - rho) < 0.03, (
        f"Stems of one group correlate by {inside:.2f}, where rho={rho}. The correlation is the shared part of the "
        "variance, the square of its weight."
    )


def check_gap_and_error(gap_and_error: Callable[[np.ndarray, np.ndarray], tuple[float, float]]) -> None:
    """Stretch: the difference of two means and its standard error.

    Args:
        gap_and_error: takes two arrays `(n,)` and `(m,)`; returns two numbers.
    Raises:
        AssertionError: another difference, or another error than that of a difference of means.
    """
    rng = np.random.default_rng(3)
    first, second = rng.normal(2, 1, 40), rng.normal(1, 3, 25)
    try:
        got = gap_and_error(first, second)
    except NotImplementedError:
        print(OPEN.format(3))
        return
    assert isinstance(got, tuple) and len(got) == 2, f"It returned {got!r}. Return two numbers: gap, error."
    gap, error = map(float, got)
    assert abs(gap - (first.mean() - second.mean())) < 1e-9, (
        f"The difference is {gap:.3f}; the mean of the first less that of the second is "
        f"{first.mean() - second.mean():.3f}."
    )
    parts = first.var(ddof=1) / 40, second.var(ddof=1) / 25
    right = float(np.sqrt(sum(parts)))
    assert abs(error - np.sqrt(first.var(ddof=1) + second.var(ddof=1))) > 1e-6, (
        f"The error {error:.2f} is the spread of single values: it does not shrink with more of them. Divide each "
        "variance by its own n."
    )
    assert abs(error - right**2) > 1e-6, f"The error {error:.3f} is a variance: take its root."
    assert abs(error - sum(np.sqrt(parts))) > 1e-6, (
        f"The error {error:.3f} is a sum of standard errors. Of independent means the *variances* add; take the root last."
    )
    assert abs(error - right) < 0.002 * right, (
        f"The error is {error:.4f}; it should be {right:.4f}. Is each variance taken with ddof=1 and divided by its own n?"
    )
    print(f"[ok] A gap of {gap:.2f} with a standard error of {error:.2f}: {abs(gap) / error:.1f} errors from nothing.")
