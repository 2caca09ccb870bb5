"""Train the networks that hear notes: `python benchmarks/notes_fit.py FOLDER`; writes `weights/notes`.

Composed songs are rendered with the MIT-licensed soundfonts, a third of the stems go through the codec (which costs no
notes: `benchmarks/notes.py --plain`), and three networks learn from the composer's notes: where notes with pitches begin,
from the spectrum; the same, from what begins together; and which drum is hit. What the networks look at is kept in FOLDER,
a file a song (3 MB), so that a second run only trains. About a second of a core for each song, and as much again to train.
"""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from notes import KIND, stems_of  # benchmarks/notes.py, beside this file
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss

from stemlab.checkpoints.files import save_weights
from stemlab.codec.bundled import WEIGHTS, StemCodec
from stemlab.lab.hit_candidates import HITS, hit_candidates
from stemlab.lab.note_candidates import TOGETHER, candidates, context
from stemlab.lab.notes import LEAST, RATE
from stemlab.lab.pitch_bands import QUICK, SHARP, pitch_bands
from stemlab.model import LOWEST

FIRST_SEED = 600_000_000
REACH = 5, 2.5  # frames that an onset may be away from its candidate: of notes, of hits
THROUGH = 0.35  # share of the stems that go through the codec
THIN = 0.25  # share of the candidates without a note that are learnt from


def network(sizes: tuple[int, ...]) -> nn.Sequential:
    """Layers with GELU between them."""
    layers = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.GELU())]
    return nn.Sequential(*layers[:-1])


def learn(net: nn.Sequential, seen: np.ndarray, begins: np.ndarray, late: np.ndarray | None, epochs: int, size: int):
    """Fit a network to examples; those without a note weigh as much more as they are thinned in `late`'s case.

    Args:
        seen: `(n, looks)`.  begins: `(n, kinds)` of 0 and 1.  late: `(n,)` frames, or None where that is not asked.
    """
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, epochs * (len(seen) // size))
    x, y = torch.from_numpy(seen), torch.from_numpy(begins)
    away = None if late is None else torch.from_numpy(late)
    for epoch in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(x))[: len(x) // size * size].split(size):
            look, told = x[rows].float(), y[rows]
            if away is not None:
                look = look + 0.03 * torch.randn(size, 1) * (look > 0)  # a stem may be louder or softer
            out = net(look)
            loss = binary_cross_entropy_with_logits(out[:, : told.shape[1]], told)
            if away is not None:
                there = told.amax(1)
                apart = smooth_l1_loss(out[:, -1], away[rows], reduction="none") * there
                loss = loss + 0.02 * apart.sum() / there.sum().clamp(min=1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach())
        print(f"epoch {epoch + 1}: {total / (len(x) // size):.4f}", flush=True)


@dataclass(frozen=True)
class Heard:
    """Candidates of a stem, `(n,)`, `(n,)`, `(n, looks)`, and the composer's notes, as in `written`."""

    key: np.ndarray
    frame: np.ndarray
    seen: np.ndarray
    truth: np.ndarray


def song(which: str, seed: int, codec: StemCodec, folder: Path) -> list[Heard]:
    """The stems of a song with pitches ("notes"), or its drums and percussion ("hits"), from FOLDER or made for it."""
    if not (folder / f"{which}_{seed}.npz").exists():
        made: dict[str, list[Heard]] = {"notes": [], "hits": []}
        for part, clip, truth in stems_of(seed, codec, THROUGH):
            kind = "hits" if part.is_drum else "notes"
            made[kind].append(heard_in(kind, clip, truth))
        for kind, stems in made.items():
            arrays = {f"{i}_{f.name}": getattr(stem, f.name) for i, stem in enumerate(stems) for f in fields(Heard)}
            part_file = folder / f"{kind}_{seed}.part.npz"
            np.savez(part_file, **arrays)
            part_file.replace(folder / f"{kind}_{seed}.npz")
    with np.load(folder / f"{which}_{seed}.npz") as kept:
        count = len(kept.files) // len(fields(Heard))
        return [Heard(**{f.name: kept[f"{i}_{f.name}"] for f in fields(Heard)}) for i in range(count)]


def heard_in(which: str, clip: np.ndarray, truth: np.ndarray) -> Heard:
    """What the networks look at in a stem, in half precision."""
    if which == "notes":
        found = candidates(pitch_bands(clip, QUICK), pitch_bands(clip, SHARP))
        return Heard(found.key, found.frame, found.seen.astype(np.float16), truth)
    hit = hit_candidates(clip)
    return Heard(np.zeros(len(hit.frame), int), hit.frame, hit.seen.astype(np.float16), truth)


def stems_in(which: str, songs: int, codec: StemCodec, folder: Path) -> Iterator[Heard]:
    """The stems of all songs, one after the other."""
    for seed in range(FIRST_SEED, FIRST_SEED + songs):
        yield from song(which, seed, codec, folder)


def labels(key: np.ndarray, frame: np.ndarray, truth: np.ndarray, kinds: int, reach: float):
    """Which candidates are notes `(n, kinds)`, how many frames later `(n,)`, and which are too near to one to say `(n,)`.

    With one kind the pitch says which key; with several it is the kind, and all candidates have one key.
    """
    begins, late = np.zeros((len(key), kinds), np.float32), np.zeros(len(key), np.float32)
    near_one = np.zeros(len(key), bool)
    for start, pitch in truth:
        column = int(pitch) if kinds > 1 else 0
        distance = start * RATE - 0.5 - frame
        near = np.flatnonzero((np.abs(distance) <= reach) & ((kinds > 1) | (key == int(pitch) - LOWEST)))
        near_one[near] = True
        if len(free := near[begins[near, column] == 0]):
            best = free[np.abs(distance[free]).argmin()]
            begins[best, column], late[best] = 1, distance[best]
    return begins, late, near_one & ~begins.any(1)


def fit_notes(stems: Iterable[Heard], epochs: int) -> nn.Sequential:
    """Where notes begin, from the spectrum alone."""
    rng, parts = np.random.default_rng(0), []
    for stem in stems:
        begins, late, doubtful = labels(stem.key, stem.frame, stem.truth, 1, REACH[0])
        keep = begins[:, 0].astype(bool) | (~doubtful & (rng.random(len(late)) < THIN))
        parts.append((stem.seen[keep], begins[keep], late[keep]))
    seen, begins, late = (np.concatenate(column) for column in zip(*parts, strict=True))
    net = network((seen.shape[1], 128, 64, 2))
    learn(net, seen, begins, late, epochs, 1024)
    with torch.no_grad():
        net[-1].bias[0] += np.log(THIN)  # as many without a note as there are
    return net


def fit_context(stems: Iterable[Heard], net: nn.Sequential, epochs: int) -> nn.Sequential:
    """The same, from what begins together."""
    parts = []
    for stem in stems:
        with torch.no_grad():
            out = net(torch.from_numpy(stem.seen).float())
        odds, start = out[:, 0].sigmoid().numpy(), (stem.frame + 0.5 + out[:, 1].numpy()) / RATE
        worth = odds > LEAST
        key, start = stem.key[worth], start[worth]
        right = np.zeros(len(key), np.float32)
        for at, pitch in stem.truth:
            right[(key == int(pitch) - LOWEST) & (np.abs(start - at) < TOGETHER)] = 1
        parts.append((context(key, start, odds[worth]), right[:, None]))
    seen, begins = (np.concatenate(column) for column in zip(*parts, strict=True))
    judge = network((seen.shape[1], 48, 1))
    learn(judge, seen, begins, None, epochs, 512)
    return judge


def fit_hits(stems: Iterable[Heard], epochs: int) -> nn.Sequential:
    """Which drum is hit."""
    parts = []
    for stem in stems:
        begins, late, _ = labels(stem.key, stem.frame, stem.truth, len(HITS), REACH[1])
        parts.append((stem.seen, begins, late))
    seen, begins, late = (np.concatenate(column) for column in zip(*parts, strict=True))
    net = network((seen.shape[1], 64, 32, len(HITS) + 1))
    learn(net, seen, begins, late, epochs, 96)
    return net


def write(networks: dict[str, nn.Sequential], path: Path = WEIGHTS / "notes") -> None:
    """All networks in one file, in half precision."""
    tensors = {
        f"{which}.{i}.{part}": getattr(layer, part).detach().half()
        for which, net in networks.items()
        for i, layer in enumerate(net[::2])
        for part in ("weight", "bias")
    }
    save_weights(
        path, tensors, {"what": "hears notes; benchmarks/notes_fit.py", "hits": list(HITS), "kinds": len(KIND)}
    )


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--songs", type=int, default=300)
    parser.add_argument("--epochs", type=int, default=12)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    codec = StemCodec.load()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    stems = lambda which: stems_in(which, arguments.songs, codec, arguments.folder)  # noqa: E731
    net = fit_notes(stems("notes"), arguments.epochs)
    judge = fit_context(stems("notes"), net, arguments.epochs)
    write({"notes": net, "context": judge, "hits": fit_hits(stems("hits"), arguments.epochs)})


if __name__ == "__main__":
    main()
