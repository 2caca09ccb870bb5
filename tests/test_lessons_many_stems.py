"""The checks of lesson 6 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import numpy as np
import pytest

from stemlab.lessons import many_stems


def rounds(scheme, stems):
    return {"one-pass": 1, "two-pass": min(2, stems), "k-pass": stems}[scheme]


def rounds_for(hears):
    left, done, found = dict(hears), set(), []
    while left:
        now = [name for name, others in left.items() if others <= done]
        if not now:
            raise ValueError(f"a circle: {', '.join(left)}")
        found.append(now)
        done |= set(now)
        left = {name: others for name, others in left.items() if name not in now}
    return found


def by_depth(hears):
    def depth(name, seen=()):
        if name in seen:
            raise ValueError(f"{name} waits for itself")
        return 1 + max((depth(other, (*seen, name)) for other in hears[name]), default=0)

    depths = {name: depth(name) for name in hears}
    return [tuple(n for n in hears if depths[n] == d) for d in range(1, 1 + max(depths.values()))]


def one_by_one(hears):
    return [[name] for one in rounds_for(hears) for name in one]


def leaders_and_the_rest(hears):
    parts = [n for n in hears if not hears[n]], [n for n in hears if hears[n]]
    return [part for part in parts if part]


def by_how_many_they_hear(hears):
    counts = sorted({len(others) for others in hears.values()})
    return [[n for n in hears if len(hears[n]) == count] for count in counts]


def blind_to_circles(hears):
    try:
        return rounds_for(hears)
    except ValueError:
        return [list(hears)]


def test_right_answers_are_accepted(capsys):
    many_stems.check_count_steps(lambda scheme, stems, steps: steps * rounds(scheme, stems))
    many_stems.check_bug("B")
    many_stems.check_rounds_for(rounds_for)
    assert capsys.readouterr().out.count("[ok]") == 3
    many_stems.check_rounds_for(by_depth)
    assert capsys.readouterr().out.count("[ok]") == 1


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
        (one_by_one, "can go through together"),
        (leaders_and_the_rest, "it has to be an earlier round"),
        (by_how_many_they_hear, "can go through together"),
        (blind_to_circles, "Each waits for the other"),
        (lambda hears: rounds_for(hears)[::-1], "it has to be an earlier round"),
        (lambda hears: [list(hears)], "it has to be an earlier round"),
        (lambda hears: [one for one in rounds_for(hears) if len(one) > 1], "were asked for, each once"),
        (lambda hears: rounds_for(hears) + [[]], "an empty round"),
        (lambda hears: {n: i for i, one in enumerate(rounds_for(hears)) for n in one}, "Return a list of rounds"),
        (lambda hears: len(rounds_for(hears)), "Return a list of rounds"),
        (lambda hears: [one + one for one in rounds_for(hears)], "each once"),
    ],
)
def test_other_rounds_are_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        many_stems.check_rounds_for(answer)


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
    many_stems.check_rounds_for(stub)
    assert capsys.readouterr().out.count("still open") == 3
