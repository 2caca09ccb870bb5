"""Readers of stem folders, on small folders in exactly the layouts of the data sets, with damaged and odd files."""

import json
import tracemalloc

import numpy as np
import pytest
import soundfile

from stemlab.cli import app as cli
from stemlab.codec.audio import read, resample
from stemlab.data.readers.folders import read_folder
from stemlab.data.readers.musdb import VALIDATION
from stemlab.data.readers.sound_files import SUFFIXES, probe, read_window


def tone(seconds=1.0, rate=44_100, hz=440.0, channels=2, level=0.3):
    wave = level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return np.stack([wave] * channels, 1).astype(np.float32)


def put(path, audio=None, rate=44_100, subtype=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, tone() if audio is None else audio, rate, subtype=subtype)
    return path


def damage(folder):
    """Files that cannot be used, each in its own way; how many are seen by their header alone, and how many in all."""
    (folder / "zero.wav").write_bytes(b"")
    (folder / "text.wav").write_text("no sound")
    header = bytearray(put(folder / "rate.wav").read_bytes())
    at = header.find(b"fmt ")
    header[at + 12 : at + 16] = bytes(4)
    (folder / "rate.wav").write_bytes(header)
    put(folder / "none.wav", np.zeros((0, 2)))
    audio = tone()
    audio[30_000] = np.nan
    put(folder / "nan.wav", audio, subtype="FLOAT")
    put(folder / "cut.flac", np.random.default_rng(0).uniform(-0.5, 0.5, (44_100, 2)))
    whole = (folder / "cut.flac").read_bytes()
    (folder / "cut.flac").write_bytes(whole[: len(whole) // 2])
    return {"zero.wav", "text.wav", "rate.wav", "none.wav"}, {"nan.wav", "cut.flac"}


def musdb(root):
    for split, title in (("train", "A - One"), ("train", "ANiMAL - Rockshow"), ("test", "B - Two")):
        for name in ("mixture", "vocals", "drums", "bass", "other"):
            put(root / split / title / f"{name}.wav", tone(hz=200 + len(name)))
    return root


def moises(root):
    song = root / "0a1b-uuid"
    facts = {
        "song": "Tune", "artist": "Band", "genre": "indie_rock",
        "stems": [
            {"stemName": "drums", "tracks": [
                {"id": "d1", "extension": "wav", "trackType": "kick drum", "has_bleed": False},
                {"id": "d2", "extension": "wav", "trackType": "snare drum", "has_bleed": True}]},
            {"stemName": "piano", "tracks": [
                {"id": "p1", "extension": "wav", "trackType": "electric piano (rhodes, wurlitzer)"}]},
            {"stemName": "drums", "tracks": [{"id": "d3", "extension": "wav", "trackType": "toms"}]},
        ],
    }  # fmt: skip
    put(song / "drums" / "d1.wav", tone(1.0, hz=100, level=0.1))
    put(song / "drums" / "d2.wav", tone(0.5, hz=200, level=0.1))
    put(song / "drums" / "d3.wav", tone(2.0, hz=300, level=0.1))
    put(song / "piano" / "p1.wav", tone(1.5))
    (song / "data.json").write_text(json.dumps(facts))
    return root


def slakh(root, suffix="flac", split="train"):
    track = root / split / "Track00001"
    entries = {
        "S00": ("Bass", "Electric Bass (finger)", False, True),
        "S01": ("Drums", "Drums", True, True),
        "S02": ("Strings (continued)", "String Ensemble 1", False, True),
        "S03": ("Sound Effects", "Gunshot", False, False),
        "S04": ("Guitar", "Acoustic Guitar (steel)", False, True),
        "S05": ("Guitar", "Distortion Guitar", False, True),
    }
    lines = ["UUID: 1a2b", "audio_dir: stems", "normalized: true", "overall_gain: 0.2", "stems:"]
    for key, (kind, program, drum, rendered) in entries.items():
        lines += [f"  {key}:", f"    audio_rendered: {str(rendered).lower()}", f"    inst_class: {kind}"]
        lines += [f"    is_drum: {str(drum).lower()}", f"    midi_program_name: {program}", "    program_num: 1"]
        if rendered:
            put(track / "stems" / f"{key}.{suffix}", tone(channels=1))
    (track / "metadata.yaml").write_text("\n".join(lines))
    put(track / f"mix.{suffix}", tone(channels=1))
    return root


def test_musdb_has_its_splits_and_no_mixture(tmp_path):
    found = read_folder(musdb(tmp_path))
    assert (found.kind, found.problems) == ("MUSDB18-HQ", [])
    assert {s.name: s.split for s in found.songs} == {
        "A - One": "train", "ANiMAL - Rockshow": "validation", "B - Two": "test",
    }  # fmt: skip
    assert all([s.name for s in song.stems] == ["drums", "bass", "other", "vocals"] for song in found.songs)
    assert len(VALIDATION) == 14 and len(found.split("validation")) == 1


def test_moisesdb_sums_all_tracks_of_a_stem_even_when_it_is_named_twice(tmp_path):
    found = read_folder(moises(tmp_path / "moisesdb_v0.1"))
    assert (found.kind, found.problems) == ("MoisesDB", [])
    (song,) = found.songs
    assert (song.name, song.prompts, song.seconds) == ("Band - Tune", ("indie rock",), 2.0)
    assert [s.name for s in song.stems] == ["drums", "piano"]
    assert song.stems[0].captions[0] == "drums: kick drum, snare drum, toms"
    assert song.stems[1].captions == ("keys: electric piano", "keys: piano", "keys")
    _, audio = found.read(0, 0, 2, 44_100)
    files = [s.path for s in song.stems[0].sources]
    total = np.zeros(88_200, np.float32)
    for file in files:
        wave = read(file, 44_100)
        total[: len(wave)] += wave
    assert len(files) == 3 and np.abs(audio[0] - total).max() < 1e-6


@pytest.mark.parametrize(("suffix", "split"), [("flac", "train"), ("wav", ".")])
def test_slakh_leaves_out_what_was_not_rendered(tmp_path, suffix, split):
    found = read_folder(slakh(tmp_path, suffix, split))
    assert (found.kind, found.problems) == ("Slakh2100", [])
    (song,) = found.songs
    assert song.split == (split if split == "train" else "")
    assert [s.name for s in song.stems] == ["bass", "drums", "strings", "guitar", "guitar 2"]
    assert song.stems[2].captions == ("strings: string ensemble", "strings")
    assert song.stems[4].captions == ("guitar: distortion guitar", "guitar")


def test_a_plain_folder_takes_names_from_files_and_facts_from_song_json(tmp_path):
    put(tmp_path / "one" / "01_Slap-Bass.wav")
    put(tmp_path / "one" / "drums.flac")
    put(tmp_path / "one" / "mix.wav")
    put(tmp_path / "album" / "two" / "a.ogg")
    facts = {"prompt": "funk", "bpm": 100, "key": "C# major", "stems": [{"file": "a.ogg", "caption": "keys: organ"}]}
    (tmp_path / "album" / "two" / "song.json").write_text(json.dumps(facts))
    found = read_folder(tmp_path)
    songs = {song.name: song for song in found.songs}
    assert found.problems == [] and found.kind == "plain"
    assert [s.captions for s in songs["one"].stems] == [("bass: slap bass", "bass"), ("drums",)]
    two = songs["two"]
    assert (two.prompts, two.bpm, two.key, two.stems[0].captions) == (("funk",), 100.0, "Db major", ("keys: organ",))


def test_the_packages_own_samples_are_a_plain_folder_with_captions():
    from pathlib import Path

    found = read_folder(Path(__file__).parent.parent / "data_samples")
    song = next(song for song in found.songs if song.name == "funk")
    assert song.bpm == 100 and song.key == "A minor" and "bass" in song.stems[1].captions[0]


def test_damaged_files_are_told_with_their_path_and_the_rest_of_the_song_stays(tmp_path):
    put(tmp_path / "song" / "bass.wav")
    at_once, later = damage(tmp_path / "song")
    found = read_folder(tmp_path)
    assert {p.path.name for p in found.problems} == at_once
    assert all(p.what and "\n" not in str(p) for p in found.problems)
    assert found.verify() == 2
    assert {p.path.name for p in found.problems} == at_once | later
    stems, audio = found.read(0, 0, 1)
    assert [s.name for s in stems] == ["bass"] and audio.shape == (1, 32_000)
    assert len(found.problems) == 6  # told once only


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"stems": 3}', '{"stems": [{"stemName": "x", "tracks": [{}]}]}'])
def test_a_damaged_metadata_file_costs_its_song_only(tmp_path, text):
    moises(tmp_path)
    slakh(tmp_path / "slakh", split="test")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "data.json").write_text(text)
    bad = tmp_path / "slakh" / "test" / "Track00002" / "metadata.yaml"
    bad.parent.mkdir()
    bad.write_text(text)
    for folder in (tmp_path, tmp_path / "slakh"):
        found = read_folder(folder)
        assert len(found.songs) == 1
        assert [p.path.parent.name for p in found.problems] in (["bad"], ["Track00002"])


def test_a_missing_file_is_a_problem_of_its_own(tmp_path):
    musdb(tmp_path)
    (tmp_path / "train" / "A - One" / "bass.wav").unlink()
    found = read_folder(tmp_path)
    assert [str(p) for p in found.problems] == [f"{tmp_path}/train/A - One/bass.wav: is missing"]
    assert len(found.songs) == 3 and len(found.songs[0].stems) == 3


def test_a_file_that_goes_away_later_does_not_stop_a_run(tmp_path):
    musdb(tmp_path)
    found = read_folder(tmp_path)
    (tmp_path / "train" / "A - One" / "bass.wav").unlink()
    for song, start in found.windows(0.5):
        stems, audio = found.read(song, start, 0.5)
        assert len(stems) == len(audio) == (3 if song == 0 else 4)
    assert len(found.problems) == 1


@pytest.mark.parametrize("rate", [8_000, 22_050, 32_000, 44_100, 48_000, 96_000])
def test_a_window_is_the_same_as_the_whole_file_resampled(tmp_path, rate):
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, rate * 3).astype(np.float32)
    source = probe(put(tmp_path / "a.wav", noise, rate, "FLOAT"))
    whole = resample(noise, rate, 32_000)
    for first in (0, 1, 12_345, 40_001, 95_000):
        window = read_window(source, first, 20_000, 32_000)
        wanted = np.zeros(20_000, np.float32)
        piece = whole[first : first + 20_000]
        wanted[: len(piece)] = piece
        assert np.abs(window - wanted).max() < 1e-3


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "PCM_U8"])
@pytest.mark.parametrize("channels", [1, 2])
def test_all_sample_formats_read_the_same(tmp_path, subtype, channels):
    path = put(tmp_path / "a.wav", tone(0.2, channels=channels), subtype=subtype)
    window = read_window(probe(path), 100, 2000, 44_100)
    assert np.abs(window - tone(0.2)[100:2100, 0]).max() < (0.01 if subtype == "PCM_U8" else 1e-4)


def test_shorter_stems_end_in_silence_and_past_the_end_there_is_nothing(tmp_path):
    put(tmp_path / "s" / "bass.wav", tone(1.0))
    put(tmp_path / "s" / "keys.wav", tone(3.0, 48_000), 48_000)
    found = read_folder(tmp_path)
    _, audio = found.read(0, 1.5, 1.0)
    assert audio.shape == (2, 32_000) and not audio[0].any() and audio[1].any()
    assert not found.read(0, 50.0, 1.0)[1].any()
    assert found.windows(1.0) == [(0, 0.0), (0, 1.0), (0, 2.0)]
    assert found.windows(60.0) == [(0, 0.0)]


def test_memory_does_not_grow_with_the_length_of_a_song(tmp_path):
    put(tmp_path / "s" / "keys.wav", np.zeros((44_100 * 120, 2), np.int16))  # 21 MB as it lies
    found = read_folder(tmp_path)
    tracemalloc.start()
    found.read(0, 100.0, 1.0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5e6


def test_what_is_no_folder_of_songs_is_refused(tmp_path):
    with pytest.raises(ValueError, match="DIR: there is no folder"):
        read_folder(tmp_path / "none")
    with pytest.raises(ValueError, match="DIR: found no song"):
        read_folder(tmp_path)
    (tmp_path / "x.wav").write_bytes(b"")
    with pytest.raises(ValueError, match=r"x\.wav: is empty"):
        read_folder(tmp_path)
    put(tmp_path / "bass.wav")
    with pytest.raises(ValueError, match="seconds: got 0"):
        read_folder(tmp_path).windows(0)


def test_hidden_files_and_other_files_are_no_stems(tmp_path):
    put(tmp_path / "s" / "bass.wav")
    (tmp_path / "s" / "._bass.wav").write_bytes(b"resource fork")
    (tmp_path / "s" / "notes.txt").write_text("hello")
    found = read_folder(tmp_path)
    assert len(found.songs[0].stems) == 1 and found.problems == []
    assert ".txt" not in SUFFIXES


def test_a_link_to_a_folder_further_up_ends(tmp_path):
    put(tmp_path / "s" / "bass.wav")
    (tmp_path / "s" / "up").symlink_to(tmp_path, target_is_directory=True)
    assert len(read_folder(tmp_path).songs) == 1


def test_a_saved_group_is_a_song_with_its_prompts(tmp_path):
    put(tmp_path / "g" / "01_bass.wav")
    put(tmp_path / "g" / "mix.wav")
    facts = {
        "prompt": "funk",
        "bpm": None,
        "key": "H minor",
        "stems": [{"file": "01_bass.wav", "prompt": "bass: sub bass"}],
    }
    (tmp_path / "g" / "session.json").write_text(json.dumps(facts))
    found = read_folder(tmp_path)
    (song,) = found.songs
    assert (song.prompts, song.bpm, song.key) == (("funk",), None, None)
    assert [s.captions for s in song.stems] == [("bass: sub bass",)]
    assert [p.path.name for p in found.problems] == ["g"] and "H minor" in found.problems[0].what


def test_inspect_prints_songs_hours_rates_and_problems(tmp_path, capsys):
    musdb(tmp_path)
    (tmp_path / "test" / "B - Two" / "bass.wav").write_bytes(b"")
    assert cli.main(["data", "inspect", str(tmp_path), "--full"]) == 0
    told = capsys.readouterr().out
    for words in ("songs     3", "1 validation", "stems     11 from 11 files", "11 44100 Hz 2 channels"):
        assert words in told
    assert "problems  1" in told and "bass.wav: is empty (0 bytes)" in told
    assert cli.main(["data", "inspect", str(tmp_path / "none")]) == 2
