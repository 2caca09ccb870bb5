"""Measures of groups on disk, a line each, so that a measurement that was stopped goes on where it was."""

import ast
import hashlib
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from stemlab.checkpoints.folders import explained
from stemlab.data.processes import alone, unheard

PACKAGE = Path(__file__).parent.parent


class Store:
    """JSON lines `{"tag": ..., "index": ..., ...}`, appended as they come.

    Args:
        path: of the file; made with its folder when it is not there.
        setting: JSON-able, all that the measures depend on: rows made under another setting are kept and not used.
        workers: processes that make rows which need no model; 1 makes them in this one.
    """

    def __init__(self, path: Path, setting: Any, workers: int = 1):
        self.path, self.setting, self.workers = path, setting, workers
        self.rows: dict[tuple[str, int], dict] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        for line in text.splitlines():
            try:
                row = json.loads(line)
                self.rows[row["tag"], row["index"]] = row
            except (ValueError, KeyError, TypeError, RecursionError):  # the line that a kill cut short, or none of ours
                continue
        if text and not text.endswith("\n"):
            self._append("\n")

    def fill(
        self, name: str, indices: Iterable[int], make: Callable[[int], dict], setting: Any = None, spread: bool = False
    ) -> list[dict]:
        """Rows of all indices under a name; those that are missing are made by `make(index)`.

        Args:
            name: what the rows are, shown beside the progress bar.
            indices: whole numbers.
            make: gives a row, JSON-able; for `spread` a function that other processes can import.
            setting: what these rows depend on, besides the store's own setting.
            spread: make them in `workers` processes.
        """
        indices, tag = list(indices), f"{name} {digest([self.setting, setting])}"
        missing = [index for index in indices if (tag, index) not in self.rows]
        bar = tqdm(total=len(indices), initial=len(indices) - len(missing), desc=name[:32], mininterval=2, unit="group")
        with bar:
            for index, row in zip(missing, self._made(make, missing, spread), strict=True):
                row = {"tag": tag, "index": index, **row}
                self._append(json.dumps(row) + "\n")
                self.rows[tag, index] = json.loads(json.dumps(row))  # as it reads back
                bar.update()
        return [self.rows[tag, index] for index in indices]

    def _made(self, make, missing, spread):
        if not spread or self.workers == 1 or len(missing) < 2:
            yield from map(make, missing)
            return
        workers = min(self.workers, len(missing))
        with ProcessPoolExecutor(workers, get_context("spawn"), alone) as pool:
            try:
                with unheard():
                    made = pool.map(make, missing)
                yield from made
            finally:
                pool.shutdown(cancel_futures=True)

    def _append(self, text: str) -> None:
        with explained(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(text)


def digest(setting: Any) -> str:
    """Twelve hex digits that stand for anything JSON-able."""
    return hashlib.sha256(json.dumps(setting, sort_keys=True, default=str).encode()).hexdigest()[:12]


def code_identity(*names: str) -> str:
    """Digest of code, its comments, docstrings and layout aside: rows of older measures are not taken for new ones.

    Args:
        names: files of `stemlab/evaluate` without suffix; all of `stemlab/metrics` and none here by default.
    """
    files = [PACKAGE / "evaluate" / f"{name}.py" for name in names] or sorted((PACKAGE / "metrics").glob("*.py"))
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return digest([ast.dump(tree) for tree in trees])
