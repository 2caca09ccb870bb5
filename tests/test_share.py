"""Weights are packed, loaded by folder or hub id, and never fetched unasked. The hub itself is not reached by any test."""

import json
import shutil

import pytest
import torch
from huggingface_hub import ModelCard

import stemlab
from stemlab.checkpoints.files import load_weights, save_weights
from stemlab.checkpoints.hub import fetch, files_of, pack, push
from stemlab.cli import app as cli


@pytest.fixture
def alone(weights, tmp_path):
    """A run's folder: a flow, and no codec."""
    folder = tmp_path / "run"
    folder.mkdir()
    for end in ("safetensors", "json"):
        shutil.copy(weights / f"flow.{end}", folder)
    (folder / "log.csv").write_text("step,loss\n")
    return folder


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


def same(first, second):
    return all(torch.equal(a, b) for a, b in zip(first.model.parameters(), second.model.parameters(), strict=True))


def test_what_is_saved_is_loaded_again_bit_for_bit(weights, tmp_path):
    lab = stemlab.load(weights, "cpu")
    back = stemlab.StemLab.from_pretrained(lab.save_pretrained(tmp_path / "mine"), device="cpu")
    assert back.checkpoint == lab.checkpoint and same(back, lab)
    ask = dict(stems=["bass", "keys"], seconds=0.5, steps=2, seed=3)
    for a, b in zip(lab.generate(**ask), back.generate(**ask), strict=True):
        assert (a.audio == b.audio).all()


def test_a_packed_folder_is_what_the_hub_expects(weights, tmp_path):
    out = pack(weights, tmp_path / "mine", weights, name="me/my-band", about="Trained on my own songs.")
    assert sorted(file.name for file in out.iterdir()) == sorted(files_of(("flow", "vae", "vocoder")))
    card = ModelCard.load(out / "README.md")
    assert card.data.license == "mit" and card.data.library_name == "stemlab"
    assert "Trained on my own songs." in card.text and 'stemlab.load("me/my-band"' in card.text
    config = json.loads((out / "config.json").read_text())
    assert config["library_name"] == "stemlab" and config["parts"]["flow"] == stemlab.load(out).checkpoint


def test_a_run_takes_the_bundled_codec_when_it_was_trained_on_it(alone, weights, tmp_path):
    out = pack(alone, tmp_path / "mine", bundled=weights)
    assert same(stemlab.load(out), stemlab.load(weights)) and not (out / "log.csv").exists()
    with pytest.raises(ValueError, match="another codec"):
        stemlab.load(alone)  # the tiny flow does not belong to the real bundled codec


def test_a_flow_of_another_codec_is_not_packed(alone, weights, tmp_path):
    tensors, about = load_weights(alone / "flow")
    save_weights(alone / "flow", tensors, {**about, "codec": "0" * 12})
    with pytest.raises(ValueError, match="another codec"):
        pack(alone, tmp_path / "mine", weights)
    assert not (tmp_path / "mine").exists()


def test_nothing_is_overwritten_unasked(weights, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me")
    with pytest.raises(ValueError, match="not empty"):
        pack(weights, tmp_path / "mine", weights)
    pack(weights, tmp_path / "mine", weights, force=True)
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep me"


def test_a_name_that_is_no_folder_is_looked_for_without_a_network(tmp_path):
    with pytest.raises(ValueError, match="allow_download=True"):
        stemlab.load("me/my-band")
    with pytest.raises(ValueError, match="owner/name"):
        stemlab.load("a/b/c")
    with pytest.raises(ValueError, match="cannot be reached"):
        fetch("me/my-band", allow_download=True)


def test_what_was_fetched_before_is_found_without_a_network(weights, tmp_path):
    """A copy as the hub's library keeps it: snapshots by commit, and a reference to the newest."""
    commit, home = "c" * 40, tmp_path / "hub" / "models--me--my-band"
    pack(weights, home / "snapshots" / commit, weights)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit)
    assert same(stemlab.load("me/my-band"), stemlab.load(weights))


def test_what_is_not_packed_is_not_pushed(weights, tmp_path):
    with pytest.raises(ValueError, match=r"lacks README\.md"):
        push(weights, "me/my-band")
    packed = pack(weights, tmp_path / "mine", weights)
    with pytest.raises(ValueError, match="repo"):
        push(packed, "me/my-band")  # offline
    with pytest.raises(ValueError, match="owner/name"):
        push(packed, "not a name")


def test_a_lab_that_came_from_no_folder_says_how_to_save_it(tiny, tmp_path):
    with pytest.raises(ValueError, match="came from no folder"):
        tiny.save_pretrained(tmp_path / "mine")


def test_the_command_packs_and_says_how_to_load(weights, tmp_path, capsys):
    assert cli.main(["push", str(weights), "--out", str(tmp_path / "mine"), "--about", "Songs of mine."]) == 0
    assert "stemlab.load(" in capsys.readouterr().out
    assert "Songs of mine." in (tmp_path / "mine" / "README.md").read_text()
    for words in ([], ["--out", str(tmp_path / "mine")], ["--to", "me/my-band"]):
        assert cli.main(["push", str(weights), *words]) == 2
        assert capsys.readouterr().err.count("\n") == 1
