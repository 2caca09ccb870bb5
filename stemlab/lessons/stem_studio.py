"""Checks for the exercises of the lesson on making a piece.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 11_stem_studio.ipynb
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from stemlab.codec.audio import FRAME, SAMPLE_RATE
from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN

SUSPECTS = Case(
    exercise=1,
    defect="B",
    against={
        "A": "A missing bass would leave the bass itself as the rest, as loud as the bass. The rest is 6 dB louder.",
        "C": "Late by 5 ms it would leave x less its own past: another shape than the bass, louder and softer by turns. This is the bass.",
        "D": "Another gain for all would leave a rest that looks like the whole mix. It looks like the bass alone.",
        "E": "Keys that were turned up would leave keys. The rest has the shape of the bass.",
    },
    told="The mix holds x and the file -x, so the rest is 2 x: the bass, 6 dB louder. Alone, an inverted stem sounds the same; together it "
    "cancels what it should support.",
)
FILES = ("drums", "bass", "keys", "strings")


def bug() -> Figure:
    """Warm-up, what is given: levels of four stems and of mix less sum, and 12 ms of the rest beside the bass."""
    rng, time = np.random.default_rng(2), np.arange(SAMPLE_RATE) / SAMPLE_RATE
    bass = 0.2 * np.sin(2 * np.pi * 110 * time) + 0.06 * np.sin(2 * np.pi * 220 * time + 1)
    stems = np.stack([rng.normal(0, 0.1, SAMPLE_RATE), bass, *rng.normal(0, [[0.07], [0.04]], (2, SAMPLE_RATE))])
    sent = stems * np.array([1, -1, 1, 1])[:, None]
    rest = stems.sum(0) - sent.sum(0)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3), layout="constrained")
    levels = [_level(sound) for sound in (*stems, rest)]
    left.bar(range(5), np.add(levels, 40), bottom=-40, color=["#0b62c4"] * 4 + ["#e08a00"])
    left.set_xticks(range(5), [*FILES, "the rest"])
    left.set(title="Levels", ylabel="dB (RMS)")
    span = slice(3200, 3200 + 384)
    right.plot(1000 * time[span], stems[1][span], color="#0b62c4", label="bass, from the mix project")
    right.plot(1000 * time[span], rest[span], color="#e08a00", label="mix less sum of the files")
    right.set(title="Twelve milliseconds", xlabel="ms", ylabel="amplitude")
    right.legend(fontsize=8)
    return figure


def check_bug(answer: str | None) -> None:
    """Warm-up: name what is wrong with the files of `bug`.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


def check_faders(faders: Callable[[dict[str, np.ndarray], dict[str, float]], dict[str, float]]) -> None:
    """Core: factors that bring stems to asked levels, measured while they play.

    Args:
        faders: takes sounds `(N,)` by name and levels in dB by name; returns a factor by name.
    Raises:
        AssertionError: levels are off, rests are counted in, or silence breaks it.
    """
    rng = np.random.default_rng(0)
    half = rng.normal(0, 0.1, 16 * FRAME).astype(np.float32)
    half[: 8 * FRAME] *= 1e-3  # a rest with hiss in it, at -80 dB
    sounds = {
        "drums": rng.normal(0, 0.2, 16 * FRAME).astype(np.float32),
        "keys": half,
        "winds": np.zeros(16 * FRAME, np.float32),
    }
    levels = {"drums": -20.0, "keys": -26.0, "winds": -20.0}
    try:
        with np.errstate(all="ignore"):
            got = faders({name: sound.copy() for name, sound in sounds.items()}, dict(levels))
    except NotImplementedError:
        print(OPEN.format(2))
        return
    assert isinstance(got, dict) and set(got) == set(sounds), (
        f"It returned {got!r}. Return a dict with one factor for each of {', '.join(sounds)}."
    )
    factors = {name: float(value) for name, value in got.items()}
    assert np.isfinite(list(factors.values())).all(), (
        f"The factor of a silent stem is {factors['winds']}. Nothing sounds, so there is no level to bring anywhere: "
        "give 1.0."
    )
    drums, playing = sounds["drums"], half[8 * FRAME :]
    right, rests = (_factor(drums, -20), _factor(playing, -26)), _factor(half, -26)
    assert abs(factors["drums"] - 1 / right[0]) > 1e-3, "Turned: it is asked level less level that is there."
    assert abs(factors["drums"] - right[0] ** 2) > 1e-3, (
        "The drums' factor is that of a power. Samples are amplitudes: 10 ** (dB / 20)."
    )
    assert abs(factors["drums"] - right[0]) < 0.01 * right[0], (
        f"The drums' factor is {factors['drums']:.3f}; from {_level(drums):.1f} dB to -20 dB it takes {right[0]:.3f}."
    )
    assert abs(factors["keys"] - rests) > 0.01 * rests, (
        "The keys rest for half of the piece, and the rests were counted as very soft playing. So they come out 3 dB too "
        "loud: measure only the frames that sound."
    )
    assert abs(factors["keys"] - right[1]) < 0.01 * right[1], (
        f"The keys' factor is {factors['keys']:.3f}; while they play it takes {right[1]:.3f}."
    )
    assert factors["winds"] == 1.0, f"Silence got the factor {factors['winds']}. Leave it as it is: 1.0."
    print("[ok] Levels hold while a stem plays, rests do not count, and silence does no harm.")


def check_set_list(set_list: Callable[[list[np.ndarray], float], list[float]]) -> None:
    """Transfer: five bands on one record, as loud as each other, and none clips.

    Args:
        set_list: takes bands, arrays of stems `(S, N)`, and a level in dB; returns one factor a band.
    Raises:
        AssertionError: bands differ in level, one clips, or all are softer than they have to be.
    """
    rng = np.random.default_rng(3)
    steady = rng.normal(0, [[0.05], [0.03]], (2, 8000))
    soft = 0.1 * rng.normal(0, [[0.05], [0.08], [0.02]], (3, 8000))
    peaky = 0.02 * rng.normal(0, 1, (2, 8000))
    peaky[0, 100] = 0.9
    bands, silence = [steady, soft, peaky], np.zeros((2, 8000))
    for asked, kept in (
        (-40.0, True),
        (-20.0, False),
    ):  # the first can be had, with the second the peaky band would clip
        try:
            with np.errstate(all="ignore"):
                got = set_list([band.copy() for band in [*bands, silence]], asked)
        except NotImplementedError:
            print(OPEN.format(3))
            return
        assert len(got) == 4 and all(np.ndim(value) == 0 for value in got), (
            f"It returned {got!r}. Return one factor for each of the four bands: inside a band the balance stays."
        )
        factors = np.array([float(value) for value in got])
        assert np.isfinite(factors).all(), (
            f"The factors are {factors}: a band that is silent has no level to bring anywhere. Give it 1.0."
        )
        mixes = [factor * band.sum(0) for factor, band in zip(factors, bands, strict=False)]
        levels, peaks = [_level(mix) for mix in mixes], [float(np.abs(mix).max()) for mix in mixes]
        shown = ", ".join(f"{level:.1f}" for level in levels)
        assert max(peaks) <= 1 + 1e-6, (
            f"Asked for {asked:g} dB: a mix comes to {max(peaks):.2f}, and a file clips above 1."
        )
        lowest = min(range(3), key=lambda i: levels[i])
        assert max(levels) - min(levels) < 0.05 or kept or lowest != 2 or levels[0] - levels[1] > 0.05, (
            f"Asked for {asked:g} dB: the levels are {shown} dB. You turned down the one that would clip, and it is softer than the others now. "
            "On one record *all* come down with it."
        )
        assert max(levels) - min(levels) < 0.05, (
            f"Asked for {asked:g} dB: the levels of the mixes are {shown} dB, and should be one. Level is that of the *mix*, a power: factors are "
            "10 ** (dB / 20)."
        )
        if kept:
            assert abs(levels[0] - asked) < 0.05, (
                f"All are at {levels[0]:.1f} dB; {asked:g} dB was asked for, and nothing would clip there."
            )
        assert kept or max(peaks) > 1 - 1e-3, (
            f"Asked for {asked:g} dB: the highest peak is {max(peaks):.2f}. All came down further than the loudest peak asks for."
        )
        assert factors[3] == 1.0, f"Silence got the factor {factors[3]}. Leave it as it is: 1.0."
    print("[ok] One factor a band, one level for all, and as loud as the highest peak allows.")


def _level(sound: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64))))


def _factor(sound: np.ndarray, level: float) -> float:
    return float(10 ** ((level - _level(sound)) / 20))
