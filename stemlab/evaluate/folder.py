"""`stemlab evaluate --folder DIR`: the same measures for stem groups that any system made, or that people played.

A sub-folder a group, a sound file a stem; `session.json` or `song.json` beside them may tell tempo and key, and the names of
the files tell the families. Where no tempo is told, what needs one is left out.
"""

from functools import partial
from pathlib import Path

import numpy as np

from stemlab.codec.audio import SAMPLE_RATE
from stemlab.data.readers.folders import FolderStem, StemFolder, read_folder
from stemlab.evaluate.beats import COLUMNS as BEATS
from stemlab.evaluate.bench import Bench
from stemlab.evaluate.measure import mean, measure, summary
from stemlab.evaluate.quality import COLUMNS, add_way, copies_told, markdown, separations, told
from stemlab.metrics.cross_beats import cross_beats
from stemlab.metrics.text import FAMILIES
from stemlab.songs.harmony import canonical_key

CROSS = ("cbs", "cbs_wide", "cbd")  # measured of folders; anchors of their own: stemlab evaluate --tables beats
ANCHORS = 24  # groups that separations are taken over, where the folder holds fewer
NO_PITCH = {"kick": "drums", "snare": "drums", "hat": "drums", "hihat": "drums", "hats": "drums", "cymbal": "drums",
            "cymbals": "drums", "tom": "drums", "toms": "drums", "drum": "drums", "beat": "drums", "perc": "percussion",
            "shaker": "percussion", "fx": "percussion", "noise": "percussion"}  # fmt: skip


def folder_table(bench: Bench, folder: Path, reference: Path | None = None) -> dict:
    """Measure and print; returns what `Bench.write` keeps.

    Rows: the groups; the same with each stem from another group of the folder; and rendered held-out songs, shuffled and not. Frechet
    distances are to `reference`, real groups of one's own, else to the rendered songs.

    Args:
        folder: of groups; `bench.groups` windows of `bench.seconds`, evenly spread over it, or as many as there are.
        reference: of real groups, at least as many, or None.
    Raises:
        ValueError: a folder is not there, or holds fewer than two groups.
    """
    judged = {"folder, shuffled": folder_rows(bench, folder, shuffled=True), "folder": folder_rows(bench, folder)}
    size = len(judged["folder"])  # Frechet distances of sets of other sizes cannot be compared
    bench.groups = max(size, min(bench.groups, ANCHORS))
    found = bench.anchors()
    rows = {f"rendered songs{kind}": found[f"real{kind}"][:size] for kind in ("", ", others")}
    rows["rendered songs, shuffled"] = found["shuffled"][:size]
    real, name = rows["rendered songs"], "rendered songs"
    if reference is not None:
        real, name = folder_rows(bench, reference)[:size], "reference"
        rows["reference"] = real
    rows |= judged
    table = {kind: summary(some, real, bench.judge) for kind, some in rows.items()}
    for kind, some in rows.items():
        table[kind] |= {key: mean(row.get(key) for row in some) for key in CROSS}
    copied = add_way(
        table, {kind: summary(found[kind], found["real"], bench.judge) for kind in ("real", "shuffled", "copies")}
    )
    kinds = ("real", "shuffled", "copies", "wrong tempo")
    separation = separations({kind: found[kind] for kind in kinds}, found["late"], found["notes"])
    print(f"\n{size} groups of {bench.seconds:g} s from {folder}; Frechet distances to: {name}")
    print(markdown(table, {**COLUMNS, **{key: BEATS[key] for key in CROSS}}))
    print(told(separation))
    print(copies_told(copied))
    return {"table": table, "separation": separation, "folder": str(folder), "reference": name}


def folder_rows(bench: Bench, path: Path, shuffled: bool = False) -> list[dict]:
    """Measures of windows of a folder's groups."""
    songs = read_folder(path)
    places = windows(songs, bench.groups, bench.seconds)
    if len({song for song, _ in places}) < 2:
        raise ValueError(f"DIR: {str(path)!r} holds one group; it takes two or more, a sub-folder each, to compare.")
    files = [s for song in songs.songs for stem in song.stems for s in stem.sources]
    identity = [str(path.resolve()), [(str(s.path), s.frames, s.path.stat().st_mtime_ns) for s in files]]
    make = partial(_window_row, songs=songs, places=places, seconds=bench.seconds, shuffled=shuffled)
    title = f"{path.name}{', shuffled' if shuffled else ''}"
    rows = bench.store.fill(title, range(len(places)), make, [identity, bench.groups, bench.seconds, shuffled])
    for problem in songs.problems if not shuffled else ():
        print(f"left out: {problem}")
    return rows


def windows(songs: StemFolder, most: int, seconds: float) -> list[tuple[int, float]]:
    """At most so many windows `(song, start in seconds)`, evenly spread over all; where the tempo is told they start at a bar."""
    every = songs.windows(seconds)
    chosen = [every[i] for i in np.linspace(0, len(every) - 1, min(most, len(every))).round().astype(int)]
    bars = [240 / songs.songs[i].bpm if songs.songs[i].bpm else None for i, _ in chosen]
    return [(i, round(start / bar) * bar if bar else start) for (i, start), bar in zip(chosen, bars, strict=True)]


def _window_row(index: int, songs: StemFolder, places: list, seconds: float, shuffled: bool) -> dict:
    song, start = places[index]
    facts = songs.songs[song]
    stems, audio = songs.read(song, start, seconds)
    families = [family_of(stem) for stem in stems]
    if shuffled:
        for k, family in enumerate(families):
            audio[k] = _strange(songs, places, index, k, family, seconds)
    measured = measure(audio, families, facts.bpm, canonical_key(facts.key) if facts.key else None)
    return {**measured, **cross_beats(list(audio))}


def _strange(songs: StemFolder, places: list, index: int, k: int, family: str | None, seconds: float) -> np.ndarray:
    """Stem k from the k-th next song that has one of its family: its own for k = 0; silence where no other song has one."""
    starts = dict(reversed(places))  # the first window of each song that is measured
    order = sorted(starts)
    here = order.index(places[index][0])
    for step in range(k, k + len(order)):
        song = order[(here + step) % len(order)]
        start = places[index][1] if song == order[here] else starts[song]
        stems, audio = songs.read(song, start, seconds)
        fitting = [i for i, stem in enumerate(stems) if family_of(stem) == family]
        if fitting and (song != order[here] or k % len(order) == 0):
            return audio[fitting[0]]
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def family_of(stem: FolderStem) -> str | None:
    """The family that a stem's wordings name, or None; what makes no pitch is found by more names.

    >>> [family_of(FolderStem(n, (c,), ())) for n, c in (("a", "bass: slap bass"), ("b", "kick in"), ("c", "vocals"))]
    ['bass', 'drums', None]
    """
    for caption in stem.captions:
        name = caption.split(":")[0].strip().lower()
        if name in FAMILIES:
            return name
        for word in name.split():
            if word in NO_PITCH:
                return NO_PITCH[word]
    return None
