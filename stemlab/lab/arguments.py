"""Checks of single arguments: each raises a ValueError of one line that names the argument, what it got and what it takes."""

from numbers import Integral, Real
from typing import Any


def check_number(name, value, low, high, meaning, optional=False, whole=False) -> None:
    if value is None and optional:
        return
    kind = Integral if whole else Real
    if isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high:
        wanted = "a whole number" if whole else "a number"
        raise ValueError(f"{name}: got {shown(value)}; it takes {wanted} from {low} to {high} ({meaning}).")


def check_text(name: str, value: Any) -> None:
    """ValueError unless `value` is a text, of characters that can be written down."""
    if not isinstance(value, str):
        raise ValueError(f"{name}: got {shown(value)}; it takes a text.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{name}: got {shown(value)}, with bytes in it that are no UTF-8; write it anew.") from None


def shown(value: Any) -> str:
    """What was given, in a line that is not too long.

    >>> shown(10**400)
    '1000000000000000000000000000...0000000000000000000000000000'
    """
    try:
        text = repr(value)
    except ValueError:  # a number of more digits than Python writes
        text = f"a number of {value.bit_length() // 3} digits and more"
    return text if len(text) <= 60 else f"{text[:28]}...{text[-28:]}"
