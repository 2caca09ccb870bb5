"""Widgets in a real JupyterLab: a notebook is opened and run, and used by mouse and keys."""

import base64
import re

import numpy as np
import pytest
import soundfile

from .notebook import generate, heard, takes, unfold

# How many pixels of the first stem's waveform are painted.
PAINTED = """(root) => {
  const lane = root.querySelector(".row .lane");
  return lane.getContext("2d").getImageData(0, 0, lane.width, lane.height).data.filter((byte, i) => i % 4 === 3 && byte > 0).length;
}"""


@pytest.fixture
def studio(notebook):
    return notebook.cell("studio").locator(".studio")


def test_a_click_on_generate_makes_a_band_that_plays(studio):
    if not takes(studio):
        assert studio.locator(".mixer .row.unmade").count() == 2
        generate(studio, 1)
    assert takes(studio)[0] == "generate"
    assert studio.locator(".mixer .name strong").all_inner_texts() == ["drums", "bass"]
    studio.locator(".mixer").get_by_role("button", name="Play (space)").click()
    studio.page.wait_for_function(
        "(root) => root.querySelector('.mixer').engine.position() > 0.05", arg=studio.element_handle()
    )
    studio.page.keyboard.press("Space")
    assert "lab.generate" in studio.locator(".code").text_content()


def test_cancel_ends_it_and_generate_works_again(notebook, studio):
    before = len(takes(studio))
    notebook.hold("progress")
    unfold(studio, "Finer settings")
    steps = studio.get_by_label("Steps")
    steps.fill("1000")
    studio.get_by_role("button", name="Generate all stems").click()
    studio.get_by_text(re.compile("step [0-9]+ of 1000")).wait_for()
    assert studio.locator("progress").get_attribute("max") == "1000"
    studio.get_by_role("button", name="Cancel").click()
    studio.get_by_text("Cancelled").wait_for()
    assert len(takes(studio)) == before
    steps.fill("4")
    generate(studio, before + 1)


def test_a_mistake_is_one_readable_line_and_the_studio_goes_on(studio):
    before = len(takes(studio))
    tempo = studio.get_by_label("Tempo, bpm")
    tempo.fill("1000")
    studio.get_by_role("button", name="Generate all stems").click()
    problem = studio.get_by_role("alert")
    problem.get_by_text("bpm: got 1000").wait_for()
    tempo.fill("240")
    generate(studio, before + 1)
    assert not problem.is_visible()


def test_a_stem_is_added_made_to_fit_and_taken_back(studio, notebook):
    before = len(takes(studio))
    studio.get_by_role("button", name="Add a stem: keys").click()
    words = studio.get_by_label("Words for keys")
    words.wait_for()
    assert words.input_value().startswith("keys: ")
    studio.get_by_role("button", name="Fit keys").click()
    heard(studio, before + 1)
    studio.locator(".mixer .row:not(.unmade)").nth(2).wait_for()
    assert takes(studio)[-1] == "add keys"
    assert "['drums', 'bass', 'keys']" in notebook.value()
    studio.locator(".takes").get_by_role("button", name="Undo").click()
    studio.page.wait_for_function(
        "(root) => root.querySelectorAll('.mixer .row').length === 2", arg=studio.element_handle()
    )
    assert "['drums', 'bass']" in notebook.value()


def test_bars_that_are_dragged_over_are_made_anew(studio):
    before = len(takes(studio))
    lane = studio.get_by_label("Waveform of bass")
    lane.scroll_into_view_if_needed()
    box, mouse = lane.bounding_box(), studio.page.mouse
    mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 30)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 30, steps=4)
    mouse.up()
    studio.get_by_text("bass, bar 2:").wait_for()
    studio.get_by_role("button", name="Make these bars of the stem anew").click()
    heard(studio, before + 1)
    assert takes(studio)[-1] == "bass, bar 2"
    assert 'lab.inpaint(group, "bass", [2])' in studio.locator(".code").text_content()
    studio.locator(".mixer").focus()
    studio.page.keyboard.press("Escape")
    assert not studio.get_by_text("bass, bar 2:").is_visible()
    repaired = studio.locator(".take > button[aria-pressed=true]", has_text="bass, bar 2")
    for button, state in (("Undo: back", "detached"), ("Redo: forward", "visible"), ("Undo: back", "detached")):
        studio.get_by_role("button", name=button).click()
        repaired.wait_for(state=state)


def test_two_takes_are_compared_at_the_playhead(studio):
    studio.get_by_role("button", name="compare with take 1,").click()
    studio.locator(".version").nth(1).wait_for()
    studio.locator(".mixer").get_by_role("button", name="Play").click()
    page, root = studio.page, studio.element_handle()
    page.wait_for_function("(root) => root.querySelector('.mixer').engine.position() > 0.05", arg=root)
    page.keyboard.press("KeyX")
    page.wait_for_function("(root) => root.querySelector('.version:nth-child(2)').ariaPressed === 'true'", arg=root)
    page.wait_for_function("(root) => root.querySelector('.mixer').engine.playing", arg=root)
    page.keyboard.press("Space")


def test_what_is_painted_is_in_the_kernel(notebook, studio):
    grid = notebook.cell("grid").locator(".grid")
    grid.locator('.cell[data-row="0"][data-bar="0"]').click()
    grid.locator('.cell[data-row="1"][data-bar="3"]').click()
    studio.locator('.cell[data-row="1"][data-bar="0"]').click()
    printed = notebook.value()
    assert "grid {'drums': '.xxx', 'bass': 'xxx.'}" in printed
    assert "studio {'bass': '.x'}" in printed


def test_two_studios_do_not_know_of_each_other(notebook, studio):
    before = takes(studio)
    other = notebook.cell("other").locator(".studio")
    assert takes(other) == []
    other.get_by_label("Tempo, bpm").fill("200")
    generate(other, 1)
    assert takes(studio) == before
    assert studio.get_by_label("Tempo, bpm").input_value() == "240"


def test_a_session_is_saved_changed_and_loaded_again(studio, notebook, tmp_path):
    unfold(studio, "Save and load")
    folder = studio.get_by_label("Folder, as the kernel sees it")
    folder.fill(str(tmp_path / "mine"))
    studio.get_by_role("button", name="Save stems").click()
    studio.get_by_text("Saved: open").wait_for()
    assert {"01_drums.wav", "02_bass.wav", "mix.wav", "session.json", "player.html"} <= {
        f.name for f in tmp_path.glob("mine/*")
    }
    before = len(takes(studio))
    studio.get_by_label("Words for bass").fill("bass: upright")
    studio.get_by_role("button", name="Load the session").click()
    heard(studio, before + 1)
    assert takes(studio)[-1] == "load mine"
    assert studio.get_by_label("Words for bass").input_value() == "bass: slap"
    assert "StemGroup.load" in studio.locator(".code").text_content()


def test_a_file_that_is_dropped_is_accompanied_and_plays_as_a_stem(notebook, tmp_path):
    clicks = np.zeros(4 * 32_000, np.float32)
    clicks[:: 32_000 // 2] = 0.9  # 120 bpm
    soundfile.write(tmp_path / "clicks.wav", np.convolve(clicks, np.exp(-np.arange(400) / 60))[: len(clicks)], 32_000)
    other = notebook.cell("other").locator(".studio")
    before = len(takes(other))
    other.get_by_label("Tempo, bpm").fill("100")
    other.get_by_label("Tempo, bpm").press("Tab")
    drop = """async (data) => {
      const bytes = await (await fetch(`data:audio/wav;base64,${data}`)).arrayBuffer();
      const dropped = new DataTransfer();
      dropped.items.add(new File([bytes], "clicks.wav", { type: "audio/wav" }));
      return dropped;
    }"""
    data = base64.b64encode((tmp_path / "clicks.wav").read_bytes()).decode()
    other.dispatch_event("drop", {"dataTransfer": notebook.page.evaluate_handle(drop, data)})
    other.locator(
        ".file .hint", has_text="clicks.wav: Generate makes the stems fit it. It keeps 120 bpm, with"
    ).wait_for()
    other.get_by_role("button", name="Use 120 bpm").click()
    other.page.wait_for_function(
        "(root) => root.querySelector('[data-key=bpm]').value === '120'", arg=other.element_handle()
    )
    generate(other, before + 1)
    assert takes(other)[-1] == "accompany"
    assert (
        '"clicks.wav"' in other.locator(".code").text_content() and "/tmp" not in other.locator(".code").text_content()
    )
    assert other.locator(".mixer .row").count() == 3
    assert "clicks" in other.locator(".mixer .name strong").all_inner_texts()


def test_mixer_and_figure_are_drawn_without_a_network(notebook):
    notebook.cell("mixer").locator(".mixer .row").nth(1).wait_for()
    notebook.cell("figure").locator(".js-plotly-plot .heatmaplayer").first.wait_for()


@pytest.mark.parametrize(("theme", "width"), [("Light", 1200), ("Dark", 1200), ("Light", 640)])
def test_the_studio_fits_its_cell_in_light_and_dark(notebook, studio, screens, theme, width):
    page = notebook.page
    page.set_viewport_size({"width": width, "height": 1700})
    page.evaluate(f"jupyterapp.commands.execute('apputils:change-theme', {{ theme: 'JupyterLab {theme}' }})")
    page.wait_for_function(f"document.body.dataset.jpThemeLight === '{str(theme == 'Light').lower()}'")
    page.wait_for_function(
        f"(root) => root.dataset.theme === '{theme.lower()}' && ({PAINTED})(root) > 1000", arg=studio.element_handle()
    )
    assert studio.evaluate("(root) => root.scrollWidth <= root.clientWidth + 1")
    for name in ("studio", "figure", "mixer"):
        found = notebook.cell(name).locator(".jp-OutputArea-output:visible")
        found.first.screenshot(path=screens / f"{name}_{width}_{theme.lower()}.png")


def test_files_come_lossless_from_the_kernel(notebook, studio):
    mixer = notebook.cell("mixer").locator(".mixer")
    for place, name in ((mixer, "stems_240bpm_mix.flac"), (studio.locator(".mixer"), "funk_240bpm_mix.flac")):
        place.get_by_text("Files").click()
        place.get_by_label("Format").select_option("flac")
        place.get_by_label("Rate").select_option("48000")
        with notebook.page.expect_download() as caught:
            place.get_by_role("button", name="Download the mix").click()
        assert caught.value.suggested_filename == name
        with soundfile.SoundFile(caught.value.path()) as file:
            assert (file.subtype, file.samplerate, file.frames) == ("PCM_24", 48_000, 96_000)
        place.get_by_text("Files").click()


def test_settings_reach_the_kernel_and_its_session(notebook, studio):
    studio.get_by_label("Gain of bass").fill("-7")
    notebook.page.evaluate("new Promise((done) => setTimeout(done, 350))")  # the page's own delay of 300 ms is over
    studio.locator(".mixer").focus()
    assert "-7" in notebook.value("print(studio.group.settings['desk']['stems']['bass']['db'])")
    studio.get_by_label("Gain of bass").fill("0")


def long_one(notebook, studio, act):
    """Begin something that takes very long, do `act` to the kernel, and set the steps back."""
    notebook.hold("progress")
    steps = studio.get_by_label("Steps")
    unfold(studio, "Finer settings")
    steps.fill("1000")
    studio.get_by_role("button", name="Generate all stems").click()
    studio.get_by_text(re.compile("step [0-9]+ of 1000")).wait_for()
    act()
    return steps


def test_interrupting_the_kernel_stops_what_is_being_made(notebook, studio):
    before = len(takes(studio))
    steps = long_one(notebook, studio, lambda: notebook.command("kernelmenu:interrupt"))
    studio.get_by_text("Cancelled").wait_for()
    steps.fill("4")
    generate(studio, before + 1)


def test_a_restart_is_noticed_and_told_and_what_was_set_is_offered_again(notebook, studio):
    page = notebook.page
    long_one(notebook, studio, lambda: notebook.command("kernelmenu:restart"))
    page.locator(".jp-Dialog .jp-mod-accept").click()
    studio.get_by_text("The kernel was restarted. What was made plays on here").wait_for()
    assert not studio.get_by_role("button", name="Cancel").is_visible()
    studio.locator(".mixer").get_by_role("button", name="Play (space)").click()
    page.wait_for_function(
        "(root) => root.querySelector('.mixer').engine.position() > 0.05", arg=studio.element_handle()
    )
    page.keyboard.press("Space")


def test_after_a_kernel_restart_the_notebook_runs_again(notebook):
    page = notebook.page
    notebook.command("notebook:restart-run-all")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.locator(".jp-Dialog").wait_for(state="detached")
    page.wait_for_function(
        "[...document.querySelectorAll('.jp-InputPrompt')].at(-1).innerText.includes('[7]')", timeout=300_000
    )
    studio = notebook.cell("studio").locator(".studio")
    studio.wait_for()
    assert takes(studio) == []
    studio.get_by_role("button", name="Take over what was set before").click()
    unfold(studio, "Finer settings")
    assert studio.get_by_label("Steps").input_value() == "1000"
    studio.get_by_label("Steps").fill("4")
    generate(studio, 1)
    assert "['drums', 'bass']" in notebook.value()
