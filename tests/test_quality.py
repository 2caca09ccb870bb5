import json
import runpy
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def test_the_quality_benchmark_goes_on_after_a_kill_to_the_same_table(weights, tmp_path, monkeypatch):
    out = tmp_path / "quality.json"
    words = ["--groups", "2", "--steps", "1", "--seconds", "4", "--classifier-songs", "3", "--out", str(out)]
    words += ["--checkpoint", str(weights), "--classifier", str(tmp_path / "families.npz")]
    monkeypatch.setattr(sys, "argv", ["quality.py", *words])
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    runpy.run_path(str(BENCHMARKS / "quality.py"), run_name="__main__")
    first = json.loads(out.read_text())
    assert {"real", "shuffled", "generated", "independent noise"} <= set(first["table"])
    assert first["table"]["real"]["fd_stems"] < 0.1 < first["table"]["generated"]["fd_stems"]
    groups = tmp_path / "quality.json.groups.jsonl"
    lines = groups.read_text().splitlines()
    groups.write_text("\n".join([*lines[:5], lines[5][:40]]))  # killed while it wrote the sixth
    runpy.run_path(str(BENCHMARKS / "quality.py"), run_name="__main__")
    second = json.loads(out.read_text())
    assert json.dumps(second["table"]) == json.dumps(first["table"])  # NaN equals NaN as text
    assert len(groups.read_text().splitlines()) == len(lines) + 1
