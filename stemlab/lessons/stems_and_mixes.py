"""Checks for the exercises of the lesson on stems and mixes.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 01_stems_and_mixes.ipynb
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from stemlab.codec.audio import SAMPLE_RATE, bars_active
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
    right.set(
        title="Attacks together, song by song", xlabel="song", ylabel="ratio (1: nothing ties them)", ylim=(0, None)
    )
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
        assert isinstance(found, tuple) and len(found) == 2, "Return two things: the mix and the stems."
        mix, parts = (np.asarray(part) for part in found)
        assert mix.shape == stems.shape[1:] and parts.shape == stems.shape, (
            f"The shapes are {mix.shape} and {parts.shape}; they should be {stems.shape[1:]} and {stems.shape}."
        )
        assert np.array_equal(stems, given), "The stems that came in were changed. Work on a copy: gain * stems is one."
        assert np.isfinite(mix).all() and np.isfinite(parts).all(), (
            "Silence became NaN: its peak is 0, do not divide by it."
        )
        assert np.allclose(mix, parts.sum(0), atol=1e-9), "The mix is not the sum of the stems that you return."
        if what == "silent":
            continue
        gains = np.abs(parts).max(1) / np.abs(stems).max(1)
        assert np.allclose(gains, gains[0]), (
            f"The balance changed: the stems got the gains {gains.round(3).tolist()}. One gain for the whole group."
        )
        peak = max(np.abs(stems).max(), np.abs(stems.sum(0)).max())
        if what == "quiet":
            assert gains[0] <= 1 + 1e-9, "A quiet group was turned up. The gain is at most 1."
        if what == "hidden":
            assert np.abs(parts).max() <= 1 + 1e-9, (
                "Two stems cancel in the mix, and each clips by itself: look at both."
            )
        assert peak * gains[0] <= 1 + 1e-9, f"It still clips: the peak is {peak * gains[0]:.2f}."
        assert np.isclose(gains[0], min(1, 1 / peak)), f"The gain is {gains[0]:.3f}; {min(1, 1 / peak):.3f} would do."
    print("[ok] One gain for all, as large as can be, and never above 1.")


def check_bars_that_play(bars_that_play: Callable[[np.ndarray, float, int], str]) -> None:
    """Stretch: in which bars a stem sounds.

    Args:
        bars_that_play: takes audio `(N,)` at 32 kHz, bpm and a number of bars; returns one character a bar.
    Raises:
        AssertionError: another string than `stemlab.codec.audio.bars_active` gives.
    """
    rng = np.random.default_rng(1)
    bar = round(SAMPLE_RATE * 240 / 97)
    sound = np.zeros(4 * bar + bar // 3, np.float32)
    sound[: bar // 2] = 0.1 * rng.standard_normal(bar // 2)
    sound[bar + 900 : bar + 1500] = 0.004 * rng.standard_normal(600)  # one short, soft note
    sound[2 * bar : 3 * bar] = 3e-4 * rng.standard_normal(bar)  # a hiss at -70 dB
    edge = round(4 * SAMPLE_RATE * 240 / 97)
    sound[edge - 700 : edge] = 0.05 * rng.standard_normal(700)  # the last 22 ms of bar 4
    sound[edge + 4000 : edge + 9000] = 0.05
    right = bars_active(sound, 97, 6)
    try:
        got = bars_that_play(sound, 97, 6)
    except NotImplementedError:
        print(OPEN.format(3))
        return
    assert isinstance(got, str) and len(got) == 6 and set(got) <= set("x."), (
        f"It returned {got!r}; a string of six characters, x or ., is wanted."
    )
    assert got[1] == "x", "Bar 2 holds one short note: look at each frame, not at the level of the whole bar."
    assert got[2] == ".", "Bar 3 holds hiss at -70 dB, which is below -60: it rests."
    assert got[3] == "x", (
        "Bar 4 plays in its last 22 ms alone. A bar is not a whole number of frames: its last frame is shorter, and counts; and where it "
        "begins is 240 / bpm seconds times the bars before it, rounded once."
    )
    assert got[4] == "x", "Bar 5 is cut off by the end of the sound, and plays before that."
    assert got == right, f"It says {got}; the package says {right}. Where does each bar begin?"
    print(f"[ok] {got}: short notes count, hiss does not.")
