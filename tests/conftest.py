"""Tiny models with random weights, in which nothing is zero: what a property needs, at a hundredth of the price."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")  # what is compared bit by bit here is a processor's work
WEIGHTS = Path(__file__).parent.parent / "stemlab" / "weights"


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def make_net():
    """Factory of tiny networks; `std` 0 leaves them as they are born."""
    from stemlab.checkpoints.text_encoders import network

    def make(std=0.1, seed=0, **sizes):
        torch.manual_seed(seed)
        net = network({"width": 64, "depth": 1, "heads": 2, "text_width": 32, "text_depth": 1, **sizes})
        for layer in net.modules():
            if std and isinstance(layer, torch.nn.Linear):
                torch.nn.init.normal_(layer.weight, std=std)
                if layer.bias is not None:
                    torch.nn.init.normal_(layer.bias, std=std)
        return net.eval()

    return make


@pytest.fixture(scope="session")
def codec():
    """A codec with tiny random networks, loud enough not to count as silence."""
    from stemlab.codec.bundled import StemCodec
    from stemlab.codec.vae import BandVAE
    from stemlab.codec.vocoder import Vocoder

    torch.manual_seed(1)
    return StemCodec(BandVAE(width=32, depth=1), torch.zeros(32), torch.ones(32), Vocoder(width=32, depth=1))


@pytest.fixture(scope="session")
def tiny(make_net, codec):
    """A StemLab of tiny random networks."""
    from stemlab import StemLab

    return StemLab(make_net(), codec, "x", "cpu")


@pytest.fixture(scope="session")
def weights(make_net, codec, tmp_path_factory):
    """A folder of weights as training leaves it: `vae`, `vocoder` and `flow`."""
    from stemlab.checkpoints.files import fingerprint, save_weights

    folder = tmp_path_factory.mktemp("weights")
    statistics = {"latent_mean": torch.zeros(32), "latent_std": torch.full((32,), 0.5)}
    sizes = {"width": 32, "depth": 1}
    vae = {**codec.vae.state_dict(), **statistics}
    save_weights(folder / "vae", vae, {"kind": "BandVAE", "model": sizes})
    save_weights(folder / "vocoder", codec.vocoder.state_dict(), {"kind": "Vocoder", "model": sizes})
    net = {"width": 64, "depth": 1, "heads": 2, "text_width": 32, "text_depth": 1}
    tensors = {name: tensor.clone() for name, tensor in make_net().state_dict().items()}
    about = {"kind": "flow", "model": net, "codec": fingerprint(folder / "vae")}
    save_weights(folder / "flow", tensors, about)
    return folder


@pytest.fixture(scope="session")
def cache(weights, tmp_path_factory):
    """A folder of encoded songs, two shards of two; threads stand for the processes, which would start slowly."""
    from stemlab.data import latents, shards

    folder = tmp_path_factory.mktemp("latents")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(latents, "ProcessPoolExecutor", ThreadPoolExecutor)
        patch.setattr(shards, "SHARD", 2)
        latents.build_cache(folder, str(weights / "vae"), 50, 4, workers=1)
    return folder


@pytest.fixture(scope="session")
def lab():
    """The bundled model."""
    if not (WEIGHTS / "flow.safetensors").exists():
        pytest.skip("the bundled weights are not there yet")
    import stemlab

    return stemlab.load(device="cpu")


@pytest.fixture
def small_disk(tmp_path):
    """A disk of a megabyte, mounted: another one than that of its parent."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("mounting takes rights that are not here")
    yield place
    subprocess.run(["umount", place], check=True)
