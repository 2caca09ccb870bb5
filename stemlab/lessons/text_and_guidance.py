"""Checks for the exercises of the lesson on text and guidance.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 04_text_and_guidance.ipynb
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure

from stemlab.lessons.answers import near, shape_of
from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN
from stemlab.sampling import guided
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


TEXTS = (
    "keys: electric piano",
    "keys: electric organ",
    "keys: organ",
    "drums: brush kit",
    "drums: brushes",
    "bass: slap bass",
)
SUSPECTS = Case(
    exercise=2,
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
    """Exercise 2, what is given: cosines of the vectors of six texts, from a reader with a defect."""
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


def check_one_alone(one_alone: Callable[..., torch.Tensor]) -> None:
    """Transfer: guidance towards one of several conditions, the others left as they are.

    Args:
        one_alone: takes `velocity(told)`, what is told (a dict, None where nothing is said), the name of one of them and a scale.
    Raises:
        AssertionError: the others are stretched too or taken away, the scale 1 is not off, or what was told is changed.
    """
    parts = dict(
        zip(("text", "tempo", "key"), torch.randn(3, 8, 16, generator=torch.Generator().manual_seed(0)), strict=True)
    )
    together = torch.randn(8, 16, generator=torch.Generator().manual_seed(1))

    def velocity(told: dict) -> torch.Tensor:
        """A field in which conditions add up, and say more together than alone."""
        said = [name for name in parts if told.get(name) is not None]
        return sum((parts[name] for name in said), torch.ones(8, 16)) + together * len(said) ** 2

    for what in parts:
        for g in (1.0, 3.0, 0.0):
            told: dict = {"text": "drums", "tempo": 100, "key": "A minor"}
            try:
                got = one_alone(velocity, told, what, g)
            except NotImplementedError:
                print(OPEN.format(3))
                return
            assert told == {"text": "drums", "tempo": 100, "key": "A minor"}, (
                f"What was told is now {told}: the next step of the sampler would not be told it. Work on a copy: {{**told, what: None}}."
            )
            assert shape_of(got) == (8, 16), (
                f"It returned {type(got).__name__} {shape_of(got)}; a velocity has the shape (8, 16)."
            )
            full, without = velocity(told), velocity({**told, what: None})
            null, alone = velocity({}), velocity({what: told[what]})
            right, where = guided(full, without, g), f"Towards {what!r} with g = {g:g}"
            if near(got, right, atol=1e-4):
                continue
            wrong = {
                "everything is stretched: your null was told nothing at all. Take away the one condition, and leave the others.": guided(
                    full, null, g
                ),
                "the others are gone: both of your velocities were told that one condition or nothing.": guided(
                    alone, null, g
                ),
                "you start from the velocity that is told all, one step of guidance too many: with g = 1 nothing may change.": full
                + g * (full - without),
                "you start from the null of everything, so that the others are lost.": null + g * (full - without),
                "it leads away from the condition: the two velocities are exchanged.": guided(without, full, g),
                "the others are stretched, and this one is not.": guided(full, alone, g),
            }
            for why, other in wrong.items():
                assert not near(got, other, atol=1e-4), f"{where} {why}"
            raise AssertionError(
                f"{where} the values are others: which two velocities differ in that condition and in nothing else?"
            )
    print("[ok] Two velocities that differ in one condition, and their difference stretched.")
