"""What the studio asks for: one plain dict of texts and numbers, kept whole while it is being filled in.

Lesson: 11_stem_studio.ipynb
"""

from collections.abc import Mapping
from typing import Any

from stemlab.activity import split_bars
from stemlab.conditions import KEYS
from stemlab.lab.group import StemGroup
from stemlab.lab.request import MOST_BARS, Request
from stemlab.lab.student import usual_coupling
from stemlab.songs.captions import STYLES
from stemlab.songs.meter import METERS, beat_of, beats_in
from stemlab.songs.names import unique_names
from stemlab.songs.sounds import FAMILIES

DEFAULTS: dict[str, Any] = {
    "stems": [
        {"prompt": "drums: tight funk kit", "locked": False},
        {"prompt": "bass: slap bass", "locked": False},
        {"prompt": "keys: electric piano", "locked": False},
        {"prompt": "guitar: clean electric guitar", "locked": False},
    ],
    "prompt": "funk", "bpm": 100, "key": "A minor", "chords": "", "bars": 4, "loop": Request.loop, "meter": Request.meter, "seed": 7,
    "activity": {}, "scheme": Request.scheme, "coupling": "usual", "rho": 1.0,
    "steps": None, "guidance": None, "mates": None,  # the student's, or the flow's usual ones
    "audio": "", "downbeat": None, "sketch": False,
}  # fmt: skip
SHARED = (
    "prompt", "bpm", "key", "chords", "bars", "loop", "meter", "seed", "scheme", "coupling", "rho", "steps", "guidance", "mates",
)  # fmt: skip


def tidy(form: Mapping[str, Any]) -> dict[str, Any]:
    """A form with nothing missing and an activity that fits its stems and bars.

    Values are taken as they are, right or wrong: `lab.generate` checks them and says what is wrong.

    Args:
        form: some or all of the keys of DEFAULTS.
    Returns:
        All keys. Patterns of stems that are not there go; those of another length are cut, or go on as they end.
    Raises:
        ValueError: a key that there is not.

    >>> tidy({"stems": [{"prompt": "bass"}], "bars": 3, "activity": {"bass": ".x", "keys": "x."}})["activity"]
    {'bass': '.xx'}
    """
    if strange := set(form) - set(DEFAULTS):
        raise ValueError(f"form: got {', '.join(sorted(strange))}; it takes {', '.join(DEFAULTS)}.")
    whole = {**DEFAULTS, **form}
    stems = [{"prompt": stem} if isinstance(stem, str) else stem for stem in whole["stems"]]
    whole["stems"] = [{"prompt": stem["prompt"], "locked": bool(stem.get("locked"))} for stem in stems]
    bars, names = whole["bars"], names_of(whole)
    on_grid = isinstance(bars, int) and 1 <= bars <= MOST_BARS and whole["bpm"] is not None
    told = {n: marks for n, marks in whole["activity"].items() if n in names and marks and isinstance(marks, str)}
    whole["activity"] = {name: fitted(marks, bars) for name, marks in told.items()} if on_grid else {}
    return whole


def fitted(marks: str, bars: int) -> str:
    """A pattern with so many bars: cut, or going on as it ends.

    >>> fitted(".x", 3), fitted("x/x..x", 3), fitted("x..x/x", 1)
    ('.xx', 'x/x..x/x..x', 'x..x/')
    """
    told = split_bars(marks)
    told = (told + told[-1:] * bars)[:bars]
    if all(len(bar) == 1 for bar in told):
        return "".join(told)
    return "/".join(told) + "/" * (bars == 1)


def carried(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """`after`, tidied, with the patterns of `before` still at the stems that they were painted for.

    A stem whose text now gives it another name keeps its bars, as long as no stem came or went.

    >>> before = tidy({"stems": ["bass", "keys"], "bars": 2, "activity": {"bass": ".x"}})
    >>> carried(before, {**before, "stems": ["guitar", "keys"]})["activity"]
    {'guitar': '.x'}
    """
    rows = range(len(after["stems"])) if len(after["stems"]) == len(before["stems"]) else ()
    return _patterned(before, after, {row: row for row in rows})


def dropped(form: Mapping[str, Any], stem: int) -> dict[str, Any]:
    """The form without one of its stems; the others keep their bars, also where that changes their numbers."""
    rows = [i for i in range(len(form["stems"])) if i != stem]
    after = {**form, "stems": [form["stems"][i] for i in rows]}
    return _patterned(form, after, dict(enumerate(rows)))


def _patterned(before: Mapping[str, Any], after: Mapping[str, Any], origin: Mapping[int, int]) -> dict[str, Any]:
    """`after`, tidied; `origin` tells for its rows which rows of `before` they were."""
    asked = {**DEFAULTS, **after}
    stems = [{"prompt": stem} if isinstance(stem, str) else stem for stem in asked["stems"]]
    old, new = names_of(before), names_of({"stems": stems})
    told = dict(asked["activity"])
    if told == before["activity"]:  # nobody painted: whatever the names are now, the bars stay with their rows
        moved = {new[row]: told.pop(old[was]) for row, was in origin.items() if old[was] in told}
        told = {**{name: marks for name, marks in told.items() if name in new}, **moved}
    return tidy({**asked, "activity": told})


def names_of(form: Mapping[str, Any]) -> list[str]:
    """The name that each stem of a form will have; "stem 1" and so on where its text names nothing yet."""
    prompts = [stem["prompt"] for stem in form["stems"]]
    return unique_names(
        p if any(c.isalnum() for c in p.split(":")[0]) else f"stem {i}" for i, p in enumerate(prompts, 1)
    )


def request(form: Mapping[str, Any]) -> dict[str, Any]:
    """What `lab.generate` takes besides the stems, without the arguments that say nothing."""
    asked = {name: form[name] for name in SHARED}
    asked["chords"] = form["chords"] or None
    if form["coupling"] != "noise":
        asked["rho"] = None  # stems that hear somebody have noise of their own
    if form["coupling"] == "usual":
        asked["coupling"] = None  # the student's way, or the flow's
    if form["bpm"] is None:
        asked["bars"] = None  # bars without a tempo have no length
    asked["activity"] = dict(form["activity"]) or None
    return asked


def form_of(group: StemGroup) -> dict[str, Any]:
    """The form that asks for a group once more."""
    told = {name: group.settings[name] for name in SHARED if group.settings.get(name) is not None}
    if group.settings.get("student"):
        told |= {"steps": None, "guidance": None, "mates": None}
    own = {"prompt": group.prompt, "bpm": group.bpm, "key": group.key, "bars": group.bars or DEFAULTS["bars"]}
    usual = usual_coupling(bool(group.settings.get("student")), told.get("scheme", Request.scheme), told.get("chords"))
    if told.get("coupling") == usual:
        told.pop("coupling")
    if told.get("coupling") != "noise":
        told.pop("rho", None)  # that of stems that hear somebody is no choice
    if isinstance(told.get("chords"), list):
        told["chords"] = " | ".join(told["chords"])
    if not isinstance(told.get("scheme"), str):
        told.pop("scheme", None)  # rounds of named stems are for Python
    stems = [{"prompt": stem.prompt} for stem in group if stem.original is None]  # a recording is not asked for
    return tidy({**told, **own, "stems": stems, "activity": group.settings.get("activity") or {}})


def suggestions() -> dict[str, list[str]]:
    """Prompts to choose from, by family: each in words that the model was trained on."""
    told = {}
    for family, sounds in FAMILIES.items():
        plain = [sound.words[1] if len(sound.words) > 1 else sound.name for sound in sounds]
        played = [f"{sound.name}, {STYLES[sound.styles[0]][1][0]}" for sound in sounds if sound.styles[0] in STYLES]
        told[family] = [f"{family}: {words}" for words in dict.fromkeys([*plain, *played])]
    return told


def new_stem(form: Mapping[str, Any], family: str) -> dict[str, Any]:
    """A stem of a family with the first suggestion that the form does not have yet."""
    if family not in FAMILIES:
        raise ValueError(f"family: got {family!r}; it takes one of {', '.join(FAMILIES)}.")
    there = {stem["prompt"] for stem in form["stems"]}
    choices = suggestions()[family]
    return {"prompt": next((c for c in choices if c not in there), choices[0]), "locked": False}


CHOICES = {
    "key": list(KEYS), "scheme": ["one-pass", "two-pass", "k-pass"], "coupling": ["usual", "song", "attention", "noise"],
    "meter": list(METERS), "meters": {meter: {"beat": beat_of(meter), "perBar": beats_in(meter)} for meter in METERS},
}  # fmt: skip
