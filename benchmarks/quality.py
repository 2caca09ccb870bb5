"""Quality of generated groups beside their anchors: `python benchmarks/quality.py --groups 200 --out eval/quality.json`.

Prompts are the captions of held-out songs with their tempo, and neither key nor chords. Rows of the table:
- real: those songs as rendered; real, others: as many other songs, the floor of Frechet distances;
- wrong tempo: the real stems, judged at a tempo that is 5 to 30 % off;
- shuffled: each stem from another song of the same genre, tempo and families;
- generated; independent noise: the same prompts with coupling "noise" and rho 0, so that nothing ties stems together.
Below it stands how well the measures tell real groups from shuffled ones, and from real groups with one stem shifted in time.
A run that was killed goes on where it stopped: each group's measures are kept in `<out>.groups.jsonl`
under the settings, weights and songs that they belong to (remove it after a change of the metrics themselves).
"""

import argparse
import hashlib
import json
import platform
import time
from pathlib import Path
from random import Random

import numpy as np
import torch
from anchors import ANCHORS, LATE_MS, anchor, generated, harmony_of_notes, late, real_group
from tqdm import tqdm

from stemlab.data.captions import stem_caption
from stemlab.data.compose import EVAL_SEEDS, compose
from stemlab.data.render import mit_soundfonts
from stemlab.metrics.frechet import frechet_distance
from stemlab.metrics.text import FamilyClassifier, statistics, train_classifier

CLASSIFIER_SEEDS = 800_000_000


class Store:
    """Measures of groups, one JSON line each, appended as they come."""

    def __init__(self, path: Path, setting: str):
        self.path, self.setting, self.rows = path, setting, {}
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text().splitlines() if path.exists() else []
        for line in lines:
            try:
                row = json.loads(line)
            except ValueError:  # the line that a kill cut short
                continue
            self.rows[row["tag"], row["index"]] = row
        if lines and not path.read_text().endswith("\n"):
            with path.open("a") as file:
                file.write("\n")

    def fill(self, tag: str, groups: int, make) -> list[dict]:
        """Rows of all groups under a tag; those that are missing are made by `make(index)`."""
        tag = f"{tag}, {self.setting}"
        for index in tqdm(range(groups), desc=tag[:28], mininterval=2):
            if (tag, index) not in self.rows:
                row = {"tag": tag, "index": index, **make(index)}
                with self.path.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                self.rows[tag, index] = row
        return [self.rows[tag, index] for index in range(groups)]


def classifier(path: Path, songs: int, seconds: float) -> FamilyClassifier:
    """The family classifier, trained on real renders where there is none at `path` yet."""
    if not path.exists():
        features, families = [], []
        for seed in tqdm(range(CLASSIFIER_SEEDS, CLASSIFIER_SEEDS + songs), desc="classifier: render", mininterval=2):
            song, stems = real_group(seed, seconds)
            for part, stem in zip(song.parts, stems, strict=True):
                if np.abs(stem).max() > 1e-3:
                    features.append(statistics(stem))
                    families.append(part.family)
        path.parent.mkdir(parents=True, exist_ok=True)
        train_classifier(np.stack(features), families).save(path)
    return FamilyClassifier.load(path)


def mean(values) -> float:
    """Mean of those that are not None; NaN when none is left."""
    values = [value for value in values if value is not None]
    return float(np.mean(values)) if values else float("nan")


def summary(rows: list[dict], real: list[dict], judge: FamilyClassifier) -> dict[str, float]:
    """One line of the table."""
    asked = [f for row in rows for f, stem in zip(row["families"], row["stems"], strict=True) if stem]
    heard = judge.classify(np.float32([stem for row in rows for stem in row["stems"] if stem]))
    sets = {}
    for name, group in (("rows", rows), ("real", real)):
        sets[name, "stems"] = judge.embed(np.float32([stem for row in group for stem in row["stems"] if stem]))
        sets[name, "mix"] = judge.embed(np.float32([row["mix"] for row in group]))
    tempo = [value for row in rows for value in row["tempo"]]
    return {
        "tempo": mean(tempo),
        "judged": float(np.mean([value is not None for value in tempo])),
        "beats": mean(value for row in rows for value in row["beats"]),
        "together": mean(value for row in rows for value in row["together"]),
        "beat_f": mean(row["beat_f"] for row in rows),
        "harmony": mean(row["harmony"] for row in rows),
        "levels": mean(row["levels"] for row in rows),
        "key": mean(row["key"] for row in rows),
        "family": float(np.mean([a == b for a, b in zip(asked, heard, strict=True)])),
        "silent": float(np.mean([stem is None for row in rows for stem in row["stems"]])),
        "fd_stems": frechet_distance(sets["real", "stems"], sets["rows", "stems"]),
        "fd_mix": frechet_distance(sets["real", "mix"], sets["rows", "mix"]),
    }


def area(high: list, low: list) -> float:
    """Chance that a value of `high` is above one of `low` (area under the ROC curve)."""
    high, low = (np.array([v for v in values if v is not None]) for values in (high, low))
    if not len(high) or not len(low):
        return float("nan")
    return float(np.mean((high[:, None] > low) + 0.5 * (high[:, None] == low)))


def print_table(table: dict[str, dict[str, float]]) -> None:
    """All rows as Markdown."""
    print(
        "\n| | tempo within 4 % | stems judged | onsets on the grid | onsets together | beat F | harmony | way from shuffled to real"
        " | level correlation | key score | family right | silent stems | FD stems | FD mixes |\n|---|" + "---|" * 13
    )
    start, goal = table["shuffled"]["harmony"], table["real"]["harmony"]
    for name, row in table.items():
        way = (row["harmony"] - start) / (goal - start) if goal != start else float("nan")
        print(
            f"| {name} | {row['tempo']:.1%} | {row['judged']:.0%} | {row['beats']:.3f} | {row['together']:.2f} | {row['beat_f']:.2f} | "
            f"{row['harmony']:.3f} | {way:.0%} | {row['levels']:.3f} | {row['key']:.2f} | {row['family']:.1%} | "
            f"{row['silent']:.1%} | {row['fd_stems']:.2f} | {row['fd_mix']:.2f} |"
        )


def main() -> None:
    """Measure, print the table, write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("eval/quality.json"))
    parser.add_argument("--checkpoint", type=Path, help="folder of weights; the bundled ones by default")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--scheme", default="one-pass")
    parser.add_argument("--coupling", default="attention")
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--guidance", type=float, default=3.0)
    parser.add_argument("--with-key", action="store_true", help="tell the key too; then harmony is no test any more")
    parser.add_argument("--anchors-only", action="store_true", help="no model")
    parser.add_argument("--classifier", type=Path, default=Path("eval/families.npz"), help="kept and used again")
    parser.add_argument("--classifier-songs", type=int, default=1000)
    arguments = parser.parse_args()
    if arguments.groups < 2:
        parser.error("--groups: takes 2 or more")
    began, seconds = time.perf_counter(), arguments.seconds
    judge = classifier(arguments.classifier, arguments.classifier_songs, seconds)
    store = Store(
        arguments.out.with_name(arguments.out.name + ".groups.jsonl"), f"{seconds:g} s, songs {songs_identity()}"
    )
    rows = {kind: store.fill(kind, arguments.groups, lambda i, kind=kind: anchor(kind, i, seconds)) for kind in ANCHORS}
    told = {}
    if not arguments.anchors_only:
        import stemlab

        lab = stemlab.load(arguments.checkpoint)
        told = {name: getattr(arguments, name) for name in ("scheme", "coupling", "steps", "guidance", "with_key")}
        told["checkpoint"] = lab.checkpoint
        for kind, change in (("generated", {}), ("independent noise", {"coupling": "noise", "rho": 0.0})):
            options = {**told, **change}
            options.pop("checkpoint")
            settings = json.dumps([{**told, **change}, lab_identity(arguments.checkpoint)], sort_keys=True)
            tag = f"{kind}, {hashlib.sha256(settings.encode()).hexdigest()[:12]}"
            rows[kind] = store.fill(tag, arguments.groups, lambda i, o=options: generated(lab, i, seconds, **o))
    table = {kind: summary(found, rows["real"], judge) for kind, found in rows.items()}
    separates = {
        "harmony, real against shuffled": area(*([r["harmony"] for r in rows[k]] for k in ("real", "shuffled"))),
        "tempo, real against wrong": (table["real"]["tempo"] + 1 - table["wrong tempo"]["tempo"]) / 2,
    }
    moved = store.fill("late", min(50, arguments.groups), lambda i: late(i, seconds))
    notes = [harmony_of_notes(index, seconds) for index in range(arguments.groups)]
    separates["harmony of the known notes, real against shuffled"] = area(*zip(*notes, strict=True))
    pairs = [(row["harmony"], known) for row, (known, _) in zip(rows["real"], notes, strict=True)]
    both = np.array([pair for pair in pairs if None not in pair], float).reshape(-1, 2)
    separates["correlation of harmony, audio with notes"] = float(np.corrcoef(both.T)[0, 1])
    for name, what in (("beats", "onsets on the grid"), ("together", "onsets together")):
        for place, ms in enumerate(LATE_MS, 1):
            sides = [row[name][0] for row in moved], [row[name][place] for row in moved]
            separates[f"{what}, {ms} ms late"] = area(*sides)
    print_table(table)
    print("\nSeparation (area under the ROC curve; 0.5 is none): ", end="")
    print("; ".join(f"{name} {value:.3f}" for name, value in separates.items()))
    conditions = {
        "groups": arguments.groups, "seconds": seconds, **told, "soundfonts": [Path(f).name for f in mit_soundfonts()],
        "embedding": "64 units before the last layer of the family classifier",
        "classifier": hashlib.sha256(arguments.classifier.read_bytes()).hexdigest()[:12],
        "machine": platform.machine(), "threads": torch.get_num_threads(), "torch": torch.__version__,
        "minutes": round((time.perf_counter() - began) / 60, 1),
    }  # fmt: skip
    print("Conditions:", json.dumps(conditions))
    arguments.out.write_text(json.dumps({"table": table, "separation": separates, "conditions": conditions}, indent=2))


def songs_identity() -> str:
    """Hash of what the composer and the captions give today."""
    songs = [compose(EVAL_SEEDS + index, bars=16) for index in range(20)]
    told = [(song, [stem_caption(part, Random(0)) for part in song.parts]) for song in songs]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def lab_identity(folder: Path | None) -> list[str]:
    """Hashes of all weights, so that a cache of groups made with others is not taken for these."""
    from stemlab.codec import WEIGHTS
    from stemlab.hub import fingerprint

    return [fingerprint((folder or WEIGHTS) / name) for name in ("vae", "vocoder", "flow")]


if __name__ == "__main__":
    main()
