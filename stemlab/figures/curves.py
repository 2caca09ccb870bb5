"""Figures of numbers: how a loss fell, and how good something is beside its anchors.

Lesson: 09_train_your_own.ipynb
"""

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stemlab.figures.look import ANCHOR, SERIES, as_markup, dress

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Rows = Sequence[Mapping[str, Any]]
MOST_POINTS = 400


def loss_curve(
    runs: "str | os.PathLike | Rows | Mapping[str, str | os.PathLike | Rows]",
    column: str = "loss",
    x: str = "step",
    log: bool = False,
    title: str = "How the loss fell",
) -> "Figure":
    """One or several training runs: each value faint, and the running mean of a twentieth of the run.

    Args:
        runs: a CSV log as training leaves it, or its rows as dicts; or a dict from a name to either.
        column: what is drawn, such as "loss" or "error_db".
        x: the column along the bottom, such as "step" or "seconds".
        log: a logarithmic scale of values.
        title: headline.
    Returns:
        A plotly Figure; of a long run 400 points are shown.
    Raises:
        ValueError: no such file or column, or no rows.

    >>> loss_curve([{"step": 0, "loss": 0.9}, {"step": 1, "loss": 0.5}]).data[-1].y.round(3).tolist()
    [0.9, 0.5]
    """
    from plotly.graph_objects import Figure, Scatter

    named = runs if isinstance(runs, Mapping) else {column: runs}
    figure = Figure()
    for i, (name, run) in enumerate(named.items()):
        across, values = _columns(run, x, column)
        stride = -(-len(values) // MOST_POINTS)
        colour = SERIES[i % len(SERIES)]
        raw = {"mode": "lines", "line": {"color": colour, "width": 1}, "opacity": 0.35, "showlegend": False}
        figure.add_trace(Scatter(x=across[::stride], y=values[::stride], hoverinfo="skip", **raw))
        mean = _running_mean(values, max(1, len(values) // 20))
        line = {"color": colour, "width": 2.5, "dash": ("solid", "dash", "dot")[i // len(SERIES) % 3]}
        figure.add_trace(
            Scatter(x=across[::stride], y=mean[::stride], mode="lines", line=line, name=as_markup(str(name)))
        )
    figure.update_xaxes(title_text=x)
    figure.update_yaxes(title_text=column.replace("_", " "), type="log" if log else "linear")
    return dress(figure, title, 380, showlegend=len(named) > 1, legend={"x": 1, "xanchor": "right", "y": 1})


def quality_bars(
    rows: Rows,
    measure: str,
    anchors: Sequence[str] = (),
    aim: float | None = None,
    name: str = "name",
    title: str = "",
    unit: str = "",
) -> "Figure":
    """One measure of several things as bars, beside what it is to be read against.

    Args:
        rows: one dict a bar, such as `{"name": "real songs", "harmony": 0.31}`; rows without the measure are left out.
        measure: the key of the value.
        anchors: names of the rows to compare with, drawn grey and hatched.
        aim: a value to reach, drawn as a dotted line.
        name: the key of the bar's name.
        title: headline; the measure by default.
        unit: of the values, such as "%" or "dB".
    Returns:
        A plotly Figure, each bar with its value.
    Raises:
        ValueError: no row has the measure, or an anchor is not among the rows.

    >>> quality_bars([{"name": "real", "f1": 0.9}, {"name": "made", "f1": 0.7}], "f1", anchors=["real"]).data[0].y
    ('real', 'made')
    """
    from plotly.graph_objects import Bar, Figure

    kept = [row for row in rows if row.get(measure) is not None]
    names = [str(row[name]) for row in kept]
    if not kept:
        raise ValueError(f"measure: no row has {measure!r}; there is {sorted({key for row in rows for key in row})}.")
    if missing := set(anchors) - set(names):
        raise ValueError(f"anchors: got {sorted(missing)}, which are not among {', '.join(names)}.")
    grey = [label in anchors for label in names]
    values = [float(row[measure]) for row in kept]
    bar = Bar(
        x=values, y=[as_markup(label) for label in names], orientation="h", text=[f"{value:.3g} {unit}".strip() for value in values], textposition="outside", cliponaxis=False,
        marker={"color": [ANCHOR if g else SERIES[0] for g in grey], "pattern": {"shape": ["/" if g else "" for g in grey], "fillmode": "overlay", "fgcolor": "#ffffff"}},
        hoverinfo="skip",
    )  # fmt: skip
    figure = Figure(bar)
    if aim is not None:
        label = {"text": f"aim: {aim:g}", "font": {"size": 12}}
        figure.add_vline(aim, line={"dash": "dot", "width": 2}, label=label)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(
        title_text=f"{measure.replace('_', ' ')}{f', {unit}' if unit else ''}; hatched: to compare with"
    )
    return dress(figure, title or measure.replace("_", " ").capitalize(), 150 + 40 * len(kept)).update_layout(
        margin_r=80
    )


def _columns(run: Any, x: str, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Two columns of a log as arrays of float."""
    if isinstance(run, str | os.PathLike):
        if not Path(run).is_file():
            raise ValueError(f"runs: there is no file {str(run)!r}; give the CSV log of a run, or its rows.")
        with open(run, newline="", encoding="utf-8") as file:
            run = list(csv.DictReader(file))
    if not run:
        raise ValueError("runs: got no rows; give at least one.")
    for wanted in (x, column):
        if wanted not in run[0]:
            raise ValueError(f"column: there is no {wanted!r}; there is {', '.join(run[0])}.")
    kept = [(float(row[x]), float(row[column])) for row in run if row[column] not in (None, "")]
    return np.array([a for a, _ in kept]), np.array([b for _, b in kept])


def _running_mean(values: np.ndarray, width: int) -> np.ndarray:
    """Mean of the last `width` values, of fewer at the start: it ends where the values do."""
    total = np.concatenate([[0.0], values.cumsum()])
    last = np.arange(1, len(values) + 1)
    first = np.maximum(0, last - width)
    return (total[last] - total[first]) / (last - first)
