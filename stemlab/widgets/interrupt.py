"""The notebook's "Interrupt" reaches what works in a thread: only the main thread of a kernel hears it.

Lesson: 11_stem_studio.ipynb
"""

import signal
from collections.abc import Callable
from typing import Any


class Interrupts:
    """Calls `stop` when the kernel is interrupted, from `begin` to `end`; outside of a notebook it does nothing.

    Args:
        stop: what to do; quick, and harmless when nothing is going on.
    """

    def __init__(self, stop: Callable[[], None]):
        self._stop = stop
        self._shell: Any = None
        self._before: Any = None

    def begin(self) -> None:
        """Listen, from any thread."""
        from IPython import get_ipython

        shell = get_ipython()
        if self._shell is None and getattr(shell, "kernel", None) is not None:
            self._shell = shell
            shell.events.register("post_run_cell", self._cell_ran)
            shell.kernel.io_loop.add_callback(self._install)  # once the message that is being handled has been

    def end(self) -> None:
        """Listen no more, from any thread."""
        shell, self._shell = self._shell, None
        if shell is not None:
            shell.events.unregister("post_run_cell", self._cell_ran)
            shell.kernel.io_loop.add_callback(self._remove)

    def _install(self) -> None:
        if self._shell is not None and self._before is None:
            self._before = signal.signal(signal.SIGINT, self._caught)

    def _remove(self) -> None:
        if self._before is not None and signal.getsignal(signal.SIGINT) == self._caught:
            signal.signal(signal.SIGINT, self._before)
        self._before = None

    def _caught(self, *given: Any) -> None:
        self._stop()
        if callable(self._before):
            self._before(*given)

    def _cell_ran(self, result: Any) -> None:
        if isinstance(result.error_in_exec, KeyboardInterrupt):
            self._stop()
