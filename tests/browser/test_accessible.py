"""axe-core finds nothing to complain of in player, mixer, grid and studio, in light and dark."""

import pytest

from stemlab.widgets.activity_grid import ActivityGrid

from .notebook import generate, takes

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe: pip install -e .[dev]")


def complaints(page, context=None):
    found = axe.Axe().run(page, context=context).response["violations"]
    return [(v["id"], [node["target"] for node in v["nodes"]][:4]) for v in found]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("what", ["player", "grid"])
def test_a_page_has_no_violations(show, group, what, dark):
    page = show(
        group.to_html() if what == "player" else ActivityGrid(["drums", "bass"], value={"bass": "x..x"}).to_html(),
        900,
        dark,
    )
    page.locator(".stemlab").wait_for()
    if what == "player":
        page.wait_for_function("document.querySelector('.mixer').engine.buffers")
        page.get_by_text("Files").click()
        page.get_by_role("button", name="Tone of bass").click()
        page.get_by_role("button", name="Mute twin").click()
    assert complaints(page) == []


@pytest.mark.parametrize("cell", ["studio", "mixer", "grid"])
def test_a_widget_in_a_notebook_has_no_violations(notebook, cell):
    studio = notebook.cell("studio").locator(".studio")
    if not takes(studio):
        generate(studio, 1)
    found = complaints(notebook.page, ".studio" if cell == "studio" else f".{cell}Shell")
    assert [one for one in found if one[0] not in ("region", "heading-order")] == []  # those are of the whole page
