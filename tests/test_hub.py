import json
import os
import pickle
import re
import shutil

import pytest
import torch

import stemlab
from stemlab.checkpoints.files import fingerprint, load_into, load_weights, save_weights
from stemlab.codec.bundled import StemCodec

TENSORS = {
    "half": torch.randn(3, 5).half(),
    "float": torch.randn(2, 4, 6),
    "strided": torch.randn(4, 6).t(),
    "whole": torch.arange(7),
    "truth": torch.tensor([True, False]),
    "number": torch.tensor(3.5),
}


class Trap:
    """Unpickling it makes a file."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return (os.mkdir, (str(self.file),))


@pytest.fixture
def path(tmp_path):
    save_weights(tmp_path / "net", TENSORS, {"model": {"width": 3}})
    return tmp_path / "net"


def test_a_round_trip_is_bit_identical(path):
    tensors, config = load_weights(path)
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[k], t) and tensors[k].dtype == t.dtype for k, t in TENSORS.items())
    assert config["model"] == {"width": 3}
    assert sorted(f.name for f in path.parent.iterdir()) == ["net.json", "net.safetensors"]  # nothing beside


def test_a_name_with_a_dot_keeps_it(tmp_path):
    save_weights(tmp_path / "v1.5", TENSORS, {})
    assert load_weights(tmp_path / "v1.5")[0].keys() == TENSORS.keys()


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
def test_a_missing_file_is_named(path, suffix):
    file = path.with_name(f"net{suffix}")
    file.unlink()
    with pytest.raises(ValueError, match=re.escape(str(file))):
        load_weights(path)


@pytest.mark.parametrize("content", [b"", b"\x08\x00\x00\x00\x00\x00\x00\x00", b"these are no weights at all" * 40])
def test_a_file_that_is_not_safetensors_is_named(path, content):
    file = path.with_name("net.safetensors")
    file.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(str(file))):
        load_weights(path)


def test_a_file_cut_short_is_refused(path):
    file = path.with_name("net.safetensors")
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(ValueError, match=re.escape(str(file))):
        load_weights(path)


@pytest.mark.parametrize("writer", [torch.save, lambda data, file: file.write_bytes(pickle.dumps(data))])
def test_a_pickle_under_another_name_is_refused_and_never_run(path, tmp_path, writer):
    trap, file = tmp_path / "sprung", path.with_name("net.safetensors")
    writer({"weight": Trap(trap)}, file)
    with pytest.raises(ValueError, match="never loaded"):
        load_weights(path)
    assert not trap.exists()
    pickle.loads(pickle.dumps(Trap(trap)))  # the trap is a real one
    assert trap.exists()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '"text"', "{}", '{"format": 0}', '{"format": 999}', '{"format": "1"}']
)
def test_a_config_that_is_broken_or_of_another_format_is_named(path, content):
    file = path.with_name("net.json")
    file.write_text(content)
    with pytest.raises(ValueError, match=re.escape(str(file))):
        load_weights(path)


@pytest.mark.parametrize(
    "wrong", [{"weight": torch.zeros(2, 3)}, {"weight": torch.zeros(3, 2), "more": torch.zeros(1)}, {}]
)
def test_weights_that_do_not_fit_are_refused_with_their_path(wrong):
    with pytest.raises(ValueError, match="some/folder/net"):
        load_into(torch.nn.Linear(2, 3, bias=False), wrong, "some/folder/net")


def test_weights_that_fit_are_filled_in_and_cast():
    weight = torch.randn(3, 2).half()
    layer = load_into(torch.nn.Linear(2, 3, bias=False), {"weight": weight}, "net")
    assert torch.equal(layer.weight, weight.float())


def test_the_fingerprint_knows_the_weights_and_only_them(path, tmp_path):
    first = fingerprint(path)
    assert re.fullmatch("[0-9a-f]{12}", first)
    save_weights(path, TENSORS, {"other": 1})
    assert fingerprint(path) == first
    save_weights(path, {**TENSORS, "number": torch.tensor(3.25)}, {})
    assert fingerprint(path) != first


@pytest.fixture
def folder(weights, tmp_path):
    shutil.copytree(weights, tmp_path / "weights")
    return tmp_path / "weights"


def test_a_folder_of_weights_loads_as_a_lab_that_knows_its_checkpoint(folder, tiny):
    lab = stemlab.load(folder, "cpu")
    assert lab.checkpoint == fingerprint(folder / "flow")
    assert all(torch.equal(a, b) for a, b in zip(lab.model.parameters(), tiny.model.parameters(), strict=True))
    group = lab.generate(["bass"], seconds=0.5, steps=1)
    assert group.settings["checkpoint"] == lab.checkpoint


@pytest.mark.parametrize("name", ["flow", "vae", "vocoder"])
@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
def test_a_lab_without_one_of_its_files_says_which(folder, name, suffix):
    (folder / (name + suffix)).unlink()
    with pytest.raises(ValueError, match=re.escape(str(folder / (name + suffix)))):
        stemlab.load(folder)


def test_a_flow_of_another_codec_is_refused(folder):
    tensors, config = load_weights(folder / "vae")
    save_weights(folder / "vae", {**tensors, "latent_mean": tensors["latent_mean"] + 1}, config)
    with pytest.raises(ValueError, match="another codec"):
        stemlab.load(folder)


def test_a_vae_in_the_place_of_a_flow_is_refused(folder):
    for suffix in (".json", ".safetensors"):
        shutil.copy(folder / f"vae{suffix}", folder / f"flow{suffix}")
    with pytest.raises(ValueError, match="flow"):
        stemlab.load(folder)


def test_weights_of_another_size_than_their_config_are_refused(folder):
    config = json.loads((folder / "vocoder.json").read_text())
    config["model"]["width"] = 16
    (folder / "vocoder.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="vocoder"):
        StemCodec.load(folder)
