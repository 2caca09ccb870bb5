"""Groups of stems for the flow: a random part of the stems of each song, with what they are told.

Lesson: 09_train_your_own.ipynb
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from stemlab.conditions import NO_KEY, Conditions, key_index
from stemlab.framing import BUNDLED
from stemlab.songs.harmony import canonical_key
from stemlab.songs.meter import METERS
from stemlab.songs.notes import piano_roll
from stemlab.text import join_prompt, tokenize

MAX_STEMS = 6


def group_batch(
    songs: Sequence[dict],
    rng: np.random.Generator,
    stems: int,
    frames: int,
    grouped: bool = True,
    frame_seconds: float = BUNDLED.seconds,
    tokenize: Callable[[list[str]], torch.Tensor] = tokenize,
):
    """A batch of exactly so many stems, in groups of 1 to 6.

    Half of the groups that can are given a sub-mix of the stems that they leave out.

    Args:
        songs: of a `LatentCache`, or any list of such dicts.
        rng: decides everything.
        stems: N, how many stems in all.
        frames: T, crop length.
        grouped: False takes each stem from another song and makes it a group of its own (for the ablation).
        frame_seconds: length of a latent frame.
        tokenize: of the network's text encoder; the bundled one by default.
    Returns:
        latents `(N, C, T)` float32, their `Conditions`, the pitches that sound, `(N, T, 88)` bool: None when a song of
        the batch does not know its notes; and the words of each group.
    """
    picks = pick_groups(songs, rng, stems, frames, grouped)
    x, activity, submixes, has, tokens_of, bpm, start, key, group, periods, rolls = ([] for _ in range(11))
    for index, pick in enumerate(picks):
        song, chosen, offset = pick.song, pick.stems, pick.offset
        submix = None if pick.submix is None else song["submix_latents"][pick.submix]
        window = slice(offset, offset + frames)
        x.append(song["latents"][chosen][:, :, window])
        activity.append(song["activity"][chosen][:, window])
        if "notes" in song:
            rolls.append(piano_roll(song["notes"], chosen, offset, frames))
        silent = torch.zeros_like(x[-1][:1])
        submixes.append((silent if submix is None else submix[None, :, window]).expand(len(chosen), -1, -1))
        for stem, wording in zip(chosen, pick.captions, strict=True):
            tokens_of.append(join_prompt(song["captions"][stem][wording], song["prompts"][pick.prompt]))
            has.append(submix is not None)
            bpm.append(float(song["bpm"] or 0))
            start.append(song.get("start", 0.0) + offset * frame_seconds * bpm[-1] / 60)
            key.append(key_index(canonical_key(song["key"])) if song["key"] else NO_KEY)
            group.append(index)
            periods.append(METERS[song.get("meter", "4/4")])
    conditions = Conditions(
        tokens=tokenize(tokens_of), bpm=torch.tensor(bpm), start=torch.tensor(start), key=torch.tensor(key),
        submix=torch.cat(submixes).float(), has_submix=torch.tensor(has),
        activity=torch.cat(activity).long(), group=torch.tensor(group), periods=torch.tensor(periods),
    )  # fmt: skip
    prompts = [pick.song["prompts"][pick.prompt] for pick in picks]
    return torch.cat(x).float(), conditions, torch.cat(rolls) if len(rolls) == len(picks) else None, prompts


@dataclass(frozen=True)
class Pick:
    """A group of a batch: the song, which of its stems, their sub-mix, first frame, and which of the wordings."""

    song: dict
    stems: list[int]
    submix: int | None
    offset: int
    prompt: int
    captions: list[int]


def pick_groups(
    songs: Sequence[dict], rng: np.random.Generator, stems: int, frames: int, grouped: bool = True, mixes: float = 0.0
) -> list[Pick]:
    """Which groups a batch holds; see `group_batch`.

    Args:
        songs, rng, stems, frames, grouped: as there.
        mixes: share of the groups that are a song's mix alone, as a stem of its own: its last one.
    """
    chosen: list[tuple[dict, list[int], int | None]] = []
    total = 0
    while total < stems:
        song = songs[int(rng.integers(len(songs)))]
        if song["latents"].shape[2] < frames:
            raise ValueError(
                f"sizes: got crops of {frames} latent frames, and the songs have {song['latents'].shape[2]}: take fewer "
                "frames, or encode longer windows."
            )
        if mixes and rng.random() < mixes:
            chosen.append((song, [len(song["captions"]) - 1], None))
        else:
            most = min(MAX_STEMS, stems - total) if grouped else 1
            chosen.append((song, *_choose(song, rng, most, len(song["captions"]) - bool(mixes))))
        total += len(chosen[-1][1])
    picks = []
    for song, which, submix in chosen:
        offset = int(rng.integers(song["latents"].shape[2] - frames + 1)) if rng.random() < 0.5 else 0
        prompt = int(rng.integers(len(song["prompts"])))
        captions = [int(rng.integers(len(song["captions"][stem]))) for stem in which]
        picks.append(Pick(song, which, submix, offset, prompt, captions))
    return picks


def _choose(song: dict, rng: np.random.Generator, most: int, count: int) -> tuple[list[int], int | None]:
    if song["submixes"] and rng.random() < 0.5:
        which = rng.integers(len(song["submixes"]))
        left = [i for i in range(count) if i not in song["submixes"][which]]
        size = int(rng.integers(1, min(most, len(left)) + 1))
        return sorted(rng.permutation(left)[:size].tolist()), int(which)
    size = min(most, count) if rng.random() < 0.5 else int(rng.integers(1, min(most, count) + 1))
    return sorted(rng.permutation(count)[:size].tolist()), None
