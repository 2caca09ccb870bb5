"""One experiment that a class does together: each laptop its own seed, one file each, and one command that pools them.

    python -m stemlab.lessons.replicate run --seed 7 --out results/
    python -m stemlab.lessons.replicate pool results/

The question is lesson 5's: what does one noise for all stems do to harmony and to level correlation, against noise of their own?

Lesson: 16_how_do_we_know.ipynb
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

import stemlab
from stemlab.lab.stem_lab import StemLab
from stemlab.metrics.harmony import harmonic_agreement, level_correlation

STEMS = ("bass: electric bass", "keys: electric piano", "guitar: clean electric guitar")
KIND = "one noise less own noise"


def measure(lab: StemLab, seed: int, groups: int = 4, steps: int = 8) -> dict:
    """One laptop's share: differences of pairs, one noise less own noise, from the same seeds.

    Args:
        lab: that generates.  seed: of this laptop; groups get seeds of their own from it.
        groups: pairs to make.  steps: of sampling.
    Returns:
        what `pool` reads: kind, weights, seed, and lists of differences of harmony and level correlation.
    """
    found: dict[str, list[float]] = {"harmony": [], "levels": []}
    ask: dict[str, Any] = {"stems": list(STEMS), "bpm": 120, "bars": 4, "steps": steps, "coupling": "noise"}
    for number in range(groups):
        made = [lab.generate(**ask, rho=rho, seed=1000 * seed + number) for rho in (1.0, 0.0)]
        sounds = [[stem.audio for stem in group] for group in made]
        harmony = [harmonic_agreement(stems, 120) or 0.0 for stems in sounds]
        levels = [level_correlation(stems) or 0.0 for stems in sounds]
        found["harmony"].append(harmony[0] - harmony[1])
        found["levels"].append(levels[0] - levels[1])
    return {"kind": KIND, "weights": lab.checkpoint, "seed": seed, "steps": steps, **found}


def read(folder: Path) -> list[dict]:
    """All results of a folder, one a seed, by seed.

    Raises:
        ValueError: there are none, a file is something else, two laptops had one seed, or weights or steps differ.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise ValueError(f"{folder}: has no results; put the JSON files of all laptops there")
    results = []
    for file in files:
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
            if told["kind"] != KIND or not (len(told["harmony"]) == len(told["levels"]) > 0):
                raise ValueError("of another experiment")
            results.append({**told, "file": file.name})
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{file}: is no result of this experiment ({error}); take it away") from error
    for what in ("weights", "steps"):
        seen = {str(told[what]) for told in results}
        if len(seen) > 1:
            raise ValueError(
                f"{folder}: results have different {what} ({', '.join(sorted(seen))}); pool those of one kind"
            )
    seeds = [told["seed"] for told in results]
    twice = sorted({seed for seed in seeds if seeds.count(seed) > 1})
    if twice:
        raise ValueError(
            f"{folder}: seed {twice[0]} is there twice; the same groups count once: give each laptop its own"
        )
    return sorted(results, key=lambda told: told["seed"])


def pool(results: list[dict]) -> tuple[dict[str, tuple[float, float, int]], Figure]:
    """Mean, standard error and number of all pairs, and the plot: a row a laptop, and one for all."""
    figure, columns = plt.subplots(1, 2, figsize=(10, 1.6 + 0.3 * len(results)), sharey=True, layout="constrained")
    summary = {}
    for axes, (what, title) in zip(columns, (("harmony", "Harmony"), ("levels", "Level correlation")), strict=True):
        for row, told in enumerate(results):
            axes.plot(told[what], [row] * len(told[what]), "o", color="#0b62c4", alpha=0.5)
        every = np.concatenate([told[what] for told in results])
        error = float(every.std(ddof=1) / len(every) ** 0.5) if len(every) > 1 else float("nan")
        axes.errorbar(every.mean(), len(results), xerr=2 * error, fmt="D", color="#e08a00", capsize=4)
        axes.axvline(0, color="#777777", linewidth=0.8)
        axes.set(title=f"{title}: {KIND}", xlabel="difference of pairs; orange: all, two standard errors")
        axes.title.set_fontsize(10)
        summary[what] = float(every.mean()), error, len(every)
    columns[0].set_yticks(range(len(results) + 1), [f"seed {told['seed']}" for told in results] + ["all"])
    columns[0].invert_yaxis()
    return summary, figure


def main() -> int:
    """The two commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    run = commands.add_parser("run", help="measure this laptop's share")
    run.add_argument("--seed", type=int, required=True, help="a number of your own, 0 or more")
    run.add_argument("--groups", type=int, default=4, help="pairs to make (4)")
    run.add_argument("--out", type=Path, required=True, help="folder of results")
    pooled = commands.add_parser("pool", help="put all results together")
    pooled.add_argument("folder", type=Path)
    asked = parser.parse_args()
    try:
        if asked.what == "run":
            if asked.seed < 0 or asked.groups < 1:
                raise ValueError(
                    f"--seed {asked.seed}, --groups {asked.groups}: a seed is 0 or more, groups are 1 or more"
                )
            asked.out.mkdir(parents=True, exist_ok=True)
            told = measure(stemlab.load(), asked.seed, asked.groups)
            (asked.out / f"seed_{asked.seed}.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
            print(f"{asked.out / f'seed_{asked.seed}.json'}: {asked.groups} pairs")
            return 0
        summary, figure = pool(read(asked.folder))
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    for what, (mean, spread, count) in summary.items():
        print(f"{what:8} {mean:+.3f}, standard error {spread:.3f}, {count} pairs")
    figure.savefig(asked.folder / "pooled.png", dpi=130)
    print(f"{asked.folder / 'pooled.png'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
