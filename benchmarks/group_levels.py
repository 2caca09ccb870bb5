"""How loud made stems are beside the real ones of the same songs, before the group's one gain, and how high their sum peaks.

    python benchmarks/group_levels.py [--songs 8] [--weights DIR]

Loudness is the RMS of frames within 40 dB of a stem's loudest; a figure is the mean difference of a family in dB.
"""

import argparse
from random import Random

import numpy as np
import torch

import stemlab
from stemlab.data.pool import song_stems
from stemlab.songs.captions import group_prompt, stem_caption
from stemlab.songs.compose import EVAL_SEEDS
from stemlab.songs.render import mit_soundfonts

SECONDS = 8.192
WAYS = {
    "by default": {},
    "guidance 2, mates 2.5, 16 steps": {"guidance": 2.0, "mates": 2.5, "steps": 16},
    "no guidance": {"guidance": 1.0, "mates": 1.0},
}


def level_db(audio: np.ndarray) -> float | None:
    """RMS in dB where a stem `(N,)` sounds; None for silence."""
    power = np.square(audio[: len(audio) // 1024 * 1024].reshape(-1, 1024)).mean(1)
    return 10 * float(np.log10(power[power > 1e-4 * power.max()].mean())) if power.max() > 1e-8 else None


def main(songs: int, weights: str | None) -> None:
    """Print the table."""
    torch.set_num_threads(1)
    lab, fonts, rows, seed, done = stemlab.load(weights, "cpu"), mit_soundfonts() or None, {}, EVAL_SEEDS, 0
    while done < songs:
        seed += 1
        song, stems = song_stems(seed, SECONDS, fonts)
        if len(stems) < 3:
            continue
        words = Random(f"words {done}")
        texts, prompt = [stem_caption(part, words) for part in song.parts], group_prompt(song, words)
        made = {"real": stems, "through the codec": lab.codec.decode(lab.codec.encode(stems), stems.shape[1]).numpy()}
        for way, how in WAYS.items():
            group = lab.generate(texts, prompt=prompt, bpm=song.bpm, seconds=SECONDS, seed=done, **how)
            made[way] = group.audio * group.settings["gain"]
        for way, audio in made.items():
            row = rows.setdefault(way, {"sum": []})
            row["sum"].append(float(np.abs(np.sum(audio, 0)).max()))
            for part, real, stem in zip(song.parts, stems, audio, strict=True):
                levels = level_db(real), level_db(stem)
                if None not in levels:
                    row.setdefault(part.family, []).append(levels[1] - levels[0])
        done += 1
    families = sorted({family for row in rows.values() for family in row} - {"sum"})
    print(
        f"| {songs} songs | {' | '.join(families)} | highest peak of the sum, median |\n|{'---|' * (len(families) + 2)}"
    )
    for way, row in rows.items():
        told = [f"{np.mean(row[f]):+.1f}" if f in row else "" for f in families]
        print(f"| {way} | {' | '.join(told)} | {np.median(row['sum']):.2f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=int, default=8, help="held-out songs (8)")
    parser.add_argument("--weights", metavar="DIR", help="folder of weights; the bundled ones by default")
    main(**vars(parser.parse_args()))
