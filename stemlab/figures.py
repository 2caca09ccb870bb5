"""Pictures of groups."""

from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import stft

from stemlab.audio import FRAME, activity

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from stemlab.group import StemGroup

INK, ON = "#333333", "#0b62c4"
RANGE_DB = 70.0  # shown below the loudest point of the whole group


def overview(group: "StemGroup") -> "Figure":
    """One row a stem: mel spectrogram in dB on the group's one scale, bar lines, a strip where it sounds.

    Args:
        group: any StemGroup; bar lines need its `bpm`.
    Returns:
        A matplotlib Figure, about 1000 pixels wide.
    """
    from matplotlib.figure import Figure

    pictures = [mel_db(s.audio, group.sample_rate) for s in group.stems]
    top = max(p.max() for p in pictures)
    figure = Figure(figsize=(10, 1.45 * len(group) + 1.0), dpi=100, layout="constrained")
    rows = figure.subplots(len(group), 1, sharex=True, squeeze=False)[:, 0]
    for axes, stem, picture in zip(rows, group.stems, pictures, strict=True):
        image = axes.imshow(
            picture, origin="lower", aspect="auto", cmap="magma", vmin=top - RANGE_DB, vmax=top,
            extent=(0, group.seconds, 0, len(picture)), interpolation="nearest",
        )  # fmt: skip
        axes.set_yticks(*_mel_ticks(len(picture), group.sample_rate), fontsize=7)
        axes.set_title(stem.prompt, loc="left", fontsize=9, color=INK, pad=9)
        _activity_strip(axes, activity(stem.audio), len(picture), FRAME / group.sample_rate, group.seconds)
        for second in np.arange(0, group.seconds, 240 / group.bpm) if group.bpm else []:
            axes.axvline(second, color="white", linewidth=0.8, alpha=0.6)
    rows[0].set_xlim(0, group.seconds)
    rows[-1].set_xlabel(
        "seconds (white lines: bars; blue: where the stem sounds)" if group.bpm else "seconds"
    )
    figure.supylabel("frequency, Hz (mel scale)", fontsize=8)
    figure.suptitle(_headline(group), fontsize=10, color=INK)
    figure.colorbar(image, ax=rows.tolist(), label="dB", pad=0.01, fraction=0.03)
    return figure


def mel_db(audio: np.ndarray, sample_rate: int, bands: int = 96) -> np.ndarray:
    """Mel spectrogram for pictures, `(bands, frames)` in dB; windows of 64 ms, a frame each 16 ms at 32 kHz.

    Source: O'Shaughnessy's mel, 2595 log10(1 + f / 700), from 30 Hz to half the sample rate.
    """
    size = min(2048, len(audio))
    hz, _, spectrum = stft(audio, sample_rate, nperseg=size, noverlap=size * 3 // 4)
    edges = _mel_edges(bands, sample_rate)[:, None]
    rise, fall = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2]), (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    filters = np.clip(np.minimum(rise, fall), 0, None)
    nearest = np.abs(hz - edges[1:-1]).argmin(1)
    empty = filters.sum(1) < 1e-3  # low bands that are narrower than one bin take the nearest bin
    filters[empty, nearest[empty]] = 1
    power = (filters / filters.sum(1, keepdims=True)) @ np.abs(spectrum) ** 2
    return 10 * np.log10(power + 1e-12)


def _mel_edges(bands: int, sample_rate: int) -> np.ndarray:
    low, high = (2595 * np.log10(1 + f / 700) for f in (30, sample_rate / 2))
    return 700 * (10 ** (np.linspace(low, high, bands + 2) / 2595) - 1)


def _mel_ticks(bands: int, sample_rate: int) -> tuple[list[float], list[str]]:
    wanted = [f for f in (100, 500, 2000, 8000) if f < sample_rate / 2]
    return np.interp(wanted, _mel_edges(bands, sample_rate)[1:-1], np.arange(bands) + 0.5).tolist(), [
        str(f) for f in wanted
    ]


def _activity_strip(axes, active: np.ndarray, top: int, frame_seconds: float, seconds: float) -> None:
    """A blue line just above the picture for each run of frames that sound."""
    edges = np.flatnonzero(np.diff(np.r_[False, active, False].astype(int)))
    runs = [
        (a * frame_seconds, min(b * frame_seconds, seconds) - a * frame_seconds)
        for a, b in edges.reshape(-1, 2)
    ]
    axes.broken_barh(runs, (top * 1.03, top * 0.06), color=ON, clip_on=False)


def _headline(group: "StemGroup") -> str:
    told = [
        group.prompt,
        f"{group.bpm:g} bpm" if group.bpm else "",
        group.key or "",
        f"{group.bars} bars" if group.bars else "",
    ]
    return ", ".join(filter(None, told))
