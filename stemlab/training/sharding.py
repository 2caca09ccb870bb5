"""A model whose weights, gradients and running means are spread over the ranks (FSDP), for those that one GPU cannot hold.

`accelerate launch --config_file configs/fsdp.yaml` asks for it. Each block's weights are gathered just before they are used, and
given back after it; a checkpoint holds whole tensors, so one process can go on with what many have begun, and the other way round.

Source: Zhao et al. 2023, "PyTorch FSDP", arXiv:2304.11277.
"""

import os
import warnings
from typing import Any

import torch

from stemlab.training import ranks


def wanted() -> bool:
    """Has the launcher asked for sharding?"""
    return ranks.count() > 1 and os.environ.get("ACCELERATE_USE_FSDP", "").lower() == "true"


def shard(net: Any) -> None:
    """Spread a network over the ranks, in place; nothing happens when the launcher has not asked for it.

    Gradients are added up, as `ranks.sum_gradients` does it for a network that each rank has whole.
    """
    if not wanted():
        return
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import FSDPModule, fully_shard, register_fsdp_forward_method

    warnings.filterwarnings("ignore", "FSDP2-wrapped module .* returned a view")  # nothing here writes into one
    mesh = init_device_mesh(ranks.device().type, (ranks.count(),))
    for block in net.blocks:
        fully_shard(block.cross, mesh=mesh)  # apart from its block: it reads the text before the blocks begin
        register_fsdp_forward_method(block.cross, "keys_values")
        fully_shard(block, mesh=mesh)
    fully_shard(net, mesh=mesh)
    for name in ("prepare", "velocity_and_notes"):
        register_fsdp_forward_method(net, name)
    for module in net.modules():
        if isinstance(module, FSDPModule):
            module.set_force_sum_reduction_for_comms(True)  # the only one that gloo knows
            module.set_gradient_divide_factor(1.0)


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """All of a tensor, from all ranks; each of them has to call this."""
    return tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor


def as_spread(tensor: torch.Tensor, place: Any) -> torch.Tensor:
    """A whole tensor, spread like the one in whose place it goes; as it is when that one is whole, or a count of steps."""
    if not hasattr(place, "full_tensor") or tensor.shape != place.shape:
        return tensor
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(tensor.to(place.device), place.device_mesh, place.placements, src_data_rank=None)
