"""One training over several processes, on one machine or many: each is a rank with groups of its own.

Start them with `torchrun --standalone --nproc-per-node 2 -m stemlab train CONFIG --out OUT` or with `accelerate launch`. A step has a
fixed number of parts, whatever the number of ranks: part p goes to rank `p % ranks`, and what a part holds depends on the
seed, the step and p alone. So the number of ranks changes the speed and not the result.
"""

import os

import torch
import torch.distributed as dist
from torch import nn


def join() -> None:
    """Meet the other ranks that the launcher has started; nothing happens when there is no launcher."""
    if int(os.environ.get("WORLD_SIZE", 1)) > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))


def rank() -> int:
    """Number of this rank; 0 leads: it alone writes."""
    return dist.get_rank() if dist.is_initialized() else 0


def count() -> int:
    """How many ranks there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


def sum_gradients(model: nn.Module, loss: torch.Tensor) -> torch.Tensor:
    """Add up the gradients of all ranks, in place on each, and the loss, which is returned."""
    for p in model.parameters():
        p.grad = torch.zeros_like(p) if p.grad is None else p.grad
    if count() > 1:
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients] + [loss.reshape(1)])
        dist.all_reduce(flat)
        parts = flat.split([g.numel() for g in gradients] + [1])
        for gradient, part in zip(gradients, parts[:-1], strict=True):
            gradient.copy_(part.view_as(gradient))
        loss = parts[-1][0]
    return loss


def leader_says(flag: bool) -> bool:
    """What rank 0 was given, on every rank."""
    if count() == 1:
        return flag
    said = torch.tensor([float(flag)], device="cuda" if torch.cuda.is_available() else "cpu")
    dist.broadcast(said, 0)
    return bool(said)
