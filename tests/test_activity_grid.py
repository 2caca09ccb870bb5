import pytest

from stemlab.lab.request import Request
from stemlab.widgets.activity_grid import ActivityGrid


def test_a_value_set_from_python_is_kept_in_the_order_of_the_stems():
    grid = ActivityGrid(["drums: kit", "bass"], bars=2)
    assert grid.value == {"drums": "xx", "bass": "xx"}
    grid.value = {"bass": ".x", "drums": "x."}
    assert list(grid.value) == ["drums", "bass"]


def test_a_stem_without_a_pattern_stays_free():
    grid = ActivityGrid(["drums: kit", "bass"], bars=2, value={})
    assert grid.value == {}
    grid.value = {"bass": ".x"}
    assert grid.value == {"bass": ".x"}


def test_the_value_is_what_generate_takes():
    stems = ["drums: kit", "bass"]
    grid = ActivityGrid(stems, bars=4, value={"drums": ".xxx"})
    Request(stems=stems, bpm=100, bars=4, activity=grid.value).check()


BAD = {
    "no stems": (lambda: ActivityGrid([]), "stems: got"),
    "one text": (lambda: ActivityGrid("drums"), "stems: got"),
    "bars 0": (lambda: ActivityGrid(["drums"], bars=0), "1 to 64"),
    "another stem": (lambda: ActivityGrid(["drums"], value={"flute": "xxxx"}), "the grid has drums"),
    "a wrong length": (lambda: ActivityGrid(["drums"], value={"drums": "x"}), "4 characters"),
    "a wrong character": (lambda: ActivityGrid(["drums"], value={"drums": "xx?x"}), "x plays"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_grid_that_makes_no_sense_is_refused(case):
    build, words = BAD[case]
    with pytest.raises(ValueError, match=words):
        build()


def test_a_value_that_is_refused_leaves_the_old_one():
    grid = ActivityGrid(["drums"], bars=2, value={"drums": ".x"})
    with pytest.raises(ValueError, match="2 characters"):
        grid.value = {"drums": "xxx"}
    assert grid.value == {"drums": ".x"}
