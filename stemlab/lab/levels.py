"""How loud made stems sit around a recording: as loud as their families sit around its own in songs, and no peak too high.

Lesson: 07_play_along.ipynb
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from stemlab.codec.audio import resample, to_sides
from stemlab.metrics.loudness import loudness
from stemlab.songs.words import family_of

if TYPE_CHECKING:
    from stemlab.lab.draft import Draft

# Loudness of a stem less that of its song's mix, in LU: medians of composed songs, by `python benchmarks/levels.py`.
IN_THE_MIX = {
    "drums": -4.7, "percussion": -8.4, "bass": -5.5, "keys": -6.9, "guitar": -6.6, "strings": -7.7, "lead": -6.6, "winds": -5.7,
}  # fmt: skip
ANY = -6.5  # of a stem, or of a recording, whose family is not known
MOST_APART = 2.0  # LU between the recording and the sum of what is made, as planned; as measured it is within 3
HEADROOM = 10 ** (2.8 / 20)  # the sum may peak so high, so that a mix lowers the recording by less than 3 dB
RELEASE = 0.010  # seconds around a peak in which what is made is turned down


def sits_at(text: str) -> float:
    """Where a stem of that text sits in a mix, in LU below it.

    >>> sits_at("drums: brushes"), sits_at("my tune")
    (-4.7, -6.5)
    """
    family = family_of(text.partition(":")[0].lower()) or family_of(text.lower())
    return IN_THE_MIX.get(family or "", ANY)


def targets(recording: str, stems: Sequence[str]) -> list[float]:
    """Loudness that each made stem should have, in LU from that of the recording.

    Where a family sits in songs decides, as measured from where the recording's sits; then all are moved together until
    their sum is near the recording.

    Args:
        recording, stems: their texts; "" where nothing was said.

    >>> [round(lu, 1) for lu in targets("guitar", ["drums", "bass"])]
    [-0.6, -1.4]
    """
    plain = [sits_at(stem) - sits_at(recording) for stem in stems]
    total = 10 * np.log10(sum(10 ** (lu / 10) for lu in plain))
    return [lu + float(np.clip(total, -MOST_APART, MOST_APART) - total) for lu in plain]


def gain_to(audio: np.ndarray, sample_rate: int, wanted: float) -> float:
    """The gain that brings a stem to a loudness in LUFS; 1 for silence.

    Args:
        audio: `(N,)` or `(2, N)`.
    """
    own = loudness(audio, sample_rate) - 10 * np.log10(len(np.atleast_2d(audio)))
    return float(10 ** ((wanted - own) / 20)) if np.isfinite(own) else 1.0


def around_recording(
    draft: "Draft", members: Sequence[str], sounds: list[torch.Tensor], again: bool
) -> list[torch.Tensor]:
    """Bring new stems of an accompaniment to where they sit around its recording.

    Args:
        draft: has the recording and the stems made before, which stay; its `levels` are told the gains.
        members: names of the new stems.
        sounds: theirs, `(N,)` or `(2, N)` each.
        again: parts of stems that were there before are made anew, so their gains are kept.
    """
    about, rate = draft.asked.recording or {}, draft.grid.sample_rate
    if not draft.originals or about.get("loudness") is None:  # sessions from before there was a loudness keep theirs
        return sounds
    made = [name for name in draft.names if name not in draft.originals]
    wanted = dict(
        zip(made, targets(about["prompt"] or about["name"], [draft.prompts[name] for name in made]), strict=True)
    )
    stems = [np.atleast_2d(sound.numpy()) for sound in sounds]
    for name, sound in zip(members, stems, strict=True):
        if not (again and name in draft.levels):
            draft.levels[name] = gain_to(sound, rate, about["loudness"] + wanted[name])
    stems = [sound * np.float32(draft.levels[name]) for name, sound in zip(members, stems, strict=True)]
    own = next(iter(draft.originals.values()))
    there = resample(own.audio if draft.grid.sides == 1 else to_sides(own.audio, 2), own.rate, rate)[:, : draft.samples]
    there = np.pad(there, [(0, 0), (0, draft.samples - there.shape[1])])
    for name in made:
        if name in draft.audio and name not in members:
            there = there + np.atleast_2d(draft.audio[name].numpy())
    stems = list(limited(np.stack(stems), there, rate))
    return [torch.from_numpy(stem.reshape(sound.shape)) for stem, sound in zip(stems, sounds, strict=True)]


def limited(made: np.ndarray, there: np.ndarray, sample_rate: int) -> np.ndarray:
    """Turn down, around their peaks, stems that are made, until none peaks above 1 and the sum not above the headroom.

    What is there already stays as it is.

    Args:
        made: `(S, sides, N)`, new stems; one side is heard on all channels.
        there: `(channels, N)`, the recording with the stems that were made before.
        sample_rate: Hz.
    Returns:
        `(S, sides, N)` float32.
    """
    ceiling = max(HEADROOM, float(np.abs(there).max()))
    total = made.sum(0)  # (sides, N)
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(total > 0, ceiling - there, ceiling + there) / np.abs(total)  # (channels, N)
        single = 0.999 / np.abs(made).max((0, 1))
    gain = np.minimum(np.nan_to_num(np.minimum(room.min(0), single), nan=1.0, posinf=1.0), 1.0)
    if gain.min() >= 1:
        return made.astype(np.float32)
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    span = 2 * round(RELEASE * sample_rate / 2) + 1
    smooth = uniform_filter1d(minimum_filter1d(gain, span), span)
    return (made * np.clip(smooth, 0, 1)).astype(np.float32)
