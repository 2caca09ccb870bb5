"""Chords as sound: a plain held piano, of sines, that needs no soundfont.

The network plays to what it hears. So chords are told to it by a stem that plays them: see `stemlab.lab.conductor`.
"""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from stemlab.songs.harmony import Chord
from stemlab.songs.plan import BEATS

PIANIST = "keys: piano, held chords"  # what the network is told that such a stem is
LOWEST_BASS, LOWEST_TONE = 40, 52  # MIDI numbers: the root lies in the octave above E2, the tones in that above E3
HARMONICS = 8  # the k-th is k ** -1.3 as loud, and dies away faster
DECAY, ATTACK, RELEASE = 1.2, 0.004, 0.05  # seconds


def held_chords(
    beats: Sequence[Chord], bpm: float, samples: int, sample_rate: int, downbeat: float = 0.0
) -> np.ndarray:
    """Each chord struck once a bar, and where it changes, and held.

    Args:
        beats: a chord for each beat, from the downbeat on; what is before it takes the last.
        bpm: beats a minute.
        samples: N.  sample_rate: in Hz.
        downbeat: seconds of the first.
    Returns:
        `(N,)` float32.
    """
    out = np.zeros(samples, np.float32)
    begin = 0 if not downbeat else -BEATS * (int(downbeat * bpm / 60 / BEATS) + 1)
    struck = [(beats[i % len(beats)], i // BEATS, i) for i in range(begin, len(beats))]
    for _, same in groupby(struck, key=lambda item: (item[0].name, item[1])):
        run = list(same)
        first, last = (round((downbeat + i * 60 / bpm) * sample_rate) for i in (run[0][2], run[-1][2] + 1))
        if last > 0 and first < samples:
            sound = struck_chord(run[0][0], (last - first) / sample_rate, sample_rate)
            stop = min(samples, first + len(sound))
            out[max(0, first) : stop] += sound[max(0, -first) : stop - first]
    return out


def struck_chord(chord: Chord, seconds: float, sample_rate: int) -> np.ndarray:
    """One chord, its root below it, `(N,)` with a short release behind its end."""
    t = np.arange(round((seconds + RELEASE) * sample_rate)) / sample_rate
    fade = np.minimum(1, t / ATTACK) * np.clip((t[-1] - t) / RELEASE, 0, 1)
    notes = [LOWEST_BASS + (chord.root - LOWEST_BASS) % 12]
    notes += [LOWEST_TONE + (chord.root + tone - LOWEST_TONE) % 12 for tone in chord.tones]
    sound = np.zeros(len(t))
    for note in notes:
        pitch = 440 * 2 ** ((note - 69) / 12)
        for k in range(1, HARMONICS + 1):
            if pitch * k < sample_rate / 2:
                die = np.exp(-t / DECAY * (1 + 0.35 * (k - 1)))
                sound += 0.05 * k**-1.3 * die * np.sin(2 * np.pi * pitch * k * t + k)
    return (sound * fade).astype(np.float32)
