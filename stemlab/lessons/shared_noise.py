"""Checks for the exercises of the lesson on shared noise.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 05_shared_noise.ipynb
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN

SUSPECTS = Case(
    exercise=1,
    defect="C",
    against={
        "A": "With one shared noise for the whole batch *every* stem of group 1 would correlate with every stem of group 2 by "
        "rho. Here only drums with drums, bass with bass, keys with keys do.",
        "B": "Without roots the variance at rho = 0.5 would be 0.25 + 0.25 = 0.5. The title says 1.0.",
        "D": "At rho = 1 the three stems of a group would have *one* noise, and their squares would be as dark as the diagonal.",
        "E": "With groups by number of stem, drums and bass of one group would not correlate at all. They do, by 0.5.",
    },
    told="Each stem's own noise depends on its name and not on the group, so the drums of all songs are tied together. Every "
    "number that one usually prints, variance and correlation inside a group, is right.",
)


def bug() -> Figure:
    """Exercise 1, what is given: correlations of the noise of two groups of three, and its variance, at rho = 0.5."""
    names = ["drums", "bass", "keys"]
    shared = [torch.randn(32, 128, generator=torch.Generator().manual_seed(40 + group)) for group in (0, 1)]
    own = [torch.randn(32, 128, generator=torch.Generator().manual_seed(place)) for place in range(3)]
    noise = torch.stack([0.5**0.5 * (shared[group] + own[place]) for group in (0, 1) for place in range(3)])
    figure, axes = plt.subplots(figsize=(5.4, 4.4), layout="constrained")
    image = axes.imshow(torch.corrcoef(noise.flatten(1)), cmap="Blues", vmin=0, vmax=1)
    labels = [f"{name} {group}" for group in (1, 2) for name in names]
    axes.set_xticks(range(6), labels, rotation=40, ha="right")
    axes.set_yticks(range(6), labels)
    axes.set_title(f"Noise of two groups at rho = 0.5; variance {float(noise.var()):.1f}", fontsize=10)
    figure.colorbar(image, ax=axes, label="correlation")
    return figure


def check_bug(answer: str | None) -> None:
    """Warm-up: name what is wrong with the noise in the picture of `bug`.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


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
    same = group[:, None] == group
    between = float(alike[~same].abs().max())
    assert between < 0.03, (
        f"At rho={rho} stems of different groups correlate by {between:.2f}. Draw one shared noise for each group, "
        "not one for the whole batch, and pick with shared[group]."
    )
    inside = [float(alike[i, j]) for i, j in ((0, 1), (2, 3), (2, 4), (3, 4))]
    wrong = max(inside, key=lambda value: abs(value - rho))
    assert abs(inside[0] - rho) > 0.03 or abs(wrong - rho) < 0.03, (
        f"The first group is right, and in the second stems correlate by {wrong:.2f}, where rho={rho}: every group shares, "
        "not the first one alone."
    )
    assert abs(wrong - rho) < 0.03, (
        f"Stems of one group correlate by {wrong:.2f}, where rho={rho}. The correlation is the shared part of the "
        "variance, the square of its weight."
    )
    tails = float((noise.abs() > 2).float().mean())
    assert abs(tails - 0.0455) < 0.01, (
        f"At rho={rho} {tails:.1%} of the numbers lie beyond 2; of a normal distribution 4.6 % do. The network knows normal "
        "noise alone: torch.randn, not torch.rand, whatever its variance."
    )
    lag = float((noise[:, :, 1:] * noise[:, :, :-1]).mean())
    assert abs(lag) < 0.03, (
        f"At rho={rho} neighbouring frames correlate by {lag:.2f}: every channel and every frame has a number of its own."
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
