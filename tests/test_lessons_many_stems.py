"""The checks of lesson 6 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import numpy as np
import pytest
import torch

from stemlab.lessons import many_stems


def rounds(scheme, stems):
    return {"one-pass": 1, "two-pass": min(2, stems), "k-pass": stems}[scheme]


def influence(velocity, n):
    whole, table = velocity(list(range(n))), torch.zeros(n, n)
    for gone in range(n):
        stay = [i for i in range(n) if i != gone]
        table[stay, gone] = (whole[stay] - velocity(stay)).square().mean((1, 2)).sqrt()
    return table


def by_place(velocity, n):
    whole, table = velocity(list(range(n))), torch.zeros(n, n)
    for gone in range(n):
        stay = [i for i in range(n) if i != gone]
        table[stay, gone] = (whole[: n - 1] - velocity(stay)).square().mean((1, 2)).sqrt()
    return table


def one_after_another(hear):
    def k_pass(make, n):
        sounds = []
        for index in range(n):
            sounds.append(make(index, hear(sounds)))
        return sounds

    return k_pass


def test_right_answers_are_accepted(capsys):
    many_stems.check_count_steps(lambda scheme, stems, steps: steps * rounds(scheme, stems))
    many_stems.check_influence(influence)
    many_stems.check_k_pass(one_after_another(lambda sounds: np.sum(sounds, axis=0) if sounds else None))
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda scheme, stems, steps: stems * steps, "They go through together"),
        (lambda scheme, stems, steps: steps * {"one-pass": 1, "two-pass": 2, "k-pass": stems}[scheme], "A single stem"),
        (lambda scheme, stems, steps: steps * rounds(scheme, stems) * 2, "doubles the batch"),
        (lambda scheme, stems, steps: steps, "'two-pass' with 2 stems"),
    ],
)
def test_steps_counted_wrongly_are_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        many_stems.check_count_steps(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda velocity, n: influence(velocity, n).T, "transposed"),
        (lambda velocity, n: influence(velocity, n) ** 2, "take the root"),
        (by_place, "move up by one place"),
        (lambda velocity, n: influence(velocity, n) + torch.eye(n), "diagonal should be 0"),
        (lambda velocity, n: influence(velocity, n)[0], "four stems by four"),
    ],
)
def test_influence_found_wrongly_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        many_stems.check_influence(answer)


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


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    many_stems.check_count_steps(stub)
    many_stems.check_influence(stub)
    many_stems.check_k_pass(stub)
    assert capsys.readouterr().out.count("still open") == 3
