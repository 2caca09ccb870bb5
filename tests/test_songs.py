"""Properties of the songs that are composed and rendered for training."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from pathlib import Path
from random import Random

import numpy as np
import pytest

from stemlab.codec.audio import bars_active, read
from stemlab.songs.captions import STYLES, group_prompt, stem_caption
from stemlab.songs.compose import FAMILIES, GENRES, KEYS, compose
from stemlab.songs.grooves import DRUMS, FILLS, PERCUSSION
from stemlab.songs.harmony import canonical_key, parse_chord, parse_key, scale_over
from stemlab.songs.patterns import BASS, CHORDS, MELODIES
from stemlab.songs.render import render
from stemlab.songs.sounds import SOUNDS

SEEDS = range(200)
RATE = 32_000


@lru_cache(maxsize=1)
def songs():
    return [compose(seed, bars=4 + 4 * (seed % 2)) for seed in SEEDS]


@lru_cache(maxsize=1)
def rendered():
    return [(song, render(song)) for song in songs()[:40]]


def chord_at(song, beat):
    names = song.chords[min(int(beat // 4), song.bars - 1)].split()
    return parse_chord(names[0] if beat % 4 < 2 else names[-1])


def pitched(song, *families):
    for part in song.parts:
        if not part.is_drum and (not families or part.family in families):
            yield from ((part, note) for note in part.notes)


def test_patterns_are_whole_bars():
    bars = [p for table in (BASS, CHORDS, MELODIES) for rows in table.values() for p in rows]
    bars += [p for rows in (*DRUMS.values(), FILLS) for groove in rows for ps in groove.values() for p in ps]
    bars += [p for rows in PERCUSSION.values() for groove in rows for ps in groove.values() for p in ps]
    assert all(len(p) == 16 for p in bars)


def test_every_sound_and_style_of_a_genre_is_known():
    for name, genre in GENRES.items():
        for family, choices in genre.parts.items():
            for sound, style in choices:
                assert SOUNDS[sound][0] == family and style in STYLES, (name, family, sound, style)
    assert all(style in STYLES for _, sound in SOUNDS.values() for style in sound.styles)


def test_the_same_seed_gives_the_same_song_and_the_same_audio():
    assert compose(5) == compose(5)
    assert compose(5) != compose(6)
    assert np.array_equal(render(compose(5), seconds=2), render(compose(5), seconds=2))


def test_songs_cover_genres_families_keys_tempos_and_sounds():
    some = [compose(seed, bars=1) for seed in range(1000)]
    assert {s.genre for s in some} == set(GENRES) and len(GENRES) >= 8
    assert {s.key for s in some} == set(KEYS) and len(KEYS) == 24
    used = Counter(part.family for s in some for part in s.parts)
    assert set(used) == set(FAMILIES) and len(used) == 8 and min(used.values()) > 100
    assert len({part.sound for s in some for part in s.parts}) >= 60
    assert min(s.bpm for s in some) <= 75 and max(s.bpm for s in some) >= 150
    assert all(70 <= s.bpm <= 160 and isinstance(s.bpm, int) for s in some)
    assert {len(s.parts) for s in some} == {2, 3, 4, 5, 6}


def test_what_is_asked_for_is_what_one_gets():
    song = compose(3, genre="jazz", bpm=91, key="C# major", bars=3, families=["bass", "lead"])
    assert (song.genre, song.bpm, song.key, song.bars) == ("jazz", 91, "Db major", 3)
    assert [part.family for part in song.parts] == ["bass", "lead"]
    assert len(song.chords) == len(song.sections) == len(song.parts[0].active) == 3


@pytest.mark.parametrize(
    "wrong", [{"genre": "polka"}, {"bpm": 20}, {"key": "H minor"}, {"bars": 0}, {"families": ["tuba"]}]
)
def test_a_wrong_argument_is_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        compose(0, **wrong)


def test_bass_starts_its_bars_on_a_chord_tone_mostly_the_root():
    first = []
    for song in songs():
        for _, note in pitched(song, "bass"):
            if note.start % 4 < 0.05:
                chord = chord_at(song, note.start)
                assert note.pitch % 12 in chord.classes, (song.seed, note)
                first.append(note.pitch % 12 == chord.root)
            assert 26 <= note.pitch <= 54
    assert np.mean(first) > 0.9


def test_pitched_notes_are_in_the_chord_or_its_scale():
    fits = [
        note.pitch % 12 in scale_over(chord_at(song, note.start), song.key)
        for song in songs()
        for _, note in pitched(song)
    ]
    assert np.mean(fits) > 0.97


def test_chords_follow_the_key():
    inside = []
    for song in songs():
        tonic, mode = parse_key(song.key)
        scale = scale_over(parse_chord(song.key.split()[0] + ("m" if mode == "minor" else "")), song.key)
        inside += [c in scale for name in song.chords for half in name.split() for c in parse_chord(half).classes]
        assert canonical_key(song.key) == song.key and len(scale) == 7 and tonic in scale
    assert np.mean(inside) > 0.9


def test_onsets_lie_on_the_swung_grid():
    for song in songs():
        unit, share = song.swing
        slots = sorted(
            pair + offset
            for pair in np.arange(0, 4, 2 * unit)
            for offset in [2 * unit * (p * 2 * share if p <= 0.5 else share + (p - 0.5) * 2 * (1 - share)) for p in
                           np.arange(0, 1, 0.125 / unit)]
        )  # fmt: skip
        tolerance = 0.0051 * song.bpm / 60
        for part in song.parts:
            for note in part.notes:
                late = 0.05 if part.family == "guitar" else 0.0
                away = min(
                    (note.start % 4 - slot for slot in (*slots, 4.0)),
                    key=lambda d: abs(d) if d < 0 else max(0, d - late),
                )
                assert -tolerance <= away <= tolerance + late, (song.seed, part.sound, note)


def test_notes_start_in_active_bars_only_and_every_active_bar_has_some():
    for song in songs():
        for part in song.parts:
            played = {int(note.start // 4) for note in part.notes}
            assert played == {bar for bar, char in enumerate(part.active) if char == "x"}, (
                song.seed,
                part.sound,
            )
            assert len(part.active) == song.bars and all(1 <= n.velocity <= 127 and n.duration > 0 for n in part.notes)


def test_resting_bars_are_silent_and_active_bars_are_not():
    for song, stems in rendered():
        bar = 4 * 60 / song.bpm * RATE
        for part, stem in zip(song.parts, stems, strict=True):
            for i, char in enumerate(part.active):
                inside = stem[round(i * bar) : round((i + 1) * bar)]
                level = 20 * np.log10(np.sqrt(np.mean(inside.astype(np.float64) ** 2)) + 1e-12)
                assert (level < -60) if char == "." else (level > -50), (song.seed, part.sound, i, level)


def test_mixes_do_not_clip_and_have_the_length_of_their_bars():
    for song, stems in rendered():
        assert stems.dtype == np.float32 and np.isfinite(stems).all()
        assert stems.shape == (len(song.parts), round(song.bars * 4 * 60 / song.bpm * RATE))
        assert 0.1 < np.abs(stems.sum(axis=0)).max() <= 0.9


def test_render_cuts_and_extends_to_the_seconds_asked_for():
    song = compose(8, bars=4)
    assert render(song, seconds=1.5).shape[1] == 48_000
    longer = render(song, seconds=song.seconds + 1)
    assert not longer[:, -16_000:].any()
    with pytest.raises(ValueError, match="seconds"):
        render(song, seconds=0)
    with pytest.raises(ValueError, match="soundfont"):
        render(song, "nowhere.sf2")


def test_velocity_is_heard():
    song = compose(1, bars=1, families=["keys"])
    part = song.parts[0]
    note = type(part.notes[0])
    part.notes = [note(0, 0.5, 60, 100), note(2, 0.5, 60, 50)]
    part.active = "x"
    stem = render(song)[0]
    half = len(stem) // 2
    assert np.abs(stem[:half]).max() > 2 * np.abs(stem[half:]).max()


def test_captions_name_the_family_and_never_the_key_or_tempo():
    rng = Random(0)
    captions, prompts = set(), Counter()
    for song in songs():
        prompts[group_prompt(song, rng)] += 1
        for part in song.parts:
            caption = stem_caption(part, rng)
            family, words = caption.split(": ")
            assert family == part.family and words
            assert not any(key.lower() in words.lower() for key in KEYS) and not any(
                c.isdigit() for c in words.replace("808", "")
            )
            captions.add(caption)
    assert len(captions) > 250
    assert 5 < prompts[""] < 50 and len(prompts) > 40


def test_the_words_of_the_examples_are_among_the_captions():
    rng = Random(1)
    seen = {
        stem_caption(part, rng)
        for seed in range(400)
        for part in compose(seed, bars=1, genre=("funk", "jazz")[seed % 2]).parts
    }
    assert seen >= {
        "drums: tight funk kit", "bass: slap bass", "keys: electric piano", "guitar: clean electric guitar",
        "bass: acoustic bass", "drums: brushes", "bass: walking bass",
    }  # fmt: skip


def test_stems_of_a_family_differ_between_songs():
    basses = [part for song in songs() for part in song.parts if part.family == "bass"]
    assert len({part.sound for part in basses}) >= 6 and len({part.style for part in basses}) >= 10
    density = [part.density for part in basses]
    assert max(density) > 3 * min(density)
    rests = np.mean([char == "." for song in songs() for part in song.parts for char in part.active])
    assert 0.08 < rests < 0.35


SAMPLES = Path(__file__).parents[1] / "data_samples"


@pytest.mark.parametrize(
    "facts_file", ["solo_guitar.json", *sorted(p.parent.name + "/song.json" for p in SAMPLES.glob("*/song.json"))]
)
def test_bundled_samples_are_what_their_json_says(facts_file):
    facts = json.loads((SAMPLES / facts_file).read_text(encoding="utf-8"))
    stems = [read((SAMPLES / facts_file).parent / stem["file"]) for stem in facts["stems"]]
    assert {len(stem) for stem in stems} == {round(facts["bars"] * 240 / facts["bpm"] * RATE)}
    assert 0.1 < np.abs(np.sum(stems, axis=0)).max() <= 0.9
    for told, stem in zip(facts["stems"], stems, strict=True):
        assert bars_active(stem, facts["bpm"], facts["bars"]) == told["activity"]
        assert told["caption"].startswith(told["family"] + ": ")


def test_bundled_samples_are_four_genres_in_five_megabytes():
    assert len(list(SAMPLES.glob("*/song.json"))) == 4
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < 5_000_000
