"""A table of names to correct: names.csv in a folder of songs says what each of its files is, and is kept.

Lesson: 10_bring_your_own_music.ipynb
"""

import csv
import io
from pathlib import Path

from stemlab.checkpoints.folders import write_text

TABLE = "names.csv"
LEFT_OUT = {"", "-", "mix"}  # names of files that are no stems


def read_names(folder: Path) -> dict[str, str]:
    """What names.csv says: path of a file within the folder, with "/", to its name; nothing where there is no table.

    Raises:
        ValueError: it is no table with the columns "file" and "name".
    """
    file = folder / TABLE
    if not file.is_file():
        return {}
    try:
        rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    except (OSError, ValueError, csv.Error) as error:
        raise ValueError(
            f"DIR: {str(file)!r} is no table that can be read ({error}); remove it to start anew."
        ) from error
    if not all({"file", "name"} <= set(row) and isinstance(row["name"], str) for row in rows):
        raise ValueError(f'DIR: {str(file)!r} takes two columns, "file" and "name", apart by commas.')
    return {row["file"].replace("\\", "/"): row["name"].strip() for row in rows}


def write_names(folder: Path, found: dict[str, str]) -> tuple[int, int]:
    """Write names.csv: what it said already stays, and files that it did not have are added.

    Args:
        folder: of the songs.
        found: path of each file within the folder to the name that was read from it.
    Returns:
        how many rows were kept, and how many were added.
    """
    kept = read_names(folder)
    rows = {**found, **kept}
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("file", "name"))
    table.writerows(sorted(rows.items()))
    write_text(folder / TABLE, out.getvalue())
    return len(kept), len(rows) - len(kept)
