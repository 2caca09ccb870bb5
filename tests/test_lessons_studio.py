"""The checks of lesson 11 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import numpy as np
import pytest

from stemlab.codec.audio import FRAME, activity, rms_db
from stemlab.lessons import stem_studio


def plan(sections):
    names = {name: None for _, players in sections for name in players}
    return {name: "".join(("x" if name in players else ".") * bars for bars, players in sections) for name in names}


def a_character_a_section(sections):
    return {name: "".join("x" if name in players else "." for _, players in sections) for name in plan(sections)}


def only_when_playing(sections):
    return {name: pattern.replace(".", "") for name, pattern in plan(sections).items()}


def those_of_the_first_section(sections):
    return {name: pattern for name, pattern in plan(sections).items() if name in sections[0][1]}


def a_late_player_forgotten(sections):
    told = {name: "" for name in sections[0][1]}
    for bars, players in sections:
        for name in players:
            told[name] += "x" * bars
    return told


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
    stem_studio.check_plan(plan)
    stem_studio.check_faders(faders)
    stem_studio.check_pan(pan)
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (a_character_a_section, "one character a section"),
        (only_when_playing, "rests there"),
        (those_of_the_first_section, "play somewhere"),
        (a_late_player_forgotten, "may come in late"),
        (lambda sections: {n: p.translate(str.maketrans("x.", ".x")) for n, p in plan(sections).items()}, "Turned"),
        (lambda sections: {n: p[::-1] for n, p in plan(sections).items()}, "by the sections"),
        (lambda sections: list(plan(sections).values()), "Return a dict"),
    ],
)
def test_another_plan_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        stem_studio.check_plan(answer)


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
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


def test_an_open_exercise_is_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    stem_studio.check_plan(stub)
    stem_studio.check_faders(stub)
    stem_studio.check_pan(stub)
    assert capsys.readouterr().out.count("still open") == 3
