"""Settings that come from outside, checked key by key: what is wrong is one line that names the key.

Lesson: 09_train_your_own.ipynb
"""

import inspect
import math
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, field, fields
from difflib import get_close_matches
from typing import Any, TypeVar, get_type_hints

Settings = TypeVar("Settings")
WORDS: dict[Any, str] = {
    int: "a whole number", float: "a number", bool: "true or false", str: "a text", str | None: "a text or null",
    dict: "a JSON object", tuple[tuple[int, int], ...]: "a list of [stems, frames]",
}  # fmt: skip


def number(low: float, high: float, default: Any = MISSING) -> Any:
    """A dataclass field for a number from `low` to `high`, both included."""
    return field(default=default, metadata={"bounds": (low, high)})


def fill(kind: type[Settings], given: Mapping[str, Any], bounds: Mapping[str, tuple], strict: bool = True) -> Settings:
    """A dataclass from a JSON object.

    Args:
        kind: a dataclass whose fields are of the types in WORDS.
        given: names and values.
        bounds: of the numbers whose fields name none.
        strict: a key that it does not have is an error, and not left out.
    Raises:
        ValueError: an unknown key, a missing one, another type, or a number out of its bounds.
    """
    hints, known = get_type_hints(kind), {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    if strict:
        check_names(given, known)
    values = {}
    for name, about in known.items():
        limits = about.metadata.get("bounds", bounds.get(name))
        if name in given:
            values[name] = check_value(name, given[name], hints[name], limits)
        elif about.default is MISSING:
            raise ValueError(f"{name}: it is missing; it takes {takes(hints[name], limits)}.")
    return kind(**values)


def check_names(given: Iterable[str], known: Iterable[str], under: str = "") -> None:
    """ValueError when a key is not one of those that are known; the message has the nearest of them."""
    known = list(known)
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}."
            raise ValueError(f"{under}{' '.join(name[:60].split())}: there is no such key; {hint}")


def check_value(name: str, value: Any, kind: Any, limits: tuple | None = None) -> Any:
    """The value, as its type; ValueError when it is of another one or out of its limits."""
    right = value is None if kind == (str | None) and value is None else _is(value, kind)
    if not right or (limits and not limits[0] <= value <= limits[1]):
        raise ValueError(f"{name}: got {short(value)}; it takes {takes(kind, limits)}.")
    if kind == tuple[tuple[int, int], ...]:
        return tuple((stems, frames) for stems, frames in value)
    return float(value) if kind is float else dict(value) if kind is dict else value


def _is(value: Any, kind: Any) -> bool:
    if kind in (int, float):
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole or (kind is float and isinstance(value, float) and math.isfinite(value))
    if kind in (str, str | None):
        return isinstance(value, str) and bool(value.strip()) and "\0" not in value
    if kind == tuple[tuple[int, int], ...]:
        pair = lambda p: isinstance(p, list | tuple) and len(p) == 2 and all(_is(n, int) and 0 < n < 1e6 for n in p)  # noqa: E731
        return isinstance(value, list | tuple) and bool(value) and all(map(pair, value))
    return isinstance(value, Mapping if kind is dict else kind)


def takes(kind: Any, limits: tuple | None = None) -> str:
    """What a key takes, in words."""
    return WORDS[kind] + (f" from {limits[0]:g} to {limits[1]:g}" if limits else "")


def short(value: Any) -> str:
    """A value as it may stand in one line, however large it is."""
    try:
        return " ".join(reprlib.repr(value).split())
    except ValueError:  # of more digits than Python writes
        return "a number of thousands of digits"


def check_model(network: type, model: Mapping[str, Any], bounds: Mapping[str, tuple]) -> dict[str, Any]:
    """Are these arguments of a network? Names, types and defaults are those of its signature.

    Returns:
        all arguments, defaults included.
    Raises:
        ValueError: an unknown one, another type, or a number out of its bounds.
    """
    known = {name: about.default for name, about in inspect.signature(network).parameters.items()}
    check_names(model, known, "model.")
    for name, value in model.items():
        check_value(f"model.{name}", value, type(known[name]), bounds.get(name))
    return {**known, **model}
