import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

import stemlab
from stemlab.checkpoints.files import fingerprint, load_weights, save_weights
from stemlab.codec.bundled import StemCodec
from stemlab.training.config import read_config
from stemlab.training.flow import train
from stemlab.training.runs import Run

SLOW = """
import json, sys, time, torch
torch.set_num_threads(1)
from stemlab.training.runs import Run
from stemlab.training.flow import train
log = Run.log
Run.log = lambda *args, **values: (log(*args, **values), time.sleep(0.5))
train(json.loads(sys.argv[1]), sys.argv[2])
"""


@pytest.fixture
def config(cache, weights):
    return {
        "kind": "flow", "codec": str(weights / "vae"), "latents": str(cache), "songs": 0, "seed": 3,
        "model": {"width": 32, "depth": 1, "heads": 2, "text_width": 16, "text_depth": 1},
        "sizes": [[6, 16], [4, 32]], "parts": 2, "steps": 8, "lr": 3e-2, "cooldown": 0.5, "ema": 0.9,
        "noise_only": 0.3, "given": 0.3, "naming": 0.02, "time_mean": -0.5, "grouped": True, "share_noise": True, "bf16": False,
        "save_every": 2, "log_every": 1,
    }  # fmt: skip


def tensors(path):
    return load_weights(path)[0]


def identical(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def rows(out):
    with (out / "log.csv").open(newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def test_a_run_leaves_weights_that_load_and_make_music(config, weights, tmp_path):
    train(config, tmp_path / "run")
    for name in ("vae", "vocoder"):
        for suffix in (".safetensors", ".json"):
            (tmp_path / "run" / (name + suffix)).write_bytes((weights / (name + suffix)).read_bytes())
    lab = stemlab.load(tmp_path / "run", "cpu")
    assert lab.generate(["bass"], seconds=1.0, steps=2).audio.shape == (1, 32_000)
    trained, average = tensors(tmp_path / "run" / "checkpoint"), tensors(tmp_path / "run" / "flow")
    assert any(not torch.equal(trained[f"model/{k}"].half(), t) for k, t in average.items())  # it is the EMA
    assert all(torch.equal(trained[f"ema/module.{k}"].half(), t) for k, t in average.items())
    assert [row["step"] for row in rows(tmp_path / "run")] == [str(i) for i in range(8)]
    assert read_config(tmp_path / "run" / "config.json") == read_config(config)


def test_a_run_killed_and_resumed_ends_with_the_weights_of_one_that_was_not(config, tmp_path):
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    child = subprocess.Popen([sys.executable, "-c", SLOW, json.dumps(config), str(broken)], stderr=subprocess.DEVNULL)
    train(config, straight)
    deadline = time.monotonic() + 60
    while not (broken / "checkpoint.json").exists() and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.7)  # into a step after the checkpoint, whose log row must go
    child.kill()
    assert child.wait() == -signal.SIGKILL
    assert 0 < int(tensors(broken / "checkpoint")["step"]) < 8 and not (broken / "flow.json").exists()
    train(config, broken, resume=True)
    assert identical(tensors(broken / "checkpoint"), tensors(straight / "checkpoint"))
    assert identical(tensors(broken / "flow"), tensors(straight / "flow"))
    assert rows(broken) == rows(straight)


def test_two_ranks_learn_what_one_learns(config, tmp_path):
    train(config, tmp_path / "one")
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*launch, "-m", "stemlab", "train", str(file), "--out", str(tmp_path / "two")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    one, two = rows(tmp_path / "one"), rows(tmp_path / "two")
    assert [row["step"] for row in two] == [row["step"] for row in one]
    assert [float(row["loss"]) for row in two] == pytest.approx([float(row["loss"]) for row in one], rel=1e-4)
    alone, apart = tensors(tmp_path / "one" / "checkpoint"), tensors(tmp_path / "two" / "checkpoint")
    for name, tensor in alone.items():
        if name.startswith("model/"):
            assert torch.allclose(tensor, apart[name], atol=2e-3), name


def test_a_run_stopped_by_its_minutes_goes_on_from_there(config, tmp_path, monkeypatch):
    train(config, tmp_path / "straight")
    monkeypatch.setattr(Run, "_time_is_up", lambda self: self.minutes is not None and self.step >= 3)
    train(config, tmp_path / "halting", minutes=1)
    assert int(tensors(tmp_path / "halting" / "checkpoint")["step"]) == 3
    train(config, tmp_path / "halting", resume=True)
    assert identical(tensors(tmp_path / "halting" / "flow"), tensors(tmp_path / "straight" / "flow"))


def test_the_seed_decides_the_weights(config, tmp_path):
    config["steps"] = 2
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        train({**config, "seed": seed}, tmp_path / name)
    assert identical(tensors(tmp_path / "a" / "flow"), tensors(tmp_path / "b" / "flow"))
    assert not identical(tensors(tmp_path / "a" / "flow"), tensors(tmp_path / "c" / "flow"))


@pytest.mark.parametrize(
    "change",
    [
        {"grouped": False},
        {"share_noise": False},
        {"noise_only": 1.0},
        {"given": 1.0},
        {"naming": 0.0},
        {"tell_activity": False},
        {"bf16": True},
    ],
)
def test_each_switch_of_the_ablation_changes_the_training(config, tmp_path, change):
    config["steps"] = 3
    train(config, tmp_path / "plain")
    train({**config, **change}, tmp_path / "changed")
    assert not identical(tensors(tmp_path / "plain" / "checkpoint"), tensors(tmp_path / "changed" / "checkpoint"))


@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs a C++ compiler: install g++")
def test_a_compiled_run_has_the_losses_of_a_plain_one(config, tmp_path):
    config["steps"] = 2
    train(config, tmp_path / "plain")
    train({**config, "compile": True}, tmp_path / "compiled")
    for plain, compiled in zip(rows(tmp_path / "plain"), rows(tmp_path / "compiled"), strict=True):
        assert float(compiled["loss"]) == pytest.approx(float(plain["loss"]), rel=1e-3)


def test_a_folder_with_a_run_is_left_alone_without_resume_or_with_another_config(config, tmp_path):
    config["steps"] = 2
    train(config, tmp_path / "run")
    before = {file: file.read_bytes() for file in (tmp_path / "run").iterdir()}
    with pytest.raises(ValueError, match="--resume"):
        train(config, tmp_path / "run")
    with pytest.raises(ValueError, match="differs"):
        train({**config, "lr": 1e-4}, tmp_path / "run", resume=True)
    assert {file: file.read_bytes() for file in (tmp_path / "run").iterdir()} == before


@pytest.mark.parametrize(
    "log", ["", "step,sec", "step,seconds,loss,stems\n0,0.1,1.5,6\n1,0", "step,seconds,loss,stems\n0,0.1"]
)
def test_a_kill_while_the_log_is_written_is_no_obstacle(config, tmp_path, log):
    config["steps"] = 2
    train(config, tmp_path / "straight")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text(json.dumps(config))
    (broken / "log.csv").write_text(log)
    train(config, broken, resume=True)
    assert rows(broken) == rows(tmp_path / "straight")


def test_resuming_where_nothing_is_starts_afresh(config, tmp_path):
    config["steps"] = 2
    train(config, tmp_path / "new", resume=True)
    train(config, tmp_path / "plain")
    assert identical(tensors(tmp_path / "new" / "flow"), tensors(tmp_path / "plain" / "flow"))


def test_the_loss_goes_down(config, tmp_path):
    train({**config, "steps": 90, "save_every": 90, "sizes": [[8, 16]]}, tmp_path / "run")
    losses = [float(row["loss"]) for row in rows(tmp_path / "run")]
    first, last = sum(losses[:5]) / 5, sum(losses[-10:]) / 10
    assert last < 0.6 * first, (first, last)
    names = [float(row["naming"]) for row in rows(tmp_path / "run")]
    assert sum(names[-10:]) / 10 < 0.8 * sum(names[:5]) / 5, names


def test_songs_encoded_by_another_vae_are_refused(config, weights, tmp_path):
    found, about = load_weights(weights / "vae")
    save_weights(tmp_path / "vae", {**found, "latent_mean": found["latent_mean"] + 1}, about)
    with pytest.raises(ValueError, match="another codec"):
        train({**config, "codec": str(tmp_path / "vae")}, tmp_path / "run")


def test_a_run_can_start_from_the_weights_of_another(config, tmp_path):
    train(config, tmp_path / "first")
    train({**config, "init": str(tmp_path / "first" / "flow"), "steps": 1, "lr": 0.0}, tmp_path / "second")
    before, after = tensors(tmp_path / "first" / "flow"), tensors(tmp_path / "second" / "flow")
    assert identical(before, after)


@pytest.mark.parametrize("kind", [None, "gan", "Flow"])
def test_an_unknown_kind_is_refused(kind, tmp_path):
    with pytest.raises(ValueError, match=r"kind.*vae, vocoder, flow"):
        train({"kind": kind}, tmp_path / "run")


@pytest.mark.parametrize("lacking", ["lr", "sizes", "codec", "seed", "steps"])
def test_a_config_that_lacks_something_is_told_what(config, tmp_path, lacking):
    del config[lacking]
    with pytest.raises(ValueError, match=lacking):
        train(config, tmp_path / "run")


@pytest.fixture(scope="module")
def pools(tmp_path_factory):
    """Rendered pools, kept for the next run: threads stand for the processes, which would start slowly."""
    from stemlab.data import pool
    from stemlab.training import codec as train_codec

    kept = {}

    def render(seed, songs, seconds, as_bands=False):
        if as_bands not in kept:
            kept[as_bands] = pool.render_pool(seed, songs, seconds, as_bands, workers=1)
        return kept[as_bands]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "ProcessPoolExecutor", ThreadPoolExecutor)
        patch.setattr(train_codec, "render_pool", render)
        yield kept


@pytest.mark.parametrize("kind", ["vae", "vocoder"])
def test_the_codec_trains_and_goes_on_from_a_crash_as_if_it_had_not(kind, pools, weights, tmp_path, monkeypatch):
    config = {
        "kind": kind, "model": {"width": 32, "depth": 1}, "songs": 1, "seed": 60, "batch": 4, "seconds": 1.024,
        "steps": 4, "lr": 1e-2, "ema": 0.9, "save_every": 2, **({"vae": str(weights / "vae")} if kind == "vocoder" else {}),
    }  # fmt: skip
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    train(config, straight)
    with monkeypatch.context() as patch:
        patch.setattr(Run, "log", lambda run, every, **values: 1 / (3 - run.step))
        with pytest.raises(ZeroDivisionError):
            train(config, broken)
    assert int(tensors(broken / "checkpoint")["step"]) == 2
    train(config, broken, resume=True)
    assert identical(tensors(broken / kind), tensors(straight / kind))
    assert fingerprint(broken / kind) == fingerprint(straight / kind)


def test_a_trained_vae_brings_its_statistics_and_loads_as_a_codec(pools, tmp_path):
    config = {
        "kind": "vae", "model": {"width": 32, "depth": 1}, "songs": 1, "seed": 60, "batch": 4, "seconds": 1.024,
        "steps": 60, "lr": 1e-2, "ema": 0.9, "save_every": 60, "kl": 0.04,
    }  # fmt: skip
    train(config, tmp_path)
    codec = StemCodec.load(tmp_path, vocoder=False)
    assert float(codec.std.min()) > 0
    audio = torch.from_numpy(pools[True][0]).float()
    latents = (codec.vae.encode(audio)[0].float() - codec.mean) / codec.std
    assert float(latents.detach().std()) == pytest.approx(1, abs=0.5)
    errors = [float(row["error_db"]) for row in rows(tmp_path)]
    assert errors[-1] < 0.8 * errors[0], errors
