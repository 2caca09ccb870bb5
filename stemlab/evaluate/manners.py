"""Do words for manner do what they say? Pairs of captions of one stem that differ in a word for how it plays, and in no other.

For each pair one measure that the word is about; the composer's own parts in the two manners, rendered, say whether that measure
hears them, and how clearly.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from random import Random

import numpy as np

from stemlab.evaluate.bench import Bench
from stemlab.evaluate.measure import area, mean
from stemlab.evaluate.store import code_identity
from stemlab.metrics import manner
from stemlab.metrics.patterns import onset_pattern
from stemlab.songs.compose import EVAL_SEEDS, Song, compose
from stemlab.songs.genres import GENRES
from stemlab.songs.render import mit_soundfonts, render

BARS = 2
SEEDS = 30_000_000  # offset of the seeds from which parts are composed
MEASURES: dict[str, Callable[[np.ndarray, float], float | None]] = {
    "onsets a bar": lambda audio, bpm: manner.onsets_a_bar(onset_pattern(audio, bpm, BARS)),
    "off the beat": lambda audio, bpm: manner.off_beats(onset_pattern(audio, bpm, BARS)),
    "sustained": lambda audio, bpm: manner.sustained_share(audio),
    "brightness": lambda audio, bpm: manner.brightness(audio),
}


@dataclass(frozen=True)
class Pair:
    """Two manners of one family.

    Args:
        measure: one of MEASURES.
        more, less: captions of the stem for which it is higher and lower; `{}` stands for the sound.
        styles: the composer's style for each.
        sounds: that are asked for, in turn.
    """

    measure: str
    more: str
    less: str
    styles: tuple[str, str]
    sounds: tuple[str, ...] = ("",)

    @property
    def family(self) -> str:
        """The stem's family."""
        return self.more.split(":")[0]

    @property
    def name(self) -> str:
        """What the two captions say of the manner."""
        told = (text.split(": ")[1].replace("{}", "").strip(", ") for text in (self.more, self.less))
        return f"{self.family}: {' / '.join(told)}"


PAIRS = (
    Pair("onsets a bar", "bass: {}, driving eighth notes", "bass: {}, long held notes", ("eighths", "sustained"),
         ("electric bass", "synth bass", "picked bass", "fretless bass")),
    Pair("onsets a bar", "winds: busy {}", "winds: sparse {}", ("solo", "sparse"), ("alto sax", "flute", "clarinet", "tenor sax")),
    Pair("onsets a bar", "keys: {}, flowing arpeggios", "keys: {}, long held notes", ("arpeggios", "sustained"),
         ("grand piano", "electric piano", "drawbar organ")),
    Pair("off the beat", "keys: {}, playing on the offbeat", "keys: {}, block chords", ("offbeat", "block chords"),
         ("grand piano", "drawbar organ", "accordion")),
    Pair("sustained", "strings: {}, sustained", "strings: {}, staccato", ("sustained", "staccato"), ("string ensemble", "strings")),
    Pair("sustained", "strings: sustained strings", "strings: pizzicato strings", ("sustained", "plucked pattern")),
    Pair("sustained", "winds: {}, long chords", "winds: {}, short stabs", ("long chords", "brass stabs"), ("brass section", "horn section")),
    Pair("sustained", "guitar: {}, strummed chords", "guitar: {}, palm-muted line", ("strummed", "muted line"),
         ("acoustic guitar", "clean electric guitar")),
    Pair("brightness", "drums: rock kit", "drums: soft brushes", ("rock", "brushes")),
)  # fmt: skip


def manners(bench: Bench) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """A line for each pair of captions, and the separation of the real parts.

    In each line the area under the ROC curve, for the composer's parts and for generated stems: the chance that the measure is higher
    for the caption that asks for more of it; and the means on both sides. `bench.groups // 4` stems of two bars a side, alone.
    """
    table: dict[str, dict[str, float]] = {}
    for pair in PAIRS:
        line = table[pair.name] = {}
        for kind in ("real", "generated") if bench.lab is not None else ("real",):
            more, less = (_values(bench, pair, side, kind) for side in (0, 1))
            line |= {kind: area(more, less), f"{kind} more": mean(more), f"{kind} less": mean(less)}
    return table, {f"{pair.name} ({pair.measure})": table[pair.name]["real"] for pair in PAIRS}


def _values(bench: Bench, pair: Pair, side: int, kind: str) -> list[float | None]:
    setting: list = [code_identity("manners"), (pair.more, pair.less)[side], pair.styles[side]]
    make = partial(real_row if kind == "real" else generated_row, pair=pair, side=side)
    if kind == "generated":
        setting += [bench.weights, str(bench.lab.device), bench.options]  # type: ignore[union-attr]
        make = partial(make, bench=bench)
    rows = bench.store.fill(f"{kind}, {pair.styles[side]}", range(max(2, bench.groups // 4)), make, setting)
    return [row["value"] for row in rows]


def real_row(index: int, pair: Pair, side: int) -> dict:
    """The measure of one part that the composer wrote in that manner."""
    song = part_in_style(pair.family, pair.styles[side], index)
    fonts = mit_soundfonts()
    audio = render(song, fonts[index % len(fonts)] if fonts else None, seconds=BARS * 240 / song.bpm)[0]
    return {"value": MEASURES[pair.measure](audio, song.bpm)}


def generated_row(index: int, pair: Pair, side: int, bench: Bench) -> dict:
    """The measure of one stem that was asked for in that manner, alone; both sides have the same sound, tempo and seed."""
    caption = (pair.more, pair.less)[side].format(pair.sounds[index % len(pair.sounds)])
    bpm = 80 + 7 * index % 60
    audio = bench.stems([caption], bpm=bpm, seed=index, **{**bench.options, "bars": BARS})[0]
    return {"value": MEASURES[pair.measure](audio, bpm)}


def part_in_style(family: str, style: str, index: int, bpm: int | None = None) -> Song:
    """A song of four bars and one part that plays in a style from its start on; another for each index."""
    rng = Random(f"{family} {style} {index}")
    fitting = [name for name, genre in GENRES.items() if any(told == style for _, told in genre.parts[family])]
    seeds = (
        compose(seed, genre=rng.choice(fitting or list(GENRES)), bpm=bpm, bars=4, families=[family])
        for seed in count(EVAL_SEEDS + SEEDS + 1000 * index)
    )
    return next(s for s in seeds if s.parts[0].style == style and s.parts[0].active.startswith("x" * BARS))
