"""Checks for the exercises of the lesson on stems and mixes.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 01_stems_and_mixes.ipynb
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from stemlab.lessons.answers import near, numbers, shape_of
from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN
from stemlab.metrics.harmony import chroma
from stemlab.metrics.sync import onsets_together
from stemlab.songs.compose import EVAL_SEEDS, compose
from stemlab.songs.render import render

SUSPECTS = Case(
    exercise=1,
    defect="A",
    against={
        "B": "You have the distance, and not which way. Keys that are two too low come right when they go *up* by 2; the orange top is "
        "at 10.",
        "C": "Keys of another song have no top anywhere that stands out in all four songs. This curve has one as high as the healthy one.",
        "D": "Keys that are late stay in their half bar and their key: the left curve would keep its top at 0, and the right picture would "
        "show attacks that miss each other.",
        "E": "Copies would have the highest cosine at 0, higher than real songs have.",
    },
    told="Transposed by ten semitones more they are an octave and in tune, so they are two too high. Attacks are untouched, and the mean of "
    "all transpositions too: only the *place* of the top tells.",
)


def bug() -> Figure:
    """Exercise 1, what is given: four songs' keys against their bass, as they should be and as they are."""
    songs = [compose(EVAL_SEEDS + 40 + i, bpm=120, bars=4, families=["bass", "keys"]) for i in range(4)]
    sounds = [render(song, seconds=8.0) for song in songs]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3), layout="constrained", width_ratios=(3, 2))
    together = [onsets_together(list(pair))[0] or 1.0 for pair in sounds]
    for shift, (label, turned) in enumerate((("healthy", 0), ("sick", 2))):
        curve = np.zeros(12)
        for bass, keys in ((chroma(sound, 120) for sound in pair) for pair in sounds):
            keys = np.roll(keys, turned, axis=1)
            curve += [_cosine(bass, np.roll(keys, up, axis=1)) / len(songs) for up in range(12)]
        colour = ("#0b62c4", "#e08a00")[shift]
        left.plot(range(12), curve, "o-", color=colour, label=label)
        right.plot(np.arange(4) + 0.15 * shift, together, "o", color=colour)
    left.set(title="Keys transposed upwards, mean of four songs", xlabel="semitones", ylabel="cosine with the bass")
    left.set_xticks(range(12))
    left.legend(fontsize=8)
    right.set(title="Attacks together, song by song", xlabel="song", ylabel="ratio (1: nothing ties them)", ylim=(0, 5))
    return figure


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    size = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(np.mean((a * b).sum(1)[size > 0] / size[size > 0]))


def check_bug(answer: str | None) -> None:
    """Warm-up: name what happened to the keys in the pictures of `bug`.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


def check_mixed(mixed: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]) -> None:
    """Core: a mix and its stems under one gain.

    Args:
        mixed: takes stems `(S, N)`; returns the mix `(N,)` and the stems `(S, N)`.
    Raises:
        AssertionError: it clips, changes the balance, turns up what is quiet, or turns down too far.
    """
    rng = np.random.default_rng(0)
    quiet = 0.1 * rng.uniform(-1, 1, (3, 400))
    loud = 0.9 * rng.uniform(-1, 1, (4, 400))
    hidden = np.stack([loud[0] * 2, -loud[0] * 2])  # they cancel, and each is above 1
    for what, stems in (("quiet", quiet), ("loud", loud), ("hidden", hidden), ("silent", np.zeros((2, 50)))):
        given = stems.copy()
        try:
            with np.errstate(all="ignore"):
                found = mixed(stems)
        except NotImplementedError:
            print(OPEN.format(2))
            return
        assert isinstance(found, tuple | list) and len(found) == 2, "Return two things: the mix and the stems."
        mix, parts = map(numbers, found)
        assert mix.shape == stems.shape[1:] and parts.shape == stems.shape, (
            f"The shapes are {mix.shape} and {parts.shape}; they should be {stems.shape[1:]} and {stems.shape}."
        )
        assert np.array_equal(stems, given), "The stems that came in were changed. Work on a copy: gain * stems is one."
        assert np.isfinite(mix).all() and np.isfinite(parts).all(), (
            "Silence became NaN: its peak is 0, do not divide by it."
        )
        assert near(mix, parts.sum(0), atol=1e-6), "The mix is not the sum of the stems that you return."
        if what == "silent":
            continue
        gains = np.abs(parts).max(1) / np.abs(stems).max(1)
        assert near(gains, np.full(len(gains), gains[0])), (
            f"The balance changed: the stems got the gains {gains.round(3).tolist()}. One gain for the whole group."
        )
        peak = max(np.abs(stems).max(), np.abs(stems.sum(0)).max())
        if what == "quiet":
            assert gains[0] <= 1 + 1e-6, "A quiet group was turned up. The gain is at most 1."
        if what == "hidden":
            assert np.abs(parts).max() <= 1 + 1e-6, (
                "Two stems cancel in the mix, and each clips by itself: look at both."
            )
        assert peak * gains[0] <= 1 + 1e-6, f"It still clips: the peak is {peak * gains[0]:.2f}."
        assert np.isclose(gains[0], min(1, 1 / peak)), f"The gain is {gains[0]:.3f}; {min(1, 1 / peak):.3f} would do."
    print("[ok] One gain for all, as large as can be, and never above 1.")


def check_lost(lost: Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]]) -> None:
    """Transfer: the gain of a mix, and the stem that is missing beside it.

    Args:
        lost: takes a mix `(N,)` and all stems but one `(S - 1, N)`; returns the mix's gain and the missing stem `(N,)`.
    Raises:
        AssertionError: the gain is that of levels or peaks or of one stem, or the stem has another level or is mixed with others.
    """
    for gain, loud in ((0.5, 0.3), (0.8, 1.0), (1.0, 0.5)):
        missing, known = _unrelated(loud)
        mix = gain * (known.sum(0) + missing)
        try:
            found = lost(mix.copy(), known.copy())
        except NotImplementedError:
            print(OPEN.format(3))
            return
        assert isinstance(found, tuple | list) and len(found) == 2, "Return two things: the gain and the stem."
        got, sound = float(found[0]), found[1]
        assert shape_of(sound) == mix.shape, f"The stem has the shape {shape_of(sound)}; the mix has {mix.shape}."
        _judge_gain(got, gain, mix, known)
        rest = mix - gain * known.sum(0)
        assert gain == 1 or not near(sound, rest, atol=1e-3), (
            f"That is what is left of the mix, as loud as in the mix: it still has the mix's gain of {gain} on it. Divide by it."
        )
        assert near(sound, missing, atol=1e-2), (
            f"The gain is right, and the stem is not: correlated with the known ones it gives "
            f"{np.corrcoef(numbers(sound), known.sum(0))[0, 1]:+.2f}, and should give 0. Take the known stems away *as loud as they are in the mix*."
        )
    print("[ok] What the mix shares with the stems you have tells its gain; what is left is the stem you lost.")


def _judge_gain(got: float, gain: float, mix: np.ndarray, known: np.ndarray) -> None:
    total = known.sum(0)
    assert abs(got - 1) > 1e-3 or gain == 1, (
        f"You took the mix as it stands, with a gain of 1. Here it was turned down: to {gain} of the sum."
    )
    size = float(np.linalg.norm(mix) / np.linalg.norm(total))
    assert abs(got - size) > 1e-3, (
        f"{got:.3f} is the ratio of the levels. The mix holds the lost stem too, so it has more power than the known ones with its gain."
    )
    peaks = float(np.abs(mix).max() / np.abs(total).max())
    assert abs(got - peaks) > 1e-3, (
        f"{got:.3f} is the ratio of the peaks. The lost stem may stand on the highest of them."
    )
    one = [float(mix @ x / (x @ x)) for x in known]
    assert min(abs(got - value) for value in [*one, float(np.mean(one))]) > 1e-3, (
        f"{got:.3f} comes from known stems one by one. They are related to each other, so each finds a part of the others in the mix. "
        "Compare the mix with their *sum*."
    )
    assert abs(got - gain) < 1e-3, (
        f"The gain is {gain}, yours is {got:.3f}. The lost stem is unrelated to the known ones: its product with their sum is 0 on average."
    )


def _unrelated(loud: float) -> tuple[np.ndarray, np.ndarray]:
    """A stem, and three that are related among themselves and not to it."""
    rng = np.random.default_rng(8)
    known = rng.normal(0, 0.1, (3, 4000))
    known[1] += 0.8 * known[0]
    missing = rng.normal(0, 0.1 * loud, 4000)
    return missing - known.T @ np.linalg.lstsq(known.T, missing, rcond=None)[0], known
