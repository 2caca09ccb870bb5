"""What all figures have in common: ink and paper, the pitch axis of spectrograms, and the line that names a group."""

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from stemlab.codec.audio import resample
from stemlab.codec.spectrum import HOP, SAMPLE_RATE, band_centres, bands

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from stemlab.lab.group import StemGroup

INK, SOFT, LINE, PAPER = "#24292f", "#57606b", "#d5dae0", "#ffffff"
ANCHOR = "#9aa3ad"  # bars and points that are there to compare with
SERIES = ("#1f78b4", "#d55e00", "#009e73", "#8468c6", "#c58400", "#c75d93")  # told apart with any colour vision
RANGE_DB = 70.0  # shown below the loudest point of the whole group
TICKS_HZ = (100, 500, 2000, 8000)


def dress(figure: "Figure", title: str, height: int, **layout: Any) -> "Figure":
    """Give a figure its title, height in pixels, fonts and colours: ink on white, on a dark page too."""
    figure.update_layout(
        title={"text": title, "x": 0, "xref": "paper", "font": {"size": 16}, "yref": "container", "y": 1, "yanchor": "top", "pad": {"t": 14}},
        height=height, template="none", paper_bgcolor=PAPER, plot_bgcolor=PAPER, autosize=True,
        font={"family": "system-ui, sans-serif", "size": 13, "color": INK},
        margin={"l": 74, "r": 20, "t": 62, "b": 52}, hoverlabel={"font": {"size": 12}},
        **layout,
    )  # fmt: skip
    axis = {"gridcolor": LINE, "linecolor": LINE, "zeroline": False, "tickcolor": LINE, "automargin": True}
    figure.update_xaxes(title_standoff=8, **axis)
    figure.update_yaxes(title_standoff=6, **axis)
    return figure


def as_text(text: str, most: int = 90) -> str:
    """A user's text on one line, cut where it is long, with nothing in it that a font cannot take.

    >>> as_text("funk\\n  with $$", 12)
    'funk with $$'
    """
    line = " ".join(text.encode("utf-8", "replace").decode().replace("\0", " ").split())
    return line if len(line) <= most else line[: most - 3] + "..."


def as_markup(text: str, most: int = 90) -> str:
    """A user's text for plotly, which takes tags for tags and what stands between dollar signs for formulas.

    >>> as_markup("<b> $x$")
    '&lt;b&gt; &#36;x&#36;'
    """
    return escape(as_text(text, most), quote=False).replace("$", "&#36;")


def headline(group: "StemGroup") -> str:
    """Prompt, tempo, key and bars of a group, as far as they are known."""
    told = [
        f"{group.bpm:g} bpm" if group.bpm else "",
        group.key or "",
        f"{group.bars} bars" if group.bars else "",
    ]
    return ", ".join(filter(None, [as_text(group.prompt), *told]))


def mel_db(audio: np.ndarray, sample_rate: int = SAMPLE_RATE) -> np.ndarray:
    """The codec's own band spectrogram, `(bands, frames)` in dB, a frame each 16 ms: see `spectrum.bands`."""
    import torch

    audio = resample(audio, sample_rate, SAMPLE_RATE)
    whole = np.pad(audio, (0, -len(audio) % HOP))
    return bands(torch.from_numpy(whole)[None])[0].numpy()


def tick_places() -> list[float]:
    """Where TICKS_HZ lie on an axis that counts bands."""
    centres = band_centres()[1:-1]
    return np.interp(TICKS_HZ, centres, np.arange(len(centres)) + 0.5).tolist()


def runs(active: np.ndarray, frame_seconds: float) -> list[tuple[float, float]]:
    """Start and end in seconds of each stretch of frames that are on."""
    edges = np.flatnonzero(np.diff(np.r_[False, active, False].astype(int))).reshape(-1, 2) * frame_seconds
    return [(float(start), float(end)) for start, end in edges]
