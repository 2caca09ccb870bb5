"""What people call instruments: from a file's name or a stem's text to the family that it belongs to.

English puts the thing last: a bass drum is a drum, a drum machine a machine for drums, a synth bass a bass. So the last
name of an instrument in a label decides, longer names before shorter ones; what is left out ("no drums", "minus bass",
"drumless") is no instrument that plays.
"""

from __future__ import annotations

import re
from functools import lru_cache

from stemlab.songs.sounds import FAMILIES

MIXES = {"mix", "mixture", "mixdown", "master", "mastered", "premaster", "2mix", "mixed"}
VOCALS = (
    "vocals", "vocal", "vox", "voice", "voices", "singer", "singing", "sung", "bv", "bvs", "bgv", "bgvs", "rap",
    "rapper", "acapella", "acappella", "a cappella", "speech", "lead voice", "harmonies",
)  # fmt: skip
_MORE = {  # beside the words of FAMILIES; Source of the drums: how multitracks of studios are labelled
    "vocals": VOCALS,
    "drums": (
        "drum", "drum kit", "drum set", "drumset", "drum machine", "drum loop", "kit", "kick", "kick drum", "bass drum",
        "bassdrum", "bd", "snare", "snare drum", "sd", "hi hat", "hihat", "hi hats", "hihats", "hat", "hats", "hh", "tom", "toms",
        "floor tom", "cymbal", "cymbals", "ride", "crash", "overhead", "overheads", "oh", "breakbeat", "break beat", "beats",
        "808 kit", "909", "rimshot", "claps", "clap", "sidestick",
    ),
    "percussion": (
        "perc", "conga", "bongo", "shakers", "tambourines", "cowbells", "clave", "cajon", "djembe", "tabla", "castanets",
        "guiro", "cabasa", "triangles", "timpani", "hand drum", "hand drums", "conga drum", "bongo drum",
    ),
    "bass": (
        "bass guitar", "bass gtr", "bass synth", "bass amp", "bass di", "bass line", "bassline", "upright", "contrabass",
        "double bass", "string bass", "808 bass", "sub", "moog bass",
    ),
    "keys": (
        "keyboard", "keyboards", "key", "piano", "pianos", "organ", "organs", "hammond", "b3", "rhodes", "wurlitzer", "wurli",
        "clav", "epiano", "e piano", "upright piano", "celesta", "cembalo", "xylophone", "melodica", "mellotron",
    ),
    "guitar": (
        "guitars", "gtr", "gtrs", "guit", "acoustic guitar", "electric guitar", "rhythm guitar", "lead guitar", "banjo",
        "mandolin", "ukulele", "bouzouki", "oud", "lute", "slide guitar", "baritone guitar", "sitar", "dulcimer",
        "acoustic gtr", "electric gtr", "e guitar", "bass vi",
    ),
    "strings": (
        "string", "violins", "viola", "violas", "cellos", "celli", "orchestra", "string quartet", "pads", "synth pads",
        "fiddles", "harps", "choirs", "ensemble", "string synth",
    ),
    "lead": ("leads", "synth", "synths", "synthesizer", "arp", "arpeggio", "theremin", "lead synth", "pluck"),
    "winds": (
        "wind", "woodwind", "woodwinds", "horns", "trumpets", "trombones", "tuba", "saxophone", "saxophones", "saxes",
        "clarinets", "flutes", "oboe", "bassoon", "bass clarinet", "bass trombone", "bass sax", "bass flute", "baritone sax",
        "recorder", "piccolo", "cornet", "flugelhorn", "english horn", "bagpipe", "bagpipes", "didgeridoo",
    ),
}  # fmt: skip
_WEAK = {"lead", "sub", "key", "ride", "string", "ensemble", "pluck", "kit", "upright", "beats", "oh", "hat", "sung"}
_LEFT_OUT = r"(?:no|non|not|minus|without|w o|sans|ohne|all but|all except|everything but|everything except)"
QUALIFIERS = {"the", "any", "all", "of", "a", "an", "lead", "backing", "main", "live", "electric", "acoustic", "rhythm"}
_GLUED = re.compile(r"^(?:no|non|minus)(?=[a-z]{3})")


@lru_cache
def _names() -> dict[str, str]:
    """Every name of an instrument, with its family."""
    known = {family: family for family in FAMILIES}
    known |= {word: family for family, sounds in FAMILIES.items() for sound in sounds for word in sound.words}
    return known | {word: family for family, words in _MORE.items() for word in words}


def label(name: str) -> str:
    """A name as words in small letters, without a number at its start, or behind an instrument.

    >>> label("01_SlapBass"), label("Guitar2"), label("Take 2"), label("808 Drums")
    ('slap bass', 'guitar', 'take 2', '808 drums')
    """
    name = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name)
    words = re.sub(r"[\W_]+", " ", name).lower().strip()
    words = re.sub(r"^\d{1,2} (?=\D)", "", words)
    plain = re.sub(r"(?<=\D) ?\d{1,2}$", "", words)
    return plain if instruments(plain) else words  # "guitar 2" is a guitar; "take 2" says nothing without its number


def instruments(text: str) -> list[tuple[str, str]]:
    """Names of instruments in a label, in order, each with its family; longer ones before the shorter ones inside them.

    >>> instruments("bass drum and lead vox")
    [('bass drum', 'drums'), ('vox', 'vocals')]
    """
    words, found, at = text.split(), [], 0
    while at < len(words):
        for count in range(min(4, len(words) - at), 0, -1):
            name = " ".join(words[at : at + count])
            if name in _names():
                found.append((name, _names()[name]))
                break
        at += count
    strong = [pair for pair in found if pair[0] not in _WEAK]
    return strong or found


def family_of(text: str) -> str | None:
    """The family of a label: one of FAMILIES or "vocals"; None when it names no instrument.

    >>> family_of("bass drum"), family_of("lead vox"), family_of("song piano"), family_of("theme tune")
    ('drums', 'vocals', 'keys', None)
    """
    found = instruments(text)
    return found[-1][1] if found else None


def left_out(text: str) -> str | None:
    """What a label says is left out, such as "drums" of "no drums"; None when it says no such thing.

    >>> left_out("minus bass"), left_out("drumless"), left_out("no drums and bass"), left_out("nylon guitar")
    ('bass', 'drums', 'drums and bass', None)
    """
    if match := re.search(rf"(?:^|\b){_LEFT_OUT} (.+)$", text):
        told = match[1]
    elif match := re.search(r"\b(\w{3,})(?:less| removed)\b", text):
        told = match[1] if match[1] in _names() else match[1] + "s"
    elif _GLUED.match(text) and text not in _names():
        told = _GLUED.sub("", text)
    elif set(text.split()) & {"instrumental", "accompaniment", "karaoke", "playback"} and not instruments(text):
        return "vocals"
    else:
        return None
    words = told.split()
    while len(words) > 1 and words[0] in QUALIFIERS:
        words = words[1:]
    if not any(" ".join(words[:count]) in _names() for count in range(1, 5)):  # "No Regrets" is a title
        return None
    return " and ".join(dict.fromkeys(family for _, family in instruments(" ".join(words))))


def is_mix(text: str) -> bool:
    """Whether a label is that of a whole song: its mix or master, and not that of one instrument's.

    >>> is_mix("full mix"), is_mix("song mix"), is_mix("drum mix"), is_mix("song master final")
    (True, True, False, True)
    """
    words = [w for w in text.split() if not re.fullmatch(r"\d+|v\d*|final|stereo|full|l|r|wip|demo|down|bounce|ref", w)]
    if not words:
        return text in ("full", "stereo")
    if words[-1] not in MIXES:
        return False
    before = " ".join(words[:-1])
    name = next((n for n, _ in reversed(instruments(before))), None)
    return name is None or not before.endswith(name)
