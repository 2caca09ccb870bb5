"""How fast it is: `python benchmarks/speed.py`.

Seconds for K = 1 to 8 stems of 8 s, with the start of the command and without it; peak memory; and the share of the machine's
own matrix-product rate that the flow reaches, measured in the same run.
"""

import argparse
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

import stemlab

STEMS = [
    "drums: tight funk kit", "bass: slap bass", "keys: electric piano", "guitar: clean electric guitar",
    "percussion: congas", "strings: sustained pad", "lead: melody", "winds: flute",
]  # fmt: skip


def matrix_rate(dtype: torch.dtype) -> float:
    """TFLOP/s of a 1024 x 1024 product, the best of ten."""
    a = torch.randn(1024, 1024).to(dtype)
    best = min(_seconds(lambda: a @ a) for _ in range(10))
    return 2 * 1024**3 / best / 1e12


def _seconds(function) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, help="of the guided flow; left out, all is as by default")
    parser.add_argument("--most", type=int, default=8, help="stems at the most")
    parser.add_argument("--cold", default="1,4", help="numbers of stems for which the whole command is timed too")
    arguments = parser.parse_args()
    print(
        f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}, {arguments.steps or 'the default'} steps"
    )
    rates = {str(d).removeprefix("torch."): matrix_rate(d) for d in (torch.float32, torch.bfloat16)}
    print("Matrix products, TFLOP/s: " + ", ".join(f"{name} {rate:.2f}" for name, rate in rates.items()))
    lab = stemlab.load()
    lab.generate(STEMS[:1], seconds=1.0, steps=1)
    cold = [int(k) for k in arguments.cold.split(",") if k]
    print(
        "\n| stems of 8 s | generate, s | whole command, s | flow, TFLOP | share of bf16 rate |\n|---|---|---|---|---|"
    )
    for k in range(1, arguments.most + 1):
        ask = {"prompt": "funk", "bpm": 120, "key": "A minor", "bars": 4, "steps": arguments.steps or None}
        seconds = min(_seconds(lambda: lab.generate(STEMS[:k], **ask)) for _ in range(2))  # noqa: B023
        with FlopCounterMode(display=False) as counter:
            lab.generate(STEMS[:k], **ask)
        flops = counter.get_total_flops() / 1e12
        whole = f"{command_seconds(k, arguments.steps):.1f}" if k in cold else ""
        print(f"| {k} | {seconds:.2f} | {whole} | {flops:.2f} | {flops / seconds / rates['bfloat16']:.0%} |")
    print(f"\nPeak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def command_seconds(stems: int, steps: int | None) -> float:
    """Seconds of `stemlab generate` as a new process, files written."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "stemlab", "generate", "--stems", *STEMS[:stems], "--prompt", "funk"]
        command += ["--bpm", "120", "--key", "A minor", "--bars", "4", *(["--steps", str(steps)] if steps else [])]
        command += ["--out", str(Path(folder) / "out")]
        return _seconds(lambda: subprocess.run(command, check=True, capture_output=True))


if __name__ == "__main__":
    main()
