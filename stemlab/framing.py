"""How a codec cuts sound: its rate, its latent frames, one channel or two. All that places music in time asks this.

Lesson: 02_latents.ipynb
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

SAMPLE_RATE = 32_000  # Hz, of the bundled codec
FRAME = 2048  # samples in one of its latent frames: 64 ms
ONE_PASS = 20.0  # seconds that may be asked for at once
WINDOW = 192  # latent frames
MOST = 1_000_000  # of each of a grid's numbers
WINDOW_SECONDS = WINDOW * FRAME / SAMPLE_RATE  # 12.288 s: of the longest pieces that the bundled flow was trained on


@dataclass(frozen=True)
class Grid:
    """The numbers of a codec and of the flow that was trained on it; by default those of the bundled ones.

    Args:
        sample_rate: in Hz.
        frame: samples in one latent frame.
        sides: channels of sound in a stem: 1 is mono, 2 is stereo.
        channels: C, of the latent.
        window: latent frames of the longest pieces in training.

    >>> Grid().frames(32_000), Grid(44_100, 512).seconds
    (16, 0.011609977324263039)
    """

    sample_rate: int = SAMPLE_RATE
    frame: int = FRAME
    sides: int = 1
    channels: int = 32
    window: int = WINDOW

    @property
    def seconds(self) -> float:
        """Length of a latent frame."""
        return self.frame / self.sample_rate

    @property
    def longest(self) -> float:
        """Seconds that may be asked for at once."""
        return max(ONE_PASS, self.window * self.seconds)

    def frames(self, samples: int) -> int:
        """Latent frames that hold so many samples; the last one may be filled up with silence."""
        return -(-samples // self.frame)

    def part(self, first: int, last: int) -> slice:
        """Latent frames in which samples from `first` up to `last` lie."""
        return slice(first // self.frame, self.frames(last))

    def kept(self) -> dict[str, int]:
        """As a session keeps it."""
        return asdict(self)

    def check(self, channels: int, frame_seconds: float) -> None:
        """ValueError unless a flow of so many channels, in frames of that length, goes with the codec."""
        if channels != self.channels or abs(frame_seconds / self.seconds - 1) > 1e-4:
            raise ValueError(
                f"the flow takes {channels} channels in frames of {frame_seconds:g} s, the codec makes {self.channels} in "
                f"frames of {self.seconds:g} s. To train one for it, put into the config's model: {self.asks()}"
            )

    def asks(self) -> str:
        """What the model of a config says so that it goes with the codec."""
        window = round(WINDOW_SECONDS / self.seconds)
        return f'"channels": {self.channels}, "frame_seconds": {self.seconds:.9g}, "window": {window}'

    @classmethod
    def of_codec(cls, codec: Any, window: int | None = None) -> "Grid":
        """The grid of a codec, by its attributes; windows of 12.3 s unless the flow's are told."""
        window = window or round(WINDOW_SECONDS * codec.sample_rate / codec.frame)
        return cls(codec.sample_rate, codec.frame, codec.sides, codec.channels, window)

    @classmethod
    def of(cls, settings: dict[str, Any]) -> "Grid":
        """The grid of a group, from its settings; those that tell none are from the bundled codec."""
        told = settings.get("grid", {})
        known = isinstance(told, dict) and set(told) <= {field.name for field in fields(cls)}
        if not known or any(type(value) is not int or not 0 < value <= MOST for value in told.values()):
            raise ValueError(f"settings: the grid {str(told)[:200]} is of another version of stemlab")
        return cls(**told)


BUNDLED = Grid()
