"""The checks of lesson 4 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import pytest

from stemlab.lessons import text_and_guidance


def without(told, what):
    return {**told, what: None}


def one_alone(velocity, told, what, g):
    null = velocity(without(told, what))
    return null + g * (velocity(told) - null)


def as_one_sum(velocity, told, what, g):
    rest = {name: value for name, value in told.items() if name != what}
    return (g * velocity(told).double() + (1 - g) * velocity(rest).double()).numpy()


def in_place(velocity, told, what, g):
    full = velocity(told)
    told[what] = None
    null = velocity(told)
    return null + g * (full - null)


def test_right_answers_are_accepted(capsys):
    text_and_guidance.check_count_tokens(lambda text: min(len(text.lower().encode("utf-8")) + 1, 96))
    text_and_guidance.check_bug("B")
    text_and_guidance.check_one_alone(one_alone)
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
        (lambda v, told, what, g: v({}) + g * (v(told) - v({})), "everything is stretched"),
        (lambda v, told, what, g: v({}) + g * (v({what: told[what]}) - v({})), "the others are gone"),
        (lambda v, told, what, g: v(told) + g * (v(told) - v(without(told, what))), "one step of guidance too many"),
        (lambda v, told, what, g: v({}) + g * (v(told) - v(without(told, what))), "null of everything"),
        (lambda v, told, what, g: v(told) + g * (v(without(told, what)) - v(told)), "leads away"),
        (lambda v, told, what, g: v({what: 1}) + g * (v(told) - v({what: 1})), "others are stretched, and this one"),
        (lambda v, told, what, g: one_alone(v, told, "tempo", g), "the values are others"),
        (lambda v, told, what, g: g * v(told), "the values are others"),
        (in_place, "Work on a copy"),
        (lambda v, told, what, g: v(told).mean(), "has the shape"),
    ],
)
def test_another_pull_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        text_and_guidance.check_one_alone(answer)


def test_guidance_written_as_one_sum_is_accepted(capsys):
    text_and_guidance.check_one_alone(as_one_sum)
    assert capsys.readouterr().out.count("[ok]") == 1


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
    text_and_guidance.check_bug(None)
    text_and_guidance.check_one_alone(stub)
    assert capsys.readouterr().out.count("still open") == 3
