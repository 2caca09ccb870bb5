"""The student: the flow with guidance inside and few steps. It is followed where nothing else is asked for.

Lesson: 14_the_noise_that_is_the_song.ipynb
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stemlab.checkpoints.files import fingerprint, load_weights
from stemlab.checkpoints.low_rank import changed
from stemlab.lab.request import Request
from stemlab.model import VelocityNet
from stemlab.songs.held_chords import PIANIST
from stemlab.text import join_prompt


@dataclass(frozen=True)
class Student:
    """A network that was distilled from a flow.

    Attributes:
        model: the network.
        mark: a hash that names its weights.
        steps: how many it takes.
        led_by: what the stem is told whose part is the song of a shared noise.
        prompted: whether that stem is told the group's words too.
    """

    model: VelocityNet
    mark: str
    steps: int
    led_by: str = PIANIST
    prompted: bool = False

    def leader(self, prompt: str) -> str:
        """The words of the stem that the others are led by under the coupling "song", in a group with that prompt."""
        return join_prompt(self.led_by, prompt if self.prompted else "")

    def sampling(self, scheme: Any = Request.scheme, chords: Any = None) -> dict[str, Any]:
        """How it is followed, as arguments of a `Request` with that scheme and those chords."""
        own = {"student": self.mark, "steps": self.steps, "coupling": usual_coupling(True, scheme, chords)}
        return {**own, "guidance": 1.0, "mates": 1.0, "sampler": "quadratic-euler"}


def usual_coupling(student: bool, scheme: Any = Request.scheme, chords: Any = None) -> str:
    """The coupling where none is asked for: a student follows the song of the noise, a flow attention.

    But rounds hear those before, and chords lead better where stems see who plays them (`stemlab evaluate --tables chords`: 83 % of bars,
    under "song" 67).
    """
    return "song" if student and scheme == Request.scheme and chords is None else "attention"


def load_student(path: str | Path, flow: VelocityNet, mark: str) -> Student:
    """What `stemlab train configs/student.json` wrote.

    Args:
        path: of the weights, without suffix.
        flow: the flow that it was distilled from.  mark: the hash of that.
    Raises:
        ValueError: it was distilled from another flow, or is damaged.
    """
    change, about = load_weights(path)
    if about.get("flow") != mark:
        raise ValueError(
            f"{path}: it was distilled from another flow than the one beside it: take it out of the folder."
        )
    if type(steps := about.get("few")) is not int or not 1 <= steps <= 100:
        raise ValueError(f"{path}.json: few is {steps!r}; it takes 1 to 100 steps.")
    led_by, prompted = about.get("leader", PIANIST), about.get("prompted", False)
    if not isinstance(led_by, str) or type(prompted) is not bool:
        raise ValueError(
            f"{path}.json: leader is {led_by!r} and prompted {prompted!r}; they take a text, and true or false."
        )
    for name, tensor in change.items():
        if not tensor.is_floating_point() or not tensor.isfinite().all():
            raise ValueError(f"{path}: {name!r} has {tensor.dtype}, NaN or infinity in it: copy it again.")
    try:
        return Student(changed(flow, change).eval(), fingerprint(path), steps, led_by, prompted)
    except ValueError as error:
        raise ValueError(f"{path}: {error}: copy it again.") from None


def sampling_of(
    student: Student | None, scheme: Any = Request.scheme, chords: Any = None, **asked: Any
) -> dict[str, Any]:
    """How a request is sampled: by the student where there is one, and by the flow where something is asked for that the student has inside.

    Args:
        student: if there is one.
        scheme, chords: of the request.
        asked: arguments of `Sampling`, and rho; None for what was left out.
    """
    given = {name: value for name, value in asked.items() if value is not None}
    if student is None or set(given) - {"coupling", "rho"}:
        return given
    return {**student.sampling(scheme, chords), **given}
