"""`stemlab push`: weights packed for others, into a folder or onto the hub."""

import argparse
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add `push` to the command line."""
    give = commands.add_parser("push", help="pack weights for others: into a folder, or to the Hugging Face hub")
    give.set_defaults(command=push)
    give.add_argument("weights", type=Path, metavar="WEIGHTS", help="folder of a run, or of weights")
    give.add_argument("--out", type=Path, help="pack into this folder, new or empty")
    give.add_argument("--to", metavar="OWNER/NAME", help="upload, with the token of hf auth login")
    give.add_argument("--about", default="", help="what they were trained on, for the card")
    give.add_argument("--license", default="mit", help="of the weights, as the hub names it (mit)")
    give.add_argument("--public", action="store_true", help="for a new repository; private without it")
    give.add_argument("--force", action="store_true", help="replace what is in --out")


def push(weights: Path, out: Path | None, to: str | None, about: str, license: str, public: bool, force: bool) -> int:
    """`stemlab push`."""
    from stemlab.checkpoints.hub import pack
    from stemlab.checkpoints.hub import push as upload
    from stemlab.codec.bundled import WEIGHTS

    if out is None and to is None:
        raise ValueError("push: say where to: --out FOLDER, --to owner/name, or both")
    with ExitStack() as until_done:
        folder = out or Path(until_done.enter_context(TemporaryDirectory()))
        packed = pack(weights, folder, WEIGHTS, to or "", about, license, force)
        if out is not None:
            print(f"{packed}: stemlab.load({str(out)!r}) takes it")
        if to is not None:
            print(f"{upload(packed, to, private=not public)}: stemlab.load({to!r}, allow_download=True) takes it")
    return 0
