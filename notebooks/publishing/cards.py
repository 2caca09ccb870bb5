"""The lessons as files: where they lie, what their cards say, and where they can be opened with one click."""

import html
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "notebooks"
LESSONS = sorted(HERE.glob("[0-9][0-9]_*.ipynb"))
TAG = r"\\tag\{(\d+)\}"


def card(book: dict) -> dict[str, str]:
    """The title card of a lesson: its rows, and its title."""
    text = "".join(book["cells"][0]["source"])
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    return {**dict(re.findall(r"^\| (\w+) \| (.+) \|$", text, re.MULTILINE)), "title": title[1] if title else ""}


def markdown(path: Path) -> str:
    """All prose of a lesson."""
    book = json.loads(path.read_text(encoding="utf-8"))
    return "\n\n".join("".join(c["source"]) for c in book["cells"] if c["cell_type"] == "markdown")


def part(text: str, head: str) -> str:
    """What stands below a heading of the second level."""
    found = re.search(rf"^## {re.escape(head)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def sections(path: Path) -> list[dict[str, str]]:
    """What the search looks through: each headed part of a lesson with its page, title, heading and plain words."""
    book = json.loads(path.read_text(encoding="utf-8"))
    text = "\n".join("".join(c["source"]) for c in book["cells"] if c["cell_type"] == "markdown")
    parts = re.split(r"^#+ (.+)$", text, flags=re.MULTILINE)[1:]
    plain = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>|[|*`$#]", " ", words)).strip() for words in parts[1::2]]
    title = card(book)["title"]
    heads = zip(parts[::2], plain, strict=True)
    return [{"page": f"{path.stem}.html", "title": title, "heading": head, "text": words} for head, words in heads]


def running(took: dict[str, int]) -> str:
    """What a title card says of a measured time: two quiet cores need no longer than the clock, nor than the processor, showed."""
    seconds = min(took.values())
    halves = max(1, -(-seconds // 30))
    names = {1: "half a minute", 2: "a minute", 3: "a minute and a half", 4: "two minutes"}
    return f"{names.get(halves, f'{halves / 2:g} minutes')} on two CPU cores, or less"


def address(project: Path = ROOT / "pyproject.toml") -> str | None:
    """The repository's address: `Repository` of `[project.urls]`, the one place where it stands; None where it is not told."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    told = tomllib.loads(project.read_text(encoding="utf-8"))["project"].get("urls", {})
    return str(told["Repository"]).rstrip("/").removesuffix(".git") if "Repository" in told else None


def launches(lesson: str, repository: str | None) -> dict[str, str]:
    """Where one click opens a lesson with Python behind it, by name of the service: Binder, and Colab for what lies on GitHub.

    Colab opens a file alone, so its link leads to the copy with a first cell that fetches the rest: see `publish.py colab`.
    """
    found = re.fullmatch(r"https://(github|gitlab)\.com/([\w.-]+/[\w.-]+)", repository or "")
    if not found:
        return {}
    host, name = found.groups()
    where = f"{'gh' if host == 'github' else 'gl'}/{name if host == 'github' else name.replace('/', '%2F')}"
    links = {"Binder": f"https://mybinder.org/v2/{where}/HEAD?urlpath=lab/tree/notebooks/{lesson}"}
    if host == "github":
        links["Colab"] = f"https://colab.research.google.com/github/{name}/blob/colab/notebooks/colab/{lesson}"
    return links


def launch_line(lesson: str, repository: str | None) -> str:
    """The links of `launches` as a line of a page; empty without an address."""
    links = [f'<a href="{html.escape(url)}">{name}</a>' for name, url in launches(lesson, repository).items()]
    return f'<p class="launch">Open it and change it, without installing: {", ".join(links)}.</p>' if links else ""
