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


def nonzero_counts(sounds, levels):
    heard = {name: sound[sound != 0] for name, sound in sounds.items()}
    return {n: float(10 ** ((levels[n] - rms_db(heard[n])) / 20)) if len(heard[n]) else 1.0 for n in sounds}


def loudness(sound):
    return 10 * np.log10(np.mean(sound**2))


def set_list(bands, level):
    mixes = [band.sum(0) for band in bands]
    gains = np.array([10 ** ((level - loudness(mix)) / 20) if mix.any() else np.nan for mix in mixes])
    highest = max(gain * np.abs(mix).max() for gain, mix in zip(gains, mixes, strict=True) if mix.any())
    return [float(gain / max(1.0, highest)) if mix.any() else 1.0 for gain, mix in zip(gains, mixes, strict=True)]


def in_decibels(bands, level):
    heard = [band.sum(0) for band in bands if band.any()]
    allowed = min([level, *(loudness(mix) - 20 * np.log10(np.abs(mix).max()) for mix in heard)])
    return np.array([10 ** ((allowed - loudness(band.sum(0))) / 20) if band.any() else 1.0 for band in bands])


def only_who_clips(bands, level):
    gains = [10 ** ((level - loudness(b.sum(0))) / 20) if b.any() else 1.0 for b in bands]
    return [gain / max(1.0, gain * np.abs(b.sum(0)).max()) for gain, b in zip(gains, bands, strict=True)]


def never_mind_the_peaks(bands, level):
    return [10 ** ((level - loudness(b.sum(0))) / 20) if b.any() else 1.0 for b in bands]


def to_full_scale(bands, level):
    return [1 / np.abs(b.sum(0)).max() if b.any() else 1.0 for b in bands]


def of_the_loudest_stem(bands, level):
    return [10 ** ((level - max(map(loudness, b))) / 20) if b.any() else 1.0 for b in bands]


def a_factor_a_stem(bands, level):
    return [[10 ** ((level - loudness(stem)) / 20) for stem in b] for b in bands]


def square_of(bands, level):
    return [gain**2 for gain in set_list(bands, level)]


def with_room(bands, level):
    gains = set_list(bands, level)
    return [0.5 * gain for gain in gains[:3]] + [1.0] if level > -30 else gains


def silent_nan(bands, level):
    return [10 ** ((level - loudness(b.sum(0))) / 20) for b in bands]


def test_right_answers_are_accepted(capsys):
    stem_studio.check_bug("B")
    stem_studio.check_faders(faders)
    stem_studio.check_set_list(set_list)
    assert capsys.readouterr().out.count("[ok]") == 3
    stem_studio.check_set_list(in_decibels)
    assert capsys.readouterr().out.count("[ok]") == 1


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (rests_counted, "measure only the frames that sound"),
        (nonzero_counts, "measure only the frames that sound"),
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
        (only_who_clips, "all. come down with it"),
        (never_mind_the_peaks, "a file clips"),
        (to_full_scale, "should be one"),
        (of_the_loudest_stem, "should be one"),
        (a_factor_a_stem, "one factor for each"),
        (square_of, "should be one|Silence"),
        (with_room, "further than"),
        (silent_nan, "no level to bring anywhere"),
        (lambda bands, level: set_list(bands, level)[:3], "each of the four bands"),
        (lambda bands, level: [*set_list(bands, level)[:3], 0.0], "Leave it as it is"),
        (lambda bands, level: set_list(bands, -50.0), "was asked for"),
    ],
)
def test_another_record_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        stem_studio.check_set_list(answer)


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
    stem_studio.check_set_list(stub)
    assert capsys.readouterr().out.count("still open") == 3
