"""What a training costs: `python benchmarks/cluster.py`.

A formula counts the arithmetic of a training step. It is checked twice on this machine: against the operations that PyTorch counts, and,
with the share of the machine's matrix rate that one network reaches, against the seconds of a step of others. Then it is applied to the
paper's run (arXiv:2602.09891: 1 B parameters, 16 000 s of audio a step, 30 000 steps, 8 A100, 3 days). docs/cluster.md explains it.
"""

import argparse
import json
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from stemlab import ranks
from stemlab.model import VelocityNet
from stemlab.train import batch_losses, parameter_groups

CONFIG = Path(__file__).parent.parent / "configs" / "flow.json"
PAPER = {"channels": 64, "width": 1536, "depth": 24, "heads": 24, "text_width": 4096, "text_depth": 0}
FRAMES, SECONDS = 394, 32  # latent frames of a stem in the paper
AUDIO, STEPS, DAYS = 16_000, 30_000, 3  # seconds of audio a step
T5 = 4.8e9  # parameters of T5-XXL's encoder: Raffel et al. 2020, arXiv:1910.10683, half of 11 B with what is shared
TOKENS = 64  # of a prompt


def forward_flops(stems: int, frames: int, tokens: float, model: dict) -> float:
    """Operations of one pass forward through the blocks and what stands before and after them, without the text encoder.

    Two for each weight and position in matrices, and the scores and sums of the three attentions.

    Args:
        stems, frames: of the batch.
        tokens: of a stem's text, padded.
        model: arguments of VelocityNet.
    """
    width, patch = model["width"], model.get("patch", 1)
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


def measure(model: dict, config: dict, device: torch.device, repeats: int) -> tuple[float, float, float, int]:
    """One training step on made-up songs: operations counted, operations by the formula, seconds (the least), parameters."""
    net = VelocityNet(**model).to(device)
    optimizer = torch.optim.AdamW(parameter_groups(net), lr=1e-4, fused=True)
    cache = SimpleNamespace(songs=songs(model["channels"]))
    stems, frames = config["sizes"][0]

    def step() -> None:
        optimizer.zero_grad()
        for part in range(config["parts"]):
            losses = batch_losses(net, cache, config, 0, part)
            losses.sum().backward()
        optimizer.step()
        losses[0].item()  # waits for a GPU

    with FlopCounterMode(display=False) as counter:
        step()
    text = FlopCounterMode(display=False)
    with text:  # the text encoder is small here, and frozen in the paper: counted and set aside
        net.text(torch.ones(stems * 2 // 3, TOKENS, dtype=torch.long, device=device))  # a third is told no text
    formula = 3 * config["parts"] * forward_flops(stems, frames, TOKENS, model)
    seconds = min(timed(step) for _ in range(repeats))
    counted = counter.get_total_flops() - 3 * config["parts"] * text.get_total_flops()
    return counted, formula, seconds, sum(p.numel() for p in net.parameters())


def songs(channels: int, count: int = 32, stems: int = 5, frames: int = 192) -> list[dict]:
    """Songs of noise whose texts have TOKENS bytes."""
    rng = np.random.default_rng(0)
    made = []
    for seed in range(count):
        latents = torch.from_numpy(rng.standard_normal((stems, channels, frames), np.float32)).half()
        made.append({
            "seed": seed, "captions": [["bass: " + "x" * 41]] * stems, "prompts": ["funk at night"], "bpm": 100, "key": None,
            "submixes": [], "latents": latents, "activity": torch.ones(stems, frames, dtype=torch.bool),
        })  # fmt: skip
    return made


def matrix_rate(device: torch.device) -> float:
    """Operations a second of a product of two bf16 matrices, the best of ten."""
    size = 8192 if device.type == "cuda" else 1024
    a = torch.randn(size, size, device=device).bfloat16()
    return 2 * size**3 / min(timed(lambda: (a @ a)[0, 0].item()) for _ in range(10))


def timed(function) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def paper(asked: argparse.Namespace) -> None:
    """Print what the formula says of the paper's run."""
    with torch.device("meta"):
        net = VelocityNet(**{**PAPER, "text_width": 64, "text_depth": 1})
    blocks = sum(p.numel() for p in net.blocks.parameters())
    blocks += (
        PAPER["depth"] * 2 * PAPER["width"] * (PAPER["text_width"] - 64)
    )  # keys and values from T5's 4096 channels
    weights = blocks + sum(
        p.numel() for name, p in net.named_parameters() if not name.startswith(("blocks", "text", "words"))
    )
    stems = AUDIO // SECONDS
    flops = 3 * forward_flops(stems // asked.gpus, FRAMES, TOKENS, PAPER) * asked.gpus
    text = 2 * T5 * TOKENS * stems
    told = DAYS * 86_400 / STEPS
    speed = asked.gpus * asked.peak * 1e12
    compute = flops / speed / asked.share
    exchange = 4 * weights * 2 * (asked.gpus - 1) / asked.gpus / (asked.bandwidth * 1e9)
    print(
        f"\nThe paper's run on {asked.gpus} GPUs of {asked.peak:g} TFLOP/s (bf16), of which {asked.share:.0%} are reached\n"
    )
    print("| what | |\n|---|---|")
    rows = {
        "network": f"{weights / 1e9:.2f} B parameters ({PAPER['depth']} blocks of width {PAPER['width']})",
        "a step": f"{stems} stems of {SECONDS} s, {stems * FRAMES} latent frames",
        "arithmetic of a step": f"{flops / 1e15:.2f} PFLOP ({6 * weights * stems * FRAMES / 1e15:.2f} by 6 x parameters x frames)",
        "computing": f"{compute:.2f} s",
        "exchange of gradients, not hidden": f"{exchange:.3f} s at {asked.bandwidth:g} GB/s",
        "T5-XXL, if not encoded beforehand": f"{text / speed / asked.share:.2f} s more",
        f"{STEPS} steps": f"{STEPS * (compute + exchange) / 3600:.1f} h, {STEPS * (compute + exchange) / 3600 * asked.gpus:.0f} GPU hours",
        "the paper's own time": f"{told:.2f} s a step, {DAYS * 24} h: {told / (compute + exchange):.1f} times as long, "
        f"{flops / speed / told:.1%} of the GPUs' rate",
        "memory, whole on each GPU": f"{20 * weights / 1e9:.0f} GB and activations",
        "memory, spread (configs/fsdp.yaml)": f"{20 * weights / asked.gpus / 1e9:.1f} GB, a block or two, and activations",
        "latents of 400 h x 6 stems": f"{400 * 3600 * 6 * FRAMES / SECONDS * PAPER['channels'] * 2 / 1e9:.0f} GB in float16",
    }
    print("\n".join(f"| {what} | {value} |" for what, value in rows.items()))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="steps, of which the fastest counts (5)")
    parser.add_argument(
        "--widths", type=int, nargs="+", default=[384, 192, 768], help="the first one calibrates (384 192 768)"
    )
    parser.add_argument("--gpus", type=int, default=8)
    parser.add_argument("--peak", type=float, default=312, help="TFLOP/s of one, bf16 (312: A100)")
    parser.add_argument("--share", type=float, default=0.4, help="of it that training reaches (0.4)")
    parser.add_argument(
        "--bandwidth", type=float, default=230, help="GB/s of an all-reduce (230: NVLink in one machine)"
    )
    asked = parser.parse_args()
    config = json.loads(CONFIG.read_text(encoding="utf-8"))
    config |= {"given": 0.0, "noise_only": 0.0}
    device, share = ranks.device(), 0.0
    where = torch.cuda.get_device_name() if device.type == "cuda" else f"{torch.get_num_threads()} threads"
    print(
        f"{where}, torch {torch.__version__}, bf16; a step has {config['parts']} parts of sizes like {config['sizes'][0]}\n"
    )
    print(
        "| width | parameters, M | TFLOP a step, counted | by the formula | s a step | share of matrix rate | s foretold |"
    )
    print("|---|---|---|---|---|---|---|")
    for width in asked.widths:
        model = {**config["model"], "width": width}
        size = {**config, "sizes": config["sizes"][:1]}
        rate = matrix_rate(device)
        counted, formula, seconds, weights = measure(model, size, device, asked.repeats)
        rate = max(rate, matrix_rate(device))
        told = f"{formula / rate / share:.2f} ({formula / rate / share / seconds - 1:+.0%})" if share else "calibrates"
        share = share or formula / rate / seconds
        print(
            f"| {width} | {weights / 1e6:.1f} | {counted / 1e12:.3f} | {formula / 1e12:.3f} ({formula / counted - 1:+.0%}) | "
            f"{seconds:.2f} | {formula / rate / seconds:.0%} of {rate / 1e12:.2f} TFLOP/s | {told} |"
        )
    paper(asked)


if __name__ == "__main__":
    main()
