"""Pitched patterns: 16 sixteenths a bar, one or two bars, `-` holds and `.` rests.

Bass tokens: R root, 3 5 6 7 chord degrees, 8 octave, g a dead note. Chord tokens: C chord, c soft chord, T top
note, B root below, digits a note of the voicing from below. Melody tokens: x a note.
"""

from __future__ import annotations

BASS: dict[str, list[str]] = {
    "slap": ["R--.g.8.R.g.5.8.", "R.8.g.R-..8.7.8.", "R-..8.gR..5.7.8.", "R-R.8.g.R-..7.8."],
    "syncopated": ["R--R..R-..5-7.8.", "R-.R--..R.7-8-5.", "R--...R-5-.R7-..", "R-.R..R-R-.R5-7."],
    "eighths": ["R-R-R-R-R-R-R-R-", "R-R-R-R-R-R-5-5-", "R.R.R.R.R.R.R.R."],
    "root notes": ["R---R---R---R---", "R-----R-R-----R-", "R-----R-R---R---"],
    "sustained": ["R---------------", "R-------R-------", "R-----------5---"],
    "two-feel": ["R-------5-------", "R------.5-----R-"],
    "octaves": ["R-8-R-8-R-8-R-8-", "R.8.R.8.R.8.R.8.", "R..8..8.R..8..8."],
    "offbeat": ["..R-..R-..R-..R-", "R.R-..R-..R-..R-", "..RR..RR..RR..RR"],
    "dub": ["R-..R-5-....8-5-", "R---..3-5-..R-..", "R-..R-..3-5-R-..", "R-R-....5-5-3-.."],
    "bossa": ["R-----5-5-----R-", "R-----5-R-----5-"],
    "long notes": ["R-----------....", "R-----..R-....R-", "R-------..R-----"],
    "boogie": ["R-3-5-6-7-6-5-3-", "R-R-5-5-6-6-5-5-", "R-R-3-3-5-5-6-5-"],
    "melodic": ["R-----3-5---8-5-", "R---5-3-R---7-5-", "R-----5-8---7-5-"],
    "walking": [],
}

CHORDS: dict[str, list[str]] = {
    "comping": ["C--...C-..C-....", "..C-..C-...C-.C-", "C-.C..C-...C-...", "C---..C-..c-C-.."],
    "stabs": ["C..C..C...C..C..", "C.C..C..C.C..C..", "C..C..C.C..C..C."],
    "sustained": ["C---------------", "C-------C-------"],
    "block chords": ["C---C---C---C---", "C---C---C---C-c-", "C-----C-C-----C-"],
    "arpeggios": ["0-1-2-3-2-1-2-1-", "0-2-1-3-2-3-1-2-", "0121312101213121", "0-1-2-1-3-1-2-1-"],
    "broken chords": ["B-1-2-1-B-1-2-1-", "B---2-1-C---2-1-", "B-1-2-3-2-1-2-1-"],
    "offbeat": ["..C...C...C...C."],
    "bubble": ["..c.C.c...c.C.c.", "..cc..cc..cc..cc"],
    "swing comping": ["C-----C-........", "..C---....C-....", "C---..C-..C-....", "......C-......C-"],
    "bossa comping": ["C--C--C---C--C--", "C-..C---..C-..C-", "..C-..C---C--C--"],
    "shuffle chords": ["C---..C-C---..C-", "..C-..C-..C-..C-", "C-C-....C-C-...."],
    "riff": ["B.B..2.B.1B.2.1.", "BB.2..1.B.B2..3.", "B..2.1B..2B.1.2."],
    "strummed": ["C---C-c-..c-C-c-", "C---C---C-c-C-c-", "C-c-C-c-C-c-C-c-", "C---C-c-C---C-c-"],
    "fingerpicked": ["B-1-2-1-3-1-2-1-", "B-2-1-2-3-2-1-2-", "B-1-3-2-B-1-3-2-"],
    "funk scratches": ["c.Cc..C.c.Cc.cC.", "..C..cC...C.c.C.", "ccCcccCcccCcccCc", "C.c..cC.c..C.cC."],
    "power chords": ["C-C-C-C-C-C-C-C-", "C---------------", "C-----C-C-----C-", "C-.CC-C-C-.CC-C-"],
    "muted line": ["B.B.B.B.B.B.B.B.", "B.BB2.B.B.BB2.1.", "B..B..B.B..B..2."],
    "skank": ["....C.......C...", "..C...C...C...C."],
    "jazz chords": ["C--.C--.C--.C--.", "C-----C-........", "C--.C--.C-C-C--."],
    "staccato": ["C.C.C.C.C.C.C.C.", "C..C..C.C..C..C.", "C.C.CCC.C.C.CCC."],
    "string hits": ["C-----C-T-T-T-T-", "C---..T-T-T-C-..", "C--C--T---T-T-T-"],
    "pulsing": ["C--.C--.C--.C--.", "..C-..C-..C-..C-", "C-..C-..C-..C-.."],
    "plucked pattern": ["0.2.1.2.0.2.1.2.", "0.1.2.3.2.1.0.1.", "0..2..1.0..2..1."],
    "brass stabs": ["..C..C......C...", "C..C........C.C.", "C--.......C.C...", "......C.C..C...."],
    "long chords": ["C-----------....", "C-----C---------", "C-------C-----.."],
    "synth arpeggio": ["0123012301230123", "0.1.2.3.2.1.0.1.", "0212321202123212", "0-2-1-3-0-2-1-3-"],
}

MELODIES: dict[str, list[str]] = {
    "melody": [
        "x---x-x-x-----..",
        "..x-x-x-x---x---",
        "x-----x-x---x-..",
        "x-x-x---..x-x---",
        "x---x---x-x-x---",
    ],
    "hook": ["x..x..x...x-x-..", "x-x.x..x..x-x...", "x.x...x.x...x-..", "x--x--x-x--.x-x-"],
    "solo": ["x-x-xxx-x-x-x---", "xxx-x-x-xxx-x-..", "x-xxx-xxx---x-x-", "..x-x-x-x-x-xxx-"],
    "sparse": ["x-----------....", "x-------x-------", "....x-------x---", "x---------x-----"],
    "licks": ["x-x-x---......x-", "..x-x-x-x---....", "x---..x-x-x-x---", "....x-x-x-x-x---"],
    "slow line": ["x---------------", "x-------x-------", "x-----------x---"],
}
FAST_LINES = {"solo"}
