"""Figures of a group: what each stem sounds like, when it plays and when it was asked to, and whether stems agree."""

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from stemlab.activity import PLAY
from stemlab.codec.audio import SAMPLE_RATE, resample
from stemlab.codec.audio import activity as sounds_in
from stemlab.figures.colours import colours
from stemlab.figures.look import INK, PAPER, RANGE_DB, TICKS_HZ, as_markup, dress, headline, mel_db, runs, tick_places
from stemlab.framing import Grid
from stemlab.lab.draft import asked_activity
from stemlab.metrics.activity import activity_scores
from stemlab.metrics.harmony import PITCHED, agreement, chroma

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from stemlab.lab.group import StemGroup

COLUMNS, BANDS_A_ROW = 200, 2  # at most so many columns a spectrogram, and so many bands in one of its rows
UNPITCHED = ("drums", "percussion")


def mel_spectrograms(group: "StemGroup") -> "Figure":
    """The mel spectrogram of each stem under the other, on one scale of levels, with bar lines.

    Args:
        group: any; bar lines need its `bpm`.
    Returns:
        A plotly Figure of a few tens of kilobytes a stem.
    """
    from plotly.graph_objects import Heatmap
    from plotly.subplots import make_subplots

    pictures = [_shrunk(mel_db(stem.mono, group.sample_rate)) for stem in group]
    top = max(picture.max() for picture in pictures)
    figure = make_subplots(len(group), 1, shared_xaxes=True, vertical_spacing=min(0.09, 0.3 / len(group)))
    for row, (stem, picture, colour) in enumerate(zip(group, pictures, colours(group.names), strict=True), 1):
        heat = Heatmap(
            z=np.round(picture).astype(np.int8), x0=group.seconds / picture.shape[1] / 2, dx=group.seconds / picture.shape[1],
            y0=BANDS_A_ROW / 2, dy=BANDS_A_ROW, coloraxis="coloraxis", name=as_markup(stem.name), hovertemplate="%{x:.2f} s: %{z} dB",
        )  # fmt: skip
        figure.add_trace(heat, row, 1)
        words = f"<b>{as_markup(stem.name)}</b>  {as_markup(stem.prompt.partition(':')[2])}"
        axis = "" if row == 1 else row
        figure.add_annotation(
            text=words, x=0, xref="paper", y=1, yref=f"y{axis} domain", yanchor="bottom", showarrow=False,
            font={"color": colour, "size": 13},
        )  # fmt: skip
        for second in group.downbeats[group.downbeats > 0]:
            figure.add_vline(second, line={"color": "white", "width": 1}, opacity=0.75, row=row, col=1)
    figure.update_yaxes(
        tickvals=tick_places(), ticktext=[f"{hz:,}" for hz in TICKS_HZ], showgrid=False, title_text="Hz"
    )
    figure.update_xaxes(range=[0, group.seconds], showgrid=False)
    figure.update_xaxes(title_text="seconds; white lines: bars" if group.bpm else "seconds", row=len(group), col=1)
    scale = {"colorscale": "Cividis", "cmin": float(top - RANGE_DB), "cmax": float(top), "colorbar": {"title": "dB"}}
    return dress(
        figure, f"What each stem sounds like: {as_markup(headline(group), 160)}", 90 + 130 * len(group), coloraxis=scale
    )


def activity(group: "StemGroup") -> "Figure":
    """When each stem was asked to play, outlined, and when it does, filled; with the F1 of the two.

    Args:
        group: its `settings["activity"]` says what was asked; a stem that is not named there was left free.
    Returns:
        A plotly Figure.
    """
    from plotly.graph_objects import Bar, Figure

    frame = Grid.of(group.settings).frame
    step = frame / group.sample_rate
    asked = asked_activity(group)
    figure, labels = Figure(), []
    for row, (stem, colour) in enumerate(zip(group, colours(group.names), strict=True)):
        found = sounds_in(stem.mono, frame)
        label = f"<b>{as_markup(stem.name)}</b><br>free"
        if stem.name in asked:
            told = asked[stem.name].numpy() == PLAY
            label = f"<b>{as_markup(stem.name)}</b><br>F1 {activity_scores(told, found)['f1']:.2f}"
            figure.add_trace(_strip(Bar, runs(told, step), row, group.seconds, 0.8, PAPER, INK, "asked to play"))
        labels.append(label)
        figure.add_trace(_strip(Bar, runs(found, step), row, group.seconds, 0.5, colour, colour, "plays"))
    for second in group.downbeats:
        figure.add_vline(second, line={"color": "#c2c9d1", "width": 1}, layer="below")
    figure.update_xaxes(range=[0, group.seconds], title_text="seconds; lines: bars", showgrid=False)
    figure.update_yaxes(
        tickvals=list(range(len(group))), ticktext=labels, range=[len(group) - 0.5, -0.5], showgrid=False
    )
    title = "Who plays when: filled, as found" + ("; outlined, as asked" if asked else "")
    return dress(figure, title, 120 + 58 * len(group), barmode="overlay", showlegend=False)


def chroma_agreement(group: "StemGroup") -> "Figure":
    """How far each pair of pitched stems agrees in harmony: 0 for unrelated stems, 1 at the most.

    Args:
        group: with a `bpm`, and at least two stems besides drums and percussion.
    Returns:
        A plotly Figure; a pair that never sounds together stays blank.
    Raises:
        ValueError: no tempo, or fewer than two pitched stems.
    """
    from plotly.graph_objects import Figure, Heatmap

    stems = [stem for stem in group if stem.name.split()[0] not in UNPITCHED]
    if not group.bpm:
        raise ValueError("group: has no bpm, which sets the windows to compare; set group.bpm.")
    if len(stems) < 2:
        raise ValueError(
            f"group: has the stems {', '.join(group.names)}; it takes two pitched ones, such as {PITCHED[:2]}."
        )
    names = [as_markup(stem.name) for stem in stems]
    pitches = [chroma(resample(stem.mono, group.sample_rate, SAMPLE_RATE), group.bpm) for stem in stems]
    table = np.full((len(stems), len(stems)), np.nan)
    for a, b in combinations(range(len(stems)), 2):
        table[a, b] = table[b, a] = np.nan if (found := agreement(pitches[a], pitches[b])) is None else found
    words = [[f"{value:.2f}" if np.isfinite(value) else "" for value in line] for line in table]
    heat = Heatmap(
        z=table.round(3), x=names, y=names, zmin=0, zmax=0.6, colorscale="Cividis", text=words, texttemplate="%{text}",
        hovertemplate="%{y} and %{x}: %{z}<extra></extra>", colorbar={"title": "agreement"}, xgap=2, ygap=2,
    )  # fmt: skip
    figure = Figure(heat)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=False)
    return dress(figure, "Do the stems agree in harmony? 0: unrelated, 1: the most", 150 + 62 * len(stems))


def _shrunk(picture: np.ndarray) -> np.ndarray:
    """Bands by frames, with neighbours joined by their loudest: at most COLUMNS columns."""
    wide = -(-picture.shape[1] // COLUMNS)
    padded = np.pad(picture, ((0, -len(picture) % BANDS_A_ROW), (0, -picture.shape[1] % wide)), mode="edge")
    rows, columns = len(padded) // BANDS_A_ROW, padded.shape[1] // wide
    return padded.reshape(rows, BANDS_A_ROW, columns, wide).max((1, 3))


def _strip(bar, spans, row: int, seconds: float, width: float, fill: str, edge: str, what: str):
    """One stem's stretches of time as bars on its row."""
    starts = [start for start, _ in spans]
    lengths = [min(end, seconds) - start for start, end in spans]
    return bar(
        base=starts, x=lengths, y=[row] * len(starts), width=width, orientation="h", name=what,
        marker={"color": fill, "line": {"color": edge, "width": 1.6}}, hovertemplate=what + " from %{base:.2f} s<extra></extra>",
    )  # fmt: skip
