"""Rooms, amplifiers, compression and touch: each does what its name says, levels stay, and songs without are what they were."""

import json
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from stemlab.data.midi_folder import render_folder
from stemlab.data.pool import song_stems
from stemlab.songs.captions import stem_caption, vocabulary
from stemlab.songs.compose import Effect, compose
from stemlab.songs.effects import KINDS, USUAL, WORDS, applied, softened, told, with_effects
from stemlab.songs.render import LEVELS_DB, render
from stemlab.songs.sounds import FAMILIES
from stemlab.training.config import read_config

RATE = 32_000


def rms(audio):
    return 10 * np.log10(np.mean(np.square(audio, dtype=np.float64)) + 1e-12)


@pytest.fixture(scope="module")
def struck():
    """Struck notes, loud and soft, that die away, `(2 s,)`."""
    time = np.arange(RATE // 2) / RATE
    note = np.exp(-12 * time) * np.sin(2 * np.pi * 220 * time)
    return np.concatenate([note * gain for gain in (0.5, 0.1, 0.5, 0.1)]).astype(np.float32)


def through(audio, kind, amount, seed=1):
    return applied(audio, (Effect(kind, amount, seed),), RATE)


def test_a_room_rings_on_the_longer_the_larger_it_is(struck):
    click = np.zeros(3 * RATE, np.float32)
    click[1000] = 1
    tails = [through(click, "room", amount)[1500:] for amount in (0.1, 0.5, 0.9)]
    falls = []
    for tail in tails:
        power = np.square(tail, dtype=np.float64)[::-1].cumsum()[::-1]  # Schroeder's backward integration
        falls.append(int(np.argmax(power < power[0] * 1e-3)) / RATE)
    assert falls == sorted(falls) and falls[0] < 0.3 < 0.8 < falls[2]
    assert np.abs(through(click, "room", 0.5)[:1000]).max() < 1e-6  # nothing sounds before its time
    assert np.array_equal(through(struck, "room", 0.5, 3), through(struck, "room", 0.5, 3))
    assert not np.array_equal(through(struck, "room", 0.5, 3), through(struck, "room", 0.5, 4))


def test_an_amplifier_adds_harmonics_and_its_loudspeaker_takes_the_treble(struck):
    time = np.arange(RATE) / RATE
    hum = (0.3 * np.sin(2 * np.pi * 220 * time)).astype(np.float32)
    line = lambda audio, hz: 20 * np.log10(np.abs(np.fft.rfft(audio * np.hanning(RATE)))[hz] + 1e-9)  # noqa: E731
    third = [line(y, 660) - line(y, 220) for y in (hum, *(through(hum, "amplifier", a) for a in (0.1, 0.9)))]
    assert third[0] < -100 < third[1] < third[2] and third[2] > -15
    hiss = 0.1 * np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    treble = [
        np.square(np.abs(np.fft.rfft(y))[8000:]).sum() / np.square(np.abs(np.fft.rfft(y))).sum()
        for y in (hiss, through(hiss, "amplifier", 0.1))
    ]
    assert treble[1] < 0.01 * treble[0]


def test_compression_brings_loud_and_soft_nearer_together(struck):
    quarter = RATE // 2
    apart = lambda y: rms(y[:quarter]) - rms(y[quarter : 2 * quarter])  # noqa: E731
    found = [apart(y) for y in (struck, through(struck, "compression", 0.2), through(struck, "compression", 1.0))]
    assert found[0] > found[1] > found[2] > 0
    crest = lambda y: np.abs(y).max() / np.sqrt(np.mean(y**2))  # noqa: E731
    assert crest(through(struck, "compression", 1.0)) < 0.8 * crest(struck)


def test_a_touch_makes_soft_notes_duller_and_leaves_loud_ones():
    hiss = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    effects = (Effect("touch", 1.0),)
    bright = lambda y: np.abs(np.fft.rfft(y))[6000:].mean() / np.abs(np.fft.rfft(y))[:1000].mean()  # noqa: E731
    found = [bright(softened(hiss, loudness, effects, RATE)) for loudness in (2.0, -6.0, -14.0)]
    assert found == sorted(found, reverse=True) and found[2] < 0.5 * found[0]
    assert softened(hiss, -14.0, (), RATE) is hiss and softened(hiss, 6.0, effects, RATE) is hiss


def test_effects_are_those_of_the_seed_and_all_parts_stand_in_one_room():
    song = compose(11, families=["drums", "keys", "strings", "winds"])
    made = with_effects(song)
    assert made == with_effects(song) and made.parts != song.parts and replace(made, parts=song.parts) == song
    rooms = {
        e.amount for s in range(40) for part in with_effects(compose(s)).parts for e in part.effects if e.kind == "room"
    }
    assert len(rooms) > 20
    for seed in range(40):
        chains = [part.effects for part in with_effects(compose(seed)).parts]
        assert len({e for chain in chains for e in chain if e.kind == "room"}) <= 1
    assert set(USUAL) == set(FAMILIES) and {kind for usual in USUAL.values() for kind in usual} == set(WORDS) == {
        *KINDS,
        "touch",
    }


def test_rendered_levels_stay_and_rests_stay_silent():
    song = next(s for s in map(compose, range(100)) if "." in s.parts[-1].active and len(s.parts) >= 3)
    made = replace(
        with_effects(song), parts=[replace(p, effects=(*p.effects, Effect("room", 0.9, 1))) for p in song.parts]
    )
    plain, wet = render(song, seconds=12.0), render(made, seconds=12.0)
    assert not np.array_equal(plain, wet)
    bar = round(240 / song.bpm * RATE)
    for part, before, after in zip(song.parts, plain, wet, strict=True):
        gain = 20 * np.log10(np.abs(plain.sum(0)).max() / np.abs(wet.sum(0)).max())
        assert abs(rms(after[np.abs(after) > 0]) - rms(before[np.abs(before) > 0])) < 4 + abs(gain), part.family
        for number in (i for i, char in enumerate(part.active) if char == "." and (i + 1) * bar < len(after)):
            assert not after[number * bar + 1 : (number + 1) * bar - 1].any()
    assert max(LEVELS_DB.values()) < 0 and np.abs(wet.sum(0)).max() <= 0.9


def test_songs_without_effects_are_asked_for_and_told_as_before():
    plain, stems = song_stems(21, 2.0)
    same, again = song_stems(21, 2.0, effects=0.0, meters=0.0)
    assert plain == same and np.array_equal(stems, again) and all(part.effects == () for part in plain.parts)
    wet, other = song_stems(21, 2.0, effects=1.0)
    assert any(part.effects for part in wet.parts) and not np.array_equal(stems, other)
    meters = [song_stems(seed, 0.1, meters=0.5)[0].meter for seed in range(12)]
    assert 2 < meters.count("4/4") < 10 and set(meters) > {"4/4"}
    part = replace(plain.parts[0], effects=(Effect("room", 0.9), Effect("touch", 0.1)))
    assert told(part.effects) == ["in a big hall"]
    texts = [stem_caption(part, Random(seed)) for seed in range(40)]
    assert 15 < sum(text.endswith(", in a big hall") for text in texts) < 40
    assert "hall" not in vocabulary()  # the bundled weights have not learnt it


def test_shares_of_songs_with_effects_and_in_three_are_for_streams():
    told_ = {"kind": "vae", "model": {}, "songs": 1, "seed": 0, "batch": 4, "seconds": 2, "steps": 9, "lr": 1e-3}
    assert read_config(told_).effects == 0.0
    assert read_config({**told_, "stream": True, "effects": 0.5, "meters": 0.2}).effects == 0.5
    with pytest.raises(ValueError, match=r"^effects: got 0.5 without a stream; add --stream, or leave it out.$"):
        read_config({**told_, "effects": 0.5})


def test_midi_files_get_effects_when_asked_and_say_so(tmp_path):
    mido = pytest.importorskip("mido")
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        file, track = mido.MidiFile(), mido.MidiTrack()
        file.tracks.append(track)
        track.append(mido.Message("program_change", program=29))
        for pitch in (40, 45, 40, 47):
            track += [mido.Message("note_on", note=pitch, velocity=90), mido.Message("note_off", note=pitch, time=480)]
        file.save(tmp_path / folder / "riff.mid")
    render_folder(tmp_path / "a", tmp_path / "plain")
    render_folder(tmp_path / "b", tmp_path / "wet", effects=True)
    plain, wet = (
        json.loads((tmp_path / n / "riff.mid" / "song.json").read_text())["stems"][0]["captions"][0]
        for n in ("plain", "wet")
    )
    assert wet.startswith(plain) and len(wet) > len(plain)
