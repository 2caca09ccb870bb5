"""The shared-noise training loop.

All of it is `train_flow`: take groups of stems, draw one noise a group, hide some of the conditions, regress the velocity.
Each step's data and randomness are a function of the seed and the step alone, so a run that was killed and resumed ends
with the same weights as one that was not.

Lesson: 00_start_here.ipynb
"""

from pathlib import Path

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from stemlab.data.batches import group_batch
from stemlab.data.latents import LatentCache, build_cache
from stemlab.flow import flow_loss, group_noise, interpolate, random_times
from stemlab.hub import fingerprint, load_into, load_weights, save_weights
from stemlab.model import VelocityNet
from stemlab.runs import Run
from stemlab.train_codec import cosine, train_vae, train_vocoder


def train_flow(config: dict, out: str | Path, resume: bool = False, minutes: float | None = None) -> None:
    """Train the velocity network; writes checkpoints, `log.csv` and, at the end, `flow.safetensors` (the EMA) to `out`.

    Args:
        config: `model` (arguments of VelocityNet), `codec` (path of the VAE's weights), `latents` (folder of the cache,
            filled with `songs` songs from `seed` on), `sizes` (a list of `[stems, frames]`, one picked each step), `steps`, `lr`,
            `ema`, `init` (path of weights to start from, without suffix, or null), `noise_only` (share of groups whose stems do not see each other), `grouped`, `share_noise`.
        out, resume, minutes: see `Run`.
    """
    torch.manual_seed(config["seed"])
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = VelocityNet(**config["model"]).to(device)
    if config.get("init"):
        load_into(model, load_weights(config["init"])[0], config["init"])
    ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(config["ema"]))
    optimizer = torch.optim.AdamW(parameter_groups(model), lr=config["lr"], betas=(0.9, 0.98), fused=True)
    run = Run(out, config, {"model": model, "ema": ema}, [optimizer], resume, minutes)
    if config["songs"]:
        build_cache(config["latents"], config["codec"], config["seed"], config["songs"])
    cache = LatentCache(config["latents"])
    if cache.codec != fingerprint(config["codec"]):
        raise ValueError(
            f"the songs in {config['latents']} were encoded by another VAE than {config['codec']}: encode them again"
        )
    velocity = torch.compile(model, dynamic=False) if config["compile"] else model

    for step in run.steps(config["steps"], config["save_every"]):
        rng, generator = np.random.default_rng([config["seed"], step]), torch.Generator().manual_seed(step)
        stems, frames = config["sizes"][rng.integers(len(config["sizes"]))]
        x, conditions = group_batch(cache.songs, rng, stems, frames, config["grouped"])
        t = random_times(conditions.group, generator)
        coupled = (torch.rand(len(x), generator=generator) >= config["noise_only"])[conditions.group]
        rho = torch.where(coupled, 0.0, float(config["share_noise"]))  # stems that see each other: noise of their own
        noise = group_noise(conditions.group, x.shape[1], frames, generator, rho)
        conditions = conditions.drop(generator).to(device)
        x, noise, t = x.to(device), noise.to(device), t.to(device)

        with torch.autocast(device.type, torch.bfloat16, enabled=config["bf16"]):
            prepared = model.prepare(conditions, coupled.to(device))
            loss = flow_loss(velocity(interpolate(noise, x, t), t, prepared), noise, x)
        for group in optimizer.param_groups:
            group["lr"] = config["lr"] * cosine(step, config["steps"])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        ema.update_parameters(model)
        run.log(config["log_every"], loss=loss.item(), stems=stems)

    weights = {name: tensor.half() for name, tensor in ema.module.state_dict().items()}
    about = {"kind": "flow", "model": config["model"], "steps": run.step, "codec": fingerprint(config["codec"])}
    save_weights(run.out / "flow", weights, about)


def parameter_groups(model: torch.nn.Module) -> list[dict]:
    """Weight decay for matrices, none for vectors."""
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    return [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]


TRAINERS = {"vae": train_vae, "vocoder": train_vocoder, "flow": train_flow}


def train(config: dict, out: str | Path, resume: bool = False, minutes: float | None = None) -> None:
    """Run the training that a config names: `kind` is "vae", "vocoder" or "flow"; the rest is the trainer's own.

    Raises:
        ValueError: the kind is unknown, or the config lacks something.
    """
    if config.get("kind") not in TRAINERS:
        raise ValueError(f"the config's kind is {config.get('kind')!r}: give one of {', '.join(TRAINERS)}")
    try:
        TRAINERS[config["kind"]](config, out, resume, minutes)
    except KeyError as error:
        raise ValueError(f"the config lacks {error}: compare it with configs/{config['kind']}.json") from error
