"""ActivityGrid: paint which stem plays in which bar, and give that to `lab.generate(activity=...)`.

Lesson: 08_who_plays_when.ipynb
"""

import os
from collections.abc import Sequence

import traitlets

from stemlab.activity import split_bars
from stemlab.figures.colours import colours
from stemlab.songs.names import unique_names
from stemlab.widgets.kept import KeptWidget, frame
from stemlab.widgets.page import page, script, source, write_page

SCRIPT = script("dom.js", "shell.js", "keys_help.js", "grid.js", render="renderGrid")
STYLE = source("theme.css", "grid.css")


class ActivityGrid(KeptWidget):
    """A grid of stems by bars, or by beats, painted by mouse, finger or keyboard.

    Its `value` is a dict, a character a bar for each stem: `x` plays, `.` rests; with `/` between bars, four characters
    are a bar's beats. Setting it repaints the grid; stems that it does not name are free: the model decides when they play.

    Args:
        stems: names or prompts of stems, as `lab.generate` takes them.
        bars: 1 to 64.
        value: what to begin with; all stems on by default, all free with `{}`.
    Raises:
        ValueError: no stems, bars out of range, a stem that is not there, a wrong length or character.

    >>> grid = ActivityGrid(["drums: tight funk kit", "bass"], bars=4, value={"drums": ".xxx"})
    >>> grid.value
    {'drums': '.xxx'}
    """

    _esm = SCRIPT
    _css = STYLE
    stems = traitlets.List(traitlets.Unicode(), read_only=True).tag(sync=True)
    colours = traitlets.List(traitlets.Unicode(), read_only=True).tag(sync=True)
    bars = traitlets.Int(4, read_only=True).tag(sync=True)
    value = traitlets.Dict().tag(sync=True)

    def __init__(self, stems: Sequence[str], bars: int = 4, value: dict[str, str] | None = None):
        if isinstance(stems, str) or not stems:
            raise ValueError(f'stems: got {stems!r}; it takes a list of at least one, such as ["drums", "bass"].')
        if not isinstance(bars, int) or not 1 <= bars <= 64:
            raise ValueError(f"bars: got {bars!r}; it takes a whole number, 1 to 64.")
        names = unique_names(stems)
        first = _whole(dict.fromkeys(names, "x" * bars) if value is None else value, names, bars)
        super().__init__()
        for name, told in {"stems": names, "colours": colours(names), "bars": bars}.items():
            self.set_trait(name, told)
        self.value = first

    @traitlets.validate("value")
    def _check_value(self, proposal: dict) -> dict[str, str]:
        return _whole(proposal["value"], self.stems, self.bars)

    def to_html(self, path: str | os.PathLike | None = None) -> str:
        """A self-contained page of the grid, which shows its value to copy; written to `path` too."""
        return write_page(self._page_html(), path)

    def kept_html(self) -> str:
        """See `KeptWidget`."""
        return frame([self._page_html()], f"Grid of {', '.join(self.stems)}", 130 + 36 * len(self.stems), self.kept)

    @traitlets.observe("value")
    def _painted(self, _: dict) -> None:
        self._keep_again()

    def _page_html(self) -> str:
        state = {name: getattr(self, name) for name in ("stems", "colours", "bars", "value")}
        return page("Who plays when", f"{self.bars} bars", SCRIPT, STYLE, state)


def _whole(value: dict[str, str], names: Sequence[str], bars: int) -> dict[str, str]:
    """The patterns in the order of the stems; ValueError for one that makes no sense."""
    if not isinstance(value, dict):
        raise ValueError(f'value: got {value!r}; it takes a dict such as {{"drums": "{"x" * bars}"}}.')
    for name, marks in value.items():
        if name not in names:
            raise ValueError(f"value: got the stem {name!r}; the grid has {', '.join(names)}.")
        told = split_bars(marks) if isinstance(marks, str) else []
        if len(told) != bars or any(len(bar) not in (1, 4) or set(bar) - set("x.") for bar in told):
            raise ValueError(
                f"value: got {marks!r} for {name!r}; it takes {bars} characters, x plays and . rests, or four a bar with "
                "'/' between bars."
            )
    return {name: value[name] for name in names if name in value}
