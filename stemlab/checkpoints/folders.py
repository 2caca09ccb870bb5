"""Folders that are written to: nothing of the user's is overwritten unasked."""

import os
from pathlib import Path


def check_folder(folder: str | os.PathLike, force: bool = False) -> Path:
    """The full path of a folder that may be written to; ValueError: a file, or not empty without `force`."""
    folder = Path(folder).expanduser().resolve()
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"folder: {str(folder)!r} is a file; name a folder.")
    if not force and folder.exists() and any(folder.iterdir()):
        raise ValueError(
            f"folder: {str(folder)!r} is not empty and nothing is overwritten unasked; "
            "name a new folder, or allow it with force=True (--force)."
        )
    return folder
