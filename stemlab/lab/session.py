"""A StemGroup as a folder of files, and back: WAVs, session.json, latents, picture and player.

Lesson: 11_stem_studio.ipynb
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from stemlab import __version__
from stemlab.checkpoints.folders import check_folder
from stemlab.codec.audio import read_channels, resample, to_mono, write
from stemlab.lab.group import Stem, StemGroup
from stemlab.lab.recording import Recording, full_mix

SESSION = "session.json"
LATENTS = "latents.safetensors"
ORIGINAL = "original.wav"


def save(group: StemGroup, folder: str | os.PathLike, force: bool = False) -> Path:
    """Write a group's files into a folder beside, then move them to `folder`: see `StemGroup.save`."""
    folder = check_folder(folder, force)
    session = json.dumps(describe(group), indent=2, default=_plain, allow_nan=False)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.parent / f".{folder.name}.{os.getpid()}.tmp"
    beside.mkdir()
    try:
        _write_files(group, beside)
        (beside / SESSION).write_text(session + "\n", encoding="utf-8")
        _move(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def load(folder: str | os.PathLike) -> StemGroup:
    """Read what `save` wrote: see `StemGroup.load`."""
    folder = Path(folder).expanduser()
    if not (folder / SESSION).is_file():
        raise ValueError(f"folder: there is no {SESSION} in {str(folder)!r}; name a folder that StemGroup.save wrote.")
    try:
        session = json.loads((folder / SESSION).read_text(encoding="utf-8"))
        rows = [
            (row["name"], row["prompt"], *(row[k] and Path(row[k]).name for k in ("file", "original")))
            for row in ({"original": None, **row} for row in session["stems"])
        ]
        told = {name: session[name] for name in ("bpm", "key", "bars", "prompt", "sample_rate", "settings")}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"folder: {str(folder / SESSION)!r} is not a session ({error!r}); save it again.") from error
    latents: dict[str, torch.Tensor] = load_file(folder / LATENTS) if (folder / LATENTS).is_file() else {}
    stems = [
        Stem(
            name,
            prompt,
            _sound(folder / file, told["sample_rate"]) / np.float32(session.get("gain", 1.0)),
            latents.get(f"{i:02d}"),
            Recording(*read_channels(folder / original)) if original else None,
        )
        for i, (name, prompt, file, original) in enumerate(rows, 1)
    ]
    return StemGroup(stems, **told)


def describe(group: StemGroup) -> dict[str, Any]:
    """What session.json holds."""
    stems = [
        {"name": s.name, "prompt": s.prompt, "file": f"{i:02d}_{s.name.replace(' ', '-')}.wav"}
        | ({} if s.original is None else {"original": ORIGINAL})
        for i, s in enumerate(group.stems, 1)
    ]
    about = {
        "version": __version__,
        "prompt": group.prompt,
        "bpm": group.bpm,
        "key": group.key,
        "bars": group.bars,
    }
    about |= {"sample_rate": group.sample_rate, "gain": group.gain}
    return {**about, "stems": stems, "settings": group.settings}


def _write_files(group: StemGroup, folder: Path) -> None:
    from stemlab.figures import overview  # matplotlib loads here: reading a session does without it

    for stem, row in zip(group.stems, describe(group)["stems"], strict=True):
        write(folder / row["file"], stem.audio * np.float32(group.gain), group.sample_rate)
        if stem.original is not None:
            write(folder / ORIGINAL, stem.original.audio, stem.original.rate)
    write(folder / "mix.wav", *full_mix(group))
    latents = {f"{i:02d}": s.latent for i, s in enumerate(group.stems, 1) if s.latent is not None}
    if len(latents) == len(group.stems):
        save_file({k: v.detach().cpu().contiguous() for k, v in latents.items()}, folder / LATENTS)
    overview(group).savefig(folder / "overview.png")
    group.to_html(folder / "player.html")


def _sound(file: Path, sample_rate: int) -> np.ndarray:
    """A stem's file at that rate: `(N,)`, or `(2, N)` in stereo."""
    audio, rate = read_channels(file)
    audio = resample(audio, rate, sample_rate)
    return audio if len(audio) == 2 else to_mono(audio)


def _plain(value: Any) -> Any:
    """NumPy and torch numbers and arrays, and paths, as JSON knows them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise ValueError(f"settings: got {value!r}, which does not fit into JSON; give texts, numbers, lists or dicts.")


def _move(beside: Path, folder: Path) -> None:
    """Put `beside` in `folder`'s place: one rename where that is new, else file by file over the old."""
    if not folder.exists():
        beside.rename(folder)
        return
    for old in _old_files(folder):
        old.unlink(missing_ok=True)
    for new in beside.iterdir():
        os.replace(new, folder / new.name)


def _old_files(folder: Path) -> list[Path]:
    """Stems and latents of the group that was saved here before, by its own session.json."""
    try:
        rows = json.loads((folder / SESSION).read_text(encoding="utf-8"))["stems"]
        names = [Path(file).name for row in rows for file in (row["file"], row.get("original")) if file]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [folder / name for name in [*names, LATENTS] if name == LATENTS or name.endswith(".wav")]
