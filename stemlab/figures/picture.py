"""A group as one picture: what `StemGroup.save` writes as overview.png."""

from typing import TYPE_CHECKING

import numpy as np

from stemlab.codec.audio import FRAME, activity
from stemlab.figures.look import INK, RANGE_DB, TICKS_HZ, as_text, headline, mel_db, runs, tick_places

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from stemlab.lab.group import StemGroup

ON = "#0b62c4"


def overview(group: "StemGroup") -> "Figure":
    """One row a stem: mel spectrogram in dB on the group's one scale, bar lines, a strip where it sounds.

    Args:
        group: any StemGroup; bar lines need its `bpm`.
    Returns:
        A matplotlib Figure, 1000 pixels wide.
    """
    from matplotlib.figure import Figure

    pictures = [mel_db(s.mono, group.sample_rate) for s in group.stems]
    top = max(p.max() for p in pictures)
    figure = Figure(figsize=(10, 1.45 * len(group) + 1.0), dpi=100, layout="constrained")
    rows = figure.subplots(len(group), 1, sharex=True, squeeze=False)[:, 0]
    for axes, stem, picture in zip(rows, group.stems, pictures, strict=True):
        image = axes.imshow(
            picture, origin="lower", aspect="auto", cmap="magma", vmin=top - RANGE_DB, vmax=top,
            extent=(0, group.seconds, 0, len(picture)), interpolation="nearest",
        )  # fmt: skip
        axes.set_yticks(tick_places(), [str(hz) for hz in TICKS_HZ], fontsize=7)
        axes.set_title(as_text(stem.prompt), loc="left", fontsize=9, color=INK, pad=4, parse_math=False)
        _activity_strip(axes, activity(stem.mono), len(picture), FRAME / group.sample_rate, group.seconds)
        for second in group.downbeats:
            axes.axvline(second, ymax=1 / 1.14, color="white", linewidth=0.9, alpha=0.7)
    rows[0].set_xlim(0, group.seconds)
    rows[-1].set_xlabel("seconds (white lines: bars; blue: where the stem sounds)" if group.bpm else "seconds")
    figure.supylabel("frequency, Hz", fontsize=8)
    figure.suptitle(headline(group), fontsize=10, color=INK, parse_math=False)
    figure.colorbar(image, ax=rows.tolist(), label="dB", pad=0.01, fraction=0.03)
    return figure


def _activity_strip(axes: "Axes", active: np.ndarray, top: int, frame_seconds: float, seconds: float) -> None:
    """A blue line above the picture for each run of frames that sound."""
    on = [(start, min(end, seconds) - start) for start, end in runs(active, frame_seconds)]
    axes.broken_barh(on, (top * 1.04, top * 0.06), color=ON)
    axes.set_ylim(0, top * 1.14)
