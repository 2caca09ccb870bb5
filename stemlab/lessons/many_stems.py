"""Checks for the exercises of the lesson on many stems at once.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 06_many_stems_at_once.ipynb
"""

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure

from stemlab.lab.schemes import rounds_of
from stemlab.lessons.diagnosis import Case
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


BAND = ("drums", "bass", "keys", "guitar")
SUSPECTS = Case(
    exercise=2,
    defect="B",
    against={
        "A": "Under 'noise' the whole table would be zero; half of this one is not.",
        "C": "Deaf drums would have a row of zeros in both pictures. They have one on the left, where they come first, and hear all "
        "three on the right, where they come last.",
        "D": "Two groups of two would show two squares on the diagonal, and zeros between them on both sides. Here the last hears all.",
        "E": "With the softmax over the listeners everybody would still hear everybody, at other strengths. Here are exact zeros.",
    },
    told="The attention has a mask that text models need, in which each position sees only those before it. In a list of words that is "
    "right; a band has no order. The first hears nobody, the last hears all.",
)


def bug() -> Figure:
    """Exercise 2, what is given: who changes when who is left out, for a band with a defect, in two orders."""
    generator = torch.Generator().manual_seed(3)
    sound = torch.randn(4, 24, generator=generator)
    query, key = torch.randn(2, 24, 8, generator=generator)

    def velocity(members: Sequence[int]) -> torch.Tensor:
        x = sound[list(members)]
        scores = (x @ query) @ (x @ key).T / 24
        seen = torch.ones(len(x), len(x)).tril(-1).bool()
        heard = scores.masked_fill(~seen, -torch.inf).softmax(1).nan_to_num()
        return x + heard @ x

    figure, columns = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    for axes, order in zip(columns, ([0, 1, 2, 3], [3, 2, 1, 0]), strict=True):
        table, everyone = torch.zeros(4, 4), velocity(order)
        for j in range(4):
            stay = [i for i in range(4) if i != j]
            left = velocity([order[i] for i in stay])
            table[stay, j] = (everyone[stay] - left).square().mean(1).sqrt()
        image = axes.imshow(table, cmap="Blues", vmin=0)
        names = [BAND[i] for i in order]
        axes.set_xticks(range(4), names)
        axes.set_yticks(range(4), names)
        axes.set(xlabel="left out", ylabel="who changes")
        figure.colorbar(image, ax=axes, label="change")
    figure.suptitle("A band in two orders", fontsize=11)
    return figure


def check_bug(answer: str | None) -> None:
    """Core: name what is wrong with the band of `bug`.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


def check_rounds_for(rounds_for: Callable[[dict[str, set[str]]], list[list[str]]]) -> None:
    """Transfer: as few rounds as possible, so that each stem hears whom it must.

    Args:
        rounds_for: takes, by name, the names that must be there before; returns rounds, lists of names, or raises ValueError.
    Raises:
        AssertionError: somebody is missing, comes too early, there are too many rounds, or a circle is not noticed.
    """
    cases: dict[str, tuple[dict[str, set[str]], int]] = {
        "nobody waits": ({"drums": set(), "bass": set(), "keys": set()}, 1),
        "two leaders": ({"keys": {"drums", "bass"}, "drums": set(), "lead": {"drums"}, "bass": set()}, 2),
        "a chain": ({"lead": {"keys"}, "keys": {"bass"}, "drums": set(), "bass": {"drums"}, "guitar": {"drums"}}, 4),
        "two chains": ({"a": set(), "b": {"a"}, "c": {"b"}, "x": set(), "y": {"x"}, "z": {"y", "b"}}, 3),
    }
    for what, (hears, fewest) in cases.items():
        try:
            got = rounds_for({name: set(others) for name, others in hears.items()})
        except NotImplementedError:
            print(OPEN.format(3))
            return
        assert isinstance(got, list | tuple) and all(isinstance(one, list | tuple | set) for one in got), (
            f'It returned {got!r}. Return a list of rounds, such as [["drums"], ["bass", "keys"]].'
        )
        made = [name for one in got for name in one]
        assert sorted(made) == sorted(hears), (
            f"{what}: {sorted(made)} are made, {sorted(hears)} were asked for, each once."
        )
        when = {name: number for number, one in enumerate(got) for name in one}
        early = [(name, other) for name, others in hears.items() for other in others if when[other] >= when[name]]
        assert not early, (
            f"{what}: {early[0][0]} must hear {early[0][1]}, which is made in round {when[early[0][1]] + 1}, not before round "
            f"{when[early[0][0]] + 1}. In one pass nobody hears a finished player: it has to be an earlier round."
        )
        assert all(got), f"{what}: there is an empty round in {got}."
        assert len(got) == fewest, (
            f"{what}: {len(got)} rounds, and {fewest} do: those who wait for nobody that is still missing can go through together."
        )
    circles: tuple[dict[str, set[str]], ...] = (
        {"bass": {"keys"}, "keys": {"bass"}, "drums": set()},
        {"lead": {"lead"}},
    )
    for circle in circles:
        try:
            got = rounds_for({name: set(others) for name, others in circle.items()})
        except ValueError:
            continue
        raise AssertionError(
            f"For {circle} it says {got}. Each waits for the other: there is no such order. Raise ValueError (in one pass, with ears, "
            "they hear each other all the same)."
        )
    print("[ok] As many rounds as the longest chain, no more; and a circle is told.")
