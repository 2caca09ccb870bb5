"""Checks for the exercises of the first lesson.

Each takes the reader's answer. It prints what was found right, or raises AssertionError with what to look at next. An
answer that is still None or raises NotImplementedError is not wrong, only open: that is printed and nothing is raised,
so that a notebook with open exercises still runs from top to bottom.

Lesson: 00_start_here.ipynb
"""

from collections.abc import Callable

import numpy as np
import torch

from stemlab.lab.group import Stem, StemGroup

OPEN = "Exercise {}: still open. Write your answer over the stub and run its cell again."


def check_trio(group: StemGroup | None) -> None:
    """Warm-up: three stems, 92 bpm, D major, 2 bars.

    Args:
        group: what `lab.generate` returned, or None while the exercise is open.
    Raises:
        AssertionError: it is another group than the one that was asked for.
    """
    if group is None:
        print(OPEN.format(1))
        return
    assert isinstance(group, StemGroup), (
        f"This is a {type(group).__name__}, not a group. Keep what lab.generate(...) returns: trio = lab.generate(...)."
    )
    assert len(group) == 3, (
        f"This group has {len(group)}: {', '.join(group.names)}. A trio takes three texts in the list, one a stem."
    )
    assert group.bpm == 92, (
        f"The tempo is {group.bpm or 'left open'}, not 92. Words in the prompt do not set it: pass bpm=92."
    )
    assert group.key == "D major", (
        f'The key is {group.key or "left open"}, not D major. Words in the prompt do not set it: pass key="D major".'
    )
    assert group.bars == 2, f"There are {group.bars} bars, not 2. Without bars= a group gets 4: pass bars=2."
    print(f"[ok] {', '.join(group.names)}: 2 bars of 4 beats at 92 bpm are 2 * 4 * 60 / 92 = {group.seconds:.2f} s.")


def check_unchanged(unchanged: Callable[[StemGroup, StemGroup], list[str]]) -> None:
    """Core: which stems of one group are in another, bit for bit?

    Args:
        unchanged: takes two groups, returns names in the order of the first.
    Raises:
        AssertionError: it finds too many, too few, or fails; the message says on what.
    """
    rng = np.random.default_rng(0)
    sound = {name: rng.uniform(-0.5, 0.5, 64).astype(np.float32) for name in ("drums", "bass", "keys", "lead")}
    before = _group(**sound)
    nudged = sound["keys"].copy()
    nudged[40] += np.float32(1e-6)
    after = _group(guitar=sound["bass"][::-1], keys=nudged, bass=sound["bass"], drums=sound["drums"])
    try:
        got = unchanged(before, after)
    except NotImplementedError:
        print(OPEN.format(2))
        return
    except KeyError as error:
        raise AssertionError(
            f"It stopped with KeyError {error}: a stem of `before` may be missing in `after`. Ask first: "
            "`name in after.names`."
        ) from error
    assert isinstance(got, list), f"It returned {got!r}. Return a list of names, such as ['drums', 'bass']."
    assert "keys" not in got, (
        "It lists 'keys', where one sample of 64 moved by 0.000001. Nearly the same is not the same: compare with "
        "np.array_equal, not np.allclose, and not by name alone."
    )
    assert "lead" not in got, "It lists 'lead', which `after` does not have."
    assert {"drums", "bass"} <= set(got), (
        f"It found {got}, yet drums and bass are both in `after` with the same samples, at other places in the list. "
        "Pair stems by name, after[name], not by position."
    )
    assert got == ["drums", "bass"], (
        f"It found {got}. List each name once, in the order of `before`: ['drums', 'bass']."
    )
    print("[ok] Found by name, compared bit for bit, and a missing stem did no harm.")


def check_blend(blend: Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor]) -> None:
    """Stretch: noise with a dial for how much of it is shared.

    Args:
        blend: takes shared noise, own noise (same shape) and rho in [0, 1]; returns noise of that shape.
    Raises:
        AssertionError: wrong ends of the dial, a variance other than 1, or another correlation than rho.
    """
    shared, first, second = torch.randn(3, 32, 4096, generator=torch.Generator().manual_seed(0))
    try:
        ends = blend(shared, first, 1.0), blend(shared, first, 0.0)
        half = blend(shared, first, 0.25), blend(shared, second, 0.25)
    except NotImplementedError:
        print(OPEN.format(3))
        return
    for noise in (*ends, *half):
        assert isinstance(noise, torch.Tensor) and noise.shape == shared.shape, (
            f"It returned {type(noise).__name__} {tuple(getattr(noise, 'shape', ()))}. "
            f"Return a tensor of the shape it was given, {tuple(shared.shape)}."
        )
    assert not torch.allclose(ends[0], first), "rho=1 gave the stem's own noise: the dial is the wrong way round."
    assert torch.allclose(ends[0], shared), "rho=1 shares everything: it must give back `shared` as it is."
    assert torch.allclose(ends[1], first), "rho=0 shares nothing: it must give back `own` as it is."
    variance = float(half[0].var())
    assert abs(variance - 1) < 0.03, (
        f"At rho=0.25 the variance is {variance:.2f}, and the network was trained on noise of variance 1. For "
        "independent noises var(a * shared + b * own) = a**2 + b**2: choose a and b so that this is 1."
    )
    alike = float(torch.corrcoef(torch.stack([noise.flatten() for noise in half]))[0, 1])
    assert abs(alike - 0.25) < 0.03, (
        f"At rho=0.25 the noises of two stems correlate by {alike:.2f}. Their correlation is a**2, the shared part of "
        "the variance, and it should be rho: what is a then?"
    )
    print("[ok] Variance 1 all along the dial, and two stems' noises correlate by rho.")


def _group(**sounds: np.ndarray) -> StemGroup:
    return StemGroup([Stem(name, name, audio) for name, audio in sounds.items()])
