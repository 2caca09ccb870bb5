"""The checks of lesson 11 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import numpy as np
import pytest

from stemlab.codec.audio import FRAME, activity, rms_db
from stemlab.lessons import stem_studio


def playing(sound):
    return sound[np.repeat(activity(sound), FRAME)[: len(sound)]]


def faders(sounds, levels):
    heard = {name: playing(sound) for name, sound in sounds.items()}
    return {n: float(10 ** ((levels[n] - rms_db(heard[n])) / 20)) if len(heard[n]) else 1.0 for n in sounds}


def rests_counted(sounds, levels):
    return {n: 10 ** ((levels[n] - rms_db(sound)) / 20) if sound.any() else 1.0 for n, sound in sounds.items()}


def of_powers(sounds, levels):
    return {name: factor**2 for name, factor in faders(sounds, levels).items()}


def turned(sounds, levels):
    return {name: 1 / factor for name, factor in faders(sounds, levels).items()}


def broken_by_silence(sounds, levels):
    return {n: levels[n] / np.sqrt(np.mean(playing(sound) ** 2)) for n, sound in sounds.items()}


def silence_lifted(sounds, levels):
    return {**faders(sounds, levels), "winds": 100.0}


def sides(places):
    angle = (np.asarray(places) + 1) * np.pi / 4
    return np.stack([np.cos(angle), np.sin(angle)])  # (2, S)


def pan(sounds, places):
    stereo = sides(places) @ sounds
    return stereo / max(1.0, np.abs(stereo).max())


def straight_weights(sounds, places):
    stereo = np.stack([(1 - places) / 2, (1 + places) / 2]) @ sounds
    return stereo / max(1.0, np.abs(stereo).max())


def a_gain_each(sounds, places):
    stereo = sides(places) @ sounds
    return stereo / np.maximum(1.0, np.abs(stereo).max(1, keepdims=True))


def twice_the_angle(sounds, places):
    angle = (places + 1) * np.pi / 2
    return np.stack([np.cos(angle), np.sin(angle)]) @ sounds


def test_right_answers_are_accepted(capsys):
    stem_studio.check_bug("B")
    stem_studio.check_faders(faders)
    stem_studio.check_pan(pan)
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (rests_counted, "measure only the frames that sound"),
        (of_powers, r"10 \*\* \(dB / 20\)"),
        (turned, "Turned"),
        (broken_by_silence, "silent stem"),
        (silence_lifted, "Leave it as it is"),
        (lambda sounds, levels: list(faders(sounds, levels).values()), "one factor for each"),
        (lambda sounds, levels: dict.fromkeys(sounds, 1.0), "it takes"),
    ],
)
def test_other_faders_are_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        stem_studio.check_faders(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (straight_weights, "Their squares should add to 1"),
        (lambda sounds, places: pan(sounds, -places), "exchanged"),
        (a_gain_each, "got a gain each"),
        (lambda sounds, places: sides(places) @ sounds, "a file clips"),
        (lambda sounds, places: np.clip(sides(places) @ sounds, -1, 1), "or were clipped"),
        (twice_the_angle, "not further"),
        (lambda sounds, places: pan(sounds, places).T, r"are \(2, 4000\)"),
    ],
)
def test_another_stereo_mix_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        stem_studio.check_pan(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("A", r"as loud as the bass"),
        ("c", r"its own past"),
        ("D", r"like the whole mix"),
        ("E", r"would leave keys"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        stem_studio.check_bug(answer)


def test_the_rest_is_the_bass_six_decibels_louder():
    left, right = stem_studio.bug().axes
    bars = [bar.get_height() for bar in left.patches]
    bass, rest = (line.get_ydata() for line in right.lines)
    assert abs(bars[4] - bars[1] - 6.02) < 0.01 and np.allclose(rest, 2 * bass)


def test_an_open_exercise_is_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    stem_studio.check_bug(None)
    stem_studio.check_faders(stub)
    stem_studio.check_pan(stub)
    assert capsys.readouterr().out.count("still open") == 3
