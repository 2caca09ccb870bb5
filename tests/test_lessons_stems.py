"""The checks of lesson 1 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

from itertools import pairwise

import numpy as np
import pytest

from stemlab.codec.audio import bars_active, rms_db
from stemlab.lessons import stems_and_mixes


def mixed(stems):
    peak = max(np.abs(stems).max(), np.abs(stems.sum(0)).max())
    gain = 1 / peak if peak > 1 else 1.0
    return gain * stems.sum(0), gain * stems


def test_the_right_answers_are_accepted(capsys):
    stems_and_mixes.check_bug("A")
    stems_and_mixes.check_mixed(mixed)
    stems_and_mixes.check_bars_that_play(bars_active)  # the package's own
    assert capsys.readouterr().out.count("[ok]") == 3


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


def whole_frames(audio, bpm, bars):
    edges = [round(b * 240 / bpm * 32_000) for b in range(bars + 1)]
    pieces = [audio[a:b] for a, b in pairwise(edges)]
    frames = [piece[: len(piece) // 2048 * 2048].reshape(-1, 2048) for piece in pieces]
    return "".join("x" if any(rms_db(frame) > -60 for frame in piece) else "." for piece in frames)


def bars_of_whole_frames(audio, bpm, bars):
    bar = int(240 / bpm * 32_000 / 2048) * 2048
    return "".join(
        bars_active(audio[b * bar : (b + 1) * bar], 60 * 32_000 * 4 / bar, 1) if len(audio) > b * bar else "."
        for b in range(bars)
    )


def anything(audio, bpm, bars):
    edges = [round(b * 240 / bpm * 32_000) for b in range(bars + 1)]
    return "".join("x" if np.any(audio[a:b]) else "." for a, b in pairwise(edges))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (whole_bars, "one short note"),
        (anything, "hiss at -70 dB"),
        (lambda audio, bpm, bars: bars_active(audio, bpm, bars)[:3], "six characters"),
        (lambda audio, bpm, bars: bars_active(audio, bpm, 4) + "..", "cut off by the end"),
        (whole_frames, "its last frame is shorter"),
        (bars_of_whole_frames, "rounded once"),
    ],
)
def test_other_bars_are_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        stems_and_mixes.check_bars_that_play(answer)


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
    stems_and_mixes.check_bars_that_play(stub)
    assert capsys.readouterr().out.count("still open") == 3
