"""What the studio does: each action is one or a few calls of StemLab, and the Python that says the same.

Lesson: 11_stem_studio.ipynb
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from stemlab.lab.group import StemGroup
from stemlab.lab.request import WAY, Request
from stemlab.lab.stem_lab import StemLab
from stemlab.sampling import Callback
from stemlab.widgets.studio_form import dropped, form_of, names_of, request, tidy

UPLOADS = "stemlab-upload-"  # what the folders of dropped files are called
GENERATE_DEFAULTS = {f.name: f.default for f in fields(Request) if f.name != "stems"}


@dataclass(frozen=True)
class Call:
    """One call that makes a group.

    Args:
        name: "lab.add", "group.without" or "stemlab.StemGroup.load".
        args, kwargs: what it is given besides the group and the callback.
        on_group: the first argument is the group so far.
        upload: the first argument is a file that was dropped into the page, in a folder that goes with the kernel.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    on_group: bool = False
    upload: bool = False

    def run(self, lab: StemLab, group: StemGroup | None, callback: Callback) -> StemGroup:
        """Do it; only calls of `lab` take time and report it."""
        owner, _, method = self.name.rpartition(".")
        call = getattr({"lab": lab, "group": group, "stemlab.StemGroup": StemGroup}[owner], method)
        report = {"callback": callback} if owner == "lab" else {}
        return call(*([group] if self.on_group else []), *self.args, **self.kwargs, **report)

    @property
    def code(self) -> str:
        """The call as a line of Python, or a line an argument where it is long."""
        args = [Path(self.args[0]).name, *self.args[1:]] if self.upload else self.args
        told = ["group"] * self.on_group + [literal(value) for value in args]
        told += [f"{name}={literal(value)}" for name, value in self.kwargs.items()]
        line = f"group = {self.name}({', '.join(told)})"
        where = "# your own file: give the path that it has on your disk\n" if self.upload else ""
        return where + (line if len(line) <= 88 else f"group = {self.name}(\n    " + ",\n    ".join(told) + ",\n)")


@dataclass(frozen=True)
class Plan:
    """An action before it is done.

    Args:
        title: for the history, such as "add guitar".
        calls: in order; each takes the group that the one before made.
        fresh: it begins anew, whatever there was.
        note: what the user should know, or "".
    """

    title: str
    calls: Sequence[Call]
    fresh: bool = False
    note: str = ""

    def run(self, lab: StemLab, group: StemGroup | None, callback: Callback) -> StemGroup:
        """Do all calls; progress is counted over all of them."""
        for number, call in enumerate(self.calls):
            group = call.run(lab, group, part(callback, number, len(self.calls)))
        assert group is not None
        return group

    @property
    def code(self) -> str:
        return "\n".join(call.code for call in self.calls)


def generate(form: Mapping[str, Any], group: StemGroup | None) -> Plan:
    """All stems anew; where some are locked, the others one by one, each to fit what is there."""
    prompts = [stem["prompt"] for stem in form["stems"]]
    if form["audio"]:
        told = {name: value for name, value in _said(request(form)).items() if name != "bars"}
        told |= {} if form["downbeat"] is None else {"downbeat": form["downbeat"]}
        upload = Path(form["audio"]).parent.name.startswith(UPLOADS)
        return Plan("accompany", [Call("lab.accompany", (form["audio"], prompts), told, upload=upload)], fresh=True)
    locked = [n for n, stem in zip(names_of(form), form["stems"], strict=True) if stem["locked"]]
    if group is None or not set(locked) & set(group.names):
        return Plan("generate", [Call("lab.generate", (prompts,), _said(request(form)))], fresh=True)
    if changed := _changed(form, group):
        raise ValueError(
            f"locked: {', '.join(locked)} would stay as made, but {', '.join(changed)} changed; unlock, or set it back."
        )
    made_here = [stem.name for stem in group if stem.original is None]  # a recording stays
    gone = [Call("group.without", (name,)) for name in made_here if name not in names_of(form)]
    rows = zip(names_of(form), prompts, strict=True)
    calls = gone + [_made_again(group, name, prompt, form["seed"]) for name, prompt in rows if name not in locked]
    if not calls:
        raise ValueError("locked: every stem is; unlock those that shall be made anew.")
    return Plan(f"generate around {', '.join(locked)}", calls)


def fit(form: Mapping[str, Any], group: StemGroup | None, stem: int) -> Plan:
    """One stem, new or told anew, to fit the others, which stay as they are."""
    group, name, prompt = _one(form, group, stem)
    note = ""
    if changed := _changed(form, group):
        note = f"This keeps the take's own {', '.join(changed)}; Generate takes the new."
    elif form["activity"].get(name) != (group.settings.get("activity") or {}).get(name):
        note = f"The bars painted for {name} are heard from the next Generate on."
    if name not in group.names:
        return Plan(f"add {name}", [Call("lab.add", (prompt,), on_group=True)], note=note)
    return Plan(f"fit {name}", [Call("lab.replace", (name, prompt), on_group=True)], note=note)


def again(form: Mapping[str, Any], group: StemGroup | None, stem: int) -> Plan:
    """One stem from other noise, with nothing kept of what it played."""
    return _varied(form, group, stem, 0.0, "regenerate")


def vary(form: Mapping[str, Any], group: StemGroup | None, stem: int) -> Plan:
    """One stem from noise that is partly new: near what it played."""
    return _varied(form, group, stem, 0.7, "vary")


def remove(form: Mapping[str, Any], group: StemGroup | None, stem: int) -> Plan:
    """The group without one stem."""
    group, name, _ = _one(form, group, stem)
    return Plan(f"remove {name}", [Call("group.without", (name,))])


def inpaint(form: Mapping[str, Any], group: StemGroup | None, name: str, bars: Sequence[int], rho: float = 0.0) -> Plan:
    """Some bars of one stem anew, counted from 1, the nearer to what they were the higher rho; the rest of it stays."""
    if group is None:
        raise ValueError("There is nothing to repair yet: press Generate first.")
    title = f"{name}, {_where(bars)}" + (", vary" if rho else "")
    return Plan(title, [Call("lab.inpaint", (name, list(bars)), {"rho": rho} if rho else {}, on_group=True)])


def repeat(form: Mapping[str, Any], group: StemGroup | None, name: str, bars: Sequence[int]) -> Plan:
    """Some bars of one stem played twice; as many as follow them give way."""
    if group is None:
        raise ValueError("There is nothing to play twice yet: press Generate first.")
    return Plan(f"{name}, {_where(bars)} twice", [Call("group.repeat", (name, list(bars)))])


def _where(bars: Sequence[int]) -> str:
    return f"bar {bars[0]}" if len(bars) == 1 else f"bars {bars[0]} to {bars[-1]}"


def extend(form: Mapping[str, Any], group: StemGroup | None, bars: int) -> Plan:
    """All stems go on for some bars."""
    if group is None:
        raise ValueError("There is nothing to go on from yet: press Generate first.")
    return Plan(f"{bars} bars more", [Call("lab.extend", (bars,), on_group=True)])


def load(form: Mapping[str, Any], group: StemGroup | None, folder: str) -> Plan:
    """A session that was saved."""
    return Plan(f"load {Path(folder).name or folder}", [Call("stemlab.StemGroup.load", (folder,))], fresh=True)


ACTIONS: dict[str, Callable[..., Plan]] = {
    "generate": generate, "fit": fit, "again": again, "vary": vary, "remove": remove, "inpaint": inpaint,
    "repeat": repeat, "extend": extend, "load": load,
}  # fmt: skip


def form_after(action: str, form: Mapping[str, Any], group: StemGroup, stem: int | None = None) -> dict[str, Any]:
    """The form that belongs to the group that an action made."""
    if action == "load":
        return form_of(group)
    if action == "remove" and stem is not None:
        return dropped(form, stem)
    if action == "extend":
        return tidy({**form, "bars": group.bars})
    if action == "generate" and form["audio"]:
        return tidy({**form, "bpm": group.bpm, "bars": group.bars or form["bars"]})  # those of the recording
    return dict(form)


def literal(value: Any) -> str:
    """A text, number, list or dict as Python writes it, with double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    return repr(value)


def _said(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Those arguments of `generate` that are not what they are anyway."""
    return {n: v for n, v in asked.items() if (v is not None if n in WAY else v != GENERATE_DEFAULTS[n])}


def _one(form: Mapping[str, Any], group: StemGroup | None, stem: int) -> tuple[StemGroup, str, str]:
    if group is None:
        raise ValueError("There is nothing to change yet: press Generate first.")
    return group, names_of(form)[stem], form["stems"][stem]["prompt"]


def _varied(form: Mapping[str, Any], group: StemGroup | None, stem: int, rho: float, title: str) -> Plan:
    group, name, prompt = _one(form, group, stem)
    if name not in group.names or group[name].prompt != prompt:
        return fit(form, group, stem)
    return Plan(f"{title} {name}", [Call("lab.vary", (name,), {"rho": rho}, on_group=True)])


def _made_again(group: StemGroup, name: str, prompt: str, seed: int) -> Call:
    if name not in group.names:
        return Call("lab.add", (prompt,), on_group=True)
    if group[name].prompt != prompt:
        return Call("lab.replace", (name, prompt), on_group=True)
    return Call("lab.vary", (name,), {"rho": 0.0, "seed": seed}, on_group=True)


def _changed(form: Mapping[str, Any], group: StemGroup) -> list[str]:
    """What a form asks of the whole group that the group is not."""
    own = {"prompt": group.prompt, "bpm": group.bpm, "key": group.key, "bars": group.bars}
    own |= {"loop": group.settings.get("loop", Request.loop), "meter": group.meter}
    asked = request(form)
    return [name for name, value in own.items() if asked[name] != value]


def part(callback: Callback, number: int, count: int) -> Callback:
    """The callback of one of several runs that count as one."""
    return lambda done, total, x: callback(number * total + done, count * total, x)
