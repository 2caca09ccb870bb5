"""The table of activity: groups with random patterns of bars, measured by frames at -60 dB as the paper does.

Rows: generated, told bars; generated, told frames: for each stem the frames in which that of the held-out song sounds, as in the
paper, which asks for what was once played; and beside them
- real, own bars: held-out songs against the bars that their parts play, as composed: music pauses within a bar too;
- real, gated: held-out songs silenced in the resting bars of the random patterns: what a perfect switch on real playing gives;
- noise, gated: the same with steady noise: the most that frames of 64 ms and bar lines between them allow;
- real, random bars: held-out songs, which know nothing of the patterns;
- all on: every frame sounds.
Whether the measure of clicks hears one: stems of real songs cut off at a peak of the wave, and at the same place within 20 ms.
"""

from functools import partial

import numpy as np

from stemlab.codec.audio import FRAME, SAMPLE_RATE, activity, rms_db
from stemlab.evaluate.anchors import held_out
from stemlab.evaluate.bench import Bench
from stemlab.evaluate.measure import area, mean
from stemlab.evaluate.quality import markdown, told
from stemlab.evaluate.store import code_identity
from stemlab.metrics.activity import CLICK, asked_frames, edge_step, edges
from stemlab.songs.compose import EVAL_SEEDS, Song, compose
from stemlab.songs.names import unique_names

BARS = 4
KINDS = ("real, own bars", "real, gated", "noise, gated", "real, random bars")
COLUMNS = {
    "f1": ("F1", ".2%"), "precision": ("precision", ".2%"), "recall": ("recall", ".2%"), "f1_all_on": ("F1 of all on", ".2%"),
    "rests_silent": ("resting bars silent", ".1%"), "rests_db": ("level of resting bars, dB", ".0f"),
    "attacks": ("attacks: steepest step", ".1f"), "releases": ("releases: steepest step", ".1f"), "clicks": ("clicks at edges", ".1%"),
}  # fmt: skip


def activity_table(bench: Bench) -> dict:
    """Measure and print; returns what `Bench.write` keeps."""
    code = code_identity("activity")
    found = bench.store.fill("activity of real songs", range(bench.groups), real_rows, code, spread=True)
    rows = {kind: [row[kind] for row in found] for kind in KINDS}
    if bench.lab is not None:
        setting = [code, bench.weights, str(bench.lab.device), bench.options, bench.with_key]
        make = partial(generated_row, bench=bench)
        told_bars = bench.store.fill("activity, bars", range(bench.groups), make, setting)
        told_frames = bench.store.fill("activity, frames", range(bench.groups), partial(make, by_frames=True), setting)
        rows = {"generated, told bars": told_bars, "generated, told frames": told_frames, **rows}
    table = {name: activity_line(some) for name, some in rows.items()}
    cut, faded = ([row["cuts"][kind] for row in found] for kind in ("cut", "faded"))
    separation = {
        "clicks, cut at a peak against faded in 20 ms": area(cut, faded),
        "F1, real stems with their own bars against random ones": area(
            *([activity_line([row])["f1"] for row in rows[kind]] for kind in ("real, own bars", "real, random bars"))
        ),
    }
    print(
        f"\nPatterns of {BARS} bars, each bar on or off by the toss of a coin; frames of {FRAME / SAMPLE_RATE:.3f} s."
    )
    print(markdown(table, COLUMNS))
    print(told(separation))
    return {"table": table, "separation": separation}


def random_patterns(stems: int, index: int) -> list[str]:
    """A pattern for each stem of a group; all rests is one that may come."""
    rng = np.random.default_rng([23, index])
    return ["".join(rng.choice(list("x."), BARS)) for _ in range(stems)]


def generated_row(index: int, bench: Bench, by_frames: bool = False) -> dict:
    """Counts of one generated group, told random bars, or the frames of the held-out song's stems."""
    song = compose(EVAL_SEEDS + index, bars=16)
    names = unique_names(part.family for part in song.parts)
    patterns = random_patterns(len(names), index)
    frames = [activity(stem) for stem in held_out(index, _seconds(song))[1]] if by_frames else []
    asked = [np.asarray(marks, int) for marks in frames] if by_frames else patterns
    options = {**bench.options, "bars": BARS, "activity": dict(zip(names, asked, strict=True))}
    stems, _ = bench.make(song, index, **options)
    return frame_counts(stems, frames) if by_frames else counts(stems, patterns, song.bpm)


def real_rows(index: int) -> dict:
    """Counts of one real group: against its own bars, gated by random ones, against random ones; and a cut stem."""
    song, stems = held_out(index, _seconds(compose(EVAL_SEEDS + index, bars=16)))
    patterns = random_patterns(len(stems), index)
    noise = 0.1 * np.random.default_rng([31, index]).standard_normal(stems.shape).astype(np.float32)
    gated, steady = (_gated(some, patterns, song.bpm) for some in (stems, noise))
    return {
        "real, own bars": counts(stems, [part.active[:BARS] for part in song.parts], song.bpm),
        "real, gated": counts(gated, patterns, song.bpm),
        "noise, gated": counts(steady, patterns, song.bpm),
        "real, random bars": counts(stems, patterns, song.bpm),
        "cuts": _cuts(stems, index),
    }


def frame_counts(stems: np.ndarray, asked: list[np.ndarray]) -> dict:
    """Frames of a group by what was asked, `(T,)` bool a stem, and what was played."""
    row: dict = {"both": 0, "asked": 0, "played": 0, "frames": 0, "rests": [], "attack": [], "release": []}
    for stem, wanted in zip(stems, asked, strict=True):
        played = activity(stem)
        for name, what in (("both", wanted & played), ("asked", wanted), ("played", played)):
            row[name] += int(what.sum())
        row["frames"] += len(played)
    return row


def counts(stems: np.ndarray, patterns: list[str], bpm: float) -> dict:
    """As `frame_counts`, for patterns of bars, with how quiet it rests and how its edges step.

    Args:
        stems: `(S, N)` at 32 kHz.
        patterns: one a stem, a character a bar.
        bpm: beats a minute.
    """
    row = frame_counts(stems, [asked_frames(p, bpm, -(-stems.shape[1] // FRAME)) for p in patterns])
    for stem, pattern in zip(stems, patterns, strict=True):
        inside = [slice(bar.start + FRAME, bar.stop - FRAME) for bar in _resting(pattern, bpm, len(stem))]
        row["rests"] += [round(float(_loudest(stem[bar])), 1) for bar in inside if bar.stop > bar.start]
        for at, kind in edges(pattern, bpm):
            row[kind].append(edge_step(stem, at))
    return row


def activity_line(rows: list[dict]) -> dict[str, float]:
    """One line of the table: frames of all groups counted together."""
    both, asked, played, frames = (sum(row[name] for row in rows) for name in ("both", "asked", "played", "frames"))
    rests = [level for row in rows for level in row["rests"]]
    steps = {kind: [v for row in rows for v in row[kind] if v is not None] for kind in ("attack", "release")}
    every = steps["attack"] + steps["release"]
    return {
        "f1": _share(2 * both, asked + played), "precision": _share(both, played), "recall": _share(both, asked),
        "f1_all_on": _share(2 * asked, asked + frames),
        "rests_silent": mean(level <= -60 for level in rests),
        "rests_db": float(np.median(rests)) if rests else float("nan"),
        "attacks": float(np.median(steps["attack"])) if steps["attack"] else float("nan"),
        "releases": float(np.median(steps["release"])) if steps["release"] else float("nan"),
        "clicks": mean(value > CLICK for value in every),
    }  # fmt: skip


def _seconds(song: Song) -> float:
    """Length of the bars that are made."""
    return BARS * 240 / song.bpm


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def _gated(stems: np.ndarray, patterns: list[str], bpm: float) -> np.ndarray:
    """The stems cut off in all resting bars, to the sample."""
    result = stems.copy()
    for row, pattern in zip(result, patterns, strict=True):
        for bar in _resting(pattern, bpm, len(row)):
            row[bar] = 0
    return result


def _resting(pattern: str, bpm: float, samples: int) -> list[slice]:
    """Samples of the bars that rest."""
    bar = 240 / bpm * SAMPLE_RATE
    return [slice(round(i * bar), min(samples, round((i + 1) * bar))) for i, m in enumerate(pattern) if m == "."]


def _loudest(audio: np.ndarray) -> float:
    """Level of the loudest frame, in dB."""
    return max(rms_db(audio[start : start + FRAME]) for start in range(0, len(audio), FRAME))


def _cuts(stems: np.ndarray, index: int) -> dict[str, float | None]:
    """Edge step of a stem that is cut off where its wave is at a peak, and of the same faded out there within 20 ms."""
    rng = np.random.default_rng([29, index])
    sounding = [stem for stem in stems if np.abs(stem).max() > 1e-3]
    if not sounding:
        return {"cut": None, "faded": None}
    stem = sounding[rng.integers(len(sounding))]
    loud = np.flatnonzero(activity(stem, 640, -40.0)[1:-2])
    if not len(loud):
        return {"cut": None, "faded": None}
    start = (1 + int(rng.choice(loud))) * 640
    at = start + int(np.abs(stem[start : start + 640]).argmax())
    cut, faded = stem.copy(), stem.copy()
    cut[at:] = 0
    fade = np.linspace(1, 0, 640, dtype=np.float32)
    faded[at:] = np.pad(stem[at : at + 640] * fade[: len(stem) - at], (0, max(0, len(stem) - at - 640)))
    return {"cut": edge_step(cut, at / SAMPLE_RATE), "faded": edge_step(faded, at / SAMPLE_RATE)}
