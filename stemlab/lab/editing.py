"""What a StemLab does to a group that is there: each edit gives a new group and leaves the one given alone.

Lesson: 11_stem_studio.ipynb
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from stemlab.lab import edits
from stemlab.lab.group import StemGroup
from stemlab.lab.request import listed
from stemlab.sampling import Callback

if TYPE_CHECKING:
    from stemlab.lab.stem_lab import StemLab


class Editing:
    """The edits of a StemLab."""

    def add(self, group: StemGroup, stem: str, callback: Callback | None = None) -> StemGroup:
        """Add a stem that fits the others, from the same noise; the others stay bit-identical.

        Args:
            group: made by this package.
            stem: text of the new stem.
        Returns:
            a new StemGroup, as from all edits; the one given is left alone.
        Raises:
            ValueError: the group does not know how it was made, or the text is empty.
        """
        return edits.edit(cast("StemLab", self), group, {"add": stem}, callback)

    def replace(self, group: StemGroup, name: str, stem: str, callback: Callback | None = None) -> StemGroup:
        """Make one stem anew with another text, from the same noise; the others stay bit-identical.

        Args:
            group, name: of the stem to replace.  stem: its new text.
        Raises:
            ValueError: no stem has that name, or as for `add`.
        """
        return edits.edit(cast("StemLab", self), group, {"replace": name, "stem": stem}, callback)

    def vary(
        self, group: StemGroup, name: str, rho: float = 0.7, seed: int | None = None, callback: Callback | None = None
    ) -> StemGroup:
        """Make one stem anew, the nearer to what it was the higher `rho`; the others stay bit-identical.

        Args:
            group, name: of the stem.
            rho: 1 keeps the noise that the stem came from, 0 takes new noise.
            seed: of the new noise; another one at each edit by default.
        """
        return edits.edit(
            cast("StemLab", self), group, {"vary": name, "rho": rho, "seed": edits.next_seed(group, seed)}, callback
        )

    def inpaint(
        self,
        group: StemGroup,
        name: str,
        bars: Sequence[int],
        seed: int | None = None,
        rho: float = 0.0,
        callback: Callback | None = None,
    ) -> StemGroup:
        """Make some bars of one stem anew; all else stays bit-identical, but for 16 ms before a bar line where they meet.

        Args:
            group, name: of the stem.
            bars: which, counted from 1.
            seed, rho: as for `vary`; by default nothing is kept of the noise of these bars.
        Raises:
            ValueError: bars out of range, or a group without bars.
        """
        step = {"inpaint": name, "bars": listed(bars), "seed": edits.next_seed(group, seed)}
        step |= {"rho": rho} if rho else {}
        return edits.edit(cast("StemLab", self), group, step, callback)

    def extend(
        self, group: StemGroup, bars: int, activity: dict | None = None, callback: Callback | None = None
    ) -> StemGroup:
        """Let all stems of a group go on; what is there stays bit-identical but for its last 144 ms.

        Args:
            group: made with bpm and bars.
            bars: how many more, to 64 in all.
            activity: patterns of the new bars alone, the first of which is bar 1; stems are free by default.
        Raises:
            ValueError: more than 64 bars, a group without bars, one with a recording, or a loop.
        """
        return edits.edit(cast("StemLab", self), group, {"extend": bars, "activity": activity}, callback)

    def regenerate(self, group: StemGroup, callback: Callback | None = None) -> StemGroup:
        """Make a group again from its session: on the same machine and weights it comes out bit-identical."""
        return edits.regenerate(cast("StemLab", self), group, callback)
