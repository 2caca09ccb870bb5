"""A poster of each lesson: one question, one picture, one sound, three sentences. It plays from a file, and prints on one sheet."""

import base64
import html
import re
from pathlib import Path

from publishing.cards import HERE, address, card, launch_line, markdown, part

STYLE = (HERE / "publishing" / "poster.css").read_text(encoding="utf-8")


def poster(book, path: Path) -> str:
    """The poster of an executed lesson.

    Args:
        book: the lesson with its outputs; players are `<iframe class="player">`, as `executed` of `site.py` leaves them.
        path: of the lesson.
    Raises:
        ValueError: no cell is tagged "poster", or that cell gave no picture.
    """
    told = card({"cells": [{"source": book.cells[0].source}]})
    title = re.sub(r"^\d+\. ", "", told["title"])
    sound = next(iter(players(book)), "")
    sentences = "".join(f"<li>{plain(line)}</li>" for line in three_sentences(path))
    link = f'<a href="{path.stem}.html">The lesson</a>, <a href="index.html">all lessons</a>'
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>\n<body><main>"
        f'<p class="number">Lesson {int(path.name[:2])}: {html.escape(title)}</p><h1>{html.escape(told["Question"])}</h1>'
        f'<img src="data:image/png;base64,{picture(book, path)}" alt="{html.escape(pictured(book))}">'
        f'<div class="sound">{sound}</div><ol>{sentences}</ol><footer>{link}{launch_line(path.name, address())}</footer></main></body></html>\n'
    )


def three_sentences(path: Path) -> list[str]:
    """The first three points of a lesson's recap."""
    return re.findall(r"^\d\. (.+)$", part(markdown(path), "Recap"), re.MULTILINE)[:3]


def plain(text: str) -> str:
    """Prose of a lesson as HTML: links and formulas become their words."""
    text = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text)
    text = re.sub(r"\$([^$]+)\$", lambda match: match[1].replace("\\", ""), text)
    return re.sub(
        r"`([^`]+)`", r"<code>\1</code>", re.sub(r"\*([^*]+)\*", r"<em>\1</em>", html.escape(text, quote=False))
    )


def picture(book, path: Path) -> str:
    """The picture that the cell tagged "poster" gave, as base64."""
    for cell in tagged(book):
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                data = "".join(output["data"]["image/png"].split())
                return base64.b64encode(base64.b64decode(data, validate=True)).decode()
    raise ValueError(f'{path.name}: one cell that draws wants the tag "poster"; its picture stands on the poster')


def pictured(book) -> str:
    """That picture in words: the title of its first axes."""
    found = re.findall(
        r'(?:title|suptitle)(?:=|\()\s*f?"([^"{}]+)"', "\n".join(cell["source"] for cell in tagged(book))
    )
    return f"Plot: {found[0]}" if found else "The picture of this lesson"


def tagged(book) -> list:
    """The cells with the tag "poster"."""
    return [cell for cell in book.cells if "poster" in cell["metadata"].get("tags", [])]


def players(book) -> list[str]:
    """All players of a lesson, in order, without what stands below them."""
    shown = [output.get("data", {}).get("text/html", "") for cell in book.cells for output in cell.get("outputs", [])]
    return [found[0] for text in shown if (found := re.match(r'<iframe class="player".*?</iframe>', text, re.DOTALL))]
