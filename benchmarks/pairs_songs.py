"""Songs for `pairs.py`: encoded as every cache is, and for each the noise that its mix comes from.

The bundled flow is run backwards from a song's mix, as `stemlab/lab/backwards.py` does with a recording. Noise belongs to the frames
that it was made of, so a song here is as long as the crop that the trainings take, and every crop begins at frame 0. What that noise is like,
once it is there: `python benchmarks/pairs_songs.py eval/pairs/songs`.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tqdm.auto import tqdm

import stemlab
from stemlab.checkpoints.files import fingerprint
from stemlab.checkpoints.folders import atomic_file
from stemlab.codec.bundled import WEIGHTS
from stemlab.conditions import Conditions, make_conditions
from stemlab.data import processes, shards
from stemlab.data.latents import as_taken, encoded, words_of
from stemlab.data.pool import song_stems
from stemlab.lab.backwards import WORDS, Backwards
from stemlab.sampling import Sampling, integrate
from stemlab.songs.meter import METERS
from stemlab.songs.notes import note_table
from stemlab.songs.render import mit_soundfonts

STEPS, BATCH = 8, 16


def build(folder: Path, first_seed: int, songs: int, frames: int, workers: int = 1) -> None:
    """Fill a folder with shards of songs of so many latent frames, and `folder/noise` with what their mixes come from.

    Args:
        folder: what is in it already is kept.
        first_seed, songs: the seeds to compose; songs is rounded up to whole shards.
        frames: T.
        workers: processes.
    """
    (folder / "noise").mkdir(parents=True, exist_ok=True)
    names = [(seed, f"{seed:010d}.safetensors") for seed in range(first_seed, first_seed + songs, shards.SHARD)]
    missing = [(seed, folder / name) for seed, name in names if not (folder / "noise" / name).exists()]
    jobs = [(seed, file, frames, min(shards.SHARD, songs)) for seed, file in missing]
    with ProcessPoolExecutor(workers, initializer=processes.alone) as executor:
        for _ in tqdm(executor.map(_build_shard, jobs), total=len(jobs), desc="songs and noise", unit="shard"):
            pass


def noises(folder: Path) -> dict[int, torch.Tensor]:
    """The noise of each song's mix, `(C, T)` float16, by the song's seed."""
    files = sorted((folder / "noise").glob("*.safetensors"))
    return {int(seed): noise for file in files for seed, noise in load_file(file).items()}


@cache
def bundled() -> stemlab.StemLab:
    """The bundled weights, whose flow knows where mixes come from."""
    return stemlab.load(device="cpu")


def _build_shard(job: tuple) -> None:
    first_seed, file, frames, count = job
    lab, songs, mixes = bundled(), [], []
    for seed in range(first_seed, first_seed + count):
        song, stems = song_stems(seed, frames * lab.grid.seconds, mit_soundfonts() or None)
        stems = as_taken(stems, lab.grid)
        told = {
            **words_of(song, Random(f"words {seed}")),
            **encoded(lab.codec, stems, np.random.default_rng([3, seed])),
            "notes": note_table(song, frames, lab.grid.seconds),
        }
        songs.append(told)
        mixes.append(lab.codec.encode(torch.from_numpy(stems.sum(0, keepdims=True)))[0])
    shards.write_shard(file, songs, fingerprint(WEIGHTS / "vae"))
    noise = noise_of(lab, torch.stack(mixes), [song["bpm"] for song in songs])
    with atomic_file(file.parent / "noise" / file.name) as part:  # the last, so that a shard that has it is whole
        save_file({str(song["seed"]): z.half() for song, z in zip(songs, noise, strict=True)}, part)


@torch.no_grad()
def noise_of(lab: stemlab.StemLab, mixes: torch.Tensor, bpm: list[float], steps: int = STEPS) -> torch.Tensor:
    """The noise that mixes `(N, C, T)` in 4/4 come from: told "mix" and the tempo, no guidance, midpoint method."""
    how = Sampling(steps=steps, guidance=1.0, mates=1.0, coupling="noise", sampler="midpoint")
    made = []
    for first in range(0, len(mixes), BATCH):
        x, frames = mixes[first : first + BATCH], mixes.shape[2]
        each = [
            make_conditions([WORDS], frames, x.shape[1], tempo, tokenize=lab.model.text.tokenize, periods=METERS["4/4"])
            for tempo in bpm[first : first + BATCH]
        ]
        told = Conditions(**{name: torch.cat([getattr(c, name) for c in each]) for name in vars(each[0])})
        told.group = torch.arange(len(x))
        made.append(integrate(Backwards(lab.model), told, x, how))  # type: ignore[arg-type]
    return torch.cat(made)


def told(z: torch.Tensor) -> str:
    """How far noise `(N, C, T)` is from white: spreads, and correlations between frames and between channels."""
    channels, songs = z.std((0, 2)), z.std((1, 2))
    n = z / channels[:, None]
    lags = ", ".join(f"{lag}: {float((n[..., lag:] * n[..., :-lag]).mean()):.3f}" for lag in (1, 2, 4, 8))
    between = torch.corrcoef(z.transpose(1, 2).flatten(0, 1).T) - torch.eye(z.shape[1])
    part = [float(songs.quantile(q)) for q in (0, 0.05, 0.95, 1)]
    return (
        f"{len(z)} mixes: mean {z.mean():.3f}, spread {z.std():.3f}, by channel {channels.min():.2f} to {channels.max():.2f}, by song "
        f"{part[0]:.2f} to {part[3]:.2f} (5 to 95 %: {part[1]:.2f} to {part[2]:.2f}); correlation of frames at a distance of {lags}; "
        f"of channels at most {between.abs().max():.3f}"
    )


if __name__ == "__main__":
    print(told(torch.stack(list(noises(Path(sys.argv[1])).values())).float()))
