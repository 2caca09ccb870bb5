"""Each writer of the package, killed before each of its file operations, on a full disk, and where a user's things are."""

import json
import runpy
import shutil
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from kills import killed_at_each_step

from stemlab import Stem, StemGroup, cli
from stemlab.browser import export, page, runtime
from stemlab.checkpoints.files import fingerprint, load_weights, save_weights
from stemlab.checkpoints.folders import recover
from stemlab.checkpoints.hub import find_parts, pack
from stemlab.codec.audio import read, write
from stemlab.data import midi_folder, shards
from stemlab.songs.midi import read_midi
from stemlab.training.checkpoint import read_checkpoint, write_checkpoint
from stemlab.training.held_out import Table

PUBLISH = Path(__file__).parent.parent / "notebooks" / "publish.py"
EVENTS = b"\x00\x90\x40\x60\x83\x00\x80\x40\x00\x00\xff\x2f\x00"
MIDI = b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk" + len(EVENTS).to_bytes(4, "big") + EVENTS
ONES, TWOS = ({"w": torch.full((3,), value)} for value in (1.0, 2.0))


def test_killed_weights_are_the_old_ones_or_the_new_with_their_own_config(tmp_path):
    found = set()
    for folder in killed_at_each_step(
        tmp_path,
        lambda folder: save_weights(folder / "net", ONES, {"value": 1.0}),
        lambda folder: save_weights(folder / "net", TWOS, {"value": 2.0}),
    ):
        tensors, config = load_weights(folder / "net")
        assert tensors["w"].tolist() == [config["value"]] * 3
        found.add(config["value"])
    assert found == {1.0, 2.0}


def test_a_killed_checkpoint_is_the_old_one_or_the_new_and_the_next_is_written(tmp_path):
    def begin(folder):
        folder.mkdir()
        write_checkpoint(folder, ONES, 1)

    found = set()
    for folder in killed_at_each_step(tmp_path, begin, lambda folder: write_checkpoint(folder, TWOS, 2)):
        tensors, step = read_checkpoint(folder)
        assert (
            tensors["w"].tolist() == [step] * 3 and json.loads((folder / "checkpoint.json").read_text())["step"] <= step
        )
        found.add(step)
        write_checkpoint(folder, ONES, 3)
        assert read_checkpoint(folder)[1] == 3
        assert {file.name for file in folder.iterdir()} == {"checkpoint.safetensors", "checkpoint.json"}
    assert found == {1, 2}


def test_a_killed_table_of_held_out_losses_is_the_old_one_or_the_new(tmp_path):
    def begin(folder):
        folder.mkdir()
        Table(folder / "t.csv", 0).add(0, 0.5)

    runs = killed_at_each_step(tmp_path, begin, lambda folder: Table(folder / "t.csv", 9).add(2, 0.25))
    assert {tuple(Table(folder / "t.csv", 9).rows) for folder in runs} == {((0, 0.5),), ((0, 0.5), (2, 0.25))}


def test_a_line_of_the_index_that_was_cut_short_costs_no_other(tmp_path):
    song = {
        "seed": 1, "bpm": None, "key": None, "prompts": ["p"], "captions": [["c"]], "submixes": [],
        "latents": torch.ones(1, 4, 8).half(), "activity": torch.ones(1, 8, dtype=torch.bool),
    }  # fmt: skip
    shards.write_shard(tmp_path / "0.safetensors", [song], "x")
    with (tmp_path / "index.jsonl").open("a") as index:
        index.write('{"file": "1.safetensors", "son')
    shards.write_shard(tmp_path / "2.safetensors", [song], "x")
    assert shards.index(tmp_path).keys() == {"0.safetensors", "2.safetensors"} and shards.damaged(tmp_path) == []


def test_a_killed_shard_is_whole_or_made_again(tmp_path):
    def song(value):
        return {
            "seed": 1, "bpm": None, "key": None, "prompts": ["p"], "captions": [["c"]], "submixes": [],
            "latents": torch.full((1, 4, 8), value).half(), "activity": torch.ones(1, 8, dtype=torch.bool),
        }  # fmt: skip

    def begin(folder):
        folder.mkdir()
        shards.write_shard(folder / "0.safetensors", [song(1.0)], "x")

    for folder in killed_at_each_step(
        tmp_path, begin, lambda folder: shards.write_shard(folder / "0.safetensors", [song(2.0)], "x")
    ):
        found = float(shards.LatentCache(folder).songs[0]["latents"].mean())
        assert found == 1.0 or found == 2.0
        assert (found == 1.0) or shards.damaged(folder) in ([], ["0.safetensors"])  # told, so that it is made again
        shards.write_shard(folder / "0.safetensors", [song(2.0)], "x")
        assert shards.damaged(folder) == [] and not list(folder.glob(".*"))


def test_killed_while_packing_over_others_the_old_weights_are_whole_or_the_new(weights, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(weights, other)
    tensors, about = load_weights(other / "vae")
    save_weights(other / "vae", {**tensors, "latent_mean": tensors["latent_mean"] + 1}, about)
    tensors, about = load_weights(other / "flow")
    save_weights(other / "flow", tensors, {**about, "codec": fingerprint(other / "vae")})
    before, marks = pack(weights, tmp_path / "before", weights), set()
    for folder in killed_at_each_step(
        tmp_path / "runs",
        lambda folder: shutil.copytree(before, folder),
        lambda folder: pack(other, folder, other, force=True),
    ):
        parts = find_parts(folder, weights)  # which refuses a flow of another codec
        told = json.loads((folder / "config.json").read_text())["parts"]
        assert told == {part: fingerprint(path) for part, path in parts.items()}
        marks.add(told["vae"])
    assert marks == {fingerprint(weights / "vae"), fingerprint(other / "vae")}


def test_weights_are_not_packed_into_their_own_folder(weights, tmp_path):
    """A run's config.json would become that of the pack, and the run could not be resumed."""
    shutil.copytree(weights, tmp_path / "run")
    with pytest.raises(ValueError, match="the folder of the weights itself"):
        pack(tmp_path / "run", tmp_path / "x" / ".." / "run", weights, force=True)


def test_a_killed_sound_file_is_the_old_one_or_the_new(tmp_path):
    def begin(folder):
        folder.mkdir()
        write(folder / "a.flac", np.full(99, 0.25))

    for folder in killed_at_each_step(tmp_path, begin, lambda folder: write(folder / "a.flac", np.full(99, 0.5))):
        assert read(folder / "a.flac")[0] in (0.25, 0.5)


def test_killed_pages_of_the_site_are_the_old_ones_or_the_new(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(PUBLISH.parent))
    site = runpy.run_path(str(PUBLISH))
    write_site, lessons = site["write_site"], site["LESSONS"][:2]
    for name, stand_in in {"executed": str, "write_band": lambda out: False, "poster": lambda *_: "poster"}.items():
        monkeypatch.setitem(write_site.__globals__, name, stand_in)

    def make(folder, words):
        monkeypatch.setitem(write_site.__globals__, "page", lambda *_: words * 9999)
        folder.mkdir(exist_ok=True)
        write_site(lessons, folder)

    for folder in killed_at_each_step(tmp_path, lambda folder: make(folder, "old"), lambda folder: make(folder, "new")):
        for lesson in lessons:
            assert (folder / f"{lesson.stem}.html").read_text() in ("old" * 9999, "new" * 9999)
        assert (folder / "index.html").read_text().endswith("</html>\n")


@pytest.fixture
def networks(tiny, monkeypatch):
    """`networks(value)`: from now on each exported network, and each file of the runtime, holds that; true ones take minutes."""

    def of(value):
        def stand_in(module, example, path, half):
            return path.write_bytes(value * 9999)

        monkeypatch.setattr(export, "write_onnx", stand_in)
        folder.mkdir(exist_ok=True)
        for name in runtime.FILES:
            (folder / name).write_bytes(value * 99)

    folder = Path(tempfile.mkdtemp())
    monkeypatch.setattr(page, "runtime_files", lambda: [folder / name for name in runtime.FILES])
    yield of
    shutil.rmtree(folder)


@pytest.fixture
def killed(tiny, networks, tmp_path):
    """`killed(writer)`: folders into which it wrote b"old" and then, until it was killed, b"new"; and how to write the new whole."""

    def by(writer):
        def make(value, folder):
            networks(value)
            writer(tiny, folder, force=True)

        old, new = (partial(make, value) for value in (b"old", b"new"))
        return ((folder, new) for folder in killed_at_each_step(tmp_path, old, new))

    return by


def test_killed_networks_for_onnx_are_the_old_ones_or_the_new_with_their_settings(killed):
    found = set()
    for folder, _ in killed(export.export_onnx):
        recover(folder)
        told = json.loads((folder / "settings.json").read_text())["files"]
        assert told == export.described(folder, export.FILES)
        found.add((folder / "prepare.onnx").read_bytes()[:3])
    assert found == {b"old", b"new"}


def test_a_killed_page_that_makes_bands_is_whole_or_knows_that_its_files_are_not_its_own(killed):
    found = set()
    for folder, make_new in killed(page.write_band_page):
        recover(folder / "band")
        now = export.described(folder / "band", export.FILES)
        text = (folder / "band.html").read_text()
        assert text.endswith("</html>\n") and (folder / "band-offline.js").stat().st_size > 99
        found.add((now["velocity.onnx"]["sha256"] in text, (folder / "band" / "velocity.onnx").read_bytes()[:3]))
        make_new(folder)  # which mends whatever there is
    assert found == {(True, b"old"), (False, b"new"), (True, b"new")}


def test_a_page_goes_over_nothing_unasked_and_leaves_nothing_where_it_does_not_fit(
    tiny, networks, small_disk, tmp_path
):
    networks(b"x")
    for name in page.OWN:
        mine = tmp_path / name / name
        mine.parent.mkdir()
        mine.write_text("mine")
        with pytest.raises(ValueError, match=f"{name}.*is there and nothing is overwritten unasked"):
            page.write_band_page(tiny, mine.parent)
        assert mine.read_text() == "mine" and list(mine.parent.iterdir()) == [mine]
    networks(b"x" * 99)
    for writer in (page.write_band_page, export.export_onnx):
        with pytest.raises(ValueError, match="the disk is full"):
            writer(tiny, small_disk / "o")
        assert not [file for file in small_disk.rglob("*") if file.is_file()]


def test_a_killed_song_from_midi_is_whole_or_not_there_and_made_by_the_next_run(tmp_path):
    (tmp_path / "a.mid").write_bytes(MIDI)
    song = read_midi(tmp_path / "a.mid")

    def save(folder):
        midi_folder._save(song, np.full((1, 99), 0.5, np.float32), folder / "a.mid", "font.sf2")

    for folder in killed_at_each_step(tmp_path, lambda folder: folder.mkdir(), save):
        target = folder / "a.mid"
        recover(target)
        assert not target.exists() or (
            list(target.glob("01_*.flac")) and json.loads((target / "song.json").read_text())
        )


def test_a_folder_of_the_users_that_bears_a_songs_name_is_left_alone(tmp_path):
    (tmp_path / "midi").mkdir()
    (tmp_path / "midi" / "a.mid").write_bytes(MIDI)
    mine = tmp_path / "out" / "a.mid" / "notes.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    made, kept, problems = midi_folder.render_folder(tmp_path / "midi", tmp_path / "out")
    assert (made, kept, len(problems)) == (0, 0, 1) and "not empty" in str(problems[0])
    assert mine.read_text() == "mine" and list(mine.parent.iterdir()) == [mine]


def big():
    return StemGroup([Stem("drums", "drums", np.full(300_000, 0.1, np.float32))])


@pytest.mark.parametrize("force", [False, True])
def test_a_group_that_does_not_fit_on_the_disk_costs_one_line_and_not_the_old_one(small_disk, force):
    folder = small_disk / "out"
    if force:
        StemGroup([Stem("bass", "bass", np.full(999, 0.2, np.float32))]).save(folder)
    with pytest.raises(ValueError, match="the disk is full") as told:
        big().save(folder, force=force)
    assert "\n" not in str(told.value)
    assert StemGroup.load(folder).names == ["bass"] if force else not folder.exists()
    assert not list(small_disk.glob(".*"))


def test_the_command_says_in_one_line_that_the_disk_is_full(small_disk, tiny, monkeypatch, capsys):
    import stemlab

    monkeypatch.setattr(stemlab, "load", lambda *_, **__: tiny)
    words = ["--bpm", "60", "--bars", "4", "--steps", "1"]
    assert cli.main(["generate", "--stems", "drums", "bass", *words, "--out", str(small_disk / "o")]) == 2
    told = capsys.readouterr().err.splitlines()
    assert "disk is full" in told[-1] and told[-1].startswith("stemlab: ") and not (small_disk / "o").exists()


def test_a_full_disk_while_rendering_ends_it_with_one_line_and_the_next_run_goes_on(small_disk, tmp_path, capsys):
    (tmp_path / "midi").mkdir()
    for name in "abc":
        (tmp_path / "midi" / f"{name}.mid").write_bytes(MIDI)
    command = ["data", "render", str(tmp_path / "midi"), "--out", str(small_disk / "songs")]
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(bytes(2_000_000))
    assert cli.main(command) == 2
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("stemlab: ")]
    assert len(told) == 1 and "disk is full" in told[0]
    filler.unlink()
    assert cli.main(command) == 0 and len(list((small_disk / "songs").glob("*/song.json"))) == 3


def test_a_full_disk_while_encoding_is_one_line(small_disk, weights, tmp_path, capsys):
    rng = np.random.default_rng(0)
    for song in range(6):
        (tmp_path / "songs" / str(song)).mkdir(parents=True)
        write(tmp_path / "songs" / str(song) / "bass.wav", 0.3 * rng.standard_normal(600_000))
    (small_disk / "filler").write_bytes(bytes(1_020_000))
    words = ["--codec", str(weights), "--out", str(small_disk / "cache"), "--workers", "1", "--seconds", "2"]
    assert cli.main(["data", "encode", str(tmp_path / "songs"), *words]) == 2
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("stemlab: ")]
    assert len(told) == 1 and "disk is full" in told[0]
