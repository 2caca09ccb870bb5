"""The checks of lesson 1 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import numpy as np
import pytest

from stemlab.lessons import stems_and_mixes


def mixed(stems):
    peak = max(np.abs(stems).max(), np.abs(stems.sum(0)).max())
    gain = 1 / peak if peak > 1 else 1.0
    return gain * stems.sum(0), gain * stems


def in_a_loop(stems):
    total = 0 * stems[0]
    for stem in stems:
        total = total + stem
    peak = max(abs(value) for sound in (*stems, total) for value in sound)
    gain = min(1.0, 1 / peak) if peak else 1.0
    return gain * total, np.array([gain * stem for stem in stems])


def lost(mix, known):
    total = known.sum(0)
    gain = (mix @ total) / (total @ total)
    return gain, mix / gain - total


def by_least_squares(mix, known):
    gain = float(np.linalg.lstsq(known.T, mix, rcond=None)[0].mean())
    return gain, mix / gain - known.sum(0)


def at_gain(gain_of):
    """The stem that is left when the gain is found in another way."""

    def answer(mix, known):
        gain = gain_of(mix, known)
        return gain, mix / gain - known.sum(0)

    return answer


def one_by_one(mix, known):
    return np.mean([mix @ x / (x @ x) for x in known])


def left_as_it_is(mix, known):
    gain = lost(mix, known)[0]
    return gain, mix - gain * known.sum(0)


def known_too_loud(mix, known):
    gain = lost(mix, known)[0]
    return gain, (mix - known.sum(0)) / gain


def root_mean_square(sound):
    return np.sqrt(np.mean(sound**2))


def test_the_right_answers_are_accepted(capsys):
    stems_and_mixes.check_bug("A")
    stems_and_mixes.check_mixed(mixed)
    stems_and_mixes.check_lost(lost)
    assert capsys.readouterr().out.count("[ok]") == 3
    stems_and_mixes.check_mixed(lambda stems: [part.astype(np.float32) for part in mixed(stems)])
    stems_and_mixes.check_mixed(in_a_loop)
    stems_and_mixes.check_lost(by_least_squares)


def each_to_full_scale(stems):
    parts = stems / np.abs(stems).max(1, keepdims=True) / len(stems)
    return parts.sum(0), parts


def turned_up(stems):
    gain = 1 / max(np.abs(stems).max(), np.abs(stems.sum(0)).max())
    return gain * stems.sum(0), gain * stems


def sum_alone(stems):
    peak = np.abs(stems.sum(0)).max()
    gain = 1 / peak if peak > 1 else 1.0
    return gain * stems.sum(0), gain * stems


def mean(stems):
    return stems.mean(0), stems / len(stems)


def clipped(stems):
    return np.clip(stems.sum(0), -1, 1), stems


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (each_to_full_scale, "balance changed"),
        (turned_up, "turned up"),
        (sum_alone, "cancel in the mix"),
        (mean, "would do"),
        (clipped, "not the sum of the stems"),
        (lambda stems: stems.sum(0), "Return two things"),
    ],
)
def test_another_mix_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        stems_and_mixes.check_mixed(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (at_gain(lambda mix, known: 1.0), "with a gain of 1"),
        (at_gain(lambda mix, known: root_mean_square(mix) / root_mean_square(known.sum(0))), "ratio of the levels"),
        (at_gain(lambda mix, known: np.abs(mix).max() / np.abs(known.sum(0)).max()), "ratio of the peaks"),
        (at_gain(one_by_one), "one by one"),
        (at_gain(lambda mix, known: mix @ known[0] / (known[0] @ known[0])), "one by one"),
        (at_gain(lambda mix, known: (known.sum(0) @ known.sum(0)) / (mix @ known.sum(0))), "yours is"),
        (at_gain(lambda mix, known: np.corrcoef(mix, known.sum(0))[0, 1]), "yours is"),
        (left_as_it_is, "as loud as in the mix"),
        (known_too_loud, r"as loud as they are in the mix"),
        (lambda mix, known: (lost(mix, known)[0], -lost(mix, known)[1]), "the stem is not"),
        (lambda mix, known: lost(mix, known)[1], "Return two things"),
        (lambda mix, known: (lost(mix, known)[0], known), "has the shape"),
    ],
)
def test_another_lost_stem_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        stems_and_mixes.check_lost(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("B", r"not which way"),
        ("c", r"no top anywhere"),
        ("D", r"attacks that miss"),
        ("E", r"higher than real songs"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        stems_and_mixes.check_bug(answer)


def test_the_sick_curve_has_its_top_two_semitones_below_the_octave():
    healthy, sick = (line.get_ydata() for line in stems_and_mixes.bug().axes[0].lines)
    assert np.argmax(healthy) == 0 and np.argmax(sick) == 10 and abs(max(healthy) - max(sick)) < 1e-9


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    stems_and_mixes.check_bug(None)
    stems_and_mixes.check_mixed(stub)
    stems_and_mixes.check_lost(stub)
    assert capsys.readouterr().out.count("still open") == 3
