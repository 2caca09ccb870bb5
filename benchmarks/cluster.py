"""What a training costs: `python benchmarks/cluster.py`.

A formula counts the arithmetic of a training step, and is checked against the operations that PyTorch counts. Seconds are those of the
arithmetic at this machine's matrix rate, and those of moving numbers, which grow with width and not with its square: two small networks
tell how fast it moves them, and the seconds of larger ones are foretold and measured. Then the formula is applied to configs/paper.json, a run like the paper's (arXiv:2602.09891: 1 B parameters, 16 000 s of audio a step, 30 000 steps, 8 A100, 3 days). docs/cluster.md explains it.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from stemlab.model import VelocityNet
from stemlab.training import ranks
from stemlab.training.config import FlowConfig, read_config
from stemlab.training.cost import TOKENS, forward_flops, plan
from stemlab.training.flow import batch_losses
from stemlab.training.schedule import parameter_groups

CONFIG = Path(__file__).parent.parent / "configs" / "flow.json"
PAPER = CONFIG.with_name("paper.json")
DAYS = 3  # that the paper's training took


def measure(model: dict, config: FlowConfig, device: torch.device, repeats: int) -> tuple[float, float, float, int]:
    """One training step on made-up songs: operations counted, operations by the formula, seconds (the least), parameters."""
    net = VelocityNet(**model).to(device)
    optimizer = torch.optim.AdamW(parameter_groups(net), lr=1e-4, fused=True)
    cache = SimpleNamespace(songs=songs(model["channels"]))
    stems, frames = config.sizes[0]

    def step() -> None:
        optimizer.zero_grad()
        for part in range(config.parts):
            losses = batch_losses(net, cache, config, 0, part)
            losses.sum().backward()
        optimizer.step()
        losses[0].item()  # waits for a GPU

    with FlopCounterMode(display=False) as counter:
        step()
    text = FlopCounterMode(display=False)
    with text:  # the text encoder is small here, and frozen in the paper: counted and set aside
        net.text(torch.ones(stems * 2 // 3, TOKENS, dtype=torch.long, device=device))  # a third is told no text
    formula = 3 * config.parts * forward_flops(stems, frames, TOKENS, model)
    seconds = min(timed(step) for _ in range(repeats))
    counted = counter.get_total_flops() - 3 * config.parts * text.get_total_flops()
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
    """Print what the formula says of a run like the paper's."""
    config = read_config(PAPER)
    told, seconds = plan(config, asked.gpus, asked.peak, asked.share, asked.bandwidth)
    own = DAYS * 86_400 / config.steps
    told["the paper's own time"] = f"{own:.2f} s a step, {DAYS * 24} h on 8 A100: {own / seconds:.1f} times as long"
    frames = 400 * 3600 * 6 / config.model["frame_seconds"]
    told["latents of 400 h x 6 stems"] = f"{frames * config.model['channels'] * 2 / 1e9:.0f} GB in float16"
    print("\nconfigs/paper.json: a run of the paper's size, with a codec that is public\n\n| what | |\n|---|---|")
    print("\n".join(f"| {what} | {value} |" for what, value in told.items()))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3, help="steps, of which the fastest counts (3)")
    parser.add_argument("--widths", type=int, nargs="+", default=[192, 384, 768], help="two calibrate (192 384 768)")
    parser.add_argument("--gpus", type=int, default=8)
    parser.add_argument("--peak", type=float, default=312, help="TFLOP/s of one, bf16 (312: A100)")
    parser.add_argument("--share", type=float, default=0.4, help="of it that training reaches (0.4)")
    parser.add_argument(
        "--bandwidth", type=float, default=230, help="GB/s of an all-reduce (230: NVLink in one machine)"
    )
    asked = parser.parse_args()
    config = replace(read_config(CONFIG), given=0.0, noise_only=0.0)
    device = ranks.device()
    moved: list[tuple[int, float]] = []  # width, seconds that are not arithmetic
    where = torch.cuda.get_device_name() if device.type == "cuda" else f"{torch.get_num_threads()} threads"
    print(
        f"{where}, torch {torch.__version__}, bf16; a step has {config.parts} parts of sizes like {list(config.sizes[0])}\n"
    )
    print(
        "| width | parameters, M | TFLOP a step, counted | by the formula | s a step | share of matrix rate | s foretold |"
    )
    print("|---|---|---|---|---|---|---|")
    for width in sorted(set(asked.widths)):
        model = {**config.model, "width": width}
        size = replace(config, sizes=config.sizes[:1])
        rate = matrix_rate(device)
        counted, formula, seconds, weights = measure(model, size, device, asked.repeats)
        rate = max(rate, matrix_rate(device))
        told = "calibrates"
        if len(moved) == 2:
            (narrow, less), (wide, more) = moved
            guess = formula / rate + less + (more - less) * (width - narrow) / (wide - narrow)
            told = f"{guess:.2f} ({guess / seconds - 1:+.0%})"
        else:
            moved.append((width, seconds - formula / rate))
        print(
            f"| {width} | {weights / 1e6:.1f} | {counted / 1e12:.3f} | {formula / 1e12:.3f} ({formula / counted - 1:+.0%}) | "
            f"{seconds:.2f} | {formula / rate / seconds:.0%} of {rate / 1e12:.2f} TFLOP/s | {told} |"
        )
    paper(asked)


if __name__ == "__main__":
    main()
