"""What is typical of a genre: tempo, mode, swing, chord progressions, and which sounds play how."""

from __future__ import annotations

from dataclasses import dataclass

from stemlab.songs.sounds import FAMILIES


@dataclass(frozen=True)
class Genre:
    """One genre.

    Args:
        bpm: lowest and highest tempo, beats per minute.
        minor: probability of a minor key.
        swing: unit of the swung pair in beats (0.5 or 0.25), lowest and highest share of its first half.
        level: mean velocity against 1 (loud).
        progressions: mode -> list of progressions; bars are apart by blanks, `/` changes in the middle of a bar.
        weights: family -> how often it plays.
        parts: family -> list of (sound, style).
    """

    bpm: tuple[int, int]
    minor: float
    swing: tuple[float, float, float]
    level: float
    progressions: dict[str, list[str]]
    weights: dict[str, float]
    parts: dict[str, list[tuple[str, str]]]


def _genre(bpm, minor, swing, level, major_songs, minor_songs, weights, parts) -> Genre:
    """Read a genre: progressions apart by `;`, weights in the order of FAMILIES, parts `sound/style; ...` a line."""
    split = [[p.strip() for p in songs.split(";")] for songs in (major_songs, minor_songs)]
    cells = [[tuple(c.strip().split("/")) for c in line.split(";")] for line in parts.strip().splitlines()]
    return Genre(
        bpm,
        minor,
        swing,
        level,
        dict(zip(("major", "minor"), split, strict=True)),
        dict(zip(FAMILIES, weights, strict=True)),
        dict(zip(FAMILIES, cells, strict=True)),
    )


# The eight lines of each genre are drums, percussion, bass, keys, guitar, strings, lead, winds.
GENRES: dict[str, Genre] = {
    "funk": _genre(
        (92, 118), 0.7, (0.25, 0.5, 0.56), 1.0,
        "I7 I7 IV7 IV7; I9 bVII9 IV9 I9; I7 IV7 I7 IV7",
        "i7 IV7 i7 IV7; i7 i7 iv7 V7; i9 bVII9 i9 bVII9; i7 bIII7 IV7 i7",
        (5, 2, 5, 4, 4, 1, 1.5, 3),
        """
        standard kit/funk; room kit/funk; standard kit/funk
        congas/groove; tambourine/groove; cowbell/groove; shaker/groove
        slap bass/slap; electric bass/syncopated; electric bass/octaves; slap bass/slap; synth bass/syncopated
        electric piano/comping; clavinet/riff; percussive organ/comping; fm electric piano/comping
        clean electric guitar/funk scratches; muted guitar/muted line; clean electric guitar/funk scratches
        string ensemble/string hits; synth strings/sustained; warm pad/sustained
        square lead/hook; saw lead/hook; calliope lead/melody
        brass section/brass stabs; tenor sax/hook; trumpet/hook; alto sax/solo; synth brass/brass stabs
        """),
    "rock": _genre(
        (104, 156), 0.5, (0.5, 0.5, 0.5), 1.05,
        "I V vi IV; I bVII IV I; I IV V IV; I I IV V",
        "i bVI bIII bVII; i bVII bVI bVII; i i bVI bVII; i bIII bVII iv",
        (5, 0.8, 5, 2, 5, 1, 1.5, 0.7),
        """
        power kit/rock; standard kit/rock; room kit/rock
        tambourine/groove; cowbell/groove; shaker/groove
        picked bass/eighths; electric bass/eighths; electric bass/root notes; picked bass/root notes
        rock organ/sustained; grand piano/block chords; drawbar organ/sustained; bright piano/block chords
        distorted guitar/power chords; overdriven guitar/power chords; overdriven guitar/licks; muted guitar/muted line; acoustic guitar/strummed
        string ensemble/sustained; synth strings/sustained; polysynth pad/sustained
        saw lead/hook; square lead/melody; harmonica/melody
        tenor sax/solo; brass section/long chords; trumpet/hook
        """),
    "pop": _genre(
        (92, 132), 0.35, (0.5, 0.5, 0.5), 0.95,
        "I V vi IV; vi IV I V; I vi IV V; IV V iii vi; I IV vi V",
        "i bVI bIII bVII; i iv bVI bVII; bVI bVII i i; i bIII bVII bVI",
        (4.5, 1.5, 4.5, 4, 3.5, 2.5, 3, 1),
        """
        standard kit/pop; electronic kit/pop; room kit/pop; electronic kit/four-on-the-floor
        shaker/groove; tambourine/groove; triangle/groove; congas/groove
        electric bass/eighths; synth bass/eighths; electric bass/root notes; synth bass/octaves; picked bass/root notes
        grand piano/block chords; fm electric piano/sustained; bright piano/block chords; electric piano/sustained; grand piano/broken chords
        acoustic guitar/strummed; clean electric guitar/fingerpicked; muted guitar/muted line; acoustic guitar/fingerpicked
        string ensemble/sustained; warm pad/sustained; polysynth pad/pulsing; pizzicato strings/plucked pattern; string ensemble/staccato
        square lead/hook; saw lead/hook; calliope lead/melody; synth voice/melody; glockenspiel/hook; kalimba/hook
        brass section/long chords; flute/melody; synth brass/brass stabs; alto sax/melody
        """),
    "jazz": _genre(
        (104, 160), 0.4, (0.5, 0.6, 0.66), 0.85,
        "Imaj7 vi7 ii7 V7; ii7 V7 Imaj7 vi7; Imaj7/vi7 ii7/V7 Imaj7/vi7 ii7/V7; iii7 vi7 ii7 V7",
        "i7 iv7 ii7b5 V7; ii7b5 V7 i7 i7; i7 ii7b5/V7 i7 ii7b5/V7",
        (4.5, 0.3, 5, 4.5, 2.5, 0.6, 0.8, 4),
        """
        jazz kit/swing; brush kit/brushes; jazz kit/swing; brush kit/brushes
        shaker/groove; congas/groove
        acoustic bass/walking; acoustic bass/walking; acoustic bass/two-feel; fretless bass/walking
        grand piano/swing comping; vibraphone/swing comping; electric piano/swing comping; percussive organ/swing comping
        jazz guitar/jazz chords; jazz guitar/licks; jazz guitar/jazz chords
        slow strings/sustained; string ensemble/sustained
        violin/melody; harmonica/melody
        tenor sax/solo; alto sax/melody; trumpet/melody; muted trumpet/melody; clarinet/solo; flute/melody; trombone/melody
        """),
    "hip hop": _genre(
        (76, 98), 0.75, (0.25, 0.52, 0.6), 0.95,
        "Imaj7 iii7 vi7 IVmaj7; ii7 iii7 ii7 vi7; Imaj7 Imaj7 ii7 ii7",
        "i7 i7 iv7 v7; i7 bVImaj7 i7 bVImaj7; i bVI bVII i; iv7 v7 i7 i7",
        (5.5, 1, 5, 4, 2, 2.5, 2, 1.5),
        """
        808 kit/boom bap; standard kit/boom bap; 808 kit/trap; jazz kit/boom bap; electronic kit/trap
        shaker/groove; tambourine/groove; congas/groove; woodblocks/groove
        sub bass/long notes; electric bass/syncopated; sub bass/long notes; acoustic bass/root notes
        electric piano/sustained; grand piano/sustained; vibraphone/arpeggios; electric piano/comping; music box/arpeggios
        jazz guitar/licks; nylon guitar/fingerpicked; clean electric guitar/sustained; muted guitar/muted line
        string ensemble/staccato; warm pad/sustained; pizzicato strings/plucked pattern; choir/sustained; harp/arpeggios
        square lead/sparse; kalimba/hook; synth voice/sparse; saw lead/hook
        flute/melody; muted trumpet/sparse; brass section/brass stabs; tenor sax/sparse
        """),
    "house": _genre(
        (118, 128), 0.65, (0.25, 0.5, 0.54), 1.0,
        "Imaj7 vi7 IVmaj7 V; vi IV I V; IVmaj7 V vi vi",
        "i bVI bIII bVII; i7 iv7 i7 v7; i iv bVI v; i bVII bVI bVII",
        (6, 1.8, 5, 4, 0.7, 3, 3, 0.8),
        """
        electronic kit/four-on-the-floor; 808 kit/four-on-the-floor; electronic kit/four-on-the-floor
        shaker/groove; congas/groove; tambourine/groove; bongos/groove
        synth bass/offbeat; synth bass/octaves; sub bass/offbeat; synth bass/eighths
        bright piano/stabs; grand piano/stabs; percussive organ/stabs; fm electric piano/stabs; electric piano/comping
        clean electric guitar/funk scratches; muted guitar/muted line
        warm pad/pulsing; synth strings/sustained; polysynth pad/pulsing; warm pad/sustained; string ensemble/sustained
        saw lead/synth arpeggio; square lead/synth arpeggio; saw lead/hook; voice lead/melody; synth voice/sparse
        synth brass/brass stabs; flute/melody; alto sax/hook
        """),
    "reggae": _genre(
        (70, 90), 0.45, (0.25, 0.5, 0.58), 0.95,
        "I IV I IV; I I IV V; I V vi IV; I ii I ii",
        "i iv i iv; i bVII i bVII; i bVII bVI bVII; i i iv v",
        (5, 1.5, 5.5, 4.5, 4.5, 0.6, 1.2, 2),
        """
        standard kit/one drop; room kit/one drop
        congas/groove; bongos/groove; shaker/groove; timbales/groove; cowbell/groove
        electric bass/dub; electric bass/dub; sub bass/dub; fretless bass/dub
        drawbar organ/bubble; percussive organ/bubble; grand piano/offbeat; clavinet/offbeat; drawbar organ/offbeat
        clean electric guitar/skank; muted guitar/muted line; clean electric guitar/skank
        synth strings/sustained; string ensemble/sustained
        ocarina/melody; calliope lead/melody; harmonica/melody
        brass section/brass stabs; trombone/hook; tenor sax/melody; trumpet/melody
        """),
    "bossa nova": _genre(
        (112, 144), 0.45, (0.5, 0.5, 0.5), 0.8,
        "Imaj7 II7 ii7 V7; Imaj7 vi7 ii7 V7; Imaj7 Imaj7 ii7 V7; iii7 VI7 ii7 V7",
        "i7 iv7 ii7b5 V7; i7 bVImaj7 ii7b5/V7 i7; i7 bVII7 bVImaj7 V7",
        (4, 3, 5, 3.5, 5, 1, 0.8, 3),
        """
        jazz kit/bossa; brush kit/brushes; standard kit/bossa
        shaker/groove; congas/groove; claves/groove; triangle/groove; congas and shaker/groove; woodblocks/groove
        acoustic bass/bossa; acoustic bass/bossa; fretless bass/bossa; electric bass/bossa
        electric piano/bossa comping; grand piano/bossa comping; vibraphone/bossa comping
        nylon guitar/bossa comping; nylon guitar/bossa comping; nylon guitar/fingerpicked; jazz guitar/bossa comping
        slow strings/sustained; string ensemble/sustained; harp/arpeggios
        ocarina/melody; violin/melody; harmonica/melody
        flute/melody; tenor sax/melody; clarinet/melody; soprano sax/melody; muted trumpet/melody
        """),
    "ballad": _genre(
        (70, 84), 0.35, (0.5, 0.5, 0.5), 0.78,
        "I V vi IV; I iii IV V; Imaj7 vi7 IVmaj7 V; I vi IV V",
        "i bVI iv V; i bVII bVI V; i bVI bIII bVII; i iv bVII bIII",
        (3.5, 0.6, 4.5, 5, 3.5, 4, 2, 1.8),
        """
        standard kit/ballad; brush kit/brushes; standard kit/ballad
        shaker/groove; triangle/groove; tambourine/groove
        fretless bass/melodic; electric bass/root notes; acoustic bass/sustained; electric bass/sustained
        grand piano/broken chords; electric piano/sustained; grand piano/broken chords; fm electric piano/broken chords; grand piano/block chords
        acoustic guitar/fingerpicked; nylon guitar/fingerpicked; clean electric guitar/fingerpicked; acoustic guitar/strummed
        string ensemble/sustained; slow strings/sustained; cello/slow line; warm pad/sustained; new age pad/sustained; harp/arpeggios
        violin/melody; synth voice/melody; harmonica/sparse; calliope lead/sparse
        flute/melody; soprano sax/melody; french horn/sparse; clarinet/melody; pan flute/sparse
        """),
    "cinematic": _genre(
        (72, 112), 0.75, (0.5, 0.5, 0.5), 0.95,
        "I iii vi IV; I IV vi V; I I bVII IV; vi IV I V",
        "i bVI bIII bVII; i iv bVI V; i i bVI bVI; i bIII bVI iv",
        (2.5, 0.8, 2.5, 3, 1, 6, 2, 3.5),
        """
        power kit/cinematic; room kit/cinematic; power kit/cinematic
        woodblocks/groove; triangle/groove; timbales/groove
        sub bass/sustained; acoustic bass/sustained; sub bass/long notes; synth bass/eighths
        grand piano/arpeggios; grand piano/sustained; music box/arpeggios; marimba/arpeggios; harpsichord/arpeggios
        nylon guitar/fingerpicked; clean electric guitar/sustained; distorted guitar/power chords
        string ensemble/staccato; string ensemble/sustained; tremolo strings/sustained; choir/sustained; harp/arpeggios; cello/slow line; pizzicato strings/plucked pattern; new age pad/sustained; slow strings/sustained
        violin/melody; voice lead/sparse; synth voice/sparse; glockenspiel/synth arpeggio; square lead/synth arpeggio
        french horn/sparse; brass section/long chords; trombone/sparse; flute/melody; pan flute/sparse; clarinet/melody
        """),
    "disco": _genre(
        (108, 126), 0.65, (0.25, 0.5, 0.5), 1.0,
        "Imaj7 vi7 ii7 V7; IVmaj7 iii7 vi7 ii7; I vi7 ii7 V7",
        "i7 iv7 bVII bIII; i bVI bVII i; i7 i7 iv7 v7; i bVII bVI V",
        (6, 2, 5.5, 3, 4, 3.5, 1.5, 2.5),
        """
        standard kit/disco; room kit/disco; electronic kit/disco
        tambourine/groove; congas/groove; cowbell/groove; shaker/groove
        electric bass/octaves; synth bass/octaves; slap bass/octaves; electric bass/syncopated
        grand piano/stabs; electric piano/comping; clavinet/riff; fm electric piano/stabs
        clean electric guitar/funk scratches; muted guitar/muted line; clean electric guitar/funk scratches
        string ensemble/string hits; synth strings/sustained; string ensemble/staccato; synth strings/string hits
        saw lead/synth arpeggio; square lead/hook; synth voice/melody
        brass section/brass stabs; trumpet/hook; alto sax/hook; synth brass/brass stabs; flute/melody
        """),
    "blues": _genre(
        (80, 126), 0.3, (0.5, 0.63, 0.67), 0.95,
        "I7 IV7 I7 V7; I7 V7 IV7 IV7 I7 V7 I7 V7; I7 I7 IV7 IV7 I7 V7 I7 V7; I7 IV7 I7 I7/V7",
        "i7 iv7 i7 V7; i7 i7 iv7 i7; i7 iv7 i7 i7/V7",
        (5, 0.6, 5, 4, 5, 0.4, 2, 2),
        """
        standard kit/shuffle; room kit/shuffle; brush kit/brushes
        tambourine/groove; shaker/groove
        electric bass/boogie; acoustic bass/walking; electric bass/boogie; acoustic bass/boogie
        grand piano/shuffle chords; drawbar organ/sustained; drawbar organ/shuffle chords; bright piano/shuffle chords; electric piano/shuffle chords
        overdriven guitar/licks; jazz guitar/licks; clean electric guitar/licks; overdriven guitar/power chords
        slow strings/sustained; synth strings/sustained
        harmonica/solo; harmonica/melody; violin/melody
        tenor sax/solo; brass section/brass stabs; trumpet/hook; alto sax/melody
        """),
}  # fmt: skip
