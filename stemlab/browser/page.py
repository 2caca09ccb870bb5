"""The page that makes a band in the browser: `band.html`, and beside it `band/` with the model and the runtime.

All scripts are inside of the page: those of the mixer and of the grid are the widgets' own, the model's run in a worker.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from stemlab.browser.export import FILES, SETTINGS, check_exportable, described, settings, write_networks
from stemlab.browser.runtime import runtime_files
from stemlab.checkpoints.folders import atomic_folder, check_folder, exclusive, explained, write_text
from stemlab.figures.colours import FAMILY
from stemlab.lab.stem_lab import StemLab
from stemlab.songs.genres import GENRES
from stemlab.widgets.mixer import MIXER
from stemlab.widgets.page import source as widgets
from stemlab.widgets.studio_form import suggestions

HERE = Path(__file__).parent
MODEL = (
    "noise.js",
    "request.js",
    "flow.js",
    "fourier.js",
    "phase.js",
    "sound.js",
    "band.js",
)  # from a request to stems
WORKER = (*MODEL, "files_kept.js", "worker.js")
OWN = ("band", "band-offline.js", "band.html")  # what is written, in this order
PAGE = ("request.js", "link.js", "heard.js", "band_form.js", "band_page.js")


def source(*names: str) -> str:
    """The text of some files of this folder, one after the other."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


def write_band_page(lab: StemLab, out: str | os.PathLike, force: bool = False) -> int:
    """Write the page, the model and the runtime into a folder for any static web server; other files in it stay.

    Args:
        lab: the model; see `export_onnx`.
        out: folder.
        force: replace a page that is there. The page is written last, and refuses files that are not its own: a kill leaves no mixture.
    Returns:
        bytes that a browser fetches, all in all.
    Raises:
        ValueError: as for `export_onnx`, `check_page` and `runtime_files`, or somebody else writes a page there.
    """
    folder = check_page(out, force)
    check_exportable(lab)
    runtime = runtime_files()  # before the work: it may need the network
    folder.mkdir(parents=True, exist_ok=True)
    with explained(folder), exclusive(folder, "writing a page", "page"):
        with atomic_folder(folder / "band", force, SETTINGS) as made:
            write_networks(lab, made)
            for file in runtime:
                shutil.copyfile(file, made / served(file.name))
        told = settings(lab) | {
            "families": FAMILY, "styles": sorted(GENRES), "suggestions": suggestions(),
            "files": described(folder / "band", FILES),
            "runtime": described(folder / "band", [served(file.name) for file in runtime]),
        }  # fmt: skip
        for name, text in zip(OWN[1:], (source("offline.js"), band_html(told)), strict=True):
            write_text(folder / name, text)
    return sum(file["bytes"] for file in [*told["files"].values(), *told["runtime"].values()])


def check_page(out: str | os.PathLike, force: bool = False, name: str = "out") -> Path:
    """The full path of a folder that a page can be written to; ValueError when its files are there already, unless `force`."""
    folder = check_folder(out, True, name)
    if not force and (there := [own for own in OWN if (folder / own).exists()]):
        raise ValueError(
            f"{name}: {str(folder / there[0])!r} is there and nothing is overwritten unasked; name another folder, or allow it "
            "with force=True (--force)."
        )
    return folder


def served(name: str) -> str:
    """What a file is called on the server: some know no .mjs."""
    return name.replace(".mjs", ".js")


def band_html(told: dict[str, Any]) -> str:
    """The page itself.

    Args:
        told: settings of the model, its files, and the choices of the form.
    """
    safe = lambda value: json.dumps(value).replace("<", "\\u003c")  # noqa: E731  # no text in it can end the script
    script = "\n".join([widgets(*MIXER, "grid.js"), source(*PAGE)])
    parts = {
        "STYLE": widgets("theme.css", "mixer.css", "grid.css") + source("band.css"),
        "STATE": safe({"told": told, "worker": source(*WORKER)}),
        "SCRIPT": script,
    }
    head, *rest = source("band.html").split("@@")
    return head + "".join(parts[name] + text for name, text in zip(rest[::2], rest[1::2], strict=True))
