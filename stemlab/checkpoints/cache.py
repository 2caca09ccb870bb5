"""Where stemlab keeps what it can make or fetch again: copies of soundfonts, the runtime of the page."""

import os
from pathlib import Path

from stemlab.checkpoints.folders import check_folder, clean_path

SETTING = "XDG_CACHE_HOME"


def cache_folder() -> Path:
    """`stemlab` in `$XDG_CACHE_HOME`, or in `~/.cache`; ValueError for a user without a home, as containers have them."""
    return clean_path(os.environ.get(SETTING) or "~/.cache", SETTING) / "stemlab"


def writable_cache() -> Path:
    """The same, as a folder that can be written to; ValueError says which setting names another."""
    return check_folder(cache_folder(), True, SETTING)
