"""Damaged files for the readers of foreign bytes, and a child process in which a reader may hang, eat memory or crash.

`FUZZ=5000 pytest tests/test_foreign.py` (make fuzz) tries that many on each reader; a few hundred by default, always the same.
"""

import copy
import math
import os
import resource
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FUZZ", 0))
USUAL, SECONDS, GIGABYTES = 200, 10, 2
ODD = [
    None, True, -1, 0, 1, 3, 2.5, 1e308, -1e-9, 10**30, 10**400, 2**63, "", "x", "../../etc/passwd", "a\0b", "\ud83d", "$$", "x" * 300,
    [], {}, [None], [[]], [3, "x"], {"x": 1}, {"frames": "x"}, [1] * 300, {"": {"": []}}, math.nan, math.inf,
]  # fmt: skip


@st.composite
def bytes_like(draw: st.DrawFn, *bases: bytes, near: int = 0, wide: int = 200) -> bytes:
    """One of some files, with up to eight places in it changed, most of them `near` a place, by default its beginning."""
    data = bytearray(draw(st.sampled_from(bases)))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(min(len(data), near), min(len(data), near + wide)) | st.integers(0, len(data)))
        how = draw(st.sampled_from(["flip", "flip", "number", "cut", "more", "swap", "gone"]))
        if how == "flip" and at < len(data):
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif how == "number":
            size = draw(st.sampled_from([1, 2, 4, 8]))
            value = draw(st.sampled_from([0, 1, 2**31 - 1, 2**31, 2**63 - 1, 2**64 - 1, 255, 65_535, 1 << 24, 44_100]))
            data[at : at + size] = (value % 256**size).to_bytes(size, draw(st.sampled_from(["little", "big"])))
        elif how == "cut":
            del data[at:]
        elif how == "more":
            data[at:at] = draw(st.binary(max_size=40))
        elif how == "swap":
            other = draw(st.integers(0, len(data)))
            data[at : at + 16], data[other : other + 16] = data[other : other + 16], data[at : at + 16]
        elif how == "gone":
            del data[at : at + draw(st.integers(1, 40))]
    return bytes(data)


@st.composite
def json_like(draw: st.DrawFn, *bases: Any) -> Any:
    """One of some values that JSON knows, with up to three of its parts replaced by odd ones, taken away or doubled."""
    whole = [copy.deepcopy(draw(st.sampled_from(bases)))]
    for _ in range(draw(st.integers(1, 3))):
        holder, key = whole, 0
        while isinstance(holder[key], dict | list) and holder[key] and draw(st.integers(0, 5)):
            holder = holder[key]
            key = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        how = draw(st.sampled_from(["odd", "odd", "odd", "gone", "more", "deep"]))
        if how == "gone" and holder is not whole:
            del holder[key]
        elif how == "more" and isinstance(holder[key], dict):
            name = draw(st.sampled_from(["x", "file", "stems", "grid"]))
            holder[key][name] = copy.deepcopy(draw(st.sampled_from(ODD)))
        elif how == "more" and isinstance(holder[key], list):
            holder[key].append(copy.deepcopy(draw(st.sampled_from([*ODD, *holder[key]]))))
        elif how == "deep":
            for _ in range(draw(st.sampled_from([1, 3, 100]))):
                holder[key] = [holder[key]]
        else:
            holder[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
    return whole[0]


class Hangs(BaseException):
    """A reader took longer than SECONDS: no `except Exception` swallows it."""


def attack(read: Callable[[Any], object], values: st.SearchStrategy, place: Path, usual: int = USUAL) -> None:
    """Give a reader many values: each is read, or refused by a ValueError, in bounded time and memory.

    It happens in a child, so that a crash is told with the value that caused it, which lies in `place/last`.
    """
    told = place / "told.txt"
    child = os.fork()
    if not child:
        code = 1
        try:
            with Path("/proc/self/statm").open() as sizes:
                now = int(sizes.read().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (now + GIGABYTES * 2**30,) * 2)
            for number in (signal.SIGALRM, signal.SIGPROF):
                signal.signal(number, _hangs)
            _try_all(read, values, place, usual)
            code = 0
        except BaseException:
            lines = [line[:200] for line in traceback.format_exc().splitlines()]
            told.write_text("\n".join(lines)[-4000:], encoding="utf-8", errors="replace")
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    last = (place / "last").read_bytes()[:500] if (place / "last").exists() else b""
    assert code >= 0, f"the reader crashed with signal {-code}; it was given {last!r}, see {place / 'last'}"
    assert code == 0, f"{told.read_text(encoding='utf-8')}\nit was given {last!r}"


def _try_all(read: Callable[[Any], object], values: st.SearchStrategy, place: Path, usual: int) -> None:
    @settings(
        max_examples=EXAMPLES or usual, derandomize=not EXAMPLES, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(values)
    def one(value: Any) -> None:
        (place / "last").write_bytes(value if isinstance(value, bytes) else repr(value).encode(errors="replace"))
        signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of the processor: the machine may be busy
        signal.alarm(20 * SECONDS)  # for what waits
        try:
            read(value)
        except ValueError as error:
            assert not isinstance(error, UnicodeError) and len(str(error)) < 5000, f"{type(error)}: {error}"
            assert str(error).strip()
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.alarm(0)

    one()


def _hangs(number: int, frame: object) -> None:
    raise Hangs(f"longer than {SECONDS} s")
