"""A key that is pressed inside a widget stays inside, whichever control has the focus: in JupyterLab and in Notebook 7."""

import re
import string

import pytest

from .notebook import Notebook, takes

KEYS = [
    *string.ascii_lowercase, *string.digits, *(f"Shift+Key{letter}" for letter in "MVLOCX"),
    "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Delete", "Backspace", "PageDown", "End", "Escape",
]  # fmt: skip
CONTROLS = {
    "studio": {
        "the frame": ".studio",
        "a text": ".studio input[data-key=prompt]",
        "a number": ".studio input[data-key=bpm]",
        "a menu": ".studio select[data-key=key]",
        "a button that is pressed": ".studio button[aria-label^='Lock drums']",
        "a button that can do nothing": ".studio button[aria-label^='Undo:']",
        "a cell of the grid": ".studio .cell",
        "a gain": ".studio input[type=range]",
        "a playhead": ".studio .ruler",
        "a fold": ".studio summary",
    },
    "grid": {"the frame": ".gridShell", "a cell": ".cell", "a name": ".grid .name", "a preset": ".grid .bar button"},
    "mixer": {
        "the frame": ".mixerShell",
        "a mixer": ".mixer",
        "a gain": "input[type=range]",
        "solo": "button[aria-label^=Solo]",
    },
}
STATE = """() => ({
  cells: [...document.querySelectorAll(".jp-Notebook .jp-Cell")].map((cell) => cell.querySelector(".cm-content")?.innerText ?? "no code"),
  folded: document.querySelectorAll(".jp-mod-collapsed, .jp-mod-hidden").length,
  dialogs: document.querySelectorAll(".jp-Dialog").length,
})"""


@pytest.mark.parametrize("cell", CONTROLS)
def test_no_key_reaches_the_notebook(page, cell):
    place = Notebook(page).cell(cell)
    place.scroll_into_view_if_needed()
    page.evaluate("""() => {
      window.escaped ??= (document.addEventListener("keydown", ({ code, target }) => window.escaped.push([code, target.className])), []);
      window.escaped.length = 0;
    }""")
    before = page.evaluate(STATE)
    for kind, selector in CONTROLS[cell].items():
        control = place.locator(selector).first
        control.focus()
        typed = control.input_value() if control.evaluate("(one) => one.matches('input, select')") else None
        for key in KEYS:
            page.keyboard.press(key)
        inside = "(place) => Boolean(place.querySelector('.stemlab')?.contains(document.activeElement))"
        assert place.evaluate(inside), f"{kind}: the focus fell out"
        assert page.evaluate("window.escaped") == [], kind
        if typed is not None and not control.evaluate("(one) => one.type === 'range'"):
            control.select_option(typed) if control.evaluate("(one) => one.matches('select')") else control.fill(typed)
    assert page.evaluate(STATE) == before


def test_menus_and_sliders_work_by_keys(page):
    studio = Notebook(page).cell("studio").locator(".studio")
    menu, gain = studio.locator("select[data-key=key]"), studio.locator("input[type=range]").first
    menu.focus()
    page.keyboard.press("d")
    typed = menu.input_value()
    page.keyboard.press("ArrowDown")
    assert typed.startswith("D") and menu.input_value() != typed
    gain.fill("0")
    gain.focus()
    for key in ("ArrowLeft", "ArrowDown", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert gain.input_value() == "-2"


def test_the_focus_stays_where_a_button_was_pressed(page):
    studio = Notebook(page).cell("studio").locator(".studio")
    count = len(takes(studio))
    button = studio.get_by_role("button", name="Generate all stems")
    button.focus()
    page.keyboard.press("Enter")
    studio.locator(".take").nth(count).wait_for()
    assert page.evaluate("document.activeElement.ariaLabel").startswith("Generate")
    add = studio.get_by_role("button", name="Add a stem: keys")
    add.focus()
    page.keyboard.press("Enter")
    remove = studio.get_by_role("button", name=re.compile("Remove keys"))
    remove.focus()
    page.keyboard.press("Enter")
    remove.wait_for(state="detached")
    assert studio.evaluate("(studio) => studio.contains(document.activeElement)")


def test_the_focus_goes_on_from_a_text_that_was_changed(page):
    studio = Notebook(page).cell("studio").locator(".studio")
    words = studio.get_by_label("Words for bass")
    words.fill("bass: fretless")
    words.press("Tab")
    fit = studio.get_by_role("button", name="Fit bass")
    fit.wait_for()  # the kernel has answered
    assert page.evaluate("document.activeElement.ariaLabel").startswith("Solo bass")
    words.fill("bass: slap")
    studio.locator("summary", has_text="Finer settings").click()
    fit.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.innerText") == "Finer settings"
    page.keyboard.press("Enter")
