"""The checks of lesson 6 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import numpy as np
import pytest

from stemlab.lessons import many_stems


def rounds(scheme, stems):
    return {"one-pass": 1, "two-pass": min(2, stems), "k-pass": stems}[scheme]


def one_after_another(hear):
    def k_pass(make, n):
        sounds = []
        for index in range(n):
            sounds.append(make(index, hear(sounds)))
        return sounds

    return k_pass


def test_right_answers_are_accepted(capsys):
    many_stems.check_count_steps(lambda scheme, stems, steps: steps * rounds(scheme, stems))
    many_stems.check_bug("B")
    many_stems.check_k_pass(one_after_another(lambda sounds: np.sum(sounds, axis=0) if sounds else None))
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda scheme, stems, steps: stems * steps, "They go through together"),
        (lambda scheme, stems, steps: steps * {"one-pass": 1, "two-pass": 2, "k-pass": stems}[scheme], "A single stem"),
        (lambda scheme, stems, steps: steps * rounds(scheme, stems) * 2, "doubles the batch"),
        (lambda scheme, stems, steps: steps, "'two-pass' with 2 stems"),
        (lambda scheme, stems, steps: steps * max(1, rounds(scheme, stems) - (scheme == "k-pass")), "'k-pass' with"),
        (lambda scheme, stems, steps: 32 + (steps - 32) * rounds(scheme, stems), "'two-pass' with 2 stems"),
    ],
)
def test_steps_counted_wrongly_are_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        many_stems.check_count_steps(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (one_after_another(lambda sounds: sounds[-1] if sounds else None), "the one before it alone"),
        (one_after_another(lambda sounds: np.mean(sounds, axis=0) if sounds else None), "heard the mean"),
        (one_after_another(lambda sounds: np.sum(sounds, axis=0) if sounds else np.zeros(4)), "which is not silence"),
        (one_after_another(lambda sounds: None), "heard nothing"),
        (lambda make, n: [make(index, None) for index in range(n - 1)], "once for each stem"),
        (lambda make, n: one_after_another(lambda s: np.sum(s, axis=0) if s else None)(make, n)[::-1], "in order"),
    ],
)
def test_rounds_done_wrongly_are_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        many_stems.check_k_pass(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("A", r"half of this one is not"),
        ("C", r"in both pictures"),
        ("D", r"two squares on the diagonal"),
        ("E", r"exact zeros"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        many_stems.check_bug(answer)


def test_in_either_order_only_those_before_are_heard():
    for axes in many_stems.bug().axes[:2]:
        table = np.asarray(axes.images[0].get_array())
        assert (table[np.triu_indices(4)] < 1e-6).all() and (table[np.tril_indices(4, -1)] > 1e-3).all()


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    many_stems.check_count_steps(stub)
    many_stems.check_bug(None)
    many_stems.check_k_pass(stub)
    assert capsys.readouterr().out.count("still open") == 3
