"""How fast songs are rendered: `python benchmarks/render.py`.

Composes and renders songs of 12.3 s on one thread, as the processes of `stemlab train CONFIG --stream` do, and prints the
processor time of each step: the least of a few tries of each song, added up, so that what else the machine does counts little.
"""

import argparse
import time
from collections.abc import Callable

import torch

from stemlab.framing import WINDOW_SECONDS
from stemlab.songs.compose import compose
from stemlab.songs.render import default_soundfont, mit_soundfonts, render


def least(work: Callable[[], object], tries: int) -> float:
    """Seconds of processor time of the quickest of so many calls."""
    took = []
    for _ in range(tries):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took)


def main(songs: int, tries: int) -> None:
    """One row for each soundfont of this machine."""
    torch.set_num_threads(1)
    print("| soundfont | composing, ms | rendering, ms | songs a second and core |\n|---|---|---|---|")
    for font in mit_soundfonts() or [default_soundfont()]:
        composing = rendering = 0.0
        for seed in range(10_000_000, 10_000_000 + songs):
            composing += least(lambda seed=seed: compose(seed, bars=16), tries)
            song = compose(seed, bars=16)
            rendering += least(lambda song=song, font=font: render(song, font, seconds=WINDOW_SECONDS), tries)
        name, rate = font.rsplit("/", 1)[-1], songs / (composing + rendering)
        print(f"| {name} | {1000 * composing / songs:.1f} | {1000 * rendering / songs:.1f} | {rate:.1f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=int, default=60, help="of each soundfont (60)")
    parser.add_argument("--tries", type=int, default=3, help="of each song (3)")
    main(**vars(parser.parse_args()))
