"""Checks for the exercises of the lesson on many stems at once.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 06_many_stems_at_once.ipynb
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from stemlab.lab.request import rounds_of
from stemlab.lessons.start_here import OPEN


def check_count_steps(count_steps: Callable[[str, int, int], int]) -> None:
    """Warm-up: how many sampling steps does a scheme take?

    Args:
        count_steps: takes scheme, number of stems and steps of one round; returns a number.
    Raises:
        AssertionError: another number than the rounds of the scheme give.
    """
    for stems in (1, 2, 5, 8):
        for scheme in ("one-pass", "two-pass", "k-pass"):
            right = 32 * len(rounds_of(scheme, stems))
            try:
                got = count_steps(scheme, stems, 32)
            except NotImplementedError:
                print(OPEN.format(1))
                return
            assert stems > 1 or scheme != "one-pass" or got != 2 * right, (
                f"You count {got} for one stem in one pass, twice too many. Guidance doubles the batch, not the steps: both "
                "halves go through together."
            )
            assert stems > 1 or got == right, (
                f"A single stem in {scheme!r} took you {got} steps: with nobody in the second half there is one round, "
                f"so {right}."
            )
            assert scheme != "one-pass" or got != right * stems or stems == 1, (
                f"You count {got} steps for {stems} stems in one pass. They go through together: one step moves them all."
            )
            assert got == right, f"{scheme!r} with {stems} stems and 32 steps a round: you count {got}, it is {right}."
    print("[ok] Rounds times steps; and one stem is one round in every scheme.")


def check_influence(influence: Callable[..., torch.Tensor]) -> None:
    """Core: who listens to whom, by leaving one stem out at a time.

    Args:
        influence: takes a velocity function and the number of stems; returns `(n, n)`: at [i, j] the root mean square change
            of stem i when stem j is left out, and 0 on the diagonal.
    Raises:
        AssertionError: transposed, stems confused after one has left, or another measure.
    """
    ear = torch.tensor([[0.0, 2.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0], [3.0, 0.0, 0.0, 0.0], [0.0, 0.5, 4.0, 0.0]])
    sound = torch.ones(4, 8, 16)
    sound[:, :, ::2] = -1
    own = torch.randn(4, 8, 16, generator=torch.Generator().manual_seed(0))

    def velocity(members: Sequence[int]) -> torch.Tensor:
        chosen = list(members)
        return own[chosen] + torch.einsum("ij,jct->ict", ear[chosen][:, chosen], sound[chosen])

    try:
        got = influence(velocity, 4)
    except NotImplementedError:
        print(OPEN.format(2))
        return
    got = torch.as_tensor(np.asarray(got, dtype=np.float32))
    assert got.shape == (4, 4), f"It returned the shape {tuple(got.shape)}; four stems by four take (4, 4)."
    assert float(got.diagonal().abs().max()) == 0, "The diagonal should be 0: a stem that is left out has no velocity."
    assert not torch.allclose(got, ear.T, atol=1e-3), "It is transposed: the row is who changes, the column who left."
    assert not torch.allclose(got, ear**2, atol=1e-3), "These are mean squares: take the root."
    assert torch.allclose(got, ear, atol=1e-3), (
        f"Stem 3 changes by 4 when stem 2 leaves; you found {float(got[3, 2]):.2f}. When a stem is left out, those after it "
        "move up by one place: pair each with its own number in `members`."
    )
    print("[ok] Each stem compared with itself, and every listener found.")


def check_k_pass(k_pass: Callable[..., list]) -> None:
    """Stretch: stems one after another, each to the sum of all before it.

    Args:
        k_pass: takes `make(index, submix)` and the number of stems; returns the list of their sounds.
    Raises:
        AssertionError: the first hears something, or a later one hears anything else than the sum so far.
    """
    heard: list = []

    def make(index: int, submix: np.ndarray | None) -> np.ndarray:
        heard.append((index, None if submix is None else np.array(submix)))
        return np.full(4, 10.0**index, dtype=np.float32)

    try:
        got = k_pass(make, 4)
    except NotImplementedError:
        print(OPEN.format(3))
        return
    assert [index for index, _ in heard] == [0, 1, 2, 3], (
        f"make was called for {[index for index, _ in heard]}: call it once for each stem, in order."
    )
    assert heard[0][1] is None, "The first stem was given a sub-mix. Nobody plays yet: pass None, which is not silence."
    for index, submix in heard[1:]:
        right = float(sum(10.0**k for k in range(index)))
        assert submix is not None and submix.shape == (4,), f"Stem {index} heard nothing, or no sound of 4 samples."
        value = float(submix[0])
        assert index == 1 or value != 10.0 ** (index - 1), (
            f"Stem {index} heard the one before it alone, not all so far."
        )
        assert abs(value - right / index) > 1e-3 or index == 1, (
            f"Stem {index} heard the mean. A mix is a sum: with a mean, all get softer as the band grows."
        )
        assert abs(value - right) < 1e-3, f"Stem {index} heard {value:g}; the sum of those before it is {right:g}."
    assert len(got) == 4 and all(float(sound[0]) == 10.0**k for k, sound in enumerate(got)), (
        "Return the list of all sounds that make gave, in order, as they came."
    )
    print("[ok] The first plays free, and each later one to the sum of all before it.")
