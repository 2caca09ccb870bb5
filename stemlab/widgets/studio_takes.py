"""The takes of a studio: going back and forth among them, and naming, starring and deleting them.

Lesson: 11_stem_studio.ipynb
"""

from dataclasses import dataclass, replace
from typing import Any

from stemlab.lab.arguments import check_text
from stemlab.lab.group import StemGroup

MOST_NAME = 60  # letters


@dataclass(frozen=True, eq=False)
class Take:
    """A group with its place in the history.

    Args:
        group: the stems.
        title: what was done, such as "add guitar".
        code: Python that makes it from the take before.
        parent: index of the take that it was made from, or None.
        form: what was asked for then.
        name: what the user calls it, or "".
        star: whether the user marked it.
        gone: whether the user deleted it: it is shown no more, and what was made from it stays.
    """

    group: StemGroup
    title: str
    code: str
    parent: int | None
    form: dict[str, Any]
    name: str = ""
    star: bool = False
    gone: bool = False


class Takes:
    """All takes, the one that is current, and those that redo goes back to, the next one last."""

    form: dict[str, Any]

    def __init__(self) -> None:
        self.takes: list[Take] = []
        self.current: int | None = None
        self.undone: list[int] = []
        self.four: list[int] = []  # the last that were made at once

    @property
    def group(self) -> StemGroup | None:
        """The group of the take that is current."""
        return None if self.current is None else self.takes[self.current].group

    def living(self) -> list[int]:
        """Those that were not deleted."""
        return [index for index, take in enumerate(self.takes) if not take.gone]

    def undo(self) -> None:
        """Back to what the current take was made from, or to the one before it."""
        there, at = self.living(), self.current
        while at is not None and (at == self.current or at not in there):
            at = self.takes[at].parent
        before = [index for index in there if self.current is not None and index < self.current]
        if at is None and not before:
            raise ValueError("There is nothing to undo.")
        back = [*self.undone, *([] if self.current is None else [self.current])]
        self.go(before[-1] if at is None else at)
        self.undone = back

    def redo(self) -> None:
        """Forward to what was undone."""
        if not self.undone:
            raise ValueError("There is nothing to do again.")
        *rest, take = self.undone
        self.go(take)
        self.undone = rest

    def go(self, take: int) -> None:
        """To any take."""
        if take not in self.living():
            raise ValueError(f"take: got {take}; that one was deleted, or never made.")
        self.form = self.takes[take].form
        self.current = take
        self.undone = []

    def name(self, take: int, name: str) -> None:
        """Call a take something; "" takes the name back."""
        check_text("name", name)
        if len(name) > MOST_NAME:
            raise ValueError(f"name: got {len(name)} letters; it takes up to {MOST_NAME}.")
        self.takes[take] = replace(self.takes[take], name=name.strip())

    def star(self, take: int) -> None:
        """Mark a take, or take the mark away."""
        self.takes[take] = replace(self.takes[take], star=not self.takes[take].star)

    def delete(self, take: int) -> None:
        """Show a take no more. Where it was current, the one that it was made from is, or another."""
        if self.living() == [take]:
            raise ValueError("This is the only take: make another before you delete it.")
        if take == self.current:
            try:
                self.undo()
            except ValueError:
                self.go(next(index for index in self.living() if index != take))
        self.takes[take] = replace(self.takes[take], gone=True)
        self.undone = [index for index in self.undone if index != take]
        self.four = [index for index in self.four if index != take]
