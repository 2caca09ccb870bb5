"""A training run on disk: its config, its log, and checkpoints from which it goes on as if never stopped.

Lesson: 09_train_your_own.ipynb
"""

import csv
import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch
from tqdm.auto import tqdm

from stemlab.checkpoints.files import load_weights
from stemlab.checkpoints.folders import check_folder, exclusive, explained, write_text
from stemlab.checkpoints.hub import PARTS
from stemlab.data.processes import launched
from stemlab.training import ranks, sharding
from stemlab.training.checkpoint import damaged, read_checkpoint, write_checkpoint
from stemlab.training.config import Config, same_as, written

WRITTEN = ("config.json", "log.csv", "held_out.csv", "before_after.html") + tuple(
    f"{part}.{end}" for part in ("checkpoint", *PARTS) for end in ("safetensors", "json")
)


@contextmanager
def claimed(out: str | Path, config: Config, resume: bool) -> Iterator[None]:
    """Keep a folder for one training and every other out; it is made when it is not there, and goes when it stays empty.

    Args:
        out, config, resume: as for `Run`.
    Raises:
        ValueError: it cannot be written to; another process trains in it, with who; it holds a run already and `resume` is
            False, or one with another config, or whose checkpoint is gone; or what we would write and no run of ours made.
    """
    if launched()[0]:  # the first rank does it for all
        yield
        return
    out = check_folder(out, force=True, name="out")
    out.mkdir(parents=True, exist_ok=True)
    try:
        with exclusive(out, "training", "train"):
            _check(out, config, resume)
            yield
    finally:
        with suppress(OSError):
            out.rmdir()


def _check(out: Path, config: Config, resume: bool) -> None:
    file = out / "config.json"
    if not file.exists() and (there := [name for name in WRITTEN if (out / name).exists()]):
        raise ValueError(f"out: {str(out)!r} holds {there[0]}, which no run of ours made; choose another folder.")
    if file.exists() and not resume:
        raise ValueError(f"out: {str(out)!r} holds a run already: add --resume to go on with it, or choose another.")
    if file.exists() and not same_as(config, file):
        raise ValueError(f"{file} differs from the config given: resume with the same, or choose another out.")
    if file.exists() and not (out / "checkpoint.safetensors").exists() and (done := _done(out, config)):
        raise ValueError(
            f"out: {str(out)!r} has no checkpoint.safetensors any more, but {done}, which a fresh start would replace: "
            "copy it back, or choose another folder."
        )


def _done(out: Path, config: Config) -> str:
    """What shows that there was a checkpoint; empty when nothing does."""
    part = "flow" if config.kind == "fine-tune" else config.kind
    with suppress(ValueError):
        if load_weights(out / part)[1].get("steps"):
            return f"{part} weights"
    last = max((int(row.split(",")[0]) for row in _rows(out)[1]), default=0)
    log = "a log of what came after it" if last >= config.save_every else ""
    return "a checkpoint.json" if (out / "checkpoint.json").exists() else log


def _rows(out: Path) -> tuple[str, list[str]]:
    """Header and rows of `log.csv`, without one that a kill cut short, or that is none."""
    file = out / "log.csv"
    text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
    header, *rows = text.splitlines() or [""]
    return header, [row for row in rows if row.count(",") == header.count(",") and re.match(r"[0-9]{1,15}(,|$)", row)]


class Run:
    """Folder of one training run, which is `claimed`; with several ranks, all read it and the first alone writes.

    Args:
        out: folder; made when it is not there.
        config: written to `config.json`.
        modules: by name, all that has a `state_dict` of tensors to be kept (model, EMA).
        optimizers: their states are kept too.
        resume: go on from the last checkpoint in `out`; a fresh start when there never was one.
        minutes: stop after this long; None for no limit.
    Raises:
        ValueError: the checkpoint is damaged, or there is no room for one.
    """

    def __init__(self, out, config, modules, optimizers, resume=False, minutes=None):
        self.out, self.modules, self.optimizers = Path(out), modules, optimizers
        self.minutes, self.started, self.step = minutes, time.monotonic(), 0
        if ranks.rank() == 0:
            self.out.mkdir(parents=True, exist_ok=True)
            self._check_room()
            write_text(self.out / "config.json", json.dumps(written(config), indent=2) + "\n")
        ranks.leader_says(True)  # wait for the folder
        if resume and (self.out / "checkpoint.safetensors").exists():
            self._restore()
        if ranks.rank() == 0:
            self._trim_log()

    def _check_room(self) -> None:
        """ValueError when the disk does not hold a checkpoint: the weights, and two numbers for each that is trained."""
        kept = [t for module in self.modules.values() for t in module.state_dict().values()]
        learnt = [p for optimizer in self.optimizers for group in optimizer.param_groups for p in group["params"]]
        size = sum(t.numel() * t.element_size() for t in (*kept, *learnt, *learnt))
        if (free := shutil.disk_usage(self.out).free) < size:
            raise ValueError(
                f"out: {str(self.out)!r} has {free / 1e6:.1f} MB free, and a checkpoint takes {size / 1e6:.1f} MB; make room there, "
                "or choose another folder."
            )

    def steps(self, total: int, save_every: int):
        """Yield step numbers with a progress bar until `total` or the time is up, saving on the way and at the end."""
        bar = tqdm(
            total=total,
            initial=self.step,
            desc=self.out.name,
            mininterval=2.0,
            smoothing=0.05,
            disable=ranks.rank() > 0,
        )
        self.bar = bar
        while self.step < total and not ranks.leader_says(self._time_is_up()):
            yield self.step
            self.step += 1
            bar.update()
            if self.step % save_every == 0:
                self.save()
        bar.close()
        self.save()

    def log(self, every: int, **values: float | torch.Tensor) -> None:
        """Append a row to `log.csv`, every so many steps."""
        if self.step % every or ranks.rank():
            return
        row = {"step": self.step, "seconds": round(time.monotonic() - self.started, 1)}
        row |= {name: float(f"{float(value):.5g}") for name, value in values.items()}
        self.bar.set_postfix({name: f"{value:.4g}" for name, value in row.items() if name not in ("step", "seconds")})
        file = self.out / "log.csv"
        new = not file.exists()
        with explained(file), file.open("a", newline="") as handle:
            writer = csv.DictWriter(handle, row)
            if new:
                writer.writeheader()
            writer.writerow(row)

    def save(self) -> None:
        """Write the checkpoint, so that a kill at any moment leaves the old one or the new one."""
        tensors = {f"{name}/{key}": t for name, m in self.modules.items() for key, t in m.state_dict().items()}
        for i, optimizer in enumerate(self.optimizers):
            for index, state in optimizer.state_dict()["state"].items():
                tensors |= {f"optimizer{i}/{index}/{key}": value for key, value in state.items()}
        kept = {}
        for name, tensor in tensors.items():
            tensor = sharding.whole(tensor)  # of all ranks, so each of them must come here
            if ranks.rank() == 0:
                kept[name] = tensor.to("cpu", copy=True)
        if ranks.rank() == 0:
            self._check_finite(kept)
            write_checkpoint(self.out, kept, self.step)

    def _check_finite(self, kept: dict[str, torch.Tensor]) -> None:
        """ValueError rather than a checkpoint over the last good one, from which nothing could be learnt any more."""
        if bad := next((name for name, tensor in kept.items() if not tensor.isfinite().all()), None):
            raise ValueError(
                f"lr: at step {self.step} {bad!r} holds NaN or infinity, so nothing was saved; {str(self.out)!r} keeps its last "
                "checkpoint: train from it with a smaller lr, into another folder."
            )

    def _restore(self) -> None:
        tensors, self.step = read_checkpoint(self.out)
        try:
            self._fill(tensors)
        except (KeyError, RuntimeError, ValueError) as error:
            why = f"it does not fit this run: {' '.join(str(error).split())[:200]}"
            raise damaged(self.out / "checkpoint.safetensors", why) from None

    def _fill(self, tensors: dict[str, torch.Tensor]) -> None:
        for name, module in self.modules.items():
            places, found = module.state_dict(), _under(tensors, name)
            spread = {key: sharding.as_spread(value, places[key]) for key, value in found.items() if key in places}
            module.load_state_dict({**found, **spread})
        for i, optimizer in enumerate(self.optimizers):
            state: dict[int, dict] = {}
            places = [p for group in optimizer.param_groups for p in group["params"]]
            for key, value in _under(tensors, f"optimizer{i}").items():
                index, name = key.split("/")
                state.setdefault(int(index), {})[name] = sharding.as_spread(value, places[int(index)])
            optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})

    def _trim_log(self) -> None:
        """Drop log rows of steps that will be run again, and one that a kill cut short."""
        header, rows = _rows(self.out)
        kept = [row for row in rows if int(row.split(",")[0]) < self.step]
        if kept:
            write_text(self.out / "log.csv", "\n".join([header, *kept]) + "\n")
        else:
            (self.out / "log.csv").unlink(missing_ok=True)

    def _time_is_up(self) -> bool:
        return self.minutes is not None and time.monotonic() - self.started > 60 * self.minutes


def _under(tensors: dict[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    return {key[len(name) + 1 :]: value for key, value in tensors.items() if key.startswith(name + "/")}
