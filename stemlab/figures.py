"""Pictures of groups."""

from typing import TYPE_CHECKING

import numpy as np

from stemlab.audio import FRAME, activity, resample
from stemlab.spectrum import HOP, SAMPLE_RATE, band_centres, bands

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from stemlab.group import StemGroup

INK, ON = "#333333", "#0b62c4"
RANGE_DB = 70.0  # shown below the loudest point of the whole group
TICKS_HZ = (50, 200, 500, 2000, 8000)


def overview(group: "StemGroup") -> "Figure":
    """One row a stem: mel spectrogram in dB on the group's one scale, bar lines, a strip where it sounds.

    Args:
        group: any StemGroup; bar lines need its `bpm`.
    Returns:
        A matplotlib Figure, 1000 pixels wide.
    """
    from matplotlib.figure import Figure

    pictures = [mel_db(s.audio, group.sample_rate) for s in group.stems]
    top = max(p.max() for p in pictures)
    figure = Figure(figsize=(10, 1.45 * len(group) + 1.0), dpi=100, layout="constrained")
    rows = figure.subplots(len(group), 1, sharex=True, squeeze=False)[:, 0]
    ticks = np.interp(TICKS_HZ, band_centres()[1:-1], np.arange(len(pictures[0])) + 0.5).tolist()
    for axes, stem, picture in zip(rows, group.stems, pictures, strict=True):
        image = axes.imshow(
            picture, origin="lower", aspect="auto", cmap="magma", vmin=top - RANGE_DB, vmax=top,
            extent=(0, group.seconds, 0, len(picture)), interpolation="nearest",
        )  # fmt: skip
        axes.set_yticks(ticks, [str(hz) for hz in TICKS_HZ], fontsize=7)
        axes.set_title(stem.prompt, loc="left", fontsize=9, color=INK, pad=4)
        _activity_strip(axes, activity(stem.audio), len(picture), FRAME / group.sample_rate, group.seconds)
        for second in np.arange(0, group.seconds, 240 / group.bpm) if group.bpm else []:
            axes.axvline(second, ymax=1 / 1.14, color="white", linewidth=0.9, alpha=0.7)
    rows[0].set_xlim(0, group.seconds)
    rows[-1].set_xlabel("seconds (white lines: bars; blue: where the stem sounds)" if group.bpm else "seconds")
    figure.supylabel("frequency, Hz", fontsize=8)
    figure.suptitle(_headline(group), fontsize=10, color=INK)
    figure.colorbar(image, ax=rows.tolist(), label="dB", pad=0.01, fraction=0.03)
    return figure


def mel_db(audio: np.ndarray, sample_rate: int = SAMPLE_RATE) -> np.ndarray:
    """The codec's own band spectrogram, `(bands, frames)` in dB, a frame each 16 ms: see `spectrum.bands`."""
    import torch

    audio = resample(audio, sample_rate, SAMPLE_RATE)
    whole = np.pad(audio, (0, -len(audio) % HOP))
    return bands(torch.from_numpy(whole)[None])[0].numpy()


def _activity_strip(axes: "Axes", active: np.ndarray, top: int, frame_seconds: float, seconds: float) -> None:
    """A blue line above the picture for each run of frames that sound."""
    edges = np.flatnonzero(np.diff(np.r_[False, active, False].astype(int))).reshape(-1, 2) * frame_seconds
    runs = [(start, min(end, seconds) - start) for start, end in edges]
    axes.broken_barh(runs, (top * 1.04, top * 0.06), color=ON)
    axes.set_ylim(0, top * 1.14)


def _headline(group: "StemGroup") -> str:
    told = [
        f"{group.bpm:g} bpm" if group.bpm else "",
        group.key or "",
        f"{group.bars} bars" if group.bars else "",
    ]
    return ", ".join(filter(None, [group.prompt, *told]))
