"""What the checks say, in another language: `speak("de")` before the first check. The checks themselves stay as they are.

A table maps each English sentence, with `{}` where a check puts a value, to one of the other language. A sentence that the table
does not have is said in English; a test looks that no sentence of a translated lesson is missing.

Lesson: 00_start_here.ipynb
"""

import contextlib
import functools
import inspect
import io
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

from stemlab.lessons import predictions, start_here
from stemlab.lessons.german import GERMAN

TABLES: dict[str, dict[str, str]] = {"en": {}, "de": GERMAN}
SPEAKERS: tuple[ModuleType, ...] = (start_here, predictions)  # the modules whose sentences are in the tables


def speak(code: str) -> None:
    """Let checks and predictions speak a language from now on.

    Args:
        code: "de", or "en" for the language in which they are written.
    Raises:
        ValueError: there is no table for it.
    """
    if code not in TABLES:
        raise ValueError(f"code: got {code!r}; there are {', '.join(map(repr, TABLES))}")
    for module in SPEAKERS:
        for name, function in list(vars(module).items()):
            if name.startswith("check_") or name == "settle":
                plain = inspect.unwrap(function)
                setattr(module, name, plain if code == "en" else _told(plain, TABLES[code]))


def _told(function: Callable, table: dict[str, str]) -> Callable:
    """A check whose prints and refusals are translated."""

    @functools.wraps(function)
    def told(*args: Any, **options: Any) -> Any:
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said):
                return function(*args, **options)
        except AssertionError as error:
            raise AssertionError(translated(str(error), table)) from error
        finally:
            for line in said.getvalue().splitlines():
                print(translated(line, table))

    return told


def translated(text: str, table: dict[str, str]) -> str:
    """A sentence by the table; values that are words of the table themselves are translated too. As it is, where no row fits."""
    for row, other in table.items():
        found = re.fullmatch("(.*?)".join(map(re.escape, row.split("{}"))), text, re.DOTALL)
        if found:
            return other.format(*(translated(value, table) for value in found.groups()))
    return text
