"""StemMixer: hear a group with all stems in step, and turn each up, down, off or alone."""

import io
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import soundfile
import traitlets

from stemlab.codec.audio import FRAME, activity, resample
from stemlab.figures.colours import colours
from stemlab.framing import Grid
from stemlab.lab.group import Stem, StemGroup
from stemlab.lab.notes import heard_already
from stemlab.songs.meter import beat_of, beats_in
from stemlab.widgets.desk import DESK, keep_desk, tidy_desk
from stemlab.widgets.export import answer, export
from stemlab.widgets.kept import KeptWidget, frame, most_bytes
from stemlab.widgets.page import page, script, source, write_page

MIXER = (
    "dom.js", "shell.js", "kernel.js", "strip.js", "seam.js", "click.js", "engine.js", "files.js", "exporter.js",
    "lanes.js", "view.js", "sections.js", "keys_help.js", "pointer.js", "row.js", "transport.js", "mixer.js", "deck.js",
)  # fmt: skip
SCRIPT = script(*MIXER, render="renderMixer")
STYLE = source("theme.css", "mixer.css")
GOOD, COARSE = 0.4, 0.0  # of the sound that a page has: see `compress`
LEAST = {GOOD: 9_000, COARSE: 3_500}  # bytes of base64 for a second of a channel: more than this it surely takes
Packed = list[list[bytes]]


class StemMixer(KeptWidget):
    """A mixer for notebooks: play, loop, seek; solo, mute and gain for each stem; downloads; keyboard.

    Args:
        group: what to play. Stems are turned down by the group's one gain, so that the mix does not clip.
        other: a group to compare with: A and B change over between them at the playhead, while it plays.
    """

    _esm = SCRIPT
    _css = STYLE
    versions = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(self, group: StemGroup, other: StemGroup | None = None):
        self._groups = [group] if other is None else [group, other]
        super().__init__(versions=[{"about": describe(g), "sounds": sounds(g)} for g in self._groups])

        self.on_msg(self._heard)

    def _heard(self, _: Any, message: dict[str, Any], buffers: list) -> None:
        """What the page asks for: a file."""
        if message.get("do") == "export":
            asked = {name: message[name] for name in ("what", "kind", "rate", "desk") if name in message}
            answer(self, message.get("order"), lambda: export(self._groups[message.get("version", 0)], **asked))

        elif message.get("do") == "notes":
            self.send(notes_told(self._groups[message.get("version", 0)], message.get("order")))

        elif message.get("do") == "desk":
            keep_desk(self._groups[message.get("version", 0)], message["desk"])

    def to_html(self, path: str | os.PathLike | None = None) -> str:
        """A self-contained page that plays the stems, without kernel and network; written to `path` too."""
        return write_page(mixer_page(*self._groups), path)

    def kept_html(self) -> str:
        """See `KeptWidget`."""
        return group_html(*self._groups, mark=self.kept, packed=[version["sounds"] for version in self.versions])


def mixer_page(*groups: StemGroup, quality: float = GOOD, packed: Packed | None = None) -> str:
    """The HTML of a mixer for a group, or for two to compare, sound included."""
    first = groups[0]
    told = [f"{first.bpm:g} bpm" if first.bpm else "", first.key, f"{first.bars} bars" if first.bars else ""]
    packed = packed or [sounds(group, quality) for group in groups]
    told += [
        f"{first.seconds:.1f} s",
        f"{sum(len(data) for stems in packed for data in stems):,} bytes of sound in preview quality",
    ]
    sound = [[(stem.name, data) for stem, data in zip(g, s, strict=True)] for g, s in zip(groups, packed, strict=True)]
    state = {"versions": [{"about": describe(group)} for group in groups]}
    return page(first.prompt or "stems", ", ".join(filter(None, told)), SCRIPT, STYLE, state, sound)


def group_html(*groups: StemGroup, mark: str = "", packed: Packed | None = None) -> str:
    """The mixer within a page, such as a notebook: all stems where that is small enough, else coarser, else the mix alone.

    Args:
        groups: one, or two to compare.
        mark: of the live view that it stands in for.
        packed: `sounds` of each group, where they are there already.
    """

    def pages() -> Iterator[str]:
        for way, quality in WAYS:
            kept = [way(group) for group in groups]
            if (
                sum(len(group) * group.audio[0].size / group.sample_rate for group in kept) * LEAST[quality]
                < most_bytes()
            ):
                yield mixer_page(
                    *kept, quality=quality, packed=packed if kept == [*groups] and quality == GOOD else None
                )

    words = f"Mixer with the stems {', '.join(groups[0].names)}"
    return frame(pages(), words, 150 + 66 * max(map(len, groups)), mark)


def _mixed(group: StemGroup, sample_rate: int | None = None) -> StemGroup:
    """The mix of a group as its only stem: what is kept of long ones."""
    rate = sample_rate or group.sample_rate
    mix = Stem("mix", f"mix: {', '.join(group.names)}", resample(group.mix(), group.sample_rate, rate))
    settings: dict[str, Any] = {n: group.settings[n] for n in ("downbeat", "grid", "meter") if n in group.settings}
    return StemGroup([mix], group.bpm, group.key, group.bars, group.prompt, rate, settings)


WAYS: list[tuple[Callable[[StemGroup], StemGroup], float]] = [
    (lambda group: group, GOOD), (lambda group: group, COARSE), (_mixed, COARSE), (lambda group: _mixed(group, 16_000), COARSE),
]  # fmt: skip


def describe(group: StemGroup) -> dict[str, Any]:
    """All that the mixer shows and does not sound: times in seconds, peaks from 0 to 100."""
    return {
        "rate": group.sample_rate,
        "seconds": group.seconds,
        "beat": None if group.bpm is None else beat_of(group.meter) * 60 / group.bpm,
        "perBar": beats_in(group.meter),
        "downbeat": group.downbeats[0] if len(group.downbeats) else 0.0,
        "bars": group.downbeats.round(4).tolist(),
        "loop": bool(group.settings.get("loop")),
        "notes": rolls(group) if all(heard_already(stem) for stem in group) else None,
        "desk": tidy_desk(group.settings.get(DESK), group.names),
        "stems": [
            {
                "name": stem.name,
                "prompt": stem.prompt,
                "words": stem.prompt.partition(":")[2].strip(),
                "colour": colour,
                "peaks": peaks(stem.mono * group.gain),
                "active": runs(stem.mono, group.sample_rate),
                "asked": asked(group, stem.name),
            }
            for stem, colour in zip(group.stems, colours(group.names), strict=True)
        ],
    }


def rolls(group: StemGroup) -> list[list[list[float]]]:
    """The notes of each stem as [start, end, pitch]."""
    return [[[round(n.start, 3), round(n.end, 3), n.pitch] for n in stem.notes(group.sample_rate)] for stem in group]


def notes_told(group: StemGroup, order: int | None) -> dict[str, Any]:
    """What the page gets that asked for a group's notes under the number `order`."""
    return {"kind": "answer", "order": order, "notes": rolls(group)}


def peaks(audio: np.ndarray, count: int = 400) -> list[int]:
    """Highest absolute sample in each of `count` equal pieces, 0 to 100 for 0 to 1: enough for a waveform."""
    edges = np.linspace(0, len(audio), min(count, len(audio)) + 1).astype(int)[:-1]
    return (np.maximum.reduceat(np.abs(audio), edges) * 100).round().astype(int).tolist()


def runs(audio: np.ndarray, sample_rate: int) -> list[list[float]]:
    """Where a stem sounds, as [start, end] in seconds."""
    return spans(activity(audio), len(audio), sample_rate)


def spans(frames: np.ndarray, samples: int, sample_rate: int, frame: int = FRAME) -> list[list[float]]:
    """Stretches of frames that are on, as [start, end] in seconds."""
    edges = np.flatnonzero(np.diff(np.r_[False, frames, False].astype(int))).reshape(-1, 2)
    return (np.minimum(edges * frame, samples) / sample_rate).round(3).tolist()


def asked(group: StemGroup, name: str) -> list[list[float]] | None:
    """Where a stem was asked to play, as [start, end] in seconds; None for one that was left free."""
    from stemlab.activity import PLAY
    from stemlab.lab.draft import asked_activity

    marks, samples, frame = asked_activity(group).get(name), group[name].audio.shape[-1], Grid.of(group.settings).frame
    return None if marks is None else spans(marks.numpy() == PLAY, samples, group.sample_rate, frame)


def compress(audio: np.ndarray, sample_rate: int, quality: float = GOOD) -> bytes:
    """`(N,)`, or `(2, N)` in stereo, as Ogg Vorbis; it keeps the exact number of samples, so loops stay seamless.

    Args:
        quality: 0 to 1; 0.4 gives about 70 kbit/s a channel, 0 gives 45.
    """
    buffer, samples = io.BytesIO(), np.atleast_2d(audio).T  # (N, channels)
    kind = {"format": "OGG", "subtype": "VORBIS", "compression_level": 1 - quality}
    with soundfile.SoundFile(buffer, "w", sample_rate, samples.shape[1], **kind) as out:
        for start in range(0, len(samples), sample_rate):  # libsndfile overflows its stack on one long Vorbis write
            out.write(samples[start : start + sample_rate])
    return buffer.getvalue()


def sounds(group: StemGroup, quality: float = GOOD) -> list[bytes]:
    """Each stem packed, turned down by the group's one gain."""
    return [compress(stem.audio * group.gain, group.sample_rate, quality) for stem in group.stems]
