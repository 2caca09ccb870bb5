"""Go on from trained weights with songs of your own: `stemlab train --from bundled --data DIR --out runs/mine`.

The songs are encoded once, one in ten is held out, and the loop of `train.py` goes on from the weights: all of them, or low-rank
adapters beside them (LoRA), which are few, forget less, and are added into the weights at the end. What is kept are the weights
whose loss on the held-out songs was lowest. At the end a page plays both models on held-out words.

Source of the adapters: Hu et al. 2021, arXiv:2106.09685.
Lesson: 15_fine_tuning.ipynb
"""

import copy
import shutil
from dataclasses import replace
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from stemlab.checkpoints.files import load_weights, save_weights
from stemlab.checkpoints.folders import atomic_file, write_text
from stemlab.checkpoints.hub import codec_folder, find_parts
from stemlab.codec.bundled import WEIGHTS
from stemlab.codec.published import copy_codec
from stemlab.data.encode import encode_folder
from stemlab.data.shards import LatentCache, verify
from stemlab.lab.load import load
from stemlab.lab.stem_lab import StemLab
from stemlab.train import update
from stemlab.training.config import FineTuneConfig, tuned
from stemlab.training.flow import batch_losses
from stemlab.training.held_out import Table
from stemlab.training.runs import Run, claimed
from stemlab.training.schedule import parameter_groups, trapezoid

RATES = {"all": 2e-4, "adapters": 2e-3}


def finetune(
    data: str | Path,
    out: str | Path,
    start: str | Path | None = None,
    lora: int = 0,
    rate: float | None = None,
    resume: bool = False,
    minutes: float | None = None,
    **settings: Any,
) -> Path:
    """Fine-tune the flow on a folder of songs.

    Args:
        data: any folder that `read_folder` takes, or one of .mid files.
        out: of the run; holds the encoded songs too.
        start: folder of weights; the bundled ones by default.
        lora: rank of the adapters; 0 trains all weights.
        rate: of learning; 2e-4 for all weights, 2e-3 for adapters.
        resume, minutes: see `Run`.
        settings: others of `FineTuneConfig`, such as `steps=100` at most, or `sizes`, `[[16, 96]]` with the bundled codec.
    Returns:
        `out`, which `stemlab.load` takes: `flow.safetensors`, `log.csv`, `held_out.csv`, `before_after.html`.
    Raises:
        ValueError: no songs, too few to hold any out, a setting that is wrong, or as for `Run` and `load`.
    """
    before = load(start)
    rate = RATES["adapters" if lora else "all"] if rate is None else rate
    known = {"sizes": [[16, before.grid.window // 2]], "lora": lora, "lr": rate, "start": before.checkpoint}
    config = tuned({**known, **settings})
    with claimed(out, config, resume):
        return _finetune(Path(data), Path(out), before, config, resume, minutes)


def _finetune(
    data: Path, out: Path, before: StemLab, config: FineTuneConfig, resume: bool, minutes: float | None
) -> Path:
    parts = find_parts(before.source or WEIGHTS, WEIGHTS)
    codec = codec_folder(parts)
    encode_folder(songs_in(data, out), codec, out / "latents")  # before there is a run: these may be no songs
    verify(out / "latents")
    cache, held = split(LatentCache(out / "latents"))
    torch.manual_seed(config.seed)
    model = copy.deepcopy(before.model).train()
    if config.lora:
        add_adapters(model, config.lora)
    ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(config.ema))
    groups = [{**group, "params": [p for p in group["params"] if p.requires_grad]} for group in parameter_groups(model)]
    optimizer = torch.optim.AdamW([group for group in groups if group["params"]], lr=config.lr, betas=(0.9, 0.98))
    run = Run(out, config, {"model": model, "ema": ema}, [optimizer], resume, minutes)
    if "codec" in parts:
        copy_codec(codec, out)
    elif codec != WEIGHTS:
        for part in ("vae", "vocoder"):
            for end in ("safetensors", "json"):
                with atomic_file(out / f"{part}.{end}") as file:
                    shutil.copyfile(parts[part].with_name(file.name), file)
    print(
        f"{len(cache.songs)} windows to learn from, {len(held.songs)} held out; {trained(model):,} weights are trained"
    )

    table = Table(out / "held_out.csv", run.step)
    steps = config.steps
    rise = max(1, min(20, steps // 10))
    for step in run.steps(steps, save_every=config.every):
        if step % config.every == 0:
            check(table, ema.module, held, config, before, step, out)
            if table.waited() >= config.patience:
                print(f"\nNo lower loss on the held-out songs for {config.patience} checks: stopped at step {step}.")
                break
        loss = batch_losses(model, cache, config, step, 0)[0]
        loss.backward()
        update(model, optimizer, ema, config.lr * trapezoid(step, steps, config.cooldown, warmup=rise))
        run.log(5, loss=loss.item())
    else:
        if run.step == steps:
            check(table, ema.module, held, config, before, steps, out)
    if not table.rows:
        return out
    best = min(table.rows, key=lambda row: row[1])
    print(f"Held-out loss: {table.rows[0][1]:.4f} before, {best[1]:.4f} after {best[0]} steps.")
    write_text(out / "before_after.html", page(before, load(out), held))
    print(f"In {out}: flow.safetensors, log.csv, held_out.csv, and before_after.html to listen to.")
    return out


def songs_in(data: Path, out: Path) -> Path:
    """The folder of songs; .mid files are rendered first."""
    if data.is_dir() and not any(data.rglob("*.mid")):
        return data
    from stemlab.data.midi_folder import render_folder

    made, kept, problems = render_folder(data, out / "songs")
    print(f"{made + kept} MIDI files rendered, {len(problems)} left out")
    return out / "songs"


def split(cache: LatentCache) -> tuple[LatentCache, LatentCache]:
    """Songs to learn from, and one in ten, by name, that are held out; of a single song, its last windows.

    A song's name decides its order, so more songs leave those that were held out where they are, or move few.
    """
    told = [cache.songs[i] for i in range(len(cache.songs))]
    names = sorted({song["name"] for song in told}, key=lambda name: sha256(name.encode()).digest())
    if len(names) > 1:
        out = set(names[: max(1, round(len(names) / 10))])
        away = [song["name"] in out for song in told]
    else:
        count = max(1, round(len(told) / 10))
        away = [i >= len(told) - count for i in range(len(told))]
    if all(away):
        raise ValueError(
            "data: one song of less than 18 s is too little to hold any of it out; give two songs or more."
        )
    return cache.part([i for i, gone in enumerate(away) if not gone]), cache.part(
        [i for i, gone in enumerate(away) if gone]
    )


def add_adapters(model: nn.Module, rank: int) -> None:
    """Put an adapter beside each matrix of the blocks; everything else stands still from now on."""
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError:
        raise ValueError('lora: adapters need peft: type  pip install -e ".[train]"') from None
    names = [name for name, part in model.named_modules() if isinstance(part, nn.Linear) and name.startswith("blocks.")]
    inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=names), model)


def plain(model: nn.Module) -> dict[str, torch.Tensor]:
    """Weights of a network, with its adapters, if any, added into the matrices that they stand beside."""
    if not any("lora_" in name for name in model.state_dict()):
        return model.state_dict()
    from peft.tuners.tuners_utils import BaseTunerLayer

    model = copy.deepcopy(model)
    for name, part in [(n, p) for n, p in model.named_modules() if isinstance(p, BaseTunerLayer)]:
        part.merge()
        parent, _, own = name.rpartition(".")
        setattr(model.get_submodule(parent), own, part.get_base_layer())
    return model.state_dict()


def trained(model: nn.Module) -> int:
    """How many numbers training may change."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


@torch.no_grad()
def check(
    table: Table, model, held: LatentCache, config: FineTuneConfig, before: StemLab, step: int, out: Path
) -> None:
    """Measure on the held-out songs, always with the same noise and times, and keep the weights if they are the best."""
    asked = replace(config, seed=1_000_003)
    losses = [float(batch_losses(model, held, asked, i, 0)[0]) for i in range(config.batches)]
    if table.add(step, float(np.mean(losses))):
        told = load_weights((before.source or WEIGHTS) / "flow")[1]
        about = {"kind": "flow", "model": told["model"], "steps": step, "from": before.checkpoint}
        weights = {name: tensor.half() for name, tensor in plain(model).items()}
        save_weights(out / "flow", weights, {**about, "codec": told["codec"]})


def page(before: StemLab, after: StemLab, held: LatentCache, most: int = 3) -> str:
    """Both models on the words of held-out windows, from the same noise: A is before, B is after."""
    made = ["<!doctype html><meta charset='utf-8'><title>Before and after</title><h1>Before (A) and after (B)</h1>"]
    for i in range(min(most, len(held.songs))):
        song = held.songs[i]
        ask = {
            "stems": [words[0] for words in song["captions"]][:6],
            "prompt": song["prompts"][0],
            "seconds": 8.0,
            "seed": i,
        }
        groups = [lab.generate(bpm=song["bpm"], key=song["key"], **ask) for lab in (before, after)]
        height = 200 + 66 * len(groups[0])
        made.append(
            f"<h2>{escape(song['name'])}</h2><iframe style='width:100%;height:{height}px;border:0' "
            f'srcdoc="{escape(groups[0].to_html(None, groups[1]))}"></iframe>'
        )
    return "\n".join(made)
