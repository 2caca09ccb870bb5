"""The table of music: does it move as songs do, or is it one flat loop with notes that drone?

Groups of four bars for the captions and the tempo of held-out songs, with no activity told. Rows:
- real, and real through the codec: held-out songs;
- flattened: the same songs with every note moved to the nearest eighth;
- held over: with every note held four beats longer, or until its pitch comes again;
- generated.
Of each family: onsets on odd sixteenths; how alike the bars of a stem are; the longest run of one pitch and pitches begun a bar; and
of all stems those that are silent; each with its standard error over groups. Then eight takes of one stem: generated from eight seeds of one prompt, beside eight songs of that
genre, tempo and families, as many parts in the caption's own style, and a song beside itself through the codec: what the reader of onsets
alone makes differ. Last, words for manner: see `manners`.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import combinations

import numpy as np

from stemlab.codec.audio import SAMPLE_RATE, resample
from stemlab.evaluate.anchors import OTHERS
from stemlab.evaluate.bench import Bench
from stemlab.evaluate.manners import manners, part_in_style
from stemlab.evaluate.measure import UNPITCHED, area, mean
from stemlab.evaluate.quality import markdown, told
from stemlab.evaluate.store import code_identity
from stemlab.metrics import drones, patterns
from stemlab.songs.compose import EVAL_SEEDS, Note, Song, compose
from stemlab.songs.render import mit_soundfonts, render

BARS = 4
SEEDS = 8  # takes of one prompt
TAKEN = 10_000  # from here on indices of parts in a style; those below are of manners
FAMILIES = ("drums", "keys", "guitar", "strings")
CHORDAL = ("keys", "guitar")  # whose notes may drone across changes
COLUMNS = {
    **{f"odd {f}": (f"odd sixteenths, {f}", ".3f") for f in FAMILIES}, "alike": ("bars alike", ".3f"),
    **{f"run {f}": (f"longest run of a pitch, {f}", ".3f") for f in CHORDAL},
    **{f"begun {f}": (f"pitches begun a bar, {f}", ".1f") for f in CHORDAL}, "silent": ("silent stems", ".1%"),
}  # fmt: skip
TAKES = {"drums": ("drums", ".3f"), "pitched": ("pitched stems", ".3f")}
WORDS = {
    side: (side, ".2f") for side in ("real", "generated", "real more", "real less", "generated more", "generated less")
}


def music_table(bench: Bench) -> dict:
    """Measure and print; returns what `Bench.write` keeps."""
    code = code_identity("music")
    found = bench.store.fill("music of real songs", range(bench.groups), real_rows, code, spread=True)
    rows = {kind: [row[kind] for row in found] for kind in ("real", "flattened", "held over")}
    made = [] if bench.lab is None else [code, bench.weights, str(bench.lab.device)]
    if bench.lab is not None:
        if bench.lab.grid.sides == 1:
            through = partial(codec_row, bench=bench)
            rows["real, through the codec"] = bench.store.fill("music, codec", range(bench.groups), through, made)
        make = partial(generated_row, bench=bench)
        rows["generated"] = bench.store.fill("music", range(bench.groups), make, [*made, bench.options])
    table = {name: line(some) for name, some in rows.items()}
    table |= {f"± of {name}": standard_error(rows[name]) for name in ("real", "generated") if name in rows}
    takes, apart = diversity(bench, code, made, rows)
    words, heard = manners(bench)
    separation = {**separations(rows), **apart, **heard}
    print(f"\n{bench.groups} groups of {BARS} bars, no activity told")
    print(markdown(table, COLUMNS))
    print(f"\nJaccard distance of the onsets of {SEEDS} takes of one stem, of {prompts(bench)} prompts")
    print(markdown(takes, TAKES))
    print("\nWords for manner: chance that what the first asks for more of is more of it; then the means of both")
    print(markdown(words, WORDS))
    print(told(separation))
    return {"table": table, "takes": takes, "words": words, "separation": separation}


def of_song(index: int, change: Callable = list, **choices) -> tuple[Song, np.ndarray]:
    """A held-out song, and its stems `(S, N)` over four bars, the notes of each part changed."""
    song = compose(EVAL_SEEDS + index, bars=16, **choices)
    return song, played(replace(song, parts=[replace(part, notes=change(part.notes)) for part in song.parts]))


def played(song: Song) -> np.ndarray:
    """The first four bars, `(S, N)`, with the soundfont that the song's seed picks."""
    fonts = mit_soundfonts()
    return render(song, fonts[song.seed % len(fonts)] if fonts else None, seconds=BARS * 240 / song.bpm)


def flat(notes: list[Note]) -> list[Note]:
    """Each note moved to the nearest eighth."""
    return [replace(note, start=round(note.start * 2) / 2) for note in notes]


def held(notes: list[Note]) -> list[Note]:
    """Each note held a bar longer, or until its pitch comes again."""
    following: dict[int, float] = {}
    result = []
    for note in reversed(notes):
        until = min(note.start + note.duration + 4, following.get(note.pitch, np.inf))
        result.append(replace(note, duration=max(until - note.start, 0.06)))
        following[note.pitch] = note.start
    return result[::-1]


def real_rows(index: int) -> dict:
    """Measures of a held-out song as it is, flattened, and with notes held over."""
    changes: dict[str, Callable] = {"real": list, "flattened": flat, "held over": held}
    return {name: measures(*of_song(index, change)) for name, change in changes.items()}


def codec_row(index: int, bench: Bench) -> dict:
    """Measures of a held-out song that went through the codec."""
    song, stems = of_song(index)
    codec = bench.lab.codec  # type: ignore[union-attr]
    rate = bench.lab.grid.sample_rate  # type: ignore[union-attr]
    audio = codec.decode(codec.encode(resample(stems, SAMPLE_RATE, rate))).numpy()
    return measures(song, resample(audio, rate, SAMPLE_RATE)[:, : stems.shape[1]])


def generated_row(index: int, bench: Bench, seed: int | None = None) -> dict:
    """Measures of the group that is made for a held-out song's captions."""
    song = compose(EVAL_SEEDS + index, bars=16)
    return measures(song, bench.make(song, index if seed is None else seed, **{**bench.options, "bars": BARS})[0])


def measures(song: Song, stems: np.ndarray) -> dict:
    """Of one group, JSON-able, a value a stem; None where there is nothing to measure."""
    row: dict = {"families": [part.family for part in song.parts], "patterns": [], "run": [], "begun": []}
    for part, stem in zip(song.parts, stems, strict=True):
        row["patterns"].append(patterns.written(patterns.onset_pattern(stem, song.bpm, BARS)))
        runs = drones.pitch_runs(stem) if part.family in CHORDAL else None
        row["run"].append(None if runs is None else drones.longest_run(runs))
        row["begun"].append(None if runs is None else len(runs) / BARS)
    return {**row, "silent": [bool(np.abs(stem).max() <= 1e-3) for stem in stems]}


def line(rows: list[dict]) -> dict[str, float]:
    """One line of the table; onsets of all stems of a family are counted together."""
    result = {}
    for family in FAMILIES:
        every = np.vstack([patterns.read(text) for text in of(rows, "patterns", family)] or [np.zeros((1, 16), bool)])
        result[f"odd {family}"] = float(every[:, 1::2].sum() / every.sum()) if every.any() else float("nan")
    for family in CHORDAL:
        result |= {f"{what} {family}": mean(of(rows, what, family)) for what in ("run", "begun")}
    result["alike"] = mean(patterns.bars_alike(patterns.read(text)) for row in rows for text in row["patterns"])
    return {**result, "silent": mean(value for row in rows for value in row["silent"])}


def standard_error(rows: list[dict]) -> dict[str, float]:
    """How sure a line is: each group left out in turn. Source: the jackknife of Tukey 1958."""
    without = [line(rows[:i] + rows[i + 1 :]) for i in range(len(rows))]
    return {name: float(np.nanstd([some[name] for some in without])) * (len(rows) - 1) ** 0.5 for name in without[0]}


def of(rows: list[dict], what: str, *families: str) -> list:
    """A value of all stems of some families."""
    return [v for row in rows for f, v in zip(row["families"], row[what], strict=True) if f in families]


def separations(rows: dict[str, list[dict]]) -> dict[str, float]:
    """How well each measure tells its anchors apart, stem by stem."""
    result = {}
    for family in FAMILIES:
        shares = [
            [patterns.odd_sixteenths(patterns.read(text)) for text in of(rows[kind], "patterns", family)]
            for kind in ("real", "flattened")
        ]
        result[f"odd sixteenths, {family}, real against flattened"] = area(*shares)
    for what, name in (("run", "longest run"), ("begun", "pitches begun")):
        sides = [of(rows[kind], what, *CHORDAL) for kind in ("held over", "real")]
        result[f"{name}, keys and guitar, held over against real"] = area(*(sides if what == "run" else sides[::-1]))
    return result


def prompts(bench: Bench) -> int:
    """Of how many prompts eight takes are made."""
    return max(1, bench.groups // 12)


def diversity(bench: Bench, code: str, made: list, rows: dict) -> tuple[dict, dict[str, float]]:
    """Lines of distances between takes of one stem, and how they tell eight songs from one song and its codec."""
    jobs = range(prompts(bench) * SEEDS)
    real = bench.store.fill("takes of real songs", jobs, other_songs, code, spread=True)
    kinds = {
        "real, eight songs": [row["songs"] for row in real],
        "real, eight of one style": [row["style"] for row in real],
    }
    if bench.lab is not None:
        make = partial(take, bench=bench)
        kinds["generated, eight seeds"] = bench.store.fill("takes", jobs, make, [*made, bench.options])
    found = {name: distances([some[i : i + SEEDS] for i in range(0, len(some), SEEDS)]) for name, some in kinds.items()}
    if "real, through the codec" in rows:
        pairs = list(zip(rows["real"], rows["real, through the codec"], strict=True))
        found["one song, and through the codec"] = distances([list(pair) for pair in pairs])
    table = {
        name: {
            "drums": mean(v for f, v in some if f == "drums"),
            "pitched": mean(v for f, v in some if f not in UNPITCHED),
        }
        for name, some in found.items()
    }
    values = {name: [value for _, value in some] for name, some in found.items()}
    low = values.get("one song, and through the codec", [])
    return table, {"distance of takes, eight songs against one": area(values["real, eight songs"], low)} if low else {}


def distances(groups: list[list[dict]]) -> list[tuple[str, float | None]]:
    """Family and mean distance of each stem over all pairs of takes of each group."""
    result = []
    for takes in groups:
        for place, family in enumerate(takes[0]["families"]):
            some = [patterns.read(take["patterns"][place]) for take in takes]
            apart = mean(patterns.pattern_distance(a, b) for a, b in combinations(some, 2))
            result.append((family, None if np.isnan(apart) else apart))
    return result


def take(job: int, bench: Bench) -> dict:
    """One of the eight seeds of a prompt."""
    return generated_row(job // SEEDS, bench, seed=job % SEEDS)


def other_songs(job: int) -> dict:
    """For one take of a prompt another song of its genre, tempo and families; and each part of another in the style of this one's."""
    index, number = divmod(job, SEEDS)
    song = compose(EVAL_SEEDS + index, bars=16)
    same: dict = {"genre": song.genre, "bpm": song.bpm, "families": [part.family for part in song.parts]}
    other, stems = of_song(OTHERS + 1000 * index + number, **same)
    parts = [part_in_style(part.family, part.style, TAKEN + job, song.bpm) for part in song.parts]
    like = [measures(part, played(part)) for part in parts]
    return {
        "songs": measures(other, stems),
        "style": {k: [row[k][0] for row in like] for k in ("families", "patterns")},
    }
