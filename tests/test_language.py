"""Lesson 0 in German: its code is the lesson's, its prose has the same parts, and all that its checks say is in the table."""

import ast
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from stemlab.lab.group import Stem, StemGroup
from stemlab.lessons import diagnosis, language, predictions, start_here
from stemlab.lessons.german import GERMAN

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "notebooks"))  # where `publishing` lies, as when publish.py is run
from publishing import copies  # noqa: E402  (after its path)

LESSON = ROOT / "notebooks" / "00_start_here.ipynb"


@pytest.fixture
def in_german():
    language.speak("de")
    yield
    language.speak("en")


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def sentences(module, within=None):
    """All that a module prints or refuses with: each string, `{}` where a value stands."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    if within:
        tree = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == within)
    spoken = [node.msg for node in ast.walk(tree) if isinstance(node, ast.Assert) and node.msg]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "AssertionError", "Case"):
            spoken += [*node.args, *(key.value for key in node.keywords)]
    for root in spoken:
        yield from _strings(root)


def _strings(node):
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
        yield "".join(parts)
        for part in node.values:
            yield from _strings(part.value) if isinstance(part, ast.FormattedValue) else ()
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from _strings(child)


def test_every_sentence_of_the_checks_is_in_the_table():
    said = {*sentences(start_here), *sentences(diagnosis), *sentences(predictions, within="settle"), start_here.OPEN}
    said = {
        text for text in said if (" " in text and re.search("[a-z]{3}", text)) or text == "[out]"
    }  # no letters, no separators
    assert len(said) >= 25 and said - set(GERMAN) == set()
    for english, german in GERMAN.items():
        assert english.count("{}") == len(re.findall(r"\{\d*\}", german)), english
        assert english in said | {"Not {}. {}", "[ok] {}. {}", "{}: it is {}, you said {} to {}."}, (
            f"said by no check: {english}"
        )


def test_the_german_copy_has_the_code_of_the_lesson_and_prose_of_its_own(tmp_path):
    assert copies.write_german([LESSON], tmp_path) == 1
    made, was = cells(tmp_path / LESSON.name), cells(LESSON)
    extra = made.pop(1)
    assert 'language.speak("de")' in "".join(extra["source"])
    assert len(made) == len(was)
    for one, other in zip(made, was, strict=True):
        assert one["cell_type"] == other["cell_type"] and one["metadata"] == other["metadata"]
        if one["cell_type"] == "code":
            assert "".join(one["source"]) == copies.deeper("".join(other["source"]))
        else:
            _same_parts("".join(one["source"]), "".join(other["source"]))


def _same_parts(german, english):
    """As many headings, rows, points, questions and formulas; the same links, and code that is named is the same code."""
    for form in (r"^#+ ", r"^\| ", r"^\d\. ", r"<details>", r"\*\*"):
        assert len(re.findall(form, german, re.MULTILINE)) == len(re.findall(form, english, re.MULTILINE)), (
            form,
            german,
        )
    links = [
        sorted(link.replace("../", "") for link in re.findall(r"\]\(([^)]+)\)", text)) for text in (german, english)
    ]
    assert links[0] == links[1]
    for sign in (r"\$[^$]+\$", r"`[^`]+`", r"<code>.*?</code>"):
        assert sorted(re.findall(sign, german)) == sorted(re.findall(sign, english)), german
    assert german != english


def test_a_translation_with_a_cell_less_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(copies, "german_prose", lambda path: ["eins"])
    with pytest.raises(ValueError, match="has 1 cells of prose, and the lesson has 20"):
        copies.write_german([LESSON], tmp_path)


def test_open_right_and_wrong_answers_are_told_in_german(in_german, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("STEMLAB_PREDICTIONS", str(tmp_path / "predictions.json"))
    start_here.check_trio(None)
    start_here.check_bug("b")
    predictions.settle("00: x", (1, 2), lambda: 3.0, "s")
    said = capsys.readouterr().out
    assert "Übung 1: noch offen." in said and "[ok] B. Jede Spitze ist 1" in said
    assert "[außerhalb]: Es ist 3 s, du sagtest 1 bis 2." in said and "Wertung 11" in said
    trio = StemGroup([Stem(n, n, np.zeros(100)) for n in ("drums", "bass", "keys")], None, "D major", 2)
    with pytest.raises(AssertionError, match="Das Tempo ist offen gelassen, nicht 92"):
        start_here.check_trio(trio)
    with pytest.raises(AssertionError, match=r"Nicht A\. Ein anderer Startwert"):
        start_here.check_bug("A")
    with pytest.raises(AssertionError, match="Es gab None zurück"):
        start_here.check_unchanged(lambda before, after: None)


def test_english_is_back_when_it_is_asked_for(capsys):
    language.speak("de")
    language.speak("de")
    language.speak("en")
    start_here.check_trio(None)
    assert "still open" in capsys.readouterr().out
    with pytest.raises(ValueError, match="'en', 'de'"):
        language.speak("fr")


def test_what_no_table_has_is_said_as_it_is():
    assert language.translated("no such sentence", GERMAN) == "no such sentence"
