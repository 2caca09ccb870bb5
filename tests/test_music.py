"""Music, not loops: measures of onsets, drones and manner on sounds with known answers, and the table that they are in."""

import json
from dataclasses import replace

import numpy as np
import pytest

from stemlab.cli import app as cli
from stemlab.evaluate import manners, music
from stemlab.evaluate.measure import area
from stemlab.metrics import drones, manner, patterns
from stemlab.songs.compose import Note

BPM, RATE = 110, 32_000
FUNK = "x.xx..x.x..x.x.. x.xx..x.x..x..x."


def clicks(text, bpm=BPM, late=0.0):
    """Bursts of noise at the sixteenths of a written pattern."""
    steps = np.flatnonzero(patterns.read(text).ravel())
    audio = np.zeros(round((len(text.split()) * 240 / bpm + 0.5) * RATE), np.float32)
    burst = np.random.default_rng(0).standard_normal(1600) * np.exp(-np.arange(1600) / 300) * 0.3
    for step in steps:
        start = round((step * 15 / bpm + late) * RATE)
        audio[start : start + 1600] += burst
    return audio


def notes(*pitches, seconds=2.0):
    """Tones with three partials, one after another."""
    time = np.arange(round(seconds * RATE)) / RATE
    hz = 440 * 2 ** ((np.array(pitches) - 69) / 12)
    return np.concatenate([sum(0.1 / h * np.sin(2 * np.pi * h * f * time) for h in (1, 2, 3)) for f in hz])


@pytest.mark.parametrize("bpm", [70, 110, 160])
@pytest.mark.parametrize("late", [0.0, 0.02])
def test_a_pattern_of_clicks_is_read_as_it_was_written(bpm, late):
    heard = patterns.onset_pattern(clicks(FUNK, bpm, late), bpm, 2)
    assert patterns.written(heard) == FUNK


def test_an_onset_after_the_last_bar_is_left_out_and_one_swung_lies_on_the_sixteenth_next_to_it():
    assert patterns.written(patterns.onset_pattern(clicks(FUNK), BPM, 1)) == FUNK.split()[0]
    swung = patterns.onset_pattern(clicks("x..............."), BPM, 1) | patterns.onset_pattern(
        clicks("..x.............", late=0.66 * 15 / BPM), BPM, 1
    )
    assert patterns.written(swung) == "x..x............"


def test_measures_of_patterns_are_those_counted_by_hand():
    funk = patterns.read(FUNK)
    assert patterns.odd_sixteenths(funk) == pytest.approx(
        5 / 14
    )  # steps 3, 11, 13 of the first bar, 3, 11 of the second
    assert patterns.bars_alike(funk) == pytest.approx(6 / 8)
    assert patterns.bars_alike(patterns.read(f"{FUNK} {'.' * 16}")) == pytest.approx(
        6 / 8
    )  # a bar that rests does not count
    assert patterns.bars_alike(funk[:1]) is None
    assert patterns.pattern_distance(funk, funk) == 0
    assert patterns.pattern_distance(funk[:1], funk[1:]) == pytest.approx(2 / 8)
    assert patterns.pattern_distance(funk, np.zeros_like(funk)) is None


def test_a_note_that_is_held_drones_and_one_that_changes_or_is_struck_again_does_not():
    held, changing = (drones.pitch_runs(some) for some in (notes(60, seconds=8.0), notes(60, 62, 65, 59)))
    assert drones.longest_run(held) > 0.95 and len(held) == 3  # the note and its two overtones
    assert drones.longest_run(changing) == pytest.approx(0.25, abs=0.06)
    assert len(changing) == pytest.approx(12, abs=1)
    struck = drones.pitch_runs(notes(60, seconds=8.0) * np.exp(-3 * (np.arange(8 * RATE) / RATE % 2.0)))
    assert 0.1 < drones.longest_run(struck) < 0.3 and len(struck) == 12
    assert drones.longest_run(drones.pitch_runs(np.zeros(RATE))) is None


def test_manner_is_heard_in_sounds_that_have_it():
    dense, sparse = (patterns.onset_pattern(clicks(text), BPM, 1) for text in ("x.x.x.x.x.x.x.x.", "x.......x......."))
    assert (manner.onsets_a_bar(dense), manner.onsets_a_bar(sparse)) == (8, 2)
    assert manner.off_beats(patterns.onset_pattern(clicks("..x...x...x...x."), BPM, 1)) == 1
    assert manner.off_beats(dense) == 0.5
    assert manner.sustained_share(notes(60, 64)) > 0.9 > 0.3 > manner.sustained_share(clicks("x.......x......."))
    assert manner.brightness(clicks(FUNK)) > manner.brightness(notes(48)) + 3
    assert manner.sustained_share(np.zeros(RATE)) is None and manner.brightness(np.zeros(RATE)) is None


def test_flattened_and_held_over_songs_are_told_from_real_ones():
    rows = [music.real_rows(index) for index in range(3)]
    lines = {kind: music.line([row[kind] for row in rows]) for kind in rows[0]}
    odd = [name for name, value in lines["real"].items() if name.startswith("odd") and value > 0.05]
    assert odd and all(lines["flattened"][name] < 0.5 * lines["real"][name] for name in odd)
    run = [name for name in lines["real"] if name.startswith("run") and lines["real"][name] > 0]
    assert run and all(lines["held over"][name] >= lines["real"][name] for name in run)


@pytest.mark.parametrize("pair", manners.PAIRS, ids=lambda pair: pair.name)
def test_a_pair_asks_for_a_style_that_the_composer_has_and_says_it_in_words_of_training(pair):
    from stemlab.songs.captions import vocabulary

    for side, caption in enumerate((pair.more, pair.less)):
        song = manners.part_in_style(pair.family, pair.styles[side], 0)
        assert song.parts[0].style == pair.styles[side] and len(song.parts) == 1
        for sound in pair.sounds:
            words = caption.format(sound).replace(":", "").replace(",", "").replace("-", " ").split()
            assert set(words) <= vocabulary()


def test_a_measure_of_manner_hears_its_pair_in_real_parts():
    pair = next(pair for pair in manners.PAIRS if pair.family == "bass")
    more, less = ([manners.real_row(index, pair, side)["value"] for index in range(3)] for side in (0, 1))
    assert area(more, less) == 1


def test_the_table_of_music_has_all_its_lines(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(manners, "PAIRS", manners.PAIRS[:1])
    monkeypatch.setattr(music, "SEEDS", 2)
    few = ["--groups", "2", "--steps", "1", "--workers", "1", "--weights", str(weights)]
    assert cli.main(["evaluate", *few, "--out", str(tmp_path), "--tables", "music"]) == 0
    (file,) = tmp_path.glob("music_*.json")
    told = json.loads(file.read_text())
    assert set(told["table"]) == {
        "± of real",
        "± of generated",
        "real",
        "flattened",
        "held over",
        "real, through the codec",
        "generated",
    }
    assert set(told["takes"]) == {
        "real, eight songs", "real, eight of one style", "generated, eight seeds", "one song, and through the codec",
    }  # fmt: skip
    (line,) = told["words"].values()
    assert {"real", "generated"} <= set(line)


def test_only_what_was_asked_of_a_note_changes():
    first, again, other = (Note(start, 0.4, pitch, 90) for start, pitch in ((1.3, 60), (3.0, 60), (3.0, 64)))
    assert music.flat([first]) == [replace(first, start=1.5)]
    assert music.held([first, again, other]) == [
        replace(first, duration=pytest.approx(1.7)), replace(again, duration=4.4), replace(other, duration=4.4)
    ]  # fmt: skip
