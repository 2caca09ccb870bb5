"""The table of quality: generated groups beside their anchors, and how well each measure tells the anchors apart.

Prompts are the captions of held-out songs with their tempo, and neither key nor chords: stems have to agree by themselves.
"""

import numpy as np

from stemlab.evaluate.anchors import KINDS, LATE_MS
from stemlab.evaluate.bench import Bench
from stemlab.evaluate.measure import area, mean, summary
from stemlab.metrics.text import FamilyClassifier

COLUMNS = {
    "tempo": ("tempo within 4 %", ".1%"), "judged": ("stems judged", ".0%"), "beats": ("onsets on the grid", ".3f"),
    "together": ("onsets together", ".2f"), "beat_f": ("beat F", ".2f"), "harmony": ("harmony", ".3f"),
    "way": ("way from shuffled to real", ".0%"), "levels": ("level correlation", ".3f"), "key": ("key score", ".2f"),
    "family": ("family right", ".1%"), "silent": ("silent stems", ".1%"),
    "fd_stems": ("FD stems", ".2f"), "fd_mix": ("FD mixes", ".2f"),
}  # fmt: skip
WEAK = 0.75  # a measure that separates its anchors less often than this is named as not to be relied on


def quality(bench: Bench) -> dict:
    """Measure and print; returns what `Bench.write` keeps.

    Rows besides the anchors: generated, and independent noise, in which nothing ties the stems together (coupling "noise", rho 0).
    """
    found = bench.anchors()
    rows = {kind: found[kind] for kind in KINDS}
    if bench.lab is not None:
        rows["generated"] = bench.generated("generated", range(bench.groups))
        alone = {"coupling": "noise", "rho": 0.0}
        rows["independent noise"] = bench.generated("independent noise", range(bench.groups), **alone)
    table = {kind: summary(some, rows["real"], bench.judge) for kind, some in rows.items()}
    copied = add_way(table, table)
    separation = {**separations(rows, found["late"], found["notes"]), **family_separation(rows["real"], bench.judge)}
    print(markdown(table, COLUMNS))
    print(told(separation))
    print(copies_told(copied))
    print(
        f"Frechet distance of muffled stems over that of other songs: {ratio(table, 'fd_stems'):.1f}, of mixes {ratio(table, 'fd_mix'):.1f}."
    )
    return {"table": table, "separation": separation}


def add_way(table: dict[str, dict[str, float]], anchors: dict[str, dict[str, float]]) -> list[str]:
    """Add to each line how far its harmony is on the way from shuffled (0) to real (1).

    Stems that agree because they are copies of each other do not count: where level correlation is past the middle between
    real groups and copies, the way is NaN.

    Args:
        table: lines of `summary`, changed in place.
        anchors: the lines "real", "shuffled" and "copies".
    Returns:
        names of the lines that are copies.
    """
    real, shuffled, limit = anchors["real"]["harmony"], anchors["shuffled"]["harmony"], copies_from(anchors)
    for line in table.values():
        way = (line["harmony"] - shuffled) / (real - shuffled) if real != shuffled else float("nan")
        line["way"] = float("nan") if line["levels"] > limit else way
    return [name for name, line in table.items() if line["levels"] > limit]


def copies_from(anchors: dict[str, dict[str, float]]) -> float:
    """The level correlation above which stems are taken for copies of each other."""
    return (anchors["real"]["levels"] + anchors["copies"]["levels"]) / 2


def copies_told(names: list[str]) -> str:
    """A sentence about lines whose harmony is not counted."""
    return f"Harmony is not counted where level correlation is that of copies: {'; '.join(names)}." if names else ""


def ratio(table: dict[str, dict[str, float]], name: str) -> float:
    """How much a Frechet distance grows from other real songs to muffled ones: 1 would mean that it is deaf."""
    floor = table["real, others"][name]
    return table["muffled"][name] / floor if floor else float("nan")


def separations(rows: dict[str, list[dict]], late: list[dict], notes: list[dict]) -> dict[str, float]:
    """How often each measure puts a better anchor above a worse one: area under the ROC curve, 0.5 is none."""
    result = {
        f"{what}, {good} against {bad}": area((row[name] for row in rows[good]), (row[name] for row in rows[bad]))
        for what, name, good, bad in (
            ("harmony", "harmony", "real", "shuffled"),
            ("key", "key", "real", "shuffled"),
            ("beat F", "beat_f", "real", "wrong tempo"),
            ("level correlation", "levels", "copies", "real"),
        )
    }
    kept = [mean(value for row in rows[kind] for value in row["tempo"]) for kind in ("real", "wrong tempo")]
    result["tempo, real against wrong tempo"] = (kept[0] + 1 - kept[1]) / 2
    result["harmony of the notes themselves, real against shuffled"] = area(
        *([row[k] for row in notes] for k in ("real", "shuffled"))
    )
    for name, what in (("beats", "onsets on the grid"), ("together", "onsets together")):
        for place, ms in enumerate(LATE_MS, 1):
            sides = [row[name][0] for row in late], [row[name][place] for row in late]
            result[f"{what}, in time against {ms} ms late"] = area(*sides)
    return result


def family_separation(real: list[dict], judge: FamilyClassifier) -> dict[str, float]:
    """How often the judge says yes to a stem's own family, and no to that of the next stem in the group."""
    known = [
        (own, other, stem)
        for row in real
        for own, other, stem in zip(
            row["families"], row["families"][1:] + row["families"][:1], row["stems"], strict=True
        )
        if stem and own != other
    ]
    heard = judge.classify(np.array([stem for *_, stem in known], np.float32)) if known else []
    yes = mean(own == h for (own, _, _), h in zip(known, heard, strict=True))
    no = mean(other != h for (_, other, _), h in zip(known, heard, strict=True))
    return {"family, own against another stem's": (yes + no) / 2}


def told(separation: dict[str, float]) -> str:
    """The separations as text, those that are weak named once more."""
    text = "\nSeparation of anchors (area under the ROC curve; 0.5 is none): "
    text += "; ".join(f"{name} {value:.3f}" for name, value in separation.items()) + "."
    weak = [name for name, value in separation.items() if not value >= WEAK]
    return text + (f"\nNot to be relied on, below {WEAK}: {'; '.join(weak)}." if weak else "")


def markdown(table: dict[str, dict[str, float]], columns: dict[str, tuple[str, str]]) -> str:
    """A table as Markdown.

    Args:
        table: lines by name, each with values by name.
        columns: by value name, its title and format; a NaN is shown as a dash.
    """
    lines = ["", "| | " + " | ".join(title for title, _ in columns.values()) + " |", "|---|" + "---|" * len(columns)]
    for name, line in table.items():
        cells = ["-" if np.isnan(line.get(c, np.nan)) else format(line[c], form) for c, (_, form) in columns.items()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
