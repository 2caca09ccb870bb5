"""What the codec does to attacks and to held notes: `python benchmarks/attacks.py --songs 8`.

Held-out songs are rendered, and the composer tells when their notes start. Printed, by stem family:

- the rise of an attack, ms: from 10 to 90 % of the peak of the envelope (1 ms), the median over clean onsets;
- pre-echo, dB: the level 25 to 5 ms before the real attack reaches 10 %, against its peak; the mean, each at least -60 dB.

An onset is clean where no other lies 90 ms before or 60 ms after it and pre-echo of the real stem is below -26 dB. Then the line
that patches of 64 ms leave in the envelope of held notes: 24 steady tones are sent through, and the envelope's swing at
15.6 Hz is given in per cent, beside the mean swing at 9 to 14 and 17 to 22 Hz.
"""

import argparse

import numpy as np
import torch

from stemlab.codec.bundled import WEIGHTS, StemCodec
from stemlab.codec.phase import integrate_phase, phase_gradients
from stemlab.codec.spectrum import griffin_lim, istft, stft
from stemlab.data.pool import song_stems
from stemlab.songs.compose import EVAL_SEEDS, Part
from stemlab.songs.render import mit_soundfonts

RATE = 32_000
MS = RATE // 1000
FAMILIES = ("drums", "percussion", "bass", "guitar", "keys")
FLOOR_DB = -60.0


def envelope(audio: np.ndarray) -> np.ndarray:
    """RMS over about a millisecond, at every sample."""
    window = np.hanning(2 * MS + 1)
    return np.sqrt(np.convolve(audio.astype(np.float64) ** 2, window / window.sum(), "same").clip(0))


def attack(env: np.ndarray, onset: int) -> tuple[int, int, float]:
    """Where an envelope passes 10 and 90 % of its peak around an onset (samples), and the peak."""
    start = onset - 30 * MS
    near = env[start : onset + 60 * MS]
    peak = float(near.max())
    end = int(np.argmax(near >= 0.9 * peak))
    below = np.flatnonzero(near[:end] < 0.1 * peak)
    return start + (below[-1] + 1 if len(below) else 0), start + end, peak


def echo_db(env: np.ndarray, begins: int, peak: float) -> float:
    """Level before an attack that begins at a sample, dB against its peak."""
    before = np.mean(env[begins - 25 * MS : begins - 5 * MS] ** 2)
    return max(FLOOR_DB, 10 * np.log10(before / max(peak, 1e-9) ** 2 + 1e-9))


def clean_onsets(audio: np.ndarray, part: Part, bpm: float) -> list[int]:
    """Onsets (samples) that nothing else covers."""
    onsets = np.unique([round(note.start * 60 / bpm * RATE) for note in part.notes])
    chords = onsets[np.diff(onsets, prepend=-RATE) > 12 * MS]
    env, found = envelope(audio), []
    for onset in chords[(chords > 60 * MS) & (chords < len(audio) - 80 * MS)]:
        apart = onsets - onset
        crowded = ((apart > -90 * MS) & (apart < -12 * MS)) | ((apart > 12 * MS) & (apart < 60 * MS))
        begins, _, peak = attack(env, onset)
        if not crowded.any() and peak > 0.03 * env.max() and echo_db(env, begins, peak) < -26:
            found.append(int(onset))
    return found


def measured(real: np.ndarray, made: np.ndarray, onsets: list[int]) -> list[tuple[float, float]]:
    """Rise in ms and pre-echo in dB of each onset."""
    truth, env, rows = envelope(real), envelope(made), []
    for onset in onsets:
        begins = attack(truth, onset)[0]
        low, high, peak = attack(env, onset)
        rows.append(((high - low) / MS, echo_db(env, begins, peak)))
    return rows


def steady_tones(seconds: float = 4.096) -> torch.Tensor:
    """24 held notes of up to 20 harmonics, from 55 Hz up by 2.5 semitones: `(24, N)`."""
    time = torch.arange(round(seconds * RATE)) / RATE
    generator = torch.Generator().manual_seed(0)
    tones = []
    for note in range(24):
        pitch = 55 * 2 ** (note * 2.5 / 12)
        phases = 2 * np.pi * torch.rand(max(1, min(20, int(7000 / pitch))), generator=generator)
        tones.append(sum(torch.sin(2 * np.pi * pitch * k * time + p) / k for k, p in enumerate(phases, 1)))
    return 0.05 * torch.stack(tones)


def swing(audio: torch.Tensor) -> tuple[float, float]:
    """Swing of the envelope at 15.6 Hz and around it, per cent; medians over the tones."""
    inner = audio[:, RATE // 2 : -RATE // 2]
    env = inner[:, : inner.shape[1] // 128 * 128].unflatten(1, (-1, 128)).square().mean(2).sqrt().numpy()  # 250 Hz
    window = np.hanning(env.shape[1])
    depth = np.abs(np.fft.rfft((env / env.mean(1, keepdims=True) - 1) * window)) * 2 / window.sum()
    hz = np.fft.rfftfreq(env.shape[1], 1 / 250)
    line = depth[:, np.abs(hz - 15.625) < 0.8].max(1)
    around = np.sqrt(np.mean(depth[:, ((hz > 9) & (hz < 14.5)) | ((hz > 17) & (hz < 22))] ** 2, axis=1))
    return 100 * float(np.median(line)), 100 * float(np.median(around))


def ways(codec: StemCodec) -> dict:
    """What is compared: functions of audio `(S, N)`; all but the first two tell where a fault comes from."""

    def magnitude(audio: torch.Tensor) -> torch.Tensor:
        return 10 ** (codec.vocoder(codec.decode_bands(codec.encode(audio)))[0] / 20)

    def true_phase(audio: torch.Tensor) -> torch.Tensor:
        return istft(magnitude(audio) * (stft(audio) + 1e-30).sgn())

    def true_gradients(audio: torch.Tensor) -> torch.Tensor:
        spectrum = stft(audio)
        start = integrate_phase(spectrum.abs(), *phase_gradients(spectrum))
        return griffin_lim(spectrum.abs(), 2, momentum=0.0, start=start)

    return {
        "real": lambda audio: audio,
        "codec": lambda audio: codec.decode(codec.encode(audio)),
        "codec, Griffin-Lim": lambda audio: codec.decode(codec.encode(audio), vocoder="griffin-lim"),
        "its magnitudes, true phases": true_phase,
        "true magnitudes and gradients": true_gradients,
    }


@torch.no_grad()
def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=8.192)
    parser.add_argument("--weights", default=WEIGHTS, help="folder with vae and vocoder; the bundled ones by default")
    arguments = parser.parse_args()
    found = []
    for seed in range(EVAL_SEEDS, EVAL_SEEDS + arguments.songs):
        song, stems = song_stems(seed, arguments.seconds, mit_soundfonts() or None)
        for part, audio in zip(song.parts, stems, strict=True):
            onsets = clean_onsets(audio, part, song.bpm) if part.family in FAMILIES else []
            if onsets:
                found.append((part.family, audio, onsets))
    counts = {family: sum(len(onsets) for other, _, onsets in found if other == family) for family in FAMILIES}
    print(
        f"{arguments.songs} held-out songs of {arguments.seconds:g} s; rise in ms / pre-echo in dB; onsets in brackets\n"
    )
    print(
        "| | " + " | ".join(f"{family} ({count})" for family, count in counts.items()) + " | 15.6 Hz, % | around, % |"
    )
    print("|---|" + "---|" * (len(FAMILIES) + 2))
    for name, way in ways(StemCodec.load(arguments.weights)).items():
        rows: dict[str, list] = {family: [] for family in FAMILIES}
        for family, audio, onsets in found:
            rows[family] += measured(audio, way(torch.from_numpy(audio)[None])[0].numpy(), onsets)
        cells = [f"{np.median(r, 0)[0]:.1f} / {np.mean(r, 0)[1]:.0f}" if r else "-" for r in rows.values()]
        line, around = swing(way(steady_tones()))
        print(f"| {name} | " + " | ".join(cells) + f" | {line:.2f} | {around:.2f} |", flush=True)


if __name__ == "__main__":
    main()
