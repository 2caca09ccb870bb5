"""What a group's settings tell of how it was made: the request, and the edits after it, checked before they are followed.

A history is a list: first the request, as `StemLab.generate` or `accompany` kept it, then the steps that `stemlab.lab.edits` takes.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stemlab.activity import canonical
from stemlab.checkpoints.json_files import shown
from stemlab.framing import Grid
from stemlab.lab.arguments import check_number, check_text
from stemlab.lab.draft import Draft, asked_activity
from stemlab.lab.recording import LONGEST
from stemlab.lab.request import MOST_BARS, Request
from stemlab.songs.meter import beats_in, check_meter

if TYPE_CHECKING:
    from stemlab.lab.group import StemGroup

MOST_STEPS = 1000
NEEDED = {  # what a step says, by its first key
    "add": (), "replace": ("stem",), "vary": ("rho", "seed"), "inpaint": ("bars", "seed"), "extend": ("activity",), "without": (),
    "repeat": ("bars",),
}  # fmt: skip


def check_settings(group: "StemGroup") -> None:
    """Raise ValueError unless all that is done with a group's settings can be done with these."""
    grid, history = Grid.of(group.settings), group.settings.get("history")
    check_number("downbeat", group.settings.get("downbeat"), 0, LONGEST, "seconds of the first downbeat", optional=True)
    check_number(
        "gain", group.settings.get("gain"), 1e-9, 1e9, "what the model hears is the sound times it", optional=True
    )
    check_meter(group.settings.get("meter", "4/4"))
    check_text("checkpoint", group.settings.get("checkpoint", ""))
    try:
        if history:
            replay(history, grid)
        asked_activity(group)
    except (KeyError, TypeError, AttributeError, AssertionError, IndexError) as error:
        raise ValueError(f"settings: they do not tell how a group was made ({error!r}).") from error


def replay(history: Any, grid: Grid) -> Draft:
    """The draft that a history leads to, without any sound; ValueError for what is no history."""
    if not isinstance(history, list) or not all(isinstance(step, dict) for step in history):
        raise ValueError("history: it takes a list of objects: the request, then the edits.")
    if len(history) > MOST_STEPS:
        raise ValueError(f"history: got {len(history)} steps; it takes up to {MOST_STEPS}.")
    asked = Request.of(history[0])
    _check_asked(asked, grid)
    draft = Draft(asked, grid)
    for step in history[1:]:
        check_step(draft, step)
        draft.follow(step)
    return draft


def _check_asked(asked: Request, grid: Grid) -> None:
    """A request as a session keeps it, by this version or an older one, whose stems had rho and attention both."""
    own = asked.recording
    check_number("rho", asked.rho, 0, 1, "1 shares all the noise, 0 none", optional=True)
    replace(asked, rho=None, activity=None, scheme="one-pass" if own else asked.scheme).check(grid)
    check_number("downbeat", asked.downbeat, 0, LONGEST, "seconds of the first downbeat", optional=True)
    if own is not None:
        check_number(
            "samples", own["samples"], 1, round(LONGEST * grid.sample_rate) + 1, "of the recording", whole=True
        )
        check_number("gain", own["gain"], 1e-9, 1e9, "of the recording")
        for key in ("name", "prompt", "sha256"):
            check_text(f"{key} of the recording", own[key])


def check_step(draft: Draft, step: dict[str, Any]) -> None:
    """Raise ValueError unless an edit can be taken from here."""
    kind = next(iter(step), "")
    if kind not in NEEDED or any(key not in step for key in NEEDED[kind]):
        raise ValueError(f"history: got the step {shown(step)}; a step is one of {', '.join(NEEDED)}.")
    if kind == "add":
        _check_text(draft, [*draft.names, step["add"]])
    elif kind == "without":
        if step["without"] not in draft.names:
            raise ValueError(f"name={step['without']!r} is not in the group: it has {', '.join(draft.names)}")
    elif kind == "extend":
        _check_more(draft, step)
    else:
        _check_name(draft, step[kind])
        if kind == "replace":
            _check_text(draft, [step["stem"]])
        elif kind != "repeat":
            check_number("seed", step["seed"], 0, 2**63 - 1, "a whole number", whole=True)
        if kind == "vary":
            check_number("rho", step["rho"], 0, 1, "1 keeps the stem's noise, 0 takes new noise")
        if kind == "inpaint":
            check_number("rho", step.get("rho", 0.0), 0, 1, "1 keeps the noise of these bars, 0 takes new noise")
        if kind in ("inpaint", "repeat"):
            _check_bars(draft, step["bars"])
        if kind == "repeat":
            _check_room(draft, step["bars"])


def _check_more(draft: Draft, step: dict[str, Any]) -> None:
    if draft.asked.recording:
        raise ValueError(
            f"group: holds the recording {draft.asked.recording['name']!r}, which nobody can play on; "
            "record more and call lab.accompany, or extend a group without one."
        )
    if draft.loop:
        raise ValueError(
            "group: it is a loop, whose end flows into its beginning; make one without loop=True to extend it."
        )
    if not draft.bars:
        raise ValueError("bars: the group was made without bpm and bars, so it has no bar to go on from; give both.")
    room = MOST_BARS - draft.bars
    check_number("bars", step["extend"], 1, room, f"more bars, {MOST_BARS} in all", whole=True)
    frames = draft.grid.frames(draft.more_samples(step["extend"]))
    canonical(step["activity"], draft.names, draft.asked.bpm, step["extend"], frames, beats_in(draft.asked.meter))


def _check_bars(draft: Draft, bars: Any) -> None:
    if not draft.bars:
        raise ValueError(
            "bars: the group has none, since it was made without bpm or by seconds; make one with bpm and bars."
        )
    if not isinstance(bars, list) or not bars or any(type(b) is not int or not 1 <= b <= draft.bars for b in bars):
        raise ValueError(f"bars: got {bars!r}; it takes a list of bars to make anew, from 1 to {draft.bars}.")


def _check_room(draft: Draft, bars: list[int]) -> None:
    assert draft.bars
    if bars != list(range(bars[0], bars[0] + len(bars))) or bars[-1] >= draft.bars:
        raise ValueError(
            f"bars: got {bars}; it takes bars that follow each other, with one behind them to give way: up to {draft.bars - 1}."
        )


def _check_name(draft: Draft, name: Any) -> None:
    if name not in draft.names:
        raise ValueError(f"name={name!r} is not in the group: it has {', '.join(draft.names)}")
    if draft.asked.recording and name == draft.asked.recording["name"]:
        raise ValueError(f"name={name!r} is your recording, which stays as it is; name another stem.")


def _check_text(draft: Draft, stems: list) -> None:
    replace(draft.asked, stems=stems, rho=None, activity=None, scheme="one-pass").check(draft.grid)
