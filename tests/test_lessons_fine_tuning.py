"""The checks of lesson 15 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import hashlib
import itertools
import random

import numpy as np
import pytest

from stemlab.lessons import fine_tuning


def held_out(name):
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 5 == 0


def stop_at(steps, held, old, allowed):
    fine = [i for i in range(len(steps)) if old[i] <= old[0] * (1 + allowed)]
    return steps[min(fine, key=lambda i: held[i])]


def until_it_forgets(steps, held, old, allowed):
    fine = list(itertools.takewhile(lambda i: old[i] <= old[0] * (1 + allowed), range(len(steps))))
    return steps[min(fine, key=lambda i: held[i])]


def test_right_answers_are_accepted(capsys):
    fine_tuning.check_bug("B")
    fine_tuning.check_stop(stop_at)
    fine_tuning.check_held_out(held_out)
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda steps, held, old, allowed: steps[min(range(5), key=lambda i: held[i])], "forgets too much"),
        (lambda steps, held, old, allowed: steps[-1], "the last step"),
        (lambda steps, held, old, allowed: steps.index(stop_at(steps, held, old, allowed)), "place in the list"),
        (until_it_forgets, "in between"),
        (lambda steps, held, old, allowed: stop_at(steps[1:], held[1:], old[1:], allowed), "do not tune"),
        (
            lambda steps, held, old, allowed: stop_at(steps, held, [1 + o - old[0] for o in old], allowed),
            "forgets too much",
        ),
        (lambda steps, held, old, allowed: steps[min(range(5), key=lambda i: old[i])], "A share of the first loss"),
    ],
)
def test_another_place_to_stop_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        fine_tuning.check_stop(answer)


def by_counter():
    count = itertools.count()
    return lambda name: next(count) % 7 == 0


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda name: random.random() < 0.2, "changed sides"),
        (by_counter(), "changed sides"),
        (lambda name: hash(name) % 5 == 0, "hash.. of a text"),
        (lambda name: len(name) % 5 == 0, "asked was about 20 %"),
        (lambda name: int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2 == 0, "asked was about 20 %"),
        (lambda name: int(hashlib.sha256(name.encode()).hexdigest(), 16) % 5, "True or False"),
    ],
)
def test_another_split_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        fine_tuning.check_held_out(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("A", r"Both fall"),
        ("c", r"does not move its windows"),
        ("D", r"further away"),
        ("E", r"stand for songs"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        fine_tuning.check_bug(answer)


def test_the_held_out_curve_is_that_of_training_and_new_songs_lie_far_away():
    left, right = fine_tuning.bug().axes
    trained, held = (np.asarray(line.get_ydata()) for line in left.lines)
    assert abs(held[-1] - trained[-1]) < 0.15 * trained[0] and held[-1] < 0.4 * held[0]
    twins, strangers = right.containers
    means = [
        sum(b.get_height() * (b.get_x() + 0.075) for b in heap) / sum(b.get_height() for b in heap)
        for heap in (twins, strangers)
    ]
    assert means[0] < 0.5 * means[1]


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    fine_tuning.check_bug(None)
    fine_tuning.check_stop(stub)
    fine_tuning.check_held_out(stub)
    assert capsys.readouterr().out.count("still open") == 3
