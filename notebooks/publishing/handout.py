"""The handout: a sheet of A4 for each lesson, for a class without screens, and the answers on sheets of their own for the teacher."""

import html
import re
from pathlib import Path

from publishing.cards import HERE, TAG, card, markdown, part
from stemlab.checkpoints.folders import write_text

STYLE = (HERE / "publishing" / "handout.css").read_text(encoding="utf-8")
EQUATIONS, QUESTIONS = 3, 3  # what a sheet has room for


def write_handout(lessons: list[Path], out: Path) -> int:
    """All sheets in one page, `handout.html`."""
    sheets = "\n".join(sheet(path) for path in lessons)
    answers = "\n".join(f"<h3>{html.escape(title(path))}</h3><ol>{listed(quiz(path), 1)}</ol>" for path in lessons)
    body = f'{sheets}\n<section class="answers"><h2>Answers, for the teacher</h2>{answers}</section>'
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>stemlab: the course on paper</title>'
    write_text(
        out / "handout.html",
        f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head>\n<body>{body}</body></html>\n',
    )
    return len(lessons)


def sheet(path: Path) -> str:
    """One lesson on one sheet: its question, what is to be learned, its equations, what to predict, the quiz."""
    text = markdown(path)
    goals = re.findall(r"^\d\. (.+)$", part(text, "Objectives"), re.MULTILINE)
    asked = "".join(f'<li>{said(question)}<div class="lines"></div></li>' for question in predictions(text)[:QUESTIONS])
    formulas = "".join(f"<div>{formula}</div>" for formula in equations(text)[:EQUATIONS])
    return (
        f'<section class="sheet"><h2>{html.escape(title(path))}</h2><p class="question">{said(question_of(path))}</p>'
        f"<h3>You will be able to</h3><ul>{''.join(f'<li>{said(goal)}</li>' for goal in goals)}</ul>"
        f"<h3>Predict, before anybody plays or computes</h3><ol>{asked}</ol>"
        f'<div class="equations">{formulas}</div><h3>At the end</h3><ol>{listed(quiz(path), 0)}</ol></section>'
    )


def title(path: Path) -> str:
    """Number and title of a lesson."""
    return card(_book(path))["title"]


def question_of(path: Path) -> str:
    """The one question of a lesson, from its card."""
    return card(_book(path))["Question"]


def _book(path: Path) -> dict:
    return {"cells": [{"source": markdown(path)}]}


def predictions(text: str) -> list[str]:
    """What is to be predicted: the paragraphs that begin with Predict."""
    return [
        " ".join(found.split())
        for found in re.findall(r"^\*\*Predict\.\*\* (.+?)(?=\n\n|\Z|\n<details)", text, re.MULTILINE | re.DOTALL)
    ]


def equations(text: str) -> list[str]:
    """The numbered equations as MathML, each with its number."""
    from latex2mathml.converter import convert

    found = [one for one in re.findall(r"\$\$(.+?)\$\$", text, re.DOTALL) if "aligned" not in one]  # a proof is no line
    numbered = [(re.sub(TAG, "", formula), re.search(TAG, formula)) for formula in found]
    return [f"{convert(formula, display='block')}<span>({tag[1]})</span>" for formula, tag in numbered if tag]


def quiz(path: Path) -> list[tuple[str, str]]:
    """Questions and answers of a lesson's quiz."""
    found = re.findall(
        r"^\d\. (.+?)\n<details><summary>Answer</summary>(.+?)</details>",
        part(markdown(path), "Quiz"),
        re.MULTILINE | re.DOTALL,
    )
    return [(" ".join(asked.split()), " ".join(answer.split())) for asked, answer in found]


def listed(pairs: list[tuple[str, str]], which: int) -> str:
    """The questions (0) or the answers (1) as items of a list."""
    lines = '<div class="lines short"></div>' if which == 0 else ""
    return "".join(f"<li>{said(pair[which])}{lines}</li>" for pair in pairs)


def said(text: str) -> str:
    """Prose of a lesson as HTML on paper: formulas drawn, links as their words."""
    from latex2mathml.converter import convert

    kept: list[str] = []

    def drawn(match: re.Match) -> str:
        kept.append(convert(match[1]))
        return f"FORMULA{len(kept) - 1}X"

    text = re.sub(
        r"\$([^$\n]+)\$", drawn, re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", re.sub(r"</?(?:code|em|sub)>", "", text))
    )
    text = html.escape(html.unescape(text), quote=False)
    text = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text)
    text = re.sub(r"\*([^*]+)\*", r"<em>\1</em>", re.sub(r"`([^`]+)`", r"<code>\1</code>", text))
    return re.sub(r"FORMULA(\d+)X", lambda match: kept[int(match[1])], text)
