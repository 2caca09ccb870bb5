"""Small changes of a large network: beside each weight matrix two thin ones, whose product is added to it.

Source: Hu et al. 2021, arXiv:2106.09685.
Lesson: 15_fine_tuning.ipynb
"""

import copy
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TypeVar

import torch
from torch import nn
from torch.nn.utils import parametrize

Network = TypeVar("Network", bound=nn.Module)


class LowRank(nn.Module):
    """Adds `b @ a` to a weight `(out, in)`; it adds nothing to begin with.

    Args:
        weight: `(out, in)`.
        rank: of the product, at most.
    """

    def __init__(self, weight: torch.Tensor, rank: int):
        super().__init__()
        rank = min(rank, *weight.shape)
        self.a = nn.Parameter(torch.randn(rank, weight.shape[1], device=weight.device) * weight.shape[1] ** -0.5)
        self.b = nn.Parameter(torch.zeros(weight.shape[0], rank, device=weight.device))

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return weight + self.b @ self.a


def steered(model: nn.Module) -> Iterator[tuple[str, nn.Linear]]:
    """The layers of a VelocityNet that a change goes into: all but those that read text, tempo and key."""
    for name, part in model.named_modules():
        if isinstance(part, nn.Linear) and (name.startswith(("blocks.", "time.", "leave", "modulation", "enter"))):
            yield name, part


def with_low_rank(model: Network, rank: int, start: Mapping[str, torch.Tensor] = MappingProxyType({})) -> Network:
    """A copy of a VelocityNet of which a small change is trained, in those layers and the blocks' tables, and all else stands still.

    Args:
        model: the network.  rank: of the change.
        start: a change to go on from, as `change_of` gives it, of the same rank.
    Raises:
        ValueError: `start` is a change of another network or rank.
    """
    model = copy.deepcopy(model).requires_grad_(False)
    for _, part in list(steered(model)):
        parametrize.register_parametrization(part, "weight", LowRank(part.weight, rank))
        if part.bias is not None:
            part.bias.requires_grad_(True)
    for name, tensor in model.named_parameters():
        if name.endswith(".table"):
            tensor.requires_grad_(True)
    mine = change_of(model)
    if start and {n: t.shape for n, t in mine.items()} != {n: t.shape for n, t in start.items()}:
        raise ValueError(f"start: it is a change of another network, or of another rank than {rank}")
    for name in start:
        mine[name].copy_(start[name])
    return model


def change_of(model: nn.Module) -> dict[str, torch.Tensor]:
    """The change, small enough to keep: `NAME.a` and `NAME.b` of the matrices, and biases and tables whole."""
    inside = ".parametrizations.weight.0"
    return {name.replace(inside, ""): p.detach() for name, p in model.named_parameters() if p.requires_grad}


def changed(model: Network, change: dict[str, torch.Tensor]) -> Network:
    """A copy of a plain network, with a change made to it.

    Raises:
        ValueError: it is a change of another network, or not the whole of it.
    """
    model = copy.deepcopy(model)
    weights, layers = dict(model.named_parameters()), dict(steered(model))
    whole = {f"{name}.bias" for name, part in layers.items() if part.bias is not None}
    whole |= {name for name in weights if name.endswith(".table")}
    if odd := sorted((whole | {f"{name}.{half}" for name in layers for half in "ab"}) ^ change.keys()):
        raise ValueError(f"the change is of another network: it {'has' if odd[0] in change else 'lacks'} {odd[0]!r}")
    try:
        made = {f"{name}.weight": change[f"{name}.b"].float() @ change[f"{name}.a"].float() for name in layers}
    except RuntimeError as error:
        raise ValueError(f"the change is of another network: {error}") from None
    with torch.no_grad():
        for name, tensor in (made | {name: change[name] for name in whole}).items():
            if tensor.shape != weights[name].shape:
                shapes = f"{tuple(tensor.shape)} where there is {tuple(weights[name].shape)}"
                raise ValueError(f"the change is of another network: {name!r} is {shapes}")
            weights[name].copy_(weights[name] + tensor if name in made else tensor)
    return model
