"""In which rounds stems are made: each round hears those before it, as far as its coupling lets it.

Lesson: 06_many_stems_at_once.ipynb
"""

from collections.abc import Sequence
from typing import Any

SCHEMES = ("one-pass", "two-pass", "k-pass")


def rounds_of(scheme: str | list[list[str]], stems: int, names: Sequence[str] = ()) -> list[list[int]]:
    """Which stems each round makes: one-pass all at once, two-pass half and half, k-pass one after another.

    Args:
        scheme: one of these names, or a partition: a list of rounds, each a list of names of stems.
        stems: how many there are.
        names: of the stems; a partition needs them.
    Returns:
        a list of indices for each round.
    Raises:
        ValueError: another scheme, or a partition in which a stem is missing, twice or unknown, or a round is empty.

    >>> rounds_of("two-pass", 5)
    [[0, 1, 2], [3, 4]]
    >>> rounds_of([["drums", "keys"], ["bass"]], 3, ["drums", "bass", "keys"])
    [[0, 2], [1]]

    Source: arXiv:2602.09891.
    """
    if isinstance(scheme, list):
        _check_partition(scheme, names)
        return [[names.index(name) for name in members] for members in scheme]
    if scheme not in SCHEMES:
        raise ValueError(
            f"scheme: got {scheme!r}; it takes one of {', '.join(map(repr, SCHEMES))}, "
            'or rounds of stems such as [["drums", "bass"], ["keys"]].'
        )
    everyone = list(range(stems))
    half = (stems + 1) // 2
    rounds = {"one-pass": [everyone], "two-pass": [everyone[:half], everyone[half:]], "k-pass": [[i] for i in everyone]}
    return [members for members in rounds[scheme] if members]


def _check_partition(scheme: list, names: Sequence[str]) -> None:
    there = f"there are {', '.join(names)}"
    for members in scheme or [None]:
        if not isinstance(members, list) or not members:
            raise ValueError(
                f'scheme: got {scheme!r}; rounds are lists of names, such as [["drums", "bass"], ["keys"]].'
            )
    told = [name for members in scheme for name in members]
    for name in told:
        if name not in names:
            raise ValueError(f"scheme: got the stem {name!r}; {there}.")
        if told.count(name) > 1:
            raise ValueError(f"scheme: got {name!r} twice; each stem belongs to one round.")
    missing = [name for name in names if name not in told]
    if missing:
        raise ValueError(f"scheme: {', '.join(missing)} in no round of {scheme!r}; each stem belongs to one; {there}.")


def check_scheme(scheme: Any, coupling: str) -> None:
    """ValueError for rounds of stems that hear none of those before."""
    if coupling == "song" and scheme != SCHEMES[0]:
        raise ValueError(
            f"scheme: got {scheme!r} with coupling='song', where no stem hears another; give coupling='attention' too, or leave it out."
        )
