"""A cache of encoded songs: what the flow trains on.

Songs are composed, rendered and encoded once, side by side on all cores, into shards of 64. A shard is a safetensors
file; a cache goes on where it stopped.

Lesson: 09_train_your_own.ipynb
"""

import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from tqdm.auto import tqdm

from stemlab.audio import activity
from stemlab.data.captions import group_prompt, stem_caption
from stemlab.data.notes import note_table
from stemlab.data.pool import song_stems
from stemlab.data.render import mit_soundfonts
from stemlab.hub import fingerprint

FRAMES = 192  # latent frames of a cached song: 12.288 s
SHARD = 64
WORDINGS = 4  # captions kept for each stem


def build_cache(folder: str | Path, codec_path: str, first_seed: int, songs: int, workers: int | None = None) -> None:
    """Fill a folder with shards of encoded songs.

    Args:
        folder: made when it is not there; shards already in it are kept.
        codec_path: path of the VAE's weights without suffix.
        first_seed, songs: the seeds to compose; songs is rounded up to whole shards.
        workers: processes; all cores by default.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    jobs = []
    for seed in range(first_seed, first_seed + songs, SHARD):
        if not (folder / f"{seed:010d}.safetensors").exists():
            jobs.append((folder, codec_path, seed))
    with ProcessPoolExecutor(workers or os.cpu_count(), initializer=torch.set_num_threads, initargs=(1,)) as executor:
        for _ in tqdm(executor.map(_build_shard, jobs), total=len(jobs), desc="encode songs", mininterval=2):
            pass


def _build_shard(job: tuple) -> None:
    from stemlab.codec import StemCodec

    folder, codec_path, first_seed = job
    codec = StemCodec.load(Path(codec_path).parent, vocoder=False)
    fonts = mit_soundfonts() or None
    tensors, songs = {}, []
    for seed in range(first_seed, first_seed + SHARD):
        song, stems = song_stems(seed, FRAMES * 2048 / 32_000, fonts)
        rng, words = np.random.default_rng([3, seed]), Random(f"words {seed}")
        count = len(stems)
        sums, subsets = [], []
        for _ in range(2 if count > 1 else 0):  # two sub-mixes: the sums of stems that are left out
            left_out = rng.permutation(count)[: rng.integers(1, count)]
            sums.append(stems[left_out].sum(0))
            subsets.append(sorted(int(i) for i in left_out))
        audio = torch.from_numpy(np.stack([*stems, *sums]))
        with torch.autocast("cpu", torch.bfloat16):
            latents = codec.encode(audio)
        tensors[f"{seed}.latents"] = latents[:count].half().contiguous()
        if sums:
            tensors[f"{seed}.submixes"] = latents[count:].half().contiguous()
        tensors[f"{seed}.notes"] = note_table(song, FRAMES)
        tensors[f"{seed}.activity"] = torch.from_numpy(np.stack([activity(stem) for stem in stems]))
        songs.append(
            {
                "seed": seed, "genre": song.genre, "bpm": song.bpm, "key": song.key, "submixes": subsets,
                "captions": [[stem_caption(part, words) for _ in range(WORDINGS)] for part in song.parts],
                "prompts": [group_prompt(song, words) for _ in range(WORDINGS)],
            }
        )  # fmt: skip
    part = folder / f"{first_seed:010d}.part"
    save_file(tensors, part, metadata={"songs": json.dumps(songs), "codec": fingerprint(codec_path)})
    os.replace(part, folder / f"{first_seed:010d}.safetensors")


class LatentCache:
    """All songs of a cache, in memory.

    Attributes:
        songs: one dict a song: captions, prompts, bpm, key, and tensors `latents` `(S, C, T)`, `activity` `(S, T)`,
            `submix_latents` `(2, C, T)`, float16 or bool, and, where they are known, `notes` as from `note_table`.
        codec: fingerprint of the VAE that made them.
    Raises:
        ValueError: the folder has no shards, or they were made with another codec than the first.
    """

    def __init__(self, folder: str | Path, limit: int | None = None):
        self.songs, codecs = [], set()
        for file in sorted(Path(folder).glob("*.safetensors"))[:limit]:
            with safe_open(file, "pt") as shard:
                codecs.add(shard.metadata()["codec"])
                names = set(shard.keys())
                for song in json.loads(shard.metadata()["songs"]):
                    song["latents"] = shard.get_tensor(f"{song['seed']}.latents")
                    song["activity"] = shard.get_tensor(f"{song['seed']}.activity")
                    if f"{song['seed']}.notes" in names:
                        song["notes"] = shard.get_tensor(f"{song['seed']}.notes")
                    if song["submixes"]:
                        song["submix_latents"] = shard.get_tensor(f"{song['seed']}.submixes")
                    self.songs.append(song)
        if not self.songs:
            raise ValueError(
                f"no encoded songs in {folder}: make them with `stemlab train` and a config that has 'songs'"
            )
        if len(codecs) > 1:
            raise ValueError(
                f"the shards in {folder} come from {len(codecs)} codecs: empty the folder and encode again"
            )
        self.codec = codecs.pop()
