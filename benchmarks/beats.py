"""Does the beat finder find beats? `python benchmarks/beats.py`, about five minutes; `--fit` writes its weights anew.

Held-out composed songs are given to `listen`, once untold and once with their bpm told: loops of 1 to 8 bars cut at the bar
(drums or an instrument alone, a third of them through the codec), whole songs that begin after a random silence or are cut
at a random place (two thirds through the codec), and plain synthetic pulses. `--loops DIR` adds recorded loops that are
cut at the bar, with a `loops.csv` of `file,bpm`. A reading is right when its downbeat is within 50 ms of a bar line and its
tempo within 1.5 % of the song's ("exact") or of that, its half or its double.
"""

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from scipy.optimize import minimize

from stemlab.codec.audio import read
from stemlab.codec.bundled import StemCodec
from stemlab.lab import hearing_weights
from stemlab.lab.beats import Beat, first_and_all, key_of, listen, onsets, readings_of
from stemlab.lab.meter import NAMES
from stemlab.songs.compose import EVAL_SEEDS, compose
from stemlab.songs.harmony import canonical_key, parse_key
from stemlab.songs.render import render

RATE = 32_000
LOOPS = (
    ("drums",), ("drums",), ("drums",), ("percussion",), ("bass",), ("keys",), ("guitar",), ("lead",), ("drums", "bass"),
    ("drums", "percussion"), ("strings", "keys"),
)  # fmt: skip
PULSES = ("x...x...x...x...", "x.......x.......", "x...x...x...x.x.", "x.x.x.x.x.x.x.x.")


@dataclass(frozen=True)
class Case:
    """A recording with its truth: kind, `(N,)` audio at 32 kHz, bpm, seconds of the first downbeat, key or "", pitched."""

    kind: str
    audio: np.ndarray
    bpm: float
    downbeat: float
    key: str = ""
    pitched: bool = True


def loop(seed: int, codec: StemCodec) -> Case:
    """One or two families, cut at the bar."""
    rng = Random(f"loop {seed}")
    families, bars = list(rng.choice(LOOPS)), rng.choices((1, 2, 4, 8), (2, 4, 4, 1))[0]
    song = compose(seed, bars=bars, families=families, bpm=rng.choice([None, rng.randint(70, 175)]))
    audio = render(song).sum(0)
    if rng.random() < 0.35:
        audio = through(codec, audio)
    if rng.random() < 0.3:  # the few milliseconds that encoders leave
        audio = np.r_[np.zeros(rng.randint(0, 600)), audio][: len(audio)]
    pitched = not set(families) <= {"drums", "percussion"}
    return Case("loop", audio.astype(np.float32), song.bpm, 0.0, song.key, pitched)


def late(seed: int, codec: StemCodec) -> Case:
    """A whole song that begins after a silence, or somewhere in its first bar."""
    rng = Random(f"late {seed}")
    song = compose(seed, bars=rng.choice((4, 8, 8, 12)))
    audio, bar = render(song).sum(0), 240 / song.bpm
    if rng.random() < 0.7:
        audio = through(codec, audio)
    if rng.random() < 0.5:
        wait = round(rng.uniform(0, 2.5) * RATE)
        return Case(
            "after silence", np.r_[np.zeros(wait), audio].astype(np.float32), song.bpm, wait / RATE % bar, song.key
        )
    gone = round(rng.uniform(0, bar) * RATE)
    return Case("cut anywhere", audio[gone:].astype(np.float32), song.bpm, -gone / RATE % bar, song.key)


def pulse(seed: int, _: StemCodec) -> Case:
    """Plucked notes on a plain pattern, the first of the bar lower and louder."""
    rng = np.random.default_rng(seed)
    bpm, bars, pattern = float(rng.integers(66, 165)), int(rng.choice([2, 4, 6, 8])), PULSES[rng.integers(4)]
    sixteenth, time = 15 / bpm, np.arange(RATE // 2) / RATE
    audio = np.zeros(round(bars * 16 * sixteenth * RATE) + RATE)
    for step in (i for i in range(16 * bars) if pattern[i % 16] == "x"):
        first = step % 16 == 0
        pitch = 82.4 * 2 ** (0 if first else rng.integers(12, 24) / 12)
        at = round(step * sixteenth * RATE)
        audio[at : at + len(time)] += (0.3 if first else 0.15) * np.exp(-8 * time) * np.sin(2 * np.pi * pitch * time)
    wait = round(rng.choice([0.0, rng.uniform(0.05, 2)]) * RATE)
    return Case(
        "pulse", np.r_[np.zeros(wait), audio[:-RATE]].astype(np.float32), bpm, wait / RATE % (240 / bpm), "", False
    )


def through(codec: StemCodec, audio: np.ndarray) -> np.ndarray:
    """Encoded and decoded."""
    with torch.no_grad():
        return codec.decode(codec.encode(audio[None].astype(np.float32)), len(audio))[0].numpy()


def recorded(folder: Path) -> Iterator[Case]:
    """Loops of a folder with a loops.csv, cut at the bar."""
    with (folder / "loops.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield Case("recorded", read(folder / row["file"]), float(row["bpm"]), 0.0)


def right(case: Case, bpm: float, downbeat: float, factors: tuple[float, ...] = (0.5, 1, 2)) -> bool:
    """Whether a reading is that of a case; at half its tempo each of its downbeats is one, at double every second."""
    near = any(abs(bpm / (case.bpm * factor) - 1) < 0.015 for factor in factors)
    bar = 240 / max(bpm, case.bpm)
    return near and abs((downbeat - case.downbeat + bar / 2) % bar - bar / 2) < 0.05


def report(cases: list[Case]) -> None:
    """A line for each kind, and one for the keys."""
    kinds: dict[str, list] = {}
    keys: list[tuple[str, bool, str | None]] = []
    for case in cases:
        row = []
        for bpm in (None, case.bpm):
            try:
                beat = listen(case.audio, bpm)
            except ValueError:
                beat = Beat(None, 0.0, 1.0)
            row += [beat.bpm is not None and right(case, beat.bpm, beat.downbeat, f) for f in ((1,), (0.5, 1, 2))]
            row.append(beat.sure)
        kinds.setdefault(case.kind, []).append(row)
        keys.append((case.key, case.pitched, key_of(case.audio, Beat(case.bpm, case.downbeat)) if case.key else None))
    print(f"{'':16s}{'n':>4s}  {'untold':>7s} {'exact':>6s}  {'told':>5s}   wrong ones that said they were sure (60 %)")
    for kind, rows in kinds.items():
        exact, untold, sure, _, told, _ = np.array(rows, float).T
        wrong = f"{int(((untold == 0) & (sure >= 0.6)).sum())} of {int((untold == 0).sum())}"
        print(f"{kind:16s}{len(rows):4d}  {untold.mean():7.0%} {exact.mean():6.0%}  {told.mean():5.0%}   {wrong}")
    found = [canonical_key(key) == canonical_key(heard) for key, pitched, heard in keys if pitched and heard]
    drums = [heard for key, pitched, heard in keys if key and not pitched]
    asked = sum(bool(key) and pitched for key, pitched, _ in keys)
    print(f"keys: told for {len(found)} of {asked} with pitches, {np.mean(found):.0%} of them right; for "
          f"{sum(k is not None for k in drums)} of {len(drums)} of drums alone")  # fmt: skip


def fit(cases: list[Case]) -> None:
    """Weights that make the right readings likeliest (a conditional logit), and those of keys; written where they are used."""
    groups = []
    for case in cases:
        heard = onsets(case.audio)
        for bpm in (None, case.bpm):
            readings, features = readings_of(heard, [bpm] if bpm else None)
            good = np.array([right(case, *reading, (1,)) for reading in readings])
            if good.any():
                groups.append((features, good))
    scale = np.concatenate([features for features, _ in groups]).std(0) + 1e-6

    def metre(weights: np.ndarray) -> tuple[float, np.ndarray]:
        loss, slope = float(weights @ weights), 2 * weights
        for features, good in groups:
            score = features / scale @ weights
            odds = np.exp(score - score.max())
            odds /= odds.sum()
            share = float(odds[good].sum()) + 1e-12
            loss -= np.log(share)
            slope -= (features / scale).T @ (odds * good / share - odds)
        return loss, slope

    best = minimize(metre, np.zeros(len(NAMES)), jac=True, method="L-BFGS-B").x / scale
    songs = [case for case in cases if case.key and case.pitched]
    turned = np.zeros((len(songs), 24, 50))
    for row, case in zip(turned, songs, strict=True):
        both = first_and_all(case.audio, Beat(case.bpm, case.downbeat))[0]
        for tonic in range(12):
            row[tonic, :24] = row[tonic + 12, 24:48] = np.roll(both, -tonic, axis=1).ravel()
        row[:12, 48] = row[12:, 49] = 1
    truth = [tonic + 12 * (mode == "minor") for tonic, mode in (parse_key(canonical_key(case.key)) for case in songs)]

    def keys(weights: np.ndarray) -> tuple[float, np.ndarray]:
        score = turned @ weights
        odds = np.exp(score - score.max(1, keepdims=True))
        odds /= odds.sum(1, keepdims=True)
        rows = np.arange(len(songs))
        slope = (odds[:, :, None] * turned).sum((0, 1)) - turned[rows, truth].sum(0) + 0.03 * weights
        return 0.015 * float(weights @ weights) - float(np.log(odds[rows, truth] + 1e-12).sum()), slope

    own = minimize(keys, np.zeros(50), jac=True, method="L-BFGS-B").x
    write(dict(zip(NAMES, best, strict=True)), own)


def write(metre: dict[str, float], keys: np.ndarray) -> None:
    """hearing_weights.py."""
    about = "Weights of what is heard, fitted to composed songs: written by `python benchmarks/beats.py --fit`, not by hand."
    lines = [f'"""{about}"""', ""]
    lines += ["METRE = {  # of the features in `meter.NAMES`: log odds of a reading for one more of each"]
    lines += [f'    "{name}": {value:.3f},' for name, value in metre.items()]
    lines += ["}"]
    lines += [
        "KEYS = {  # what speaks for a key: pitch classes from the tonic on, over all and in the first bar; and before hearing"
    ]
    for i, mode in enumerate(("major", "minor")):
        lines += [f'    "{mode}": (']
        for part in (keys[24 * i : 24 * i + 12], keys[24 * i + 12 : 24 * i + 24]):
            lines += ["        (" + ", ".join(f"{value:.2f}" for value in part) + "),"]
        lines += [f"        {keys[48 + i]:.2f},", "    ),"]
    Path(hearing_weights.__file__).write_text("\n".join([*lines, "}", ""]), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--songs", type=int, default=60, help="of each kind")
    parser.add_argument("--loops", type=Path, metavar="DIR", help="recorded loops with a loops.csv")
    parser.add_argument("--fit", action="store_true", help="fit the weights, to songs of the training, and write them")
    told = parser.parse_args()
    torch.set_num_threads(2)
    codec, first = StemCodec.load(), 30_000_000 if told.fit else EVAL_SEEDS
    makers = ((loop, told.songs), (late, told.songs), (pulse, told.songs if told.fit else told.songs // 4))
    cases = [make(first + seed, codec) for make, count in makers for seed in range(count)]
    if told.fit:
        fit(cases)
    else:
        report([*(recorded(told.loops) if told.loops else []), *cases])


if __name__ == "__main__":
    main()
