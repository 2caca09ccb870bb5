"""Does music keep the meter that it was told? How far its bar lines stand out from the other quarter notes, in the bass.

    python benchmarks/meter.py [--groups 12] [--weights DIR]

Growth of the range below 150 Hz (kick and bass) at the bar lines over its mean at all quarter notes: 1 where a bar line is like
any other beat. Real songs on the grid of their own meter and on that of another are the anchors. "First" is the share of
groups whose strongest quarter note, over all bars, is the first.
"""

import argparse
from random import Random

import numpy as np
import torch

import stemlab
from stemlab.data.pool import song_stems
from stemlab.lab.onsets import onsets
from stemlab.songs.captions import group_prompt, stem_caption
from stemlab.songs.compose import EVAL_SEEDS
from stemlab.songs.meter import METERS, bar_of
from stemlab.songs.render import mit_soundfonts

SECONDS = 12.0
OTHER = {"4/4": "3/4", "3/4": "4/4", "6/8": "4/4"}


def by_quarters(audio: np.ndarray, bpm: float, meter: str) -> np.ndarray:
    """Mean growth in the bass at each quarter note of a bar, over the mean of all."""
    heard, bar = onsets(audio), round(bar_of(meter))
    quarters = np.arange(int(SECONDS * bpm / 60))
    growth = heard.around(quarters * 60 / bpm)[0]
    return np.array([growth[quarters % bar == place].mean() for place in range(bar)]) / max(growth.mean(), 1e-6)


def main(groups: int, weights: str | None) -> None:
    """Print the table."""
    torch.set_num_threads(1)
    lab, fonts = stemlab.load(weights, "cpu") if groups > 0 else None, mit_soundfonts() or None
    rows: dict[tuple[str, str], list] = {}
    for number in range(abs(groups)):
        for meter in METERS:
            song, stems = song_stems(
                EVAL_SEEDS + number, SECONDS, fonts, meter=meter, families=["drums", "bass", "keys"]
            )
            words, real = Random(f"words {number}"), stems.sum(0)
            texts, prompt = [stem_caption(part, words) for part in song.parts], group_prompt(song, words)
            found = {
                "real": by_quarters(real, song.bpm, meter),
                "real, other grid": by_quarters(real, song.bpm, OTHER[meter]),
            }
            if lab:
                asked = {"prompt": prompt, "bpm": song.bpm, "seconds": SECONDS, "seed": number}
                made = lab.generate(texts, meter=meter, **asked).audio.sum(0)
                found["made"] = by_quarters(made, song.bpm, meter)
            for what, quarters in found.items():
                rows.setdefault((meter, what), []).append(quarters)
    print(f"| {abs(groups)} songs | bar line over all quarters, median | first |\n|---|---|---|")
    for (meter, what), all_quarters in sorted(rows.items()):
        stands, first = np.median([q[0] for q in all_quarters]), np.mean([q.argmax() == 0 for q in all_quarters])
        print(f"| {meter}, {what} | {stands:.2f} | {first:.0%} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=12, help="below 0: so many real songs alone")
    parser.add_argument("--weights", metavar="DIR")
    main(**vars(parser.parse_args()))
