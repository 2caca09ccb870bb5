"""The page that makes a band in the browser: `band.html`, and beside it `band/` with the model and the runtime.

All scripts are inside of the page: those of the mixer and of the grid are the widgets' own, the model's run in a worker.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from stemlab.browser.export import FILES, export_onnx, settings
from stemlab.browser.runtime import runtime_files
from stemlab.checkpoints.folders import atomic_file, check_folder, write_text
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
PAGE = ("request.js", "link.js", "heard.js", "band_form.js", "band_page.js")


def source(*names: str) -> str:
    """The text of some files of this folder, one after the other."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


def write_band_page(lab: StemLab, out: str | os.PathLike) -> int:
    """Write the page, the model and the runtime into a folder for any static web server; other files in it stay.

    Args:
        lab: the model; see `export_onnx`.
        out: folder.
    Returns:
        bytes that a browser fetches, all in all.
    Raises:
        ValueError: as for `export_onnx` and `runtime_files`.
    """
    folder = check_folder(out, force=True, name="out")
    runtime = runtime_files()  # before the work: it may need the network
    export_onnx(lab, folder / "band", force=True)
    for file in runtime:
        with atomic_file(folder / "band" / served(file.name)) as copy:
            shutil.copyfile(file, copy)
    told = settings(lab) | {
        "families": FAMILY, "styles": sorted(GENRES), "suggestions": suggestions(),
        "files": described(folder / "band", FILES),
        "runtime": described(folder / "band", [served(file.name) for file in runtime]),
    }  # fmt: skip
    write_text(folder / "band-offline.js", source("offline.js"))
    write_text(folder / "band.html", band_html(told))
    return sum(file["bytes"] for file in [*told["files"].values(), *told["runtime"].values()])


def served(name: str) -> str:
    """What a file is called on the server: some know no .mjs."""
    return name.replace(".mjs", ".js")


def described(folder: Path, names: Any) -> dict[str, dict[str, Any]]:
    """Bytes and digest of some files, by which the page keeps and checks them."""
    data = {name: (folder / name).read_bytes() for name in names}
    return {name: {"bytes": len(d), "sha256": hashlib.sha256(d).hexdigest()} for name, d in data.items()}


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
