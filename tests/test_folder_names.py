"""What files, stems and folders are called, in the ways that people and programs call them."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from stemlab.cli import app as cli
from stemlab.data.readers.folders import read_folder
from stemlab.data.readers.plain import describe, labels_of
from stemlab.songs.words import family_of, is_mix, label, left_out


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Bass Drum", "drums"), ("bass_drum", "drums"), ("BassDrum", "drums"), ("Kick In", "drums"), ("Snare Top", "drums"),
        ("Overheads L", "drums"), ("Drum Machine", "drums"), ("Hi-Hat", "drums"), ("toms", "drums"), ("Room Drums 2", "drums"),
        ("Bass Guitar", "bass"), ("Synth Bass", "bass"), ("Bass Synth", "bass"), ("Bass DI", "bass"), ("Sub Bass", "bass"),
        ("Double Bass", "bass"), ("Lead Vox", "vocals"), ("LeadVox", "vocals"), ("Backing Vocals", "vocals"), ("BGV 1", "vocals"),
        ("Male Voice", "vocals"), ("Lead Guitar", "guitar"), ("Guitar Lead", "guitar"), ("Gtr L", "guitar"),
        ("Acoustic Gtr 2", "guitar"), ("Bass Clarinet", "winds"), ("Horns", "winds"), ("Tenor Sax", "winds"),
        ("Piano Solo", "keys"), ("Electric Piano", "keys"), ("Hammond Organ", "keys"), ("Song_piano", "keys"),
        ("Song_bass", "bass"), ("Lead Synth", "lead"), ("String Quartet", "strings"), ("Choir", "strings"),
        ("Conga Drum", "percussion"), ("Shaker", "percussion"), ("Weather report", None), ("Intro", None),
    ],
)  # fmt: skip
def test_a_file_name_is_the_family_that_a_musician_reads_in_it(name, family):
    assert family_of(label(name)) == family
    assert describe(label(name))[-1] == (family or label(name))


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("no_drums", "drums"), ("minus_bass", "bass"), ("minus-drums", "drums"), ("no vocals", "vocals"), ("NoVox", "vocals"),
        ("Without Vocals", "vocals"), ("drumless", "drums"), ("nodrums", "drums"), ("vocals removed", "vocals"),
        ("Song (no bass)", "bass"), ("all but guitar", "guitar"), ("no lead vocals", "vocals"), ("instrumental", "vocals"),
        ("accompaniment", "vocals"), ("drums", None), ("noise guitar", None), ("no regrets bass", None), ("nonet", None),
        ("Muted Guitar", None), ("synth bass", None), ("normal bass", None),
    ],
)  # fmt: skip
def test_what_is_left_out_does_not_play(name, missing):
    assert left_out(label(name)) == missing
    if missing:
        assert describe(label(name)) == (f"other: all but {missing}", "other")


@pytest.mark.parametrize(
    ("name", "mix"),
    [
        ("mix", True), ("Full Mix 2", True), ("Song_mix", True), ("Song_Master", True), ("Mixdown-final", True), ("mixture", True),
        ("Stereo Mix", True), ("rough mix v3", True), ("Piano Man mix", True), ("Drum Mix", False), ("guitar master", False),
        ("Mixtape Bass", False), ("drums", False), ("mixolydian", False),
    ],
)  # fmt: skip
def test_a_mix_is_no_stem(name, mix):
    assert is_mix(label(name)) is mix


def test_a_songs_title_before_its_stems_is_not_part_of_their_names():
    def names(folder, *files):
        return labels_of([Path(f) for f in files], folder)

    assert names("Take Five", "Take Five - Piano.wav", "Take Five - Alto Sax.wav") == ["piano", "alto sax"]
    assert names("stems", "Song_piano.wav", "Song_bass.wav", "Song_mix.wav") == ["piano", "bass", "mix"]
    assert names("x", "bass drum.wav", "bass guitar.wav") == ["bass drum", "bass guitar"]
    assert names("x", "electric bass.wav", "electric guitar.wav") == ["electric bass", "electric guitar"]
    assert names("drums", "drums.wav") == ["drums"]


def put(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, 0.1 * np.sin(np.arange(8000) / 5), 8000)
    return file


def test_what_demucs_writes_for_two_stems_is_drums_and_all_but_drums(tmp_path):
    for song in ("song_a", "song_b"):
        for stem in ("drums", "no_drums"):
            put(tmp_path / "htdemucs" / song / f"{stem}.flac")
    found = read_folder(tmp_path / "htdemucs")
    assert [[s.captions[0] for s in song.stems] for song in found.songs] == [["drums", "other: all but drums"]] * 2
    assert found.problems == []


def test_a_sub_mix_beside_the_stems_that_it_holds_would_sound_twice_and_is_told(tmp_path):
    for stem in ("drums", "bass", "vocals", "no_vocals", "Full Mix 2"):
        put(tmp_path / "song" / f"{stem}.wav")
    found = read_folder(tmp_path)
    assert sorted(s.name for s in found.songs[0].stems) == ["bass", "drums", "vocals"]
    assert [(p.path.stem, "all but vocals" in p.what) for p in found.problems] == [("no_vocals", True)]


def track(folder: Path, stems: dict[str, tuple[str, bool]], there: set[str]) -> Path:
    """A track of Slakh2100: a class and `audio_rendered` for each stem, and files for those that are there."""
    folder.mkdir(parents=True)
    rows = {
        key: {"audio_rendered": said, "inst_class": kind, "is_drum": kind == "Drums", "midi_program_name": kind}
        for key, (kind, said) in stems.items()
    }
    (folder / "metadata.yaml").write_text(yaml.safe_dump({"UUID": "x", "audio_dir": "stems", "stems": rows}))
    for key in there:
        put(folder / "stems" / f"{key}.flac")
    return folder


@pytest.mark.parametrize("above", ["", "download", "a/download"])
def test_the_folder_above_a_data_set_is_read_as_that_data_set(tmp_path, above):
    root = tmp_path / above / "slakh_redux"
    for split in ("train", "test"):
        track(root / split / "Track00001", {"S00": ("Drums", True), "S01": ("Piano", True)}, {"S00", "S01"})
    found = read_folder(tmp_path if above else root)
    assert (found.kind, len(found.songs), found.path) == ("Slakh2100", 2, root)
    assert [s.captions[-1] for s in found.songs[0].stems] == ["drums", "keys"]


def test_a_folder_above_two_data_sets_is_refused_with_their_names(tmp_path):
    for name in ("one", "two"):
        track(tmp_path / name / "Track00001", {"S00": ("Drums", True)}, {"S00"})
    with pytest.raises(ValueError, match=r"^DIR: .*2 data sets: one \(Slakh2100\), two .*give one of these"):
        read_folder(tmp_path)


def test_whether_a_stem_was_rendered_the_files_decide(tmp_path):
    stems = {"S00": ("Drums", False), "S01": ("Piano", False), "S02": ("Bass", True), "S03": ("Guitar", True)}
    track(tmp_path / "Track00001", stems, {"S00", "S02"})
    found = read_folder(tmp_path)
    assert [s.name for s in found.songs[0].stems] == ["drums", "bass"]
    assert [p.path.name for p in found.problems] == ["S03.flac"]
    shutil.rmtree(tmp_path / "Track00001")


def test_what_a_folder_holds_in_m4a_is_told_and_not_passed_over(tmp_path):
    put(tmp_path / "song" / "drums.wav")
    (tmp_path / "song" / "bass.m4a").write_bytes(b"something")
    found = read_folder(tmp_path)
    assert [(p.path.name, "convert it to FLAC" in p.what) for p in found.problems] == [("bass.m4a", True)]


def test_a_table_of_names_can_be_corrected_and_the_correction_is_kept(tmp_path, capsys):
    for name in ("a1", "a2", "rough mix", "Kick"):
        put(tmp_path / "song" / f"{name}.wav")
    assert cli.main(["data", "names", str(tmp_path)]) == 0
    table = tmp_path / "names.csv"
    assert table.read_text() == "file,name\nsong/Kick.wav,drums: kick\nsong/a1.wav,a1\nsong/a2.wav,a2\n"
    table.write_text("file,name\nsong/a1.wav,bass: slap bass\nsong/a2.wav,-\nsong/rough mix.wav,keys: organ\n")
    stems = [stem.captions[0] for stem in read_folder(tmp_path).songs[0].stems]
    assert sorted(stems) == ["bass: slap bass", "drums: kick", "keys: organ"]
    put(tmp_path / "song" / "flute.wav")
    assert cli.main(["data", "names", str(tmp_path)]) == 0 and "2 files added, 3 rows kept" in capsys.readouterr().out
    assert "song/a1.wav,bass: slap bass\n" in table.read_text() and "song/flute.wav,winds: flute\n" in table.read_text()
    table.write_text("one\ntwo\n")
    assert cli.main(["data", "inspect", str(tmp_path)]) == 2 and '"file" and "name"' in capsys.readouterr().err


def test_halves_of_letters_in_metadata_cost_no_other_song(tmp_path):
    """JSON and YAML can name half a letter, which no tokenizer could read and no file hold."""
    for song in ("one", "two"):
        (tmp_path / "songs" / song).mkdir(parents=True)
        soundfile.write(tmp_path / "songs" / song / "bass.wav", np.full(4000, 0.1), 32_000)
    (tmp_path / "songs" / "one" / "song.json").write_text(
        '{"prompt": "a\\ud83d", "stems": [{"file": "bass.wav", "caption": "x\\udfff"}]}'
    )
    found = read_folder(tmp_path / "songs")
    assert len(found.songs) == 2 and len(found.problems) == 1 and "is no JSON" in str(found.problems[0])
    assert all(song.prompts == ("",) and song.stems[0].captions == ("bass",) for song in found.songs)
    for number, name in ((1, r"a\uD83D"), (2, "Slap Bass 1")):
        track = tmp_path / "slakh" / f"Track0000{number}"
        (track / "stems").mkdir(parents=True)
        soundfile.write(track / "stems" / "S00.wav", np.full(4000, 0.1), 32_000)
        (track / "metadata.yaml").write_text(f'stems: {{S00: {{inst_class: "Bass", midi_program_name: "{name}"}}}}')
    found = read_folder(tmp_path / "slakh")
    assert found.songs[-1].stems[0].captions[0] == "bass: slap bass" and len(found.songs) + len(found.problems) == 2
    assert all(text.encode() for song in found.songs for text in song.stems[0].captions)
