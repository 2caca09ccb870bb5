"""Encoded songs in tensors of fixed size on the device that learns from them; the newest take the places of the oldest.

Lesson: 09_train_your_own.ipynb
"""

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import torch

from stemlab.codec.audio import SAMPLE_RATE, activity, to_mono
from stemlab.conditions import NO_KEY, Conditions, key_index
from stemlab.data.batches import pick_groups
from stemlab.data.latents import WORDINGS, as_taken, words_of
from stemlab.data.stream import AT_ONCE, FIRST, MOST, REPEATS, SongStream
from stemlab.framing import Grid
from stemlab.songs.compose import Song
from stemlab.songs.harmony import canonical_key
from stemlab.songs.meter import METERS
from stemlab.songs.notes import note_table, piano_roll
from stemlab.text import join_prompt

MIXES = 0.06  # share of the groups that are a mix, as a stem of its own


def told_of(grid: Grid, frames: int, song: Song, stems: np.ndarray) -> dict[str, Any]:
    """What the shelf keeps of a song beside its sound: words, tempo, key, activity, notes, and who is in its two sub-mixes."""
    rng = np.random.default_rng([3, song.seed])
    some = range(2 if len(stems) > 1 else 0)
    subsets = [sorted(rng.permutation(len(stems))[: rng.integers(1, len(stems))].tolist()) for _ in some]
    active = np.zeros((len(stems), frames), bool)
    for row, stem in zip(active, as_taken(stems, grid), strict=True):
        found = activity(to_mono(np.atleast_2d(stem)), grid.frame)[:frames]
        row[: len(found)] = found
    told = words_of(song, Random(f"words {song.seed}"))
    everything = ", ".join(part.family for part in song.parts)
    told["captions"].append(["mix", f"mix: {everything}"] * (WORDINGS // 2))
    roll = piano_roll(note_table(song, frames, grid.seconds), list(range(len(stems))), 0, frames).numpy()
    return {**told, "submixes": subsets, "activity": active, "roll": np.packbits(roll, axis=2)}


class Shelf:
    """Songs that a flow learns from: their stems, their mix as one stem more, and their sub-mixes.

    Args:
        codec: that encodes them, on `device`.
        tokenize: of the network's text encoder.
        songs: how many are kept.
        frames: latent frames of a song.
        device: where the tensors lie, and where batches are made.
    """

    def __init__(
        self, codec: Any, tokenize: Callable[[list[str]], torch.Tensor], songs: int, frames: int, device: torch.device
    ):
        self.codec, self.grid, self.tokenize, self.device = codec, Grid.of_codec(codec), tokenize, device
        rows, length = MOST + 1, tokenize(["x"]).shape[1]
        empty = lambda *shape, dtype: torch.empty(songs, *shape, dtype=dtype, device=device)  # noqa: E731
        self.latents = empty(rows + 2, codec.channels, frames, dtype=torch.float16)  # the last two are sub-mixes
        self.activity = empty(rows, frames, dtype=torch.bool)
        self.roll = empty(rows, frames, 88, dtype=torch.bool)
        self.tokens = empty(rows, WORDINGS * WORDINGS, length, dtype=torch.int32)
        self.songs: list[dict[str, Any]] = []  # what `pick_groups` asks for, and each song's place
        self.taken, self._due = 0, 0.0

    def fill(self, stream: SongStream) -> None:
        """Take in what the stream has made: at the beginning all that is needed, later as much as was used up."""
        while len(self.songs) < min(FIRST, len(self.latents)):
            self._put(stream.take(AT_ONCE, block=True))
        if self._due >= 1:
            self._put(stream.take(min(AT_ONCE, int(self._due))))
        self._due = min(max(self._due, 0.0), AT_ONCE)

    @torch.no_grad()
    def _put(self, made: list[tuple[dict[str, Any], np.ndarray]]) -> None:
        if not made:
            return
        rows, counts = [], []
        for told, sound in made:
            stems = torch.from_numpy(sound).to(self.device).float() / 32767
            sums = [stems, stems.sum(0, keepdim=True), *(stems[some].sum(0, keepdim=True) for some in told["submixes"])]
            rows.append(torch.cat(sums).clamp(-1, 1))
            counts.append(len(rows[-1]))
        audio = torch.cat(rows)
        if (self.grid.sample_rate, self.grid.sides) != (SAMPLE_RATE, 1):
            audio = torch.from_numpy(as_taken(audio.cpu().numpy(), self.grid))
        with torch.autocast(self.device.type, torch.bfloat16):
            encoded = torch.cat([self.codec.encode(piece) for piece in audio.split(64)]).half()
        for (told, sound), latents in zip(made, encoded.split(counts), strict=True):
            self._place(told, len(sound), latents)

    def _place(self, told: dict[str, Any], count: int, latents: torch.Tensor) -> None:
        place, frames = self.taken % len(self.latents), self.latents.shape[3]
        self.taken, self._due = self.taken + 1, self._due - 1
        put = lambda store, row, value: store[place, row : row + len(value)].copy_(value)  # noqa: E731
        put(self.latents, 0, latents[: count + 1, :, :frames])
        put(self.latents, MOST + 1, latents[count + 1 :, :, :frames])
        active = torch.from_numpy(told["activity"])
        put(self.activity, 0, torch.cat([active, active.any(0, keepdim=True)]))
        roll = torch.from_numpy(np.unpackbits(told["roll"], axis=2, count=88).astype(bool))
        put(self.roll, 0, torch.cat([roll, roll.any(0, keepdim=True)]))
        texts = [
            join_prompt(words, prompt) for stem in told["captions"] for words in stem for prompt in told["prompts"]
        ]
        put(self.tokens, 0, self.tokenize(texts).view(count + 1, WORDINGS * WORDINGS, -1))
        key = key_index(canonical_key(told["key"])) if told["key"] else NO_KEY
        kept = {**told, "place": place, "key": key, "latents": self.latents[place]}
        self.songs[place : place + 1] = [kept]

    def batch(self, rng: np.random.Generator, stems: int, frames: int, grouped: bool = True):
        """As `group_batch`, with mixes among the stems, on the shelf's device; the groups alone are on the CPU."""
        picks = pick_groups(self.songs, rng, stems, frames, grouped, MIXES)
        self._due += len(picks) / REPEATS
        whole, told, group = [], [], []
        for index, pick in enumerate(picks):
            song, beats = pick.song, pick.song["bpm"] / 60 * self.grid.seconds * pick.offset
            submix = -1 if pick.submix is None else MOST + 1 + pick.submix
            for stem, words in zip(pick.stems, pick.captions, strict=True):
                wording = words * WORDINGS + pick.prompt
                whole.append((song["place"], stem, pick.offset, submix, wording, song["key"]))
                told.append((song["bpm"], beats, *METERS[song.get("meter", "4/4")]))
                group.append(index)
        place, row, offset, submix, wording, key = torch.tensor(whole).T.to(self.device)
        bpm, start, *periods = torch.tensor(told, dtype=torch.float32).T.to(self.device)
        window = offset[:, None] + torch.arange(frames, device=self.device)  # (N, T)
        at = lambda row: (place[:, None], row[:, None], slice(None), window)  # noqa: E731
        has = submix >= 0
        heard = self.latents[at(submix.clamp(min=0))].transpose(1, 2).float() * has[:, None, None]
        conditions = Conditions(
            tokens=self.tokens[place, row, wording].long(), bpm=bpm, start=start, key=key, submix=heard, has_submix=has,
            activity=self.activity[place[:, None], row[:, None], window].long(), group=torch.tensor(group),
            periods=torch.stack(periods, 1),
        )  # fmt: skip
        roll = self.roll[place[:, None], row[:, None], window]
        return self.latents[at(row)].transpose(1, 2).float(), conditions, roll
