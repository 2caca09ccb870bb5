"""From noise to latents along the flow: guidance, what is known held on its path, windows where it is long.

Lesson: 00_start_here.ipynb
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from stemlab.conditions import Conditions
from stemlab.flow import interpolate
from stemlab.model import Prepared, VelocityNet
from stemlab.sampling import SAMPLERS, in_interval, led_by
from stemlab.windows import spans, weights

Progress = Callable[[int, int], None]


def integrate(
    model: VelocityNet,
    conditions: Conditions,
    noise: torch.Tensor,
    asked: dict[str, Any],
    known: torch.Tensor | None = None,
    hold: torch.Tensor | None = None,
    callback: Progress | None = None,
) -> torch.Tensor:
    """Follow the flow from noise to latents.

    Args:
        model: the network, on the device of the tensors.
        conditions: of N stems over T frames.
        noise: `(N, C, T)`.
        asked: `steps`, `guidance`, `mates`, `interval`, `sampler`, `coupling` and `negative` of the request.
        known: `(N, C, T)` latents that are there already.
        hold: `(N, T)` bool: where `known` is kept and comes out as it is. On the way it lies on its straight path from the
            noise; but a stem that is known from end to end and seen by others is there from the start, at t = 1, as in training.
        callback: called with (steps done, steps in all).
    Returns:
        latents `(N, C, T)`.
    """
    n, frames, steps, guidance = len(conditions), noise.shape[2], asked["steps"], asked["guidance"]
    coupled = asked["coupling"] == "attention"
    mates = asked.get("mates", guidance) if coupled and n > 1 else guidance
    words = asked.get("negative", "")
    negative = model.text.tokenize([words] * n).to(noise.device) if words else None
    windows = spans(frames, model.window)
    blended = [share.to(noise.device) for share in weights(windows, frames)]
    with _autocast(noise.device):
        parts = [_window(conditions, *window, model.frame_seconds) for window in windows]
        told = _prepared(model, parts, coupled)
        beside = [_alone] * (mates != guidance) + [partial(_null, tokens=negative)]
        led = [_stacked(part, beside) for part in parts] if (guidance, mates) != (1, 1) else []
        sees = torch.tensor([coupled] * n + [False] * n * len(beside), device=noise.device)
        guiding = _prepared(model, led, sees)

    there = torch.zeros(n, dtype=torch.bool, device=noise.device) if hold is None or not coupled else hold.all(1)

    def velocity(x: torch.Tensor, t: float, step: int) -> torch.Tensor:
        times = torch.where(there, 1.0, torch.full((n,), t, device=noise.device))
        if known is not None and hold is not None:
            x = torch.where(hold[:, None], interpolate(noise, known, times), x)
        guide = bool(guiding) and in_interval(step, steps, asked["interval"])
        total = torch.zeros_like(x)
        for i, (start, stop) in enumerate(windows):
            piece = x[:, :, start:stop]
            with _autocast(noise.device):
                copies = 1 + len(beside) if guide else 1
                found = model(piece.repeat(copies, 1, 1), times.repeat(copies), guiding[i] if guide else told[i])
            together, *others = found.chunk(copies)
            out = led_by(together, *others, guidance=guidance, mates=mates) if guide else together
            if len(windows) == 1:
                return out
            total[:, :, start:stop] += out * blended[i]
        return total

    report = None if callback is None else lambda done, whole, _: callback(done, whole)
    x = SAMPLERS[asked["sampler"]](velocity, noise, steps, report)
    return x if known is None or hold is None else torch.where(hold[:, None], known, x)


def _prepared(model: VelocityNet, parts: list[Conditions], coupled: torch.Tensor | bool) -> list[Prepared]:
    """Each window prepared; keys and values of the text, which is the same in all, are kept once."""
    made: list[Prepared] = []
    for part in parts:
        made.append(model.prepare(part, coupled))
        made[-1].text = made[0].text
    return made


def _window(c: Conditions, start: int, stop: int, frame_seconds: float) -> Conditions:
    """The conditions of some of the frames, with the beat at which they begin."""
    return replace(
        c,
        submix=c.submix[:, :, start:stop],
        activity=c.activity[:, start:stop],
        start=c.start + start * frame_seconds * c.bpm / 60,
    )


def _alone(c: Conditions) -> Conditions:
    """The same stems, told the same; they will not see each other."""
    return replace(c)


def _null(c: Conditions, tokens: torch.Tensor | None) -> Conditions:
    """What guidance leads away from: nothing told, or some words alone, and nobody seen."""
    null = c.null()
    return null if tokens is None else replace(null, tokens=tokens)


def _stacked(c: Conditions, beside: Sequence[Callable[[Conditions], Conditions]]) -> Conditions:
    """Conditions and what is made of them, each as groups of their own, in one batch."""
    parts, groups = [c, *(make(c) for make in beside)], int(c.group.max()) + 1
    for place, part in enumerate(parts[1:], 1):
        part.group = c.group + place * groups
    return Conditions(**{name: torch.cat([getattr(part, name) for part in parts]) for name in vars(c)})


def _autocast(device: torch.device):
    """bfloat16 where the machine multiplies it natively, else float32."""
    fast = device.type == "cuda" or (device.type == "cpu" and torch.cpu._is_avx512_bf16_supported())
    return torch.autocast(device.type, torch.bfloat16, enabled=fast)
