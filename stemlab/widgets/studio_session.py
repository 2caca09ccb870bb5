"""The studio without its face: a form, a history of takes, and a thread in which one action at a time is done.

Lesson: 11_stem_studio.ipynb
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stemlab.checkpoints.folders import clean_path
from stemlab.lab.beats import SURE, listen
from stemlab.lab.group import StemGroup
from stemlab.lab.load import load as load_weights
from stemlab.lab.recording import open_recording
from stemlab.lab.request import Request
from stemlab.lab.stem_lab import StemLab
from stemlab.widgets.interrupt import Interrupts
from stemlab.widgets.studio_actions import ACTIONS, Plan, form_after, literal, part
from stemlab.widgets.studio_form import carried, dropped, new_stem, tidy
from stemlab.widgets.studio_sketch import Sketcher
from stemlab.widgets.studio_takes import Take, Takes

FOUR = 4  # takes at once
Tell = Callable[[str, Any], None]


class Cancelled(Exception):
    """Raised inside of the sampler's callback, so that it ends within one step."""


class StudioSession(Takes):
    """A form, takes, and the action that is going on.

    Args:
        lab: to generate with; the bundled weights, loaded at the first action, by default.
        form: what to begin with, as `studio_form.tidy` takes it.
        tell: called with ("view", None) after each change, ("progress", (done, total)) after each step and ("sketch",
            (done, total, mix, rate)) now and then, in the thread that made it.

    The page changes the form in one thread while an action ends in another: whoever reads `form` and `takes` to change
    or to show them holds the `lock`.
    """

    def __init__(self, lab: StemLab | None = None, form: dict[str, Any] | None = None, tell: Tell | None = None):
        super().__init__()
        self.lock = threading.RLock()
        self._lab, self._own_lab = lab, lab is not None
        self.form = tidy(form or {})
        self.busy = self.error = self.note = ""
        self._tell = tell or (lambda kind, data: None)
        self._cancel = threading.Event()
        self._thread: threading.Thread | None = None
        self._began = 0.0
        self._sketcher: Sketcher | None = None
        self._interrupts = Interrupts(self._cancel.set)

    @property
    def code(self) -> str:
        """Python that makes the current take, from nothing."""
        lines, at = [], self.current
        if at is None:
            lines.append(ACTIONS["generate"](self.form, None).code)
        while at is not None:
            lines.append(self.takes[at].code)
            at = self.takes[at].parent
        start = "# lab is the one that was given to stemlab.studio(lab)" if self._own_lab else "lab = stemlab.load()"
        return "\n".join(["import stemlab", "", start, *reversed(lines)]) + "\n"

    def change(self, told: dict[str, Any]) -> None:
        """Set some keys of the form; patterns stay with the stems that they were painted for."""
        with self.lock:
            self.form = carried(self.form, {**self.form, **told})

    def do(self, what: str, **details: Any) -> None:
        """Begin an action; errors end up in `error`, as one line.

        Args:
            what: a name in ACTIONS, or "four" (takes at once), done in a thread; or "save", "cancel", "undo", "redo",
                "go", "name", "star", "delete" (a take), "new_stem" (a row of a family), "drop" (a row).
            details: of the action: `stem` is an index of the form, `folder` a path (`replace` what is there), `take` an
                index, `family` a name, `bars` their numbers or how many.
        """
        if what == "cancel":
            return self._cancel.set()
        with self.lock:
            begun = self._do(what, details)
            self._tell("view", None)
        if begun is not None:
            begun.start()  # it is told to be busy before it tells of its first step

    def _do(self, what: str, details: dict[str, Any]) -> threading.Thread | None:
        self.error = self.note = ""
        try:
            if self.busy:
                raise ValueError(f"{self.busy} is still going on: wait, or press Cancel.")
            if what in ACTIONS or what in ("save", "four"):
                return self._begin(what, details)
            else:
                at_once: dict[str, Callable[..., None]] = {
                    "undo": self.undo, "redo": self.redo, "go": self.go, "name": self.name, "star": self.star,
                    "delete": self.delete, "new_stem": self._new_stem, "drop": self._drop,
                }  # fmt: skip
                at_once[what](**details)
        except Exception as error:
            self.error = one_line(error)
        return None

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the action that is going on has ended."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _begin(self, what: str, details: dict[str, Any]) -> threading.Thread:
        job: Callable[[], None]
        if what == "save":
            group, folder = self._present(), details["folder"]
            title, job = f"save in {folder}", lambda: self._save(group, folder, details.get("replace", False))
        else:
            forms = (
                [{**self.form, "seed": self.form["seed"] + i} for i in range(FOUR)] if what == "four" else [self.form]
            )
            what = "generate" if what == "four" else what
            plans = [ACTIONS[what](form, self.group, **details) for form in forms]
            title = f"{FOUR} takes" if len(plans) == FOUR else plans[0].title
            job = lambda: self._make(plans, what, forms, details)  # noqa: E731
        self.busy = title
        self._cancel.clear()
        self._began = time.monotonic()
        self._interrupts.begin()
        self._thread = threading.Thread(target=self._work, args=(job,), daemon=True)
        return self._thread

    def _work(self, job: Callable[[], None]) -> None:
        error = note = ""
        try:
            job()
        except Cancelled:
            note = "Cancelled; nothing changed."
        except Exception as problem:
            error = one_line(problem)
        self._interrupts.end()
        with self.lock:
            self.busy, self.error, self.note = "", error, note or self.note
            self._tell("view", None)

    def _make(self, plans: list[Plan], what: str, forms: list[dict[str, Any]], details: dict[str, Any]) -> None:
        if self._lab is None:
            self._lab = load_weights()
        before, at, asked, first = self.group, self.current, forms[0], len(self.takes)
        plain = len(plans) == len(plans[0].calls) == 1 and asked["scheme"] == "one-pass"
        told = {} if before is None or plans[0].fresh else before.settings
        sampler = told.get("sampler", Request.sampler)
        self._sketcher = Sketcher(self._lab.codec, self._sketched, sampler) if asked["sketch"] and plain else None
        for number, (plan, form) in enumerate(zip(plans, forms, strict=True)):
            group = plan.run(self._lab, before, part(self._report, number, len(plans)))
            with self.lock:
                self._keep(Take(group, plan.title, plan.code, None if plan.fresh else at, form), what, asked, details)
            self.note = plan.note
            if number + 1 < len(plans):
                self._tell("view", None)
        if len(plans) > 1:
            self.four = list(range(first, len(self.takes)))

    def _keep(self, take: Take, what: str, form: dict[str, Any], details: dict[str, Any]) -> None:
        group = take.group
        after = form_after(what, take.form, group, details.get("stem"))
        if what == "remove" and self.form != form:  # what was typed meanwhile stays
            self.form = dropped(self.form, details["stem"])
        elif changed := {name: value for name, value in after.items() if value != form[name]}:
            self.form = tidy({**self.form, **changed})
        self.takes.append(replace(take, form=after))  # last: from here on it is shown
        self.current = len(self.takes) - 1
        self.undone.clear()

    def seconds_left(self, done: int, total: int) -> int | None:
        """A guess from the steps so far; None in the beginning."""
        return round((time.monotonic() - self._began) / done * (total - done)) if done > 2 else None

    def _report(self, done: int, total: int, x: Any) -> None:
        if self._cancel.is_set():
            raise Cancelled
        self._tell("progress", (done, total))
        if self._sketcher is not None:
            self._sketcher.step(done, total, x)

    def _sketched(self, done: int, total: int, mix: np.ndarray) -> None:
        assert self._lab is not None
        self._tell("sketch", (done, total, mix, self._lab.grid.sample_rate))

    def _save(self, group: StemGroup, folder: str, over: bool) -> None:
        if not folder.strip():
            raise ValueError("folder: got nothing; name a folder, such as out/mine.")
        place = clean_path(folder, "folder")
        if os.path.isdir(place) and any(place.iterdir()) and not over:
            raise ValueError(f"{folder} is not empty: name a new folder, or tick Replace to save over what is there.")
        group.save(folder, force=over)
        self.note = f"Saved: open {folder}/player.html, or load it with stemlab.StemGroup.load({literal(folder)})."

    def _present(self) -> StemGroup:
        if self.group is None:
            raise ValueError("There is nothing to save yet: press Generate first.")
        return self.group

    def _new_stem(self, family: str) -> None:
        self.form = tidy({**self.form, "stems": [*self.form["stems"], new_stem(self.form, family)]})

    def _drop(self, stem: int) -> None:
        self.form = dropped(self.form, stem)


def beat_of(path: Path) -> dict[str, Any] | None:
    """What the beat finder hears in a recording; None where there is no clear beat, or no recording.

    Returns:
        bpm, downbeat (seconds of the first), sure (a probability, below which of 0.6 it is in doubt), second (the next
        likely bpm and downbeat, or None).
    """
    try:
        beat = listen(open_recording(path)[0].mono())
    except ValueError:
        return None
    if beat.bpm is None:
        return None
    second = beat.second and [round(beat.second[0], 2), round(beat.second[1], 2)]
    return {
        "bpm": beat.bpm,
        "downbeat": round(beat.downbeat, 2),
        "sure": round(beat.sure, 2),
        "second": second,
        "doubt": beat.sure < SURE,
    }


def one_line(error: Exception) -> str:
    """What went wrong, for people: the message of a ValueError, else the kind of error before it."""
    words = " ".join(str(error).split())
    return words if isinstance(error, ValueError) and words else f"{type(error).__name__}: {words}"
