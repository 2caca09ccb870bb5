"""What a person would type for a stem or for a song, in many wordings. Neither tells tempo, key or chords."""

from __future__ import annotations

import re
from functools import lru_cache
from random import Random

from stemlab.songs.compose import GENRES, Part, Song
from stemlab.songs.effects import told
from stemlab.songs.sounds import FAMILIES, SOUNDS

# style -> (words before the sound, words after it)
STYLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "funk": (("tight funk", "funky", "tight syncopated"), ("tight funk kit", "funk groove", "syncopated groove with ghost notes")),
    "rock": (("driving rock", "straight rock", "solid rock"), ("rock kit", "rock beat", "driving backbeat")),
    "pop": (("simple pop", "clean pop", "steady pop"), ("pop kit", "pop beat", "steady backbeat")),
    "swing": (("swinging", "swing"), ("swing ride pattern", "swinging jazz kit", "jazz ride cymbal")),
    "brushes": (("gentle", "soft"), ("brushes", "soft brushes", "brush groove")),
    "boom bap": (("boom bap", "dusty", "laid-back"), ("boom bap beat", "hip hop beat", "head-nodding beat")),
    "trap": (("trap", "half-time"), ("trap beat", "trap hi-hats", "half-time trap beat")),
    "four-on-the-floor": (("four-on-the-floor", "club"), ("four-on-the-floor kit", "four-on-the-floor kick", "house beat")),
    "disco": (("disco",), ("disco beat", "disco kit with open hi-hats", "dancing disco groove")),
    "one drop": (("one drop", "reggae"), ("one drop beat", "reggae kit", "reggae groove")),
    "bossa": (("bossa", "bossa nova"), ("bossa nova pattern", "bossa groove", "light latin groove")),
    "ballad": (("soft ballad", "slow"), ("soft ballad beat", "slow gentle groove", "quiet rimshot groove")),
    "cinematic": (("epic", "cinematic"), ("cinematic toms", "epic tom pattern", "big low drums")),
    "shuffle": (("shuffling", "shuffle"), ("shuffle beat", "blues shuffle", "swinging shuffle")),
    "groove": (("steady", "light", "rhythmic"), ("steady groove", "rhythmic pattern")),
    "slap": (("funky", "popping"), ("slap bass", "slap and pop line", "slapped funk line")),
    "syncopated": (("syncopated", "funky", "groovy"), ("syncopated line", "funky line", "syncopated groove")),
    "eighths": (("driving", "steady"), ("driving eighth notes", "steady eighths", "pumping line")),
    "root notes": (("simple", "solid"), ("root notes", "simple solid line", "plain root notes")),
    "sustained": (("sustained", "held", "soft"), ("sustained", "long held notes", "slow sustained notes")),
    "two-feel": (("relaxed",), ("two-feel", "half notes in two", "relaxed two-beat line")),
    "octaves": (("octave", "bouncing"), ("octave line", "bouncing octaves", "jumping octaves")),
    "offbeat": (("offbeat",), ("offbeat pattern", "offbeats", "playing on the offbeat")),
    "dub": (("dub", "reggae", "heavy"), ("dub line", "deep reggae line", "heavy reggae line")),
    "bossa comping": (("bossa", "bossa nova"), ("bossa nova comping", "bossa rhythm", "gentle bossa chords")),
    "long notes": (("deep", "long"), ("long low notes", "deep long notes")),
    "boogie": (("boogie", "walking blues"), ("boogie line", "shuffle blues line", "boogie pattern")),
    "melodic": (("melodic", "singing"), ("melodic line", "lyrical line")),
    "walking": (("walking", "swinging"), ("walking bass", "walking line", "walking quarter notes")),
    "comping": (("comping", "funky", "syncopated"), ("syncopated comping", "comping chords", "rhythmic chords")),
    "stabs": (("punchy",), ("chord stabs", "house stabs", "short rhythmic stabs")),
    "block chords": (("steady",), ("block chords", "steady chords", "quarter note chords")),
    "arpeggios": (("arpeggiated", "flowing"), ("arpeggios", "flowing arpeggios", "broken arpeggio pattern")),
    "broken chords": (("flowing", "gentle"), ("broken chords", "gentle broken chords", "rolling chords")),
    "bubble": (("bubbling", "reggae"), ("reggae bubble", "bubbling offbeats", "organ shuffle")),
    "swing comping": (("swinging", "comping", "jazzy"), ("swing comping", "jazz comping", "sparse jazz chords")),
    "shuffle chords": (("shuffling", "bluesy"), ("shuffle chords", "blues comping", "bluesy chords")),
    "riff": (("funky", "riffing"), ("funky riff", "repeating riff", "syncopated riff")),
    "strummed": (("strummed", "strumming"), ("strummed chords", "steady strumming", "open strumming")),
    "fingerpicked": (("fingerpicked", "picked"), ("fingerpicking", "picked pattern", "picked broken chords")),
    "funk scratches": (("funky", "scratchy", "rhythmic"), ("funk scratches", "sixteenth note chanks", "choppy funk rhythm")),
    "power chords": (("heavy", "driving"), ("power chords", "chugging power chords", "rock riffs")),
    "muted line": (("muted", "chugging"), ("muted single notes", "palm-muted line", "muted riff")),
    "skank": (("skanking", "reggae"), ("offbeat skank", "reggae skank", "choppy offbeat chords")),
    "jazz chords": (("comping", "swinging"), ("four to the bar chords", "jazz chords", "swing rhythm chords")),
    "staccato": (("staccato", "short", "driving"), ("staccato", "staccato chords", "short bowed notes")),
    "string hits": (("disco", "lively"), ("disco riffs", "string hits", "lively disco line")),
    "pulsing": (("pulsing", "pumping"), ("pulsing chords", "rhythmic pulse", "pumping chords")),
    "plucked pattern": (("plucked",), ("plucked pattern", "light plucked notes")),
    "brass stabs": (("punchy", "funky"), ("stabs", "short stabs", "punchy stabs")),
    "long chords": (("sustained", "broad"), ("long chords", "sustained chords", "broad chords")),
    "synth arpeggio": (("arpeggiated",), ("fast arpeggio", "sequenced arpeggio", "running arpeggio")),
    "melody": (("melodic", "singing", "lyrical"), ("melody", "melodic line", "singing melody")),
    "hook": (("catchy", "riffing"), ("catchy hook", "short riff", "syncopated hook")),
    "solo": (("soloing", "fast", "busy"), ("solo", "improvised solo", "fast busy line")),
    "sparse": (("sparse", "slow"), ("long notes", "sparse slow melody", "few long notes")),
    "licks": (("bluesy", "lead"), ("licks", "single note licks", "bluesy licks")),
    "slow line": (("slow", "deep"), ("slow line", "long bowed notes", "slow melody")),
}  # fmt: skip

MOODS: dict[str, tuple[str, ...]] = {
    "funk": ("tight", "groovy", "dirty", "upbeat"),
    "rock": ("driving", "energetic", "loud", "classic"),
    "pop": ("catchy", "bright", "radio", "uplifting"),
    "jazz": ("swinging", "smoky", "cool", "small-band"),
    "hip hop": ("laid-back", "dusty", "late night", "chilled"),
    "house": ("deep", "club", "dancing", "uplifting"),
    "reggae": ("relaxed", "sunny", "roots", "laid-back"),
    "bossa nova": ("gentle", "relaxed", "warm", "beach"),
    "ballad": ("slow", "tender", "romantic", "sad"),
    "cinematic": ("epic", "dark", "dramatic", "wide"),
    "disco": ("dancing", "glittering", "seventies", "happy"),
    "blues": ("slow-burning", "gritty", "shuffling", "bar-room"),
}
NOUNS = ("groove", "song", "track", "band", "loop", "tune")


def stem_caption(part: Part, rng: Random) -> str:
    """A wording for one stem.

    Args:
        part: the stem.
        rng: `random.Random` that picks the wording.
    Returns:
        "<family>: <free words>", such as "bass: slap bass" or "keys: warm electric piano, comping chords".
    """
    words = SOUNDS[part.sound][1].words
    sound = words[0] if rng.random() < 0.5 else rng.choice(words)
    before, after = STYLES[part.style]
    form = rng.random()
    if part.density >= 13 and rng.random() < 0.1:
        sound = f"busy {sound}"
    if form < 0.35:
        text = sound
    elif form < 0.6:
        word = rng.choice(before)
        text = sound if word.split()[0] in sound else f"{word} {sound}"
    elif form < 0.75:
        text = f"{sound}, {rng.choice(after)}"
    elif form < 0.85:
        text = f"{rng.choice(after)} on {sound}" if part.family != "drums" else rng.choice(after)
    elif form < 0.95:
        text = f"{sound} {rng.choice(('playing', 'with'))} {rng.choice(after)}"
    else:
        text = rng.choice(after)
    if part.effects and (heard := told(part.effects)) and rng.random() < 0.7:
        text = f"{text}, {rng.choice(heard)}"
    return f"{part.family}: {text}"


def group_prompt(song: Song, rng: Random) -> str:
    """A wording for a whole song.

    Args:
        song: the song.
        rng: `random.Random` that picks the wording.
    Returns:
        mostly the genre, such as "funk"; sometimes "a tight funk groove"; sometimes "".
    """
    form = rng.random()
    mood, noun = rng.choice(MOODS[song.genre]), rng.choice(NOUNS)
    if form < 0.12:
        return ""
    if form < 0.55:
        return song.genre
    if form < 0.7:
        return f"{mood} {song.genre}"
    if form < 0.8:
        return f"{song.genre} {noun}"
    if form < 0.92:
        return f"a {mood} {song.genre} {noun}"
    return f"{song.genre}, {mood}"


@lru_cache
def vocabulary() -> frozenset[str]:
    """All words that captions and prompts of composed songs without effects are made of, in small letters."""
    texts = [*FAMILIES, *GENRES, *NOUNS, "a", "on", "playing", "with", "busy"]
    texts += [word for _, sound in SOUNDS.values() for word in sound.words]
    texts += [text for before, after in STYLES.values() for text in (*before, *after)]
    texts += [mood for moods in MOODS.values() for mood in moods]
    return frozenset(word for text in texts for word in re.findall(r"[^\W_]+", text.lower()))
