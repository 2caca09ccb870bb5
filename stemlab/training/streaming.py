"""A flow that learns from songs which are made meanwhile: `stemlab train configs/flow.json --stream`.

What a batch holds depends on which songs are there by then, so a run that was resumed learns from other songs than one that was
not; everything else of it is kept.

Lesson: 09_train_your_own.ipynb
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import torch

from stemlab.codec.bundled import grid_of, load_codec
from stemlab.data.shelf import Shelf, told_of
from stemlab.data.stream import SongStream
from stemlab.model import VelocityNet
from stemlab.train import Batch
from stemlab.training import ranks
from stemlab.training.config import FlowBatches, FlowConfig


def size_of(config: FlowBatches, step: int) -> tuple[int, int]:
    """Stems and frames of the batches of a step."""
    return config.sizes[np.random.default_rng([config.seed, step]).integers(len(config.sizes))]


def song_frames(config: FlowConfig) -> int:
    """Latent frames of a song: a third more than the longest crop, so that crops may begin anywhere."""
    return max(frames for _, frames in config.sizes) * 4 // 3


@contextmanager
def streaming(config: FlowConfig, workers: int | None) -> Iterator[SongStream | None]:
    """The processes that make a config's songs, or None when it takes them from a cache."""
    if not config.stream:
        yield None
        return
    grid, frames = grid_of(config.codec), song_frames(config)
    with SongStream(config.seed, frames * grid.seconds, partial(told_of, grid, frames), workers) as stream:
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
