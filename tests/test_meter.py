"""3/4 and 6/8: in the composer, the clock, activity, groups and what learns from them; 4/4 stays what it was, bit for bit."""

import hashlib

import numpy as np
import pytest
import torch

from stemlab.activity import PLAY, REST, canonical, pattern_marks
from stemlab.conditions import CLOCK_PERIODS, clock
from stemlab.data.batches import group_batch
from stemlab.data.latents import words_of
from stemlab.data.shelf import told_of
from stemlab.framing import BUNDLED
from stemlab.lab.group import StemGroup
from stemlab.songs.compose import EVAL_SEEDS, compose
from stemlab.songs.meter import METERS, bar_of, beat_of, beats_in
from stemlab.songs.patterns import BASS, CHORDS, MELODIES
from stemlab.songs.plan import STRUCK, fitted
from stemlab.songs.render import render
from stemlab.widgets.mixer import describe

STEMS = ["drums: tight kit", "bass: slap bass"]
IN_THREE = ["3/4", "6/8"]


def test_songs_in_4_4_are_those_of_before_there_were_meters():
    told = hashlib.sha256()
    for seed in range(40):
        song = compose(seed, bars=8 + seed % 9)
        parts = [(part.family, part.sound, part.style, part.notes, part.active) for part in song.parts]
        told.update(repr([*parts, song.chords, song.sections, song.swing, song.seconds, song.beats]).encode())
    assert told.hexdigest()[:16] == "8275a32b40e2eae9"


@pytest.mark.parametrize("meter", IN_THREE)
def test_a_song_in_three_has_the_sounds_of_its_seed_and_stays_in_its_bars(meter):
    for seed in range(EVAL_SEEDS, EVAL_SEEDS + 20):
        song, square = compose(seed, meter=meter), compose(seed)
        assert [(p.sound, p.style, p.active) for p in song.parts] == [
            (p.sound, p.style, p.active) for p in square.parts
        ]
        assert song.seconds == pytest.approx(square.seconds * 3 / 4)
        assert len(song.beats) == song.bars * beats_in(meter) and song.beats[1] == beat_of(meter) * 60 / song.bpm
        for part in song.parts:
            bars = {int(note.start // 3) for note in part.notes}
            assert bars <= {bar for bar, char in enumerate(part.active) if char == "x"}
            assert all(note.start < 3 * song.bars for note in part.notes)


def test_bass_drums_of_songs_repeat_after_the_bar_of_their_meter():
    for meter in METERS:
        repeats = {3: 0.0, 4: 0.0}
        for seed in range(30):
            drums = compose(seed, meter=meter, families=["drums"], bars=8).parts[0]
            struck = {round(4 * note.start) for note in drums.notes if note.pitch == 36}
            for quarters in repeats:
                repeats[quarters] += len({step + 4 * quarters for step in struck} & struck)
        own = round(bar_of(meter))
        assert repeats[own] > 1.5 * repeats[7 - own]


@pytest.mark.parametrize("meter", IN_THREE)
def test_every_pattern_fits_a_bar_of_three_quarters_and_begins_as_it_did(meter):
    for pattern in [p for table in (BASS, CHORDS, MELODIES) for patterns in table.values() for p in patterns]:
        made = fitted(pattern, meter)
        assert len(made) == 4 * bar_of(meter) and made[0] == pattern[0]
        assert set(made) <= set(pattern) | {"-"}
    assert all(step < 4 * bar_of(m) for m, steps in STRUCK.items() for step in steps)


def test_swing_is_told_or_free():
    free, told = compose(5, genre="jazz"), compose(5, genre="jazz", swing=0.5)
    assert free.swing[1] > 0.55 and told.swing[1] == 0.5
    offbeats = [note.start % 1 for part in told.parts for note in part.notes if 0.3 < note.start % 1 < 0.7]
    assert np.median(offbeats) == pytest.approx(0.5, abs=0.02)
    with pytest.raises(ValueError, match=r"^swing: got 0.6 in 6/8, whose eighths come in threes; leave it out$"):
        compose(5, meter="6/8", swing=0.6)
    with pytest.raises(ValueError, match=r"^meter: got '5/4'; it takes one of '4/4', '3/4', '6/8'.$"):
        compose(5, meter="5/4")


def test_resting_bars_of_a_song_in_three_are_silent():
    song = next(s for s in map(lambda n: compose(n, meter="3/4", bpm=120), range(50)) if "." in s.parts[1].active)
    audio, bar = render(song)[1], 48_000
    for number, char in enumerate(song.parts[1].active):
        assert audio[number * bar : (number + 1) * bar].any() == (char == "x")


def test_the_clock_comes_round_with_the_bar_of_its_meter():
    bpm, start = torch.tensor([60.0]), torch.tensor([0.0])
    for meter, periods in METERS.items():
        told = clock(bpm, start, 400, 0.1, torch.tensor(periods))[0]
        bar = round(10 * bar_of(meter))
        same = (told[: 400 - bar] - told[bar:]).abs().amax(0)
        rounds = [bar_of(meter) % period == 0 for period in periods]
        assert [bool(s < 1e-3) for s in same[:7]] == rounds
    plain = clock(bpm, start, 50)
    assert torch.equal(plain, clock(bpm, start, 50, periods=torch.tensor([CLOCK_PERIODS])))


def test_activity_takes_the_beats_of_the_meter():
    told = canonical({"bass": "xx./.", "drums": "x."}, ["bass", "drums"], 60, 2, 100, beats=3)
    marks = pattern_marks(told["bass"], 60, 2, 6 * 32_000, beats=3)
    assert marks[::32_000].tolist() == [PLAY, PLAY, REST, REST, REST, REST]
    with pytest.raises(ValueError, match="one character for the bar, or 3 for its beats"):
        canonical({"bass": "xx.x/."}, ["bass"], 60, 2, 100, beats=3)


@pytest.mark.parametrize("meter", IN_THREE)
def test_a_group_in_three_has_bars_of_three_quarters(tiny, tmp_path, meter):
    pattern = {"bass": "x" * (beats_in(meter) - 1) + "./x"}
    group = tiny.generate(STEMS, bpm=120, bars=2, meter=meter, seed=1, steps=1, activity=pattern)
    assert group.audio.shape[1] == 96_000 and group.downbeats.tolist() == [0.0, 1.5]
    beat = round(beat_of(meter) * 16_000)
    assert not group["bass"].audio[48_000 - beat : 48_000].any() and group["bass"].audio[48_000:].any()
    about = describe(group)
    assert (about["beat"], about["perBar"]) == (beat_of(meter) / 2, beats_in(meter))
    longer = tiny.extend(group, 1)
    assert longer.audio.shape[1] == 144_000 and longer.meter == meter
    again = tiny.regenerate(StemGroup.load(longer.save(tmp_path / "three")))
    assert np.array_equal(again.audio, longer.audio)


def test_the_meter_changes_what_is_made_and_4_4_is_the_default(tiny):
    asked = {"bpm": 120, "seconds": 2.0, "seed": 1, "steps": 2}
    plain = tiny.generate(STEMS, **asked)
    assert np.array_equal(plain.audio, tiny.generate(STEMS, meter="4/4", **asked).audio)
    assert "meter" not in plain.settings and plain.meter == "4/4"
    assert not np.array_equal(plain.audio, tiny.generate(STEMS, meter="3/4", **asked).audio)
    with pytest.raises(ValueError, match=r"^meter: got '7/8'; it takes one of '4/4', '3/4', '6/8'.$"):
        tiny.generate(STEMS, meter="7/8", **asked)


def test_what_is_learnt_from_a_song_in_three_is_told_with_its_clock():
    from random import Random

    song = compose(3, meter="3/4", families=["drums", "bass"])
    assert words_of(song, Random(0))["meter"] == "3/4" and "meter" not in words_of(compose(3), Random(0))
    stems = render(song, seconds=3.0)
    told = told_of(BUNDLED, 40, song, stems)
    kept = {
        **told,
        "captions": told["captions"][:2],
        "latents": torch.zeros(2, 32, 40),
        "activity": torch.ones(2, 40),
        "submixes": [],
    }
    _, conditions, *_ = group_batch([kept], np.random.default_rng(0), 2, 20)
    assert {tuple(row) for row in conditions.periods.tolist()} == {METERS["3/4"]}
