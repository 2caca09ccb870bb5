"""A table of names to correct: names.csv in a folder of songs says what each of its files is, and is kept.

Lesson: 10_bring_your_own_music.ipynb
"""

import csv
import io
from pathlib import Path

from stemlab.checkpoints.folders import write_text
from stemlab.checkpoints.json_files import MOST_LETTERS

TABLE = "names.csv"
MOST_BYTES = 16_000_000
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
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ValueError(f"longer than {MOST_BYTES:,} bytes")
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    except (OSError, ValueError, csv.Error) as error:
        raise ValueError(
            f"DIR: {str(file)!r} is no table that can be read ({error}); remove it to start anew."
        ) from error
    if not all(isinstance(row.get(column), str) for row in rows for column in ("file", "name")):
        raise ValueError(f'DIR: {str(file)!r} takes two columns, "file" and "name", apart by commas.')
    if long := [row["file"] for row in rows if len(row["name"]) > MOST_LETTERS]:
        raise ValueError(f"DIR: {str(file)!r} has more than {MOST_LETTERS:,} letters as the name of {long[0]!r}.")
    return {row["file"].replace("\\", "/"): row["name"].strip() for row in rows}


def write_names(folder: Path, found: dict[str, str]) -> tuple[int, int]:
    """Write names.csv: what it said already stays, and files that it did not have are added.

    Args:
        folder: of the songs.
        found: path of each file within the folder to the name that was read from it.
    Returns:
        how many rows were kept, and how many were added.
    Raises:
        ValueError: as for `read_names`, or a path is no UTF-8.
    """
    kept = read_names(folder)
    for path in found:
        if path.encode("utf-8", "ignore").decode() != path:
            raise ValueError(f"DIR: the name of {path!r} is no UTF-8, which a table could not hold; rename it.")
    rows = {**found, **kept}
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("file", "name"))
    table.writerows(sorted(rows.items()))
    write_text(folder / TABLE, out.getvalue())
    return len(kept), len(rows) - len(kept)
