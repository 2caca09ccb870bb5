"""Checks of single arguments: each raises a ValueError of one line that names the argument, what it got and what it takes."""

from numbers import Integral, Real
from typing import Any

from stemlab.checkpoints.json_files import MOST_LETTERS, shown


def check_number(name, value, low, high, meaning, optional=False, whole=False) -> None:
    if value is None and optional:
        return
    kind = Integral if whole else Real
    if isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high:
        wanted = "a whole number" if whole else "a number"
        raise ValueError(f"{name}: got {shown(value)}; it takes {wanted} from {low} to {high} ({meaning}).")


def check_text(name: str, value: Any) -> None:
    """ValueError unless `value` is a text of up to MOST_LETTERS characters, which can be written down."""
    if not isinstance(value, str) or len(value) > MOST_LETTERS:
        long = f", and this one has {len(value):,}: say it shorter" if isinstance(value, str) else ""
        raise ValueError(f"{name}: got {shown(value)}; it takes a text of up to {MOST_LETTERS:,} letters{long}.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{name}: got {shown(value)}, with bytes in it that are no UTF-8; write it anew.") from None
