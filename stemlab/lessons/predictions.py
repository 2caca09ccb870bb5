"""Numbers that a reader predicts before the machine gives them: kept, scored, and shown on one page at the end.

A prediction is a range that one is 80 % sure of. Whoever is well calibrated has four of five truths inside; the first answer
to a question counts, for the second has seen the truth.

Source of the score: Gneiting and Raftery 2007, "Strictly Proper Scoring Rules", JASA 102, equation (43).
Lesson: 11_stem_studio.ipynb
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from stemlab.checkpoints.folders import write_text

SURE = 0.8
Range = tuple[float, float] | None


def settle(question: str, between: Range, truth: Callable[[], float], unit: str = "") -> None:
    """Compare a range with the truth, which is computed only now, and keep both.

    Args:
        question: lesson and what is asked, such as "05: harmony at rho 0.7"; what is kept is kept under it.
        between: lowest and highest value that the reader thinks likely, 80 % sure; None while the question is open.
        truth: computes the number.
        unit: of all three.
    Raises:
        AssertionError: not two numbers, or the first is not below the second.
    """
    if between is None:
        print(f"Your prediction is still open ({question}): a range, such as (0.2, 0.5), that you are 80 % sure of.")
        return
    assert isinstance(between, tuple | list) and len(between) == 2, (
        f"A prediction is two numbers, the lowest and the highest that you think likely; this is {between!r}."
    )
    low, high = map(float, between)
    assert low < high, f"The range ({low:g}, {high:g}) is empty: the lower number comes first."
    kept = read()
    if question in kept:
        first = kept[question]
        print(f"You answered this once: ({first['low']:g}, {first['high']:g}). That one counts.")
        low, high, found = first["low"], first["high"], first["truth"]
    else:
        found = float(truth())
        kept[question] = {"low": low, "high": high, "truth": found, "unit": unit}
        write_text(place(), json.dumps(kept, indent=1) + "\n")
    hit = low <= found <= high
    print(
        f"{'[ok] inside' if hit else '[out]'}: it is {found:.3g} {unit}, you said {low:g} to {high:g}.".replace(
            " ,", ","
        )
    )
    print(f"Score {score(low, high, found):.3g} (the width, and ten times what you missed by; lower is better).")


def score(low: float, high: float, truth: float) -> float:
    """Interval score: the width of the range, and `2 / (1 - 0.8)` times the distance of a truth outside it."""
    return high - low + 2 / (1 - SURE) * max(low - truth, truth - high, 0.0)


def place() -> Path:
    """Where predictions are kept: the file named by STEMLAB_PREDICTIONS, or `predictions.json` beside the notebook."""
    return Path(os.environ.get("STEMLAB_PREDICTIONS", "predictions.json"))


def read() -> dict[str, dict]:
    """All kept predictions by question; empty before the first.

    Raises:
        ValueError: the file is no list of predictions.
    """
    if not place().exists():
        return {}
    try:
        kept = json.loads(place().read_text(encoding="utf-8"))
        return {
            question: {**told, "hit": told["low"] <= told["truth"] <= told["high"]} for question, told in kept.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{place()} does not hold predictions ({error}): move it away, and a new one is begun"
        ) from error


def calibration() -> Figure | None:
    """The page at the end: each range beside its truth, and how many of them held. None, and a word, when there is nothing yet."""
    kept = read()
    if not kept:
        print(f"No predictions are kept yet in {place()}: fill in a range in the exercises, and come back.")
        return None
    hits = sum(told["hit"] for told in kept.values())
    print(f"{hits} of {len(kept)} truths lay inside; of ranges that are 80 % sure about {SURE * len(kept):.1f} should.")
    print(verdict(hits, len(kept)))
    figure, axes = plt.subplots(figsize=(8, 1 + 0.4 * len(kept)), layout="constrained")
    for row, told in enumerate(kept.values()):
        middle, half = (told["low"] + told["high"]) / 2, (told["high"] - told["low"]) / 2
        away = max(-4.0, min(4.0, (told["truth"] - middle) / half))
        axes.plot([-1, 1], [row, row], color="#8a929b", linewidth=6, solid_capstyle="butt")
        axes.plot(away, row, "o" if told["hit"] else "X", color="#0b62c4" if told["hit"] else "#e08a00", markersize=9)
    axes.set_yticks(range(len(kept)), list(kept))
    axes.set(
        xlim=(-4.3, 4.3),
        xlabel="where the truth lay; grey: your range (beyond 4: at the edge)",
        title="How sure were you?",
    )
    axes.invert_yaxis()
    return figure


def verdict(hits: int, count: int) -> str:
    """One sentence on a share of ranges that held."""
    if count < 5:
        return "Too few to judge: five or more tell something."
    share, error = hits / count, (SURE * (1 - SURE) / count) ** 0.5
    if share < SURE - error:
        return "Surer than you may be: make your ranges wider."
    if share > SURE + error:
        return "Less sure than you may be: your ranges can be narrower."
    return "Well calibrated, as far as so few tell."
