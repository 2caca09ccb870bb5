"""What stands in for a widget where no kernel runs: a page that plays, kept in the notebook itself and bounded in bytes.

A widget shows two outputs: the live view, and this page. Where the view lives, the page hides itself; where the view
cannot be found any more (a notebook that is opened again, a web page), the page plays and the error is what hides.
"""

import os
from collections.abc import Iterable
from html import escape
from typing import Any
from uuid import uuid4

import anywidget
import traitlets
from IPython.display import display

KEEP_SOUND = 1_000_000  # bytes of a kept page at most, unless the variable of this name says another number
SETTING = "STEMLAB_KEEP_SOUND"
WAIT = "1.5s"  # a live view draws itself within this; until then the page takes no room

FRAME = """<div id="{mark}" class="stemlab-kept"><style>
@keyframes {mark} {{ from {{ max-height: 0; overflow: hidden }} to {{ max-height: none }} }}
#{mark} {{ animation: {mark} 1ms {wait} backwards }}
#{mark} p {{ display: none }}
body:has([data-kept="{mark}"]) #{mark} {{ display: none }}
.jp-OutputArea-child:has([data-kept="{mark}"]) + .jp-OutputArea-child:has(#{mark}) {{ display: none }}
.jp-OutputArea-child:not(:has(.stemlab)):has(+ .jp-OutputArea-child #{mark}) {{ display: none }}
</style><p>{words}: trust this notebook (File, Trust Notebook) or run it to use it.</p>{page}</div>"""
PAGE = (
    '<iframe title="{words}" class="player" allow="autoplay" loading="lazy" onload="{grow}" srcdoc="{html}" '
    'style="width:100%;height:{height}px;border:0"></iframe>'
)
GROW = "this.style.height = this.contentDocument.documentElement.scrollHeight + 'px'"


def most_bytes() -> int:
    """How many bytes a kept page may have; 0 keeps none.

    Raises:
        ValueError: the setting is not a whole number of 0 or more.
    """
    told = os.environ.get(SETTING, str(KEEP_SOUND))
    if not told.strip().isdigit():
        raise ValueError(
            f"{SETTING}: got {told!r}; it takes a number of bytes, such as {KEEP_SOUND}, and 0 keeps none."
        )
    return int(told)


def frame(pages: Iterable[str], words: str, height: int, mark: str = "") -> str:
    """HTML of a page within a page.

    Args:
        pages: the same in fewer and fewer bytes; the first that is small enough is kept.
        words: what it is, for those who cannot see it.
        height: in pixels, until it knows its own.
        mark: of the live view that it stands in for.
    Returns:
        `<div>...</div>`, or a line that says how many bytes it would have taken.
    """
    most, size = most_bytes(), 0
    for page in pages if most else ():
        html = PAGE.format(words=escape(words), grow=GROW, html=escape(page), height=height)
        size = len(html.encode())
        if size <= most:
            return FRAME.format(
                mark=mark or f"k{uuid4().hex[:12]}", wait=WAIT if mark else "0s", words=words, page=html
            )
    why = f"{size:,} bytes are more than the {most:,} that {SETTING} allows" if size else f"{SETTING} is 0"
    return f'<div id="{mark}" class="stemlab-kept">{words}: not kept in the notebook, since {why}. Run the cell.</div>'


class KeptWidget(anywidget.AnyWidget):
    """A widget that leaves a page behind: what `kept_html` gives."""

    kept = traitlets.Unicode(read_only=True).tag(sync=True)

    def __init__(self, **traits: Any):
        self._shown = False
        super().__init__(**traits)
        self.set_trait("kept", f"k{uuid4().hex[:12]}")

    def kept_html(self) -> str:
        """The page within a page that stands in for this widget."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict]:
        data, about = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**data, "text/html": self.kept_html()}, about

    def _ipython_display_(self) -> None:
        """Two outputs: JupyterLab draws one kind of each, and would always take the live view."""
        self._shown = True
        view, about = super()._repr_mimebundle_() or ({}, {})
        display({**view, "text/plain": ""}, metadata=about, raw=True)
        display(self._page(), raw=True, display_id=self.kept)

    def _keep_again(self) -> None:
        """The page, once more, in every output that has it."""
        if self._shown:
            display(self._page(), raw=True, display_id=self.kept, update=True)

    def _page(self) -> dict[str, str]:
        return {"text/html": self.kept_html(), "text/plain": ""}
