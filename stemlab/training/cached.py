"""Batches from a cache of encoded songs: what one holds is a function of the seed, the step and the part alone.

Lesson: 09_train_your_own.ipynb
"""

from collections.abc import Callable

import numpy as np
import torch

from stemlab.checkpoints.files import fingerprint
from stemlab.data.batches import group_batch
from stemlab.data.latents import build_cache
from stemlab.data.shards import LatentCache, verify
from stemlab.model import VelocityNet
from stemlab.train import Batch
from stemlab.training import ranks
from stemlab.training.config import FlowBatches, FlowConfig, StudentConfig
from stemlab.training.streaming import size_of


def cached(model: VelocityNet, config: FlowConfig | StudentConfig) -> Callable[[int, int], Batch]:
    """Batches of (step, part) from a cache, which is filled first where the config asks for it."""
    if config.songs:
        build_cache(config.latents, config.codec, config.seed, config.songs)
    ranks.meet()  # when all have made their songs
    verify(config.latents, ranks.rank(), ranks.count())
    cache = LatentCache(config.latents)
    if cache.codec != fingerprint(config.codec):
        raise ValueError(
            f"the songs in {config.latents} were encoded by another codec than {config.codec}: encode them again"
        )
    if (most := max(frames for _, frames in config.sizes)) > (there := cache.songs[0]["latents"].shape[2]):
        raise ValueError(f"sizes: got {most} frames; the songs in {config.latents!r} have {there}.")
    return lambda step, part: batch_of(model, cache, config, step, part)


def batch_of(model: VelocityNet, cache: LatentCache, config: FlowBatches, step: int, part: int) -> Batch:
    """The groups of one part of a step.

    Args:
        step, part: decide, with the config's seed, which songs, which noise, which times and which conditions are hidden.
    """
    stems, frames = size_of(config, step)
    rng = np.random.default_rng([config.seed, step, part])
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    x, conditions, roll, prompts = group_batch(
        cache.songs, rng, stems, frames, config.grouped, model.frame_seconds, model.text.tokenize
    )
    return Batch(x, conditions, roll, generator, prompts)
