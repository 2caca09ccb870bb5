"""The checks of lesson 1 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

from itertools import pairwise

import numpy as np
import pytest

from stemlab.codec.audio import bars_active, rms_db
from stemlab.lessons import stems_and_mixes


def level_of_sum(levels):
    return float(10 * np.log10(sum(10 ** (level / 10) for level in levels)))


def mixed(stems):
    peak = max(np.abs(stems).max(), np.abs(stems.sum(0)).max())
    gain = 1 / peak if peak > 1 else 1.0
    return gain * stems.sum(0), gain * stems


def test_the_right_answers_are_accepted(capsys):
    stems_and_mixes.check_level_of_sum(level_of_sum)
    stems_and_mixes.check_mixed(mixed)
    stems_and_mixes.check_bars_that_play(bars_active)  # the package's own
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (sum, "You added decibels"),
        (lambda levels: 20 * np.log10(sum(10 ** (level / 20) for level in levels)), "adds amplitudes"),
        (np.mean, "That is the mean"),
        (lambda levels: sum(10 ** (level / 10) for level in levels), "That is the power"),
        (max, "the powers add up to"),
    ],
)
def test_another_level_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        stems_and_mixes.check_level_of_sum(answer)


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


def whole_bars(audio, bpm, bars):
    edges = [round(b * 240 / bpm * 32_000) for b in range(bars + 1)]
    pieces = [audio[a:b] for a, b in pairwise(edges)]
    return "".join("x" if len(piece) and rms_db(piece) > -60 else "." for piece in pieces)


def anything(audio, bpm, bars):
    edges = [round(b * 240 / bpm * 32_000) for b in range(bars + 1)]
    return "".join("x" if np.any(audio[a:b]) else "." for a, b in pairwise(edges))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (whole_bars, "one short note"),
        (anything, "hiss at -70 dB"),
        (lambda audio, bpm, bars: bars_active(audio, bpm, bars)[:3], "five characters"),
        (lambda audio, bpm, bars: bars_active(audio, bpm, 3) + "..", "cut off by the end"),
    ],
)
def test_other_bars_are_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        stems_and_mixes.check_bars_that_play(answer)


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    stems_and_mixes.check_level_of_sum(stub)
    stems_and_mixes.check_mixed(stub)
    stems_and_mixes.check_bars_that_play(stub)
    assert capsys.readouterr().out.count("still open") == 3
