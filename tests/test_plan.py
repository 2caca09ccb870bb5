"""A training that is looked at before it begins."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from stemlab.cli.app import main
from stemlab.model import VelocityNet
from stemlab.training.config import FlowConfig, read_config
from stemlab.training.cost import BYTES, network, plan

CONFIGS = Path(__file__).parent.parent / "configs"


def config(name: str) -> FlowConfig:
    return read_config(CONFIGS / f"{name}.json")


def test_the_papers_size_is_built_without_memory():
    paper = config("paper")
    net = network(paper)
    assert all(p.device.type == "meta" for p in net.parameters())
    assert 0.9e9 < sum(p.numel() for p in net.parameters()) < 1.3e9
    assert net.channels == 64 and net.window * net.frame_seconds == pytest.approx(32, abs=0.1)
    batch = paper.parts * sum(stems * frames for stems, frames in paper.sizes) * net.frame_seconds
    assert batch == pytest.approx(16_000, rel=0.02) and paper.lr == 1e-4 and paper.steps == 30_000


def test_the_bundled_flow_is_counted_as_it_is_built():
    flow = config("flow")
    told, _ = plan(flow)
    weights = sum(p.numel() for p in VelocityNet(**flow.model).parameters())
    assert told["network"].startswith(f"{weights / 1e6:.1f} M parameters")
    assert f"{BYTES * weights / 1e9:.3g} GB" in told["memory, whole on each GPU"]


def test_arithmetic_grows_with_the_batch_and_time_shrinks_with_gpus():
    flow = config("flow")
    one, two = (float(plan(replace(flow, parts=parts))[0]["arithmetic of a step"].split()[0]) for parts in (2, 4))
    assert two == pytest.approx(2 * one, rel=0.01)
    paper = config("paper")
    assert plan(paper, 16)[1] < plan(paper, 8)[1]


def test_the_command_prints_it_and_trains_nothing(capsys, tmp_path):
    assert main(["train", str(CONFIGS / "paper.json"), "--plan", "--out", str(tmp_path / "run")]) == 0
    said = capsys.readouterr().out
    assert "1.13 B parameters" in said and "GPU hours" in said and "T5-XXL" in said
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "words, told",
    [
        (["train", "configs/vae.json", "--plan"], "is for a flow"),
        (["train", "configs/flow.json"], "--out"),
        (["train", "configs/flow.json", "--plan", "-1"], "1 to 1,000,000"),
        (["train", "--from", "bundled", "--data", "x", "--plan"], "--out"),
    ],
)
def test_what_cannot_be_planned_is_told_in_one_line(words, told, capsys, monkeypatch):
    monkeypatch.chdir(CONFIGS.parent)
    assert main(words) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1


def test_the_meta_device_leaves_the_default_alone():
    network(config("flow"))
    assert torch.zeros(1).device.type == "cpu"
