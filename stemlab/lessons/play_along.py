"""Checks for the exercises of the lesson on accompanying a recording.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 07_play_along.ipynb
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN

SUSPECTS = Case(
    exercise=1,
    defect="A",
    against={
        "B": "With one seed for all pairs the deaf players would be one and the same sound, scored forty times: the dots would stand in "
        "one column, or nearly.",
        "C": "Against another song hearing gains nothing, and the mean gain would be 0. Both means are 0.10.",
        "D": "Silence as the null changes what the deaf player is told, and so the mean gain. Both means are 0.10.",
        "E": "With both ears shut a pair is twice the same sound: every dot would lie on the diagonal, and the mean gain would be 0.",
    },
    told="Each pair has two noises, and the luck of both is in its difference. The mean is right, and its error four times as large: what "
    "forty songs tell here, three would have told there.",
)


def bug() -> Figure:
    """Warm-up, what is given: the scores of forty pairs in two null tests, and their differences."""
    rng = np.random.default_rng(5)
    deaf, other = rng.normal(0.2, 0.15, (2, 40))
    rest = rng.normal(0, 0.05, 40)
    hearing = {"healthy": deaf + 0.1 + rest - rest.mean(), "sick": other - other.mean() + deaf.mean() + 0.1}
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    for row, (label, scores) in enumerate(hearing.items()):
        colour, gain = ("#0b62c4", "#e08a00")[row], scores - deaf
        left.plot(deaf, scores, "o", color=colour, alpha=0.7, label=label)
        right.plot(gain, [row] * 40, "o", color=colour, alpha=0.5)
        right.errorbar(gain.mean(), row, xerr=gain.std(ddof=1) / 40**0.5, fmt="|", color="black", markersize=24)
    left.axline((0, 0), slope=1, color="#777777", linewidth=0.8)
    left.set(title="A dot a pair", xlabel="score of the deaf player", ylabel="score of the one who hears")
    left.legend(fontsize=8)
    right.axvline(0, color="#777777", linewidth=0.8)
    right.set(title="Gains; strokes are means, bars standard errors", xlabel="hearing less deaf", ylim=(1.5, -0.5))
    right.set_yticks([0, 1], hearing)
    return figure


def check_bug(answer: str | None) -> None:
    """Warm-up: name what was done wrong in the sick test of `bug`.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


def check_exact_p(exact_p: Callable[[np.ndarray], float]) -> None:
    """Stretch: how often would chance alone do as well?

    Args:
        exact_p: takes paired differences `(n,)`; returns the share of all 2**n choices of signs whose mean is at least theirs.
    Raises:
        AssertionError: random choices, both sides, or the observed one left out.
    """
    rng = np.random.default_rng(4)
    for shift, n in ((0.4, 8), (0.9, 6), (-0.3, 7)):
        differences = rng.normal(shift, 1, n)
        try:
            got, again = float(exact_p(differences.copy())), float(exact_p(differences.copy()))
        except NotImplementedError:
            print(OPEN.format(2))
            return
        assert got == again, "Two calls gave two answers: go through *all* choices of signs instead of drawing some."
        sums = np.array([np.dot(signs, differences) for signs in product((1, -1), repeat=n)])
        total = differences.sum()
        count, both = int((sums >= total - 1e-9).sum()), int((np.abs(sums) >= abs(total) - 1e-9).sum())
        found = got * 2**n
        assert count == 2**n or abs(found - (count - 1)) > 1e-6, (
            f"You count {count - 1} of {2**n}, one too few: what was observed is one of the choices. Compare with >=, and "
            "allow for rounding by 1e-12."
        )
        assert both == count or abs(found - both) > 1e-6, (
            "You count both sides. The question is whether hearing *helps*: take the signed mean, not its size."
        )
        assert abs(found - count) < 1e-6, (
            f"With {n} differences there are {2**n} choices of signs, and {count} do as well; you found {found:.2f}. A sign "
            "is +1 or -1 for each difference; adding or reordering them changes nothing."
        )
    print("[ok] Every choice of signs looked at, the observed one among them.")


def check_listening(listening: Callable[..., Any]) -> None:
    """Transfer: do players on recordings listen to their band? Nobody can be made deaf, so the null is another band.

    Args:
        listening: takes `score(sound, submix)`, players `(n, N)` and the mixes of their bands `(n, N)`, the player included; returns `(n,)`.
    Raises:
        AssertionError: the player is left in the mix, the own band is in the null, one other band is the null, or the sign is turned.
    """
    rng = np.random.default_rng(0)
    bands = rng.standard_normal((5, 256))
    players = 0.4 * bands + rng.standard_normal((5, 256))
    mixes = bands + players

    def score(sound: Any, submix: Any) -> float:
        return float(np.mean(np.asarray(sound) * np.asarray(submix)))

    try:
        got = np.asarray(listening(score, players.copy(), mixes.copy()), float)
    except NotImplementedError:
        print(OPEN.format(3))
        return
    assert got.shape == (5,), (
        f"It returned {got.shape or 'a single number'}; return one difference for each of the five players."
    )
    own = np.array([[score(player, band) for band in bands] for player in players])  # (player, band)
    with_self = np.array([[score(player, mix) for mix in mixes] for player in players])
    half = np.array([[score(players[i], bands[i] if i == j else mixes[j]) for j in range(5)] for i in range(5)])
    at_home = np.eye(5, dtype=bool)

    def gain(table: np.ndarray, null: np.ndarray) -> np.ndarray:
        return table[at_home] - null

    others = own[~at_home].reshape(5, 4).mean(1)
    right = gain(own, others)
    told = {
        "The sign is turned: own band less other bands, so that listening comes out above 0.": -right,
        "You scored against the mixes as they are. The player is in its own mix, so it agrees with itself: take it out first.": gain(
            with_self, with_self[~at_home].reshape(5, 4).mean(1)
        ),
        "You took the player out of its own mix, and left the other bands' players in theirs: one yardstick for both.": gain(
            half, half[~at_home].reshape(5, 4).mean(1)
        ),
        "The own band is in the null too, which makes every difference smaller. The null is the *other* bands.": gain(
            own, own.mean(1)
        ),
        "You kept the band and exchanged the player. That asks whether *this band* gets more from its own player; the null of a player is "
        "the same player against other bands.": gain(own, own.T[~at_home].reshape(5, 4).mean(1)),
        "There is no null: a score by itself says little, for any two recordings of one tempo and key agree somewhat.": own[
            at_home
        ],
    }
    for shift in (1, -1):
        told["One other band is the null: its luck is in every difference. Take the mean over all others."] = gain(
            own, np.array([own[i, (i + shift) % 5] for i in range(5)])
        )
        for why, wrong in told.items():
            assert not np.allclose(got, wrong), why
    assert np.allclose(got, right), (
        "Right shape, wrong values: score(player, mix less player), own less the mean of the others."
    )
    print("[ok] Without a deaf player: the same player beside bands that it never heard.")
