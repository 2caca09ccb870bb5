"""The plain synchronised player as one self-contained page: script, styles and compressed audio inside."""

import base64
import io
import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

if TYPE_CHECKING:
    from stemlab.group import StemGroup

_HERE = Path(__file__).parent


def page(group: "StemGroup") -> str:
    """The HTML of the player: it needs no kernel, no network and no other file.

    Stems are Ogg Vorbis, turned down by the group's one gain, and start at one instant of one AudioContext.
    """
    told = [
        f"{group.bpm:g} bpm" if group.bpm else "",
        group.key or "",
        f"{group.bars} bars" if group.bars else "",
    ]
    data = {
        "seconds": group.seconds,
        "bars": [] if group.bpm is None else np.arange(0, group.seconds, 240 / group.bpm).round(4).tolist(),
        "stems": [
            {
                "name": s.name,
                "prompt": s.prompt,
                "peaks": peaks(s.audio * group.gain),
                "audio": _ogg(s.audio * group.gain, group),
            }
            for s in group.stems
        ],
    }
    parts = {
        "TITLE": escape(group.prompt or "stems"),
        "ABOUT": escape(", ".join(filter(None, [*told, f"{group.seconds:.1f} s"]))),
        "DATA": json.dumps(data).replace("</", "<\\/"),
        "SCRIPT": (_HERE / "player.js").read_text(encoding="utf-8"),
    }
    head, *rest = (_HERE / "player.html").read_text(encoding="utf-8").split("@@")
    names, texts = rest[::2], rest[1::2]
    return head + "".join(parts[name] + text for name, text in zip(names, texts, strict=True))


def peaks(audio: np.ndarray, count: int = 400) -> list[int]:
    """Highest absolute sample in each of `count` equal pieces, 0 to 100 for 0 to 1: enough for a waveform."""
    edges = np.linspace(0, len(audio), min(count, len(audio)) + 1).astype(int)[:-1]
    return (np.maximum.reduceat(np.abs(audio), edges) * 100).round().astype(int).tolist()


def compress(audio: np.ndarray, sample_rate: int) -> bytes:
    """`(N,)` as Ogg Vorbis, about 70 kbit/s; it keeps the exact number of samples, so loops stay seamless."""
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", sample_rate, 1, format="OGG", subtype="VORBIS") as out:
        for start in range(0, len(audio), sample_rate):  # libsndfile overflows its stack on one long Vorbis write
            out.write(audio[start : start + sample_rate])
    return buffer.getvalue()


def _ogg(audio: np.ndarray, group: "StemGroup") -> str:
    return base64.b64encode(compress(audio, group.sample_rate)).decode("ascii")
