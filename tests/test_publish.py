"""The students' copies, and the pages of the lessons, as `make student` and `make site` write them."""

import ast
import json
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
sys.path.insert(0, str(ROOT / "notebooks"))  # where `publishing` lies, as when publish.py is run


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
    assert sorted(path.name for path in copies.glob("*.ipynb")) == [path.name for path in LESSONS]


def test_a_class_finds_neither_solutions_nor_notes_for_teachers_behind_any_link(copies):
    for path in copies.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "Teacher's note" not in text and "For teachers" not in text
        links = re.findall(r"\]\(([^)#\s]+\.ipynb)", text)
        assert [link for link in links if not (copies / link).exists() or "/" in link] == [], path.name
        near = [link for link in re.findall(r"\]\(([^)#\s:]+\.md)", text) if "/" not in link]
        assert [link for link in near if not (copies / link).exists()] == [], path.name


def test_a_picture_is_described_by_its_titles_and_axes():
    described = runpy.run_path(str(ROOT / "notebooks" / "publish.py"))["described"]
    code = (
        'axes.set(title=f"F1 of {name}", xlabel="seconds")\nfigure.suptitle("Two\\nrows")\naxes.plot(x, label="told")'
    )
    assert described(code) == "Plot: F1 of ...; seconds; Two rows; told"
    assert "Picture" in described("plt.imshow(x)")


def test_every_picture_of_a_page_has_a_text(monkeypatch):
    pytest.importorskip("nbconvert", reason="no nbconvert: pip install -e .[lab]")
    import nbformat

    path = ROOT / "notebooks" / "01_stems_and_mixes.ipynb"
    book = nbformat.read(path, as_version=4)
    cell = next(cell for cell in book.cells if cell.cell_type == "code" and "Balance" in cell.source)
    cell.outputs = [nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"})]
    text = runpy.run_path(str(ROOT / "notebooks" / "publish.py"))["page"](book, path)
    alts = re.findall(r'<img[^>]*alt="([^"]*)"', text)
    assert len(alts) == 1 and "Balance: levels below the loudest stem" in alts[0]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_card_says_how_long_it_was_measured_to_take(path):
    """`python notebooks/publish.py times` measures, again for each release."""
    names = runpy.run_path(str(ROOT / "notebooks" / "publish.py"))
    took = json.loads((ROOT / "notebooks" / "times.json").read_text(encoding="utf-8"))
    card = names["card"](json.loads(path.read_text(encoding="utf-8")))
    if path.stem not in took:
        pytest.skip(f"not measured yet: python notebooks/publish.py times --only {path.name[:2]}")
    assert card["Running"] == names["running"](took[path.stem])
    assert min(took[path.stem].values()) <= 120


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


def test_the_search_finds_a_lesson_by_the_words_of_its_text():
    node = shutil.which("node")
    if not node:
        pytest.skip("no node: the search of the site is JavaScript")
    sections = runpy.run_path(str(ROOT / "notebooks" / "publish.py"))["sections"]
    parts = [part for path in LESSONS for part in sections(path)]
    assert {part["page"] for part in parts} == {f"{path.stem}.html" for path in LESSONS}
    code = """
    const { searched } = require(process.argv[1]), parts = JSON.parse(require("fs").readFileSync(0));
    const pages = (query) => searched(query, parts).map((part) => part.page.slice(0, 2));
    console.log(JSON.stringify(["continuity equation", "rotary", "Shared noise", "zzyzxx", "", "hroma"].map(pages)));
    """
    words = [node, "-e", code, str(ROOT / "notebooks" / "search.js")]
    told = subprocess.run(words, input=json.dumps(parts), capture_output=True, text=True, check=True).stdout
    continuity, rotary, shared, nothing, empty, middle = json.loads(told)
    assert "12" in continuity and "13" in rotary and shared[0] == "05" and nothing == empty == middle == []


def test_below_a_player_stands_a_link_to_the_same_band_live_where_there_is_its_page(tiny, published):
    pytest.importorskip("nbconvert", reason="no nbconvert: pip install -e .[lab]")
    import nbformat

    from stemlab.widgets.mixer import StemMixer

    group = tiny.generate(["drums: tight & fast"], bpm=240, bars=1, seed=3, steps=1)
    html = StemMixer(group)._repr_mimebundle_()["text/html"]
    link = '<a href="band.html#stem=drums:+tight+%26+fast&amp;prompt=&amp;bpm=240&amp;bars=1&amp;seed=3&amp;coupling=attention">play with it live</a>'
    assert link in html
    html = StemMixer(group, tiny.generate(["bass"], bpm=240, bars=1, steps=1, scheme="k-pass"))._repr_mimebundle_()[
        "text/html"
    ]
    assert html.count("band.html#") == 1 and "play with A live" in html
    output = nbformat.v4.new_output("display_data", {"text/html": html})
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# T"), nbformat.v4.new_code_cell("x", outputs=[output])]
    )
    assert "band.html#" in published["page"](book, Path("00_x.ipynb"), True)
    assert "band.html#" not in published["page"](book, Path("00_x.ipynb"))
