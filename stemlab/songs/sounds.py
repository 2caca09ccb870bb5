"""The sounds of the eight stem families: General MIDI programs, registers and the words that people use for them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sound:
    """One instrument.

    Args:
        name: its name, unique over all families.
        program: General MIDI program, 0 to 127; for drums and percussion the kit on the drum channel.
        low, high: lowest and highest MIDI pitch that a part may use.
        styles: the playing styles that suit it in any genre.
        words: wordings for captions.
        mono: True if it plays one note at a time.
    """

    name: str
    program: int
    low: int
    high: int
    styles: tuple[str, ...]
    words: tuple[str, ...]
    mono: bool = False


def _sounds(table: str) -> tuple[Sound, ...]:
    """Read one sound a line: name | program | low-high | styles | other words (`!` marks one note at a time)."""
    sounds = []
    for line in table.strip().splitlines():
        name, program, register, styles, words = (cell.strip() for cell in line.split("|"))
        low, high = register.rstrip("!").split("-")
        every = (name, *(w.strip() for w in words.split(",") if w.strip()))
        style_names = tuple(s.strip() for s in styles.split(","))
        sounds.append(Sound(name, int(program), int(low), int(high), style_names, every, register.endswith("!")))
    return tuple(sounds)


FAMILIES: dict[str, tuple[Sound, ...]] = {
    "drums": _sounds("""
        standard kit     |  0 | 35-81 | rock, pop, funk, ballad            | acoustic drum kit, acoustic kit, live drums
        room kit         |  8 | 35-81 | pop, rock, disco, shuffle          | roomy drum kit, live room drums
        power kit        | 16 | 35-81 | rock, pop                          | big rock drums, hard-hitting kit, powerful drums
        electronic kit   | 24 | 35-81 | four-on-the-floor, pop, disco      | electronic drums, synth drums
        808 kit          | 25 | 35-81 | trap, boom bap, four-on-the-floor  | 808 drum machine, drum machine, 808 beat
        jazz kit         | 32 | 35-81 | swing, bossa, boom bap             | small jazz kit, light kit
        brush kit        | 40 | 35-81 | brushes                            | brushes, brushed drums, brushes on snare, soft brushes
        """),
    "percussion": _sounds("""
        congas           |  0 | 35-81 | groove | conga drums, conga groove
        bongos           |  0 | 35-81 | groove | bongo drums, bongo pattern
        shaker           |  0 | 35-81 | groove | steady shaker, shakers, maracas
        tambourine       |  0 | 35-81 | groove | tambourine groove, jingling tambourine
        cowbell          |  0 | 35-81 | groove | cowbell pattern, ringing cowbell
        claves           |  0 | 35-81 | groove | clave pattern, wooden claves
        woodblocks       |  0 | 35-81 | groove | wood blocks, wooden percussion
        timbales         |  0 | 35-81 | groove | timbale pattern, latin timbales
        triangle         |  0 | 35-81 | groove | light triangle, ringing triangle
        congas and shaker|  0 | 35-81 | groove | latin percussion, hand percussion, shaker and congas
        """),
    "bass": _sounds("""
        acoustic bass      | 32 | 28-52! | walking, two-feel, sustained       | upright bass, double bass
        electric bass      | 33 | 28-52! | eighths, syncopated, root notes    | fingered bass, finger bass, bass guitar
        picked bass        | 34 | 28-52! | eighths, root notes                | picked electric bass, bass with a pick
        fretless bass      | 35 | 28-52! | melodic, sustained                 | smooth fretless bass
        slap bass          | 36 | 28-52! | slap, octaves                      | slapped bass, slap and pop bass
        synth bass         | 38 | 28-52! | octaves, eighths, offbeat          | analog synth bass, electronic bass
        sub bass           | 39 | 28-52! | long notes, sustained              | deep sub bass, deep synth bass
        """),
    "keys": _sounds("""
        grand piano        |  0 | 48-79 | block chords, broken chords, sustained   | piano, acoustic piano
        bright piano       |  1 | 48-79 | stabs, block chords                      | bright acoustic piano
        electric piano     |  4 | 48-79 | comping, sustained, block chords         | rhodes, warm electric piano
        fm electric piano  |  5 | 48-79 | sustained, comping, broken chords        | digital electric piano, glassy electric piano
        clavinet           |  7 | 48-76 | riff, comping                            | clav, funky clavinet
        harpsichord        |  6 | 48-79 | arpeggios, block chords                  | baroque harpsichord
        music box          | 10 | 60-88 | arpeggios                                | toy music box
        vibraphone         | 11 | 55-84 | swing comping, arpeggios                 | vibes, mellow vibraphone
        marimba            | 12 | 50-79 | arpeggios, riff                          | wooden marimba
        drawbar organ      | 16 | 48-76 | sustained, shuffle chords, offbeat       | organ, hammond organ
        percussive organ   | 17 | 48-76 | comping, bubble                          | jazz organ
        rock organ         | 18 | 48-76 | sustained, block chords                  | dirty organ, overdriven organ
        accordion          | 21 | 52-79 | block chords, offbeat                    | squeezebox
        """),
    "guitar": _sounds("""
        nylon guitar            | 24 | 45-76 | fingerpicked, bossa comping            | classical guitar, spanish guitar, nylon string guitar
        acoustic guitar         | 25 | 45-76 | strummed, fingerpicked                 | steel string guitar, folk guitar
        jazz guitar             | 26 | 48-76 | jazz chords, licks                     | hollow body guitar, mellow jazz guitar
        clean electric guitar   | 27 | 48-77 | funk scratches, fingerpicked, sustained| clean guitar, undistorted electric guitar
        muted guitar            | 28 | 45-72 | muted line                             | palm-muted guitar, muted electric guitar
        overdriven guitar       | 29 | 40-69 | power chords, licks                    | crunchy guitar, crunch guitar
        distorted guitar        | 30 | 40-69 | power chords                           | heavy guitar, distortion guitar
        """),
    "strings": _sounds("""
        string ensemble    | 48 | 52-84 | sustained, staccato, string hits   | strings, orchestral strings, string section
        slow strings       | 49 | 50-82 | sustained                          | soft strings, slow string ensemble
        synth strings      | 50 | 52-82 | sustained, pulsing                 | synthetic strings, string machine
        tremolo strings    | 44 | 52-82 | sustained                          | trembling strings, tense tremolo strings
        pizzicato strings  | 45 | 52-82 | plucked pattern, staccato          | pizzicato, plucked strings
        cello              | 42 | 40-65!| slow line                          | solo cello, warm cello
        harp               | 46 | 50-84 | arpeggios                          | orchestral harp, plucked harp
        choir              | 52 | 52-79 | sustained                          | choir aahs, vocal choir
        new age pad        | 88 | 52-79 | sustained                          | airy pad, fantasia pad
        warm pad           | 89 | 50-79 | sustained, pulsing                 | pad, synth pad, soft pad
        polysynth pad      | 90 | 50-79 | sustained, pulsing                 | bright pad, wide synth pad
        """),
    "lead": _sounds("""
        square lead        | 80 | 64-88! | hook, synth arpeggio, melody  | square wave lead, chiptune lead
        saw lead           | 81 | 62-86! | hook, melody, synth arpeggio  | sawtooth lead, synth lead
        calliope lead      | 82 | 64-88! | melody, sparse                | soft synth lead, whistling synth lead
        voice lead         | 85 | 62-84! | melody, sparse                | vocal synth lead
        synth voice        | 54 | 62-81! | melody, sparse                | synth vocal, vocal melody
        violin             | 40 | 60-88! | melody, sparse                | solo violin, fiddle
        harmonica          | 22 | 62-86! | melody, solo                  | blues harp, mouth harp
        glockenspiel       |  9 | 74-96! | hook, synth arpeggio          | bells, bright bells
        ocarina            | 79 | 67-88! | melody, sparse                | whistled melody, soft whistle
        kalimba            |108 | 62-84! | hook, synth arpeggio          | thumb piano
        """),
    "winds": _sounds("""
        trumpet            | 56 | 58-82! | melody, hook           | solo trumpet, bright trumpet
        trombone           | 57 | 46-70! | sparse, hook           | solo trombone
        muted trumpet      | 59 | 58-82! | melody, sparse         | harmon mute trumpet
        french horn        | 60 | 46-72! | sparse                 | french horns, horn
        brass section      | 61 | 50-79  | brass stabs, long chords  | horn section, brass, funky horns
        synth brass        | 62 | 50-79  | brass stabs, long chords  | synthetic brass, eighties synth brass
        soprano sax        | 64 | 60-84! | melody, sparse         | soprano saxophone
        alto sax           | 65 | 54-79! | melody, solo           | alto saxophone, saxophone
        tenor sax          | 66 | 48-74! | melody, solo           | tenor saxophone, sax
        clarinet           | 71 | 52-82! | melody, sparse         | mellow clarinet
        flute              | 73 | 62-88! | melody, solo           | concert flute, airy flute
        pan flute          | 75 | 62-86! | sparse, melody         | pan pipes
        """),
}
SOUNDS: dict[str, tuple[str, Sound]] = {s.name: (f, s) for f, sounds in FAMILIES.items() for s in sounds}
# Struck and plucked sounds die away, in every soundfont: time constants in seconds.
DECAYS = {
    "electric piano": 1.5, "fm electric piano": 1.2, "clavinet": 0.5, "harpsichord": 0.6, "music box": 0.6,
    "vibraphone": 0.9, "marimba": 0.2, "nylon guitar": 0.8, "acoustic guitar": 0.9, "jazz guitar": 0.8,
    "clean electric guitar": 1.2, "muted guitar": 0.15, "harp": 0.7, "glockenspiel": 0.5, "kalimba": 0.35,
    "acoustic bass": 0.7, "electric bass": 1.5, "picked bass": 1.2, "fretless bass": 2.0, "slap bass": 0.8,
}  # fmt: skip
