"""The students' copies, and the pages of the lessons, as `make student` and `make site` write them."""

import ast
import json
import re
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


@pytest.fixture
def publish(monkeypatch):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["publish.py", *map(str, words)])
        runpy.run_path(str(ROOT / "notebooks" / "publish.py"), run_name="__main__")

    return run


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    out = tmp_path_factory.mktemp("student")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["publish.py", "student", "--out", str(out)])
        runpy.run_path(str(ROOT / "notebooks" / "publish.py"), run_name="__main__")
    return out


def code(path, tag=None):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        "".join(c["source"])
        for c in cells
        if c["cell_type"] == "code" and (tag is None or tag in c["metadata"].get("tags", []))
    ]


def test_every_lesson_has_a_copy(copies):
    assert sorted(path.name for path in copies.iterdir()) == [path.name for path in LESSONS]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_copy_has_every_stub_and_no_solution(copies, lesson):
    copy = copies / lesson.name
    assert code(copy, "exercise") == code(lesson, "exercise")
    solved = code(lesson, "solution")
    assert len(solved) >= 3 and not code(copy, "solution")
    assert not [text for text in solved if text in copy.read_text(encoding="utf-8")]
    cells = json.loads(copy.read_text(encoding="utf-8"))["cells"]
    told = " ".join(" ".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown").split())
    assert "folded solution" not in told
    assert "make student" in copy.read_text(encoding="utf-8")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_what_lies_beside_the_lessons_is_found_from_the_copies_too(copies, lesson):
    text = "\n".join(
        "".join(c["source"]) for c in json.loads((copies / lesson.name).read_text(encoding="utf-8"))["cells"]
    )
    near = re.findall(r"\]\((\.\./[^)#\s]+)", text) + re.findall(r"[\"'](\.\./\.\./[\w/.]+)", text)
    here = ROOT / "notebooks" / "student"
    assert near and [link for link in near if not (here / link).resolve().exists() and "eval" not in link] == []


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_the_stubs_of_a_copy_are_open_and_stop_nothing(copies, lesson, capsys):
    """Each stub with the lesson's imports: it says that it is open, whatever the cells before it did."""
    stubs = code(copies / lesson.name, "exercise")
    space: dict = {}
    for text in code(lesson):
        lines = [line for line in text.splitlines() if not line.startswith("%")]
        nodes = [node for node in ast.parse("\n".join(lines)).body if isinstance(node, ast.Import | ast.ImportFrom)]
        exec("\n".join(map(ast.unparse, nodes)), space)
    for stub in stubs:
        exec(stub, space)
    assert capsys.readouterr().out.count("still open") == len(stubs)


def test_numbers_that_no_lesson_has_are_refused(publish, capsys, tmp_path):
    with pytest.raises(SystemExit):
        publish("student", "--only", "77", "--out", tmp_path / "x")
    assert "takes numbers from 00" in capsys.readouterr().err and not (tmp_path / "x").exists()


def test_lines_that_a_progress_bar_came_between_are_one_output():
    pytest.importorskip("nbconvert", reason="no nbconvert: pip install -e .[lab]")
    import nbformat

    page = runpy.run_path(str(ROOT / "notebooks" / "publish.py"))["page"]
    path = ROOT / "notebooks" / "05_shared_noise.ipynb"
    book = nbformat.read(path, as_version=4)
    said = [("stdout", "first\n"), ("stderr", "50 %"), ("stdout", "second\n")]
    cell = next(cell for cell in book.cells if cell.cell_type == "code")
    cell.outputs = [nbformat.v4.new_output("stream", name=name, text=text) for name, text in said]
    text = page(book, path)
    assert "first\nsecond\n" in text and "50 %" not in text


@pytest.fixture
def published(monkeypatch):
    """What publish.py defines; the widgets show themselves as on the pages until the test ends."""
    from stemlab.widgets.activity_grid import ActivityGrid
    from stemlab.widgets.kept import KeptWidget
    from stemlab.widgets.mixer import StemMixer

    for widget in (ActivityGrid, StemMixer):
        monkeypatch.setattr(widget, "_repr_mimebundle_", widget._repr_mimebundle_)
    monkeypatch.setattr(KeptWidget, "_ipython_display_", KeptWidget._ipython_display_)
    names = runpy.run_path(str(ROOT / "notebooks" / "publish.py"))
    exec(names["PLAYERS"], {})
    return names


def test_a_widget_is_a_page_of_its_own_or_says_that_it_needs_python(published):
    import ipywidgets

    import stemlab
    from stemlab.widgets.activity_grid import ActivityGrid

    def shown(widget):
        bundle = widget._repr_mimebundle_()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        output = published["still"]({"output_type": "display_data", "data": data})
        return output and output["data"]["text/html"]

    assert "srcdoc=" in shown(ActivityGrid(["drums", "bass"], bars=4))
    for widget in (stemlab.studio(), ipywidgets.interactive(lambda x: x, x=3)):
        assert shown(widget) == published["NEEDS_KERNEL"]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_every_equation_of_a_lesson_is_known_to_the_pages(lesson):
    converter = pytest.importorskip("latex2mathml.converter", reason="no latex2mathml: pip install -e .[lab]")
    cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    formulas = [a or b for a, b in re.findall(r"\$\$(.+?)\$\$|(?<!\$)\$([^$\n]+)\$", text, re.DOTALL)]
    drawn = {f: re.sub("<[^>]+>", "", converter.convert(re.sub(r"\\tag\{\d+\}", "", f))) for f in formulas}
    assert drawn and [formula for formula, signs in drawn.items() if "\\" in signs] == []
