"""Figures of a flow: a latent on its way from noise to music, and the velocity field of a toy flow in the plane.

Lesson: 03_flow_matching.ipynb
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stemlab.figures.look import ANCHOR, INK, SERIES, SOFT, dress

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FRAME_SECONDS = 2048 / 32_000
MOST_FRAMES, SPAN, SCALE = 17, 4.0, 30  # pictures on the slider; latents shown from -SPAN to SPAN, stored as int8


def trajectory(states: Sequence[Any], title: str = "From noise to latent") -> "Figure":
    """A sampler's way from noise to a latent, a picture a step, with a slider.

    Args:
        states: the noise and then x after each step, each `(C, T)`, array or tensor: at least two. Of many steps, 17 evenly
            chosen ones are shown, the first and the last among them.
        title: headline.
    Returns:
        A plotly Figure; the slider counts t, from 0 (noise) to 1.
    Raises:
        ValueError: fewer than two states, or another shape than `(C, T)`.
    """
    from plotly.graph_objects import Figure, Frame, Heatmap

    pictures = [np.asarray(state, np.float32) for state in states]
    if len(pictures) < 2 or any(picture.ndim != 2 or picture.shape != pictures[0].shape for picture in pictures):
        shapes = [picture.shape for picture in pictures[:3]]
        raise ValueError(
            f"states: got {len(pictures)} of the shapes {shapes}; it takes two or more of one shape (C, T): one stem, "
            "with the noise first."
        )
    steps = len(pictures) - 1
    chosen = sorted({round(i) for i in np.linspace(0, steps, min(MOST_FRAMES, steps + 1))})
    heats = [
        Heatmap(
            z=np.round(np.clip(pictures[i], -SPAN, SPAN) * SCALE).astype(np.int8), x0=FRAME_SECONDS / 2, dx=FRAME_SECONDS,
            zmin=-SPAN * SCALE, zmax=SPAN * SCALE, colorscale="Cividis", hoverinfo="skip",
            colorbar={"title": "value", "tickvals": [k * SCALE for k in (-4, -2, 0, 2, 4)], "ticktext": ["-4", "-2", "0", "2", "4"]},
        )
        for i in chosen
    ]  # fmt: skip
    labels = [f"{i / steps:.2f}" for i in chosen]
    figure = Figure(
        heats[0], frames=[Frame(data=[heat], name=label) for heat, label in zip(heats, labels, strict=True)]
    )
    figure.update_xaxes(title_text="seconds", showgrid=False)
    figure.update_yaxes(title_text="latent channel", showgrid=False)
    return _with_slider(dress(figure, title, 420), labels)


def vector_field(
    velocity: Callable[[np.ndarray, float], Any],
    times: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 0.95),
    extent: float = 3.0,
    count: int = 13,
    data: Any = None,
    paths: Any = None,
    title: str = "The velocity field",
) -> "Figure":
    """The velocity of a flow in the plane as arrows, with a slider over time.

    Args:
        velocity: `(points (n, 2) float32, t) -> (n, 2)`, array or tensor.
        times: moments to show, from 0 (noise) to 1.
        extent: the square from -extent to extent is shown.
        count: arrows along each side.
        data: `(n, 2)` points of the data set, drawn as grey dots, 500 at most.
        paths: `(steps + 1, n, 2)` sampled ways, drawn as lines that end in a dot, 30 at most.
        title: headline.
    Returns:
        A plotly Figure.
    Raises:
        ValueError: velocity gives another shape than it was given, or there are no times.
    """
    from plotly.graph_objects import Figure, Frame, Scatter

    if not len(times):
        raise ValueError("times: got none; it takes at least one moment from 0 to 1, such as (0, 0.5, 0.9).")
    side = np.linspace(-extent, extent, count, dtype=np.float32)
    grid = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    arrows = [_arrows(Scatter, grid, velocity, t, 2 * extent / count) for t in times]
    still = []
    if data is not None:
        points = np.asarray(data, np.float32)[:500]
        dots = {"color": ANCHOR, "size": 4, "opacity": 0.7}
        still.append(
            Scatter(x=points[:, 0], y=points[:, 1], mode="markers", marker=dots, name="data", hoverinfo="skip")
        )
    if paths is not None:
        ways = np.asarray(paths, np.float32)[:, :30].transpose(1, 0, 2)  # (n, steps + 1, 2)
        broken = np.pad(ways, ((0, 0), (0, 1), (0, 0)), constant_values=np.nan).reshape(-1, 2)
        line = {"color": SERIES[1], "width": 1.5}
        still.append(Scatter(x=broken[:, 0], y=broken[:, 1], mode="lines", line=line, name="samples", hoverinfo="skip"))
        ends = {"color": SERIES[1], "size": 7}
        still.append(
            Scatter(x=ways[:, -1, 0], y=ways[:, -1, 1], mode="markers", marker=ends, name="end", hoverinfo="skip")
        )
    labels = [f"{t:.2f}" for t in times]
    frames = [Frame(data=[arrow], name=label, traces=[0]) for arrow, label in zip(arrows, labels, strict=True)]
    figure = Figure([arrows[0], *still], frames=frames)
    figure.update_xaxes(range=[-extent, extent], title_text="first coordinate", constrain="domain")
    figure.update_yaxes(range=[-extent, extent], title_text="second coordinate", scaleanchor="x")
    dress(figure, title, 560, legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"})
    return _with_slider(figure, labels)


def _arrows(scatter, grid: np.ndarray, velocity: Callable, t: float, cell: float):
    """One trace of arrows, none longer than a cell of the grid; all of one moment on one scale."""
    found = velocity(grid, t)
    v = np.asarray(found.detach() if hasattr(found, "detach") else found, np.float32)
    if v.shape != grid.shape:
        raise ValueError(
            f"velocity: gave the shape {v.shape} for points {grid.shape}; it takes (n, 2) and gives (n, 2)."
        )
    speed = np.linalg.norm(v, axis=1)
    tips = grid + v * (0.9 * cell / max(float(speed.max()), 1e-9))
    line = np.stack([grid, tips, np.full_like(grid, np.nan)], 1).reshape(-1, 2)
    marker = {"symbol": "arrow", "angleref": "previous", "size": np.tile([0, 7, 0], len(grid)), "color": INK}
    return scatter(
        x=line[:, 0], y=line[:, 1], mode="lines+markers", marker=marker, line={"color": SOFT, "width": 1.2},
        name=f"velocity, at most {speed.max():.2g}", hoverinfo="skip",
    )  # fmt: skip


def _with_slider(figure: "Figure", labels: list[str]) -> "Figure":
    """A slider that shows one frame of the figure a stop."""
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}, "transition": {"duration": 0}}
    steps = [{"method": "animate", "label": label, "args": [[label], at_once]} for label in labels]
    slider = {"steps": steps, "currentvalue": {"prefix": "t = ", "suffix": " (0: noise, 1: data)"}, "pad": {"t": 44}}
    return figure.update_layout(sliders=[slider], margin_b=30)
