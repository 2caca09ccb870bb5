"""The studio without its face: a form, a history of takes, and a thread in which one action at a time is done.

Lesson: 11_stem_studio.ipynb
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stemlab.lab.beats import listen
from stemlab.lab.group import StemGroup
from stemlab.lab.load import load as load_weights
from stemlab.lab.recording import open_recording
from stemlab.lab.stem_lab import StemLab
from stemlab.widgets.interrupt import Interrupts
from stemlab.widgets.studio_actions import ACTIONS, Plan, form_after, literal, part
from stemlab.widgets.studio_form import carried, dropped, new_stem, tidy

FOUR = 4  # takes at once
Tell = Callable[[str, Any], None]


@dataclass(frozen=True, eq=False)
class Take:
    """A group with its place in the history.

    Args:
        group: the stems.
        title: what was done, such as "add guitar".
        code: Python that makes it from the take before.
        parent: index of the take that it was made from, or None.
        form: what was asked for then.
    """

    group: StemGroup
    title: str
    code: str
    parent: int | None
    form: dict[str, Any]


class Cancelled(Exception):
    """Raised inside of the sampler's callback, so that it ends within one step."""


class StudioSession:
    """A form, takes, and the action that is going on.

    Args:
        lab: to generate with; the bundled weights, loaded at the first action, by default.
        form: what to begin with, as `studio_form.tidy` takes it.
        tell: called with ("view", None) after each change and ("progress", (done, total)) after each step, in
            the thread that made it.
    """

    def __init__(self, lab: StemLab | None = None, form: dict[str, Any] | None = None, tell: Tell | None = None):
        self._lab, self._own_lab = lab, lab is not None
        self.form = tidy(form or {})
        self.takes: list[Take] = []
        self.current: int | None = None
        self.busy = self.error = self.note = ""
        self._tell = tell or (lambda kind, data: None)
        self._cancel = threading.Event()
        self._thread: threading.Thread | None = None
        self._began = 0.0
        self.undone: list[int] = []  # takes that redo goes back to, the next one last
        self._interrupts = Interrupts(self._cancel.set)

    @property
    def group(self) -> StemGroup | None:
        """The group of the take that is current."""
        return None if self.current is None else self.takes[self.current].group

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
        self.form = carried(self.form, {**self.form, **told})

    def do(self, what: str, **details: Any) -> None:
        """Begin an action; errors end up in `error`, as one line.

        Args:
            what: a name in ACTIONS, or "four" (takes at once), done in a thread; or "save", "cancel", "undo", "redo",
                "go" (to a take), "new_stem" (a row of a family), "drop" (a row).
            details: of the action: `stem` is an index of the form, `folder` a path (`replace` what is there), `take` an
                index, `family` a name, `bars` their numbers or how many.
        """
        if what == "cancel":
            return self._cancel.set()
        self.error = self.note = ""
        try:
            if self.busy:
                raise ValueError(f"{self.busy} is still going on: wait, or press Cancel.")
            if what in ACTIONS or what in ("save", "four"):
                self._begin(what, details)
            else:
                at_once: dict[str, Callable[..., None]] = {
                    "undo": self._undo, "redo": self._redo, "go": self._go, "new_stem": self._new_stem, "drop": self._drop,
                }  # fmt: skip
                at_once[what](**details)
        except Exception as error:
            self.error = one_line(error)
        self._tell("view", None)

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the action that is going on has ended."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _begin(self, what: str, details: dict[str, Any]) -> None:
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
        self._thread.start()

    def _work(self, job: Callable[[], None]) -> None:
        error = note = ""
        try:
            job()
        except Cancelled:
            note = "Cancelled; nothing changed."
        except Exception as problem:
            error = one_line(problem)
        self._interrupts.end()
        self.busy, self.error, self.note = "", error, note or self.note
        self._tell("view", None)

    def _make(self, plans: list[Plan], what: str, forms: list[dict[str, Any]], details: dict[str, Any]) -> None:
        if self._lab is None:
            self._lab = load_weights()
        before, at, asked = self.group, self.current, forms[0]
        for number, (plan, form) in enumerate(zip(plans, forms, strict=True)):
            group = plan.run(self._lab, before, part(self._report, number, len(plans)))
            self._keep(Take(group, plan.title, plan.code, None if plan.fresh else at, form), what, asked, details)
            self.note = plan.note
            if number + 1 < len(plans):
                self._tell("view", None)

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

    def _save(self, group: StemGroup, folder: str, over: bool) -> None:
        if not folder.strip():
            raise ValueError("folder: got nothing; name a folder, such as out/mine.")
        place = Path(folder).expanduser()
        if place.is_dir() and any(place.iterdir()) and not over:
            raise ValueError(f"{folder} is not empty: name a new folder, or tick Replace to save over what is there.")
        group.save(folder, force=over)
        self.note = f"Saved: open {folder}/player.html, or load it with stemlab.StemGroup.load({literal(folder)})."

    def _present(self) -> StemGroup:
        if self.group is None:
            raise ValueError("There is nothing to save yet: press Generate first.")
        return self.group

    def _undo(self) -> None:
        if self.current is None or self.current == 0:
            raise ValueError("There is nothing to undo.")
        parent, back = self.takes[self.current].parent, [*self.undone, self.current]
        self._go(self.current - 1 if parent is None else parent)
        self.undone = back

    def _redo(self) -> None:
        if not self.undone:
            raise ValueError("There is nothing to do again.")
        *rest, take = self.undone
        self._go(take)
        self.undone = rest

    def _go(self, take: int) -> None:
        self.form = self.takes[take].form
        self.current = take
        self.undone = []

    def _new_stem(self, family: str) -> None:
        self.form = tidy({**self.form, "stems": [*self.form["stems"], new_stem(self.form, family)]})

    def _drop(self, stem: int) -> None:
        self.form = dropped(self.form, stem)


def tempo_of(path: Path) -> float | None:
    """The tempo of a recording in bpm, or None when it has none that is clear, or is no recording."""
    try:
        return listen(open_recording(path)[0].mono()).bpm
    except ValueError:
        return None


def one_line(error: Exception) -> str:
    """What went wrong, for people: the message of a ValueError, else the kind of error before it."""
    words = " ".join(str(error).split())
    return words if isinstance(error, ValueError) and words else f"{type(error).__name__}: {words}"
