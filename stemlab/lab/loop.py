"""A group whose end flows into its beginning: latents in a circle, turned by another part of a turn at each step.

The network knows no circle: where a piece begins and ends it hears one side only. So at every step the circle is cut at
another place, at least a quarter of it away from the end, and the end is a middle. What each frame is told (beat, activity, sub-mix) turns with
it. A circle has whole frames: music of N samples is made on the nearest number of them, at a tempo up to half a frame off,
and the codec plays it at the length that was asked for.

Lesson: 06_many_stems_at_once.ipynb
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from stemlab.codec.audio import periodic
from stemlab.framing import Grid
from stemlab.lab.gate import FADE, gate, splice
from stemlab.model import Prepared, VelocityNet

GOLDEN = 0.6180339887498949  # a step of it from time to time: no two cuts of a run lie close together
AROUND = 16  # frames of the other end that the codec hears before the beginning and behind the end


@dataclass(frozen=True)
class Loop:
    """A circle of frames.

    Args:
        samples: N, its length as it is heard.
        grid: of the codec.
    """

    samples: int
    grid: Grid

    @property
    def frames(self) -> int:
        """T: the whole number of latent frames that is nearest to the length."""
        return max(2, round(self.samples / self.grid.frame))

    @property
    def stretch(self) -> float:
        """How much longer the loop is than its frames: 1 but for half a frame."""
        return self.samples / (self.frames * self.grid.frame)

    def part(self, first: int, last: int) -> slice:
        """Latent frames in which samples from `first` up to `last` lie."""
        return self.grid.part(int(first / self.stretch), int(np.ceil(last / self.stretch - 1e-6)))

    def at_frames(self, marks: np.ndarray) -> np.ndarray:
        """Marks `(N,)` as they lie over the frames, `(T * frame,)`."""
        return marks[np.arange(self.frames * self.grid.frame) * self.samples // (self.frames * self.grid.frame)]

    def encode(self, codec: Any, audio: torch.Tensor) -> torch.Tensor:
        """Latents `(S, C, T)` of sound `(S, N)` or `(S, 2, N)` that goes round."""
        frame = self.grid.frame
        turned = torch.from_numpy(periodic(audio.numpy(), self.frames * frame))
        around = turned[..., torch.arange(-AROUND * frame, (self.frames + AROUND) * frame) % turned.shape[-1]]
        return codec.encode(around)[:, :, AROUND : AROUND + self.frames]

    def decode(self, codec: Any, latents: torch.Tensor) -> torch.Tensor:
        """Sound that goes round, `(S, N)` or `(S, 2, N)`, of latents `(S, C, T)`.

        The codec is given the circle and some of it once more on either side. Before the seam the end as it came goes over
        into what came before the beginning, in the 16 ms of the last half second in which both are most alike.
        """
        around = latents[:, :, torch.arange(-AROUND, self.frames + AROUND) % self.frames]
        sound = codec.decode(around, stretch=self.stretch)
        start = round(AROUND * self.samples / self.frames)
        return torch.stack([closed(row[..., : start + self.samples], start) for row in sound])

    def gate(self, audio: torch.Tensor, marks: np.ndarray) -> torch.Tensor:
        """As `gate.gate`, with ramps where the stem plays on one side of the seam alone."""
        thrice = gate(torch.cat([audio] * 3, -1), np.tile(marks, 3), self.grid.sample_rate)
        return thrice[..., self.samples : 2 * self.samples]

    def splice(self, old: torch.Tensor, new: torch.Tensor, start: int, stop: int) -> torch.Tensor:
        """As `gate.splice`, on the circle: what lies before sample 0 is the end."""
        turn = (self.samples - start - stop) // 2  # so that the part lies in the middle
        turned = splice(old.roll(turn, -1), new.roll(turn, -1), start + turn, stop + turn)
        return turned.roll(-turn, -1)


class Turning:
    """A VelocityNet for pieces in a circle: at each time of the flow it sees them cut at another place.

    Args:
        model: the network.
        steps: of the solver.
    """

    def __init__(self, model: VelocityNet, steps: int):
        self.model, self.steps = model, steps
        self.window, self.frame_seconds, self.text, self.prepare = (
            model.window, model.frame_seconds, model.text, model.prepare,
        )  # fmt: skip

    def __call__(self, x: torch.Tensor, t: torch.Tensor, p: Prepared) -> torch.Tensor:
        frames = x.shape[2]
        place = 2 * self.steps * float(t.min()) ** 0.5  # another at each step, whole ones where steps are quadratic
        turn = round(frames * (0.25 + GOLDEN * place % 1 / 2))
        told = torch.cat([p.frames[:, turn:frames], p.frames[:, :turn], p.frames[:, frames:]], dim=1)
        return self.model(x.roll(-turn, 2), t, replace(p, frames=told)).roll(turn, 2)


def closed(sound: torch.Tensor, start: int) -> torch.Tensor:
    """The loop, without what came before it; before its end it goes over into that.

    Args:
        sound: `(start + N,)` or `(2, start + N)`: the last `start` samples before the loop once more, then the loop.
    """
    before, loop = sound[..., :start], sound[..., start:].clone()
    span = min(start, loop.shape[-1]) // 2
    end = loop[..., -span:]
    apart = (end - before[..., -span:]).square().reshape(-1, span).sum(0)
    total = torch.nn.functional.pad(apart.double().cumsum(0), (1, 0))
    at = int((total[FADE:] - total[:-FADE]).argmin())
    loop[..., -span:] = splice(end, before[..., -span:], at + FADE, span)
    return loop


def check_loop(loop: Any, bpm: float | None, seconds: float | None, activity: Any) -> None:
    """ValueError unless `loop` is True or False and goes with the rest of a request."""
    if not isinstance(loop, bool):
        raise ValueError(f"loop: got {loop!r}; it takes True or False.")
    if loop and bpm and seconds is not None:
        raise ValueError(
            f"loop: got seconds={seconds!r} and a bpm; a loop has whole bars: give bars instead of seconds."
        )
    for name, pattern in activity.items() if loop and isinstance(activity, dict) else ():
        if not isinstance(pattern, str | list):
            raise ValueError(f"activity[{name!r}]: a loop takes bars or beats, not frames: give a text or a list.")
