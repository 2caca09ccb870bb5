"""Checks for the exercises of the lesson on shared noise.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 05_shared_noise.ipynb
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure

from stemlab.lessons.answers import near, numbers, shape_of
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
    group = torch.tensor([1, 0, 1, 0, 1])  # not in order: a batch may be shuffled
    made = {}
    for rho in (0.0, 0.3, 1.0):
        try:
            made[rho], again = (noise_for(group, 32, 1024, rho, torch.Generator().manual_seed(7)) for _ in range(2))
        except NotImplementedError:
            print(OPEN.format(2))
            return
        assert shape_of(again) == (5, 32, 1024), (
            f"It returned {type(again).__name__} {shape_of(again)}. Five stems of 32 channels and "
            "1024 frames take a tensor of (5, 32, 1024)."
        )
        assert near(made[rho], again), (
            "Two calls with generators of one seed gave different noise: pass generator=generator to every torch.randn."
        )
        _judge_noise(torch.as_tensor(numbers(made[rho])), group, rho)
    print("[ok] Variance 1, rho inside a group, nothing between groups, and the seed decides.")


def _judge_noise(noise: torch.Tensor, group: torch.Tensor, rho: float) -> None:
    for what, lag in (
        ("frames", float((noise[:, :, 1:] * noise[:, :, :-1]).mean())),
        ("channels", float((noise[:, 1:] * noise[:, :-1]).mean())),
    ):
        assert abs(lag) < 0.03, (
            f"At rho={rho} neighbouring {what} correlate by {lag:.2f}: every channel and every frame has a number of its own."
        )
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
    inside = {(i, j): float(alike[i, j]) for i in range(5) for j in range(i) if same[i, j]}
    wrong = max(inside.values(), key=lambda value: abs(value - rho))
    off = {int(group[i]) for (i, _), value in inside.items() if abs(value - rho) > 0.03}
    assert len(off) != 1, (
        f"Group {1 - min(off, default=0)} is right, and in group {min(off, default=0)} stems correlate by {wrong:.2f}, where rho={rho}: "
        "every group shares, not one alone."
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


def check_chained(chained: Callable[..., torch.Tensor]) -> None:
    """Transfer: noise for the pictures of a film, each tied to the one before it.

    Args:
        chained: takes a number of pictures, the shape of one, rho and a generator; returns `(pictures, *shape)`.
    Raises:
        AssertionError: another variance, another correlation of neighbours, or pictures far apart that are tied as neighbours are.
    """
    for rho in (0.0, 0.6, 0.9, 1.0):
        try:
            made, again = (chained(6, (8, 2000), rho, torch.Generator().manual_seed(3)) for _ in range(2))
        except NotImplementedError:
            print(OPEN.format(3))
            return
        assert shape_of(made) == (6, 8, 2000), (
            f"It returned {type(made).__name__} {shape_of(made)}. Six pictures of (8, 2000) take (6, 8, 2000)."
        )
        assert near(made, again), (
            "Two calls with generators of one seed gave different noise: pass generator=generator."
        )
        noise = torch.as_tensor(numbers(made)).flatten(1)
        first, last = float(noise[0].var()), float(noise[-1].var())
        assert abs(first - 1) < 0.05, (
            f"At rho={rho} the first picture has the variance {first:.2f}: it is plain noise, of variance 1."
        )
        assert abs(last - 1) < 0.06, (
            f"At rho={rho} the variance goes from {first:.2f} in the first picture to {last:.2f} in the sixth. The squares of the two weights "
            "have to add up to 1, picture after picture."
        )
        alike = torch.corrcoef(noise)
        near_by, far = float(alike.diagonal(1).mean()), float(alike.diagonal(4).mean())
        assert abs(near_by - rho**0.5) > 0.02 or abs(near_by - rho) < 0.02, (
            f"Neighbours correlate by {near_by:.2f}, the root of rho={rho}. In (1) two stems have *both* a root of rho of the common noise, and "
            "the product is rho. Here one hands it to the other: the weight itself is the correlation."
        )
        assert abs(near_by - rho) < 0.02, f"Neighbours correlate by {near_by:.2f}, where rho={rho}."
        assert rho in (0, 1) or abs(far - rho) > 0.02, (
            f"Pictures four apart correlate by {far:.2f}, as neighbours do: they share one noise, like the stems of (1). In a film what is "
            "far apart should be less alike: tie each picture to the one before it."
        )
        assert abs(far - rho**4) < 0.03, (
            f"Pictures four apart correlate by {far:.2f}; handed on four times it is rho⁴ = {rho**4:.2f}."
        )
    print("[ok] Variance 1 throughout, rho to the next, rho to the fourth over four pictures.")
