"""Where a StemLab computes: devices by the names that users know, and whether this machine has them."""

import torch


def device_of(name: str | torch.device | None) -> torch.device:
    """The device of that name, if this machine has it; see `StemLab.to`."""
    there = ["cpu", *["cuda"] * torch.cuda.is_available(), *["mps"] * torch.backends.mps.is_available()]
    if name is None:
        return torch.device("cuda" if "cuda" in there else "cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        device = None
    if device is None or device.type not in there or (device.index or 0) >= max(1, torch.cuda.device_count()):
        raise ValueError(f"device: got {str(name)!r}; this machine has {', '.join(there)}: leave it out for the best.")
    return device
