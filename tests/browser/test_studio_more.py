"""The studio in a real JupyterLab: takes by name and blind, bars by hand, sketches, beats, and the microphone."""

import re

import pytest

from .notebook import generate, heard, takes, unfold, write_down


@pytest.fixture
def studio(notebook):
    studio = notebook.cell("studio").locator(".studio")
    if not takes(studio):
        generate(studio, 1)
    return studio


def test_a_take_is_named_starred_and_deleted(studio):
    before = len(takes(studio))
    studio.get_by_label("Vary bass").click()
    heard(studio, before + 1)
    studio.get_by_label("Name of this take").fill("the keeper")
    studio.get_by_label("Name of this take").press("Enter")
    studio.get_by_label("Star this take").click()
    studio.locator(".take > button", has_text=re.compile("★ the keeper")).wait_for()
    studio.get_by_label("Delete this take").click()
    studio.locator(".take > button", has_text="the keeper").wait_for(state="detached")
    assert len(takes(studio)) == before


def test_takes_are_compared_blind_and_one_is_kept(studio):
    before = len(takes(studio))
    studio.get_by_role("button", name="Generate four takes").click()
    heard(studio, before + 4)
    studio.get_by_text("Listen blind (4)").click()
    studio.locator(".version").nth(3).wait_for()
    assert studio.locator(".version").all_inner_texts() == ["A", "B", "C", "D"]
    assert not studio.locator(".take").first.is_visible()
    studio.locator(".version").nth(2).click()
    studio.page.wait_for_function(
        "(root) => root.querySelector('.version:nth-child(3)').ariaPressed === 'true'", arg=studio.element_handle()
    )
    studio.get_by_text("Keep what I hear").click()
    kept = studio.locator(".note", has_text="You kept take")
    kept.wait_for()
    number = re.search(r"You kept take (\d+): .*C was take (\d+)", kept.inner_text())
    assert number[1] == number[2]
    studio.locator(".take > button[aria-pressed=true]", has_text=re.compile(f"^{number[1]} ")).wait_for()


def test_bars_are_played_twice_and_made_near_what_they_are(studio):
    for button, title in (("Play these bars twice", "bass, bar 1 twice"), ("near what they are", "bass, bar 1, vary")):
        before = len(takes(studio))
        lane = studio.get_by_label("Waveform of bass")
        lane.scroll_into_view_if_needed()
        box, mouse = lane.bounding_box(), studio.page.mouse
        mouse.move(box["x"] + box["width"] * 0.1, box["y"] + 30)
        mouse.down()
        mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 30, steps=4)
        mouse.up()
        studio.get_by_role("button", name=button).click()
        heard(studio, before + 1)
        assert takes(studio)[-1] == title


def test_beats_are_painted_where_bars_are_not_fine_enough(notebook, studio):
    unfold(studio, "Patterns")
    studio.get_by_role("button", name="Paint beats instead of bars").click()
    studio.get_by_label("drums, bar 2, beat 3: free").click()
    assert "'drums': 'x/xx.x'" in notebook.value()
    studio.locator(".inside").get_by_role("button", name="Undo (Ctrl+Z)").click()
    assert "'drums': 'x/xx.x'" not in notebook.value()
    studio.get_by_role("button", name="Paint beats instead of bars").click()
    studio.get_by_label("drums, bar 2: free").wait_for()


def test_a_sketch_can_be_heard_while_it_is_made(notebook, studio):
    before = len(takes(studio))
    notebook.hold("sketch")
    studio.get_by_label("Sketches").check()
    steps = studio.locator("[data-key=steps]")
    was = steps.input_value()
    unfold(studio, "Finer settings")
    steps.fill("200")
    studio.get_by_role("button", name="Generate all stems").click()
    studio.get_by_text("Sketch after step 50 of 200").wait_for()
    assert studio.locator("audio.sketch").evaluate("(player) => player.src.startsWith('blob:')")
    studio.get_by_role("button", name="Cancel").click()
    studio.get_by_text("Cancelled").wait_for()
    assert len(takes(studio)) == before and not studio.locator("audio.sketch").is_visible()
    steps.fill(was)
    studio.get_by_label("Sketches").uncheck()


def test_what_is_played_into_the_microphone_can_be_accompanied(notebook):
    other = notebook.cell("other").locator(".studio")
    unfold(other, "Accompany a file")
    said = write_down(other)
    other.get_by_role("button", name="Record from the microphone").click()
    other.locator(".file .hint", has_text="recording.wav: Generate makes the stems fit it.").wait_for()
    assert "The count-in" in said()
    assert other.locator(".inside audio").evaluate(
        "(player) => new Promise((done) => { const told = () => done(player.duration); player.duration ? told() : player.onloadedmetadata = told; })"
    ) == pytest.approx(2, abs=0.35)  # two bars at 240 bpm
    assert "lab.accompany" in other.locator(".code").text_content()
    other.get_by_role("button", name="Do without the file").click()
