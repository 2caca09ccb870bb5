"""Tables and plot of an ablation: `python benchmarks/ablation_report.py eval/ablation` makes them again from its JSON."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

MEASURES = {
    "fd_stems": ("FD stems", "lower is nearer to real stems"),
    "fd_mix": ("FD mixes", "lower is nearer to real mixes"),
    "harmony": ("harmony", "hollow: not counted, the stems are copies"),
    "levels": ("level correlation", "real is low; near 1 means copies"),
    "family": ("family right", "share of stems"),
    "tempo": ("tempo within 4 %", "share of stems"),
}
ANCHORS = ("real", "real, others", "shuffled", "copies")
EFFECTS = {
    "grouping, noise apart (B-i less A-i)": ("B-i", "A-i"),
    "sharing at inference alone (A-ii less A-i)": ("A-ii", "A-i"),
    "sharing at inference alone (B-ii less B-i)": ("B-ii", "B-i"),
    "sharing at inference, trained for (C-ii less C-i)": ("C-ii", "C-i"),
    "sharing in training alone (C-i less B-i)": ("C-i", "B-i"),
    "sharing in training, shared at inference (C-ii less B-ii)": ("C-ii", "B-ii"),
    "what activity in training costs (C-ii less C-ii, no activity)": ("C-ii", "C-ii, no activity"),
    "attention instead (attention less C-ii)": ("attention", "C-ii"),
}
COLOURS = {"A": "#7f7f7f", "B": "#0072b2", "C": "#d55e00", "a": "#009e73"}
LEGEND = (
    "A: stems of other songs, own noise.  B: groups, own noise.  C: groups, shared noise.  i: own noise at inference, ii: shared; "
    "C 0.5, C 0.9: rho"
)


@dataclass(frozen=True)
class Form:
    """What a report shows.

    Attributes:
        name: of its files, `NAME.json` and `NAME.png`.
        tables: name of the file of its tables.
        measures: by the name that `summary` has for it, a title and a hint.
        effects: by what they are called, the two cells whose difference it is.
        colours: by the first letter of a cell.
        legend: above the plot.
    """

    name: str
    tables: str
    measures: Mapping[str, tuple[str, str]]
    effects: Mapping[str, tuple[str, str]]
    colours: Mapping[str, str]
    legend: str


ABLATION = Form("ablation", "tables.md", MEASURES, EFFECTS, COLOURS, LEGEND)


def report(result: dict, out: Path, form: Form = ABLATION) -> None:
    """Print the tables and write them and the plot.

    Args:
        result: what `ablation.json` holds: `cells` by name and seed, `anchors`, `trainings`, `conditions`.
        out: folder.
        form: what is shown, and under which names.
    """
    parts = [cell_table(result, form), "", effect_table(result["cells"], form), "", loss_line(result["trainings"])]
    text = "\n".join(parts)
    print("\n" + text)
    (out / form.tables).write_text(text + "\n", encoding="utf-8")
    plot(result, form).savefig(out / f"{form.name}.png", dpi=130)
    plt.close("all")
    print(f"\nIn {out}: {form.name}.json, {form.tables}, {form.name}.png")


def cell_table(result: dict, form: Form) -> str:
    """Mean and standard deviation over seeds of each cell, under the anchors."""
    shown = {**{name: title for name, (title, _) in form.measures.items()}, "way": "harmony, way from shuffled to real"}
    lines = ["| | seeds | " + " | ".join(shown.values()) + " |", "|---|" + "---|" * (len(shown) + 1)]
    for name in ANCHORS:
        lines.append(f"| {name} | | " + " | ".join(spread([result["anchors"][name][m]]) for m in shown) + " |")
    for cell, seeds in result["cells"].items():
        values = [[line[m] for line in seeds.values()] for m in shown]
        lines.append(f"| {cell} | {len(seeds)} | " + " | ".join(map(spread, values)) + " |")
    return "\n".join(lines)


def effect_table(cells: dict, form: Form) -> str:
    """Differences between two cells, seed by seed: mean and standard deviation."""
    lines = [
        "| what changes | " + " | ".join(title for title, _ in form.measures.values()) + " |",
        "|---|" + "---|" * len(form.measures),
    ]
    for what, (more, less) in form.effects.items():
        seeds = cells.get(more, {}).keys() & cells.get(less, {}).keys()
        if seeds:
            values = [[cells[more][s][m] - cells[less][s][m] for s in sorted(seeds)] for m in form.measures]
            lines.append(f"| {what} | " + " | ".join(spread(v, signed=True) for v in values) + " |")
    return "\n".join(lines)


def loss_line(trainings: dict) -> str:
    """The last loss of each training: taken over all of training it cannot tell shared noise from own."""
    found: dict[str, list[float]] = {}
    for name, told in trainings.items():
        found.setdefault(name.rsplit(" ", 1)[0], []).append(told["loss"])
    return (
        "Loss over the last tenth of training: " + "; ".join(f"{name} {spread(v)}" for name, v in found.items()) + "."
    )


def spread(values: list[float], signed: bool = False) -> str:
    """Mean, and from two values on their standard deviation; a dash where nothing was judged."""
    known = [v for v in values if np.isfinite(v)]
    if not known:
        return "-"
    text = f"{np.mean(known):+.3g}" if signed else f"{np.mean(known):.3g}"
    return text + (f" ± {np.std(known, ddof=1):.2g}" if len(known) > 1 else "")


def plot(result: dict, form: Form) -> plt.Figure:
    """A panel a measure: a dot a seed, a line at the mean of each cell, dashed lines at the anchors."""
    cells, columns = result["cells"], -(-len(form.measures) // 2)
    figure, axes = plt.subplots(2, columns, figsize=(14 / 3 * columns, 8), constrained_layout=True)
    spare = axes.flat[len(form.measures) :]
    for axis in spare:
        axis.axis("off")
    for axis, (measure, (title, hint)) in zip(axes.flat, form.measures.items(), strict=False):
        for place, (cell, seeds) in enumerate(cells.items()):
            values = np.array([line[measure] for line in seeds.values()], float)
            copies = np.mean([line["levels"] for line in seeds.values()]) > result["copies_from"]
            colour = form.colours[cell[0]]
            face = "none" if copies and measure == "harmony" else colour
            axis.plot(np.full(len(values), place), values, "o", color=colour, markerfacecolor=face, alpha=0.7)
            if np.isfinite(values).any():
                axis.hlines(np.nanmean(values), place - 0.3, place + 0.3, color=colour, linewidth=2.5)
        for name, style in (("real, others", "-."), ("shuffled", ":"), ("copies", "--")):
            if name != "copies" or not measure.startswith("fd"):  # far outside: the cells would not be told apart
                axis.axhline(result["anchors"][name][measure], linestyle=style, color="black", linewidth=1, label=name)
        axis.set_xticks(range(len(cells)), list(cells), rotation=40, ha="right")
        axis.set_title(title)
        axis.set_ylabel(hint)
        axis.grid(axis="y", alpha=0.25)
    lines = axes[0, 2].get_legend_handles_labels()
    (spare[0] if len(spare) else axes[0, 2]).legend(*lines, fontsize=8, loc=(0.03, 0.62))
    told = result["conditions"]
    steps = result["config"]["steps"]
    figure.suptitle(
        f"{form.legend}\n"
        f"{steps} training steps a cell, {told['groups']} groups of {told['seconds']:g} s, {told['device']}", fontsize=10
    )  # fmt: skip
    return figure


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "eval/ablation")
    report(json.loads((folder / "ablation.json").read_text(encoding="utf-8")), folder)
