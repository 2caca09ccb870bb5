"""The checks of lesson 4 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import pytest

from stemlab.lessons import text_and_guidance


def steered(told, null, guidance, step, steps, first, last):
    inside = first <= step * 32 / steps < last + 1
    return null + guidance * (told - null) if inside else told


def unscaled(told, null, guidance, step, steps, first, last):
    return null + guidance * (told - null) if first <= step <= last else told


def null_outside(told, null, guidance, step, steps, first, last):
    return steered(told, null, guidance, step, steps, first, last) if first <= step * 32 / steps < last + 1 else null


def exchanged(told, null, guidance, step, steps, first, last):
    return told + guidance * (null - told) if first <= step * 32 / steps < last + 1 else told


def test_right_answers_are_accepted(capsys):
    text_and_guidance.check_count_tokens(lambda text: min(len(text.lower().encode("utf-8")) + 1, 96))
    text_and_guidance.check_steer(steered)
    text_and_guidance.check_bug("B")
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda text: min(len(text.encode("utf-8")), 96), "What marks the end"),
        (lambda text: min(len(text) + 1, 96), "takes several bytes"),
        (lambda text: len(text.encode("utf-8")) + 1, "reads 96 tokens at the most"),
        (lambda text: 7, "tokenize makes"),
        (lambda text: min(len(text.encode("utf-8")) + 1, 96), "put in small letters first"),
        (lambda text: len(text.split()) + 1, "tokenize makes"),
    ],
)
def test_tokens_counted_wrongly_are_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        text_and_guidance.check_count_tokens(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (unscaled, "Scale the step|ends where step 29 begins"),
        (null_outside, "gives the unconditional velocity"),
        (lambda told, null, g, *rest: steered(told, told, g, *rest), "it is not guided"),
        (exchanged, "leads away from the words"),
        (lambda told, null, g, *rest: told + g * (told - null) if rest[0] * 32 / rest[1] >= 3 else told, "one step of"),
        (lambda told, null, *rest: told.mean(), "a velocity has the shape"),
        (lambda told, null, *rest: 2 * told, "compare with equation"),
    ],
)
def test_guidance_done_wrongly_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        text_and_guidance.check_steer(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("A", r"no capital letter"),
        ("c", r"are told apart"),
        ("D", r"would become equal"),
        ("E", r"other letters"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        text_and_guidance.check_bug(answer)


def test_only_texts_with_one_beginning_are_equal_in_the_picture():
    cosine = text_and_guidance.bug().axes[0].images[0].get_array()
    equal = {(i, j) for i in range(6) for j in range(i) if cosine[i, j] > 0.999}
    texts = text_and_guidance.TEXTS
    assert equal == {(i, j) for i in range(6) for j in range(i) if texts[i][:12] == texts[j][:12]} and len(equal) == 2


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    text_and_guidance.check_count_tokens(stub)
    text_and_guidance.check_steer(stub)
    text_and_guidance.check_bug(None)
    assert capsys.readouterr().out.count("still open") == 3
