"""StemMixer: hear a group with all stems in step, and turn each up, down, off or alone."""

import base64
import io
import os
from typing import Any

import anywidget
import numpy as np
import soundfile
import traitlets

from stemlab.audio import FRAME, activity
from stemlab.colours import colours
from stemlab.group import StemGroup
from stemlab.widgets.page import page, source, write_page

SCRIPT = source("dom.js", "engine.js", "files.js", "lanes.js", "mixer.js")
STYLE = source("theme.css", "mixer.css")


class StemMixer(anywidget.AnyWidget):
    """A mixer for notebooks: play, loop, seek; solo, mute and gain for each stem; downloads; keyboard.

    Args:
        group: what to play. Stems are turned down by the group's one gain, so that the mix does not clip.
    """

    _esm = SCRIPT
    _css = STYLE
    about = traitlets.Dict().tag(sync=True)
    sounds = traitlets.List(traitlets.Bytes()).tag(sync=True)

    def __init__(self, group: StemGroup):
        self._group = group
        super().__init__(about=describe(group), sounds=_sounds(group))

    def to_html(self, path: str | os.PathLike | None = None) -> str:
        """A self-contained page that plays the stems, without kernel and network; written to `path` too."""
        return write_page(mixer_page(self._group), path)


def mixer_page(group: StemGroup) -> str:
    """The HTML of a mixer for this group, sound included."""
    told = [f"{group.bpm:g} bpm" if group.bpm else "", group.key, f"{group.bars} bars" if group.bars else ""]
    state = {"about": describe(group), "sounds": [base64.b64encode(s).decode("ascii") for s in _sounds(group)]}
    line = ", ".join(filter(None, [*told, f"{group.seconds:.1f} s"]))
    return page(group.prompt or "stems", line, SCRIPT, STYLE, state)


def describe(group: StemGroup) -> dict[str, Any]:
    """All that the mixer shows and does not sound: times in seconds, peaks from 0 to 100."""
    return {
        "rate": group.sample_rate,
        "seconds": group.seconds,
        "beat": None if group.bpm is None else 60 / group.bpm,
        "bars": [] if group.bpm is None else np.arange(0, group.seconds, 240 / group.bpm).round(4).tolist(),
        "stems": [
            {
                "name": stem.name,
                "prompt": stem.prompt,
                "words": stem.prompt.partition(":")[2].strip(),
                "colour": colour,
                "peaks": peaks(stem.audio * group.gain),
                "active": runs(stem.audio, group.sample_rate),
            }
            for stem, colour in zip(group.stems, colours(group.names), strict=True)
        ],
    }


def peaks(audio: np.ndarray, count: int = 400) -> list[int]:
    """Highest absolute sample in each of `count` equal pieces, 0 to 100 for 0 to 1: enough for a waveform."""
    edges = np.linspace(0, len(audio), min(count, len(audio)) + 1).astype(int)[:-1]
    return (np.maximum.reduceat(np.abs(audio), edges) * 100).round().astype(int).tolist()


def runs(audio: np.ndarray, sample_rate: int) -> list[list[float]]:
    """Where a stem sounds, as [start, end] in seconds."""
    edges = np.flatnonzero(np.diff(np.r_[False, activity(audio), False].astype(int))).reshape(-1, 2)
    return (np.minimum(edges * FRAME, len(audio)) / sample_rate).round(3).tolist()


def compress(audio: np.ndarray, sample_rate: int) -> bytes:
    """`(N,)` as Ogg Vorbis, about 70 kbit/s; it keeps the exact number of samples, so loops stay seamless."""
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", sample_rate, 1, format="OGG", subtype="VORBIS") as out:
        for start in range(0, len(audio), sample_rate):  # libsndfile overflows its stack on one long Vorbis write
            out.write(audio[start : start + sample_rate])
    return buffer.getvalue()


def _sounds(group: StemGroup) -> list[bytes]:
    return [compress(stem.audio * group.gain, group.sample_rate) for stem in group.stems]
