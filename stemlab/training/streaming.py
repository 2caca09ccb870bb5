"""Learning from songs which are made meanwhile: `stemlab train configs/flow.json --stream`, and so for a VAE or a vocoder.

What a batch holds depends on which songs are there by then, so a run that was resumed learns from other songs than one that was
not; everything else of it is kept.

Lesson: 09_train_your_own.ipynb
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stemlab.codec.bundled import grid_of, load_codec
from stemlab.data.pool import pooled
from stemlab.data.shelf import Shelf, told_of
from stemlab.data.stream import AT_ONCE, FIRST, REPEATS, SongStream, seed_of
from stemlab.framing import WINDOW_SECONDS
from stemlab.model import VelocityNet
from stemlab.train import Batch
from stemlab.training import ranks
from stemlab.training.config import FlowBatches, FlowConfig, StudentConfig
from stemlab.training.kinds import CodecConfig


def size_of(config: FlowBatches, step: int) -> tuple[int, int]:
    """Stems and frames of the batches of a step."""
    return config.sizes[np.random.default_rng([config.seed, step]).integers(len(config.sizes))]


def song_frames(config: FlowConfig) -> int:
    """Latent frames of a song: a third more than the longest crop, so that crops may begin anywhere."""
    return max(frames for _, frames in config.sizes) * 4 // 3


@contextmanager
def streaming(config: FlowConfig | StudentConfig | CodecConfig, workers: int | None) -> Iterator[SongStream | None]:
    """The processes that make a config's songs, or None when it takes them from a cache or a pool."""
    if isinstance(config, StudentConfig) or not config.stream:
        yield None
        return
    seconds = WINDOW_SECONDS
    tell: Callable[..., Any] = seed_of
    if isinstance(config, FlowConfig):
        grid, frames = grid_of(config.codec), song_frames(config)
        seconds, tell = frames * grid.seconds, partial(told_of, grid, frames)
    shares = {"effects": config.effects, "meters": config.meters}
    with SongStream(config.seed, seconds, tell, workers, **shares) as stream:
        yield stream


def streamed(model: VelocityNet, config: FlowConfig, stream: SongStream) -> Callable[[int, int], Batch]:
    """Batches of (step, part) from the songs that are there by then; all of it lies on this rank's device."""
    device = ranks.device()
    codec = load_codec(Path(config.codec).parent, vocoder=False).to(device)
    shelf = Shelf(codec, model.text.tokenize, config.songs, song_frames(config), device)

    def batch(step: int, part: int) -> Batch:
        shelf.fill(stream)
        rng = np.random.default_rng([config.seed, step, part])
        generator = torch.Generator(device).manual_seed(int(rng.integers(2**62)))
        x, conditions, roll = shelf.batch(rng, *size_of(config, step), config.grouped)
        return Batch(x, conditions, roll, generator)

    return batch


def renewed(
    pool: list[np.ndarray], config: CodecConfig, stream: SongStream, as_bands: bool, device: torch.device
) -> Callable[[], None]:
    """What fills a pool as `render_pool` does, and, called before each step, puts new songs into the places of the oldest."""
    taken, due = 0, 0.0

    def take(most: int, block: bool = False) -> None:
        nonlocal taken, due
        for seed, sound in stream.take(most, block):
            place = taken % config.songs
            pool[place : place + 1] = [pooled(sound.astype(np.float32) / 32767, seed, as_bands, device)]
            taken, due = taken + 1, due - 1

    def renew() -> None:
        nonlocal due
        while len(pool) < min(FIRST, config.songs):
            take(AT_ONCE, block=True)
        due = min(AT_ONCE, max(0.0, due) + config.batch / (REPEATS * len(pool[0])))
        if due >= 1:
            take(int(due))

    return renew
