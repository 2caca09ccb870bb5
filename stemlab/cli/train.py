"""`stemlab train`: the codec or the flow from a config, a plan of it, or fine-tuning on one's own songs.

Lesson: 09_train_your_own.ipynb
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

MOST_GPUS, MOST_PROCESSES = 1_000_000, 1000


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add `train` to the command line."""
    learn = commands.add_parser(
        "train", help="train the codec or the flow from a JSON config, or fine-tune on your songs"
    )
    learn.set_defaults(command=train)
    learn.add_argument("config", type=Path, nargs="?", metavar="CONFIG", help="JSON file, such as configs/flow.json")
    learn.add_argument("--from", dest="start", metavar="WEIGHTS", help="fine-tune these: bundled, or a folder")
    learn.add_argument("--data", type=Path, metavar="DIR", help="songs to fine-tune on: stems, or .mid files")
    learn.add_argument("--lora", type=int, metavar="RANK", help="fine-tune adapters of this rank, not all weights")
    learn.add_argument("--steps", type=int, help="of fine-tuning, at most (400)")
    learn.add_argument("--rate", type=float, help="of fine-tuning (2e-4; with adapters 2e-3)")
    learn.add_argument(
        "--plan",
        type=int,
        nargs="?",
        const=8,
        metavar="GPUS",
        help="say what the config's flow will take; train nothing (8)",
    )
    learn.add_argument("--out", type=Path, help="folder of the run")
    learn.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    learn.add_argument(
        "--stream",
        type=int,
        nargs="?",
        const=0,
        metavar="PROCESSES",
        help="make songs while the config's network learns, without a cache (all cores but one)",
    )
    learn.add_argument("--minutes", type=float, help="stop after so long; --resume goes on later")
    few = commands.add_parser("distill", help="train a student of a flow: four steps, guidance inside")
    few.set_defaults(command=distill)
    few.add_argument("config", type=Path, metavar="CONFIG", help="JSON file, such as configs/student.json")
    few.add_argument("--out", type=Path, required=True, help="folder of the run")
    few.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    few.add_argument("--minutes", type=float, help="stop after so long; --resume goes on later")


def distill(config: Path, out: Path, resume: bool = False, minutes: float | None = None) -> int:
    """`stemlab distill`: `stemlab train` for a config whose kind is "student", and no other."""
    from stemlab.training.config import StudentConfig, read_config

    if not isinstance(settings := read_config(config), StudentConfig):
        raise ValueError(
            f'CONFIG: its kind is {settings.kind!r}, which stemlab train takes; a student\'s is "student".'
        )
    return train(config, out, resume=resume, minutes=minutes)


def train(
    config: Path | None,
    out: Path | None,
    plan: int | None = None,
    resume: bool = False,
    minutes: float | None = None,
    stream: int | None = None,
    **tuning: Any,
) -> int:
    """`stemlab train`: the config's `kind` says what: "flow", "vae", "vocoder" or "student"; without a config, fine-tune."""
    if out is None and (plan is None or config is None):
        raise ValueError("--out: give a folder for the run; only a CONFIG with --plan goes without.")
    if config is None:
        assert out is not None
        if stream is not None:
            raise ValueError("--stream: it goes with a CONFIG; leave it out to fine-tune.")
        return _finetune(out, resume, minutes, **tuning)
    if given := [f"--{'from' if name == 'start' else name}" for name, value in tuning.items() if value is not None]:
        raise ValueError(f"CONFIG: {given[0]} belongs to fine-tuning, which takes no config; leave one of them out.")
    from stemlab.checkpoints.json_files import shown
    from stemlab.training.config import FlowConfig, StudentConfig, read_config

    settings = read_config(config)
    if minutes is not None and not minutes > 0:
        raise ValueError(f"minutes: got {minutes}; it takes more than 0.")
    if plan is not None and not 1 <= plan <= MOST_GPUS:
        raise ValueError(f"--plan: got {shown(plan)} GPUs; it takes 1 to {MOST_GPUS:,}.")
    if stream is not None:
        if not 0 <= stream <= MOST_PROCESSES:
            raise ValueError(f"--stream: got {shown(stream)}; it takes 1 to {MOST_PROCESSES} processes.")
        if isinstance(settings, StudentConfig):
            raise ValueError("--stream: a student learns from a cache of songs; leave it out.")
        settings = replace(settings, stream=True)
    if out is None or plan is not None:
        from stemlab.training.cost import show

        if not isinstance(settings, FlowConfig):
            raise ValueError(f"CONFIG: --plan is for a flow, this is {settings.kind!r}; the codec is small.")
        show(settings, plan or 8)
        return 0
    from stemlab.training.flow import train as run

    run(settings, out, resume=resume, minutes=minutes, workers=stream or None)
    print(f"In {out}: weights, config.json and log.csv.")
    return 0


def _finetune(
    out: Path, resume: bool, minutes: float | None, start: str | None, data: Path | None, **options: Any
) -> int:
    if start is None or data is None:
        raise ValueError(
            "CONFIG: give a config, or --from WEIGHTS (bundled, or a folder) with --data DIR to fine-tune."
        )
    for name, least in (("lora", 1), ("steps", 1), ("rate", 0)):
        if options[name] is not None and not options[name] >= least:
            raise ValueError(f"{name}: got {options[name]}; it takes {least} or more.")
    from stemlab.training.fine_tune import finetune

    options = {name: value for name, value in options.items() if value is not None}
    finetune(data, out, None if start == "bundled" else start, resume=resume, minutes=minutes, **options)
    return 0
