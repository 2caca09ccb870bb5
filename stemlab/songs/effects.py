"""What a studio does to a part: a room, an amplifier, compression, and soft notes that sound softer, not only quieter.

A soundfont plays every note dry and at one brightness, which is how one hears that it is one. Which effects a part has is drawn
from its song's seed by `with_effects`; songs without are what they were. Levels stay: the renderer balances what comes out.

Lesson: 09_train_your_own.ipynb
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import numpy as np

from stemlab.songs.compose import Effect, Song

ROOMS = 0.25, 2.2  # seconds of reverberation (RT60) of the smallest and the largest
WET_DB = -16.0, -7.0  # level of what a small and a large room add, against the dry sound
DRIVE_DB = 3.0, 30.0  # by which an amplifier's input stands over where it begins to bend
CABINET = 90.0, 4500.0  # Hz between which a loudspeaker for guitars sounds
RATIO = 2.0, 8.0  # of compression, above the part's own mean level
AHEAD, RELEASE = 0.004, 0.12  # seconds
SOFT_HZ, OCTAVE_DB = (
    9000.0,
    5.0,
)  # a note a little below full loudness has treble up to here, an octave less for so many dB
WORDS = {  # by kind, for a third of the amounts each
    "room": ("in a small room", "in a large room", "in a big hall"),
    "amplifier": ("through a warm amplifier", "overdriven", "heavily distorted"),
    "compression": ("lightly compressed", "compressed", "squashed"),
    "touch": ("", "with a dynamic touch", "with soft and hard strokes"),
}
USUAL = {  # which kinds suit a family, and how often
    "drums": {"touch": 0.7, "compression": 0.5, "room": 0.6},
    "percussion": {"touch": 0.7, "room": 0.6},
    "bass": {"touch": 0.4, "amplifier": 0.4, "compression": 0.5},
    "keys": {"touch": 0.7, "amplifier": 0.15, "room": 0.6},
    "guitar": {"touch": 0.6, "amplifier": 0.6, "compression": 0.2, "room": 0.4},
    "strings": {"touch": 0.4, "room": 0.8},
    "lead": {"touch": 0.4, "amplifier": 0.2, "room": 0.6},
    "winds": {"touch": 0.7, "room": 0.7},
}
UNPLUGGED = ("acoustic", "nylon", "grand", "harp")  # sounds that nobody plays through an amplifier


def with_effects(song: Song) -> Song:
    """The song, each of its parts with effects that its seed draws; all of them stand in one room."""
    dice = Random(f"effects {song.seed}")
    room = dice.random()
    parts = []
    for number, part in enumerate(song.parts):
        own = Random(f"effects {song.seed} {number} {part.family}")
        kinds = [kind for kind, share in USUAL[part.family].items() if own.random() < share]
        if part.sound.startswith(UNPLUGGED):
            kinds = [kind for kind in kinds if kind != "amplifier"]
        amounts = {kind: room if kind == "room" else own.random() for kind in kinds}
        effects = [Effect(kind, round(amount, 3), song.seed) for kind, amount in amounts.items()]
        parts.append(replace(part, effects=tuple(effects)))
    return replace(song, parts=parts)


def told(effects: tuple[Effect, ...]) -> list[str]:
    """In words, such as ["overdriven", "in a large room"]."""
    words = [WORDS[effect.kind][min(2, int(3 * effect.amount))] for effect in effects]
    return [word for word in words if word]


def applied(audio: np.ndarray, effects: tuple[Effect, ...], sample_rate: int) -> np.ndarray:
    """A part's sound through its effects, in their order, but for the touch, which each note has of its own: see `softened`.

    Args:
        audio: `(N,)`.
        effects: of the part.
        sample_rate: Hz.
    Returns:
        `(N,)` float32; what would ring on behind the end is cut.
    """
    for effect in effects:
        if effect.kind in KINDS and np.any(audio):
            audio = KINDS[effect.kind](audio, effect, sample_rate)
    return audio.astype(np.float32)


def room(audio: np.ndarray, effect: Effect, sample_rate: int) -> np.ndarray:
    """The sound and its reverberation: noise that dies away, sooner in the treble, after a few early reflections.

    Source: Moorer 1979, "About this reverberation business", for noise with exponential decay as an impulse response.
    """
    from scipy.signal import fftconvolve, lfilter

    seconds, wet = (_between(span, effect.amount) for span in (ROOMS, WET_DB))
    rng = np.random.default_rng([11, effect.seed, round(1000 * effect.amount)])
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    noise = rng.standard_normal(len(time))
    dull = lfilter([0.25], [1, -0.75], noise)
    share = np.exp(-3 * time / seconds)  # of the treble that is left
    response = (share * noise + (1 - share) * dull) * 10 ** (-3 * time / seconds)
    response *= np.minimum(time / (0.01 + 0.02 * effect.amount), 1)  # the walls are some way off
    for place in rng.integers(round(0.005 * sample_rate), round((0.015 + 0.03 * effect.amount) * sample_rate), 6):
        response[place] += rng.choice((-1, 1)) * 3
    heard = fftconvolve(audio, response)[: len(audio)]
    return audio + heard * (10 ** (wet / 20) * _rms(audio) / max(_rms(heard), 1e-9))


def amplifier(audio: np.ndarray, effect: Effect, sample_rate: int) -> np.ndarray:
    """A valve that bends (tanh, off its centre, so that even harmonics come too) and the loudspeaker behind it."""
    from scipy.signal import butter, resample_poly, sosfilt

    drive = 10 ** (_between(DRIVE_DB, effect.amount) / 20) / (4 * _rms(audio))
    up = resample_poly(audio, 2, 1)  # or the harmonics that it adds would fold back
    bent = resample_poly(np.tanh(drive * up + 0.2) - np.tanh(0.2), 1, 2)[: len(audio)]
    low, high = CABINET
    cabinet = np.vstack([
        butter(2, low, "high", fs=sample_rate, output="sos"), butter(4, high, fs=sample_rate, output="sos"),
    ])  # fmt: skip
    return sosfilt(cabinet, bent) * (_rms(audio) / max(_rms(bent), 1e-9))


def compression(audio: np.ndarray, effect: Effect, sample_rate: int) -> np.ndarray:
    """What stands above the mean level is turned down to a part of it, a moment before it comes, and let go again slowly."""
    hop = max(1, round(AHEAD * sample_rate))
    peaks = np.abs(np.pad(audio, (0, -len(audio) % hop)).reshape(-1, hop)).max(1)
    peaks = np.maximum(peaks, np.r_[peaks[1:], 0])
    fall = np.exp(-AHEAD / RELEASE)
    for i in range(1, len(peaks)):
        peaks[i] = max(peaks[i], fall * peaks[i - 1])
    over = np.maximum(20 * np.log10(np.maximum(peaks, 1e-6) / (1.4 * _rms(audio))), 0)
    gain = 10 ** (-over * (1 - 1 / _between(RATIO, effect.amount)) / 20)
    return audio * np.interp(np.arange(len(audio)) / hop - 0.5, np.arange(len(gain)), gain)


def softened(audio: np.ndarray, loudness: float, effects: tuple[Effect, ...], sample_rate: int) -> np.ndarray:
    """Notes as soft as their velocity says: the softer, the less treble; as they are without a touch among the effects.

    Args:
        audio: `(N,)`, notes of like velocity.
        loudness: dB, 0 for velocity 100.
        effects: of the part.
        sample_rate: Hz.
    """
    from scipy.signal import butter, sosfilt

    amount = next((effect.amount for effect in effects if effect.kind == "touch"), 0.0)
    hz = SOFT_HZ * 2 ** (amount * (loudness - 1) / OCTAVE_DB)
    if not amount or hz > 0.4 * sample_rate:
        return audio
    return sosfilt(butter(1, hz, fs=sample_rate, output="sos"), audio).astype(np.float32)


KINDS: dict[str, Callable[[np.ndarray, Effect, int], np.ndarray]] = {
    "amplifier": amplifier, "compression": compression, "room": room,
}  # fmt: skip


def _between(span: tuple[float, float], amount: float) -> float:
    return span[0] + amount * (span[1] - span[0])


def _rms(audio: np.ndarray) -> float:
    """Level of what sounds, of frames within 30 dB of the loudest."""
    power = np.square(audio[: max(1, len(audio) // 1024) * 1024], dtype=np.float64)
    power = power[: len(power) // 1024 * 1024].reshape(-1, 1024).mean(1) if len(power) >= 1024 else power
    return float(np.sqrt(power[power >= power.max() * 1e-3].mean())) + 1e-9
