"""One colour a stem, the same in mixer, grid and figures; told apart with any colour vision, on light and on dark."""

from collections.abc import Sequence

FAMILY = {
    "drums": "#d55e00",
    "bass": "#1f78b4",
    "keys": "#009e73",
    "guitar": "#c75d93",
    "strings": "#3d9ad6",
    "lead": "#8468c6",
    "winds": "#8a8a2e",
    "percussion": "#c58400",
}


def colours(names: Sequence[str]) -> list[str]:
    """A colour for each stem of a group: its family's own where that is free, else the next free one.

    Args:
        names: of the stems, in order, such as "bass" or "bass 2".
    Returns:
        Colours as "#rrggbb"; they come again from the ninth stem on.

    >>> colours(["bass", "bass 2", "flute"])
    ['#1f78b4', '#d55e00', '#009e73']
    """
    wanted = {FAMILY[name] for name in names if name in FAMILY}
    free = [colour for colour in FAMILY.values() if colour not in wanted] or list(FAMILY.values())
    others = [name for name in names if name not in FAMILY]
    told = {name: free[i % len(free)] for i, name in enumerate(others)} | FAMILY
    return [told[name] for name in names]
