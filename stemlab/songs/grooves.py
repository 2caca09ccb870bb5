"""Drum and percussion grooves: one string of 16 sixteenths a bar for each voice (X accent, x normal, o ghost)."""

from __future__ import annotations

VOICES = {
    "kick": 36, "snare": 38, "rim": 37, "clap": 39, "hat": 42, "pedal": 44, "open": 46, "ride": 51, "bell": 53,
    "crash": 49, "tom1": 50, "tom2": 47, "tom3": 43, "slap": 40, "tap": 38, "swish": 39,
}  # fmt: skip

Groove = dict[str, tuple[str, ...]]


def _grooves(table: str) -> list[Groove]:
    """Read grooves apart by blank lines; each line is `voice pattern [pattern of the second bar]`."""
    return [
        {cells[0]: tuple(cells[1:]) for cells in (line.split() for line in block.strip().splitlines())}
        for block in table.strip().split("\n\n")
    ]


DRUMS: dict[str, list[Groove]] = {
    "funk": _grooves("""
kick  X.x.......x..x.. X.x....x..x.....
snare ....X..o.o..X..o ....X..o.o..X..o
hat   XxxxXxxxXxxxXxxx

kick  X..x..x....x..x. X..x..x...x.....
snare ....X....o..X... ....X.o....oX..o
hat   x.x.x.x.x.x.x.x.
open  ..............x. ................

kick  X......x..x..x.. X.x....x..x.....
snare ....X.o.....X.o. ....X..o....X..o
hat   XxoxXxoxXxoxXxox"""),
    "rock": _grooves("""
kick  X.......X.x..... X.....x.X.......
snare ....X.......X...
hat   X.x.X.x.X.x.X.x.

kick  X.....x.x.x..... X.....x.X.....x.
snare ....X.......X...
hat   x.x.x.x.x.x.x.x.

kick  X.x.....X.x..... X.x.....X.....x.
snare ....X.......X...
open  X...X...X...X..."""),
    "pop": _grooves("""
kick  X.....x.X....... X.....x.X.x.....
snare ....X.......X...
hat   x.x.x.x.x.x.x.x.

kick  X.....x...x..... X..x......x.....
snare ....X.......X...
clap  ....x.......x...
hat   x.x.x.xxx.x.x.xx

kick  X.......X..x....
snare ....X.......X...
hat   xxxxxxxxxxxxxxxx"""),
    "swing": _grooves("""
ride  X...X.x.X...X.x.
pedal ....x.......x...
kick  o.......o....... o.............o.
snare ..............o. ......o.........

ride  X...X.x.X...X.x.
pedal ....x.......x...
kick  o...o...o...o...
rim   ............o..."""),
    "brushes": _grooves("""
swish x.......x.......
tap   o...X.o.o...X.o.
pedal ....x.......x...
kick  o.......o.......

swish x...x...x...x...
tap   ....x.o.....x.o.
kick  o.........o.....
ride  x...x.x.x...x.x."""),
    "boom bap": _grooves("""
kick  X.....x...x..... X..x......x..x..
snare ....X.......X...
hat   x.x.x.x.x.x.x.x.

kick  X......x..x..... X.x....x..x.....
snare ....X.......X..o
hat   x.xxx.x.x.xxx.x.

kick  X..x....x.x..... X..x....x.....x.
snare ....X.......X...
hat   x...x...x...x...
open  ..............x. ................"""),
    "trap": _grooves("""
kick  X......x..x..... X.....x...x..x..
clap  ........X.......
hat   x.x.x.x.x.xxx.x. x.x.xxx.x.x.x.xx

kick  X.....x......x.. X..x......x.....
snare ........X.......
hat   xxxxxxxxxxxxxxxx xxxxxxxxxxxxxxxx"""),
    "four-on-the-floor": _grooves("""
kick  X...X...X...X...
clap  ....X.......X...
open  ..X...X...X...X.

kick  X...X...X...X...
snare ....x.......x...
hat   x.X.x.X.x.X.x.X.

kick  X...X...X...X...
clap  ....X.......X..o
hat   xxXxxxXxxxXxxxXx"""),
    "disco": _grooves("""
kick  X...X...X...X...
snare ....X.......X...
hat   x...x...x...x...
open  ..X...X...X...X.

kick  X...X...X...X...
snare ....X.......X...
hat   xx.xxx.xxx.xxx.x
open  ..x...x...x...x."""),
    "one drop": _grooves("""
kick  ........X.......
rim   ........X.......
hat   x.X.x.X.x.X.x.X.

kick  ........X.......
snare ........X....... ........X.....o.
hat   ..X...X...X...X.

kick  X...X...X...X...
rim   ........X.......
hat   x.X.x.X.x.X.x.X."""),
    "bossa": _grooves("""
kick  X.....x.X.....x.
rim   x..x..x...x..x.. ..x...x...x..x..
hat   x.x.x.x.x.x.x.x.

kick  X.....x.X.....x.
rim   x..x..x...x..x..
ride  x.x.x.x.x.x.x.x."""),
    "ballad": _grooves("""
kick  X.......x.......
rim   ....x.......x...
hat   x.x.x.x.x.x.x.x.

kick  X.........x.....
snare ....x.......x...
ride  x...x...x...x...

kick  X.....x.........
snare ........x.......
hat   x...x...x...x..."""),
    "cinematic": _grooves("""
kick  X.......x.......
tom3  X..x..x.X..x..x.

kick  X...............
tom3  x...x...x...x.x. x...x...x.x.x.x.
tom2  ......x.......x.

kick  X.....x...X.....
snare ........X......."""),
    "shuffle": _grooves("""
kick  X.......X.......
snare ....X.......X...
hat   X.x.X.x.X.x.X.x.

kick  X.....x.X.....x.
snare ....X.......X...
ride  X.x.X.x.X.x.X.x."""),
}

FILLS: list[Groove] = _grooves("""
snare ........x.x.xxXX

tom1  ........x.x.....
tom3  ............x.X.

snare ........xx......
tom1  ..........xx....
tom2  ............xx..
tom3  ..............XX

snare ............xxXX

snare ........X.......
tom2  ..........X.X...
tom3  ..............X.""")

PERCUSSION: dict[str, list[dict[int, tuple[str, ...]]]] = {
    "congas": [
        {62: ("x.o.X.o.x.o.....",), 63: ("............x.x.",), 64: ("........x.......", "......xx........")},
        {63: ("X..x..X...x.x...",), 64: ("..x.....x.....xx",)},
    ],
    "bongos": [
        {60: ("X.o.x.o.X.o.x.o.",), 61: ("......x.......x.",)},
        {60: ("X.xxX.x.X.xxX.x.",), 61: (".......x.......x",)},
    ],
    "shaker": [
        {70: ("XoxoXoxoXoxoXoxo",)},
        {82: ("x.X.x.X.x.X.x.X.",)},
        {69: ("x.xxx.xxx.xxx.xx",)},
    ],
    "tambourine": [{54: ("....X.......X...",)}, {54: ("x.x.X.x.x.x.X.x.",)}, {54: ("xoxoXoxoxoxoXoxo",)}],
    "cowbell": [{56: ("X...X...X...X...",)}, {56: ("X.x.X.xx.xX.x.x.",)}, {56: ("X..x..x.X..x..x.",)}],
    "claves": [{75: ("X..X..X...X.X...",)}, {75: ("..X.X...X..X..X.",)}, {75: ("X..X...X..X.X...",)}],
    "woodblocks": [{76: ("X..x..x...x.x...",)}, {76: ("X...x...X...x...",), 77: ("..x...x...x...xx",)}],
    "timbales": [{65: ("x.xxx.xxx.xxx.xx",), 66: ("............X...",)}, {65: ("X..x..X...X.X...",)}],
    "triangle": [{81: ("X...X...X...X...",), 80: ("..x...x...x...x.",)}, {80: ("x.xxx.xxx.xxx.xx",)}],
    "congas and shaker": [
        {
            63: ("............x.x.",),
            62: ("x...X...x.......",),
            64: ("........x.......",),
            70: ("XoxoXoxoXoxoXoxo",),
        },
        {63: ("X..x..X...x.x...",), 64: ("..x.....x.....xx",), 70: ("x.X.x.X.x.X.x.X.",)},
    ],
}
