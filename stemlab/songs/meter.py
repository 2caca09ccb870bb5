"""Meters: how long a bar and a beat are, and what the network's clock counts.

bpm counts quarter notes in all of them, as sequencers do: a bar of 3/4 and one of 6/8 are three quarters long, and 6/8 has two
beats of three eighths.
"""

from typing import Any

METERS = {  # quarter notes in four bars, two, one, half a bar, a beat, half and a quarter of a beat (in 6/8 a third, a sixth)
    "4/4": (16.0, 8.0, 4.0, 2.0, 1.0, 0.5, 0.25),
    "3/4": (12.0, 6.0, 3.0, 1.5, 1.0, 0.5, 0.25),
    "6/8": (12.0, 6.0, 3.0, 1.5, 1.5, 0.5, 0.25),
}


def bar_of(meter: str) -> float:
    """Quarter notes in a bar."""
    return METERS[meter][2]


def beat_of(meter: str) -> float:
    """Quarter notes in a beat."""
    return METERS[meter][4]


def beats_in(meter: str) -> int:
    """Beats in a bar."""
    return round(bar_of(meter) / beat_of(meter))


def bars_seconds(bars: float, bpm: float, meter: str = "4/4") -> float:
    """Length of so many bars."""
    return bars * bar_of(meter) * 60 / bpm


def check_meter(meter: Any) -> None:
    """ValueError unless it is one of METERS."""
    if not isinstance(meter, str) or meter not in METERS:
        raise ValueError(f"meter: got {meter!r}; it takes one of {', '.join(map(repr, METERS))}.")
