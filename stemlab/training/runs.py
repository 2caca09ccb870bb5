"""A training run on disk: its config, its log, and checkpoints from which it goes on as if never stopped.

Lesson: 09_train_your_own.ipynb
"""

import csv
import json
import os
import time
from pathlib import Path

import torch
from tqdm.auto import tqdm

from stemlab.checkpoints.files import load_weights, save_weights
from stemlab.training import ranks, sharding
from stemlab.training.config import Config, same_as, written


class Run:
    """Folder of one training run; with several ranks, all read it and the first alone writes.

    Args:
        out: folder; made when it is not there.
        config: written to `config.json`.
        modules: by name, all that has a `state_dict` of tensors to be kept (model, EMA).
        optimizers: their states are kept too.
        resume: go on from the last checkpoint in `out`; a fresh start when there is none.
        minutes: stop after this long; None for no limit.
    Raises:
        ValueError: `out` holds a run already and `resume` is False, or was made with another config.
    """

    def __init__(self, out, config, modules, optimizers, resume=False, minutes=None):
        self.out, self.modules, self.optimizers = Path(out), modules, optimizers
        self.minutes, self.started, self.step = minutes, time.monotonic(), 0
        if ranks.rank() == 0:
            self._claim(config, resume)
        ranks.leader_says(True)  # wait for the folder
        if resume and (self.out / "checkpoint.json").exists():
            self._restore()
        if ranks.rank() == 0:
            self._trim_log()

    def _claim(self, config: Config, resume: bool) -> None:
        config_file = self.out / "config.json"
        if config_file.exists() and not resume:
            raise ValueError(
                f"out={str(self.out)!r} holds a run already: add --resume to go on with it, or choose another"
            )
        if config_file.exists() and not same_as(config, config_file):
            raise ValueError(
                f"{config_file} differs from the config given: resume with the same, or choose another out"
            )
        self.out.mkdir(parents=True, exist_ok=True)
        part = config_file.with_suffix(".part")
        part.write_text(json.dumps(written(config), indent=2) + "\n")
        os.replace(part, config_file)

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

    def log(self, every: int, **values: float) -> None:
        """Append a row to `log.csv`, every so many steps."""
        if self.step % every or ranks.rank():
            return
        row = {"step": self.step, "seconds": round(time.monotonic() - self.started, 1)}
        row |= {name: float(f"{float(value):.5g}") for name, value in values.items()}
        self.bar.set_postfix({name: f"{value:.4g}" for name, value in row.items() if name not in ("step", "seconds")})
        file = self.out / "log.csv"
        new = not file.exists()
        with file.open("a", newline="") as handle:
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
        tensors["step"] = torch.tensor(self.step)
        kept = {}
        for name, tensor in tensors.items():
            tensor = sharding.whole(tensor)  # of all ranks, so each of them must come here
            if ranks.rank() == 0:
                kept[name] = tensor.to("cpu", copy=True)
        if ranks.rank() == 0:
            save_weights(self.out / "checkpoint", kept, {"step": self.step})

    def _restore(self) -> None:
        tensors, _ = load_weights(self.out / "checkpoint")
        self.step = int(tensors.pop("step"))  # from the tensors: the two files are replaced one after the other
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
        file = self.out / "log.csv"
        if file.exists():
            header, *rows = file.read_text().splitlines() or [""]
            whole = [row for row in rows if row.count(",") == header.count(",")]
            kept = [row for row in whole if int(row.split(",")[0]) < self.step]
            if kept:
                file.write_text("\n".join([header, *kept]) + "\n")
            else:
                file.unlink()

    def _time_is_up(self) -> bool:
        return self.minutes is not None and time.monotonic() - self.started > 60 * self.minutes


def _under(tensors: dict[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    return {key[len(name) + 1 :]: value for key, value in tensors.items() if key.startswith(name + "/")}
