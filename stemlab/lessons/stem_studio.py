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
    half[: 8 * FRAME] = 0
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


def check_pan(pan: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> None:
    """Stretch: a stereo mix with constant power.

    Args:
        pan: takes sounds `(S, N)` and places `(S,)` from -1, left, to 1, right; returns `(2, N)` within [-1, 1].
    Raises:
        AssertionError: another shape, sides, law, or a mix that clips or whose channels were scaled apart.
    """
    sound = np.random.default_rng(1).uniform(-0.2, 0.2, (1, 4000))
    try:
        placed = {place: pan(sound, np.array([place])) for place in (-1.0, -0.5, 0.0, 0.5, 1.0)}
    except NotImplementedError:
        print(OPEN.format(3))
        return
    for stereo in placed.values():
        assert isinstance(stereo, np.ndarray) and stereo.shape == (2, 4000), (
            f"It returned {type(stereo).__name__} {getattr(stereo, 'shape', '')}. Two channels of 4000 samples are (2, 4000)."
        )
    power = {place: (stereo**2).sum(1) / (sound**2).sum() for place, stereo in placed.items()}  # (2,)
    assert not (power[-1.0][0] < 0.01 and power[-1.0][1] > 0.9), (
        "Left and right are exchanged: place -1 is left, row 0."
    )
    assert power[-1.0][1] < 1e-6 and power[1.0][0] < 1e-6, (
        "At -1 and 1 the other side should be silent: let the angle go from 0 to 90 degrees, not further."
    )
    assert abs(power[0.0].sum() - 0.5) > 0.02, (
        "In the middle the power is half of that at the sides: these are straight weights, (1 - p) / 2 and (1 + p) / 2. "
        "Their squares should add to 1, as those of cosine and sine do."
    )
    for place, sides in power.items():
        assert abs(sides.sum() - 1) < 0.01, (
            f"At place {place:g} the power of both sides is {sides.sum():.2f} of the stem's; it should be 1 at each."
        )
    assert abs(power[0.5][1] - np.sin(3 * np.pi / 8) ** 2) < 0.01, (
        f"At place 0.5 the right side has {power[0.5][1]:.2f} of the power; by the equation it has "
        f"{np.sin(3 * np.pi / 8) ** 2:.2f}."
    )
    _judge_headroom(pan)
    print("[ok] Equal power at each place, and one gain that leaves the image where it was.")


def _judge_headroom(pan: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> None:
    loud = np.random.default_rng(2).uniform(-1, 1, (3, 4000))
    stereo = pan(loud, np.array([-1.0, -1.0, 1.0]))
    assert np.abs(stereo).max() <= 1 + 1e-6, (
        f"Three loud stems come to {np.abs(stereo).max():.2f}, and a file clips above 1: one gain for both channels."
    )
    left, right = (np.linalg.norm(stereo[0]), np.linalg.norm(stereo[1]))
    told = np.linalg.norm(loud[:2].sum(0)) / np.linalg.norm(loud[2])
    assert abs(left / right - told) < 0.02 * told, (
        f"Left is {left / right:.2f} times right, and the stems say {told:.2f}: the channels got a gain each, or were "
        "clipped. One gain for both keeps the image where it is."
    )


def _level(sound: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64))))


def _factor(sound: np.ndarray, level: float) -> float:
    return float(10 ** ((level - _level(sound)) / 20))
