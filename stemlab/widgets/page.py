"""A widget as one self-contained page: the same script and style as in a notebook, with its state inside."""

import base64
import json
import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from stemlab.checkpoints.folders import clean_path, write_text

_HERE = Path(__file__).parent


def source(*names: str) -> str:
    """The text of some files of this folder, one after the other: a browser takes it as one module or style."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)


def script(*names: str, render: str) -> str:
    """Some files of this folder as one module with `render({ model, el })`, as anywidget takes it.

    Args:
        names: of the files.
        render: which of their functions draws the widget.
    """
    return f"{source(*names)}\nconst render = {render};\nexport default {{ render }};\n"


def page(
    title: str,
    about: str,
    script: str,
    style: str,
    state: dict[str, Any],
    sound: Sequence[Sequence[tuple[str, bytes]]] = (),
) -> str:
    """The HTML of a widget that needs no kernel, no network and no other file.

    Args:
        title: headline.
        about: a line beside it.
        script: a module with `render({ model, el })`, as anywidget takes it.
        style: CSS.
        state: what `model.get` gives; must fit into JSON.
        sound: of each of the state's versions, names and Ogg files of its stems. They are plain players of the page, for
            those who block scripts; the script takes them from there.
    """
    parts = {
        "TITLE": escape(title),
        "ABOUT": escape(about),
        "STYLE": style,
        "STATE": json.dumps(state).replace("<", "\\u003c"),  # no text in it can end the script
        "SCRIPT": script,
        "SOUND": "\n".join(_player(name, data, version) for version, stems in enumerate(sound) for name, data in stems),
    }
    head, *rest = source("page.html").split("@@")
    names, texts = rest[::2], rest[1::2]
    return head + "".join(parts[name] + text for name, text in zip(names, texts, strict=True))


def _player(name: str, data: bytes, version: int) -> str:
    src = f"data:audio/ogg;base64,{base64.b64encode(data).decode('ascii')}"
    return (
        f'<figure data-version="{version}"><figcaption>{escape(name)}</figcaption>'
        f'<audio controls preload="none" src="{src}"></audio></figure>'
    )


def write_page(html: str, path: str | os.PathLike | None) -> str:
    """Write a page to `path` unless that is None; return it."""
    if path is not None:
        write_text(clean_path(path), html)
    return html
