"""Checks for the exercises of the lesson on text and guidance.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 04_text_and_guidance.ipynb
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure

from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN
from stemlab.sampling import guided, in_interval
from stemlab.text import MAX_BYTES, PAD, NgramBag, tokenize


def check_count_tokens(count_tokens: Callable[[str], int]) -> None:
    """Warm-up: how many tokens does a text become?

    Args:
        count_tokens: takes a text, returns a number.
    Raises:
        AssertionError: it counts characters, forgets the end, or knows no limit.
    """
    for text in ("bass", "café", "低音", "", "x" * 500, "İÇİN"):
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
        assert got == right or got != len(text.encode("utf-8")) + 1 or text == text.lower(), (
            f"{shown}: you count {got}, the bytes as they stand. The text is put in small letters first, and some small letters "
            "take another number of bytes."
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


TEXTS = (
    "keys: electric piano",
    "keys: electric organ",
    "keys: organ",
    "drums: brush kit",
    "drums: brushes",
    "bass: slap bass",
)
SUSPECTS = Case(
    exercise=3,
    defect="B",
    against={
        "A": "There is no capital letter in these texts, and two pairs of different texts are equal all the same.",
        "C": "'keys: electric piano' and 'keys: organ' have one word before the colon, and are told apart.",
        "D": "Without the end token no two different texts would become equal: 'drums: brushes' and 'drums: brush kit' differ in "
        "letters.",
        "E": "Without their order, texts of the same letters would be equal. 'electric piano' and 'electric organ' have other letters, "
        "and are equal.",
    },
    told="Texts that share their first 12 bytes are one text to this reader. Nothing fails and nothing is printed, and every test with "
    "short texts passes: a condition that is silently ignored from some length on.",
)


def bug() -> Figure:
    """Exercise 3, what is given: cosines of the vectors of six texts, from a reader with a defect."""
    torch.manual_seed(0)
    tokens = tokenize(list(TEXTS))
    tokens[:, 12:] = PAD
    with torch.no_grad():
        vectors = NgramBag(64)(tokens)
    vectors = vectors / vectors.norm(dim=1, keepdim=True)
    figure, axes = plt.subplots(figsize=(6.4, 4.6), layout="constrained")
    cosine = (vectors @ vectors.T).numpy()
    axes.imshow(cosine, cmap="Blues", vmin=-0.2, vmax=1)
    for i in range(6):
        for j in range(6):
            colour = "white" if cosine[i, j] > 0.6 else "black"
            axes.text(j, i, f"{cosine[i, j]:.2f}", ha="center", va="center", color=colour, fontsize=8)
    axes.set_xticks(range(6), TEXTS, rotation=40, ha="right", fontsize=8)
    axes.set_yticks(range(6), TEXTS, fontsize=8)
    axes.set_title("Cosine of two texts' vectors", fontsize=10)
    return figure


def check_bug(answer: str | None) -> None:
    """Core: name what is wrong with the reader of `bug`.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)
