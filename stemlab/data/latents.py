"""A cache of encoded songs: what the flow trains on.

Songs are composed, rendered and encoded once, side by side on all cores, into the shards of `shards.py`; a cache goes on where
it stopped.

Lesson: 09_train_your_own.ipynb
"""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from tqdm.auto import tqdm

from stemlab.checkpoints.files import fingerprint
from stemlab.checkpoints.folders import exclusive
from stemlab.codec.audio import SAMPLE_RATE, activity, resample, to_mono
from stemlab.data import processes, shards
from stemlab.data.pool import song_stems
from stemlab.framing import WINDOW_SECONDS, Grid
from stemlab.songs.captions import group_prompt, stem_caption
from stemlab.songs.compose import Song
from stemlab.songs.notes import note_table
from stemlab.songs.render import mit_soundfonts

SECONDS = WINDOW_SECONDS  # 12.288 s: length of a cached song, to the nearest latent frame
WORDINGS = 4  # captions kept for each stem


def build_cache(folder: str | Path, codec_path: str, first_seed: int, songs: int, workers: int | None = None) -> None:
    """Fill a folder with shards of encoded songs; of several processes under a launcher, each makes its share.

    Args:
        folder: made when it is not there; shards already in it are kept.
        codec_path: path of the codec's weights without suffix: of a VAE, or of what `stemlab data codec` wrote.
        first_seed, songs: the seeds to compose; songs is rounded up to whole shards.
        workers: processes of this one; by default its share of the cores.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rank, count = processes.launched()
    wrong = {folder / name for name in shards.damaged(folder)}
    jobs = []
    for seed in range(first_seed, first_seed + songs, shards.SHARD)[rank::count]:
        file = folder / f"{seed:010d}.safetensors"
        if file in wrong or not file.exists():
            jobs.append((folder, codec_path, seed))
    workers = workers or processes.cores()
    with (
        exclusive(folder, "encoding songs", f"encode-{rank}"),
        ProcessPoolExecutor(workers, initializer=processes.alone) as executor,
    ):
        for _ in tqdm(executor.map(_build_shard, jobs), total=len(jobs), desc="encode songs", mininterval=2):
            pass


def _build_shard(job: tuple) -> None:
    from stemlab.codec.bundled import load_codec

    folder, codec_path, first_seed = job
    codec = load_codec(Path(codec_path).parent, vocoder=False)
    grid = Grid.of_codec(codec)
    frames = round(SECONDS / grid.seconds)
    fonts = mit_soundfonts() or None
    songs = []
    for seed in range(first_seed, first_seed + shards.SHARD):
        song, stems = song_stems(seed, frames * grid.seconds, fonts)
        songs.append(
            {
                **words_of(song, Random(f"words {seed}")),
                **encoded(codec, as_taken(stems, grid), np.random.default_rng([3, seed])),
                "notes": note_table(song, frames, grid.seconds),
            }
        )
    shards.write_shard(folder / f"{first_seed:010d}.safetensors", songs, fingerprint(codec_path))


def words_of(song: Song, words: Random) -> dict[str, Any]:
    """What a cache tells of a composed song, with as many wordings as it keeps."""
    told: dict[str, Any] = {"seed": song.seed, "genre": song.genre, "bpm": song.bpm, "key": song.key}
    told |= {} if song.meter == "4/4" else {"meter": song.meter}
    told["captions"] = [[stem_caption(part, words) for _ in range(WORDINGS)] for part in song.parts]
    told["prompts"] = [group_prompt(song, words) for _ in range(WORDINGS)]
    return told


def as_taken(stems: np.ndarray, grid: Grid) -> np.ndarray:
    """Rendered stems, mono at 32 kHz, as a codec takes them."""
    stems = resample(stems, SAMPLE_RATE, grid.sample_rate)
    return stems if grid.sides == 1 else np.stack([stems, stems], axis=1)


def encoded(codec, stems: np.ndarray, rng: np.random.Generator) -> dict:
    """What a song of a cache holds of its sound.

    Args:
        codec: a StemCodec or a PublishedCodec.
        stems: `(S, N)` at the codec's rate; `(S, 2, N)` for one in stereo.
        rng: decides which stems are left out for its two sub-mixes, the sums of the others.
    Returns:
        `submixes`, the stems that are in each; `latents` `(S, C, T)`, `submix_latents` `(2, C, T)`, `activity` `(S, T)`.
    """
    count = len(stems)
    sums, subsets = [], []
    for _ in range(2 if count > 1 else 0):
        chosen = rng.permutation(count)[: rng.integers(1, count)]
        sums.append(stems[chosen].sum(0))
        subsets.append(sorted(int(i) for i in chosen))
    with torch.autocast("cpu", torch.bfloat16):
        latents = codec.encode(torch.from_numpy(np.stack([*stems, *sums]))).half()
    found = {"submixes": subsets, "latents": latents[:count]}
    found["activity"] = torch.from_numpy(
        np.stack([activity(to_mono(np.atleast_2d(stem)), codec.frame) for stem in stems])
    )
    return {**found, "submix_latents": latents[count:]} if sums else found
