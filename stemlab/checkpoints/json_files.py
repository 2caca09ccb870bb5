"""JSON that came from elsewhere: read with a bound, and whatever is wrong with it is a ValueError."""

import json
from pathlib import Path
from typing import Any

MOST_BYTES = 64_000_000
MOST_LETTERS = 20_000  # of a text that somebody asks with, or that metadata tell


def read_json(file: str | Path, most: int = MOST_BYTES) -> Any:
    """What a JSON file holds.

    Raises:
        ValueError: no such file, longer than `most` bytes, no UTF-8 (also halves of letters, behind a backslash), no JSON, NaN or
            infinity in it, or nested too deeply; names the file.
    """
    file = Path(file)
    try:
        with file.open("rb") as opened:
            data = opened.read(most + 1)
        if len(data) > most:
            raise ValueError(f"it is longer than {most:,} bytes")
        value = json.loads(data.decode("utf-8"), parse_constant=_refuse)
        if b"\\ud" in data.lower():  # could be half a letter, which nothing could write down
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value
    except RecursionError:
        raise ValueError(f"{str(file)!r} is not JSON (nested too deeply)") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else " ".join(str(error).split())
        raise ValueError(f"{str(file)!r} is not JSON ({why})") from error


def cut(text: object, most: int = 2000) -> str:
    """A text in one line of up to `most` letters; of a longer one the beginning, and the end, which says how to mend it.

    >>> cut("of all that\\nis too long the end is told", 30)
    'of all that ... the end is told'
    """
    line = " ".join(str(text).split())
    return line if len(line) <= most else f"{line[: most // 2 - 3].rstrip()} ... {line[-(most // 2) :].lstrip()}"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")


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
