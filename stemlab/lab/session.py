"""A StemGroup as a folder of files, and back: WAVs, session.json, latents, picture and player.

Lesson: 11_stem_studio.ipynb
"""

import json
import os
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from stemlab import __version__
from stemlab.checkpoints.folders import atomic_file, atomic_folder, check_folder, clean_path, recover
from stemlab.checkpoints.json_files import read_json
from stemlab.codec.audio import read_channels, resample, to_mono, write
from stemlab.codec.headers import RATES
from stemlab.lab.arguments import check_number
from stemlab.lab.group import Stem, StemGroup
from stemlab.lab.history import check_settings
from stemlab.lab.recording import Recording, full_mix

SESSION = "session.json"
LATENTS = "latents.safetensors"
ORIGINAL, MIX = "original.wav", "mix.wav"
PICTURE, PLAYER, NOTES = "overview.png", "player.html", "band.mid"
MOST_STEMS = 64  # in a session that came from elsewhere


@dataclass(frozen=True)
class Row:
    """A stem as session.json tells of it; its files lie beside."""

    name: str
    prompt: str
    file: str
    original: str | None = None

    @classmethod
    def of(cls, told: Any) -> "Row":
        """ValueError unless it is a dict of texts; of a path, only the name counts."""
        if not isinstance(told, dict):
            raise ValueError(f"stems: got {told!r}; each is an object with name, prompt and file")
        texts = {key: told.get(key) for key in ("name", "prompt", "file", "original")}
        for key, text in texts.items():
            if not isinstance(text, str) and (key != "original" or text is not None):
                raise ValueError(f"stems: {key} is {text!r}; it takes a text")
        original = told.get("original")
        return cls(told["name"], told["prompt"], Path(told["file"]).name, original and Path(original).name)


def save(group: StemGroup, folder: str | os.PathLike, force: bool = False) -> Path:
    """Write a group's files: see `StemGroup.save`. Sound and session come first, then what only shows them."""
    check_settings(group)  # a session that is saved can be loaded
    about = describe(group)
    session = _json(about)
    with atomic_folder(folder, force, SESSION, written) as made:
        for stem, row in zip(group.stems, about["stems"], strict=True):
            write(made / row["file"], stem.audio * np.float32(group.gain), group.sample_rate)
            if stem.original is not None:
                write(made / ORIGINAL, stem.original.audio, stem.original.rate)
        write(made / MIX, *full_mix(group))
        latents = {f"{i:02d}": s.latent for i, s in enumerate(group.stems, 1) if s.latent is not None}
        if len(latents) == len(group.stems):
            save_file({k: v.detach().cpu().contiguous() for k, v in latents.items()}, made / LATENTS)
        (made / SESSION).write_text(session + "\n", encoding="utf-8")
    folder = check_folder(folder, force=True)
    for name, show in ((NOTES, StemGroup.to_midi), (PICTURE, _draw), (PLAYER, StemGroup.to_html)):
        try:
            with atomic_file(folder / name) as file:
                show(group, file)
        except Exception as error:  # whatever it is that cannot be shown, the sound is there
            why = " ".join(f"{type(error).__name__}: {error}".split())
            warnings.warn(f"{name} could not be made ({why}); the sound and {SESSION} are whole.", stacklevel=3)
    return folder


def load(folder: str | os.PathLike) -> StemGroup:
    """Read what `save` wrote: see `StemGroup.load`."""
    folder = clean_path(folder, "folder")
    recover(folder)
    if not (folder / SESSION).is_file():
        raise ValueError(f"folder: there is no {SESSION} in {str(folder)!r}; name a folder that StemGroup.save wrote.")
    try:
        session = read_json(folder / SESSION)
        if not isinstance(session, dict) or not isinstance(session.get("stems"), list):
            raise ValueError("it holds no object with stems")
        if not 1 <= len(session["stems"]) <= MOST_STEMS:
            raise ValueError(f"it has {len(session['stems'])} stems, of 1 to {MOST_STEMS}")
        rows = [Row.of(row) for row in session["stems"]]
        told = {name: session[name] for name in ("bpm", "key", "bars", "prompt", "sample_rate", "settings")}
        check_number("sample_rate", told["sample_rate"], *RATES, "Hz", whole=True)
        gain = session.get("gain", 1.0)  # older ones have none
        check_number("gain", gain, 1e-37, 1, "of the files, against clipping")
    except (ValueError, KeyError) as error:
        raise ValueError(f"folder: {str(folder / SESSION)!r} is not a session ({error}); save it again.") from error
    latents = _latents(folder / LATENTS)
    stems = [
        Stem(
            row.name,
            row.prompt,
            _sound(folder / row.file, told["sample_rate"]) / np.float32(gain),
            latents.get(f"{i:02d}"),
            Recording(*read_channels(folder / row.original)) if row.original else None,
        )
        for i, row in enumerate(rows, 1)
    ]
    try:
        group = StemGroup(stems, **told)
        check_settings(group)
        return group
    except ValueError as error:
        raise ValueError(f"folder: {str(folder / SESSION)!r} is not a session ({error}); save it again.") from error


def describe(group: StemGroup) -> dict[str, Any]:
    """What session.json holds."""
    stems = [
        {"name": s.name, "prompt": s.prompt, "file": file_name(i, s.name)}
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


def file_name(place: int, name: str) -> str:
    """What a stem's file is called.

    >>> file_name(2, "electric piano")
    '02_electric-piano.wav'
    """
    return f"{place:02d}_{re.sub(_NOT_IN_NAMES, '-', name)[:50]}.wav"


_NOT_IN_NAMES = r'[\s\x00-\x1f\x7f/\\:*?"<>|]'  # of files, on one system or another


def written(folder: Path) -> list[str]:
    """Names of the files of the group that was saved in a folder, by its session.json; none that we would not have given."""
    try:
        rows = [Row.of(row) for row in read_json(folder / SESSION)["stems"]]
    except (ValueError, KeyError, TypeError):
        return []
    stems = [row.file for i, row in enumerate(rows, 1) if row.file == file_name(i, row.name)]
    originals = [ORIGINAL] if any(row.original == ORIGINAL for row in rows) else []
    return [*stems, *originals, MIX, LATENTS, NOTES, PICTURE, PLAYER]


def _draw(group: StemGroup, file: Path) -> None:
    from stemlab.figures import overview  # matplotlib loads here: reading a session does without it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of letters that its font lacks
        overview(group).savefig(file)


def _latents(file: Path) -> dict[str, torch.Tensor]:
    """Latents of the stems by their number, `(C, T)` each; none when there is no file."""
    if not file.is_file():
        return {}
    try:
        found = load_file(file)
    except (SafetensorError, OSError) as error:
        raise ValueError(
            f"folder: {str(file)!r} is damaged ({error}); remove it, and the stems are encoded anew."
        ) from error
    for name, latent in found.items():
        if latent.ndim != 2 or not latent.is_floating_point() or not latent.isfinite().all():
            raise ValueError(
                f"folder: {str(file)!r} holds no latents under {name!r}; remove it to encode the stems anew."
            )
    return found


def _sound(file: Path, sample_rate: int) -> np.ndarray:
    """A stem's file at that rate: `(N,)`, or `(2, N)` in stereo."""
    audio, rate = read_channels(file)
    audio = resample(audio, rate, sample_rate)
    return audio if len(audio) == 2 else to_mono(audio)


def _json(about: dict[str, Any]) -> str:
    try:
        return json.dumps(about, indent=2, default=_plain, allow_nan=False)
    except RecursionError:
        raise ValueError("settings: they hold themselves, or are nested too deeply for JSON.") from None
    except (ValueError, TypeError) as error:
        if str(error).startswith("settings"):
            raise
        raise ValueError(
            f"settings: they do not fit into JSON ({error}); give texts, numbers, lists or dicts."
        ) from None


def _plain(value: Any) -> Any:
    """NumPy and torch numbers and arrays, and paths, as JSON knows them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise ValueError(f"settings: got {value!r}, which does not fit into JSON; give texts, numbers, lists or dicts.")
