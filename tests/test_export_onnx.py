"""The exported networks give what PyTorch gives, for any number of stems, length and condition."""

import json
from dataclasses import fields
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from stemlab.browser.export import FILES, export_onnx, settings
from stemlab.browser.graphs import Prepare, without_patch_line
from stemlab.codec import vae
from stemlab.codec.bundled import StemCodec
from stemlab.conditions import make_conditions
from stemlab.lab.stem_lab import StemLab
from stemlab.lab.student import Student
from stemlab.sampling import Sampling, alone, integrate, nothing, stacked

onnxruntime = pytest.importorskip("onnxruntime", reason="no onnxruntime: pip install -e .[export]")


class Exported:
    """An export, run by ONNX Runtime; its velocity network stands where `integrate` takes a VelocityNet."""

    def __init__(self, folder, model):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self.sessions = {
            name.split(".")[0]: onnxruntime.InferenceSession(folder / name, options, ["CPUExecutionProvider"])
            for name in FILES
        }
        self.window, self.frame_seconds, self.text = model.window, model.frame_seconds, model.text

    def run(self, name, **told):
        return [torch.from_numpy(out) for out in self.sessions[name].run(None, {k: v.numpy() for k, v in told.items()})]

    def prepare(self, c, coupled=True):
        coupled = torch.as_tensor(coupled).expand(len(c))
        told = {name: getattr(c, name) for name in ("bpm", "start", "submix", "has_submix")}
        whole = {name: getattr(c, name).int() for name in ("tokens", "key", "activity", "group")}
        found = self.run("prepare", **told, **whole, coupled=coupled)
        return SimpleNamespace(text=None, told=dict(zip(Prepare.outputs, found, strict=True)))

    def __call__(self, x, t, prepared):
        return self.run("velocity", x=x, t=t, **prepared.told)[0]


@pytest.fixture(scope="module")
def exported(tmp_path_factory, make_net, codec):
    """A tiny network of random weights, each exported as float32 and as float16, with patches of 1 and of 2 frames."""
    made = {}
    for patch, half in ((1, False), (2, False), (2, True)):
        net = make_net(depth=2, text_depth=2, patch=patch)
        folder = tmp_path_factory.mktemp("onnx")
        export_onnx(StemLab(net, codec, "x", "cpu"), folder, half=half)
        made[patch, half] = net, Exported(folder, net), folder
    return made


def told(stems=3, frames=7, submix=False, activity=False, seed=0):
    """Conditions of one group, of random texts and marks."""
    generator = torch.Generator().manual_seed(seed)
    prompts = ["drums: tight funk kit | funk", "", "ölbass"][:stems] + ["x"] * (stems - 3)
    sub = torch.randn(32, frames, generator=generator) if submix else None
    marks = torch.randint(0, 3, (stems, frames), generator=generator) if activity else None
    c = make_conditions(prompts, frames, 32, 97.0, "A minor", sub, marks, start=3.5)
    return c.null(torch.arange(stems) == 1, tempo=False, key=False, submix=False, activity=False)


def apart(found, true):
    """Largest difference, relative to the largest value."""
    return float((found - true).abs().max() / true.abs().max())


@pytest.mark.parametrize("patch", [1, 2])
@pytest.mark.parametrize("stems, frames, more", [(1, 1, {}), (3, 7, {"submix": True}), (5, 12, {"activity": True})])
def test_velocity_is_that_of_pytorch_at_any_shape(exported, patch, stems, frames, more):
    net, onnx, _ = exported[patch, False]
    c = stacked(told(stems, frames, **more), [alone, lambda c: nothing(c, None)])
    sees = torch.arange(3 * stems) < stems
    x, t = torch.randn(3 * stems, 32, frames), torch.linspace(0, 1, 3 * stems)
    with torch.no_grad():
        true = net(x, t, net.prepare(c, sees))
    assert apart(onnx(x, t, onnx.prepare(c, sees)), true) < 1e-4


def test_what_stems_are_told_reaches_the_exported_network(exported):
    _, onnx, _ = exported[2, False]
    c, x, t = told(), torch.randn(3, 32, 7), torch.full((3,), 0.5)
    before = onnx(x, t, onnx.prepare(c))
    for change in ({"text": True}, {"tempo": True}, {"key": True}):
        null = c.null(**{"text": False, "tempo": False, "key": False, "submix": False, "activity": False, **change})
        assert apart(onnx(x, t, onnx.prepare(null)), before) > 1e-3, change
    assert apart(onnx(x, t, onnx.prepare(c, False)), before) > 1e-3


@pytest.mark.parametrize("half, most", [(False, 1e-4), (True, 1e-2)])
def test_latents_are_those_of_pytorch(exported, half, most, monkeypatch):
    monkeypatch.setattr("stemlab.sampling.autocast", lambda _: torch.no_grad())
    net, onnx, _ = exported[2, half]
    noise = torch.randn(3, 32, 9, generator=torch.Generator().manual_seed(1))
    pair = [integrate(m, told(3, 9), noise, Sampling(steps=4)) for m in (net, onnx)]
    assert apart(pair[1], pair[0]) < most
    assert apart(pair[0], noise) > 0.1


@pytest.mark.parametrize("stems, frames", [(1, 1), (2, 6)])
def test_bands_and_spectrum_are_those_of_pytorch(exported, codec, stems, frames):
    _, onnx, _ = exported[2, False]
    latents = torch.randn(stems, 32, frames)
    with torch.no_grad(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("stemlab.codec.bundled.autocast", lambda _: torch.no_grad())
        bands = codec.decode_bands(latents)
        db, time, frequency = codec.vocoder(bands)
    assert apart(onnx.run("bands", latents=latents)[0], bands) < 1e-5
    magnitude, turns = onnx.run("spectrum", bands=bands)
    assert apart(magnitude.transpose(1, 2), (10 ** (db / 20) - 1e-5).clamp(min=0)) < 1e-4
    for place, true in enumerate((time.real, time.imag, frequency.real, frequency.imag)):
        assert apart(turns[:, :, place].transpose(1, 2), true) < 1e-4


def test_slices_take_out_the_line_of_patches_as_the_unfold_does():
    bands = 20 * torch.randn(2, 128, 24) - 50
    assert torch.allclose(without_patch_line(bands, 3), vae.without_patch_line(bands), atol=1e-4)


def test_half_the_bytes_and_settings_beside(exported):
    wide, narrow = (sum((exported[2, half][2] / name).stat().st_size for name in FILES) for half in (False, True))
    assert narrow < 0.65 * wide
    told = json.loads((exported[2, True][2] / "settings.json").read_text())
    assert told["sampling"]["times"][0] == 0 and told["sampling"]["times"][-1] == 1
    assert len(told["sampling"]["times"]) == Sampling.steps + 1 and told["grid"]["frame"] == 2048
    assert all(told["files"][name]["bytes"] == (exported[2, True][2] / name).stat().st_size for name in FILES)


def test_a_codec_without_vocoder_is_refused_in_a_line(tiny, tmp_path):
    lab = StemLab(tiny.model, StemCodec(tiny.codec.vae, torch.zeros(32), torch.ones(32)), "x", "cpu")
    with pytest.raises(ValueError, match="vocoder"):
        export_onnx(lab, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_student_is_exported_where_there_is_one_with_its_steps(tiny, make_net, tmp_path):
    lab = StemLab(tiny.model, tiny.codec, "x", "cpu")
    assert settings(lab)["sampling"]["steps"] == Sampling.steps and settings(lab)["sampling"]["guidance"] > 1
    lab.student = Student(make_net(seed=5), "y", 4)
    export_onnx(lab, tmp_path, half=False)
    how = json.loads((tmp_path / "settings.json").read_text())["sampling"]
    assert (how["steps"], how["guidance"], how["mates"], how["times"][1]) == (4, 1, 1, 1 / 16)
    onnx, c, x, t = Exported(tmp_path, lab.model), told(), torch.randn(3, 32, 7), torch.full((3,), 0.5)
    found = onnx(x, t, onnx.prepare(c))
    with torch.no_grad():
        student, flow = (net(x, t, net.prepare(c)) for net in (lab.student.model, lab.model))
    assert apart(found, student) < 1e-4 < apart(found, flow)


def test_the_bundled_model_fits_into_60_megabytes_and_gives_its_latents(lab, tmp_path, monkeypatch):
    monkeypatch.setattr("stemlab.sampling.autocast", lambda _: torch.no_grad())
    assert sum(export_onnx(lab, tmp_path).values()) <= 60e6
    onnx, told_of = Exported(tmp_path, lab.model), settings(lab)["sampling"]
    how = Sampling(**{f.name: told_of[f.name] for f in fields(Sampling)})
    c = make_conditions(["drums: tight funk kit | funk", "bass: slap bass | funk"], 32, 32, 100.0, "A minor")
    noise = torch.randn(2, 32, 32, generator=torch.Generator().manual_seed(7))
    true, found = (integrate(m, c, noise, how) for m in (lab.student.model, onnx))
    assert np.isfinite(found.numpy()).all()
    assert apart(found, true) < 1e-2  # the student is rounded to float16: the flow, which is so already, was at 1e-3
    assert settings(lab)["checkpoint"] == lab.checkpoint


def test_the_command_writes_networks_settings_and_vectors_and_nothing_over_others(weights, tmp_path, capsys):
    from stemlab.cli import main

    command = ["export", "--onnx", str(tmp_path / "out"), "--weights", str(weights)]
    assert main([*command, "--vectors"]) == 0
    assert {file.name for file in (tmp_path / "out").iterdir()} == {*FILES, "settings.json", "vectors.json"}
    assert "MB in all" in capsys.readouterr().out
    assert main(command) == 2 and "not empty" in capsys.readouterr().err
    assert main(["export"]) == 2 and "--page" in capsys.readouterr().err
