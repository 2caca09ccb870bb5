"""The glossary: its words and signs stand in the lessons that it names, and the files that it names have what it says."""

import ast
import json
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
GLOSSARY = ROOT / "notebooks" / "GLOSSARY.md"
ROW = r"^\| ([^|]+) \| [^|]+ \| ([^|]*) \| \[(\d\d)\]\((\S+)\) \| \[([^]]+)\]\((\S+?)\)(?:, `(\w+)`)? \|$"


def test_every_word_and_sign_of_the_glossary_is_used_by_the_lesson_that_it_names():
    text = GLOSSARY.read_text(encoding="utf-8")
    rows = re.findall(ROW, text, re.MULTILINE)
    assert len(rows) >= 40 and len(rows) == text.count("\n| ") - 2, "a row of the table has another form"
    used = {path.name: " ".join(prose(path).split()) for path in NOTEBOOKS}
    missing = [
        (word, lesson)
        for words, _, number, lesson, *_ in rows
        for word in words.lower().split(", ")
        if word not in used[lesson].lower() or not lesson.startswith(number)
    ]
    assert missing == []
    for words, sign, _, lesson, *_ in rows:  # a formula inside of the lesson's formulas, spaces apart
        formulas = "".join(re.findall(r"\$+[^$]+\$+|`[^`]+`", used[lesson])).replace(" ", "")
        signs = [(a or b).replace(" ", "") for a, b in re.findall(r"\$([^$]+)\$|`([^`]+)`", sign)]
        assert [one for one in signs if one not in formulas] == [], (words, lesson)


def test_every_file_of_the_glossary_has_the_name_beside_it():
    rows = re.findall(ROW, GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    assert sum(bool(row[-1]) for row in rows) >= 35
    for words, _, _, _, label, link, name in rows:
        file = GLOSSARY.parent / link
        assert file.name == label and file.is_file(), (words, label, link)
        if name:
            tree = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            known = [one.name for one in tree if isinstance(one, ast.FunctionDef | ast.ClassDef)]
            assert name in known, f"{words}: {label} defines no {name}"


def test_the_fields_words_stand_in_the_lessons():
    """What a student will search for; each explained once, in the glossary."""
    text = " ".join(prose(path).lower() for path in NOTEBOOKS)
    words = "vector field, ode, trajectory, conditional, marginal, ema, overfit, transformer, adaln, guidance scale, fréchet distance"
    assert [word for word in words.split(", ") if not re.search(rf"\b{word}", text)] == []


def prose(path):
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in found if cell["cell_type"] == "markdown")
