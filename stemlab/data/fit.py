"""A published codec made ready for the flow: its latents brought to mean 0 and variance 1 on real music.

`stemlab data codec SOURCE --data DIR --out codecs/mine`

Lesson: 02_latents.ipynb
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm.auto import tqdm

from stemlab.checkpoints.folders import check_folder
from stemlab.checkpoints.json_files import shown
from stemlab.data.latents import SECONDS, as_taken
from stemlab.data.pool import song_stems
from stemlab.data.readers.folders import read_folder
from stemlab.framing import Grid
from stemlab.songs.render import mit_soundfonts

if TYPE_CHECKING:
    from stemlab.codec.published import PublishedCodec

MOST_PIECES = 100_000
FIRST_SEED = 6_000_000  # of composed songs, which no config trains on


def fit_codec(
    source: str,
    out: str | Path,
    data: str | Path | None = None,
    pieces: int = 64,
    allow_download: bool = False,
    force: bool = False,
) -> "PublishedCodec":
    """Load a published codec, measure its latents on music, and write down what was found.

    Args:
        source: a folder with its weights, or what the hub calls it, such as "facebook/encodec_32khz".
        out: new or empty folder, unless `force`; gets `codec.json` and `codec.safetensors`, and not the codec itself.
        data: any folder that `read_folder` takes; songs that the package composes by default.
        pieces: windows of 12.3 s, picked at random, of all stems of a song and their mix.
        allow_download: ask the hub for what is not on this machine.
    Returns:
        the codec.
    Raises:
        ValueError: as for `PublishedCodec.from_pretrained`, `read_folder` and `check_folder`.
    """
    from stemlab.codec.published import PublishedCodec

    if not 1 <= pieces <= MOST_PIECES:
        raise ValueError(f"pieces: got {shown(pieces)}; it takes 1 to {MOST_PIECES:,}.")
    out = check_folder(out, force, "out")
    codec = PublishedCodec.from_pretrained(source, allow_download)
    grid = Grid.of_codec(codec)
    music = composed(pieces, grid) if data is None else recorded(data, pieces, grid)
    codec = codec.fit(with_mix(stems) for stems in tqdm(music, total=pieces, desc="measuring latents", mininterval=1))
    codec.save(out)
    return codec


def recorded(data: str | Path, pieces: int, grid: Grid) -> Iterator[np.ndarray]:
    """Windows of recorded songs, picked at random, as a codec takes them."""
    folder = read_folder(data)
    windows = folder.windows(SECONDS)
    for which in np.random.default_rng(0).permutation(len(windows))[:pieces]:
        song, start = windows[which]
        seconds = min(SECONDS, folder.songs[song].seconds - start)  # silence behind the end would count as music
        stems, audio = folder.read(song, start, seconds, grid.sample_rate, grid.sides)
        if stems:
            yield audio


def composed(pieces: int, grid: Grid) -> Iterator[np.ndarray]:
    """Composed songs, rendered, as a codec takes them."""
    fonts = mit_soundfonts() or None
    for seed in range(FIRST_SEED, FIRST_SEED + pieces):
        yield as_taken(song_stems(seed, SECONDS, fonts)[1], grid)


def with_mix(stems: np.ndarray) -> np.ndarray:
    """The stems and their sum, which the flow is told as the sub-mix."""
    return np.concatenate([stems, np.clip(stems.sum(0, keepdims=True), -1, 1)])
