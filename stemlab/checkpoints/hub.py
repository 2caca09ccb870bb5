"""Weights to give away and to take: a folder in the conventions of the Hugging Face hub, there or on a disk.

A packed folder holds the parts (`flow`, and `vae` and `vocoder`, or `codec` for a published one: safetensors, each with its JSON),
`config.json`, which names them, and `README.md`, a model card. Nothing in it is code, and nothing is unpickled. The network is used when it is asked for, and never else.

Lesson: 15_fine_tuning.ipynb
"""

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from stemlab import __version__
from stemlab.checkpoints.files import codec_path, fingerprint, load_weights
from stemlab.checkpoints.folders import atomic_folder, check_dir, check_folder, recover
from stemlab.checkpoints.json_files import read_json

CONFIG = "config.json"
PARTS = ("flow", "vae", "vocoder", "codec", "student")
CARD = """---
license: {license}
library_name: stemlab
pipeline_tag: text-to-audio
tags: [music-generation, stems, flow-matching]
---
# {name}
Weights for [stemlab](https://arxiv.org/abs/2602.09891): music in stems that play together.

    import stemlab
    lab = stemlab.load("{name}", allow_download=True)  # or the folder that this file lies in
    lab.generate(["drums: tight funk kit", "bass: slap bass"], prompt="funk", bpm=100).play()

{about}

| part | steps | SHA-256 begins with |
|---|---|---|
{rows}
"""


def files_of(parts: Iterable[str]) -> list[str]:
    """Names of all files in a packed folder that has these parts."""
    return ["README.md", CONFIG, *(f"{part}.{end}" for part in parts for end in ("safetensors", "json"))]


def find_parts(folder: str | Path, bundled: Path) -> dict[str, Path]:
    """Where each part lies, as a path without suffix.

    A run of `stemlab train` has a flow alone: its codec is then the bundled one, if that is what it was trained on.

    Args:
        folder: with `flow` weights, and with `vae` and `vocoder`, with `codec`, or without any codec.
        bundled: folder of the bundled weights.
    Returns:
        by name, the flow first, then the parts of the codec, and the student where there is one.
    Raises:
        ValueError: no flow there, or it belongs to another codec.
    """
    folder = Path(folder)
    recover(folder)
    own = any((folder / file).exists() for file in files_of(PARTS) if file.startswith(("v", "codec")))
    codec = codec_path(folder if own else bundled)
    names = ("codec",) if codec.name == "codec" else ("vae", "vocoder")
    found = {"flow": folder / "flow", **{name: codec.parent / name for name in names}}
    told = {part: load_weights(path)[1] for part, path in found.items()}
    if told["flow"].get("codec") != fingerprint(codec):
        raise ValueError(
            f"the flow in {folder} was trained on another codec than the {codec.name} in {codec.parent}: copy flow and "
            f"{' and '.join(names)} from one place"
        )
    student = folder / "student"  # half of one is told when it is read
    there = any(student.with_suffix(end).exists() for end in (".safetensors", ".json"))
    return {**found, "student": student} if there else found


def codec_folder(parts: dict[str, Path]) -> Path:
    """Where the codec among the parts lies."""
    return next(path.parent for part, path in parts.items() if part not in ("flow", "student"))


def pack(
    folder: str | Path,
    out: str | Path,
    bundled: Path,
    name: str = "",
    about: str = "",
    license: str = "mit",
    force=False,
) -> Path:
    """Put all that others need to generate with a checkpoint into one folder.

    Args:
        folder: of a run or of weights, as for `find_parts`.
        out: new or empty, unless `force`.
        bundled: folder of the bundled weights.
        name: what the card calls it, such as "me/my-band"; the folder's name by default.
        about: what it was trained on and what it is good for, for the card.
        license: of the weights, as the hub names it.
    Returns:
        the full path of `out`.
    """
    out = check_folder(out, force, "out")
    if not re.fullmatch(r"[A-Za-z0-9][\w.+-]*", license, re.ASCII):
        raise ValueError(f"license: got {license!r}; it takes a name of the hub's, such as mit or cc-by-4.0.")
    folder = check_dir(folder, "weights", "give the folder of a run, or of weights.")
    if folder.resolve() == out:
        raise ValueError(f"out: {str(out)!r} is the folder of the weights itself, whose files would go; name another.")
    parts = find_parts(folder, bundled)
    told = {part: load_weights(path)[1] for part, path in parts.items()}
    if str(told.get("codec", {}).get("source", "")).startswith("."):
        raise ValueError(
            "codec: the flow's codec lies in a folder of this machine, where others do not have it; name one that is on the hub"
        )
    marks = {part: fingerprint(path) for part, path in parts.items()}
    config = {"library_name": "stemlab", "stemlab_version": __version__, "parts": marks}
    rows = "\n".join(f"| {part} | {told[part].get('steps', '')} | {marks[part]} |" for part in parts)
    about = about or "What they were trained on was not told: ask whoever gave them to you."
    card = CARD.format(name=name or out.name, about=about, rows=rows, license=license)
    with atomic_folder(out, force, CONFIG, _written) as made:
        for part, path in parts.items():
            for end in ("safetensors", "json"):
                shutil.copyfile(path.with_name(f"{part}.{end}"), made / f"{part}.{end}")
        (made / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        (made / "README.md").write_text(card, encoding="utf-8")
    return out


def _written(out: Path) -> list[str]:
    """Names of the files that were packed into a folder before."""
    try:
        parts = read_json(out / CONFIG)["parts"]
        return files_of(part for part in parts if part in PARTS)
    except (ValueError, KeyError, TypeError):
        return []


def fetch(name: str, allow_download: bool = False, revision: str | None = None) -> Path:
    """The folder of packed weights that a hub id names; what was fetched before is found without any network.

    Args:
        name: such as "me/my-band".
        allow_download: ask the hub for what is not on this machine yet.
        revision: a branch, tag or commit.
    Raises:
        ValueError: it is neither a folder nor a hub id, or not on this machine while downloads are not allowed.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        found = snapshot_download(
            name, revision=revision, allow_patterns=files_of(PARTS), local_files_only=not allow_download
        )
    except HFValidationError:
        raise ValueError(f"weights: there is no folder {name!r}, and a hub id looks like owner/name") from None
    except LocalEntryNotFoundError:
        how = (
            "the hub cannot be reached"
            if allow_download
            else f"fetch it once with stemlab.load({name!r}, allow_download=True) or --allow-download"
        )
        raise ValueError(f"weights: there is no folder {name!r}, and no copy of it from the hub: {how}") from None
    except HfHubHTTPError as error:
        raise ValueError(f"weights: the hub does not give {name!r}: {str(error).splitlines()[0]}") from None
    return Path(found)


def push(folder: str | Path, repo: str, private: bool = True) -> str:
    """Upload a packed folder to the hub, with the token of `hf auth login`.

    Args:
        folder: from `pack`.
        repo: "owner/name"; made when it is not there.
        private: for a new repository.
    Returns:
        its address.
    Raises:
        ValueError: the folder is not packed, or the hub refuses or cannot be reached.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    folder = Path(folder)
    try:
        parts = [part for part in PARTS if part in read_json(folder / CONFIG)["parts"]] or PARTS[:3]
    except (ValueError, KeyError, TypeError):
        parts = PARTS[:3]  # what there should be
    missing = [file for file in files_of(parts) if not (folder / file).is_file()]
    if missing:
        raise ValueError(f"folder: {str(folder)!r} lacks {', '.join(missing)}: pack it first (stemlab push ... --out)")
    try:
        hub = HfApi()
        hub.create_repo(repo, private=private, exist_ok=True)
        return str(hub.upload_folder(repo_id=repo, folder_path=folder, allow_patterns=files_of(PARTS)).repo_url)
    except HFValidationError as error:
        raise ValueError(f"repo: got {repo!r}; it takes owner/name ({str(error).splitlines()[0]})") from None
    except (HfHubHTTPError, OfflineModeIsEnabled, OSError) as error:
        raise ValueError(
            f"repo: the hub did not take {repo!r} ({str(error).splitlines()[0]}); hf auth login?"
        ) from None
