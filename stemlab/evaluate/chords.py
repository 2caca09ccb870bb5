"""The table of chords: are those that were told heard? A reader of triads listens to the mix, bar by bar.

Each group has the words and the tempo of one held-out song, and the chords of another, so that nothing but the chords tells them.
Rows:
- real: held-out songs against their own chords: what the reader makes of real playing;
- conductor: the held chords alone, as the network hears them: what it makes of chords and nothing else;
- chords told; key told: the key alone of the song that the chords are from; nothing told.
"""

from functools import partial

import numpy as np

from stemlab.codec.audio import SAMPLE_RATE
from stemlab.evaluate.anchors import OTHERS, held_out
from stemlab.evaluate.bench import Bench
from stemlab.evaluate.measure import area, mean
from stemlab.evaluate.quality import markdown, told
from stemlab.evaluate.store import code_identity
from stemlab.lab.request import default_seconds
from stemlab.metrics.chords import chords_of
from stemlab.metrics.harmony import chroma
from stemlab.songs.chords import by_beats, read_chords
from stemlab.songs.compose import EVAL_SEEDS, Song, compose
from stemlab.songs.harmony import Chord
from stemlab.songs.held_chords import held_chords

COLUMNS = {"bars": ("bars with the chord that was told", ".1%"), "tones": ("energy in its tones", ".1%")}
MADE = ("chords told", "key told", "nothing told")


def chords_table(bench: Bench) -> dict:
    """Measure and print; returns what `Bench.write` keeps."""
    code = code_identity("chords")
    found = bench.store.fill("chords of real songs", range(bench.groups), real_rows, code, spread=True)
    rows = {kind: [row[kind] for row in found] for kind in ("real", "conductor")}
    for name in MADE if bench.lab is not None else ():
        setting = [code, bench.weights, str(bench.lab.device), bench.options]  # type: ignore[union-attr]
        make = partial(generated_row, bench=bench, name=name)
        rows[name] = bench.store.fill(f"chords, {name}", range(bench.groups), make, setting)
    table = {name: {c: mean(row[c] for row in some) for c in COLUMNS} for name, some in rows.items()}
    high, low = (rows.get(name, []) for name in ("chords told", "nothing told"))
    separation = {"bars, chords told against nothing told": area(*([row["bars"] for row in r] for r in (high, low)))}
    print(markdown(table, COLUMNS))
    print(told(separation))
    return {"table": table, "separation": separation}


def real_rows(index: int) -> dict:
    """A held-out song against its own chords, and the chords of another as held ones."""
    song, stems = held_out(index, 8.0)
    other, seconds, bars = asked(index)
    lead = held_chords(by_beats(read_chords(other.chords), bars), song.bpm, round(seconds * SAMPLE_RATE), SAMPLE_RATE)
    return {"real": heard(stems.sum(0), song.chords, song.bpm), "conductor": heard(lead, other.chords, song.bpm)}


def asked(index: int) -> tuple[Song, float, int]:
    """The song whose chords are told, and the length of the group in seconds and bars."""
    bars, seconds = default_seconds(float(compose(EVAL_SEEDS + index, bars=16).bpm), None, None)
    assert bars
    return compose(EVAL_SEEDS + OTHERS + index, bars=16), seconds, bars


def generated_row(index: int, bench: Bench, name: str) -> dict:
    """What is heard of the chords in one generated group."""
    song, (other, _, bars) = compose(EVAL_SEEDS + index, bars=16), asked(index)
    told_too: dict[str, dict] = {
        "chords told": {"chords": other.chords},
        "key told": {"key": other.key},
        "nothing told": {},
    }
    audio, _ = bench.make(song, index, bars=bars, **told_too[name], **bench.options)
    return heard(audio.sum(0), other.chords, song.bpm)


def heard(mix: np.ndarray, names: list[str], bpm: float) -> dict[str, float | None]:
    """Share of the bars in which the chord is read, and of the energy that is in its tones.

    Args:
        mix: `(N,)` at 32 kHz.
        names: a chord a bar; bars with two, or with one that is no major or minor triad, do not count.
        bpm: beats a minute.
    """
    read, classes = chords_of(mix, bpm), chroma(mix, bpm, 4)
    hits, shares = [], []
    for name, energy, bar in zip(read, classes, read_chords(names), strict=False):
        if len(bar) == 1 and (third := triad(bar[0])) is not None and energy.sum() > 0:
            hits.append(name is not None and (read_chords(name)[0][0].root, name.endswith("m")) == (bar[0].root, third))
            shares.append(float(energy[sorted(bar[0].classes)].sum() / energy.sum()))
    return {"bars": float(np.mean(hits)) if hits else None, "tones": float(np.mean(shares)) if hits else None}


def triad(chord: Chord) -> bool | None:
    """Is a chord's triad minor? None when it is neither major nor minor."""
    thirds = {3, 4} & set(chord.tones)
    return thirds == {3} if len(thirds) == 1 and 7 in chord.tones else None
