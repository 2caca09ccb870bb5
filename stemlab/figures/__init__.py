"""Figures for lessons and reports: plotly, small enough to stay in a notebook, one colour a stem everywhere."""

from stemlab.figures.curves import loss_curve, quality_bars
from stemlab.figures.flow import trajectory, vector_field
from stemlab.figures.groups import activity, chroma_agreement, mel_spectrograms
from stemlab.figures.overview import overview

__all__ = [
    "activity",
    "chroma_agreement",
    "loss_curve",
    "mel_spectrograms",
    "overview",
    "quality_bars",
    "trajectory",
    "vector_field",
]
