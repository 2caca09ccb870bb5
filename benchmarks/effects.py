"""A page with every effect of the renderer, before and after: sound, spectrogram, level, crest, time to die away, treble.

python benchmarks/effects.py [--out effects.html] [--picture effects.png]
"""

import argparse
import base64
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile
from matplotlib.figure import Figure

from stemlab.songs.compose import Effect, compose
from stemlab.songs.effects import told
from stemlab.songs.render import mit_soundfonts, render

RATE, SECONDS = 32_000, 5.0
SHOWN = [  # family, seed of a song, effects: kind and amount
    ("drums", 3, [("room", 0.15)]), ("drums", 3, [("room", 0.95)]), ("drums", 3, [("compression", 0.9)]),
    ("drums", 3, [("touch", 1.0)]), ("guitar", 8, [("amplifier", 0.15)]), ("guitar", 8, [("amplifier", 0.5)]),
    ("guitar", 8, [("amplifier", 0.95)]), ("bass", 5, [("compression", 0.6)]), ("keys", 2, [("touch", 1.0)]),
    ("strings", 4, [("room", 0.9)]), ("keys", 2, [("touch", 0.8), ("amplifier", 0.3), ("room", 0.5)]),
]  # fmt: skip


def measures(audio: np.ndarray) -> dict[str, float]:
    """Level in dB, peak over level in dB, seconds in which it falls by 20 dB where it falls, share above 3 kHz in dB."""
    power = np.square(audio[: len(audio) // 320 * 320].reshape(-1, 320), dtype=np.float64).mean(1) + 1e-12
    level = 10 * np.log10(power[power > power.max() * 1e-3].mean())
    falls = -np.diff(10 * np.log10(np.convolve(power, np.ones(3) / 3, "valid")))[power[1:-2] > power.max() * 1e-4]
    spectrum = np.abs(np.fft.rfft(audio)) ** 2
    above = spectrum[np.fft.rfftfreq(len(audio), 1 / RATE) > 3000].sum() / spectrum.sum()
    return {
        "level, dB": level, "crest, dB": 20 * np.log10(np.abs(audio).max()) - level,
        "20 dB fall in, s": 0.2 / max(float(np.median(falls[falls > 0])), 1e-3), "above 3 kHz, dB": 10 * np.log10(above),
    }  # fmt: skip


def pair(family: str, seed: int, effects: list[tuple[str, float]]) -> tuple[str, np.ndarray, np.ndarray]:
    """What it is called, and the part before and after, `(N,)`; of the sounds that are plugged in where there is an amplifier."""
    plain = compose(seed, genre="funk", bpm=100, bars=4, families=[family])
    plain = replace(plain, parts=[replace(part, gain_db=0.0) for part in plain.parts])
    chain = tuple(Effect(kind, amount, seed) for kind, amount in effects)
    wet = replace(plain, parts=[replace(part, effects=chain) for part in plain.parts])
    font = (mit_soundfonts() or [None])[0]
    before, after = (render(song, font, seconds=SECONDS)[0] for song in (plain, wet))
    what = ", ".join(f"{kind} {amount:g}" for kind, amount in effects)
    return (
        f"{plain.parts[0].family}: {plain.parts[0].sound}; {what} ({', '.join(told(chain)) or 'no words'})",
        before,
        after,
    )


def drawn(rows: list[tuple[str, np.ndarray, np.ndarray]]) -> Figure:
    """A row a pair: spectrograms before and after."""
    figure = Figure(figsize=(11, 1.9 * len(rows)), layout="constrained")
    for axes, (what, *both) in zip(figure.subplots(len(rows), 2, squeeze=False), rows, strict=True):
        for axis, audio in zip(axes, both, strict=True):
            axis.specgram(audio + 1e-7, NFFT=1024, noverlap=768, Fs=RATE, vmin=-130, vmax=-40, cmap="magma")
            axis.set(ylim=(0, 10_000), ylabel="Hz")
        axes[0].set_title(what, loc="left", fontsize=9)
        axes[1].set_title("after", loc="left", fontsize=9)
    return figure


def player(audio: np.ndarray) -> str:
    file = BytesIO()
    soundfile.write(file, audio, RATE, format="FLAC")
    return f'<audio controls src="data:audio/flac;base64,{base64.b64encode(file.getvalue()).decode()}"></audio>'


def main(out: str, picture: str | None) -> None:
    """Write the page, and print the table that is on it."""
    rows = [pair(*shown) for shown in SHOWN]
    page = ["<!doctype html><meta charset=utf-8><title>Effects of the renderer</title><h1>Before and after</h1>"]
    for what, *both in rows:
        told_both = [measures(audio) for audio in both]
        words = [
            f"{name} {a:.2f} to {b:.2f}"
            for (name, a), b in zip(told_both[0].items(), told_both[1].values(), strict=True)
        ]
        print(f"{what}\n    {'; '.join(words)}")
        image = BytesIO()
        drawn([(what, *both)]).savefig(image, format="png", dpi=80)
        page.append(f"<h2>{what}</h2><p>{'; '.join(words)}</p>{player(both[0])} {player(both[1])}<br>"
                    f'<img alt="spectrograms" src="data:image/png;base64,{base64.b64encode(image.getvalue()).decode()}">')  # fmt: skip
    Path(out).write_text("\n".join(page), encoding="utf-8")
    print(f"in {out}")
    if picture:
        drawn(rows).savefig(picture, dpi=70)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", metavar="FILE", default="effects.html")
    parser.add_argument("--picture", metavar="FILE", help="all spectrograms as one PNG too")
    main(**vars(parser.parse_args()))
