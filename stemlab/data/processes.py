"""Which of several processes this one is, as a launcher such as `accelerate` tells in the environment."""

import os


def launched() -> tuple[int, int]:
    """Number of this process and how many there are, as the launcher tells them; `(0, 1)` without one."""
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def cores() -> int:
    """This process's share of the machine's cores."""
    return max(1, (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", 1)))
