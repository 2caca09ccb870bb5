"""Losses on the songs that were held out, kept beside a run.

Lesson: 15_fine_tuning.ipynb
"""

import csv
import io
from pathlib import Path

from stemlab.checkpoints.folders import write_text


class Table:
    """Losses on the held-out songs, kept as CSV: `rows` of (step, loss).

    Args:
        file: read when it is there.
        until: rows of this step and later ones are dropped, as they will come again.
    Raises:
        ValueError: it is no such table.
    """

    def __init__(self, file: Path, until: int):
        self.file, self.rows = file, []
        try:
            told = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))) if file.exists() else ()
            rows = [(int(row["step"]), float(row["held_out"])) for row in told]
        except (KeyError, TypeError, ValueError, csv.Error) as error:
            raise ValueError(
                f"out: {str(file)!r} is damaged ({error}): copy it back, or train into another folder."
            ) from None
        self.rows = [row for row in rows if row[0] < until]

    def add(self, step: int, loss: float) -> bool:
        """Add a row; is it the lowest so far?"""
        lowest = not self.rows or loss < min(row[1] for row in self.rows)
        self.rows.append((step, float(f"{loss:.6g}")))
        write_text(self.file, "".join(f"{a},{b}\n" for a, b in [("step", "held_out"), *self.rows]))
        return lowest

    def waited(self) -> int:
        """Checks since the lowest loss."""
        losses = [row[1] for row in self.rows]
        return len(losses) - 1 - losses.index(min(losses))
