"""How fast training reads a cache of latents: `python benchmarks/cache.py`.

Caches of 100, 1 000 and 10 000 made-up songs of 5 stems are written (about 1 GB, in a temporary folder that is removed), and read as
training does: songs at random. Cost should grow with what is read and not with what is there, and memory not at all. The last
column makes whole batches of 96 stems, as a step of the bundled flow takes them.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from stemlab.data.batches import group_batch
from stemlab.data.shards import SHARD, LatentCache, write_shard
from stemlab.framing import BUNDLED

STEMS, CHANNELS, FRAMES = 5, BUNDLED.channels, BUNDLED.window


def main() -> None:
    """Write, read, print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=int, nargs="+", default=[100, 1000, 10_000], help="sizes (100 1000 10000)")
    parser.add_argument("--reads", type=int, default=2000, help="songs read from each (2000)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = [measured(Path(folder) / str(songs), songs, asked.reads) for songs in sorted(asked.songs)]
    print("\n| songs | MB on disk | write, s | open, ms | songs/s | MB/s | batches of 96 stems/s | memory, MB |")
    print("|---|---|---|---|---|---|---|---|")
    print("\n".join(lines))
    print("\nMemory: the highest of the process so far. Files are in the system's cache: a cold disk is slower.")


def measured(folder: Path, songs: int, reads: int) -> str:
    """One row of the table."""
    began = time.perf_counter()
    fill(folder, songs)
    wrote = time.perf_counter() - began
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    began = time.perf_counter()
    cache = LatentCache(folder)
    opened = time.perf_counter() - began
    rng = np.random.default_rng(0)
    began = time.perf_counter()
    for which in rng.integers(len(cache.songs), size=reads):
        assert cache.songs[int(which)]["latents"].shape == (STEMS, CHANNELS, FRAMES)
    rate = reads / (time.perf_counter() - began)
    began = time.perf_counter()
    for _ in range(20):
        group_batch(cache.songs, rng, 96, 64)
    batches = 20 / (time.perf_counter() - began)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"| {songs} | {size:.0f} | {wrote:.1f} | {1000 * opened:.0f} | {rate:.0f} | {rate * size / songs:.0f} | {batches:.0f} | "
        f"{memory:.0f} |"
    )


def fill(folder: Path, songs: int) -> None:
    """A cache of noise, with words."""
    folder.mkdir()
    latents, activity = torch.randn(STEMS + 2, CHANNELS, FRAMES).half(), torch.ones(STEMS, FRAMES).bool()
    words = {"captions": [["bass: slap bass"] * 4] * STEMS, "prompts": ["funk"] * 4, "bpm": 120, "key": "A minor"}
    for first in tqdm(range(0, songs, SHARD), desc=f"{songs} songs", leave=False):
        made = []
        for seed in range(first, min(songs, first + SHARD)):
            sound = {"latents": latents[:STEMS].clone(), "submix_latents": latents[STEMS:].clone()}
            made.append({"seed": seed, **words, "submixes": [[0], [1]], **sound, "activity": activity.clone()})
        write_shard(folder / f"{first:08d}.safetensors", made, "none")


if __name__ == "__main__":
    main()
