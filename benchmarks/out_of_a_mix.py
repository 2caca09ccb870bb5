"""Stems asked out of a mix by words: the noise that the mix comes from beside the mix as a sub-mix, and both.

    python benchmarks/out_of_a_mix.py [--songs 24] [--out DIR] [--picture FILE.png]

A held-out song's real mix is a user's recording: only its tempo is told, and a stem by its caption ("bass: slap bass"). The flow makes
that stem in 8 quadratic steps, guidance 2.5, seeing nobody; in the last row the student does, in its own steps, which is what
`lab.accompany(..., rho=1)` gives. Beside the song's own stem: the cosine of their chroma (two beats a window),
the Jaccard index of their onsets on sixteenths, the correlation of their levels; whether the family is right; and harmony with the song's
other real stems. DIR keeps the judge of families.
"""

import argparse
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np
import torch

import stemlab
from stemlab.conditions import make_conditions
from stemlab.data.pool import song_stems
from stemlab.evaluate.bench import Bench
from stemlab.evaluate.measure import UNPITCHED
from stemlab.lab.backwards import noise_behind
from stemlab.lab.draft import Draft
from stemlab.lab.request import Request
from stemlab.metrics.harmony import agreement, chroma, level_correlation
from stemlab.metrics.patterns import jaccard, onset_pattern
from stemlab.metrics.text import statistics
from stemlab.sampling import Sampling, integrate
from stemlab.songs.captions import group_prompt, stem_caption
from stemlab.songs.compose import EVAL_SEEDS
from stemlab.songs.render import mit_soundfonts
from stemlab.text import join_prompt

FRAMES, FIRST = 128, EVAL_SEEDS + 7000  # songs that no other table and no choice has seen
SAMPLES = FRAMES * 2048
WAYS = ("neither", "sub-mix", "noise of the mix", "both", "both, the student")
COLUMNS = ("chroma", "onsets", "levels", "family", "harmony")


def draft_of(mix: torch.Tensor, bpm: float) -> Draft:
    """A recording's draft, as far as its noise needs it."""
    draft = Draft(Request(stems=["mix"], bpm=bpm, seconds=SAMPLES / 32_000))
    draft.latents["mix"] = mix
    return draft


@torch.no_grad()
def asked(lab, texts: list[str], bpm: float, mix: torch.Tensor, z: torch.Tensor, own: torch.Tensor, way: str):
    """Stems `(S, N)` by one of WAYS."""
    submix, model, how = mix[0] if "both" in way or way == "sub-mix" else None, lab.model, Sampling(coupling="noise")
    if "student" in way:
        model, how = (
            lab.student.model,
            Sampling(lab.student.steps, 1.0, 1.0, coupling="noise", sampler="quadratic-euler"),
        )
    told = make_conditions(texts, FRAMES, mix.shape[1], bpm=bpm, submix=submix)
    told.group = torch.arange(len(texts))
    noise = z.expand(len(texts), -1, -1) if "both" in way or way == "noise of the mix" else own
    return lab.codec.decode(integrate(model, told, noise, how)).numpy()


def beside(stem: np.ndarray, real: np.ndarray, others: list[np.ndarray], bpm: float, pitched: bool) -> dict:
    """Measures of a stem that was asked for, beside the real one and the song's other pitched stems."""
    bars = int(SAMPLES / 32_000 * bpm / 240)
    first, second = (onset_pattern(audio, bpm, bars) for audio in (stem, real))
    notes = [chroma(audio, bpm) for audio in (stem, real)]
    both = notes[0].any(1) & notes[1].any(1)
    a, b = (n[both] / np.linalg.norm(n[both], axis=1, keepdims=True) for n in notes)
    heard = [agreement(notes[0], chroma(other, bpm)) for other in others] if pitched else []
    return {
        "chroma": float((a * b).sum(1).mean()) if pitched and both.any() else None,
        "onsets": jaccard(first, second) if (first | second).any() else None,
        "levels": level_correlation([stem, real]),
        "harmony": float(np.mean([h for h in heard if h is not None])) if any(h is not None for h in heard) else None,
    }


def main(songs: int, out: Path, picture: Path | None) -> None:
    """Print the table."""
    torch.set_num_threads(1)
    lab, fonts, rows = stemlab.load(device="cpu"), mit_soundfonts() or None, {}
    judge = Bench(out, songs).judge
    seed, done, before = FIRST, 0, None
    while done < songs:
        seed += 1
        song, stems = song_stems(seed, SAMPLES / 32_000, fonts)
        pitched = [part.family not in UNPITCHED for part in song.parts]
        if sum(pitched) < 2 or SAMPLES / 32_000 * song.bpm < 240:
            continue
        words = Random(f"words {seed}")
        prompt = group_prompt(song, words)
        texts = [join_prompt(stem_caption(part, words), prompt) for part in song.parts]
        encoded = lab.codec.encode(torch.from_numpy(np.concatenate([stems.sum(0, keepdims=True), stems])))
        mix, dice = encoded[:1], torch.Generator().manual_seed(seed)
        with torch.no_grad():
            z = noise_behind(lab, draft_of(mix[0], song.bpm))
        own = torch.randn(len(stems), *mix.shape[1:], generator=dice)
        made = {way: asked(lab, texts, song.bpm, mix, z, own, way) for way in WAYS}
        made["real, through the codec"] = lab.codec.decode(encoded[1:]).numpy()
        if before is not None:
            made["of another song"] = np.stack(
                [before.get(p.family, np.zeros(SAMPLES, np.float32)) for p in song.parts]
            )
        for way, audio in made.items():
            for i, (part, stem) in enumerate(zip(song.parts, audio, strict=True)):
                if np.abs(stem).max() > 1e-3:
                    others = [stems[j] for j in range(len(stems)) if j != i and pitched[j]]
                    row = beside(stem, stems[i], others, song.bpm, pitched[i])
                    row["family"] = float(judge.classify(np.array([statistics(stem)], np.float32))[0] == part.family)
                    rows.setdefault(way, []).append(row)
        before = {**(before or {}), **{part.family: stem for part, stem in zip(song.parts, stems, strict=True)}}
        done += 1
        if picture and done == 3:
            draw(picture, [part.family for part in song.parts], {"real": stems, **{way: made[way] for way in WAYS}})
    print(f"\n{songs} songs; mean ± its standard error over stems\n")
    print("| | stems | chroma | onsets | levels | family right | harmony with real mates |\n" + "|---" * 7 + "|")
    for way, found in rows.items():
        cells = [[row[name] for row in found if row[name] is not None] for name in COLUMNS]
        told = (f"{np.mean(cell):.3f} ± {np.std(cell) / len(cell) ** 0.5:.3f}" for cell in cells)
        print(f"| {way} | {len(found)} | " + " | ".join(told) + " |")


def draw(picture: Path, families: list[str], made: dict[str, np.ndarray]) -> None:
    """Spectrograms up to 4 kHz: a row a stem, a column a way."""
    hiss = 1e-6 * np.random.default_rng(0).standard_normal(SAMPLES)  # whose logarithm there is, where a stem is silent
    figure, axes = plt.subplots(
        len(families), len(made), figsize=(3 * len(made), 1.6 * len(families)), layout="constrained", squeeze=False
    )
    for column, (way, stems) in zip(axes.T, made.items(), strict=True):
        column[0].set_title(way)
        for axis, family, stem in zip(column, families, stems, strict=True):
            axis.specgram(stem + hiss, NFFT=1024, Fs=32_000, vmin=-140, vmax=-40)
            axis.set(ylim=(0, 4000), ylabel=family, xticks=[], yticks=[])
    figure.savefig(picture, dpi=55)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=int, default=24)
    parser.add_argument("--out", type=Path, default=Path("out_of_a_mix"))
    parser.add_argument("--picture", type=Path)
    told = parser.parse_args()
    main(told.songs, told.out, told.picture)
