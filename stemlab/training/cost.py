"""What a training will take, before it begins: `stemlab train configs/paper.json --plan`.

The network is built on the meta device, where tensors have shapes and no numbers, so that any size can be looked at anywhere.

Lesson: 09_train_your_own.ipynb
"""

import os

import torch
from torch import nn

from stemlab.checkpoints.files import Unset
from stemlab.checkpoints.text_encoders import network as network_of
from stemlab.codec.vae import BandVAE
from stemlab.codec.vocoder import Vocoder
from stemlab.model import VelocityNet
from stemlab.training.config import Config, FlowConfig, VAEConfig, VocoderConfig

TOKENS = 64  # of a prompt
T5_XXL = 4.8e9  # parameters of its encoder: Raffel et al. 2020, arXiv:1910.10683, half of 11 B with what is shared
BYTES = 20  # a parameter: weight, gradient, AdamW's two moments, running mean, each in float32


def network(config: FlowConfig) -> VelocityNet:
    """The network of a config on the meta device."""
    with torch.device("meta"), Unset():
        return network_of(config.model)


def check_memory(config: Config) -> None:
    """ValueError when the weights of a config's network alone are more than this machine holds: making them would end the process."""
    with torch.device("meta"), Unset():
        if isinstance(config, FlowConfig):
            net: nn.Module = network_of(config.model)
        elif isinstance(config, VAEConfig):
            net = BandVAE(**config.model)
        elif isinstance(config, VocoderConfig):
            net = Vocoder(**config.model)
        else:  # the network is there already
            return
    gigabytes = sum(4 * p.numel() for p in net.parameters()) / 1e9  # in float32
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9 if hasattr(os, "sysconf") else float("inf")
    if gigabytes > there:
        raise ValueError(
            f"model: its weights alone take {gigabytes:.3g} GB, and this machine has {there:.3g}; make width or depth "
            "smaller."
        )


def forward_flops(stems: int, frames: int, tokens: float, model: dict) -> float:
    """Operations of one pass forward through the blocks and what stands before and after them, without the text encoder.

    Two for each weight and position in matrices, and the scores and sums of the three attentions.

    Args:
        stems, frames: of the batch.
        tokens: of a stem's text, padded.
        model: arguments of VelocityNet.
    """
    width, patch = model["width"], model["patch"]
    positions = -(-frames // patch)
    weights = 2 * width * 14 * width  # time 4, stems 2, text 2 and the MLP 6 times width squared
    scores = (
        4 * width * positions + 4 * width * tokens + 2 * width * stems
    )  # along time, to the text, over the whole batch
    block = positions * (weights + scores) + tokens * 2 * model["text_width"] * 2 * width
    ends = (
        positions * 2 * width * patch * (4 * model["channels"] + 140)
    )  # sub-mix and activity in, velocity and notes out
    return stems * (model["depth"] * block + ends + 20 * width * width)


def plan(
    config: FlowConfig, gpus: int = 8, peak: float = 312, share: float = 0.4, bandwidth: float = 230
) -> tuple[dict[str, str], float]:
    """Sizes, arithmetic, memory and time of a training.

    Args:
        config: of a flow.
        gpus: how many.
        peak: TFLOP/s of one in bf16 (312: A100).
        share: of it that training reaches: an assumption, see docs/cluster.md.
        bandwidth: GB/s of an all-reduce.
    Returns:
        what is told, by its name; and seconds of a step.
    """
    net, model = network(config), config.arguments()
    weights = sum(p.numel() for p in net.parameters())
    sizes = config.sizes
    mean = lambda what: sum(map(what, sizes)) / len(sizes)  # noqa: E731
    parts, frames = config.parts, config.parts * mean(lambda size: size[0] * size[1])
    stems, audio = config.parts * mean(lambda size: size[0]), frames * net.frame_seconds
    flops = 3 * parts * mean(lambda size: forward_flops(size[0], size[1], TOKENS, model))
    speed = gpus * peak * 1e12 * share
    exchange = 4 * weights * 2 * (gpus - 1) / gpus / (bandwidth * 1e9)
    seconds = flops / speed + exchange
    positions = frames / model["patch"]
    told = {
        "network": f"{_large(weights)} parameters: {len(net.blocks)} blocks of width {model['width']}",
        "a step": f"{stems:.0f} stems, {audio:.0f} s of audio, {frames:.0f} latent frames in {positions:.0f} positions",
        "arithmetic of a step": f"{flops / 1e12:.4g} TFLOP ({6 * weights * positions / 1e12:.4g} by 6 x parameters x positions)",
        "computing": f"{flops / speed:.3g} s on {gpus} GPUs of {peak:g} TFLOP/s (bf16), if they reach {share:.0%}",
        "exchange of gradients, not hidden": f"{exchange:.3g} s at {bandwidth:g} GB/s",
    }
    if "xxl" in model["text"]:
        told["T5-XXL, frozen"] = (
            f"{2 * T5_XXL * TOKENS * stems / speed:.2g} s more, and {4 * T5_XXL / 1e9:.0f} GB on each GPU"
        )
    hours = config.steps * seconds / 3600
    told |= {
        f"{config.steps} steps": f"{hours:.3g} h, {hours * gpus:.3g} GPU hours: times your price of one",
        "memory, whole on each GPU": f"{BYTES * weights / 1e9:.3g} GB, and activations",
        "memory, spread (configs/fsdp.yaml)": f"{BYTES * weights / gpus / 1e9:.3g} GB, a block or two, and activations",
    }
    return told, seconds


def show(config: FlowConfig, gpus: int = 8, **how: float) -> None:
    """Print a plan as a table."""
    told, _ = plan(config, gpus, **how)
    print("| what | |\n|---|---|")
    print("\n".join(f"| {what} | {value} |" for what, value in told.items()))


def _large(count: int) -> str:
    return f"{count / 1e9:.2f} B" if count >= 1e9 else f"{count / 1e6:.1f} M"
