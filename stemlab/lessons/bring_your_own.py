"""Checks for the exercises of the lesson on a reader's own music.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 10_bring_your_own_music.ipynb
"""

import weakref
from collections.abc import Callable, Iterable, Iterator

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from stemlab.lessons.answers import near
from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN


def check_starts(starts: Callable[[float, float], list[float]]) -> None:
    """Warm-up: where the windows of a song begin.

    Args:
        starts: takes the length of a song and of a window in seconds; returns seconds.
    Raises:
        AssertionError: too many or too few windows, or windows at other places.
    """
    cases = ((36.0, [0.0, 12.0, 24.0]), (30.0, [0.0, 12.0, 24.0]), (29.0, [0.0, 12.0]), (3.0, [0.0]))
    for length, right in cases:
        try:
            got = starts(length, 12.0)
        except NotImplementedError:
            print(OPEN.format(1))
            return
        assert isinstance(got, list | tuple | np.ndarray), (
            f"It returned {got!r}. Return a list of seconds, such as [0.0, 12.0]."
        )
        got = [float(start) for start in got]
        assert got or length > 3, (
            "A song of 3 s got no window at all, and would never be heard. By (1) each song has at least one."
        )
        assert len(got) != 1 + len(right) or length not in (29.0, 36.0), (
            f"A song of {length:g} s got {len(got)} windows of 12 s. Round to the nearest whole number, not up: less than "
            "half a window is left out."
        )
        assert len(got) >= len(right), (
            f"A song of {length:g} s got {len(got)} windows of 12 s, and {len(right)} are right. Half a window or more is "
            "kept: add 1/2 before you cut off the decimals."
        )
        assert near(got, right, atol=1e-6), f"A song of {length:g} s: got the starts {got}; by (1) they are {right}."
    shorter = [float(start) for start in starts(20.0, 8.0)]
    assert near(shorter, [0.0, 8.0, 16.0]), (
        f"A song of 20 s in windows of *8* s: got the starts {shorter}; by (1) they are [0.0, 8.0, 16.0]. Is `window` used?"
    )
    print("[ok] Side by side from 0, a half window counts, and no song is forgotten.")


def check_statistics(
    statistics: Callable[[Iterable[torch.Tensor]], tuple[torch.Tensor, torch.Tensor]],
) -> None:
    """Core: mean and standard deviation of each latent channel over a whole data set, seen song by song.

    Args:
        statistics: takes an iterable of latents `(S, C, T)`, S and T of any size; returns two tensors `(C,)`.
    Raises:
        AssertionError: another shape, songs weighed alike, variances averaged, or all kept in memory.
    """
    songs, alive, most = list(_songs()), [], 0

    def one_by_one() -> Iterator[torch.Tensor]:
        nonlocal most
        for song in _songs():
            alive.append(weakref.ref(song))
            yield song
            del song
            most = max(most, sum(kept() is not None for kept in alive))

    try:
        got = statistics(one_by_one())
    except NotImplementedError:
        print(OPEN.format(3))
        return
    except TypeError as error:
        raise AssertionError(
            f"It stopped with TypeError: {error}. The songs come one by one, from an iterator that has no length: loop over "
            "them once."
        ) from error
    assert isinstance(got, tuple | list) and len(got) == 2, (
        f"It returned {type(got).__name__}. Return two tensors: mean, std."
    )
    mean, std = (torch.as_tensor(value, dtype=torch.float64) for value in got)
    assert mean.shape == std.shape == (3,), (
        f"The shapes are {tuple(mean.shape)} and {tuple(std.shape)}. Each of 3 channels has numbers of its own: (3,)."
    )
    rows = torch.cat([song.movedim(1, 0).flatten(1) for song in songs], dim=1).double()  # (C, all frames)
    right_mean, right_std = rows.mean(1), rows.std(1, correction=0)
    alike = torch.stack([song.double().mean((0, 2)) for song in songs]).mean(0)
    assert not torch.allclose(mean, alike, atol=1e-3), (
        "A mean of means: a song of 20 frames got the weight of one of 800. Add up sums and counts, and divide at the end."
    )
    assert torch.allclose(mean, right_mean, atol=1e-3), (
        f"The means are {[round(v, 3) for v in mean.tolist()]}; over all frames they are "
        f"{[round(v, 3) for v in right_mean.tolist()]}."
    )
    assert not torch.allclose(std, right_std**2, rtol=1e-3), "The second is the variance: take its root."
    weights = torch.tensor([song[:, 0].numel() for song in songs], dtype=torch.float64)
    spreads = torch.stack([song.double().movedim(1, 0).flatten(1).var(1, correction=0) for song in songs])
    for name, value in (
        ("mean of the songs' spreads", spreads.sqrt().mean(0)),
        ("mean of variances", (weights[:, None] * spreads).sum(0).div(weights.sum()).sqrt()),
        ("mean of variances", spreads.mean(0).sqrt()),
    ):
        assert not torch.allclose(std, value, rtol=1e-3), (
            f"The spread is a {name}, which forgets that songs lie apart from each other. Add up squares too: the variance "
            "is mean square less squared mean."
        )
    assert torch.allclose(std, right_std, rtol=2e-3), (
        f"The spreads are {[round(v, 3) for v in std.tolist()]}; over all frames they are "
        f"{[round(v, 3) for v in right_std.tolist()]}."
    )
    assert most <= 2, (
        f"The numbers are right, and {most} of {len(songs)} songs were in memory at a time. The data set does not fit: keep sums and counts, and "
        "let each song go."
    )
    print("[ok] Each frame counts once, in one pass, and songs are let go.")


def _songs() -> Iterator[torch.Tensor]:
    """Latents of songs of other sizes, levels and channels, `(S, 3, T)` each."""
    generator = torch.Generator().manual_seed(0)
    shift, spread = torch.tensor([0.0, 5.0, -1.0]), torch.tensor([1.0, 2.0, 0.5])[:, None]
    for i, (s, t) in enumerate(((1, 20), (4, 200), (2, 60), (1, 30), (1, 40))):
        yield torch.randn(s, 3, t, generator=generator) * spread + (shift + 2 * i)[:, None]


SUSPECTS = Case(
    exercise=2,
    defect="A",
    against={
        "B": "A copy of the drums would correlate by 1 with one alone, and by 0 with the others.",
        "C": "A stem that is late is unrelated to the others like any honest one: its row would be white.",
        "D": "Silence has no level to draw, and no correlation. This file is the loudest of all.",
        "E": "Honest stems are unrelated as waveforms, whatever they play: look at the square of the other four.",
    },
    told="A sum of four unrelated stems of equal level correlates with each by 1/2, for it shares a quarter of its power with each, and is "
    "6 dB louder. It was called *synth*, so no reader by name could know.",
)
FILES = ("drums", "bass", "keys", "guitar", "synth")


def bug() -> Figure:
    """Core, what is given: correlations and levels of the five files of a song."""
    rng = np.random.default_rng(0)
    stems = rng.normal(0, [[0.1], [0.11], [0.09], [0.1]], (4, 40_000))
    stems = np.vstack([stems, stems.sum(0)])
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    image = left.imshow(np.corrcoef(stems), cmap="PuOr", vmin=-1, vmax=1)
    for axis in (left.xaxis, left.yaxis):
        axis.set_ticks(range(5), FILES)
    left.set_title("Correlation of the waveforms", fontsize=10)
    figure.colorbar(image, ax=left)
    right.bar(range(5), 10 * np.log10((stems**2).mean(1)) + 40, bottom=-40, color="#0b62c4")
    right.set_xticks(range(5), FILES)
    right.set(title="Levels", ylabel="dB (RMS)")
    return figure


def check_bug(answer: str | None) -> None:
    """Core: name what the file `synth` of `bug` is.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)
