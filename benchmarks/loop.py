"""Does a loop's end flow into its beginning? Its seam beside the other bar lines of the same groups, and other ways to close one.

    python benchmarks/loop.py [--groups 12] [--bars 4] [--weights DIR] [--picture FILE.png]

Each figure is the median over stems. Level step: dB from the 60 ms before a line to the 60 ms behind it, its size. Flux: mean
change of log-mel bands over the line, dB. Click: dB by which the loudest jump of the waveform within 2 ms of the line stands over
the loudest in the 60 ms around, above 4 kHz. "Seam" is the place where the end meets the beginning, "lines" are the other bar lines.
"""

import argparse
from random import Random

import numpy as np
import torch
from scipy.signal import butter, sosfilt

import stemlab
from stemlab.data.pool import song_stems
from stemlab.songs.captions import group_prompt, stem_caption
from stemlab.songs.compose import EVAL_SEEDS
from stemlab.songs.render import mit_soundfonts

RATE = 32_000
NEAR = round(0.06 * RATE)
CROSS = round(0.05 * RATE)  # of the crossfade that loops are closed with elsewhere
HIGH = butter(4, 4000, "high", fs=RATE, output="sos")


def at_line(audio: np.ndarray, line: int) -> tuple[float, float, float] | None:
    """Level step, flux and click of `(N,)`, which goes round, at a sample; None where both sides are silent."""
    around = np.roll(audio, len(audio) // 2 - line)
    middle = len(audio) // 2
    before, after = around[middle - NEAR : middle], around[middle : middle + NEAR]
    levels = [10 * np.log10(np.mean(part**2) + 1e-8) for part in (before, after)]
    if max(levels) < -60:
        return None
    spectra = [np.abs(np.fft.rfft(part * np.hanning(NEAR))) ** 2 for part in (before, after)]
    edges = np.geomspace(2, NEAR // 2, 40).astype(int)
    bands = [10 * np.log10(np.add.reduceat(s, np.unique(edges)) + 1e-4) for s in spectra]
    jumps = np.abs(np.diff(sosfilt(HIGH, around[middle - 2 * NEAR : middle + NEAR])))
    here = jumps[2 * NEAR - 64 : 2 * NEAR + 64].max()
    click = 20 * np.log10((here + 1e-5) / (jumps[NEAR : 2 * NEAR - 64].max() + 1e-5))
    return abs(levels[1] - levels[0]), float(np.abs(bands[1] - bands[0]).mean()), float(click)


def crossfaded(audio: np.ndarray, samples: int) -> np.ndarray:
    """The first so many samples of stems `(S, N)`, N larger: what follows them fades out over the beginning."""
    out, ramp = audio[:, :samples].copy(), np.linspace(0, 1, CROSS)
    out[:, :CROSS] = out[:, :CROSS] * ramp + audio[:, samples : samples + CROSS] * (1 - ramp)
    return out


def main(groups: int, bars: int, weights: str | None, picture: str | None) -> None:
    """Print the table."""
    torch.set_num_threads(1)
    lab, fonts, seed, done = stemlab.load(weights, "cpu"), mit_soundfonts() or None, EVAL_SEEDS, 0
    rows: dict[str, dict[str, list]] = {}
    while done < groups:
        seed += 1
        song, stems = song_stems(seed, 60.0, fonts)
        samples = round(bars * 240 / song.bpm * RATE)
        if len(stems) < 3 or not 64 <= song.bpm or stems.shape[1] < samples + CROSS:
            continue
        words = Random(f"words {done}")
        texts, prompt = [stem_caption(part, words) for part in song.parts], group_prompt(song, words)
        asked = {"prompt": prompt, "bpm": song.bpm, "seed": done}
        plain = lab.generate(texts, bars=bars, **asked)
        ways = {
            "real, cut": stems[:, :samples],
            "made, cut": plain.audio,
            "made, crossfaded": crossfaded(lab.generate(texts, seconds=samples / RATE + 0.25, **asked).audio, samples),
            "loop=True": lab.generate(texts, bars=bars, loop=True, **asked).audio,
        }
        for way, audio in ways.items():
            for line in range(bars):
                place = "seam" if line == 0 else "lines"
                found = [at_line(stem, round(line * samples / bars)) for stem in audio]
                rows.setdefault(way, {}).setdefault(place, []).extend(f for f in found if f)
        done += 1
        if picture and done == 1:
            _draw(ways, picture)
    print(
        f"| {groups} groups of {bars} bars | level step: seam, lines | flux: seam, lines | click: seam, lines |\n|---|---|---|---|"
    )
    for way, told in rows.items():
        cells = [
            f"{np.median([f[i] for f in told['seam']]):.1f}, {np.median([f[i] for f in told['lines']]):.1f}"
            for i in range(3)
        ]
        print(f"| {way} | {' | '.join(cells)} |")


def _draw(ways: dict[str, np.ndarray], picture: str) -> None:
    """Two seconds around the seam of each way's mix, as spectrograms."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(len(ways), 1, figsize=(10, 2.4 * len(ways)), sharex=True)
    for axis, (way, audio) in zip(axes, ways.items(), strict=True):
        mix = np.roll(audio.sum(0), RATE)[: 2 * RATE]
        axis.specgram(mix + 1e-6, NFFT=1024, noverlap=768, Fs=RATE, vmin=-140, vmax=-40, cmap="magma")
        axis.set(title=f"{way}: the seam is at 1 s", ylim=(0, 8000), ylabel="Hz")
    axes[-1].set_xlabel("s")
    figure.tight_layout()
    figure.savefig(picture, dpi=80)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=12)
    parser.add_argument("--bars", type=int, default=4)
    parser.add_argument("--weights", metavar="DIR")
    parser.add_argument("--picture", metavar="FILE")
    main(**vars(parser.parse_args()))
