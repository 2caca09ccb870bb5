"""The table of rounds: one-pass, two-pass and K-pass for 2 to 6 stems, as in Table 2 of arXiv:2602.09891, with harmony."""

from functools import cache, partial
from itertools import count, islice

import numpy as np

from stemlab.evaluate.anchors import OTHERS, held_out
from stemlab.evaluate.bench import Bench
from stemlab.evaluate.measure import measure, summary
from stemlab.evaluate.quality import markdown
from stemlab.songs.compose import EVAL_SEEDS, compose

STEMS = (2, 3, 4, 5, 6)
SCHEMES = ("one-pass", "two-pass", "k-pass")
COLUMNS = {
    "seconds": ("seconds", ".2f"), "saved": ("less than K-pass", ".0%"), "fd_stems": ("FD stems", ".2f"),
    "fd_mix": ("FD mixes", ".2f"), "harmony": ("harmony", ".3f"), "levels": ("level correlation", ".3f"), "family": ("family right", ".1%"),
}  # fmt: skip


def rounds_table(bench: Bench) -> dict:
    """Measure and print; returns what `Bench.write` keeps.

    For each number of stems `bench.groups` held-out songs that have so many; the rows "real, others" are as many other ones, the
    floor of the Frechet distances. Seconds are medians over groups; the first group of all was made before to warm up.
    """
    table: dict[str, dict[str, float]] = {}
    for stems in STEMS:
        indices = songs_of(stems, bench.groups)
        real, others = (
            bench.store.fill(f"{name}, K={stems}", songs, partial(real_row, seconds=bench.seconds), bench.seconds, True)
            for name, songs in (("real", indices), ("real, others", songs_of(stems, bench.groups, OTHERS)))
        )
        table[f"K={stems}, real"] = summary(real, real, bench.judge)
        table[f"K={stems}, real, others"] = summary(others, real, bench.judge)
        for scheme in SCHEMES if bench.lab is not None else ():
            how = {"coupling": "attention", **bench.options, "scheme": scheme}  # in which all rounds hear each other
            rows = bench.generated(f"K={stems}, {scheme}", indices, **how)
            seconds = float(np.median([row["seconds"] for row in rows]))
            table[f"K={stems}, {scheme}"] = {**summary(rows, real, bench.judge), "seconds": seconds}
        if bench.lab is not None:
            slow = table[f"K={stems}, k-pass"]["seconds"]
            for scheme in SCHEMES:
                line = table[f"K={stems}, {scheme}"]
                line["saved"] = 1 - line["seconds"] / slow
    print(f"\n{bench.groups} groups of {bench.seconds:g} s for each K")
    print(markdown(table, COLUMNS))
    return {"table": table}


def songs_of(stems: int, groups: int, first: int = 0) -> list[int]:
    """Indices of the first held-out songs that have so many stems."""
    fitting = (index for index in count(first) if _stems(index) == stems)
    return list(islice(fitting, groups))


@cache
def _stems(index: int) -> int:
    return len(compose(EVAL_SEEDS + index, bars=16).parts)


def real_row(index: int, seconds: float) -> dict:
    """Measures of one held-out song."""
    song, stems = held_out(index, seconds)
    return measure(stems, [part.family for part in song.parts], float(song.bpm), song.key)
