"""A notebook with all widgets in a page: cells by name, run by the application's own commands.

What passes by is not waited for: a tiny model makes 50 steps in 0.3 s, and a busy page looks later than that. Either it
is held (`hold`), or it is written down and looked up afterwards (`write_down`).
"""

import json

CELLS = {
    "lab": """
import numpy as np
import stemlab
from stemlab import figures
from stemlab.widgets.activity_grid import ActivityGrid

lab = stemlab.load({weights!r}, device="cpu")
small = dict(stems=["drums: kit", "bass: slap"], bpm=240, bars=2, steps=6)""",
    "studio": "studio = stemlab.studio(lab, **small)\nstudio",
    "other": "other = stemlab.studio(lab, **small)\nother",
    "grid": "grid = ActivityGrid(['drums', 'bass'], bars=4)\ngrid",
    "mixer": "group = lab.generate(small['stems'], bpm=240, bars=2, steps=2)\ngroup.play()",
    "figure": "figures.mel_spectrograms(group)",
    "value": "print('grid', grid.value, 'studio', studio.form['activity'], studio.group and studio.group.names, other.group)",
}
HOLD = """
session = studio._session
tell = session._tell
def held(kind, data):
    tell(kind, data)
    if kind == {kind!r}:
        session._tell = tell
        session._cancel.wait(100)
session._tell = held
print('held')"""
READY = "jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"


class Notebook:
    """A page of JupyterLab or Notebook 7 with one notebook open."""

    def __init__(self, page):
        self.page = page

    @classmethod
    def open(cls, browser, address, path="doc/tree/play.ipynb", seen=None):
        """A new page with the notebook; what its console says of errors goes into `seen`."""
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(90_000)
        if seen is not None:
            page.on("pageerror", lambda error: seen.append(str(error)))
            page.on("console", lambda line: seen.append(line.text) if line.type == "error" else None)
        page.goto(f"{address}/{path}")
        page.wait_for_function("window.jupyterapp && document.querySelectorAll('.jp-Notebook .jp-Cell').length > 5")
        page.wait_for_function(READY)
        return cls(page)

    def cell(self, name):
        return self.page.locator(".jp-Notebook .jp-Cell").nth(list(CELLS).index(name))

    def command(self, name):
        self.page.evaluate(f"void jupyterapp.commands.execute('{name}')")

    def run_all(self):
        self.command("notebook:run-all-cells")
        self.cell("value").locator(".jp-OutputArea-output", has_text="grid").wait_for(timeout=300_000)

    def value(self, code=""):
        """Run the last cell once more, with other code in it for this time, and what it prints."""
        cell = self.cell("value")
        before = cell.locator(".jp-InputPrompt").inner_text()
        cell.locator(".cm-content").click()
        if code:
            self.page.keyboard.press("Control+A")
            self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_function(
            "([cell, before]) => /\\d/.test(cell.innerText) && cell.innerText !== before",
            arg=[cell.locator(".jp-InputPrompt").element_handle(), before],
        )
        printed = cell.locator(".jp-OutputArea-output").inner_text()
        if code:
            cell.locator(".cm-content").click()
            self.page.keyboard.press("Control+A")
            self.page.keyboard.insert_text(CELLS["value"])
        return printed

    def hold(self, kind):
        """The next "progress" or "sketch" that the first studio tells is its last word until it is cancelled."""
        assert "held" in self.value(HOLD.replace("{kind!r}", repr(kind)))

    def save(self):
        """Write the notebook to disk and read it."""
        self.page.evaluate("jupyterapp.commands.execute('docmanager:save')")


def write(path, weights):
    """The notebook, not yet run, as a file."""
    sources = [source.replace("{weights!r}", repr(str(weights))).strip() for source in CELLS.values()]
    cells = [
        {"cell_type": "code", "id": f"c{i}", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        for i, source in enumerate(sources)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path.write_text(json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}), "utf-8")


def takes(studio):
    return [text.split(" ", 1)[1] for text in studio.locator(".take > button:first-child").all_inner_texts()]


def generate(studio, count):
    """Press Generate and wait until there are so many takes, the last one ready to be played."""
    studio.get_by_role("button", name="Generate all stems").click()
    heard(studio, count)


def heard(studio, count):
    """Wait until there are so many takes, and the mixer is that of the current one and can play it."""
    studio.locator(".take").nth(count - 1).wait_for()
    studio.page.wait_for_function(
        """(root) => {
          const current = root.querySelector(".take > button:first-child[aria-pressed=true]").innerText.split(" ")[0];
          return root.querySelector(".heard").dataset.take === String(current - 1) && root.querySelector(".mixer").engine.buffers?.length > 0;
        }""",
        arg=studio.element_handle(),
    )


def write_down(place):
    """From now on all that is said in `place` is kept; the function that this gives tells it."""
    place.evaluate("""(root) => {
      root.said = [];
      new MutationObserver((changes) => root.said.push(...changes.map(({ target }) => target.textContent))).observe(root, { childList: true, characterData: true, subtree: true });
    }""")
    return lambda: "\n".join(place.evaluate("(root) => root.said"))


def unfold(studio, title):
    """Open one of the studio's folds, whether or not it is open already."""
    studio.locator("details.fold", has=studio.page.get_by_text(title, exact=True)).evaluate(
        "(fold) => { fold.open = true; }"
    )
