"""Every notebook keeps the form that CONTRIBUTING.md asks of a lesson; `pytest --nbmake notebooks` runs them."""

import ast
import json
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TEXTS = [
    *ROOT.glob("*.md"),
    *(p for f in ("docs", "notebooks", "data_samples", "stemlab") for p in (ROOT / f).rglob("*.md")),
]
PAGES = [*sorted(TEXTS), *NOTEBOOKS]
CARD = ("Question", "Reading", "Running", "Needs", "Previous", "Next")
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path, kind=None):
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [{**c, "source": "".join(c["source"])} for c in found if kind in (None, c["cell_type"])]


def prose(path):
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    return "\n".join(cell["source"] for cell in cells(path, "markdown"))


def test_there_is_a_first_notebook():
    assert (ROOT / "notebooks" / "00_start_here.ipynb").is_file()


@every_notebook
def test_a_notebook_is_kept_without_outputs(path):
    dirty = [i for i, c in enumerate(cells(path)) if c.get("outputs") or c.get("execution_count")]
    assert not dirty, f"{path.name}: cells {dirty} hold outputs; clear them: jupyter nbconvert --clear-output --inplace"


@every_notebook
def test_a_notebook_runs_on_the_usual_kernel_and_is_small(path):
    kernel = json.loads(path.read_text(encoding="utf-8"))["metadata"]["kernelspec"]
    assert kernel["name"] == "python3"
    assert path.stat().st_size < 200_000


@every_notebook
def test_a_notebook_is_cut_into_cells_that_fit_a_screen(path):
    assert 25 <= len(cells(path)) <= 45
    long = {i: c["source"].count("\n") + 1 for i, c in enumerate(cells(path)) if c["cell_type"] == "code"}
    assert max(long.values()) <= 25, f"{path.name}: code cells longer than 25 lines: {long}"


@every_notebook
def test_there_are_five_to_ten_words_a_line_of_code(path):
    heads = [re.search(r"^## (Setup|Exercises)", c["source"], re.MULTILINE) for c in cells(path)]
    start, end = (i for i, head in enumerate(heads) if head)  # what frames the lesson is not counted
    body = cells(path)[start + 1 : end]
    text = "\n".join(c["source"] for c in body if c["cell_type"] == "markdown")
    words = len(re.sub(r"<[^>]+>|[$]+[^$]+[$]+", "", text).split())
    lines = sum(bool(line.strip()) for c in body if c["cell_type"] == "code" for line in c["source"].splitlines())
    assert 5 <= words / lines <= 10, f"{path.name}: {words} words, {lines} lines of code"


@every_notebook
def test_the_title_card_is_complete(path):
    first = cells(path)[0]
    assert first["cell_type"] == "markdown"
    assert first["source"].startswith(f"# {int(path.name[:2])}. "), "the first cell is the title card: '# 0. Title'"
    rows = dict(re.findall(r"^\| \**(\w+)\** \| (.+) \|$", first["source"], re.MULTILINE))
    assert [row for row in CARD if not rows.get(row, "").strip()] == []


@every_notebook
def test_a_lesson_has_all_its_parts(path):
    text = "\n".join(cell["source"] for cell in cells(path))
    parts = (
        "Objectives",
        "Conventions",
        "Predict",
        "Look and listen",
        "Check",
        "Break it",
        "Play",
        "Exercises",
    )
    parts += ("Recap", "Quiz", "Teacher's note", "Limits", "References")
    heads = {part: rf"^(#+ .*|.*\*\*){part}" for part in parts}  # a heading, bold text, or a comment in code
    assert [part for part, head in heads.items() if not re.search(head, text, re.MULTILINE)] == []
    assert text.count("<details>") == text.count("</details>") >= 3 + 3  # three exercises, three quiz questions


@every_notebook
def test_a_lesson_asks_for_a_number_a_bug_and_a_transfer(path):
    """Three exercises that cannot be copied from a cell above."""
    text = "\n".join(cell["source"] for cell in cells(path))
    heads = "\n".join(re.findall(r"^### .+", text, re.MULTILINE)).lower()
    missing = [kind for kind in ("predict a number", ": find the bug", "transfer: ") if kind not in heads]
    stubs = "\n".join(c["source"] for c in cells(path, "code") if "exercise" in c["metadata"].get("tags", []))
    wanted = (rf'predictions\.settle\(\s*"{path.name[:2]}:', r"\.bug\(\)", r"\.check_bug\(")
    asked = [call for call in wanted if not re.search(call, stubs)]
    assert (missing, asked) == ([], [])


@every_notebook
def test_no_solution_can_be_copied_from_the_cells(path):
    """At most a line of code of a solution stands in a cell above: what is asked for has to be thought of."""
    above: set[str] = set()
    for cell in cells(path, "code"):
        lines = [re.sub(r"\s+", "", line.split("#")[0]) for line in cell["source"].splitlines()]
        lines = [line for line in lines if len(line) >= 20 and ".check_" not in line]
        if "solution" in cell["metadata"].get("tags", []):
            assert len([line for line in lines if line in above]) <= 1, (path.name, cell["source"])
        else:
            above.update(lines)


@every_notebook
def test_solutions_are_marked_and_folded_and_nothing_else_needs_them(path):
    solved = [c for c in cells(path, "code") if "solution" in c["metadata"].get("tags", [])]
    assert len(solved) >= 3
    assert all(c["metadata"].get("jupyter", {}).get("source_hidden") for c in solved)
    text = "\n".join(c["source"] for c in solved)
    names = re.findall(r"^def (\w+)", text, re.MULTILINE) + re.findall(r"^(\w+) = ", text, re.MULTILINE)
    others = "\n".join(c["source"] for c in cells(path, "code") if c not in solved)
    assert [name for name in names if re.search(rf"\b{name}\b", others)] == []


@every_notebook
def test_a_notebook_never_uses_the_player_that_normalises_each_stem(path):
    assert not any(re.search(r"display\.Audio|import Audio|\bAudio\(", c["source"]) for c in cells(path, "code"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_resolve(path):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose(path)) + re.findall(r'(?:src|href)="([^"#]+)"', prose(path))
    near = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in near if not (path.parent / link).exists()] == []


def test_every_lesson_that_the_package_names_is_there():
    named = {
        (file.name, lesson)
        for file in (ROOT / "stemlab").rglob("*.py")
        for lesson in re.findall(r"^Lesson: (\S+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named, "no docstring ends with a line 'Lesson: NN_name.ipynb'"
    assert [(file, lesson) for file, lesson in sorted(named) if not (ROOT / "notebooks" / lesson).is_file()] == []


@every_notebook
def test_a_lesson_has_checks_and_these_have_tests(path):
    text = "\n".join(c["source"] for c in cells(path, "code"))
    imported = re.findall(r"^from stemlab\.lessons import (.+)$", text, re.MULTILINE)
    named = {name.strip() for names in imported for name in names.split(",")} - {"predictions"}
    assert named, f"{path.name} imports no checks from stemlab.lessons"
    tests = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").glob("test_lessons*.py"))
    for module in named:
        source = (ROOT / "stemlab" / "lessons" / f"{module}.py").read_text(encoding="utf-8")
        checks = re.findall(r"^def (check_\w+)", source, re.MULTILINE)
        assert len(checks) >= 3 and f"Lesson: {path.name}" in source
        used = [check for check in checks if f"{module}.{check}(" in text]
        assert used == checks, f"{path.name} does not use {sorted(set(checks) - set(used))}"
        assert [check for check in checks if f"{module}.{check}" not in tests] == []


def test_each_check_has_been_given_six_wrong_answers_or_more():
    wrong = Counter()
    for file in (ROOT / "tests").glob("test_lessons*.py"):
        for made in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(made, ast.FunctionDef) and "pytest.raises(AssertionError" in ast.unparse(made):
                answers = [len(mark.args[1].elts) for mark in made.decorator_list if "parametrize" in ast.unparse(mark)]
                wrong.update(dict.fromkeys(set(re.findall(r"\w+\.check_\w+", ast.unparse(made))), sum(answers) or 1))
    checks = [
        f"{file.stem}.{check}"
        for file in (ROOT / "stemlab" / "lessons").glob("*.py")
        for check in re.findall(r"^def (check_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert len(checks) >= 3 * 12
    assert {check: wrong[check] for check in checks if wrong[check] < 6} == {}


def _bodies(source):
    """Each function and class of five lines or more as its code alone, names and docstrings apart."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith("%")]
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.end_lineno - node.lineno >= 5:
            body = node.body[1:] if ast.get_docstring(node) else node.body
            yield node.name, "\n".join(ast.unparse(part) for part in body)


@every_notebook
def test_nothing_of_the_package_is_pasted(path):
    files = [file for file in (ROOT / "stemlab").rglob("*.py") if file.parent.name != "lessons"]
    known = {body: name for file in files for name, body in _bodies(file.read_text(encoding="utf-8"))}
    pasted = [(name, known[b]) for c in cells(path, "code") for name, b in _bodies(c["source"]) if b in known]
    assert pasted == [], f"import it instead: {pasted}"


def test_the_course_is_complete():
    assert [path.stem for path in NOTEBOOKS] == [
        "00_start_here",
        "01_stems_and_mixes",
        "02_latents",
        "03_flow_matching",
        "04_text_and_guidance",
        "05_shared_noise",
        "06_many_stems_at_once",
        "07_play_along",
        "08_who_plays_when",
        "09_train_your_own",
        "10_bring_your_own_music",
        "11_stem_studio",
        "12_theory_in_the_plane",
        "13_the_network_from_nothing",
        "14_the_noise_that_is_the_song",
        "15_fine_tuning",
        "16_how_do_we_know",
    ]


@every_notebook
def test_neighbours_are_linked_from_the_title_card(path):
    place = NOTEBOOKS.index(path)
    card = cells(path)[0]["source"]
    for row, near in (("Previous", place - 1), ("Next", place + 1)):
        line = re.search(rf"^\| {row} \| (.+) \|$", card, re.MULTILINE)[1]
        if 0 <= near < len(NOTEBOOKS):
            assert f"]({NOTEBOOKS[near].name})" in line, f"{row} should lead to {NOTEBOOKS[near].name}; it says {line}"


@every_notebook
def test_the_card_counts_the_minutes_of_the_exercises(path):
    text = "\n".join(cell["source"] for cell in cells(path, "markdown"))
    minutes = sum(map(int, re.findall(r"^### .*\((\d+) minutes\)$", text, re.MULTILINE)))
    told = int(re.search(r"^\| \**Reading\** \| .*exercises (\d+) more", text, re.MULTILINE)[1])
    assert abs(told - minutes) <= 3, f"{path.name}: the card says {told} minutes of exercises, they add up to {minutes}"
