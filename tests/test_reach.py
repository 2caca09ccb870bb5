"""What brings the lessons to people: posters, the handout, one click, a second language."""

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
sys.path.insert(0, str(ROOT / "notebooks"))  # where `publishing` lies, as when publish.py is run
pytest.importorskip("latex2mathml", reason="no latex2mathml: pip install -e .[lab]")
nbformat = pytest.importorskip("nbformat", reason="no nbformat: pip install -e .[lab]")

from publishing import cards, copies, handout, posters  # noqa: E402  (after its path)

every_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def cells(path, kind=None):
    return [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if kind in (None, c["cell_type"])]


@every_lesson
def test_one_picture_of_each_lesson_is_for_its_poster(path):
    chosen = ["".join(c["source"]) for c in cells(path, "code") if "poster" in c["metadata"].get("tags", [])]
    assert len(chosen) == 1 and re.search(r"subplots\(|overview\(", chosen[0])


@every_lesson
def test_a_poster_has_a_question_a_picture_a_sound_and_three_sentences(path):
    book = nbformat.read(path, as_version=4)
    drawn = next(cell for cell in book.cells if "poster" in cell.metadata.get("tags", []))
    drawn.outputs = [nbformat.v4.new_output("display_data", {"image/png": PIXEL})]
    player = '<iframe class="player" srcdoc="x"></iframe><p class="live">LIVE LINK</p>'
    book.cells[2].outputs = [nbformat.v4.new_output("display_data", {"text/html": player})]
    text = posters.poster(book, path)
    assert cards.card(json.loads(path.read_text(encoding="utf-8")))["Question"].replace("'", "&#x27;") in text
    assert text.count("<li>") == 3 and text.count("<iframe") == 1 and "LIVE LINK" not in text
    assert f"base64,{PIXEL}" in text and re.search(r'alt="Plot: \w|alt="The picture', text)
    assert "http" not in text and "$" not in text  # it stands alone, and no formula is left as LaTeX


def test_a_poster_without_a_picture_is_refused():
    with pytest.raises(ValueError, match="its picture stands on the poster"):
        posters.poster(nbformat.read(LESSONS[1], as_version=4), LESSONS[1])


@every_lesson
def test_the_sheet_of_a_lesson_has_all_that_a_class_without_screens_needs(path):
    text = cards.markdown(path)
    assert len(handout.predictions(text)) >= handout.QUESTIONS and len(handout.quiz(path)) == 3
    made = handout.sheet(path)
    assert made.count('class="lines"') == handout.QUESTIONS and made.count("lines short") == 3
    assert handout.equations(text) == [] or "<math" in made
    words = re.sub(r"<math.*?</math>|<[^>]+>", "", made)
    assert not re.search(r"\$|\*\*|\]\(|FORMULA", words), re.search(r".{30}(\$|\*\*|\]\(|FORMULA).{30}", words)


def test_answers_are_apart_from_the_sheets(tmp_path):
    assert handout.write_handout(LESSONS, tmp_path) == len(LESSONS)
    sheets, answers = (tmp_path / "handout.html").read_text(encoding="utf-8").split('<section class="answers">')
    assert sheets.count('<section class="sheet">') == len(LESSONS) and "@page" in sheets
    for path in LESSONS:
        for _, answer in handout.quiz(path):
            assert handout.said(answer) in answers and handout.said(answer) not in sheets


def project(folder, urls=""):
    (folder / "pyproject.toml").write_text(f'[project]\nname = "x"\n{urls}', encoding="utf-8")
    return folder / "pyproject.toml"


def test_the_address_stands_in_one_place(tmp_path):
    assert cards.address(project(tmp_path)) is None
    told = project(tmp_path, '[project.urls]\nRepository = "https://github.com/someone/stemlab.git/"\n')
    assert cards.address(told) == "https://github.com/someone/stemlab"
    kept = [p for p in (ROOT / "notebooks").rglob("*") if p.suffix in (".py", ".ipynb", ".md", ".js") and p.is_file()]
    assert [p.name for p in kept if re.search(r"github\.com/(?!NAME)\w+/stemlab", p.read_text(encoding="utf-8"))] == []


def test_one_click_leads_to_binder_and_for_github_to_colab():
    found = cards.launches("00_start_here.ipynb", "https://github.com/someone/stemlab")
    assert (
        found["Binder"]
        == "https://mybinder.org/v2/gh/someone/stemlab/HEAD?urlpath=lab/tree/notebooks/00_start_here.ipynb"
    )
    assert found["Colab"].endswith("/github/someone/stemlab/blob/colab/notebooks/colab/00_start_here.ipynb")
    assert list(cards.launches("a.ipynb", "https://gitlab.com/some/one")) == ["Binder"]
    assert cards.launches("a.ipynb", None) == {} and cards.launch_line("a.ipynb", None) == ""
    assert "Binder</a>, <a" in cards.launch_line("a.ipynb", "https://github.com/someone/stemlab")


def test_binder_installs_what_the_lessons_need_in_the_tested_versions():
    lines = (ROOT / ".binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert "-c ../requirements.txt" in lines and "-e .[lab]" in lines
    assert re.fullmatch(r"python-3\.1[0-3]\s*", (ROOT / ".binder" / "runtime.txt").read_text(encoding="utf-8"))


def test_a_copy_for_colab_is_the_lesson_behind_a_cell_that_fetches_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr(copies, "address", lambda: "https://github.com/someone/stemlab")
    copies.write_colab(LESSONS[:2], tmp_path)
    for path in LESSONS[:2]:
        made, was = cells(tmp_path / path.name), cells(path)
        assert made[0] == was[0] and made[2:] == was[1:]
        assert "git clone --depth 1 https://github.com/someone/stemlab repository" in "".join(made[1]["source"])
    monkeypatch.setattr(copies, "address", lambda: None)
    with pytest.raises(ValueError, match=r"\[project.urls\]"):
        copies.write_colab(LESSONS[:1], tmp_path)
