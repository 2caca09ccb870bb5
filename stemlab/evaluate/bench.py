"""What all tables share: where measures are kept, how groups are generated, the judge and the anchors."""

import hashlib
import json
import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from random import Random

import numpy as np
import torch

from stemlab import __version__
from stemlab.checkpoints.folders import write_text
from stemlab.codec.audio import SAMPLE_RATE, resample
from stemlab.evaluate.anchors import KINDS, anchors, classifier, songs_identity
from stemlab.evaluate.measure import measure
from stemlab.evaluate.store import Store, code_identity, digest
from stemlab.lab.stem_lab import StemLab
from stemlab.metrics.text import FamilyClassifier
from stemlab.songs.captions import group_prompt, stem_caption
from stemlab.songs.compose import EVAL_SEEDS, Song, compose
from stemlab.songs.render import mit_soundfonts


@dataclass
class Bench:
    """A place to measure in.

    Args:
        out: folder of measures and tables; what is in it already is used again.
        groups: how many of each kind.
        seconds: length of a group.
        lab: the model; None measures anchors alone.
        options: for `StemLab.generate`, such as scheme, coupling, steps.
        with_key: tell the key too; then harmony is no test any more.
        classifier_songs: how many songs the judge of families learns from.
        workers: processes for what needs no model.
    """

    out: Path
    groups: int = 200
    seconds: float = 8.0
    lab: StemLab | None = None
    options: dict = field(default_factory=dict)
    with_key: bool = False
    classifier_songs: int = 1000
    workers: int = 1

    def __post_init__(self) -> None:
        self.began = time.perf_counter()

    @cached_property
    def store(self) -> Store:
        """The measures that are there; their folder is made when they are first asked for."""
        identity = [code_identity(), code_identity("measure"), songs_identity()]
        return Store(self.out / "groups.jsonl", identity, self.workers)

    @cached_property
    def judge(self) -> FamilyClassifier:
        """The classifier of families; trained once for a folder."""
        return classifier(self.store, self.classifier_songs, 8.0)

    @cached_property
    def weights(self) -> str:
        """Digest of all weights that make a group."""
        assert self.lab is not None
        hashed = hashlib.sha256()
        student = [self.lab.student.model] if self.lab.student else []
        for net in (self.lab.model, self.lab.codec, *student):
            for name, tensor in sorted(tensors(net).items()):
                hashed.update(name.encode() + tensor.detach().float().cpu().numpy().tobytes())
        return hashed.hexdigest()[:12]

    def use(self, lab: StemLab, **options) -> None:
        """Go on with another model."""
        self.lab, self.options = lab, options
        self.__dict__.pop("weights", None)

    def anchors(self) -> dict[str, list[dict]]:
        """Rows of each kind of anchor, and of "late" and "notes"."""
        setting = [self.seconds, code_identity("anchors")]
        make = partial(anchors, seconds=self.seconds)
        rows = self.store.fill("anchors", range(self.groups), make, setting, spread=True)
        return {kind: [row[kind] for row in rows] for kind in (*KINDS, "late", "notes")}

    def generated(
        self, name: str, indices: Iterable[int], row: Callable[..., dict] | None = None, /, **change
    ) -> list[dict]:
        """Measures of generated groups, with the `seconds` that each took; `change` goes over `options`.

        Args:
            row: called with an index and `options=`, it gives other measures instead.
        """
        options = {**self.options, **change}
        setting = [__version__, self.weights, str(self.lab.device), options, self.seconds, self.with_key]  # type: ignore[union-attr]
        return self.store.fill(name, indices, partial(row or self._generated, options=options), setting)

    def _generated(self, index: int, options: dict) -> dict:
        song = compose(EVAL_SEEDS + index, bars=16)
        audio, seconds = self.make(song, index, seconds=self.seconds, **options)
        row = measure(audio, [part.family for part in song.parts], float(song.bpm), song.key)
        return {**row, "seconds": round(seconds, 3)}

    def make(self, song: Song, index: int, **options) -> tuple[np.ndarray, float]:
        """Stems `(S, N)` for the captions of a song, and the seconds that it took."""
        words = Random(f"words {song.seed}")
        prompts = [stem_caption(part, words) for part in song.parts]
        if self.with_key:
            options["key"] = song.key
        began = time.perf_counter()
        stems = self.stems(prompts, prompt=group_prompt(song, words), bpm=song.bpm, seed=index, **options)
        return stems, time.perf_counter() - began

    def stems(self, prompts: list[str], **options) -> np.ndarray:
        """What the model makes of some prompts, `(S, N)` at 32 kHz."""
        group = self.lab.generate(prompts, **options)  # type: ignore[union-attr]
        return resample(group.mono, group.sample_rate, SAMPLE_RATE)

    def warm_up(self) -> None:
        """Make half a second of a stem: ValueError for options that cannot be, before hours of work; and times are fair."""
        if self.lab is not None:
            self.lab.generate(["bass"], seconds=0.5, **self.options)

    def conditions(self) -> dict:
        """What the numbers hold for."""
        lab = {"checkpoint": self.lab.checkpoint, "weights": self.weights, **self.options} if self.lab else {}
        device = str(self.lab.device) if self.lab else "cpu"
        return {
            **lab, "groups": self.groups, "seconds": self.seconds, "with_key": self.with_key,
            "soundfonts": [Path(f).name for f in mit_soundfonts()],
            "embedding": f"64 units before the last layer of the family classifier ({self.classifier_songs} songs)",
            "machine": platform.machine(), "device": torch.cuda.get_device_name() if "cuda" in device else device,
            "threads": torch.get_num_threads(), "torch": torch.__version__, "stemlab": __version__,
        }  # fmt: skip

    def write(self, name: str, result: dict) -> Path:
        """Write a table with its conditions; another checkpoint or setting gives another file."""
        conditions = self.conditions()
        told = {**result, "conditions": conditions, "minutes": round((time.perf_counter() - self.began) / 60, 1)}
        path = self.out / f"{name}_{digest(conditions)[:8]}.json"
        write_text(path, json.dumps(told, indent=2) + "\n")
        return path


def tensors(holder: object) -> dict[str, torch.Tensor]:
    """All tensors of a model, or of the models that an object such as the codec holds."""
    if isinstance(holder, torch.nn.Module):
        return holder.state_dict()
    found: dict[str, torch.Tensor] = {}
    for name, value in vars(holder).items():
        if isinstance(value, torch.nn.Module):
            found |= {f"{name}.{key}": tensor for key, tensor in value.state_dict().items()}
        elif isinstance(value, torch.Tensor):
            found[name] = value
    return found
