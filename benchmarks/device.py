"""Seconds, memory and equality with the CPU of a GPU: what `stemlab.load(device=...)` gives.

    python benchmarks/device.py [--device cuda] [--weights DIR]

The same group is made on the CPU and on the device, from the same noise. Equality is stated as the root mean square of the
difference of the latents over that of the latents: in bfloat16 some hundredths, in float32 under 1e-3.
"""

import argparse
import sys
import time

import torch

import stemlab
from stemlab.lab.device import device_of

STEMS = ["drums: tight funk kit", "bass: slap bass", "keys: electric piano", "guitar: clean electric guitar"]
ASK = {"prompt": "funk", "bpm": 120, "bars": 4, "seed": 7}


def run(lab: stemlab.StemLab, times: int) -> tuple[float, torch.Tensor]:
    """Best seconds of so many groups of four stems of 8 s, decoding included; and their latents `(S, C, T)`."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        group = lab.generate(STEMS, **ASK)
        if lab.device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return min(seconds), torch.stack([stem.latent for stem in group])


def main(device: str | None, weights: str | None) -> int:
    """Print a table; 1 where there is nothing to compare with the CPU."""
    there = device_of(device)
    if there.type == "cpu":
        print("device: this machine has a CPU alone; nothing was compared.")
        return 1
    cpu, on_cpu = run(stemlab.load(weights, "cpu"), 2)
    lab = stemlab.load(weights, str(there))
    first, _ = run(lab, 1)
    if there.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    best, on_device = run(lab, 5)
    apart = float((on_device - on_cpu).square().mean().sqrt() / on_cpu.square().mean().sqrt())
    cuda = there.type == "cuda"
    name, memory = (
        (torch.cuda.get_device_name(), torch.cuda.max_memory_allocated() / 1e6) if cuda else (str(there), 0.0)
    )
    print(
        "| where | 4 stems of 8 s | the first time | memory | latents' difference to the CPU |\n|---|---|---|---|---|"
    )
    print(f"| CPU, {torch.get_num_threads()} threads | {cpu:.2f} s | | | 0 |")
    print(f"| {name} | {best:.2f} s | {first:.2f} s | {memory:.0f} MB | {apart:.4f} |")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", help="cuda or mps; the best there is by default")
    parser.add_argument("--weights", metavar="DIR", help="folder of weights; the bundled ones by default")
    sys.exit(main(**vars(parser.parse_args())))
