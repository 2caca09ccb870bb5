"""A notebook that is opened again without its kernel, and the web page that nbconvert makes of it, still play."""

import json
import re
import subprocess
import sys

import pytest

from .notebook import Notebook, generate, takes

PLAYS = "document.querySelector('.mixer').engine.position() > 0.05"


@pytest.fixture(scope="module")
def saved(notebook, jupyter):
    """The notebook as it was saved, with a take in its studio, and no kernel any more: as a file and as its name."""
    _, folder = jupyter
    studio = notebook.cell("studio").locator(".studio")
    if not takes(studio):
        generate(studio, 1)
    notebook.value()  # what the kernel sent before is there
    assert not notebook.cell("mixer").locator("iframe").first.is_visible()  # the live view is there
    notebook.save()
    text = (folder / "play.ipynb").read_text(encoding="utf-8")
    (folder / "again.ipynb").write_text(text, encoding="utf-8")
    return folder / "again.ipynb"


def play_in(frame):
    frame.wait_for_function("document.querySelector('.mixer')?.engine.buffers")
    frame.get_by_role("button", name="Play (space)").click()
    frame.wait_for_function(PLAYS)
    frame.page.keyboard.press("Space")


def test_a_saved_notebook_is_small_and_says_its_bytes(saved):
    cells = json.loads(saved.read_text(encoding="utf-8"))["cells"]
    kept = [
        o["data"]["text/html"]
        for c in cells
        for o in c["outputs"]
        if "stemlab-kept" in str(o.get("data", {}).get("text/html"))
    ]
    assert len(kept) == 4
    for html in (text if isinstance(text, str) else "".join(text) for text in kept):
        assert len(html) < 1_000_000
        sound = sum(len(data) * 3 // 4 for data in re.findall('base64,([^&"]+)', html))
        told = re.search(r"([\d,]+) bytes of sound", html)
        assert sound == 0 or abs(int(told[1].replace(",", "")) - sound) < 20


@pytest.mark.parametrize("place", ["doc/tree", "notebooks"], ids=["lab", "notebook7"])
def test_it_plays_when_it_is_opened_again(saved, browser, jupyter, screens, place):
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.set_default_timeout(60_000)
    page.goto(f"{jupyter[0]}/{place}/{saved.name}?reset")
    page.wait_for_function("window.jupyterapp && document.querySelectorAll('.jp-Notebook .jp-Cell').length > 5")
    opened = Notebook(page)
    opened.command("notebook:trust")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    for name in ("mixer", "studio"):
        cell = opened.cell(name)
        cell.scroll_into_view_if_needed()
        cell.locator("iframe").wait_for()
        assert cell.get_by_text("model not found").count() == 0 or not cell.get_by_text("model not found").is_visible()
        assert not cell.get_by_text("Loading widget").first.is_visible()
        play_in(cell.locator("iframe").element_handle().content_frame())
    grid = opened.cell("grid").locator("iframe").element_handle().content_frame()
    grid.wait_for_selector(".cell")
    page.set_viewport_size({"width": 1200, "height": 1400})
    opened.cell("studio").scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    page.screenshot(path=screens / f"reopened_{place.split('/')[0]}.png")
    page.close()


def test_the_page_that_nbconvert_makes_plays(saved, browser, tmp_path):
    words = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", str(tmp_path), str(saved)]
    subprocess.run(words, check=True, capture_output=True)
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.route(re.compile("^https?:"), lambda route: route.abort())  # no network
    page.goto((tmp_path / "again.html").as_uri())
    frames = page.locator(".stemlab-kept iframe")
    assert frames.count() == 4
    for kept in frames.all():
        kept.scroll_into_view_if_needed()
        frame = kept.element_handle().content_frame()
        frame.wait_for_function("document.readyState === 'complete'")
        if frame.locator(".mixer").count():
            play_in(frame)
    page.close()
