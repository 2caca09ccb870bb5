"""How loud does each family sit in a song, and do accompaniments sit so? `python benchmarks/levels.py`, about two minutes.

First the table that `stemlab/lab/levels.py` holds: loudness (ITU-R BS.1770) of each stem of composed songs less that of
their mix, its median over songs. Then recordings (a stem or the whole of held-out songs, soft and loud) are accompanied by the
bundled weights: loudness of all that was made less that of the recording, highest peak of a stem, and by how much `mix.wav`
lowers the recording.
"""

import argparse

import numpy as np

import stemlab
from stemlab.lab.recording import full_mix
from stemlab.metrics.loudness import loudness
from stemlab.songs.compose import EVAL_SEEDS, FAMILIES, compose
from stemlab.songs.render import render

RATE = 32_000
ASKED = ["drums: acoustic drum kit", "bass: electric bass", "keys: electric piano", "guitar: clean electric guitar"]


def table(songs: int) -> None:
    """Median loudness of a stem less its mix's, by family."""
    found: dict[str, list[float]] = {family: [] for family in FAMILIES}
    for seed in range(songs):
        song = compose(seed, bars=8)
        stems = render(song)
        whole = loudness(stems.sum(0), RATE)
        for part, stem in zip(song.parts, stems, strict=True):
            found[part.family].append(loudness(stem, RATE) - whole)
    print("family        LU below the mix, median (tenth, ninth decile)")
    for family, values in ((family, values) for family, values in found.items() if values):
        low, middle, high = np.percentile(values, (10, 50, 90))
        print(f"{family:12s} {middle:6.1f}   ({low:.1f}, {high:.1f}), {len(values)} stems")


def accompaniments(count: int) -> None:
    """A line for each recording."""
    lab = stemlab.load()
    print(
        f"{'recording':28s}{'made - rec. LU':>15s}{'highest peak':>14s}{'lowered dB':>12s}   stems, LU from the recording"
    )
    rows = []
    for i in range(count):
        song = compose(EVAL_SEEDS + 50 + i, bars=4)
        which, peak = i % (len(song.parts) + 1) - 1, (1.0, 0.3, 0.05)[i % 3]
        audio = render(song).sum(0) if which < 0 else render(song)[which]
        text = "" if which < 0 else song.parts[which].family
        audio = (audio * peak / max(np.abs(audio).max(), 1e-9)).astype(np.float32)
        stems = [stem for stem in ASKED if not text or not stem.startswith(text)]
        group = lab.accompany(audio, stems, bpm=song.bpm, downbeat=0.0, text=text, steps=8, seed=i)
        own = loudness(audio, RATE)
        made = loudness(group.mono[1:].sum(0), RATE) - own
        mix, _ = full_mix(group)
        lowered = 20 * np.log10(max(1.0, float(np.abs(group.mono.sum(0)).max())))
        rows.append((made, np.abs(group.audio[1:]).max(), lowered))
        each = ", ".join(f"{stem.name} {loudness(stem.mono, RATE) - own:+.1f}" for stem in group.stems[1:])
        name = f"{text or 'whole song'}, peak {peak:g}"
        print(
            f"{name:28s}{made:15.1f}{rows[-1][1]:14.2f}{lowered:12.1f}   {each}; the mix peaks at {np.abs(mix).max():.2f}"
        )
    made, peaks, lowered = np.array(rows).T
    print(
        f"worst: {np.abs(made).max():.1f} LU from the recording, peak {peaks.max():.2f}, lowered by {lowered.max():.1f} dB"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--songs", type=int, default=60, help="for the table")
    parser.add_argument("--recordings", type=int, default=9, help="to accompany")
    told = parser.parse_args()
    table(told.songs)
    accompaniments(told.recordings)
