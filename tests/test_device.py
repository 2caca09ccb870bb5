"""Where a StemLab computes; all of its logic runs with a CPU. Figures on a GPU: benchmarks/device.py."""

import numpy as np
import pytest
import torch

import stemlab
from stemlab.lab.device import device_of
from stemlab.model import attend

QUICK = {"seconds": 1.0, "steps": 2, "seed": 3}


def test_load_takes_a_device_and_makes_the_same_group_on_it(weights):
    on_cpu = stemlab.load(weights, device="cpu")
    best = stemlab.load(weights)
    assert on_cpu.device.type == "cpu" and best.device == device_of(None)
    if best.device.type == "cpu":
        a, b = (lab.generate(["bass", "keys"], **QUICK).audio for lab in (on_cpu, best))
        assert np.array_equal(a, b)


def test_everything_that_computes_moves(weights, monkeypatch):
    """On the meta device tensors have a place and no numbers, so what was left behind shows."""
    lab = stemlab.load(weights)
    monkeypatch.setattr("stemlab.lab.stem_lab.device_of", torch.device)
    assert lab.to("meta") is lab
    parts = [lab.model, lab.codec.vae, lab.codec.vocoder]
    tensors = [t for part in parts for t in part.state_dict().values()] + [lab.codec.mean, lab.codec.std]
    assert {t.device.type for t in tensors} == {"meta"}
    assert lab.device == lab.codec.device == torch.device("meta")


@pytest.mark.parametrize("name", ["nope", "gpu", "cpu:7", "meta", 3, "", "cuda:99", "cuda:-1"])
def test_a_device_that_is_not_there_is_told_in_one_line(weights, name):
    with pytest.raises(ValueError, match=r"^device: got .*this machine has cpu"):
        stemlab.load(weights, device=name)


def test_attention_spelled_out_is_pytorchs_own():
    """A CPU computes the first, a GPU the second."""
    dice = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, 3, 7, 8, generator=dice) for _ in range(3))
    mask = torch.rand(2, 1, 7, 7, generator=dice) < 0.6
    mask[..., 0] = True
    fused = torch.nn.functional.scaled_dot_product_attention(q, k, v, mask)
    assert torch.allclose(attend(q, k, v, mask), fused, atol=1e-6)


def test_the_callback_gets_the_step_their_number_and_x(tiny):
    seen = []
    group = tiny.generate(["bass", "keys"], callback=lambda step, steps, x: seen.append((step, steps, x)), **QUICK)
    assert [s[:2] for s in seen] == [(1, 2), (2, 2)]
    assert torch.equal(seen[-1][2][0], group[0].latent) and seen[0][2].shape == seen[1][2].shape
