"""Checks for the exercises of the lesson on stems and mixes.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 01_stems_and_mixes.ipynb
"""

from collections.abc import Callable, Sequence

import numpy as np

from stemlab.codec.audio import SAMPLE_RATE, bars_active
from stemlab.lessons.start_here import OPEN


def check_level_of_sum(level_of_sum: Callable[[Sequence[float]], float]) -> None:
    """Warm-up: the level of a sum of unrelated stems.

    Args:
        level_of_sum: takes levels in dB; returns dB.
    Raises:
        AssertionError: it adds something else than powers.
    """
    for levels in ([-12.0, -18.0, -60.0], [-20.0, -20.0], [-30.0]):
        try:
            got = level_of_sum(levels)
        except NotImplementedError:
            print(OPEN.format(1))
            return
        right = float(10 * np.log10(sum(10 ** (level / 10) for level in levels)))
        amplitudes = float(20 * np.log10(sum(10 ** (level / 20) for level in levels)))
        if len(levels) > 1:
            assert abs(got - sum(levels)) > 0.01, (
                "You added decibels. Those are logarithms: turn them into powers first."
            )
            assert abs(got - amplitudes) > 0.01, (
                f"For {levels} it says {got:.2f} dB: that adds amplitudes, as for copies. Unrelated stems add in power."
            )
            assert abs(got - np.mean(levels)) > 0.01, "That is the mean. A sum is at least as loud as its loudest part."
            assert abs(got - 10 ** (right / 10)) > 1e-6, "That is the power. Turn it into dB: 10 * log10."
        assert abs(got - right) < 0.01, f"For {levels} it says {got:.2f} dB; the powers add up to {right:.2f} dB."
    print("[ok] Powers add: two equal stems are 3 dB louder than one.")


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
    sound = np.zeros(3 * bar + bar // 3, np.float32)
    sound[: bar // 2] = 0.1 * rng.standard_normal(bar // 2)
    sound[bar + 900 : bar + 1500] = 0.004 * rng.standard_normal(600)  # one short, soft note
    sound[2 * bar : 3 * bar] = 3e-4 * rng.standard_normal(bar)  # a hiss at -70 dB
    sound[3 * bar + 2000 : 3 * bar + 9000] = 0.05
    right = bars_active(sound, 97, 5)
    try:
        got = bars_that_play(sound, 97, 5)
    except NotImplementedError:
        print(OPEN.format(3))
        return
    assert isinstance(got, str) and len(got) == 5 and set(got) <= set("x."), (
        f"It returned {got!r}; a string of five characters, x or ., is wanted."
    )
    assert got[1] == "x", "Bar 2 holds one short note: look at each frame, not at the level of the whole bar."
    assert got[2] == ".", "Bar 3 holds hiss at -70 dB, which is below -60: it rests."
    assert got[3] == "x", "Bar 4 is cut off by the end of the sound, and plays before that."
    assert got == right, f"It says {got}; the package says {right}. Where does each bar begin?"
    print(f"[ok] {got}: short notes count, hiss does not.")
