"""Does music keep the meter that it was told? How often a bar of three quarter notes explains its onsets better than one of four.

    python benchmarks/meter.py [--groups 12] [--weights DIR]

For a mix, the autocorrelation of its onset strength at lags of 3, 6, 9 quarter notes against that at 2, 4, 8; and whether the
strongest of the three quarters, folded over all bars, is the first. Real songs of both meters are the anchors.
"""

import argparse
from random import Random

import numpy as np
import torch

import stemlab
from stemlab.data.pool import song_stems
from stemlab.metrics.sync import onset_strength
from stemlab.songs.captions import group_prompt, stem_caption
from stemlab.songs.compose import EVAL_SEEDS
from stemlab.songs.render import mit_soundfonts

RATE = 32_000 / 256  # of the onset strength, Hz


def three_against_four(audio: np.ndarray, bpm: float) -> float:
    """Mean autocorrelation at lags of three quarters less that at lags of four: above 0 it goes in three."""
    strength = onset_strength(audio)
    strength = strength - strength.mean()

    def at(beats: int) -> float:
        lag = round(beats * 60 / bpm * RATE)
        return float(np.dot(strength[:-lag], strength[lag:]))

    return (np.mean([at(3), at(6), at(9)]) - np.mean([at(2), at(4), at(8)])) / float(np.dot(strength, strength) + 1e-9)


def main(groups: int, weights: str | None) -> None:
    """Print the table."""
    torch.set_num_threads(1)
    lab, fonts, rows = stemlab.load(weights, "cpu"), mit_soundfonts() or None, {}
    for number in range(groups):
        seed = EVAL_SEEDS + number
        for meter in ("4/4", "3/4", "6/8"):
            song, stems = song_stems(seed, 12.0, fonts, meter=meter, families=["drums", "bass", "keys"])
            words = Random(f"words {number}")
            texts, prompt = [stem_caption(part, words) for part in song.parts], group_prompt(song, words)
            made = lab.generate(texts, prompt=prompt, bpm=song.bpm, seconds=12.0, meter=meter, seed=number)
            for what, audio in (("real", stems.sum(0)), ("made", made.audio.sum(0))):
                rows.setdefault((meter, what), []).append(three_against_four(audio, song.bpm))
    print(f"| {groups} songs | goes in three | three against four, median |\n|---|---|---|")
    for (meter, what), scores in sorted(rows.items()):
        print(f"| {meter}, {what} | {np.mean(np.array(scores) > 0):.0%} | {np.median(scores):+.2f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=12)
    parser.add_argument("--weights", metavar="DIR")
    main(**vars(parser.parse_args()))
