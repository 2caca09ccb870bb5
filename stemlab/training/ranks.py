"""One training over several processes, on one machine or many: each is a rank with groups of its own.

Start them with `accelerate launch --multi_gpu --num_processes 2 -m stemlab train CONFIG --out OUT`, or with `torchrun`. A step has a
fixed number of parts, whatever the number of ranks: part p goes to rank `p % ranks`, and what a part holds, whole groups and
their noise, depends on the seed, the step and p alone. So the number of ranks changes the speed and not the result, and a run
may go on with another number. How to run it on a cluster: docs/cluster.md.
"""

import os
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import nn

from stemlab.data.processes import launched

PATIENCE = timedelta(hours=2)  # ranks wait so long for the one that encodes songs or writes a checkpoint


def join() -> None:
    """Meet the other ranks that the launcher has started; nothing happens when there is no launcher."""
    if launched()[1] > 1 and not dist.is_initialized():
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo", timeout=PATIENCE)


def device() -> torch.device:
    """Where this rank computes: its GPU when there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def rank() -> int:
    """Number of this rank; 0 leads: it alone writes."""
    return dist.get_rank() if dist.is_initialized() else 0


def count() -> int:
    """How many ranks there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


def deal(parts: int, evenly: bool = False) -> range:
    """Which parts of a step are this rank's.

    Args:
        parts: in a step.
        evenly: must each rank have as many as the others?
    Raises:
        ValueError: a rank would have nothing to do, or less than another that it must not leave behind.
    """
    if parts < count() or (evenly and parts % count()):
        takes = f"a multiple of {count()}" if evenly else f"{count()} or more"
        raise ValueError(
            f"parts: the config has {parts} for {count()} ranks; it takes {takes}. More parts of fewer stems each (sizes) keep the "
            "batch as it is; or start fewer processes."
        )
    return range(rank(), parts, count())


def sum_gradients(model: nn.Module, losses: torch.Tensor) -> torch.Tensor:
    """Add up the gradients of all ranks, in place on each, and a few losses `(L,)`, which are returned.

    Those of a network that is spread over the ranks (`sharding.py`) have been added up on the way back through it.
    """
    for p in model.parameters():
        p.grad = torch.zeros_like(p) if p.grad is None else p.grad
    if count() > 1:
        gradients = [p.grad for p in model.parameters() if p.grad is not None and not hasattr(p, "full_tensor")]
        flat = torch.cat([g.flatten() for g in gradients] + [losses])
        dist.all_reduce(flat)
        parts = flat.split([g.numel() for g in gradients] + [len(losses)])
        for gradient, part in zip(gradients, parts[:-1], strict=True):
            gradient.copy_(part.view_as(gradient))
        losses = parts[-1]
    return losses


def meet() -> None:
    """Wait here until all ranks have come."""
    if count() > 1:
        dist.barrier()


def leader_says(flag: bool) -> bool:
    """What rank 0 was given, on every rank."""
    if count() == 1:
        return flag
    said = torch.tensor([float(flag)], device=device())
    dist.broadcast(said, 0)
    return bool(said)
