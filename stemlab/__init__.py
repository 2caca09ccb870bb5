"""stemlab: music as stems that play together, from text, tempo, key and a bar grid.

>>> import stemlab
>>> lab = stemlab.load()  # doctest: +SKIP
>>> group = lab.generate(["drums: funk kit", "bass: slap bass"], bpm=100)  # doctest: +SKIP
>>> group.play()  # doctest: +SKIP

Lesson: 00_start_here.ipynb
"""

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stemlab.lab.group import Stem, StemGroup
    from stemlab.lab.load import load
    from stemlab.lab.stem_lab import StemLab
    from stemlab.widgets.studio import studio

__version__ = "0.1.0"
__all__ = ["Stem", "StemGroup", "StemLab", "__version__", "load", "studio"]

_HOMES = {
    "load": "lab.load",
    "StemLab": "lab.stem_lab",
    "Stem": "lab.group",
    "StemGroup": "lab.group",
    "studio": "widgets.studio",
}


if "torch" not in sys.modules:
    # PyTorch's threads wait for each other busily: where another program has a core, that takes ten times as long as
    # the work. The loop that they wait in is cut short here; GNU's OpenMP reads this once, when PyTorch is loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import stemlab` stays quick (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'stemlab' has no attribute {name!r}")
    return getattr(import_module(f"stemlab.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
