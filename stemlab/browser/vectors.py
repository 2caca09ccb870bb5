"""Small inputs and what Python makes of them: whoever writes the parts between the networks anew can check them, as our JavaScript does."""

import base64
from typing import Any

import numpy as np
import torch

from stemlab.activity import frame_marks, pattern_marks
from stemlab.codec.bundled import _sounding
from stemlab.codec.phase import BINS, integrate_phase, phase_gradients, sharpen_attacks
from stemlab.codec.spectrum import HOP, griffin_lim, istft, stft
from stemlab.lab.gate import gate, ramped
from stemlab.sampling import euler, in_interval, led_by, quadratic
from stemlab.songs.names import unique_names
from stemlab.text import tokenize

TEXTS = ["drums: Tight Funk Kit | funk", "", "öl 鼓 🥁", "x" * 200]
STEMS = ["drums: tight funk kit", "Electric  Piano", "drums: shaker", "bass_guitar!", "Bläser: a: b"]
BARS = [("x.x", 97.0), (".xx", 133.3), ("...", 240.0)]


def vectors(seed: int = 0) -> dict[str, Any]:
    """All of them, by what they check; arrays as `packed`.

    Args:
        seed: of the random numbers in them.
    """
    draw = torch.Generator().manual_seed(seed)
    normal = lambda *shape: torch.randn(*shape, generator=draw)  # noqa: E731
    together, alone, null, noise = normal(4, 5, 6).unbind()
    audio, frames = 0.3 * normal(1, 7 * HOP), 7
    audio[:, : 3 * HOP] *= 1e-3  # an attack
    spectrum = stft(audio)
    magnitude, turns = spectrum.abs(), 0.6 * normal(frames, 4, BINS)
    time, frequency = torch.complex(turns[:, 0], turns[:, 1]), torch.complex(turns[:, 2], turns[:, 3])
    time, frequency = time.T[None], frequency.T[None]  # (1, BINS, F)
    phased = integrate_phase(magnitude, time, frequency)
    wave = griffin_lim(magnitude, 2, momentum=0.0, start=phased)
    hit = torch.zeros(1, 7 * HOP)
    hit[:, 4 * HOP + 100 :] = normal(1, 3 * HOP - 100)
    heard = stft(hit)
    gradients = phase_gradients(heard)
    early = hit + 0.1 * normal(1, 7 * HOP)  # sounds before its time
    bands = torch.where(normal(1, 128, 8) > 2.3, -30.0, -95.0)
    marks = [pattern_marks(bars, bpm, len(bars), 9000) for bars, bpm in BARS]
    return {
        "led_by": {
            "parts": [packed(part) for part in (together, alone, null)],
            "three": packed(led_by(together, alone, null, guidance=2.5, mates=4.0)),
            "two": packed(led_by(together, null, guidance=3.0, mates=3.0)),
        },
        "in_interval": [
            [step, steps, list(interval), in_interval(step, steps, interval)]
            for steps in (1, 4, 8, 32) for interval in ((0, 14), (3, 28)) for step in range(steps)
        ],
        "solvers": {"noise": packed(noise)} | {
            solver.__name__: packed(solver(lambda x, t, step: t - x + step, noise, 8)) for solver in (euler, quadratic)
        },
        "names": {"stems": STEMS, "out": unique_names(STEMS)},
        "tokens": {"texts": TEXTS, "out": tokenize(TEXTS).tolist()},
        "marks": [
            {"bars": bars, "bpm": bpm, "out": packed(told), "frames": frame_marks(told).tolist()}
            for (bars, bpm), told in zip(BARS, marks, strict=True)
        ],
        "gate": {"audio": packed(audio[0]), "marks": packed(marks[0][: audio.shape[1]]), "out": packed(gate(audio[0], marks[0][: audio.shape[1]]))},
        "ramped": {"audio": packed(audio[0].flip(0)), "out": packed(ramped(audio[0].flip(0)))},
        "stft": {"audio": packed(audio), "re": _rows(spectrum.real), "im": _rows(spectrum.imag)},
        "istft": {"re": _rows(phased.real), "im": _rows(phased.imag), "out": packed(istft(phased))},
        "phase": {"magnitude": _rows(magnitude), "turns": packed(turns), "re": _rows(phased.real), "im": _rows(phased.imag)},
        "griffin_lim": packed(wave),
        "attack": {
            "audio": packed(early), "magnitude": _rows(heard.abs()), "out": packed(sharpen_attacks(early, heard.abs(), gradients[1])),
            "turns": packed(torch.stack([g[0].T for pair in gradients for g in (pair.real, pair.imag)], 1)),
        },
        "sounding": {"bands": packed(bands), "out": packed(_sounding(bands))},
    }  # fmt: skip


def packed(array: torch.Tensor | np.ndarray) -> dict[str, Any]:
    """Numbers as JSON keeps them: their shape, and float32 in base64."""
    values = np.ascontiguousarray(np.asarray(array), np.float32)
    return {"shape": list(values.shape), "float32": base64.b64encode(values.tobytes()).decode("ascii")}


def _rows(spectrum: torch.Tensor) -> dict[str, Any]:
    """`(1, BINS, F)` frame by frame, as the JavaScript has it."""
    return packed(spectrum[0].T)
