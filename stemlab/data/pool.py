"""A pool of rendered songs in memory, from which the codec trains on random crops."""

import os
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from tqdm.auto import tqdm

from stemlab.data.compose import compose
from stemlab.data.render import mit_soundfonts, render


def song_stems(seed: int, seconds: float, soundfonts: list[str] | None = None, **choices):
    """Compose and render one song, each with a soundfont that its seed picks.

    Args:
        seed: of the song.
        seconds: length of the audio, always filled by the song.
        soundfonts: paths to pick from; None for the renderer's default.
        choices: passed on to `compose`.
    Returns:
        the song, and its stems `(S, N)` float32.
    """
    song = compose(seed, bars=16, **choices)
    font = soundfonts[seed % len(soundfonts)] if soundfonts else None
    return song, render(song, font, seconds=seconds)


def _render_int16(job: tuple) -> np.ndarray:
    _, stems = song_stems(*job)
    return np.round(np.clip(stems, -1, 1) * 32767).astype(np.int16)


def render_pool(first_seed: int, songs: int, seconds: float, workers: int | None = None) -> list[np.ndarray]:
    """Render many songs side by side, with the free (MIT) soundfonts of this machine where there are any.

    Returns:
        one int16 array `(S, N)` a song.
    """
    fonts = mit_soundfonts() or None
    jobs = [(seed, seconds, fonts) for seed in range(first_seed, first_seed + songs)]
    with ProcessPoolExecutor(workers or os.cpu_count()) as executor:
        return list(tqdm(executor.map(_render_int16, jobs, chunksize=4), total=songs, desc="render", mininterval=2))


def codec_batch(pool: list[np.ndarray], step: int, size: int, samples: int) -> np.ndarray:
    """Random crops for one training step, the same for the same step: stems, one in five a mix, a few silent.

    Returns:
        `(size, samples)` float32.
    """
    rng = np.random.default_rng([7, step])
    batch = np.zeros((size, samples), np.float32)
    for row in batch:
        song = pool[rng.integers(len(pool))]
        start = rng.integers(song.shape[1] - samples + 1)
        crop = song[:, start : start + samples]
        kind = rng.random()
        if kind < 0.2:
            chosen = crop[rng.permutation(len(song))[: rng.integers(2, len(song) + 1)]] if len(song) > 1 else crop
            row[:] = chosen.sum(0, dtype=np.float32) / 32767
        elif kind < 0.98:
            row[:] = crop[rng.integers(len(song))] / np.float32(32767)
        row *= 10 ** (rng.uniform(-9, 3) / 20)
    return np.clip(batch, -1, 1)
