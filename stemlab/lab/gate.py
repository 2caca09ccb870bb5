"""Joints in the waveform: a stem that rests is silent, and what is made anew is spliced in, both without a click.

Lesson: 08_who_plays_when.ipynb
"""

import numpy as np
import torch

from stemlab.activity import REST
from stemlab.framing import SAMPLE_RATE

ATTACK = 0.003  # seconds; short, so that a note on the bar line keeps its attack
RELEASE = 0.020
START, MIDWAVE = 0.002, 0.01  # seconds of the ramp of a stem that begins in mid-wave: above this share of its peak
FADE = 512  # samples, 16 ms or less: of a splice


def gate(audio: torch.Tensor, marks: np.ndarray, sample_rate: int = SAMPLE_RATE) -> torch.Tensor:
    """Silence a stem exactly where it rests.

    The ramps, raised cosines, lie where it plays: in after a rest, out before one. So a rest is silent from its first
    sample to its last. The start and the end of the whole have none: see `ramped`.

    Args:
        audio: `(N,)`, or `(2, N)` in stereo.
        marks: `(N,)` of REST, PLAY or FREE.
        sample_rate: in Hz.
    Returns:
        of the same shape; `audio` itself where nothing rests.
    """
    rest = marks == REST
    if not rest.any():
        return audio
    gain = (~rest).astype(np.float32)
    attack, release = round(ATTACK * sample_rate), round(RELEASE * sample_rate)
    for edge in np.flatnonzero(np.diff(rest)) + 1:
        if rest[edge]:
            ramp = gain[max(0, edge - release) : edge]
            ramp *= _rise(len(ramp))[::-1]
        else:
            ramp = gain[edge : edge + attack]
            ramp *= _rise(len(ramp))
    return audio * torch.from_numpy(gain)


def ramped(audio: torch.Tensor, sample_rate: int = SAMPLE_RATE) -> torch.Tensor:
    """Let a stem that begins in mid-wave rise over its first 2 ms, so that it does not begin with a click.

    Args:
        audio: `(N,)`, or `(2, N)` in stereo.
        sample_rate: in Hz.
    Returns:
        of the same shape; `audio` itself where its first sample is no step: at most 1 % of its peak.
    """
    if not audio.shape[-1] or audio[..., 0].abs().max() <= MIDWAVE * audio.abs().max():
        return audio
    ramp = torch.from_numpy(_rise(min(round(START * sample_rate), audio.shape[-1])).copy())
    ramp[0] = 0
    return torch.cat([audio[..., : len(ramp)] * ramp, audio[..., len(ramp) :]], -1)


def splice(old: torch.Tensor, new: torch.Tensor, start: int, stop: int) -> torch.Tensor:
    """Put a part of `new` into `old`.

    It crosses over in the 16 ms before `start` and in those before `stop`, so that the attack on either is whole: `old` is
    kept bit for bit up to `start - FADE` and from `stop` on. At the very start or end of `old` nothing crosses over.

    Args:
        old: `(N,)`, or `(2, N)` in stereo; nothing is asked of it where `new` goes on beyond its end.
        new: `(N2,)` or `(2, N2)`, N2 at least N.
        start, stop: samples.
    Returns:
        as `new`.
    """
    share = torch.zeros(new.shape[-1])
    share[start:stop] = 1
    if start > 0:
        first = max(0, start - FADE)
        share[first:start] = torch.from_numpy(_rise(start - first).copy())
    if stop < new.shape[-1]:
        last = max(start, stop - FADE)
        share[last:stop] = torch.from_numpy(_rise(stop - last)[::-1].copy())
    old = torch.nn.functional.pad(old, (0, new.shape[-1] - old.shape[-1]))
    mixed = old + share * (new - old)
    return torch.where(share == 0, old, torch.where(share == 1, new, mixed))


def _rise(length: int) -> np.ndarray:
    """From 0 to 1 as half a cosine, `(length,)`, neither of them reached."""
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(1, length))).astype(np.float32)
