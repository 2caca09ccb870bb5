"""The noise that a recording comes from: the flow run backwards.

Noise carries what it becomes. A stem that starts from the noise of a mix plays what its instrument plays in that mix, as far as the
network finds it: so stems are asked out of a recording by words, and nothing was trained for it.

Measured: `docs/song_noise.md`, by `benchmarks/out_of_a_mix.py`.
Lesson: 14_the_noise_that_is_the_song.ipynb
"""

from typing import TYPE_CHECKING, Any

import torch

from stemlab.lab.telling import told_in
from stemlab.model import Prepared, VelocityNet
from stemlab.sampling import Sampling, integrate

if TYPE_CHECKING:
    from stemlab.lab.draft import Draft
    from stemlab.lab.stem_lab import StemLab

WORDS = "mix"  # what a recording is told to be; mixes were stems of their own in the training of the bundled flow
STEPS = 16


class Backwards:
    """A VelocityNet whose time runs from data to noise.

    Args:
        model: the network.
    """

    def __init__(self, model: VelocityNet):
        self.model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def __call__(self, x: torch.Tensor, t: torch.Tensor, p: Prepared) -> torch.Tensor:
        return -self.model(x, (1 - t).clamp(max=0.999), p)  # at 1 stand stems that are given


def noise_behind(lab: "StemLab", draft: "Draft") -> torch.Tensor:
    """The noise that a draft's recording comes from, `(C, T)`: its own flow, without guidance, by the midpoint method."""
    latents = draft.latents[draft.names[0]]
    told = told_in(lab, draft, [WORDS], latents.shape[1], with_key=False)
    how = Sampling(steps=STEPS, guidance=1.0, mates=1.0, coupling="noise", sampler="midpoint")
    return integrate(Backwards(lab.model), told.to(lab.device), latents[None].to(lab.device), how)[0].cpu()  # type: ignore[arg-type]
