"""Chords that are told: the held chords that lead, and what the stems make of them."""

import numpy as np
import pytest

import stemlab
from stemlab.evaluate.chords import heard, triad
from stemlab.lab.group import StemGroup
from stemlab.songs.chords import by_beats, read_chords
from stemlab.songs.held_chords import held_chords, struck_chord

SR = 32_000
BAND = ["bass: slap bass", "keys: electric piano", "strings: violins"]


@pytest.fixture(scope="module")
def lab():
    return stemlab.load()


@pytest.fixture(scope="module")
def led(lab):
    return lab.generate(BAND, prompt="pop", bpm=120, chords="Am F C G", seed=1)


def bars_right(group, chords, **heard_from):
    return heard(np.asarray(group.mono.sum(0), np.float32), chords, group.bpm)["bars"]


def test_held_chords_are_the_notes_of_the_chord_and_change_with_it():
    sound = held_chords(by_beats(read_chords("Am F")), 120, 4 * SR, SR)
    assert heard(sound, ["Am", "F"], 120)["bars"] == 1
    spectrum = np.abs(np.fft.rfft(sound[: 2 * SR]))
    strongest = np.fft.rfftfreq(2 * SR, 1 / SR)[spectrum > 0.7 * spectrum.max()]
    classes = set(np.round(69 + 12 * np.log2(strongest / 440)).astype(int) % 12)
    assert classes <= {9, 0, 4}  # A, C, E
    before, after = sound[2 * SR - 800 : 2 * SR], sound[2 * SR : 2 * SR + 800]
    assert np.abs(after).max() > 2 * np.abs(before).max()  # struck anew


def test_held_chords_begin_at_the_downbeat_and_what_is_before_takes_the_last():
    beats = by_beats(read_chords("Am F"))
    late = held_chords(beats, 120, 5 * SR, SR, downbeat=0.75)
    plain = held_chords(beats, 120, 4 * SR, SR)
    start = round(0.75 * SR)
    assert heard(late[start:], ["Am", "F"], 120)["bars"] == 1
    assert np.allclose(late[start + 2000 : start + SR], plain[2000:SR], atol=1e-5)
    assert (
        np.corrcoef(late[2000 : start - 100], struck_chord(beats[-1], 2, SR)[round(1.25 * SR) + 2000 : 2 * SR - 100])[
            0, 1
        ]
        > 0.99
    )


def test_chords_told_are_chords_heard_and_the_null_removes_them(lab, led):
    assert bars_right(led, ["Am", "F", "C", "G"]) >= 0.75
    other = lab.generate(BAND, prompt="pop", bpm=120, chords="Ebm Db B Bb", seed=1)
    assert bars_right(other, ["Ebm", "Db", "B", "Bb"]) >= 0.75
    free = lab.generate(BAND, prompt="pop", bpm=120, seed=1)
    assert max(bars_right(free, c) for c in (["Am", "F", "C", "G"], ["Ebm", "Db", "B", "Bb"])) <= 0.5
    assert not np.array_equal(free.mono, led.mono)


def test_chords_lead_what_is_added_later_and_go_on_where_the_group_goes_on(lab, led):
    more = lab.extend(lab.add(led, "guitar: acoustic guitar, chords"), 2)
    assert more.names == ["bass", "keys", "strings", "guitar"]
    assert bars_right(more, ["Am", "F", "C", "G", "Am", "F"]) >= 4 / 6


def test_a_session_keeps_the_chords_and_makes_the_same_again(lab, led, tmp_path):
    led.save(tmp_path / "band")
    kept = StemGroup.load(tmp_path / "band")
    assert kept.settings["chords"] == "Am F C G"
    again = lab.regenerate(kept)
    assert all(np.array_equal(a.audio, b.audio) for a, b in zip(led, again, strict=True))


def test_a_session_without_chords_is_as_it_was(lab):
    group = lab.generate(["bass"], bpm=120, bars=1, steps=1)
    assert "chords" not in group.settings and "chords" not in group.settings["history"][0]


def test_numerals_are_in_the_key(lab):
    group = lab.generate(BAND, prompt="pop", bpm=120, key="A minor", chords="i VI III VII", seed=1)
    assert bars_right(group, ["Am", "F", "C", "G"]) >= 0.75


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"chords": "Am F"}, "chords: got 'Am F' without bpm"),
        ({"chords": "Am X", "bpm": 100}, "chords: got 'X' in bar 2"),
        ({"chords": "i VI", "bpm": 100}, "without a key"),
        ({"chords": "Am", "bpm": 100, "coupling": "noise"}, "coupling='noise', where stems hear nothing"),
        ({"chords": "", "bpm": 100}, "nothing in a bar"),
        ({"chords": 7, "bpm": 100}, "chords: got 7"),
    ],
)
def test_what_is_wrong_with_chords_is_one_line(lab, asked, message):
    with pytest.raises(ValueError, match="chords") as error:
        lab.generate(["bass"], **asked)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_recording_is_told_with_the_chords_that_were_heard_and_others_can_be_given(lab):
    sound = held_chords(by_beats(read_chords("Dm Bb F C")), 120, 8 * SR, SR)
    found = lab.accompany(sound, ["bass: slap bass"], bpm=120, text="keys: piano", steps=1)
    assert found.settings["heard"]["chords"] == "Dm Bb F C"
    told = lab.accompany(sound, ["bass: slap bass"], bpm=120, text="keys: piano", steps=1, chords="Dm Gm F C")
    assert told.settings["heard"]["chords"] == "Dm Gm F C"
    assert not np.array_equal(found["bass"].audio, told["bass"].audio)


def test_numerals_in_minor_are_those_of_the_natural_minor():
    names = lambda text, key: [bar[0].name for bar in read_chords(text, key)]  # noqa: E731
    assert names("i VI III VII v iv", "A minor") == names("i bVI bIII bVII v iv", "A minor")
    assert [bar[0].root for bar in read_chords("i VI III VII V vii°", "A minor")] == [9, 5, 0, 7, 4, 8]
    assert [bar[0].root for bar in read_chords("I VI III VII vi", "A major")] == [9, 6, 1, 8, 6]


def test_which_triads_count():
    names = ["Am7", "C", "Gsus4", "Bdim", "F5", "Caug", "Em9"]
    assert [triad(bar[0]) for bar in read_chords(names)] == [True, False, None, None, None, None, True]
