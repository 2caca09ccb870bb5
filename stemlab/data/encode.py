"""A folder of recorded songs to a cache that the flow trains on: `stemlab data encode`.

Songs are cut into windows side by side; 64 windows are a shard. Shards are dealt to the ranks of a launcher, and on each
to its processes, and what is there already is kept when its bytes are right. So it can be killed and started again, on as many
machines as there are. What cannot be read is told once, left out and counted.

Lesson: 15_fine_tuning.ipynb
"""

import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from stemlab.checkpoints.files import codec_path, fingerprint
from stemlab.checkpoints.folders import OURS, check_dir, check_folder, exclusive, write_text
from stemlab.checkpoints.json_files import read_json, shown
from stemlab.codec.bundled import grid_of, load_codec
from stemlab.data import processes, shards
from stemlab.data.latents import SECONDS, encoded
from stemlab.data.readers.folders import StemFolder, read_folder

MOST_WORKERS, MOST_SECONDS = 1000, 300.0


def encode_folder(
    dataset: str | os.PathLike,
    codec: str | os.PathLike,
    out: str | os.PathLike,
    split: str = "",
    workers: int | None = None,
    seconds: float = SECONDS,
) -> dict[str, Any]:
    """Encode all windows of a folder's songs.

    Args:
        dataset: as for `read_folder`.
        codec: folder of a codec's weights: a VAE's, or what `stemlab data codec` wrote.
        out: folder of the cache; one that was begun with the same songs and codec goes on.
        split: such as "train"; all songs by default.
        workers: processes on this rank; by default its share of the cores.
        seconds: length of a window, to the nearest latent frame.
    Returns:
        `songs`, `windows`, `shards`, `made` (shards, by this rank and now), and `problems`, a list of texts.
    Raises:
        ValueError: no song in the folder or split, seconds of less than a frame, or `out` was begun otherwise.
    """
    out = check_folder(out, force=True, name="out")
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        raise ValueError(f"workers: got {shown(workers)}; it takes 1 to {MOST_WORKERS} processes.")
    part = codec_path(check_dir(codec, "codec", "give a folder of weights, or one that stemlab data codec wrote."))
    grid = grid_of(part)
    if not grid.seconds <= seconds <= MOST_SECONDS:
        raise ValueError(
            f"seconds: got {seconds}; it takes a latent frame, {grid.seconds:.3g} s, to {MOST_SECONDS:g} s."
        )
    folder = read_folder(dataset)
    seconds = round(seconds / grid.seconds) * grid.seconds
    which = folder.split(split) if split else list(range(len(folder.songs)))
    if not which:
        there = ", ".join(sorted({song.split for song in folder.songs if song.split})) or "none"
        raise ValueError(f"split: got {split!r}, which has no song in {str(dataset)!r}; there is {there}.")
    windows = folder.windows(seconds, which)
    _claim(
        out,
        {
            "codec": fingerprint(part),
            "songs": [folder.songs[i].name for i in which],
            "windows": len(windows),
            "seconds": seconds,
        },
    )
    rank, count = processes.launched()
    with exclusive(out, "encoding", f"encode-{rank}"):  # two ranks of one launch may, two launches may not
        wrong, known = set(shards.damaged(out)), shards.index(out)
        jobs = []
        for number in range(rank, -(-len(windows) // shards.SHARD), count):
            file = out / f"{number:06d}.safetensors"
            if not file.exists() or file.name in wrong or file.name not in known:
                first = number * shards.SHARD
                jobs.append((file, str(codec), seconds, first, windows[first:][: shards.SHARD]))
        workers = workers or processes.cores()
        with ProcessPoolExecutor(workers, initializer=_begin, initargs=(folder,)) as executor:
            made = executor.map(_encode_shard, jobs)
            for _ in tqdm(made, total=len(jobs), desc="encode", unit="shard", mininterval=2):
                pass
    lines = shards.index(out)
    problems = {str(problem): None for problem in folder.problems}  # those of headers, then those met while reading
    problems |= {problem: None for line in lines.values() for problem in line["problems"]}
    return {
        "songs": len(which), "windows": sum(line["songs"] for line in lines.values()), "shards": len(lines), "made": len(jobs),
        "seconds": seconds, "problems": list(problems),
    }  # fmt: skip


def _claim(out: Path, plan: dict) -> None:
    """Make the folder for a plan; ValueError when it was made for another."""
    file = out / "plan.json"
    if file.exists() and read_json(file) != plan:
        raise ValueError(
            f"out: {str(out)!r} was begun with other songs, another codec or another length; give a new folder."
        )
    others = [entry for entry in out.iterdir() if not entry.name.startswith(OURS)] if out.exists() else []
    if others and file not in others:
        raise ValueError(f"out: {str(out)!r} is not empty and is no cache that was begun; give a new folder.")
    out.mkdir(parents=True, exist_ok=True)
    write_text(file, json.dumps(plan))


_folder: StemFolder


def _begin(folder: StemFolder) -> None:
    """Give a worker process the folder."""
    global _folder
    _folder = folder
    processes.alone()


def _encode_shard(job: tuple[Path, str, float, int, list[tuple[int, float]]]) -> None:
    file, where, seconds, first, windows = job
    codec, songs, before = load_codec(where, vocoder=False), [], len(_folder.problems)
    for number, (which, start) in enumerate(windows, first):
        stems, audio = _folder.read(which, start, seconds, codec.sample_rate, codec.sides)
        sounding = [i for i, stem in enumerate(audio) if np.abs(stem).max() > 1e-3]
        if not sounding:
            continue
        song = _folder.songs[which]
        told = {"seed": number, "name": song.name, "bpm": song.bpm, "key": song.key, "prompts": list(song.prompts)}
        told["start"] = start * (song.bpm or 0) / 60  # beats before the window
        told["captions"] = [list(stems[i].captions) for i in sounding]
        songs.append({**told, **encoded(codec, audio[sounding], np.random.default_rng([7, number]))})
    problems = [str(problem) for problem in _folder.problems[before:]]
    shards.write_shard(file, songs, fingerprint(codec_path(where)), problems)
