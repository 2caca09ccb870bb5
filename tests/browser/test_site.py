"""A lesson as `make site` writes it: read and played from the disk, with no kernel and no network."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import LOG_STARTS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The page of the quickest lesson, and the index."""
    pytest.importorskip("nbconvert", reason="no nbconvert: pip install -e .[lab]")
    out = tmp_path_factory.mktemp("site")
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    words = [sys.executable, str(ROOT / "notebooks" / "publish.py"), "site", "--only", "01", "--out", str(out)]
    subprocess.run(words, check=True, env={**os.environ, "PYTHONPATH": paths})
    return out


@pytest.fixture
def lesson(browser, site):
    page, seen = browser.new_page(viewport={"width": 1000, "height": 900}), []
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("console", lambda line: seen.append(line.text) if line.type == "error" else None)
    page.on("request", lambda request: seen.append(request.url) if request.url.startswith("http") else None)
    page.add_init_script(LOG_STARTS)
    page.goto((site / "01_stems_and_mixes.html").as_uri())
    yield page
    page.close()
    assert seen == []


def test_a_page_plays_its_stems_together(lesson):
    lesson.locator("iframe.player").first.scroll_into_view_if_needed()
    frame = lesson.locator("iframe.player").first.element_handle().content_frame()
    frame.get_by_role("button", name="Play").click()
    frame.wait_for_function("window.starts.length > 0")
    starts = frame.evaluate("window.starts")
    assert len(starts) == 5 and len({start["when"] for start in starts}) == 1


def test_a_player_is_as_tall_as_what_it_shows(lesson):
    for player in lesson.locator("iframe.player").all():  # the second has a row more, to change between A and B
        player.scroll_into_view_if_needed()
        frame = player.element_handle().content_frame()
        frame.get_by_role("button", name="Play").wait_for()
        frame.wait_for_function("document.documentElement.scrollHeight <= window.innerHeight")


def test_a_solution_is_folded_until_it_is_asked_for(lesson):
    folded = lesson.locator("details:has(.celltag_solution)")
    assert folded.count() == lesson.locator(".celltag_solution").count() == 3
    for solution in folded.all():
        assert not solution.locator("pre").first.is_visible()
        solution.locator("summary").click()
        assert solution.locator("pre").first.is_visible()
    assert lesson.locator("details .celltag_exercise, details #Recap").count() == 0


def test_a_page_shows_equations_and_figures(lesson, screens):
    assert lesson.locator("math[display=block]").count() == 5
    assert "(3)" in lesson.locator(".equation").nth(2).inner_text()
    assert lesson.locator(".js-plotly-plot .main-svg").count() >= 1
    assert lesson.locator("img").count() >= 5
    assert lesson.locator(".kernel").count() >= 1  # a slider needs Python, and the page says so
    assert "$" not in lesson.locator("body").inner_text()
    lesson.screenshot(path=screens / "site.png")


def test_links_lead_to_pages_not_to_notebooks(site):
    text = (site / "01_stems_and_mixes.html").read_text(encoding="utf-8")
    assert 'href="02_latents.html"' in text and ".ipynb" not in text
    index = (site / "index.html").read_text(encoding="utf-8")
    assert 'href="01_stems_and_mixes.html"' in index and "What is a stem?" in index and "half a minute" in index


def test_a_page_is_made_of_what_the_lesson_says(site):
    lesson = json.loads((ROOT / "notebooks" / "01_stems_and_mixes.ipynb").read_text(encoding="utf-8"))
    heads = [line[3:].strip() for c in lesson["cells"] for line in c["source"] if line.startswith("## ")]
    text = (site / "01_stems_and_mixes.html").read_text(encoding="utf-8")
    assert [head for head in heads if head.replace("'", "&#39;") not in text and head not in text] == []


def test_the_page_that_makes_bands_is_beside_the_lessons(browser, site):
    index = (site / "index.html").read_text(encoding="utf-8")
    if not (site / "band.html").exists():
        assert "band.html" not in index  # no runtime could be fetched: the site says nothing of it
        pytest.skip("no npm, or no network, to fetch the runtime for the browser")
    assert 'href="band.html"' in index
    names = {"prepare.onnx", "velocity.onnx", "bands.onnx", "spectrum.onnx", "settings.json"}
    assert names < {file.name for file in (site / "band").iterdir()} and (site / "band-offline.js").exists()
