"""Nothing of a run is lost, nothing of a user's is replaced, and what is damaged is told in one line."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys

import pytest

from stemlab.checkpoints.files import load_weights
from stemlab.checkpoints.folders import exclusive
from stemlab.data.latents import build_cache
from stemlab.data.midi_folder import render_folder
from stemlab.data.shards import index
from stemlab.training.checkpoint import read_checkpoint
from stemlab.training.flow import train
from stemlab.training.runs import WRITTEN, Run

LONG = """
import json, sys, time, torch
torch.set_num_threads(1)
from stemlab.training.runs import Run
from stemlab.training.flow import train
Run.log = lambda *args, **values: (print("in", flush=True), time.sleep(60))
train(json.loads(sys.argv[1]), sys.argv[2])
"""


@pytest.fixture
def config(cache, weights):
    return {
        "kind": "flow", "codec": str(weights / "vae"), "latents": str(cache), "seed": 3, "sizes": [[4, 16]], "steps": 4,
        "model": {"width": 32, "depth": 1, "heads": 2, "text_width": 16, "text_depth": 1}, "lr": 1e-2, "bf16": False,
        "save_every": 2, "log_every": 1,
    }  # fmt: skip


@pytest.fixture
def run(config, tmp_path):
    """A run that stopped after its third step of four."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "_time_is_up", lambda self: self.step >= 3)
        train(config, tmp_path / "run")
    return tmp_path / "run"


def content(folder):
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def refused(told, config, out, **how):
    before = content(out)
    with pytest.raises(ValueError, match=told) as error:
        train(config, out, **how)
    assert "\n" not in str(error.value)
    assert content(out) == before


@pytest.mark.parametrize("name", WRITTEN)
def test_what_lies_in_the_folder_and_is_of_no_run_is_left_alone(name, config, tmp_path):
    (tmp_path / name).write_bytes(b"mine")
    for resume in (False, True):
        refused("out: |CONFIG: ", config, tmp_path, resume=resume)


def test_without_its_checkpoint_a_run_does_not_start_afresh_over_what_is_there(config, run):
    (run / "checkpoint.safetensors").unlink()
    refused("no checkpoint.safetensors any more, but flow weights", config, run, resume=True)
    for name in ("flow.safetensors", "flow.json"):
        (run / name).unlink()
    refused("but a checkpoint.json", config, run, resume=True)
    (run / "checkpoint.json").unlink()
    refused("but a log of what came after it", config, run, resume=True)


def test_the_json_beside_a_checkpoint_is_not_needed(config, run, tmp_path):
    shutil.copytree(run, tmp_path / "other")
    (run / "checkpoint.json").unlink()
    train(config, run, resume=True)
    train(config, tmp_path / "other", resume=True)
    assert content(run)["flow.safetensors"] == content(tmp_path / "other")["flow.safetensors"]


def test_flipped_bytes_of_a_checkpoint_are_told(config, run):
    file = run / "checkpoint.safetensors"
    whole = file.read_bytes()
    header = 8 + int.from_bytes(whole[:8], "little")
    for place in [
        0,
        7,
        8,
        20,
        header // 3,
        header // 2,
        header - 3,
        header + 1,
        (header + len(whole)) // 2,
        len(whole) - 1,
    ]:
        for flip in (1, 0x40, 0x80):
            file.write_bytes(whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :])
            refused("checkpoint.safetensors' is damaged", config, run, resume=True)
    for size in (0, 7, header, len(whole) - 1):
        file.write_bytes(whole[:size])
        refused("checkpoint.safetensors' is damaged", config, run, resume=True)


def test_a_checkpoint_of_an_older_version_has_no_digest_and_is_gone_on_from(config, run, tmp_path):
    from safetensors.torch import load_file, save_file

    shutil.copytree(run, tmp_path / "old")
    save_file(load_file(run / "checkpoint.safetensors"), tmp_path / "old" / "checkpoint.safetensors")
    told = json.loads((run / "config.json").read_text())
    (tmp_path / "old" / "config.json").write_text(json.dumps({**config, "kl": 3, "compile": False}))
    assert told.keys() > config.keys()
    for out in (run, tmp_path / "old"):
        train(config, out, resume=True)
    assert content(run)["flow.safetensors"] == content(tmp_path / "old")["flow.safetensors"]


def test_a_full_disk_is_told_in_one_line_and_the_old_checkpoint_stays(config, run):
    kept = content(run)["checkpoint.safetensors"]
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(kept) // 2, limits[1]))  # stands for a disk: a write fails half-way
    try:
        with pytest.raises(ValueError, match=r"^folder: [^\n]*could not be written[^\n]*$"):
            train(config, run, resume=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert content(run)["checkpoint.safetensors"] == kept and not list(run.glob(".stemlab-*"))
    train(config, run, resume=True)
    assert load_weights(run / "flow")[1]["steps"] == 4


def test_a_disk_without_room_for_a_checkpoint_is_told_before_anything_is_learnt(config, small_disk):
    (small_disk / "filler").write_bytes(bytes(1_020_000))
    with pytest.raises(ValueError, match=r"^out: .* MB free, and a checkpoint takes .* MB; make room there"):
        train(config, small_disk / "run")
    assert [file.name for file in small_disk.iterdir()] == ["filler"]


def test_weights_that_are_no_numbers_any_more_go_over_no_checkpoint(config, run, monkeypatch):
    monkeypatch.setattr("stemlab.training.flow.trapezoid", lambda *_: float("inf"))
    kept = content(run)
    with pytest.raises(ValueError, match=r"^lr: at step 4 [^\n]*NaN or infinity, so nothing was saved[^\n]*smaller lr"):
        train(config, run, resume=True)
    assert all(content(run)[f"{part}.safetensors"] == kept[f"{part}.safetensors"] for part in ("checkpoint", "flow"))


def test_a_second_training_in_a_folder_is_told_who_is_there_until_that_one_is_gone(config, tmp_path):
    words = [sys.executable, "-c", LONG, json.dumps(config), str(tmp_path / "run")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout.readline() == "in\n"
        before = content(tmp_path / "run")
        for resume in (False, True):
            with pytest.raises(ValueError, match=rf"^folder: .* is in use \(training: process {child.pid} on [^\n]*$"):
                train(config, tmp_path / "run", resume=resume)
        assert content(tmp_path / "run") == before
        child.kill()
    train(config, tmp_path / "run", resume=True)
    assert read_checkpoint(tmp_path / "run")[1] == 4 and not list((tmp_path / "run").glob("*.lock"))


def test_a_network_that_no_machine_holds_is_told_before_it_is_made(config, tmp_path):
    big = {**config, "model": {**config["model"], "width": 65_536, "depth": 300}}
    with pytest.raises(ValueError, match=r"^model: its weights alone take [\d.e+]+ GB, and this machine has [^\n]*$"):
        train(big, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_training_that_could_not_begin_leaves_no_folder(config, tmp_path):
    with pytest.raises(ValueError, match="no encoded songs"):
        train({**config, "latents": str(tmp_path / "none")}, tmp_path / "new")
    with pytest.raises(ValueError, match="sizes: got 500 frames; the songs"):
        train({**config, "sizes": [[4, 500]]}, tmp_path / "new")
    with pytest.raises(ValueError, match=r"^codec: got"):
        train({**config, "codec": str(tmp_path / "none")}, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_second_encoding_into_a_folder_is_told_who_is_there(weights, tmp_path):
    out = tmp_path / "cache"
    out.mkdir()
    with exclusive(out, "encoding songs", "encode-0"), pytest.raises(ValueError, match=rf"process {os.getpid()} on"):
        build_cache(out, str(weights / "vae"), 0, 1)


def test_a_second_rendering_into_a_folder_is_told_who_is_there(tmp_path):
    events = b"\x00\x90\x40\x60\x83\x00\x80\x40\x00\x00\xff\x2f\x00"
    (tmp_path / "a.mid").write_bytes(b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk" + len(events).to_bytes(4, "big") + events)
    (tmp_path / "out").mkdir()
    with (
        exclusive(tmp_path / "out", "rendering", "render"),
        pytest.raises(ValueError, match=r"in use \(rendering: process"),
    ):
        render_folder(tmp_path, tmp_path / "out")


def test_a_shard_that_is_gone_or_bent_is_told_before_anything_is_learnt(config, cache, tmp_path):
    latents = tmp_path / "latents"
    shutil.copytree(cache, latents)
    name = sorted(index(latents))[0]
    whole = (latents / name).read_bytes()
    for harm in (whole[:-1] + bytes([whole[-1] ^ 1]), whole[: len(whole) // 2], None):
        (latents / name).unlink() if harm is None else (latents / name).write_bytes(harm)
        with pytest.raises(ValueError, match=rf"^latents: 1 shards in [^\n]*{name}"):
            train({**config, "latents": str(latents)}, tmp_path / "run")
        assert not (tmp_path / "run").exists()
