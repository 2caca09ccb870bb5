"""The command line: `stemlab generate`, `accompany`, `train`, `data`, `evaluate`, `export`, `push` and `check`.

What is wrong with an input is said in one line on stderr, with exit code 2.
"""

import argparse
import sys
import time
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from stemlab import __version__
from stemlab.checkpoints.json_files import cut
from stemlab.cli.data import add_commands
from stemlab.cli.errors import line_of, printed, say
from stemlab.cli.evaluate import add_command as add_evaluate
from stemlab.cli.export import add_command as add_export
from stemlab.cli.push import add_command as add_push
from stemlab.cli.train import add_command as add_train

if TYPE_CHECKING:
    from stemlab.lab.group import StemGroup

_EXAMPLE = """example:
  stemlab generate --stems "drums: tight funk kit" "bass: slap bass" --prompt funk --bpm 100 \\
                   --key "A minor" --bars 4 --seed 7 --out out/"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after `stemlab`; those of the command line when None.
    Returns:
        The exit code: 0 done, 1 something is missing (`check`), 2 a bad input, 130 stopped with Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a letter gets its number
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        with printed(), warnings.catch_warnings():
            warnings.showwarning = say
            arguments = vars(parser().parse_args(argv))
            return arguments.pop("command")(**arguments)
    except (ValueError, OSError, MemoryError, RuntimeError) as error:
        say(line_of(error))
        return 2
    except KeyboardInterrupt:
        say("stopped; nothing was written over.")
        return 130
    return 0  # whoever read what was printed has left


def parser() -> argparse.ArgumentParser:
    """All commands and their options; an option of `generate` left out takes the library's default."""
    top = _Parser(
        prog="stemlab",
        description="Music as stems that play together.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"stemlab {__version__}")
    commands = top.add_subparsers(
        metavar="{generate,accompany,train,distill,data,evaluate,export,push,check}", required=True
    )

    make = commands.add_parser(
        "generate",
        help="make stems from text",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
    )
    make.set_defaults(command=generate)
    make.add_argument("--bars", type=int, help="length in bars (4)")
    make.add_argument("--meter", help="4/4, 3/4 or 6/8 (4/4); bpm counts quarter notes")
    make.add_argument("--loop", action="store_true", help="let the end flow into the beginning")
    _add_request(make)

    join = commands.add_parser("accompany", help="make stems to a recording", argument_default=argparse.SUPPRESS)
    join.set_defaults(command=accompany)
    join.add_argument(
        "file", type=Path, metavar="FILE", help="WAV, FLAC, MP3, OGG, Opus, or m4a where ffmpeg is; 1 s to 5 min"
    )
    join.add_argument("--text", help='what the recording is, such as "guitar: fingerpicked"')
    join.add_argument("--downbeat", type=float, help="seconds; it, bpm and key are estimated; what drifts is refused")
    _add_request(join)

    add_train(commands)
    add_commands(commands)
    add_evaluate(commands)
    add_export(commands)
    add_push(commands)

    look = commands.add_parser("check", help="is this machine ready")
    look.set_defaults(command=check)
    return top


def _add_request(make: argparse.ArgumentParser) -> None:
    """The options that `generate` and `accompany` have in common."""
    make.add_argument("--stems", nargs="+", required=True, metavar="TEXT", help='such as "bass: slap bass"')
    make.add_argument("--out", type=Path, required=True, help="folder for the files; new or empty")
    make.add_argument("--prompt", help="what the whole group is, such as funk")
    make.add_argument("--bpm", type=float, help="beats a minute, 40 to 240")
    make.add_argument("--key", help='such as "A minor"')
    make.add_argument("--chords", help='one a bar, as in "Am F C/G Dm7"; numerals with a key')
    make.add_argument("--seed", type=int, help="the same seed gives the same group (0)")
    make.add_argument(
        "--activity",
        nargs="+",
        metavar="STEM=BARS",
        help='on and off, a character a bar: "drums=.xxx"; or beats: x/x.x.',
    )
    make.add_argument("--scheme", help='one-pass, two-pass, k-pass, or rounds as "drums,bass/keys" (one-pass)')
    make.add_argument("--steps", type=int, help="solver steps: more are slower and nearer to the flow")
    make.add_argument("--guidance", type=float, help="how strongly to follow what the stems are told; 1 is off")
    make.add_argument("--mates", type=float, help="how strongly to follow the other stems; 1 is off")
    make.add_argument("--negative", metavar="TEXT", help="words to lead away from")
    make.add_argument("--candidates", type=int, help="make so many, keep the one most in step (1)")
    make.add_argument("--coupling", help="song, attention or noise: how the stems of a group belong together")
    make.add_argument("--rho", type=float, help="how much of the noise is shared, or the recording's, 0 to 1")
    make.add_argument(
        "--weights", type=Path, help="folder of a checkpoint of your own, or its name on the hub (the bundled one)"
    )
    make.add_argument("--device", help="cpu, cuda or mps (the best there is)")
    make.add_argument("--allow-download", action="store_true", default=False, help="fetch weights from the hub")
    make.add_argument("--force", action="store_true", default=False, help="replace a group that is in the folder")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the words in one line, as all of stemlab does."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"stemlab: {cut(message)}; see: {self.prog} --help\n")


def generate(stems: list[str], **options: Any) -> int:
    """`stemlab generate`: make a group and write it; `options` go to `StemLab.generate` as they are."""
    _make("generate", stems, **options)
    return 0


def accompany(file: Path, stems: list[str], **options: Any) -> int:
    """`stemlab accompany`: stems to a recording; `options` go to `StemLab.accompany` as they are."""
    group = _make("accompany", file, stems, **options)
    from stemlab.lab.accompany import what_was_heard

    print("Heard", what_was_heard(group.settings, group.bpm, group.key))
    return 0


def _make(
    method: str,
    *given: Any,
    out: Path,
    force: bool = False,
    activity: Sequence[str] = (),
    weights: Path | None = None,
    allow_download: bool = False,
    device: str | None = None,
    **options: Any,
) -> "StemGroup":
    """Call that method of a StemLab, write what it makes, and say where."""
    if activity:
        options["activity"] = parse_activity(activity)
    if "," in options.get("scheme", "") or "/" in options.get("scheme", ""):
        options["scheme"] = [[name.strip() for name in names.split(",")] for names in options["scheme"].split("/")]
    from stemlab.checkpoints.folders import check_folder

    check_folder(out, force, "--out")  # before the work, not after it
    import logging

    from tqdm import tqdm

    import stemlab
    from stemlab.lab.words import Hint

    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # three lines where it cannot keep a list of fonts

    lab = stemlab.load(weights, device=device, allow_download=allow_download)
    with ExitStack() as stack:
        bars: list[tqdm] = []

        def progress(step: int, total: int, x: Any) -> None:
            if not bars:  # only now, so that a bad input is answered by its one line alone
                bars.append(
                    stack.enter_context(tqdm(total=total, desc="generating", unit="step", leave=False, disable=None))
                )
            bars[0].update(step - bars[0].n)

        started = time.perf_counter()
        told = stack.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("once", Hint)
        group = getattr(lab, method)(*given, callback=progress, **options)
        seconds = time.perf_counter() - started
    for hint in dict.fromkeys(str(warning.message) for warning in told if warning.category is Hint):
        print("Note:", hint, file=sys.stderr)
    folder = group.save(out, force=force)
    print(f"{len(group)} stems of {group.seconds:.1f} s made in {seconds:.1f} s, in {folder}:")
    for file in sorted(folder.glob("*.wav")):
        print(f"  {file.name}")
    for what, name in (("Picture:", "overview.png"), ("Player: ", "player.html  (open it in a browser)")):
        if (folder / name.split()[0]).exists():
            print(what, folder / name)
    if "candidates" in group.settings:
        choice = group.settings["candidates"]
        scores = ", ".join(f"{seed}: {score:g}" for seed, score in choice["scores"].items())
        print(f"Kept seed {choice['kept']}, by {choice['measure']}: {scores}")
    return group


def parse_activity(words: Sequence[str]) -> dict[str, str]:
    """Turn `["drums=.xxx"]` into `{"drums": ".xxx"}`.

    Raises:
        ValueError: no "=" in a word, nothing on one side of it, or a stem twice.

    >>> parse_activity(["drums=.xxx", "bass=xx.x"])
    {'drums': '.xxx', 'bass': 'xx.x'}
    """
    told: dict[str, str] = {}
    for word in words:
        name, _, bars = (part.strip() for part in word.partition("="))
        if not name or not bars:
            raise ValueError(f'activity: got {word!r}; it takes a stem, "=" and a character a bar, as in "drums=.xxx".')
        if name in told:
            raise ValueError(f"activity: got {name!r} twice; give each stem once.")
        told[name] = bars
    return told


def check() -> int:
    """`stemlab check`: print what this machine has and lacks; 1 when something that is needed is missing."""
    from stemlab.cli.check import report

    return report()
