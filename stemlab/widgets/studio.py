"""StemStudio: make music with one's hands. The session does the work, this shows it and passes on what is clicked.

Lesson: 11_stem_studio.ipynb
"""

import tempfile
from pathlib import Path
from typing import Any

import traitlets

from stemlab.figures.colours import colours
from stemlab.lab.group import StemGroup
from stemlab.lab.stem_lab import StemLab
from stemlab.widgets.desk import keep_desk
from stemlab.widgets.export import answer, export
from stemlab.widgets.kept import KeptWidget, frame
from stemlab.widgets.mixer import COARSE, MIXER, compress, describe, group_html, notes_told, sounds
from stemlab.widgets.page import script, source
from stemlab.widgets.studio_actions import UPLOADS
from stemlab.widgets.studio_form import CHOICES, carried, names_of, suggestions
from stemlab.widgets.studio_session import StudioSession, beat_of, one_line

OWN = (
    "fields.js", "studio_form.js", "studio_rows.js", "studio_takes.js", "studio_repair.js", "studio_blind.js",
    "studio_file.js", "studio_record.js", "studio_sketch.js", "studio_sound.js", "studio.js",
)  # fmt: skip
MOST_UPLOAD = 8_000_000  # bytes


class StemStudio(KeptWidget):
    """A studio for notebooks: stems with prompts, tempo, key, the activity grid, Generate and Cancel, the mixer, and a
    history with undo. Everything is a call of StemLab, which "Show code" tells.

    Args:
        lab: to generate with; the bundled weights by default, loaded at the first Generate.
        form: what to begin with, as `studio_form.DEFAULTS` names it.
    Raises:
        ValueError: the form has a key that there is not.
    """

    _esm = script(*MIXER, "grid.js", *OWN, render="renderStudio")
    _css = source("theme.css", "mixer.css", "grid.css", "studio.css")
    form = traitlets.Dict().tag(sync=True)
    view = traitlets.Dict(read_only=True).tag(sync=True)
    choices = traitlets.Dict(read_only=True).tag(sync=True)

    def __init__(self, lab: StemLab | None = None, **form: Any):
        self._session = StudioSession(lab, form, self._told)
        self._ready: dict[int, tuple[dict, list[bytes]]] = {}
        self._uploads: tempfile.TemporaryDirectory | None = None
        self._kept_take: int | None = None
        self._edit = 0
        self._beat: dict[str, Any] | None = None  # of the file that was dropped
        super().__init__(form=self._session.form)
        self.set_trait("choices", {**CHOICES, "families": suggestions()})
        self._show()
        self.on_msg(self._heard)

    @property
    def group(self) -> StemGroup | None:
        """The group that the studio plays now; None before the first."""
        return self._session.group

    def kept_html(self) -> str:
        """See `KeptWidget`: the mixer of the take that is current."""
        with self._session.lock:
            self._pack()
            at = self._session.current
        if at is None or self.group is None:
            words = '<p style="font: 14px system-ui, sans-serif; color: #6b7480">The studio: run the cell to make music.</p>'
            return frame([words], "Studio, nothing made yet", 60, self.kept)
        return group_html(self.group, mark=self.kept, packed=[self._ready[at][1]])

    @property
    def code(self) -> str:
        """Python that makes this group without the studio."""
        return self._session.code

    @traitlets.validate("form")
    def _tidy_form(self, proposal: dict) -> dict[str, Any]:
        return carried(self._session.form, proposal["value"])

    @traitlets.observe("form")
    def _form_changed(self, change: dict) -> None:
        if change["new"] != self._session.form:
            self._session.form = change["new"]
            self._show()

    def _heard(self, _: Any, message: dict[str, Any], buffers: list) -> None:
        """What the page asks for: an action of the session, the sound of a take, or a file that was dropped."""
        self.send({"kind": "heard"})
        with self._session.lock:
            self._answer(dict(message), buffers)

    def _answer(self, details: dict[str, Any], buffers: list) -> None:
        what, order = details.pop("do"), details.pop("order", None)
        self.form = details.pop("form", self.form)
        if what == "sound":
            about, sound = self._ready[details["take"]]
            self.send({"kind": "sound", "take": details["take"], "about": about}, buffers=sound)
        elif what == "export":
            group = self._session.takes[details.pop("take")].group
            answer(self, order, lambda: export(group, **details))
        elif what == "notes":
            self.send(notes_told(self._session.takes[details["take"]].group, order))
        elif what == "desk":
            keep_desk(self._session.takes[details["take"]].group, details["desk"])
        elif what == "audio":
            try:
                self._keep_audio(details["name"], bytes(buffers[0]))
            except (ValueError, OSError) as error:  # too long, or no room for it
                self._session.error = one_line(error)
                self._show()
        elif what == "set":
            self._session.change(details["told"])
            self._edit = details["edit"]
            self._show()
        elif what == "ping":
            self.send({"kind": "answer", "order": order})
        else:
            self._session.do(what, **details)

    def _keep_audio(self, name: str, data: bytes) -> None:
        """A file that was dropped, to accompany; a WAV that the page made of it."""
        if len(data) > MOST_UPLOAD:
            raise ValueError(f"audio: got {len(data):,} bytes; it takes up to {MOST_UPLOAD:,}.")
        self._uploads = self._uploads or tempfile.TemporaryDirectory(prefix=UPLOADS)
        path = Path(self._uploads.name) / f"{_short(Path(name).stem)}.wav"
        path.write_bytes(data)
        self._beat = beat_of(path)
        self.form = {**self.form, "audio": str(path), "downbeat": None}
        self._show()

    def _told(self, kind: str, data: Any) -> None:
        """What the session tells, in whichever thread."""
        if kind == "progress":
            self.send(
                {"kind": "progress", "done": data[0], "total": data[1], "left": self._session.seconds_left(*data)}
            )
            return
        if kind == "sketch":
            done, total, mix, rate = data
            self.send({"kind": "sketch", "done": done, "total": total}, buffers=[compress(mix, rate, COARSE)])
            return
        self._show()

    def _show(self) -> None:
        with self._session.lock:
            self._pack()
            self.form = self._session.form
            self._show_view()

    def _pack(self) -> None:
        """The sounds of all takes, ready for the page: it asks for them as soon as it hears of a take."""
        for index, take in enumerate(self._session.takes):
            if take.gone:
                self._ready.pop(index, None)
            elif index not in self._ready:
                self._ready[index] = describe(take.group), sounds(take.group)

    def _show_view(self) -> None:
        session, group = self._session, self._session.group
        names = names_of(session.form)
        prompts = {stem.name: stem.prompt for stem in group or []}
        rows = [
            {"name": name, "colour": colour, "made": name in prompts, "same": prompts.get(name) == stem["prompt"]}
            for name, colour, stem in zip(names, colours(names), session.form["stems"], strict=True)
        ]
        shown = ("title", "parent", "name", "star", "gone")
        takes = [{key: getattr(take, key) for key in shown} for take in session.takes]
        told: dict[str, Any] = {"rows": rows, "takes": takes, "current": session.current, "folder": _free_folder()}
        told |= {
            "redo": bool(session.undone),
            "edit": self._edit,
            "heard": self._beat if session.form["audio"] else None,
            "four": [take for take in session.four if take in session.living()],
        }
        told |= {"busy": session.busy, "error": session.error, "note": session.note, "code": session.code}
        self.set_trait("view", told)
        if self._kept_take != session.current:
            self._kept_take = session.current
            self._keep_again()


def studio(lab: StemLab | None = None, **form: Any) -> StemStudio:
    """Open the studio: make, change and compare bands by hand. In a notebook, let it be the last line of a cell.

    Args:
        lab: from `stemlab.load`; the bundled weights by default, loaded at the first Generate.
        form: what to begin with, such as `prompt="jazz"`, `bpm=140`, `stems=["drums: brushes", "bass"]`, `steps=16`.
    Returns:
        StemStudio; its `group` is the StemGroup that it plays, its `form` what is asked for, its `code` the same in Python.
    Raises:
        ValueError: the form has no such key.
    """
    return StemStudio(lab, **form)


def _short(name: str, most: int = 40) -> str:
    """A file's name as a stem can have it: cut between words."""
    words = name[: most + 1].rsplit(" ", 1)[0] if " " in name[: most + 1] and len(name) > most else name[:most]
    return words.strip(" .") or "audio"


def _free_folder() -> str:
    """A folder to save in that is not there yet."""
    number = 1
    while Path("out", f"studio-{number}").exists():
        number += 1
    return f"out/studio-{number}"
