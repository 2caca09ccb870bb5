"""Files to take away, from the samples themselves: each stem, the mix as it is set, or all of it in one ZIP.

Lesson: 11_stem_studio.ipynb
"""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import soundfile

from stemlab.codec.audio import resample
from stemlab.lab.group import StemGroup
from stemlab.lab.midi_file import midi_bytes
from stemlab.widgets.desk import mixdown

KINDS = {"wav": ("WAV", "PCM_24"), "flac": ("FLAC", "PCM_24"), "float": ("WAV", "FLOAT")}
RATES = (44_100, 48_000)  # Hz, besides the group's own


def export(
    group: StemGroup, what: str | int, kind: str = "wav", rate: int | None = None, desk: Mapping[str, Any] | None = None
) -> tuple[str, bytes]:
    """One file.

    Args:
        group: the stems.
        what: index of a stem, whose samples are given as they are; "mix", as the desk is set; "midi", the notes that are
            heard; "zip" for all of these.
        kind: "wav" and "flac" have 24 bits, "float" is a WAV of 32-bit floats.
        rate: in Hz: the group's own, 44100 or 48000.
        desk: as for `desk.tidy_desk`.
    Returns:
        its name, with the tempo in it, and its bytes.
    Raises:
        ValueError: an argument is not what it may be.
    """
    rates = dict.fromkeys([group.sample_rate, *RATES])
    rate = rate or group.sample_rate
    if kind not in KINDS:
        raise ValueError(f"kind: got {kind!r}; it takes one of {', '.join(KINDS)}.")
    if rate not in rates:
        raise ValueError(f"rate: got {rate!r} Hz; it takes one of {', '.join(map(str, rates))}.")
    if what == "zip":
        return f"{_name(group)}_stems.zip", _zip(group, kind, rate, desk)
    if what == "midi":
        return f"{_name(group)}.mid", midi_bytes(group)
    if what == "mix":
        return f"{_name(group)}_mix{_end(kind)}", _file(mixdown(group, desk), group.sample_rate, kind, rate)
    if not isinstance(what, int) or not 0 <= what < len(group):
        raise ValueError(f'what: got {what!r}; it takes "zip", "mix", "midi" or a stem from 0 to {len(group) - 1}.')
    name = f"{what + 1:02d}_{_plain(group[what].name)}{_tempo(group)}{_end(kind)}"
    return name, _file(group[what].audio * _headroom(group, kind), group.sample_rate, kind, rate)


def answer(widget: Any, order: int | None, make: Callable[[], tuple[str, bytes]]) -> None:
    """Send a file to the page that asked for it under the number `order`, or the line that says why there is none."""
    try:
        name, data = make()
    except ValueError as error:
        widget.send({"kind": "answer", "order": order, "error": str(error)})
    else:
        widget.send({"kind": "answer", "order": order, "name": name}, buffers=[data])


def _zip(group: StemGroup, kind: str, rate: int, desk: Mapping[str, Any] | None) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for what in [*range(len(group)), "mix", "midi"]:
            archive.writestr(*export(group, what, kind, rate, desk))
    return packed.getvalue()


def _headroom(group: StemGroup, kind: str) -> float:
    """1, unless a stem is too loud for whole numbers: then all stems are turned down alike."""
    return 1.0 if kind == "float" else float(1 / max(1.0, np.abs(group.audio).max()))


def _file(audio: np.ndarray, from_rate: int, kind: str, rate: int) -> bytes:
    form, subtype = KINDS[kind]
    samples, packed = resample(audio, from_rate, rate).T, io.BytesIO()
    if kind != "float":
        samples = np.clip(samples, -1, 1)  # another rate may have a peak that is a hair higher
    soundfile.write(packed, samples, rate, format=form, subtype=subtype)
    return packed.getvalue()


def _name(group: StemGroup) -> str:
    return f"{_plain(group.prompt or 'stems')[:40].strip('-')}{_tempo(group)}"


def _tempo(group: StemGroup) -> str:
    return f"_{group.bpm:g}bpm" if group.bpm else ""


def _end(kind: str) -> str:
    return ".flac" if kind == "flac" else ".wav"


def _plain(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") or "stem"
