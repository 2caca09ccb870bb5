"""Songs that are made while a flow learns: the same that a cache holds, and mixes, with no cache at all."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pytest
import torch

from stemlab.checkpoints.files import load_weights
from stemlab.cli import app as cli
from stemlab.codec.bundled import StemCodec
from stemlab.conditions import key_index
from stemlab.data.batches import pick_groups
from stemlab.data.pool import song_stems
from stemlab.data.shelf import MIXES, Shelf, told_of
from stemlab.data.stream import MOST, SongStream
from stemlab.framing import BUNDLED
from stemlab.songs.notes import note_table, piano_roll
from stemlab.songs.render import mit_soundfonts
from stemlab.text import tokenize
from stemlab.training.config import read_config
from stemlab.training.flow import train
from stemlab.training.runs import Run
from stemlab.training.streaming import renewed

FRAMES = 64


class Made:
    """A stream whose songs are made when they are asked for; from which the shelf takes as from one of processes."""

    def __init__(self, first):
        self.seed = first

    def take(self, most, block=False):
        song, stems = song_stems(self.seed, FRAMES * BUNDLED.seconds)
        self.seed += 1
        return [(told_of(BUNDLED, FRAMES, song, stems), np.round(np.clip(stems, -1, 1) * 32767).astype(np.int16))][
            :most
        ]


class Pooled(Made):
    """As Made, with songs of a second that tell their seed alone."""

    def take(self, most, block=False):
        self.seed += 1
        stems = song_stems(self.seed - 1, 1.0)[1]
        return [(self.seed - 1, np.round(np.clip(stems, -1, 1) * 32767).astype(np.int16))][:most]


@pytest.fixture(scope="module")
def shelf(weights):
    """Three songs of 4 s."""
    made = Shelf(StemCodec.load(weights, vocoder=False), tokenize, 3, FRAMES, torch.device("cpu"))
    made.fill(Made(300))
    return made


def test_a_batch_is_what_the_songs_are(shelf, weights):
    codec = StemCodec.load(weights, vocoder=False)
    mixes = subs = 0
    for seed in range(12):
        picks = pick_groups(shelf.songs, np.random.default_rng(seed), 12, 32, True, MIXES)
        x, told, roll = shelf.batch(np.random.default_rng(seed), 12, 32)
        assert x.shape == (12, 32, 32) and roll.shape == (12, 32, 88)
        row = 0
        for index, pick in enumerate(picks):
            song, stems = song_stems(pick.song["seed"], FRAMES * BUNDLED.seconds)
            now = slice(pick.offset, pick.offset + 32)
            for stem in pick.stems:
                mix = stem == len(stems)
                sound = stems.sum(0) if mix else stems[stem]
                with torch.autocast("cpu", torch.bfloat16):
                    latent = codec.encode(sound[None])[0, :, now]
                assert (x[row] - latent).abs().max() < 0.1 * latent.abs().max()
                assert told.group[row] == index and told.bpm[row] == song.bpm and told.key[row] == key_index(song.key)
                assert told.start[row] == pytest.approx(pick.offset * BUNDLED.seconds * song.bpm / 60)
                table = note_table(song, FRAMES)
                own = piano_roll(table, list(range(len(stems))), pick.offset, 32)
                assert torch.equal(roll[row], own.any(0) if mix else own[stem])
                words = bytes(int(t) - 3 for t in told.tokens[row] if t > 2).decode()
                assert words.startswith("mix" if mix else song.parts[stem].family) or not mix
                assert bool(told.has_submix[row]) == (pick.submix is not None)
                subs += pick.submix is not None
                mixes += mix
                row += 1
        assert row == 12
    assert mixes and subs


def test_submixes_are_of_the_stems_that_are_left_out(shelf, weights):
    codec = StemCodec.load(weights, vocoder=False)
    for song in shelf.songs:
        _, stems = song_stems(song["seed"], FRAMES * BUNDLED.seconds)
        for number, some in enumerate(song["submixes"]):
            with torch.autocast("cpu", torch.bfloat16):
                latent = codec.encode(stems[some].sum(0, keepdims=True).clip(-1, 1))[0]
            kept = shelf.latents[song["place"], MOST + 1 + number]
            assert (kept - latent).abs().max() < 0.1 * latent.abs().max()


def test_new_songs_take_the_places_of_the_oldest_as_they_are_used_up(weights):
    shelf = Shelf(StemCodec.load(weights, vocoder=False), tokenize, 2, FRAMES, torch.device("cpu"))
    made = Made(400)
    shelf.fill(made)
    assert [song["seed"] for song in shelf.songs] == [400, 401]
    shelf.fill(made)
    assert [song["seed"] for song in shelf.songs] == [400, 401]  # nothing was used
    for _ in range(4):
        shelf.batch(np.random.default_rng(0), 6, 16)
    shelf._due = 1.0
    shelf.fill(made)
    assert [song["seed"] for song in shelf.songs] == [402, 401]
    assert [song["place"] for song in shelf.songs] == [0, 1]


def test_processes_make_the_songs_of_their_seeds_and_go_on_behind_them():
    seconds = 16 * BUNDLED.seconds
    with SongStream(500, seconds, partial(told_of, BUNDLED, 16), workers=2) as stream:
        made = {}
        while len(made) < 7:
            made |= {told["seed"]: sound for told, sound in stream.take(3, block=True)}
        for seed, sound in made.items():
            stems = song_stems(seed, seconds, mit_soundfonts() or None)[1]
            assert np.abs(sound / 32767 - stems).max() < 1e-4
        begun = int(stream.state_dict()["begun"])
        assert max(made) < 500 + begun and min(made) >= 500
        stream.load_state_dict({"begun": torch.tensor(1000)})
        for _ in range(8):
            made |= {told["seed"]: None for told, _ in stream.take(3, block=True)}
        assert max(made) >= 1500


@pytest.fixture
def config(weights):
    return {
        "kind": "flow", "codec": str(weights / "vae"), "latents": "nowhere", "songs": 2, "seed": 30, "stream": True,
        "model": {"width": 32, "depth": 1, "heads": 2, "text_width": 16, "text_depth": 1}, "sizes": [[6, 16], [4, 24]],
        "parts": 2, "steps": 6, "lr": 1e-2, "ema": 0.9, "bf16": False, "save_every": 2, "log_every": 1,
    }  # fmt: skip


def rows(out):
    with (out / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_flow_learns_from_a_stream_by_the_command_and_goes_on(config, tmp_path):
    del config["stream"]
    (tmp_path / "flow.json").write_text(json.dumps(config))
    words = ["train", str(tmp_path / "flow.json"), "--out", str(tmp_path / "run"), "--stream", "1"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "_time_is_up", lambda self: self.step >= 3)
        assert cli.main(words) == 0
    assert [row["step"] for row in rows(tmp_path / "run")] == ["0", "1", "2"]
    assert read_config(tmp_path / "run" / "config.json").stream
    assert cli.main([*words, "--resume"]) == 0
    assert [row["step"] for row in rows(tmp_path / "run")] == list("012345")
    assert all(np.isfinite(float(row["loss"])) for row in rows(tmp_path / "run"))
    assert not (tmp_path / "nowhere").exists()


def test_what_does_not_go_with_a_stream_is_told(config, tmp_path, capsys):
    with pytest.raises(ValueError, match="songs: got 0; streamed"):
        read_config({**config, "songs": 0})
    for words in (["--from", "bundled", "--data", "x", "--stream"], ["configs/flow.json", "--stream", "-1"]):
        assert cli.main(["train", *words, "--out", str(tmp_path / "run")]) == 2
        assert "--stream: " in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["vae", "vocoder"])
def test_the_codec_learns_from_a_stream_and_goes_on(kind, weights, tmp_path):
    asked = {
        "kind": kind, "model": {"width": 32, "depth": 1}, "songs": 2, "seed": 60, "batch": 40, "seconds": 1.024, "steps": 6,
        "lr": 1e-2, "ema": 0.9, "save_every": 2, "log_every": 1, "stream": True,
    }  # fmt: skip
    asked |= {"vae": str(weights / "vae")} if kind == "vocoder" else {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "_time_is_up", lambda self: self.step >= 3)
        train(asked, tmp_path / "run", workers=1)
    begun = int(load_weights(tmp_path / "run" / "checkpoint")[0]["stream/begun"])
    train(asked, tmp_path / "run", resume=True, workers=1)
    assert int(load_weights(tmp_path / "run" / "checkpoint")[0]["stream/begun"]) > begun >= 4
    assert [row["step"] for row in rows(tmp_path / "run")] == list("012345")
    assert load_weights(tmp_path / "run" / kind)[1]["steps"] == 6


def test_a_pool_is_renewed_as_it_is_used_up_and_holds_what_a_rendered_one_holds(tmp_path):
    config = read_config({
        "kind": "vae", "model": {}, "songs": 2, "seed": 60, "batch": 32, "seconds": 1.0, "steps": 6, "lr": 1e-2, "stream": True
    })  # fmt: skip
    pool, made = [], Pooled(60)
    renew = renewed(pool, config, made, False, torch.device("cpu"))
    renew()
    first = list(pool)
    stems = song_stems(60, 1.0)[1]
    assert (
        len(pool) == 2 and len(pool[0]) == len(stems) + 2 and np.abs(pool[0][: len(stems)] / 32767 - stems).max() < 1e-4
    )
    for _ in range(4):
        renew()
    assert made.seed > 62 and any(song is not one for song, one in zip(pool, first, strict=True)) and len(pool) == 2


def test_the_processes_go_when_the_one_that_learns_is_killed(config, tmp_path):
    code = (
        "import json, sys, time\nfrom stemlab.training.flow import train\nfrom stemlab.training.runs import Run\n"
        "from multiprocessing import active_children\n"
        "Run.log = lambda *a, **k: (print(*[c.pid for c in active_children()], flush=True), time.sleep(60))\n"
        "train(json.loads(sys.argv[1]), sys.argv[2], workers=1)"
    )
    words = [sys.executable, "-c", code, json.dumps(config), str(tmp_path / "run")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        pids = [int(pid) for pid in child.stdout.readline().split()]
        assert pids
        child.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(alive(pid) for pid in pids)


def alive(pid):
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
