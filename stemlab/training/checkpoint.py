"""The state of a run in one file, with a digest of what is in it: flipped bytes are told, not trained on.

Lesson: 09_train_your_own.ipynb
"""

import hashlib
import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from stemlab.checkpoints.files import FORMAT
from stemlab.checkpoints.folders import atomic_file, write_text

SEAL = "sha256"


def write_checkpoint(out: Path, tensors: dict[str, torch.Tensor], step: int) -> None:
    """Write `checkpoint.safetensors`, and for a reader `checkpoint.json`; a kill at any moment leaves the old one or the new one.

    Raises:
        ValueError: it cannot be written, as on a full disk; the old one is still there.
    """
    tensors = {**{name: t.detach().contiguous() for name, t in tensors.items()}, "step": torch.tensor(step)}
    with atomic_file(out / "checkpoint.safetensors") as file:
        save_file(tensors, file, metadata={SEAL: digest(tensors)})
    write_text(out / "checkpoint.json", json.dumps({"format": FORMAT, "step": step}, indent=2) + "\n")


def read_checkpoint(out: Path) -> tuple[dict[str, torch.Tensor], int]:
    """The tensors of a checkpoint by name, and the step that comes next; the JSON beside it is not needed.

    Raises:
        ValueError: it is damaged.
    """
    file = out / "checkpoint.safetensors"
    try:
        with safe_open(file, "pt") as opened:
            seal = (opened.metadata() or {}).get(SEAL)
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}
        step = int(tensors["step"])
    except (SafetensorError, OSError, KeyError, ValueError, RuntimeError) as error:
        raise damaged(file, " ".join(str(error).split())) from None
    if seal not in (None, digest(tensors)):  # None: of an older version
        raise damaged(file, "its bytes are not those that were written")
    del tensors["step"]
    return tensors, step


def damaged(file: Path, why: str) -> ValueError:
    """What is said of a checkpoint that cannot be gone on from."""
    return ValueError(
        f"out: {str(file)!r} is damaged ({why}): copy it back from elsewhere, or train into another folder."
    )


def digest(tensors: dict[str, torch.Tensor]) -> str:
    """SHA-256 of names, types, shapes and numbers."""
    found = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)};".encode())
        found.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()
