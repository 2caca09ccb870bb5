"""What is looked at in the mixer: a bar of it, names of sections, and the notes."""

import json

import numpy as np
import pytest

from stemlab.figures.colours import colours
from stemlab.widgets.mixer import mixer_page

# The pixels of a copy of a stem's lane.
PAINT = """(row) => {
  const lane = document.querySelectorAll(".row .lane")[row];
  const pen = Object.assign(document.createElement("canvas"), { width: lane.width, height: lane.height }).getContext("2d", { willReadFrequently: true });
  pen.drawImage(lane, 0, 0);
  return Array.from(pen.getImageData(0, 0, lane.width, lane.height).data);
}"""


def painted(page, row, colour):
    """Where a stem's lane is fully of its colour: paler is the waveform behind notes, grey are bar lines. `(height, width)`"""
    lane = page.locator(".row .lane").nth(row)
    width = int(lane.evaluate("(lane) => lane.width"))
    picture = np.array(page.evaluate(PAINT, row), np.uint8).reshape(-1, width, 4)
    return (picture == [*bytes.fromhex(colour[1:]), 255]).all(2)


def test_zoom_shows_the_bar_at_the_playhead_and_follows_it(mixer, screens):
    place = "() => document.querySelector('.mixer .playhead').style.left"
    engine = "document.querySelector('.mixer').engine"
    mixer.evaluate(f"{engine}.seek(3)")  # in the middle of bar 2
    assert float(mixer.evaluate(place)[:-1]) == pytest.approx(37.5, abs=0.1)
    mixer.locator(".mixer").focus()
    mixer.keyboard.press("KeyZ")
    assert float(mixer.evaluate(place)[:-1]) == pytest.approx(50, abs=0.1)
    box = mixer.locator(".row .lane").first.bounding_box()
    mixer.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + 20)
    assert mixer.evaluate(f"{engine}.position()") == pytest.approx(2.5, abs=0.01)
    mixer.keyboard.press("ArrowRight")  # into the next bar: the page is turned
    assert float(mixer.evaluate(place)[:-1]) == pytest.approx(25, abs=0.1)
    mixer.screenshot(path=screens / "mixer_zoomed.png")
    mixer.keyboard.press("KeyZ")
    assert float(mixer.evaluate(place)[:-1]) == pytest.approx(100 * 4.5 / 8, abs=0.1)


def test_a_section_is_named_at_the_playhead_and_named_anew(mixer):
    mixer.evaluate("document.querySelector('.mixer').engine.seek(4.2)")
    mixer.locator(".mixer").focus()
    mixer.keyboard.press("KeyN")
    mixer.keyboard.type("verse")
    mixer.keyboard.press("Enter")
    label = mixer.get_by_role("button", name="Section verse, bar 3")
    assert label.evaluate("(one) => one.style.left") == "50%"
    assert mixer.evaluate("document.activeElement.matches('.mixer')")  # keys are the mixer's again
    label.click()
    mixer.get_by_label("Name of the section that begins in bar 3").fill("")
    mixer.keyboard.press("Enter")
    label.wait_for(state="detached")


def test_a_piano_roll_lies_over_the_waveform(show, group, screens):
    notes = [[[0.0, 8.0, 60]], [[4.0, 6.0, 48], [0.0, 1.0, 72]], [], []]
    html = mixer_page(group).replace('"notes": null', f'"notes": {json.dumps(notes)}')
    page = show(html)
    page.wait_for_function("document.querySelector('.mixer').engine.buffers")
    page.get_by_role("button", name="Show the notes").click()
    page.screenshot(path=screens / "mixer_notes.png")
    colour = colours(group.names)[1]
    notes_only = painted(page, 1, colour)[:-12]  # below lies the strip of where it sounds
    height, width = notes_only.shape
    rows, columns = np.nonzero(notes_only)
    high, low = columns[rows < height // 3], columns[rows > height // 2]
    assert high.max() < 0.14 * width  # 0 to 1 s, the higher note
    assert 0.49 * width < low.min() and low.max() < 0.76 * width  # 4 to 6 s, the lower one
    page.get_by_role("button", name="Show the notes").click()
    assert painted(page, 1, colour)[:-12].sum() > 2 * notes_only.sum()  # the waveform is whole again


def test_at_two_hundred_percent_nothing_is_cut_off_and_a_finger_loops_bars(browser, group, tmp_path, screens):
    """A window of 1000 pixels, zoomed to 200 %, has 500 of them."""
    (tmp_path / "page.html").write_text(group.to_html(), encoding="utf-8")
    context = browser.new_context(viewport={"width": 500, "height": 400}, device_scale_factor=2, has_touch=True)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_function("document.querySelector('.mixer').engine.buffers")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    lane = page.locator(".row .lane").nth(1)
    lane.scroll_into_view_if_needed()
    box, touch = lane.bounding_box(), context.new_cdp_session(page)
    for kind, place in (("touchStart", 0.3), ("touchMove", 0.4), ("touchMove", 0.7), ("touchEnd", None)):
        points = [] if place is None else [{"x": box["x"] + place * box["width"], "y": box["y"] + 20}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function("document.querySelector('.mixer').engine.region")
    assert page.evaluate("document.querySelector('.mixer').engine.region") == [2, 6]  # bars 2 and 3
    page.screenshot(path=screens / "mixer_200_percent.png")
    context.close()
