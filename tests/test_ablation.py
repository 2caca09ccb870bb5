import json
import runpy
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def run(cache, weights, tmp_path, monkeypatch):
    config = {
        "kind": "flow", "codec": str(weights / "vae"), "latents": str(cache), "songs": 0, "seed": 0,
        "model": {"width": 32, "depth": 1, "heads": 2, "text_width": 16, "text_depth": 1, "patch": 2},
        "sizes": [[6, 16]], "parts": 1, "steps": 4, "lr": 1e-2, "cooldown": 0.5, "ema": 0.9, "init": None,
        "noise_only": 1.0, "given": 0.0, "naming": 0.02, "time_mean": -0.5, "grouped": True, "share_noise": True, "bf16": False,
        "save_every": 2, "log_every": 1,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    monkeypatch.syspath_prepend(str(BENCHMARKS))

    def run(*words):
        few = ["--groups", "2", "--seconds", "4", "--sampler-steps", "1", "--classifier-songs", "3"]
        where = ["--config", str(tmp_path / "config.json"), "--out", str(tmp_path / "out")]
        monkeypatch.setattr(sys, "argv", ["ablation.py", *few, *where, *words])
        runpy.run_path(str(BENCHMARKS / "ablation.py"), run_name="__main__")
        done = tmp_path / "out" / "ablation.json"
        return json.loads(done.read_text()) if done.exists() else None

    return run


def test_an_ablation_that_is_stopped_goes_on_to_a_table_and_a_plot(run, tmp_path, capsys):
    assert run("--trainings", "B", "attention", "--minutes", "1e-6") is None
    assert "Time is up" in capsys.readouterr().out
    words = ("--trainings", "B", "attention", "--seeds", "2")
    first = run(*words)
    assert {cell: sorted(seeds) for cell, seeds in first["cells"].items()} == {
        cell: ["0", "1"] for cell in ("B-i", "B-ii", "attention")
    }
    for training in ("B_0", "B_1", "attention_0", "attention_1"):
        assert json.loads((tmp_path / "out" / "runs" / training / "flow.json").read_text())["steps"] == 4
    lines = first["cells"]["B-i"]
    assert lines["0"] != lines["1"] and lines["0"] != first["cells"]["B-ii"]["0"]
    told = capsys.readouterr().out
    assert "| B-ii | 2 |" in told and "B-ii less B-i" in told and "±" in told
    assert (tmp_path / "out" / "ablation.png").stat().st_size > 20_000
    before = (tmp_path / "out" / "groups.jsonl").read_text()
    assert run(*words)["cells"] == first["cells"]
    assert (tmp_path / "out" / "groups.jsonl").read_text() == before  # nothing was made twice


def test_cells_cover_grouping_by_noise_in_training_by_noise_at_inference(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    ablation = runpy.run_path(str(BENCHMARKS / "ablation.py"))
    trainings, cells = ablation["TRAININGS"], ablation["CELLS"]
    seen = {(training, options.get("rho")) for training, options in cells.values() if training in "ABC"}
    assert {(training, rho) for training in "ABC" for rho in (0.0, 1.0)} | {("C", 0.5), ("C", 0.9)} == seen
    assert [trainings[name]["grouped"] for name in "ABC"] == [False, True, True]
    assert [trainings[name]["share_noise"] for name in "ABC"] == [False, False, True]
