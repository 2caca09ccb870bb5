"""The table of beats: do four stems, bass, drums, guitar and piano, have their beats together? Beside anchors.

Anchors, all of composed songs that nothing was trained on:
- real: as rendered; shuffled: each stem from another song of the same tempo, so that their beats do fall together;
- late: one stem of the real group moved by 50 and 250 ms;
- own tempos: each stem from another song with a tempo of its own: nothing ties their beats.
"""

from functools import partial

import numpy as np

from stemlab.evaluate.anchors import strange_stem
from stemlab.evaluate.bench import Bench
from stemlab.evaluate.measure import area, mean
from stemlab.evaluate.quality import WEAK, markdown
from stemlab.evaluate.store import code_identity
from stemlab.metrics.cross_beats import cross_beats
from stemlab.metrics.sync import onsets_together
from stemlab.songs.compose import EVAL_SEEDS, Song, compose
from stemlab.songs.render import mit_soundfonts, render

FAMILIES = ["bass", "drums", "guitar", "keys"]
FIRST = EVAL_SEEDS + 300_000_000  # of the songs of this table
TRIES = 1000  # seeds of one index
LATE_MS = (50, 250)
COLUMNS = {
    "cbs": ("CBS, 70 ms", ".3f"), "cbs_wide": ("CBS, 150 ms", ".3f"), "cbd": ("CBD", ".3f"), "together": ("onsets together", ".2f"),
}  # fmt: skip
BETTER = {"cbs": 1, "cbs_wide": 1, "cbd": -1, "together": 1}  # -1: the lower the better


def beats_table(bench: Bench) -> dict:
    """Measure and print; returns what `Bench.write` keeps."""
    setting = [bench.seconds, code_identity("beats", "anchors")]
    found = bench.store.fill(
        "beats", range(bench.groups), partial(anchor_row, seconds=bench.seconds), setting, spread=True
    )
    rows = {kind: [row[kind] for row in found] for kind in found[0] if kind not in ("tag", "index")}
    if bench.lab is not None:
        rows["generated"] = bench.generated("beats, generated", range(bench.groups), partial(_generated, bench))
        alone = {"coupling": "noise", "rho": 0.0}
        rows["independent noise"] = bench.generated(
            "beats, independent noise", range(bench.groups), partial(_generated, bench), **alone
        )
    table = {kind: {name: mean(row[name] for row in some) for name in COLUMNS} for kind, some in rows.items()}
    separation = {
        f"{COLUMNS[name][0]}, real against {kind}": area(
            *([None if row[name] is None else sign * row[name] for row in rows[k]] for k in ("real", kind))
        )
        for name, sign in BETTER.items()
        for kind in rows
        if kind.startswith(("late", "own"))
    }
    print(f"\n{bench.groups} groups of bass, drums, guitar and piano, {bench.seconds:g} s")
    print(markdown(table, COLUMNS))
    print("\nHow often each puts real above an anchor (0.5 is none):")
    for name, value in separation.items():
        print(f"  {name}: {value:.2f}{'' if value >= WEAK else '  not to be relied on for this'}")
    print(
        "\nSyncTrack (arXiv:2603.01101) gives CBS / CBD of .592 / .079 for Slakh2100 and .487 / .120 for its model: by another beat tracker on "
        "other songs, so only orders within one table compare."
    )
    return {"table": table, "separation": separation}


def four_stems(index: int) -> Song:
    """A song of bass, drums, guitar and piano."""
    for seed in range(FIRST + TRIES * index, FIRST + TRIES * (index + 1)):
        song = compose(seed, bars=16, families=FAMILIES)
        if any(part.family == "keys" and "piano" in part.sound for part in song.parts):
            return song
    raise ValueError(f"index: no song with a piano among {TRIES} seeds of {index}")


def anchor_row(index: int, seconds: float) -> dict[str, dict]:
    """Figures of all anchors of one index, by kind."""
    song, fonts = four_stems(index), mit_soundfonts()
    stems = render(song, fonts[song.seed % len(fonts)] if fonts else None, seconds=seconds)
    which = int(np.random.default_rng([23, index]).integers(len(stems)))
    groups = {"real": stems, "shuffled": np.stack([strange_stem(song, k, seconds) for k in range(len(stems))])}
    for ms in LATE_MS:
        groups[f"late, {ms} ms"] = moved = stems.copy()
        moved[which] = np.pad(stems[which], (ms * 32, 0))[: stems.shape[1]]
    groups["own tempos"] = np.stack([strange_stem(song, k, seconds, same_tempo=False) for k in range(len(stems))])
    return {kind: figures(group) for kind, group in groups.items()}


def figures(stems: np.ndarray) -> dict[str, float | None]:
    """What the table tells of one group `(S, N)`; None for what cannot be judged."""
    together = mean(onsets_together(list(stems)))
    return {**cross_beats(list(stems)), "together": None if np.isnan(together) else together}


def _generated(bench: Bench, index: int, options: dict) -> dict:
    return figures(bench.make(four_stems(index), index, seconds=bench.seconds, **options)[0])
