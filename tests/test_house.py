"""The order of the rooms: a small core that imports nothing else, and rooms that import only what stands before them."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "stemlab"
CORE_FILES, CORE_LINES, FILE_LINES = 12, 1500, 250
ORDER = [  # each may import those before it; "core" is what lies at the top of stemlab/
    "core", "checkpoints", "codec", "songs", "metrics", "data", "lab", "training", "figures", "widgets", "browser", "evaluate",
    "lessons", "cli",
]  # fmt: skip
BACK = {("lab", "widgets"), ("lab", "figures")}  # inside functions: group.play() and group.save() show what is there
FRONT_DOOR = {"__init__.py", "__main__.py"}  # of the package: they hand on the public names and the command


def room_of(module: str) -> str:
    """ "stemlab.codec.vae" lies in "codec", "stemlab.flow" and "stemlab" in "core"."""
    inside = module.split(".")[1:]
    return inside[0] if inside and (PACKAGE / inside[0]).is_dir() else "core"


def imports(file: Path) -> list[tuple[str, bool]]:
    """The modules of stemlab that a file imports, each with whether that is done inside a function."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    inner = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    typing = [n for n in ast.walk(tree) if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.unparse(n.test)]
    unseen = {id(n) for block in typing for n in ast.walk(block)}
    found = []
    for node in ast.walk(tree):
        if id(node) in unseen or not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: imports are written out, not relative"
            names += [f"{node.module}.{a.name}" for a in node.names]
        found += [(name, id(node) in inner) for name in names if name.split(".")[0] == "stemlab"]
    return found


def files() -> list[Path]:
    return [f for f in sorted(PACKAGE.rglob("*.py")) if f.parent != PACKAGE or f.name not in FRONT_DOOR]


def climbs(file: Path) -> list[str]:
    room = room_of(f"stemlab.{'.'.join(file.relative_to(PACKAGE).with_suffix('').parts)}")
    wrong = []
    for module, inside in imports(file):
        other = room_of(module)
        if ORDER.index(other) > ORDER.index(room) and not (inside and (room, other) in BACK):
            wrong.append(f"{file.relative_to(PACKAGE)} imports {module}")
    return wrong


def test_every_folder_with_code_is_a_room_that_says_what_it_is_for():
    rooms = {f.name for f in PACKAGE.iterdir() if f.is_dir() and list(f.rglob("*.py"))}
    assert rooms == set(ORDER) - {"core"}
    for room in rooms:
        told = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8"))) or ""
        assert "import" in told or "Needs nothing" in told, f"{room}: say what it is for and what it may import"


@pytest.mark.parametrize("file", files(), ids=lambda f: str(f.relative_to(PACKAGE)))
def test_no_import_climbs(file):
    assert not climbs(file)


def test_no_file_imports_itself_by_way_of_others():
    graph = {}
    for file in files():
        name = "stemlab." + ".".join(file.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        graph[name] = {m for m, inside in imports(file) if not inside}
    graph = {name: {m for m in told if m in graph and m != name} for name, told in graph.items()}
    while free := [name for name, told in graph.items() if not told & graph.keys()]:
        for name in free:
            del graph[name]
    assert not graph, f"circles among {sorted(graph)}"


def test_the_core_stays_small_enough_to_be_read():
    core = sorted(PACKAGE.glob("*.py"))
    assert len(core) <= CORE_FILES, [f.name for f in core]
    lines = {f.name: len(f.read_text(encoding="utf-8").splitlines()) for f in core}
    assert sum(lines.values()) <= CORE_LINES, lines


def test_no_file_outgrows_its_one_idea():
    long = {
        str(f.relative_to(PACKAGE)): n for f in files() if (n := len(f.read_text("utf-8").splitlines())) > FILE_LINES
    }
    assert not long
