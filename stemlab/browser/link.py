"""A group as the address of the page that makes such a band: `band.html#...`, as `link.js` writes and reads it."""

from urllib.parse import quote

from stemlab.lab.group import StemGroup
from stemlab.songs.harmony import canonical_key

PLAIN = {
    "scheme": "one-pass",
    "negative": "",
    "candidates": None,
    "chords": None,
    "loop": False,
    "recording": None,
}  # what the page has


def link_of(group: StemGroup) -> str | None:
    """What follows the page's name in the address; None for a group that the page cannot ask for.

    The page makes bands from text in one pass, with patterns of whole bars; it keeps to the default number of steps.

    >>> import numpy as np
    >>> from stemlab import Stem
    >>> told = {"seed": 3, "coupling": "noise", "rho": 0.5, "history": [{}]}
    >>> link_of(StemGroup([Stem("bass", "bass: slap bass", np.ones(8))], bpm=100, bars=2, prompt="funk", settings=told))
    '#stem=bass:+slap+bass&prompt=funk&bpm=100&bars=2&seed=3&rho=0.5'
    """
    told = group.settings
    history = told.get("history") or []
    activity = told.get("activity") or {}
    barred = group.bpm is not None and all(isinstance(p, str) and len(p) == group.bars for p in activity.values())
    if (
        len(history) != 1
        or told.get("coupling") not in ("song", "attention", "noise")
        or (told["coupling"] == "song" and told.get("rho"))
        or (activity and not barred)
        or any(told.get(name, usual) != usual for name, usual in PLAIN.items())
    ):
        return None
    if group.bpm is None and round(group.seconds, 3) != 8:
        return None
    parts = [*(("stem", stem.prompt) for stem in group), ("prompt", group.prompt)]
    parts += [("bpm", f"{group.bpm:g}"), ("bars", str(group.bars))] if group.bpm else []
    parts += [("key", canonical_key(group.key))] if group.key else []
    parts += [("seed", str(told.get("seed", 0))), *(("plays", f"{name}:{bars}") for name, bars in activity.items())]
    parts += [("rho", f"{told.get('rho', 1.0):g}")] if told["coupling"] == "noise" else []
    parts += [("coupling", "attention")] if told["coupling"] == "attention" else []
    return "#" + "&".join(f"{name}={quote(value, safe=':,').replace('%20', '+')}" for name, value in parts)
