"""The beat of a recording: found, told, unsure, or refused because it drifts."""

import numpy as np
import pytest

from stemlab.lab.accompany import what_was_heard
from stemlab.lab.beats import FEW, SURE, Beat, key_of, listen
from stemlab.lab.drift import wander
from stemlab.lab.onsets import onsets
from stemlab.songs.compose import EVAL_SEEDS, compose
from stemlab.songs.render import render

RATE = 32_000


def off(beat: Beat, downbeat: float) -> float:
    """Seconds between what was heard and a bar line."""
    bar = 240 / beat.bpm
    return abs((beat.downbeat - downbeat + bar / 2) % bar - bar / 2)


def song(seed: int, bars: int, bpm: int, *families: str) -> np.ndarray:
    return render(compose(EVAL_SEEDS + seed, bars=bars, bpm=bpm, families=list(families))).sum(0)


def octave(found: float, bpm: float) -> bool:
    return any(abs(found / (bpm * f) - 1) < 0.01 for f in (0.5, 1, 2))


@pytest.mark.parametrize(
    ("bpm", "bars", "families"),
    [(97, 1, ["drums"]), (97, 2, ["drums"]), (120, 4, ["drums"]), (140, 1, ["drums"]), (88, 2, ["percussion"]),
     (126, 2, ["bass"]), (74, 2, ["guitar"]), (148, 4, ["keys"]), (97, 2, ["drums", "bass"])],
)  # fmt: skip
def test_a_loop_that_is_cut_at_the_bar_begins_on_its_downbeat(bpm, bars, families):
    audio = song(7, bars, bpm, *families)
    untold, told = listen(audio), listen(audio, bpm)
    assert octave(untold.bpm, bpm) and off(untold, 0.0) < 0.03
    assert told.bpm == bpm and off(told, 0.0) < 0.03 and told.sure > 0.5


def test_an_onset_at_the_first_sample_is_an_onset():
    click = np.zeros(RATE, np.float32)
    click[:800] = np.exp(-np.arange(800) / 200) * np.sin(np.arange(800) / 3)
    heard = onsets(click)
    assert heard.times[0] < 0.01 and heard.strength[0] == pytest.approx(1, abs=1e-6)


def test_a_loop_of_three_notes_has_the_tempo_of_its_length_and_says_that_it_is_not_sure():
    audio, time = np.zeros(2 * 76_800, np.float32), np.arange(30_000) / RATE  # two bars at 100 bpm
    for start in (0, 38_400, 76_800):
        audio[start : start + 30_000] = 0.3 * np.exp(-9 * time) * np.cos(2 * np.pi * 220 * time)
    assert len(onsets(audio).times) < FEW
    beat = listen(audio)
    assert octave(beat.bpm, 100) and off(beat, 0.0) < 0.03 and beat.sure < SURE and beat.second
    assert listen(np.r_[audio[:30_000], np.zeros(80_000)]).bpm is None  # a single note tells nothing


@pytest.mark.parametrize("silence", [0.07, 0.4, 1.1, 2.3])
def test_a_silence_before_the_song_moves_its_downbeat(silence):
    audio = np.r_[np.zeros(round(silence * RATE)), song(3, 4, 112, "drums", "bass", "keys")]
    beat = listen(audio)
    assert octave(beat.bpm, 112) and off(beat, silence % (240 / 112)) < 0.03


@pytest.mark.parametrize("bpm", [112.0, 97.0])
def test_a_told_tempo_makes_no_right_answer_wrong(bpm):
    for seed in range(4):
        audio = song(seed, 2, int(bpm), "drums")
        if off(listen(audio), 0.0) < 0.03:
            assert off(listen(audio, bpm), 0.0) < 0.03


def test_who_is_unsure_says_so_with_the_two_best_readings_and_how_to_tell():
    audio = np.zeros(5 * RATE, np.float32)
    for at in np.arange(0.2, 4.8, 0.55):  # one tap like the other: nobody can say which is the first of a bar
        audio[round(at * RATE) :][:1600] = 0.3 * np.sin(np.arange(1600) / 4) * np.exp(-np.arange(1600) / 400)
    beat = listen(audio)
    assert beat.sure < SURE and beat.second
    about = {"name": "taps", "channels": 1, "rate": RATE, "samples": len(audio)}
    heard = {"bpm": "found", "downbeat": "found", "key": "not found", "sure": beat.sure, "second": list(beat.second)}
    lines = what_was_heard({"heard": heard, "recording": about, "downbeat": beat.downbeat}, beat.bpm).split("\n")
    assert len(lines) == 2 and f"give bpm={beat.second[0]:g} and downbeat={beat.second[1]:.2f}" in lines[1]
    sure = what_was_heard({"heard": {**heard, "sure": 0.9}, "recording": about, "downbeat": 0.0}, 100.0)
    assert "\n" not in sure


def warped(audio: np.ndarray, first: float, last: float) -> np.ndarray:
    """The same music with a tempo that goes from `first` to `last` times its own."""
    speed = np.linspace(first, last, len(audio))
    return np.interp(np.arange(0, len(audio) - 1, 1.0), np.cumsum(speed) - speed[0], audio).astype(np.float32)[
        : int(len(audio) / max(first, last))
    ]


def test_a_recording_that_drifts_is_refused_with_its_numbers_and_taken_when_the_grid_is_told():
    audio = song(3, 16, 112, "drums", "bass")
    for first, last in ((0.97, 1.03), (1.02, 0.96)):
        moved = warped(audio, first, last)
        with pytest.raises(
            ValueError, match=r"^audio: its tempo drifts: [\d.]+ bpm at \d+ s, [\d.]+ at .*give bpm and downbeat"
        ):
            listen(moved)
        assert listen(moved, 112, 0.0) == Beat(112, 0.0)
    assert off(listen(audio), 0.0) < 0.03


def test_the_drift_that_is_measured_is_the_drift_that_was_made():
    audio = song(3, 16, 112, "drums", "bass")
    times, away = wander(onsets(warped(audio, 0.985, 1.015)), 112, 0.0)
    made = 112 / 60 * 0.015 * times * (1 - times * RATE / len(audio))  # beats ahead, of a speed that falls evenly
    assert np.abs((away - away[0]) - (made - made[0])).max() < 0.06 < np.ptp(made)
    steady = wander(onsets(audio), 112, 0.0)[1]
    assert np.ptp(steady) < 0.03


def test_a_song_tells_its_key_and_drums_tell_none():
    right = told = 0
    for seed in range(12):
        made = compose(EVAL_SEEDS + seed, bars=8, families=["bass", "keys", "guitar"])
        found = key_of(render(made).sum(0), Beat(made.bpm, 0.0))
        told, right = told + (found is not None), right + (found == made.key)
        assert key_of(song(seed, 4, 100, "drums"), Beat(100, 0.0)) is None
    assert told >= 5 and right >= 0.6 * told, (right, told)


def test_the_key_is_guessed_only_where_something_is_guessed(tiny):
    made = compose(EVAL_SEEDS + 1, bars=4, families=["keys"], key="C major", bpm=100)
    audio = render(made).sum(0)
    quick = {"stems": ["bass"], "steps": 1, "seed": 0}
    found = tiny.accompany(audio, bpm=100, **quick)
    assert found.key == key_of(audio, Beat(100, 0.0)) and found.settings["heard"]["key"] in ("found", "not found")
    assert tiny.accompany(audio, bpm=100, downbeat=0.0, **quick).key is None
    told = tiny.accompany(audio, bpm=100, key="A minor", **quick)
    assert told.key == "A minor" and told.settings["heard"]["key"] == "told"
