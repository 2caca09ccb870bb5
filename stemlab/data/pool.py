"""A pool of rendered songs in memory, from which the codec trains on random crops."""

import os
from concurrent.futures import ProcessPoolExecutor
from random import Random

import numpy as np
import torch
from tqdm.auto import tqdm

from stemlab.codec.spectrum import FLOOR_DB, bands
from stemlab.data.processes import alone
from stemlab.songs.compose import compose
from stemlab.songs.effects import with_effects
from stemlab.songs.meter import METERS
from stemlab.songs.render import mit_soundfonts, render


def song_stems(
    seed: int, seconds: float, soundfonts: list[str] | None = None, effects: float = 0.0, meters: float = 0.0, **choices
):
    """Compose and render one song, each with a soundfont that its seed picks.

    Args:
        seed: of the song.
        seconds: length of the audio, always filled by the song.
        soundfonts: paths to pick from; None for the renderer's default.
        effects, meters: share of songs with effects (`stemlab.songs.effects`), and of those in 3/4 or 6/8.
        choices: passed on to `compose`.
    Returns:
        the song, and its stems `(S, N)` float32.
    """
    dice = Random(f"kind {seed}")
    if dice.random() < meters:
        choices["meter"] = dice.choice([meter for meter in METERS if meter != "4/4"])
    song = compose(seed, bars=16 if choices.get("meter", "4/4") == "4/4" else 22, **choices)  # as long, or longer
    if dice.random() < effects:
        song = with_effects(song)
    font = soundfonts[seed % len(soundfonts)] if soundfonts else None
    return song, render(song, font, seconds=seconds)


def render_pool(
    first_seed: int, songs: int, seconds: float, as_bands: bool = False, workers: int | None = None
) -> list[np.ndarray]:
    """Render many songs side by side, with the free (MIT) soundfonts of this machine where there are any.

    Args:
        first_seed, songs: the seeds.
        seconds: length of each song.
        as_bands: give band spectrograms instead of audio, so that they are computed once and not at every step.
        workers: processes; one a core by default.
    Returns:
        one array a song: its stems, then their mix and the mix of a random part of them; int16 audio `(S + 2, N)`, or
        float16 bands in dB `(S + 2, 128, F)`.
    """
    jobs = [(seed, seconds, mit_soundfonts() or None, as_bands) for seed in range(first_seed, first_seed + songs)]
    with ProcessPoolExecutor(workers or os.cpu_count(), initializer=alone) as executor:
        return list(tqdm(executor.map(_render_one, jobs, chunksize=4), total=songs, desc="render", mininterval=2))


def _render_one(job: tuple) -> np.ndarray:
    seed, seconds, fonts, as_bands = job
    _, stems = song_stems(seed, seconds, fonts)
    return pooled(stems, seed, as_bands, torch.device("cpu"))


def pooled(stems: np.ndarray, seed: int, as_bands: bool, device: torch.device) -> np.ndarray:
    """What a pool holds of a song, from its stems `(S, N)` float32; bands are computed on `device`. See `render_pool`."""
    rng = np.random.default_rng([5, seed])
    some = stems[rng.permutation(len(stems))[: rng.integers(1, len(stems) + 1)]]
    audio = np.clip(np.stack([*stems, stems.sum(0), some.sum(0)]), -1, 1)
    if as_bands:
        return bands(torch.from_numpy(audio).to(device)).half().cpu().numpy()
    return np.round(audio * 32767).astype(np.int16)


def audio_batch(pool: list[np.ndarray], step: int, size: int, samples: int) -> np.ndarray:
    """Random crops of stems and mixes at random levels, a few silent; the same for the same step.

    Returns:
        `(size, samples)` float32.
    """
    crops, gain_db = _crops(pool, step, size, samples)
    return np.clip(crops * (10 ** (gain_db / 20) / 32767), -1, 1).astype(np.float32)


def band_batch(pool: list[np.ndarray], step: int, size: int, frames: int) -> np.ndarray:
    """As `audio_batch`, from a pool of bands: `(size, 128, frames)` float32 in dB."""
    crops, gain_db = _crops(pool, step, size, frames)
    return np.maximum(crops.astype(np.float32) + gain_db[:, :, None], FLOOR_DB).astype(np.float32)


def _crops(pool, step, size, length):
    rng = np.random.default_rng([7, step])
    crops = []
    for _ in range(size):
        song = pool[rng.integers(len(pool))]
        if song.shape[-1] < length:
            raise ValueError(
                f"length: got crops of {length}, and the songs of the pool have {song.shape[-1]}: take less."
            )
        start = rng.integers(song.shape[-1] - length + 1)
        crops.append(song[rng.integers(len(song)), ..., start : start + length])
    gain_db = rng.uniform(-9, 3, (size, 1))
    gain_db[rng.random(size) < 0.02] = -200.0
    return np.stack(crops), gain_db
