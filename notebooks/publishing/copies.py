"""Copies of the lessons: for students, for Colab, in German. The code is that of the lesson, always."""

import json
import re
from pathlib import Path

from publishing.cards import HERE, ROOT, address
from stemlab.checkpoints.folders import write_text

COPY = "> This is a copy without solutions and notes for teachers, made by `make student`. Changes belong into the lesson itself."
TEACHER = r"## Teacher's note\n.*?(?=^## |\Z)"
PROMISE = r"\s*Below each is a folded\s+solution[^.]*\."
FETCH = """# Colab opens this file alone: fetch what lies around it. (This cell is only in the copies for Colab.)
!git clone --depth 1 {address} repository
%pip install -q -c repository/requirements.txt -e repository
%cd repository/notebooks
import sys

sys.path.insert(0, "..")  # an editable install is seen by the next kernel; this one needs the path
from google.colab import output

output.enable_custom_widget_manager()  # players and sliders are widgets of others"""
GERMAN = """# This cell is only in the German copy: what the checks say is said in German too.
from stemlab.lessons import language

language.speak("de")"""


def write_student(lessons: list[Path], out: Path) -> int:
    """The lessons without the cells that are tagged as solutions."""
    for path in lessons:
        book = json.loads(path.read_text(encoding="utf-8"))
        book["cells"] = [cell for cell in book["cells"] if "solution" not in cell["metadata"].get("tags", [])]
        for cell in book["cells"]:
            text = deeper(re.sub(PROMISE, "", "".join(cell["source"])))
            if cell["cell_type"] == "markdown":
                text = re.sub(TEACHER, "", text, flags=re.DOTALL | re.MULTILINE)
            cell["source"] = text.splitlines(keepends=True)
        book["cells"][0]["source"] += ["\n\n", COPY.format(name=path.name)]
        write_text(out / path.name, json.dumps(book, indent=1, ensure_ascii=False) + "\n")

    for name in ("README.md", "GLOSSARY.md"):  # so that no link leads to a lesson with its solutions
        text = (ROOT / "notebooks" / name).read_text(encoding="utf-8")
        write_text(out / name, deeper(re.sub(r"^## For teachers\n.*", "", text, flags=re.DOTALL | re.MULTILINE)))
    return len(lessons)


def deeper(text: str) -> str:
    """A text of the lessons as it stands a folder deeper: one step more to the files beside the notebooks."""
    return re.sub(r"(?<=[(\"'])\.\./", "../../", text)


def write_colab(lessons: list[Path], out: Path) -> int:
    """The lessons with a first cell that fetches the repository, from the one address that `pyproject.toml` tells.

    Raises:
        ValueError: it tells none.
    """
    told = address()
    if told is None:
        raise ValueError(
            'pyproject.toml has no address to fetch from: add a section [project.urls] with Repository = "https://github.com/NAME/stemlab"'
        )
    for path in lessons:
        book = json.loads(path.read_text(encoding="utf-8"))
        book["cells"].insert(1, code_cell(FETCH.format(address=told)))
        write_text(out / path.name, json.dumps(book, indent=1, ensure_ascii=False) + "\n")
    return len(lessons)


def write_german(lessons: list[Path], out: Path) -> int:
    """German copies of the lessons that have their prose in `de/`: translated prose, and the lesson's own code.

    Raises:
        ValueError: a translation has another number of cells of prose than its lesson has.
    """
    translated = [path for path in lessons if (HERE / "de" / f"{path.stem}.md").exists()]
    for path in translated:
        book = json.loads(path.read_text(encoding="utf-8"))
        prose = german_prose(path)
        places = [i for i, cell in enumerate(book["cells"]) if cell["cell_type"] == "markdown"]
        if len(prose) != len(places):
            raise ValueError(f"de/{path.stem}.md has {len(prose)} cells of prose, and the lesson has {len(places)}")
        for place, text in zip(places, prose, strict=True):
            book["cells"][place]["source"] = text.splitlines(keepends=True)
        for cell in book["cells"]:
            if cell["cell_type"] == "code":
                cell["source"] = deeper("".join(cell["source"])).splitlines(keepends=True)
        book["cells"].insert(1, code_cell(GERMAN))
        write_text(out / path.name, json.dumps(book, indent=1, ensure_ascii=False) + "\n")
    return len(translated)


def german_prose(path: Path) -> list[str]:
    """The cells of prose of a lesson's translation, with links as they are from `de/`; between two stands a line `<!-- cell -->`."""
    text = (HERE / "de" / f"{path.stem}.md").read_text(encoding="utf-8")
    return [part.strip("\n") for part in re.split(r"^<!-- cell -->\n", text, flags=re.MULTILINE)]


def code_cell(text: str) -> dict:
    """A cell of code without outputs."""
    lines = text.splitlines(keepends=True)
    return {"cell_type": "code", "execution_count": None, "id": "fetch", "metadata": {}, "outputs": [], "source": lines}
