"""Pages of the lessons that play and show equations and figures with no kernel and no network."""

import html
import json
import re
import shutil
from pathlib import Path

from publishing.cards import HERE, LESSONS, TAG, address, card, launch_line, sections
from publishing.posters import poster
from stemlab.checkpoints.folders import atomic_file, write_text

NEEDS_KERNEL = '<p class="kernel">Here stands a widget that needs Python behind it: open the notebook to use it.</p>'
PLAYERS = """
from html import escape
from stemlab.browser.link import link_of
from stemlab.widgets.activity_grid import ActivityGrid
from stemlab.widgets.kept import KeptWidget
from stemlab.widgets.mixer import StemMixer

def _page(widget, **_):
    height = 150 + 66 * max(map(len, getattr(widget, "_groups", [[]])))
    grow = "this.style.height = this.contentDocument.documentElement.scrollHeight + 'px'"  # A and B, long notes
    links = [link_of(group) for group in getattr(widget, "_groups", [])]
    live = [f'<a href="band.html{escape(link)}">play with {"it" if len(links) == 1 else "AB"[i]} live</a>' for i, link in enumerate(links) if link]
    below = f'<p class="live">In the browser, with these settings: {", ".join(live)}</p>' if live else ""
    return {"text/html": f'<iframe class="player" loading="lazy" style="height:{height}px" onload="{grow}" srcdoc="{escape(widget.to_html())}"></iframe>{below}'}

StemMixer._repr_mimebundle_ = ActivityGrid._repr_mimebundle_ = _page
KeptWidget._ipython_display_ = None  # pages have no limit of bytes, and no live view beside
"""
SOLUTION = r'<div class="cell [^"]*celltag_solution.*?(?=<div class="cell |\Z)'
STYLE = (HERE / "site.css").read_text(encoding="utf-8")


def write_site(lessons: list[Path], out: Path) -> int:
    """Run the lessons and write their pages, and an index of all of them."""
    import plotly
    from tqdm.auto import tqdm

    with atomic_file(out / "plotly.min.js") as file:
        shutil.copyfile(Path(plotly.__file__).parent / "package_data" / "plotly.min.js", file)
    live = write_band(out)
    for path in (bar := tqdm(lessons, unit="lesson")):
        bar.set_postfix_str(path.stem)
        book = executed(path)
        write_text(
            out / f"poster_{path.stem}.html", poster(book, path)
        )  # before `page`, which takes formulas out of the prose
        write_text(out / f"{path.stem}.html", page(book, path, live))
    rows = [(path, card(json.loads(path.read_text(encoding="utf-8")))) for path in LESSONS]
    lines = [
        f'<tr><td><a href="{path.stem}.html">{told["title"]}</a> <a href="poster_{path.stem}.html">poster</a></td>'
        + "".join(f"<td>{told[row]}</td>" for row in ("Question", "Reading", "Running"))
        + "</tr>"
        for path, told in rows
        if (out / f"{path.stem}.html").exists()
    ]
    heads = "<tr><th>Lesson</th><th>Question</th><th>Reading</th><th>Running</th></tr>"
    table = f"<table>{heads}" + "\n".join(lines) + "</table>"
    about = (
        "<p>From a waveform to a band: every instrument its own stem, in time and in tune, from one shared noise.</p>"
    )
    found = [part for path, _ in rows if (out / f"{path.stem}.html").exists() for part in sections(path)]
    safe = json.dumps(found).replace("</", "<\\/")  # inside a script no tag may end
    box = '<p><label>Search the lessons <input id="search" type="search"></label></p><ol id="found"></ol>'
    script = f"<script>const SECTIONS = {safe};\n{(HERE / 'search.js').read_text(encoding='utf-8')}</script>"
    about += '<p><a href="band.html">A band in the browser</a>: make one here, without Python.</p>' if live else ""
    body = "<h1>stemlab: the lessons</h1>" + about + box + table + script
    write_text(out / "index.html", framed("stemlab: the lessons", body))
    return len(lessons)


def write_band(out: Path) -> bool:
    """Write the page that makes bands in the browser beside the lessons; False, and a line that says why, where it cannot be."""
    import stemlab
    from stemlab.browser.page import write_band_page

    try:
        write_band_page(stemlab.load(device="cpu"), out, force=True)
    except ValueError as error:
        print(f"no band.html, and no links to it: {error}")
    return (out / "band.html").exists()


def executed(path: Path):
    """The lesson with its outputs, run from a clean kernel; players come out as pages."""
    import nbformat
    from nbclient import NotebookClient

    book = nbformat.read(path, as_version=4)
    book.cells.insert(0, nbformat.v4.new_code_cell(PLAYERS))
    NotebookClient(book, timeout=None, kernel_name="python3", resources={"metadata": {"path": path.parent}}).execute()
    del book.cells[0]
    return book


def page(book, path: Path, live: bool = False) -> str:
    """One page of an executed lesson; `live` says whether the page that its players link to is there."""
    import nbformat
    from latex2mathml.converter import convert
    from nbconvert.exporters import HTMLExporter
    from nbconvert.preprocessors import CoalesceStreamsPreprocessor

    formulas: list[str] = []

    def kept(match: re.Match) -> str:
        text, number = re.subn(TAG, "", match[1] or match[2])
        formula = convert(text, display="block" if match[1] else "inline")
        if number:
            formula = f'<span class="equation">{formula}<span>({re.search(TAG, match[1])[1]})</span></span>'
        formulas.append(formula)
        return f"FORMULA{len(formulas) - 1}X"

    for cell in book.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace(" (click on the bar with three dots)", "")
            cell.source = re.sub(r"\$\$(.+?)\$\$|(?<!\$)\$([^$\n]+)\$", kept, cell.source, flags=re.DOTALL)
        else:
            outputs = [nbformat.from_dict(output) for output in map(still, cell.outputs) if output]
            for output in outputs:
                if "image/png" in output.get("data", {}):
                    output.metadata = {"image/png": {"alt": described(cell.source)}}
            cell.outputs = outputs
    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    exporter.register_preprocessor(CoalesceStreamsPreprocessor, enabled=True)  # progress bars came between
    body = exporter.from_notebook_node(book)[0]
    body = re.sub(SOLUTION, r"<details><summary>Solution</summary>\g<0></details>", body, flags=re.DOTALL)
    body = body if live else re.sub(r'<p class="live">.*?</p>', "", body)
    body = re.sub(r"FORMULA(\d+)X", lambda match: formulas[int(match[1])], body)
    body = re.sub(r'href="(\d\d_\w+)\.ipynb', r'href="\1.html', body).replace('href="README.md"', 'href="index.html"')
    return framed(
        card({"cells": [{"source": book.cells[0].source}]})["title"], launch_line(path.name, address()) + body
    )


def described(source: str) -> str:
    """A picture in words, for those who do not see it: what its code says of titles and axes."""
    found = re.findall(r'(?:title|suptitle|xlabel|ylabel|label)(?:=|\()\s*f?"([^"]+)"', source)
    words = [re.sub(r"\{[^}]*\}", "...", text).replace("\\n", " ") for text in dict.fromkeys(found)]
    return "Plot: " + "; ".join(words) if words else "Picture that the code above draws"


def still(output):
    """An output that needs no kernel; None for one that says nothing without."""
    data = output.get("data", {})
    if "application/vnd.plotly.v1+json" in data:
        import plotly.io

        figure = plotly.io.from_json(json.dumps(data["application/vnd.plotly.v1+json"]), skip_invalid=True)
        data = {"text/html": plotly.io.to_html(figure, include_plotlyjs=False, full_html=False, auto_play=False)}
        return {**output, "data": data}
    if "application/vnd.jupyter.widget-view+json" in data:
        shown = re.match(r"interactive|<stemlab\.|\w*Box\(children=\((?!HTML)", data.get("text/plain", ""))
        return {**output, "data": {"text/html": NEEDS_KERNEL}} if shown else None
    return None if output.get("name") == "stderr" else output


def framed(title: str, body: str) -> str:
    """A whole page around a body."""
    from pygments.formatters import HtmlFormatter

    light, dark = (HtmlFormatter(style=name).get_style_defs(".highlight") for name in ("default", "github-dark"))
    colours = f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n.highlight {{ background: none; }}"
    nav = '<nav><a href="index.html">All lessons</a></nav>'
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{colours}{STYLE}</style>"
        f'<script src="plotly.min.js"></script></head>\n<body>{nav}\n{body}\n{nav}</body></html>\n'
    )
