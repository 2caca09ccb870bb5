"""Chords as people write them, and chords that a recording plays."""

import pytest

from stemlab.metrics.chords import chords_of
from stemlab.songs.chords import by_beats, read_chords
from stemlab.songs.compose import EVAL_SEEDS, compose
from stemlab.songs.harmony import parse_chord
from stemlab.songs.render import render


def names(text, key=None):
    return [[chord.name for chord in bar] for bar in read_chords(text, key)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Am F C G", [["Am"], ["F"], ["C"], ["G"]]), ("Am/F C/G", [["Am", "F"], ["C", "G"]]), ("am f", [["Am"], ["F"]]),
        ("| Am F | C | G |", [["Am", "F"], ["C"], ["G"]]), ("Am, F, C", [["Am"], ["F"], ["C"]]), ("Am % F %", [["Am"], ["Am"], ["F"], ["F"]]),
        ("Amin A- Aminor Ami", [["Am"]] * 4), ("CM7 Cmaj7 CΔ C^7", [["Cmaj7"]] * 4), ("Bm7b5 Bø B-7b5 Bm7(b5)", [["Bm7b5"]] * 4),
        ("Bb7 B♭7 F#m C♯m7", [["Bb7"], ["Bb7"], ["F#m"], ["C#m7"]]), ("Gsus Gsus4 Gsus2 G7sus4", [["Gsus4"], ["Gsus4"], ["Gsus2"], ["G7sus4"]]),
        ("Bdim B° Bo7 C+ Caug", [["Bdim"], ["Bdim"], ["Bdim7"], ["Caug"], ["Caug"]]), ("E5 Cadd9 Dm6", [["E5"], ["Cadd9"], ["Dm6"]]),
    ],
)  # fmt: skip
def test_the_usual_spellings_are_read(text, wanted):
    assert names(text) == wanted
    assert read_chords(text) == [[parse_chord(name) for name in bar] for bar in wanted]


@pytest.mark.parametrize(
    ("text", "key", "wanted"),
    [
        ("I V vi IV", "C major", ["C", "G", "Am", "F"]), ("i bVI bIII bVII", "A minor", ["Am", "F", "C", "G"]),
        ("ii7 V7 Imaj7", "Bb major", ["Cm7", "F7", "Bbmaj7"]), ("I vii° #ivdim", "C major", ["C", "Bdim", "F#dim"]),
    ],
)  # fmt: skip
def test_numerals_are_read_in_a_key(text, key, wanted):
    assert [bar[0] for bar in read_chords(text, key)] == [parse_chord(name) for name in wanted]


def test_every_chord_of_the_composer_is_read_as_it_is():
    for seed in range(60):
        song = compose(seed, bars=8)
        read = read_chords([name.replace(" ", "/") for name in song.chords])
        assert read == [[parse_chord(name) for name in bar.split()] for bar in song.chords]


def test_beats_have_the_chord_that_sounds():
    beats = [chord.name for chord in by_beats(read_chords("Am/F C"), 3)]
    assert beats == ["Am"] * 2 + ["F"] * 2 + ["C"] * 4 + ["Am"] * 2 + ["F"] * 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Am H F", "'H' in bar 2"), ("Am Fmaj77", "'Fmaj77' in bar 2"), ("I V", "numeral 'I' in bar 1 without a key"),
        ("% Am", "bar 1"), ("", "nothing in a bar"), ("Am//F", "nothing in a bar"), ("A/B/C/D/E", "got 5 in bar 1"), (3, "got 3"),
        (["Am", 3], "it takes a text"), ("Am iix", "'iix' in bar 2"),
    ],
)  # fmt: skip
def test_what_is_no_chord_is_told_in_one_line_with_its_bar(text, said):
    with pytest.raises(ValueError, match=rf"^chords: .*{said}") as told:
        read_chords(text)
    assert "\n" not in str(told.value)


def test_the_chords_of_composed_songs_are_heard():
    right = roots = count = 0
    for seed in range(10):
        song = compose(EVAL_SEEDS + 700 + seed, bars=8, families=["bass", "keys", "guitar"])
        for bar, heard in zip(song.chords, chords_of(render(song).sum(0), song.bpm), strict=True):
            if " " not in bar and heard:
                true, found = parse_chord(bar), parse_chord(heard)
                roots += true.root == found.root
                right += true.root == found.root and (3 in true.tones) == (3 in found.tones)
                count += 1
    assert count > 40 and right > 0.68 * count and roots > 0.8 * count, (right, roots, count)


@pytest.mark.parametrize(
    "odd", [3, 10**5000, {"a": 1}, [1], [None], "C " * 5000, ["C"] * 5000, [[]], object()], ids=range(9)
)
def test_what_are_no_chords_are_told_in_a_line_that_is_not_long(odd):
    with pytest.raises(ValueError, match=r"^chords: got [^\n]*$") as told:
        read_chords(odd)
    assert len(str(told.value)) < 200
