"""`stemlab evaluate`: tables of quality, activity, rounds, chords, music and beats for any checkpoint, and of any folder of stem groups."""

import argparse
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

TABLES = ("quality", "activity", "rounds", "chords", "music", "beats")


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add `evaluate` to the command line."""
    look = commands.add_parser("evaluate", help="how good generated groups are, beside groups of known quality")
    look.set_defaults(command=evaluate)
    look.add_argument(
        "--out", type=Path, default=Path("eval"), help="folder for measures and tables; goes on where it stopped (eval)"
    )
    look.add_argument("--tables", nargs="+", choices=TABLES, default=["quality"], help="which (quality)")
    look.add_argument(
        "--groups", type=int, default=200, help="groups of each kind (200); for rounds, of each number of stems"
    )
    look.add_argument("--weights", type=Path, help="folder of a checkpoint (the bundled one)")
    look.add_argument(
        "--folder", type=Path, metavar="DIR", help="judge the groups in this folder instead, a sub-folder each"
    )
    look.add_argument(
        "--reference", type=Path, metavar="DIR", help="real groups to compare the folder with (rendered songs)"
    )
    look.add_argument("--anchors-only", action="store_true", help="no model")
    look.add_argument("--seconds", type=float, default=8.0, help="length of a group, 4 to 20 (8)")
    look.add_argument("--scheme", help="as for generate; what is left out here takes its defaults")
    look.add_argument("--coupling", help="attention, noise or song")
    look.add_argument("--rho", type=float, help="share of the noise that is the group's")
    look.add_argument("--steps", type=int)
    look.add_argument("--guidance", type=float)
    look.add_argument("--mates", type=float)
    look.add_argument("--interval", type=int, nargs=2, metavar=("FIRST", "LAST"), help="steps of 32 with guidance")
    look.add_argument("--with-key", action="store_true", help="tell the key too; then harmony is no test any more")
    look.add_argument(
        "--classifier-songs", type=int, default=1000, help="songs that the judge of families learns from (1000)"
    )
    look.add_argument(
        "--workers", type=int, default=os.cpu_count(), help="processes for what needs no model (all cores)"
    )


def evaluate(
    out: Path,
    tables: list[str],
    groups: int,
    weights: Path | None,
    folder: Path | None,
    reference: Path | None,
    anchors_only: bool,
    seconds: float,
    with_key: bool,
    classifier_songs: int,
    workers: int,
    **options: Any,
) -> int:
    """`stemlab evaluate`; `options` go to `StemLab.generate` as they are."""
    for name, value, low, high in (
        ("groups", groups, 2, 100_000), ("seconds", seconds, 4, 20), ("workers", workers, 1, 1000),
        ("classifier-songs", classifier_songs, 2, 100_000),
    ):  # fmt: skip
        if not low <= value <= high:
            raise ValueError(f"{name}: got {value}; it takes {low} to {high}.")
    from stemlab.checkpoints.folders import check_dir, check_folder

    out = check_folder(out, force=True, name="--out")
    if reference and not folder:
        raise ValueError(f"reference: got {str(reference)!r} without --folder, which is what it is compared with.")
    for path in (folder, reference):
        if path is not None:
            check_dir(path, "DIR", "give one that holds a sub-folder a group.")
    missing = [name for name in ("librosa", "mir_eval") if not find_spec(name)]
    if missing:
        raise ValueError(f"{' and '.join(missing)} not installed: type  pip install 'stemlab[eval]'")
    import stemlab
    from stemlab.evaluate.activity import activity_table
    from stemlab.evaluate.beats import beats_table
    from stemlab.evaluate.bench import Bench
    from stemlab.evaluate.chords import chords_table
    from stemlab.evaluate.folder import folder_table
    from stemlab.evaluate.music import music_table
    from stemlab.evaluate.quality import quality
    from stemlab.evaluate.rounds import rounds_table

    options = {name: value for name, value in options.items() if value is not None}
    lab = None if anchors_only or folder else stemlab.load(weights)
    bench = Bench(out, groups, seconds, lab, options, with_key, classifier_songs, workers)
    bench.warm_up()
    if folder:
        print(f"In {bench.write('folder', folder_table(bench, folder, reference))}")
        return 0
    makers = {
        "quality": quality,
        "activity": activity_table,
        "rounds": rounds_table,
        "chords": chords_table,
        "music": music_table,
        "beats": beats_table,
    }
    for name in TABLES:
        if name in tables:
            print(f"In {bench.write(name, makers[name](bench))}")
    return 0
