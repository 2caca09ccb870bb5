"""The studio's notes, MIDI file, zoom and takes, in JupyterLab and in Notebook 7."""

import io
import re

import mido
import pytest

from .notebook import Notebook, generate, takes


@pytest.fixture
def studio(page):
    return Notebook(page).cell("studio").locator(".studio")


def test_notes_are_drawn_over_the_waveform_and_come_as_a_midi_file(page, studio):
    lane = studio.locator(".row .lane").nth(1)
    picture = lambda: lane.evaluate("(lane) => lane.toDataURL()")  # noqa: E731
    before = picture()
    button = studio.get_by_role("button", name="Show the notes")
    button.click()
    page.wait_for_function("([lane, before]) => lane.toDataURL() !== before", arg=[lane.element_handle(), before])
    assert button.get_attribute("aria-pressed") == "true"
    studio.get_by_text("Files").click()
    with page.expect_download() as caught:
        studio.get_by_role("button", name="Download the notes").click()
    file = mido.MidiFile(file=io.BytesIO(caught.value.path().read_bytes()))
    assert [track.name for track in file.tracks[1:]] == ["drums", "bass"]
    studio.get_by_text("Files").click()
    button.click()
    page.wait_for_function("([lane, before]) => lane.toDataURL() === before", arg=[lane.element_handle(), before])


def test_zoom_shows_a_bar_as_wide_as_the_lane_and_the_whole_again(page, studio):
    place = "(root) => parseFloat(root.querySelector('.mixer .playhead').style.left)"
    studio.evaluate("(root) => root.querySelector('.mixer').engine.seek(0.5)")  # in the middle of the first of two bars
    button = studio.get_by_role("button", name="Zoom into")
    for pressed, percent in (("true", 50), ("false", 25)):
        button.click()
        assert button.get_attribute("aria-pressed") == pressed
        assert studio.evaluate(place) == pytest.approx(percent, abs=0.5)


def test_a_take_is_undone_and_redone(page, studio):
    buttons = studio.locator(".take > button:first-child")
    generate(studio, len(takes(studio)) + 1)
    *_, before, made = (
        text.split()[0] for text in buttons.all_inner_texts()
    )  # numbers: one that was deleted leaves a gap
    for button, number in (("Undo: back", before), ("Redo: forward", made)):
        studio.get_by_role("button", name=button).click()
        studio.locator(".take > button:first-child[aria-pressed=true]", has_text=re.compile(f"^{number} ")).wait_for()


def test_two_changes_before_the_kernel_answers_both_count_with_a_second_page_open(page, studio, notebook):
    """The notebook's own page: in Notebook 7 another one has changed the form since."""
    studio.get_by_label("Words for bass").fill("bass: fretless")
    studio.get_by_label("Words for bass").press("Enter")
    studio.get_by_role("button", name="Fit bass").wait_for()
    first = notebook.cell("studio").locator(".studio")
    first.get_by_role("button", name="Fit bass").wait_for()
    first.evaluate("""(studio) => ["drums: brushes", "bass: slap"].forEach((words, row) => {
      const input = studio.querySelector(`[data-key="stem ${row}"]`);
      input.value = words;
      input.dispatchEvent(new Event("change"));
    })""")
    assert "drums: brushes, bass: slap" in notebook.value("print(', '.join(s['prompt'] for s in studio.form['stems']))")
    first.get_by_label("Words for drums").fill("drums: kit")
    first.get_by_label("Words for drums").press("Enter")
    studio.get_by_role("button", name="Fit drums").wait_for(state="hidden")


def test_a_studio_of_four_stems_fits_900_pixels(page, studio, screens, request):
    page.set_viewport_size({"width": 1200, "height": 1300})
    studio.evaluate("(root) => root.querySelectorAll('details.fold').forEach((fold) => { fold.open = false; })")
    studio.get_by_role("button", name="Show the notes").click()
    studio.locator(".mixer button[aria-label^='Show the notes'][aria-pressed=true]").wait_for()
    name = request.node.callspec.id
    studio.screenshot(path=screens / f"studio_{name}.png")
    page.screenshot(path=screens / f"page_{name}.png")
    studio.get_by_role("button", name="Show the notes").click()
    rows = studio.locator(".mixer .row")
    row = rows.nth(1).bounding_box()["y"] - rows.nth(0).bounding_box()["y"]
    assert rows.count() == 2 and studio.bounding_box()["height"] + 2 * row <= 900
