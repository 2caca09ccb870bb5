"""One training, several processes: started by `accelerate launch`, as on a cluster."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from stemlab.checkpoints.files import load_weights
from stemlab.data import shards
from stemlab.data.encode import SECONDS, encode_folder
from stemlab.training import ranks
from stemlab.training.flow import train
from stemlab.training.runs import Run

pytest.importorskip("accelerate", reason='accelerate is not there: pip install -e ".[train]"')
FSDP = ["--config_file", str(Path(__file__).parent.parent / "configs" / "fsdp.yaml")]
DDP = ["--multi_gpu", "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]


@pytest.fixture
def config(cache, weights):
    return {
        "kind": "flow", "codec": str(weights / "vae"), "latents": str(cache), "songs": 0, "seed": 3,
        "model": {"width": 32, "depth": 2, "heads": 2, "text_width": 16, "text_depth": 1},
        "sizes": [[6, 16], [4, 32]], "parts": 4, "steps": 8, "lr": 1e-2, "cooldown": 0.5, "ema": 0.9,
        "noise_only": 0.3, "given": 0.3, "naming": 0.02, "time_mean": -0.5, "grouped": True, "share_noise": True, "bf16": False,
        "save_every": 4, "log_every": 1,
    }  # fmt: skip


def launch(kind, *command, processes=2):
    """`accelerate launch` of a stemlab command on two processes of this machine."""
    accelerate = [sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch", *kind]
    accelerate += ["--num_processes", str(processes), "--main_process_port", "0", "-m", "stemlab"]
    quiet = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    return subprocess.run([*accelerate, *map(str, command)], capture_output=True, text=True, env=quiet)


def launch_training(kind, config, out, *options):
    file = out.with_suffix(".json")
    file.write_text(json.dumps(config))
    done = launch(kind, "train", file, "--out", out, *options)
    assert done.returncode == 0, done.stderr


def losses(out):
    with (out / "log.csv").open(newline="") as file:
        found = [(float(row["loss"]), float(row["naming"])) for row in csv.DictReader(file)]
    return [value for pair in found for value in pair]


def assert_same_run(one, two):
    assert len(losses(one)) == 16
    assert losses(two) == pytest.approx(losses(one), rel=1e-4)
    for part in ("checkpoint", "flow"):
        alone, apart = load_weights(one / part)[0], load_weights(two / part)[0]
        assert alone.keys() == apart.keys()
        for name, tensor in alone.items():
            assert torch.allclose(tensor.float(), apart[name].float(), atol=2e-3), name


def half(config, out, monkeypatch):
    """One process, stopped after 4 of the 8 steps."""
    with monkeypatch.context() as patch:
        patch.setattr(Run, "_time_is_up", lambda self: self.step >= 4)
        train(config, out)


def test_two_ranks_learn_what_one_learns(config, tmp_path):
    train(config, tmp_path / "one")
    launch_training(DDP, config, tmp_path / "two")
    assert_same_run(tmp_path / "one", tmp_path / "two")


def test_a_run_begun_by_one_process_goes_on_in_two_with_the_model_spread_over_them(config, tmp_path, monkeypatch):
    train(config, tmp_path / "one")
    half(config, tmp_path / "two", monkeypatch)
    launch_training(FSDP, config, tmp_path / "two", "--resume")
    assert_same_run(tmp_path / "one", tmp_path / "two")


def test_a_run_begun_by_two_processes_goes_on_in_one(config, tmp_path, monkeypatch):
    plateau = {**config, "cooldown": 0.0}  # one of 8 steps begins as one of 4
    train(plateau, tmp_path / "one")
    launch_training(FSDP, {**plateau, "steps": 4}, tmp_path / "two")
    (tmp_path / "two" / "config.json").write_text(json.dumps(plateau))
    train(plateau, tmp_path / "two", resume=True)
    assert_same_run(tmp_path / "one", tmp_path / "two")


def test_two_ranks_encode_what_one_encodes(weights, tmp_path):
    (tmp_path / "songs" / "long").mkdir(parents=True)
    seconds = 65.5 * SECONDS  # two shards
    tone = 0.2 * np.sin(2 * np.pi * 80 * np.arange(int(seconds * 32_000)) / 32_000)
    soundfile.write(tmp_path / "songs" / "long" / "bass.flac", tone, 32_000)
    done = launch(DDP, "data", "encode", tmp_path / "songs", "--codec", weights, "--out", tmp_path / "two")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("(1 made now)") == 2, done.stdout
    encode_folder(tmp_path / "songs", weights, tmp_path / "one")
    assert shards.damaged(tmp_path / "two") == []
    one, two = ({f.name: f.read_bytes() for f in (tmp_path / out).glob("*.safetensors")} for out in ("one", "two"))
    assert len(one) == 2 and one == two


@pytest.mark.parametrize(
    ("parts", "evenly", "fits"), [(2, False, False), (4, False, True), (4, True, False), (6, True, True)]
)
def test_parts_that_do_not_go_round_are_refused(monkeypatch, parts, evenly, fits):
    monkeypatch.setattr(ranks, "count", lambda: 3)
    if fits:
        shares = []
        for rank in range(3):
            monkeypatch.setattr(ranks, "rank", lambda rank=rank: rank)
            shares += ranks.deal(parts, evenly)
        assert sorted(shares) == list(range(parts))
    else:
        with pytest.raises(ValueError, match=r"parts.*3 ranks"):
            ranks.deal(parts, evenly)


@pytest.mark.parametrize("kind", ["vae", "vocoder"])
def test_the_codec_trains_in_one_process_and_says_so(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match=f"{kind}.*one process"):
        asked = {"kind": kind, "model": {}, "songs": 1, "seed": 0, "batch": 1, "seconds": 1, "steps": 1, "lr": 1e-3}
        train(asked, tmp_path / "run")
    assert not (tmp_path / "run").exists()
