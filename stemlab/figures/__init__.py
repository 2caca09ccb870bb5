"""Figures for lessons and reports: plotly, small enough to stay in a notebook, one colour a stem everywhere.

May import all rooms down to training.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stemlab.figures.curves import loss_curve, quality_bars
    from stemlab.figures.flow import trajectory, vector_field
    from stemlab.figures.groups import activity, chroma_agreement, mel_spectrograms
    from stemlab.figures.picture import overview

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

_HOMES = {
    "curves": ("loss_curve", "quality_bars"),
    "flow": ("trajectory", "vector_field"),
    "groups": ("activity", "chroma_agreement", "mel_spectrograms"),
    "picture": ("overview",),
}


def __getattr__(name: str) -> Any:
    """Import a figure when it is first drawn: saving a group needs matplotlib alone, a plot plotly alone."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"stemlab.figures.{home}"), name)
    raise AttributeError(f"module 'stemlab.figures' has no attribute {name!r}")
