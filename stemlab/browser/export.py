"""A StemLab as files for any ONNX runtime: four networks, and `settings.json` with all that is not a network.

What lies between the networks (solver, guidance, phase integration, gates, levels) is plain JavaScript beside this file.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, fields
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import Any

import torch

from stemlab import __version__
from stemlab.browser.graphs import Bands, Graph, Prepare, Spectrum, Velocity, examples
from stemlab.browser.onnx_files import OPSET, write_onnx
from stemlab.checkpoints.folders import atomic_folder
from stemlab.codec.bundled import SILENCE_DB, StemCodec
from stemlab.conditions import KEYS
from stemlab.lab.draft import PEAK
from stemlab.lab.request import MOST_STEMS
from stemlab.lab.stem_lab import StemLab
from stemlab.lab.student import sampling_of
from stemlab.sampling import Sampling, quadratic
from stemlab.songs.held_chords import PIANIST
from stemlab.text import MAX_BYTES, ByteTextEncoder

FILES = ("prepare.onnx", "velocity.onnx", "bands.onnx", "spectrum.onnx")
SETTINGS = "settings.json"


def export_onnx(lab: StemLab, out: str | os.PathLike, half: bool = True, force: bool = False) -> dict[str, int]:
    """Write a model's networks as ONNX, and its settings; where it has a student, that one's.

    Args:
        lab: with a codec of the bundled kind and a flow with the bundled text encoder.
        out: folder, new or empty.
        half: store weights as float16, else as float32.
        force: write into a folder that has files in it; a kill at any moment leaves the old networks or the new.
    Returns:
        bytes of each file.
    Raises:
        ValueError: a codec or a text encoder of another kind, a solver that the JavaScript has not; weights beyond float16; or as for
            `atomic_folder`.
    """
    check_exportable(lab)
    with atomic_folder(out, force, SETTINGS) as made:
        return write_networks(lab, made, half)


def write_networks(lab: StemLab, folder: Path, half: bool = True) -> dict[str, int]:
    """The files of `export_onnx`, into a folder that is there."""
    model = lab.student.model if lab.student else lab.model
    given = examples(model)
    with torch.no_grad():
        prepared = dict(zip(Prepare.outputs, Prepare(model)(**given), strict=True))
    latents = torch.zeros_like(given["submix"])
    bands = torch.zeros(1, 128, 4)
    work: list[tuple[Graph, dict[str, torch.Tensor]]] = [
        (Prepare(model), given),
        (Velocity(model), {"x": latents, "t": torch.zeros(len(latents)), **prepared}),
        (Bands(lab.codec), {"latents": latents}),
        (Spectrum(lab.codec), {"bands": bands}),
    ]
    sizes = {}
    for name, (module, example) in zip(FILES, work, strict=True):
        sizes[name] = write_onnx(module, example, folder / name, half)
    told = settings(lab) | {"files": described(folder, FILES)}
    (folder / SETTINGS).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return sizes


def described(folder: Path, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Bytes and digest of some files, by which who loads them can keep and check them."""
    data = {name: (folder / name).read_bytes() for name in names}
    return {name: {"bytes": len(d), "sha256": hashlib.sha256(d).hexdigest()} for name, d in data.items()}


def settings(lab: StemLab) -> dict[str, Any]:
    """What the JavaScript asks about a model: its grid, how it is sampled, and the few numbers of its codec."""
    leader = {"leader": lab.student.led_by, "prompted": lab.student.prompted} if lab.student else {"leader": PIANIST}
    return {
        "version": __version__, "checkpoint": lab.checkpoint, "opset": OPSET, "grid": lab.grid.kept(),
        "sampling": sampling(lab), "keys": KEYS, "letters": MAX_BYTES, "most_stems": MOST_STEMS,
        "longest": lab.grid.longest, "peak": PEAK, "silence_db": SILENCE_DB, **leader,
    }  # fmt: skip


def sampling(lab: StemLab) -> dict[str, Any]:
    """How a model is followed where nothing else is asked for, with the times of its steps.

    `bend` is how much of the change of the velocity since the last step is carried on: see `stemlab.sampling.quadratic`.
    """
    own = {field.name for field in fields(Sampling)}
    how = Sampling(**{name: told for name, told in sampling_of(lab.student).items() if name in own})
    times = [step / how.steps for step in range(how.steps + 1)]
    bend = signature(quadratic).parameters["bend"].default if how.sampler == "quadratic" else 0
    return {**asdict(how), "times": [t**2 for t in times] if "quadratic" in how.sampler else times, "bend": bend}


def check_exportable(lab: StemLab) -> None:
    """ValueError for a model with parts that have no graph here, or where onnx is missing."""
    if find_spec("onnx") is None:
        raise ValueError('export: the package onnx is not here; install it with: pip install -e ".[export]"')
    if not isinstance(lab.codec, StemCodec) or lab.codec.vocoder is None:
        raise ValueError(
            f"lab: its codec is a {type(lab.codec).__name__}; the export takes the bundled kind, trained with "
            "configs of stemlab train, with its vocoder."
        )
    if not isinstance(lab.model.text, ByteTextEncoder):
        raise ValueError(
            f"lab: its text encoder is a {type(lab.model.text).__name__}; the export takes the bundled kind, "
            '"text": "bytes" in the config.'
        )
    if Sampling.sampler not in ("euler", "quadratic", "quadratic-euler") or Sampling.negative:
        raise ValueError(f"sampler: got {Sampling.sampler!r}; the JavaScript has steps of one evaluation alone.")
