"""Checks for the exercises of the lesson on text and guidance.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 04_text_and_guidance.ipynb
"""

from collections.abc import Callable

import torch

from stemlab.lessons.start_here import OPEN
from stemlab.sampling import guided, in_interval
from stemlab.text import MAX_BYTES, PAD, tokenize


def check_count_tokens(count_tokens: Callable[[str], int]) -> None:
    """Warm-up: how many tokens does a text become?

    Args:
        count_tokens: takes a text, returns a number.
    Raises:
        AssertionError: it counts characters, forgets the end, or knows no limit.
    """
    for text in ("bass", "café", "低音", "", "x" * 500):
        right = int((tokenize([text]) != PAD).sum())
        try:
            got = count_tokens(text)
        except NotImplementedError:
            print(OPEN.format(1))
            return
        shown = repr(text if len(text) < 20 else f"{text[:3]}... ({len(text)} bytes)")
        assert got != right - 1 or not text.isascii() or len(text) > MAX_BYTES, (
            f"{shown}: {got} are its bytes alone. What marks the end?"
        )
        assert got == right or text.isascii(), (
            f"{shown} has {len(text)} characters, yet {right} tokens, and you count {got}. In UTF-8 a character beyond "
            "English takes several bytes: text.encode('utf-8')."
        )
        assert got == right or len(text) <= MAX_BYTES, (
            f"{shown}: you count {got}. The encoder reads {MAX_BYTES} tokens at the most and drops the rest."
        )
        assert got == right, f"{shown}: you count {got}, tokenize makes {right}."
    print("[ok] Bytes, one for the end, and never more than the encoder reads.")


def check_steer(steer: Callable[..., torch.Tensor]) -> None:
    """Core: guidance inside its interval.

    Args:
        steer: takes conditional and unconditional velocity, guidance, step, steps, first, last; returns a velocity.
    Raises:
        AssertionError: another formula, another interval, or what happens outside is wrong.
    """
    told, null = torch.randn(2, 3, 32, 16, generator=torch.Generator().manual_seed(0))
    for steps in (32, 8, 50):
        for step in range(steps):
            inside = in_interval(step, steps, (3, 28))
            try:
                got = steer(told, null, 3.0, step, steps, 3, 28)
            except NotImplementedError:
                print(OPEN.format(2))
                return
            assert isinstance(got, torch.Tensor) and got.shape == told.shape, (
                f"It returned {type(got).__name__} {tuple(getattr(got, 'shape', ()))}; a velocity has the shape "
                f"{tuple(told.shape)} of those that it was given."
            )
            where = f"step {step} of {steps} ({step * 32 / steps:g} on the scale of 32)"
            _judge_velocity(got, told, null, inside, where)
    assert torch.allclose(steer(told, null, 1.0, 16, 32, 3, 28), told, atol=1e-5), "Guidance 1 must change nothing."
    print("[ok] Guided inside the interval, conditional outside, for any number of steps.")


def _judge_velocity(got, told, null, inside: bool, where: str) -> None:
    right = guided(told, null, 3.0) if inside else told
    if torch.allclose(got, right, atol=1e-4):
        return
    assert not torch.allclose(got, null, atol=1e-4), (
        f"At {where} it gives the unconditional velocity. Outside the interval the words still count, once: conditional."
    )
    assert not torch.allclose(got, told + 3.0 * (told - null), atol=1e-4), (
        "You start from the conditional velocity, which is one step of guidance too many: with guidance 1 nothing may "
        "change. Start from the unconditional one."
    )
    assert not torch.allclose(got, guided(null, told, 3.0), atol=1e-4), (
        "It leads away from the words: conditional and unconditional are exchanged."
    )
    assert inside or not torch.allclose(got, guided(told, null, 3.0), atol=1e-4), (
        f"At {where} it is guided, but the interval is 3 to 28 of 32, both included. Scale the step: step * 32 / steps."
    )
    assert not (inside and torch.allclose(got, told, atol=1e-4)), (
        f"At {where} it is not guided, though that is inside 3 to 28 of 32; the interval ends where step 29 begins."
    )
    raise AssertionError(f"Right shape, wrong values at {where}: compare with equation (3).")


def check_gaze(gaze: Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]) -> None:
    """Stretch: attention weights from queries, keys and a mask.

    Args:
        gaze: takes queries `(T, d)`, keys `(L, d)` and mask `(L,)`, True where there is text; returns `(T, L)`.
    Raises:
        AssertionError: weights that do not add up to 1, look at padding, or have another temperature.
    """
    generator = torch.Generator().manual_seed(0)
    queries, keys = torch.randn(5, 64, generator=generator), torch.randn(7, 64, generator=generator)
    mask = torch.tensor([True] * 4 + [False] * 3)
    try:
        got = gaze(queries, keys, mask)
    except NotImplementedError:
        print(OPEN.format(3))
        return
    assert isinstance(got, torch.Tensor) and got.shape == (5, 7), (
        f"It returned {type(got).__name__} {tuple(getattr(got, 'shape', ()))}. Five frames that look at seven letters "
        "take (5, 7)."
    )
    assert torch.isfinite(got).all(), "There are values that are no numbers: does one row mask all letters?"
    assert float(got[:, 4:].abs().max()) < 1e-6, (
        "Some weight falls on padding. Put -inf where the mask is False, *before* the softmax."
    )
    sums = got.sum(1)
    assert torch.allclose(sums, torch.ones(5), atol=1e-4), (
        f"Each frame's weights add up to {sums.tolist()[0]:.2f} instead of 1. Take the softmax over the letters, the last "
        "axis, and after masking, not before."
    )
    plain = (queries @ keys.T).masked_fill(~mask, -torch.inf)
    assert not torch.allclose(got, plain.softmax(-1), atol=1e-4), (
        "The weights are too sharp: products of vectors of length d grow like the root of d. Divide by it."
    )
    assert torch.allclose(got, (plain / 8).softmax(-1), atol=1e-4), "Right form, wrong values: compare with (2)."
    print("[ok] Where each frame looks: masked, scaled, and adding up to 1.")
