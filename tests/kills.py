"""A kill before each file operation of a writer, for real: a forked child ends itself there, without any cleaning up."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink", "shutil.rmtree"}
DONE, KILLED, FAILED = 0, 77, 99


def killed_at_each_step(
    place: Path, begin: Callable[[Path], object], act: Callable[[Path], object], steps: Iterable[int] = range(500)
) -> Iterator[Path]:
    """Folders in which `act` was killed before its first operation, its second, and so on; the last one is done.

    Args:
        place: where the folders go, `place/N/out`.
        begin: prepares a folder.
        act: writes into it.
        steps: numbers of the operations; all by default.
    """
    for step in steps:
        folder = place / str(step) / "out"
        folder.parent.mkdir(parents=True)
        begin(folder)
        child = os.fork()
        if not child:
            _child(step, lambda: act(folder))  # noqa: B023
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in (DONE, KILLED), f"the writer failed with {code} at step {step}"
        yield folder
        if code == DONE:
            return
    assert steps != range(500), "not done after 500 operations"


def _child(step: int, act: Callable[[], object]) -> None:
    """Run `act` and end the process: before file operation number `step`, or behind the last."""
    seen = -1

    def count(event: str, told: tuple) -> None:  # called by Python itself before each of them
        nonlocal seen
        writes = event == "open" and isinstance(told[2], int) and told[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in CHANGES:
            seen += 1
            if seen == step:
                os._exit(KILLED)

    try:
        sys.addaudithook(count)
        act()
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(FAILED)
    os._exit(DONE)
