"""Encoded songs on disk: what the flow trains on, whether they were composed here or recorded elsewhere.

A cache is a folder of shards, safetensors files of up to 64 songs. Each song is a few tensors, and its words as JSON in one more; so
one song is read without any other, and memory does not grow with their number. `index.jsonl` has a line a shard, with its
SHA-256: a cache goes on where it stopped, and is checked by `damaged`.

Lesson: 10_bring_your_own_music.ipynb
"""

import copy
import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from stemlab.checkpoints.folders import atomic_file, explained
from stemlab.conditions import KEYS

FORMAT = 2  # raised whenever older shards can no longer be read
SHARD = 64  # songs
OPEN = 64  # shards that are kept open
TENSORS = {"latents": "latents", "activity": "activity", "notes": "notes", "submixes": "submix_latents"}


def write_shard(file: Path, songs: list[dict[str, Any]], codec: str, problems: Sequence[str] = ()) -> None:
    """Write a shard beside its place, move it there, and add its line to the index.

    Args:
        file: such as `out/000003.safetensors`.
        songs: as `Songs` gives them, each with a number of its own as `seed`.
        codec: fingerprint of the VAE.
        problems: what was left out on the way.
    """
    tensors = {}
    for song in songs:
        told = {name: value for name, value in song.items() if name not in TENSORS.values()}
        words = json.dumps(told).encode()
        tensors[f"{song['seed']}.song"] = torch.from_numpy(np.frombuffer(words, np.uint8).copy())
        for name, key in TENSORS.items():
            if key in song:
                tensors[f"{song['seed']}.{name}"] = song[key].contiguous()
    about = {"format": FORMAT, "codec": codec, "songs": [song["seed"] for song in songs]}
    with atomic_file(file) as part:
        save_file(
            tensors, part, metadata={"stemlab": json.dumps(about)}
        )  # one entry: the order of several is not fixed
        line = {"file": file.name, "songs": len(songs), "sha256": _digest(part), "problems": list(problems)}
    listed = file.parent / "index.jsonl"
    with explained(listed), listed.open("a+b") as index:  # one short write: lines of ranks never mix
        index.seek(max(0, index.tell() - 1))
        index.write((b"" if index.read() in (b"", b"\n") else b"\n") + json.dumps(line).encode() + b"\n")


def index(folder: str | Path) -> dict[str, dict[str, Any]]:
    """The newest line of each shard, by file name; a line that was cut off, or is none of ours, counts as none."""
    found: dict[str, dict[str, Any]] = {}
    file = Path(folder) / "index.jsonl"
    for text in file.read_bytes().split(b"\n") if file.exists() else []:
        try:
            line = json.loads(text)
            name, told = line["file"], {key: line[key] for key in ("sha256", "songs", "problems")}
            if (
                re.fullmatch(r"\w[\w.-]*\.safetensors", name)
                and type(told["songs"]) is int
                and 0 <= told["songs"] <= 10**9
            ):
                told["problems"] = [str(problem) for problem in told["problems"]]
                found[name] = told
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return found


def damaged(folder: str | Path, part: int = 0, of: int = 1) -> list[str]:
    """Names of the shards whose bytes are not those that were written, or that are gone; of every `of`-th from `part` on."""
    folder = Path(folder)
    return [
        name
        for name, line in sorted(index(folder).items())[part::of]
        if not (folder / name).is_file() or _digest(folder / name) != line["sha256"]
    ]


def verify(folder: str | Path, part: int = 0, of: int = 1) -> None:
    """ValueError when a shard is damaged or gone, before anything is learnt from it; ranks look at a part each."""
    if wrong := damaged(folder, part, of):
        raise ValueError(
            f"latents: {len(wrong)} shards in {str(folder)!r} are gone or not as they were written, such as {wrong[0]}: "
            "encode again, which makes those anew."
        )


class LatentCache:
    """All songs of a cache, read when they are asked for.

    Attributes:
        songs: see `Songs`.
        codec: fingerprint of the VAE that made them.
    Raises:
        ValueError: the folder has no shards, one is damaged or of another version, or they were made with different codecs.
    """

    def __init__(self, folder: str | Path, limit: int | None = None):
        files = sorted(Path(folder).glob("*.safetensors"))[:limit]
        places, codecs = [], set()
        for number, file in enumerate(files):
            about = _metadata(file)
            codecs.add(about["codec"])
            places += [(number, seed) for seed in about["songs"]]
        if not places:
            raise ValueError(
                f"no encoded songs in {folder}: make them with `stemlab data encode`, or with `stemlab train` and a config "
                "that has 'songs'"
            )
        if len(codecs) > 1:
            raise ValueError(
                f"the shards in {folder} come from {len(codecs)} codecs: empty the folder and encode again"
            )
        self.codec = codecs.pop()
        self.songs = Songs(files, np.array(places))

    def part(self, which: Sequence[int]) -> "LatentCache":
        """A cache of some of the songs, by their places in `songs`."""
        some = copy.copy(self)
        some.songs = Songs(self.songs.files, self.songs.places[list(which)])
        return some


class Songs(Sequence):
    """Songs of a cache: `len(songs)` and `songs[i]`, each read from disk anew.

    A song is a dict: `seed`, `captions`, `prompts`, `bpm`, `key`, `submixes`, maybe `start` (beats before its first frame), and the
    tensors `latents` `(S, C, T)`, `activity` `(S, T)`, `submix_latents` `(2, C, T)`, float16 or bool, and, where they are
    known, `notes` as from `note_table`.
    """

    def __init__(self, files: list[Path], places: np.ndarray):
        self.files, self.places = files, places
        self._open: OrderedDict[int, Any] = OrderedDict()

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, which):
        number, seed = (int(value) for value in self.places[which])
        try:
            shard = self._shard(number)
            song = json.loads(shard.get_tensor(f"{seed}.song").numpy().tobytes().decode())
            for name, key in TENSORS.items():
                if f"{seed}.{name}" in shard.keys():
                    song[key] = shard.get_tensor(f"{seed}.{name}")
            _check_song(song)
        except (SafetensorError, OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
            raise _damaged(self.files[number], error) from None
        return song

    def _shard(self, number: int):
        if number not in self._open:
            self._open[number] = safe_open(self.files[number], "pt")
            if len(self._open) > OPEN:
                self._open.popitem(last=False)
        self._open.move_to_end(number)
        return self._open[number]


def _metadata(file: Path) -> dict[str, Any]:
    try:
        with safe_open(file, "pt") as shard:
            about = dict(json.loads((shard.metadata() or {}).get("stemlab", "{}")))
        version = about.get("format")
        songs = about.get("songs")
        if version == FORMAT and not (
            isinstance(songs, list) and all(type(seed) is int and 0 <= seed < 2**63 for seed in songs)
        ):
            raise ValueError("its numbers of songs are none")
    except (SafetensorError, OSError, ValueError, TypeError, RecursionError) as error:
        raise _damaged(file, error) from None
    if version != FORMAT or not isinstance(about.get("codec"), str):
        raise ValueError(f"{file} is a shard of another version of stemlab: empty the folder and encode again")
    return about


def _damaged(file: Path, error: Exception) -> ValueError:
    why = " ".join(f"{type(error).__name__}: {error}".split())
    return ValueError(f"{file} is damaged ({why}): delete it and encode again, which makes it anew")


def _check_song(song: dict[str, Any]) -> None:
    """Raise an error unless a song is as `Songs` says."""
    latents, activity = song["latents"], song["activity"]
    stems, channels, frames = latents.shape
    if not latents.is_floating_point() or not latents.isfinite().all() or activity.shape != (stems, frames):
        raise ValueError("its latents or its activity are none")
    words = [song["prompts"], *song["captions"]]
    if len(song["captions"]) != stems or not all(
        isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts) for texts in words
    ):
        raise ValueError("its words are none")
    "".join(text for texts in words for text in texts).encode("utf-8")  # a UnicodeError is a ValueError
    submixes = song["submixes"]
    if not all(0 <= stem < stems for members in submixes for stem in members) or any(
        len(set(members)) >= stems for members in submixes
    ):
        raise ValueError("its sub-mixes are none")
    if submixes and song["submix_latents"].shape != (len(submixes), channels, frames):
        raise ValueError("the latents of its sub-mixes are none")
    bpm, start, key = song["bpm"], song.get("start", 0.0), song["key"]
    if not (bpm is None or 1 <= bpm <= 1000) or not -1e9 <= start <= 1e9 or (key and key not in KEYS):
        raise ValueError("its tempo, its start or its key is none")
    if "notes" in song and (song["notes"].ndim != 2 or song["notes"].shape[1] != 4):
        raise ValueError("its notes are none")


def _digest(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as bytes_:
        while piece := bytes_.read(1 << 20):
            found.update(piece)
    return found.hexdigest()
