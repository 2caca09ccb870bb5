"""`stemlab export`: the model as ONNX files, or as a page that makes bands in the browser."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stemlab.lab.stem_lab import StemLab


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add `export` to the command line."""
    give = commands.add_parser("export", help="the networks as ONNX, or a page that makes bands in the browser")
    give.set_defaults(command=export)
    give.add_argument("--onnx", type=Path, metavar="OUT", help="folder for the networks; new or empty")
    give.add_argument(
        "--page", type=Path, metavar="OUT", help="folder for band.html, band-offline.js and band/; other files stay"
    )
    give.add_argument(
        "--vectors", action="store_true", help="vectors.json too: inputs and outputs of what lies between"
    )
    give.add_argument("--float32", action="store_true", help="weights as float32: twice as large (float16)")
    give.add_argument("--weights", type=Path, help="folder of a checkpoint of your own (the bundled one)")
    give.add_argument("--force", action="store_true", help="replace an export that is in the folder")


def export(
    onnx: Path | None, page: Path | None, vectors: bool, float32: bool, weights: Path | None, force: bool
) -> int:
    """`stemlab export`."""
    from stemlab.checkpoints.folders import check_folder

    if onnx is None and page is None:
        raise ValueError("export: say what to write: --onnx FOLDER, --page FOLDER, or both")
    from stemlab.browser.page import check_page, write_band_page

    networks = None if onnx is None else check_folder(onnx, force, "--onnx")  # before the work, not after it
    if page is not None and check_page(page, force, "--page") / "band" == networks:
        raise ValueError(f"--onnx: got {str(onnx)!r}, where --page puts files of its own; name another folder")
    import stemlab

    lab = stemlab.load(weights, device="cpu")
    if onnx is not None:
        _write_networks(lab, onnx, vectors, not float32, force)
    if page is not None:
        size = write_band_page(lab, page, force)
        print(f"{page / 'band.html'}: a browser fetches {size / 1e6:.1f} MB, once")
        print(f"To try it: {Path(sys.executable).name} -m http.server 8000 --directory {page}")
        print("and open http://localhost:8000/band.html; any static web server will do.")
    return 0


def _write_networks(lab: "StemLab", folder: Path, vectors: bool, half: bool, force: bool) -> None:
    from stemlab.browser.export import export_onnx

    sizes = export_onnx(lab, folder, half, force)
    if vectors:
        import json

        from stemlab.browser.vectors import vectors as all_vectors
        from stemlab.checkpoints.folders import write_text

        write_text(folder / "vectors.json", json.dumps(all_vectors()) + "\n")
    for name, size in sizes.items():
        print(f"{size / 1e6:6.2f} MB  {folder / name}")
    print(f"{sum(sizes.values()) / 1e6:6.2f} MB in all; how they go together: settings.json and docs/browser.md")
