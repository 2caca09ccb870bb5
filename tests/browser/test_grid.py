"""The grid's page in a real browser: painted by mouse and keys."""

import pytest

from stemlab.widgets.activity_grid import ActivityGrid

START = {"drums": ".xxxxxxx", "bass": "x" * 8, "keys": "x" * 8, "lead": "x" * 8}


@pytest.fixture
def grid(show):
    page = show(ActivityGrid(["drums", "bass", "keys", "lead"], bars=8, value=START).to_html())
    page.wait_for_selector(".cell")
    return page


def painted(page):
    lines = page.locator(".cell").evaluate_all(
        "(cells) => cells.map((c) => (({ true: 'x', false: '.', mixed: '?' })[c.ariaPressed])).join('')"
    )
    rows = [lines[i : i + 8] for i in range(0, len(lines), 8)]
    told = page.locator("output").inner_text()
    assert all(f'"{row}"' in told or "?" in row for row in rows)
    return rows


def cell(page, row, bar):
    box = page.locator(f'.cell[data-row="{row}"][data-bar="{bar}"]').bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_press_and_drag_paint_and_undo_takes_the_whole_stroke_back(grid):
    before = painted(grid)
    assert before == [".xxxxxxx", "xxxxxxxx", "xxxxxxxx", "xxxxxxxx"]
    grid.mouse.move(*cell(grid, 1, 0))
    grid.mouse.down()
    grid.mouse.move(*cell(grid, 1, 3), steps=12)
    grid.mouse.up()
    assert painted(grid)[1] == "....xxxx"
    grid.mouse.click(*cell(grid, 1, 1))
    assert painted(grid)[1] == ".x..xxxx"
    grid.keyboard.press("Control+KeyZ")
    grid.get_by_role("button", name="Undo").click()
    assert painted(grid) == before
    assert grid.get_by_role("button", name="Undo").is_disabled()


def test_the_grid_is_painted_by_keys_alone(grid):
    for key in ("Tab",) * 9:
        grid.keyboard.press(key)
        if grid.evaluate("document.activeElement.matches('.cell')"):
            break
    for key in ("ArrowDown", "Space", "Shift+ArrowRight", "Shift+ArrowDown", "ArrowRight"):
        grid.keyboard.press(key)
    assert painted(grid) == [".xxxxxxx", "..xxxxxx", "x.xxxxxx", "xxxxxxxx"]
    assert grid.evaluate("document.activeElement.ariaLabel") == "keys, bar 3: plays"


def test_a_click_on_a_name_leaves_its_stem_free_and_painting_takes_it_up_again(grid):
    grid.get_by_role("button", name="bass: free or painted").click()
    assert painted(grid)[:2] == [".xxxxxxx", "????????"]
    assert '"bass"' not in grid.locator("output").inner_text()
    grid.mouse.click(*cell(grid, 1, 2))
    assert painted(grid)[1] == "xx.xxxxx"
    grid.keyboard.press("KeyF")
    assert painted(grid)[1] == "????????"
    grid.keyboard.press("Control+KeyZ")
    grid.keyboard.press("Control+KeyZ")
    grid.keyboard.press("Control+KeyZ")
    assert painted(grid)[1] == "xxxxxxxx"


PRESETS = {
    "All on": ["xxxxxxxx"] * 4,
    "Build-up": ["xxxxxxxx", "..xxxxxx", "....xxxx", "......xx"],
    "Drop": ["xxx.xxxx"] * 3 + ["xxxxxxxx"],
    "Call and response": ["xxxxxxxx", "xxxxxxxx", "x.x.x.x.", ".x.x.x.x"],
    "Alternate": ["x.x.x.x.", ".x.x.x.x"] * 2,
}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_paints_its_pattern(grid, name):
    grid.get_by_role("button", name=f"Preset: {name}").click()
    assert painted(grid) == PRESETS[name]


@pytest.mark.parametrize("dark", [False, True])
def test_the_grid_fits_600_pixels_in_light_and_dark(show, screens, dark):
    value = {"drums": "....xxxxxxxxxxxx", "keys": "xxxxxxxx..xx..xx"}
    page = show(ActivityGrid(["drums", "bass", "keys", "lead"], bars=16, value=value).to_html(), 600, dark)
    assert page.evaluate("document.documentElement.scrollWidth") <= 600
    page.keyboard.press("Tab")
    page.screenshot(path=screens / f"grid_600_{'dark' if dark else 'light'}.png")


@pytest.mark.parametrize("width", [600, 1100])
def test_a_grid_of_64_bars_stays_in_its_frame(show, width):
    page = show(ActivityGrid(["drums", "bass", "keys", "lead"], bars=64).to_html(), width)
    page.wait_for_selector(".cell")
    assert page.locator(".cell").count() == 4 * 64
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.locator(".grid").evaluate("(grid) => grid.getBoundingClientRect().right <= innerWidth")
