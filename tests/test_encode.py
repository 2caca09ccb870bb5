"""Folders of songs to latents: nothing is lost, nothing is made twice, and what is broken is told."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
import soundfile
import torch

from stemlab.checkpoints.folders import exclusive
from stemlab.cli import app as cli
from stemlab.cli.errors import line_of
from stemlab.codec.bundled import StemCodec
from stemlab.data import encode, processes, shards
from stemlab.data.batches import group_batch
from stemlab.data.encode import SECONDS, encode_folder
from stemlab.data.shards import LatentCache

RATE = 32_000


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Shards of two windows; threads stand for processes, which would start slowly."""
    monkeypatch.setattr(shards, "SHARD", 2)
    monkeypatch.setattr(encode, "ProcessPoolExecutor", ThreadPoolExecutor)


def tone(seconds, hz):
    return 0.2 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)


@pytest.fixture
def songs(tmp_path):
    """Three songs: of two windows, of one, and one with a stem that is damaged; two of them know their tempo."""
    for name, seconds, facts in (("a", 24.0, {"bpm": 120}), ("b", 9.0, {"bpm": 90, "key": "A minor"}), ("c", 12.0, {})):
        folder = tmp_path / "songs" / name
        folder.mkdir(parents=True)
        for stem, hz in (("bass", 80), ("keys", 400)):
            soundfile.write(folder / f"{stem}.flac", tone(seconds, hz), RATE)
        (folder / "song.json").write_text(json.dumps(facts))
    (tmp_path / "songs" / "c" / "keys.flac").write_bytes(b"")
    whole = (tmp_path / "songs" / "c" / "bass.flac").read_bytes()
    (tmp_path / "songs" / "c" / "lead.flac").write_bytes(whole[: len(whole) // 2])
    return tmp_path / "songs"


def run(songs, weights, out, **options):
    return encode_folder(songs, weights, out, workers=1, **options)


def bytes_of(folder):
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*.safetensors"))}


def test_every_window_of_every_song_is_there_with_its_words(songs, weights, tmp_path):
    found = run(songs, weights, tmp_path / "out")
    assert (found["songs"], found["windows"], found["shards"]) == (3, 4, 2)
    made = list(LatentCache(tmp_path / "out").songs)
    assert [song["name"] for song in made] == ["a", "a", "b", "c"]
    assert [song["bpm"] for song in made] == [120, 120, 90, None] and made[2]["key"] == "A minor"
    assert made[1]["start"] == pytest.approx(SECONDS * 2) and made[0]["start"] == 0
    assert [len(song["captions"]) for song in made] == [2, 2, 2, 1]
    audio = np.zeros((2, round(SECONDS * RATE)), np.float32)
    audio[:, : 9 * RATE] = [tone(9.0, 80), tone(9.0, 400)]
    with torch.autocast("cpu", torch.bfloat16):
        again = StemCodec.load(weights, vocoder=False).encode(audio)
    assert (made[2]["latents"] - again).abs().max() < 0.1
    assert made[2]["activity"][:, :130].all() and not made[2]["activity"][:, 150:].any()


def test_what_is_damaged_is_told_with_its_path_and_the_rest_is_kept(songs, weights, tmp_path, capsys):
    words = ["data", "encode", str(songs), "--codec", str(weights), "--out", str(tmp_path / "out"), "--workers", "1"]
    assert cli.main(words) == 0
    told = capsys.readouterr().out
    assert "problems  2" in told and "c/keys.flac: is empty" in told and "c/lead.flac" in told
    assert cli.main(words) == 0  # nothing is left to do, and the problems are not forgotten
    again = capsys.readouterr().out
    assert "0 made now" in again and "problems  2" in again


def test_it_goes_on_where_it_was_killed_and_mends_what_was_bent(songs, weights, tmp_path):
    run(songs, weights, tmp_path / "whole")
    for place, harm in (
        ("gone", lambda f: f.unlink()),
        ("bent", lambda f: f.write_bytes(f.read_bytes()[:-9] + bytes(9))),
        ("cut", lambda f: f.write_bytes(f.read_bytes()[:100])),
    ):
        out = tmp_path / place
        shutil.copytree(tmp_path / "whole", out)
        harm(out / "000001.safetensors")
        (out / "000001.part").write_bytes(b"half a shard")
        assert shards.damaged(out) == ["000001.safetensors"]
        assert run(songs, weights, out)["made"] == 1
        assert shards.damaged(out) == [] and bytes_of(out) == bytes_of(tmp_path / "whole")


def test_two_ranks_make_what_one_makes(songs, weights, tmp_path, monkeypatch):
    run(songs, weights, tmp_path / "one")
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        monkeypatch.setenv("WORLD_SIZE", "2")
        assert run(songs, weights, tmp_path / "two")["made"] == 1
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")
    assert shards.damaged(tmp_path / "two") == []


def test_a_second_encoding_into_a_folder_is_told_who_is_there(songs, weights, tmp_path):
    run(songs, weights, tmp_path / "out")
    with (
        exclusive(tmp_path / "out", "encoding", "encode-0"),
        pytest.raises(ValueError, match=rf"process {os.getpid()} on"),
    ):
        run(songs, weights, tmp_path / "out")
    assert run(songs, weights, tmp_path / "out")["made"] == 0


def test_another_data_set_or_a_folder_of_something_else_is_refused(songs, weights, tmp_path):
    run(songs, weights, tmp_path / "out")
    shutil.rmtree(songs / "b")
    with pytest.raises(ValueError, match="other songs"):
        run(songs, weights, tmp_path / "out")
    with pytest.raises(ValueError, match="no cache"):
        run(songs, weights, songs)
    with pytest.raises(ValueError, match="split"):
        run(songs, weights, tmp_path / "new", split="train")
    assert not (tmp_path / "new").exists()


def test_a_batch_is_made_of_recorded_songs_with_and_without_a_tempo(songs, weights, tmp_path):
    run(songs, weights, tmp_path / "out")
    cache = LatentCache(tmp_path / "out")
    tempi, starts = set(), set()
    for seed in range(30):
        x, conditions, roll, _ = group_batch(cache.songs, np.random.default_rng(seed), 6, 64)
        assert x.shape == (6, 32, 64) and roll is None
        tempi |= set(conditions.bpm.tolist())
        starts |= {round(s, 3) for s in conditions.start.tolist()}
    assert tempi == {0, 90, 120} and round(SECONDS * 2, 3) in starts


def test_a_shard_that_is_cut_off_or_of_an_older_version_is_refused_by_name(songs, weights, tmp_path):
    run(songs, weights, tmp_path / "out")
    file = tmp_path / "out" / "000001.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    with pytest.raises(ValueError, match=r"000001\.safetensors is damaged"):
        LatentCache(tmp_path / "out")
    file.write_bytes(whole.replace(rb"format\": 2", rb"format\": 1"))
    with pytest.raises(ValueError, match="another version"):
        LatentCache(tmp_path / "out")


def test_real_processes_make_the_same(songs, weights, tmp_path, monkeypatch):
    run(songs, weights, tmp_path / "threads")
    monkeypatch.setattr(encode, "ProcessPoolExecutor", ProcessPoolExecutor)
    encode_folder(songs, weights, tmp_path / "processes", workers=2)
    assert bytes_of(tmp_path / "threads") == bytes_of(tmp_path / "processes")


def test_windows_of_another_length_do_not_go_into_the_same_cache(songs, weights, tmp_path):
    first = encode_folder(songs, weights, tmp_path / "cache", workers=1, seconds=4.0)
    assert first["seconds"] == pytest.approx(62 * 0.064)
    with pytest.raises(ValueError, match="another length"):
        encode_folder(songs, weights, tmp_path / "cache", workers=1, seconds=3.9)
    for short in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="seconds: got"):
            encode_folder(songs, weights, tmp_path / "short", workers=1, seconds=short)
    assert not (tmp_path / "short").exists()


COMMAND = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from stemlab.data import processes

def work(file):
    Path(file).touch()
    time.sleep(60)

try:
    with ProcessPoolExecutor(2, initializer=processes.alone) as executor:
        list(executor.map(work, sys.argv[1:]))
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_ctrl_c_ends_worker_processes_at_once_and_without_a_word(tmp_path):
    places = [tmp_path / "1", tmp_path / "2"]
    with (tmp_path / "said").open("w") as said:  # a terminal sends it to all processes of a command
        command = subprocess.Popen([sys.executable, "-c", COMMAND, *places], stderr=said, start_new_session=True)
        while not all(place.exists() for place in places):
            assert command.poll() is None
            time.sleep(0.01)
        os.killpg(command.pid, signal.SIGINT)
        assert command.wait() == 130
    assert (tmp_path / "said").read_text() == ""


def test_a_worker_that_was_killed_is_told_in_one_line():
    with ProcessPoolExecutor(1, initializer=processes.alone) as executor, pytest.raises(RuntimeError) as error:
        executor.submit(os._exit, 1).result()
    assert str(line_of(error.value)).startswith("workers: one of the processes was ended from outside")
