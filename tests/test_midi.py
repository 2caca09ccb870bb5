"""MIDI files as songs of stems."""

import numpy as np
import pytest
from symusic import ControlChange, KeySignature, Note, Score, Tempo, Track

from stemlab.cli import app as cli
from stemlab.codec.audio import activity
from stemlab.data.midi_folder import find_midi, render_folder, render_midi
from stemlab.data.readers.folders import read_folder
from stemlab.songs.midi import captions, read_midi

CHORDS = ((57, 60, 64), (50, 53, 57), (52, 56, 59), (57, 60, 64))  # A minor


def track(program, pitches, is_drum=False, bars=range(4), tpq=480):
    made = Track(program=program, is_drum=is_drum)
    for bar in bars:
        for beat in range(4):
            for pitch in pitches(bar):
                made.notes.append(Note((bar * 4 + beat) * tpq, tpq // 2, pitch, 90))
    return made


def score(tempos=((0, 100.0),), key=None):
    made = Score(480)
    for time, qpm in tempos:
        made.tempos.append(Tempo(time, qpm))
    if key:
        made.key_signatures.append(KeySignature(0, *key))
    made.tracks.append(track(36, lambda bar: [CHORDS[bar][0] - 24]))
    made.tracks.append(track(4, lambda bar: CHORDS[bar], bars=(0, 1, 3)))
    made.tracks.append(track(0, lambda _: (36, 42), is_drum=True))
    return made


@pytest.fixture
def midi(tmp_path):
    folder = tmp_path / "midi"
    folder.mkdir()
    score().dump_midi(folder / "a.mid")
    return folder


def test_a_stem_for_each_track_with_family_captions_and_rests(midi):
    song = read_midi(midi / "a.mid")
    assert (song.bpm, song.told_bpm, song.key, song.bars) == (100.0, 100.0, "A minor", 4)
    told = {p.family: (p.program, p.is_drum, p.active) for p in song.parts}
    assert told == {"bass": (36, False, "xxxx"), "keys": (4, False, "xx.x"), "drums": (0, True, "xxxx")}
    words = {part.family: captions(part) for part in song.parts}
    assert words["bass"][0] == "bass: slap bass" and words["bass"][-1] == "bass"
    assert words["keys"][0] == "keys: electric piano"


def test_the_key_that_a_file_tells_is_taken(tmp_path):
    score(key=(-3, 1)).dump_midi(tmp_path / "a.mid")
    assert read_midi(tmp_path / "a.mid").key == "C minor"
    score(key=(2, 0)).dump_midi(tmp_path / "a.mid")
    assert read_midi(tmp_path / "a.mid").key == "D major"


def test_a_tempo_that_changes_is_played_and_not_told(tmp_path):
    score(tempos=((0, 100.0), (8 * 480, 50.0))).dump_midi(tmp_path / "a.mid")
    song = read_midi(tmp_path / "a.mid")
    assert song.told_bpm is None
    last = max(note.start for part in song.parts for note in part.notes) * 60 / song.bpm
    assert last == pytest.approx(8 * 0.6 + 7 * 1.2, abs=0.01)


@pytest.mark.parametrize(("qpm", "bpm"), [(300.0, 150.0), (30.0, 60.0)])
def test_a_tempo_out_of_range_is_brought_in_by_octaves_with_the_notes_where_they_were(tmp_path, qpm, bpm):
    score(tempos=((0, qpm),)).dump_midi(tmp_path / "a.mid")
    song = read_midi(tmp_path / "a.mid")
    assert song.bpm == pytest.approx(bpm, abs=0.01)
    last = max(note.start for part in song.parts for note in part.notes) * 60 / song.bpm
    assert last == pytest.approx(15 * 60 / qpm, abs=0.01)


def test_every_program_has_a_family_and_a_caption(tmp_path):
    made = Score(480)
    for program in range(128):
        made.tracks.append(track(program, lambda _: (60,), bars=(0,)))
    made.dump_midi(tmp_path / "a.mid")
    parts = read_midi(tmp_path / "a.mid").parts
    assert {p.program for p in parts} == set(range(128))
    assert all(captions(part)[0].startswith(part.family) for part in parts)


def test_stems_sound_where_their_notes_are_and_rest_where_they_rest(midi):
    song, stems = render_midi(midi / "a.mid")
    assert stems.shape == (3, round(song.seconds * 32_000)) and np.isfinite(stems).all()
    assert np.abs(stems.sum(0)).max() <= 0.9
    keys = stems[[p.family for p in song.parts].index("keys")]
    bar = round(2.4 * 32_000)
    assert not activity(keys[2 * bar + 100 : 3 * bar - 100]).any() and activity(keys[3 * bar :]).any()
    onset = np.flatnonzero(np.abs(keys[3 * bar - 1000 :]) > 1e-3)[0] - 1000
    assert abs(onset) < 0.02 * 32_000


def test_a_volume_of_the_file_changes_the_level_of_its_stem(tmp_path):
    levels = []
    for volume in (100, 60):
        made = score()
        made.tracks[0].controls.append(ControlChange(0, 7, volume))
        made.dump_midi(tmp_path / "a.mid")
        song, stems = render_midi(tmp_path / "a.mid")
        row = [p.family for p in song.parts].index("bass")
        levels.append(np.abs(stems[row]).max() / np.abs(stems[row - 1]).max())
    assert levels[1] < 0.6 * levels[0]


def test_drums_that_the_soundfont_lacks_cost_no_song(tmp_path):
    made = score()
    made.tracks.append(track(0, lambda _: (1, 120, 127), is_drum=True))
    made.dump_midi(tmp_path / "a.mid")
    _, stems = render_midi(tmp_path / "a.mid")
    assert len(stems) == 3


def test_a_file_too_large_for_memory_is_refused_before_it_is_played(tmp_path):
    made = score()
    for program in range(100):
        made.tracks.append(track(program, lambda _: (60,), bars=(0, 240)))
    made.dump_midi(tmp_path / "a.mid")
    with pytest.raises(ValueError, match="more than memory"):
        render_midi(tmp_path / "a.mid")


def bad_files(folder):
    whole = (folder / "a.mid").read_bytes()
    (folder / "zero.mid").write_bytes(b"")
    (folder / "text.mid").write_text("no notes")
    (folder / "cut.mid").write_bytes(whole[:60])
    (folder / "head.mid").write_bytes(whole[:14])
    (folder / "noise.mid").write_bytes(whole[:40] + bytes(range(256)))
    Score(480).dump_midi(folder / "empty.mid")
    return 6


def test_damaged_files_are_told_with_their_path_and_skipped(midi, tmp_path):
    count = bad_files(midi)
    made, kept, problems = render_folder(midi, tmp_path / "out")
    assert (made, kept, len(problems)) == (1, 0, count)
    assert {p.path.name for p in problems} == {"zero.mid", "text.mid", "cut.mid", "head.mid", "noise.mid", "empty.mid"}
    assert render_folder(midi, tmp_path / "out")[:2] == (0, 1)
    assert not list((tmp_path / "out").glob(".*"))


def test_no_cut_of_a_file_ends_the_process(midi):
    whole = (midi / "a.mid").read_bytes()
    for length in range(0, len(whole), 11):
        (midi / "b.mid").write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"b\.mid"):
            read_midi(midi / "b.mid")


def test_no_wrong_byte_ends_the_process(midi):
    rng = np.random.default_rng(0)
    whole = np.frombuffer((midi / "a.mid").read_bytes(), np.uint8)
    for _ in range(60):
        changed = whole.copy()
        changed[rng.integers(len(whole), size=rng.integers(1, 4))] = rng.integers(256)
        (midi / "b.mid").write_bytes(changed.tobytes())
        try:
            read_midi(midi / "b.mid")
        except ValueError as error:
            assert "b.mid" in str(error)


def test_what_is_rendered_is_a_training_set_with_captions_tempo_and_key(midi, tmp_path, capsys):
    assert cli.main(["data", "render", str(midi), "--out", str(tmp_path / "out")]) == 0
    assert "1 songs rendered" in capsys.readouterr().out
    found = read_folder(tmp_path / "out")
    (song,) = found.songs
    assert (song.bpm, song.key, found.problems) == (100.0, "A minor", [])
    assert {s.name for s in song.stems} == {"bass", "keys", "drums"}
    assert song.stems[0].captions[0] == "bass: slap bass"
    assert cli.main(["data", "inspect", str(tmp_path / "out")]) == 0


def test_bad_requests_are_one_line_and_exit_code_2(midi, tmp_path, capsys):
    for words in ([str(tmp_path / "none")], [str(tmp_path / "out0")], [str(midi), "--soundfont", "none.sf2"]):
        (tmp_path / "out0").mkdir(exist_ok=True)
        assert cli.main(["data", "render", *words, "--out", str(tmp_path / "out")]) == 2
        assert capsys.readouterr().err.strip().splitlines()[-1].startswith("stemlab: ")
    (midi / "note.midi").write_bytes((midi / "a.mid").read_bytes())
    assert len(find_midi(midi)) == 2
