"""How much of a stem the codec keeps, beside Opus and Griffin-Lim: `python benchmarks/codec.py --songs 24`.

Held-out songs are rendered and sent through each codec. Printed, by stem family and for mixes: the mean absolute difference
of log-mel spectrograms (80 mels, window 2048, hop 512, floor -80 dB re full scale), the multi-resolution STFT distance
(spectral convergence plus mean absolute log-magnitude difference, windows 512, 1024 and 2048; Yamamoto et al. 2020,
arXiv:1910.11480), the level of decoded silence, and the speed of decoding.
"""

import argparse
import io
import time

import librosa
import numpy as np
import soundfile
import torch

from stemlab.checkpoints.files import fingerprint
from stemlab.codec.audio import resample, rms_db
from stemlab.codec.bundled import StemCodec
from stemlab.data.pool import song_stems
from stemlab.songs.compose import EVAL_SEEDS
from stemlab.songs.render import mit_soundfonts

RATE = 32_000
FAMILIES = ("drums", "percussion", "bass", "keys", "guitar", "strings", "lead", "winds", "mix")


def opus(audio: np.ndarray, kbps: float) -> tuple[np.ndarray, float]:
    """Through Opus near a bit rate; returns the audio and the kb/s that the file really has."""
    buffer = io.BytesIO()
    level = 1 - (kbps - 6) / 250  # libsndfile: 0 is 256 kb/s and 1 is 6 kb/s a channel
    soundfile.write(
        buffer, resample(audio, RATE, 48_000), 48_000, format="OGG", subtype="OPUS", compression_level=level
    )
    size = len(buffer.getvalue())
    buffer.seek(0)
    back = resample(soundfile.read(buffer, dtype="float32")[0], 48_000, RATE)
    return np.pad(back, (0, max(0, len(audio) - len(back))))[: len(audio)], size * 8 / (len(audio) / RATE) / 1000


def mel_griffin_lim(audio: np.ndarray) -> np.ndarray:
    """From 128 log-mels back to audio by librosa's inversion."""
    mel = librosa.feature.melspectrogram(y=audio, sr=RATE, n_fft=2048, hop_length=512, n_mels=128)
    return librosa.feature.inverse.mel_to_audio(mel, sr=RATE, n_fft=2048, hop_length=512, length=len(audio))


def mel_db(audio: np.ndarray) -> np.ndarray:
    """80-band log-mel in dB re a full-scale sine, floored at -80."""
    power = librosa.feature.melspectrogram(y=audio, sr=RATE, n_fft=2048, hop_length=512, n_mels=80, norm=None)
    return 10 * np.log10(np.maximum(power / (2048 / 4) ** 2, 1e-8))


def stft_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Multi-resolution STFT distance, b against the reference a."""
    total = 0.0
    for n_fft in (512, 1024, 2048):
        x, y = (np.abs(librosa.stft(s, n_fft=n_fft, hop_length=n_fft // 4)) / (n_fft / 4) for s in (a, b))
        convergence = np.linalg.norm(y - x) / max(np.linalg.norm(x), 1e-9)
        total += convergence + np.abs(np.log(np.maximum(y, 1e-4)) - np.log(np.maximum(x, 1e-4))).mean()
    return total / 3


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=8.192)
    parser.add_argument("--weights", default=None, help="folder with vae and vocoder; the bundled ones by default")
    arguments = parser.parse_args()
    codec = StemCodec.load(*([arguments.weights] if arguments.weights else []))
    rates: dict[str, list[float]] = {"opus 16": [], "opus 32": []}

    def through_opus(name: str, audio: np.ndarray, kbps: float) -> np.ndarray:
        back, real = opus(audio, kbps)
        rates[name].append(real)
        return back

    def through_codec(audio: np.ndarray, vocoder: str) -> np.ndarray:
        return codec.decode(codec.encode(audio[None]), len(audio), vocoder)[0].numpy()

    ways = {
        "codec": lambda x: through_codec(x, "neural"),
        "codec, Griffin-Lim": lambda x: through_codec(x, "griffin-lim"),
        "128 mels, Griffin-Lim": mel_griffin_lim,
        "opus 16": lambda x: through_opus("opus 16", x, 16),
        "opus 32": lambda x: through_opus("opus 32", x, 32),
    }
    mels: dict[tuple[str, str], list[float]] = {}
    stfts: dict[tuple[str, str], list[float]] = {}
    for seed in range(EVAL_SEEDS + 500_000, EVAL_SEEDS + 500_000 + arguments.songs):
        song, stems = song_stems(seed, arguments.seconds, mit_soundfonts() or None)
        rows = [(part.family, stem) for part, stem in zip(song.parts, stems, strict=True)] + [("mix", stems.sum(0))]
        for family, audio in rows:
            if not np.any(np.abs(audio) > 1e-3):  # rests throughout: nothing to keep, and nothing to divide by
                continue
            for way, function in ways.items():
                back = function(audio)
                mels.setdefault((family, way), []).append(float(np.abs(mel_db(back) - mel_db(audio)).mean()))
                stfts.setdefault((family, way), []).append(stft_distance(audio, back))
    fonts = "MIT soundfonts" if mit_soundfonts() else "pretty_midi's soundfont"
    folder = arguments.weights or "stemlab/weights"
    print(
        f"\n{arguments.songs} held-out songs of {arguments.seconds:g} s, {fonts}; vae {fingerprint(folder + '/vae')}, ",
        end="",
    )
    print(
        f"vocoder {fingerprint(folder + '/vocoder')}; "
        + ", ".join(f"{k}: {np.mean(v):.1f} kb/s" for k, v in rates.items())
    )
    for title, table in (("Mean absolute log-mel difference, dB", mels), ("Multi-resolution STFT distance", stfts)):
        print(f"\n| {title} | " + " | ".join(FAMILIES) + " | all |\n|---|" + "---|" * (len(FAMILIES) + 1))
        for way in ways:
            found = [table.get((family, way), []) for family in FAMILIES]
            cells = [f"{np.mean(f):.2f}" if f else "-" for f in found] + [f"{np.mean(np.concatenate(found)):.2f}"]
            print(f"| {way} | " + " | ".join(cells) + " |")
    silence = through_codec(np.zeros(RATE * 4, np.float32), "neural")
    print(f"\nSilence decodes to {rms_db(silence):.0f} dB.")
    latents = codec.encode(np.stack([rows[0][1]] * 4))
    codec.decode(latents)
    for vocoder in ("neural", "griffin-lim"):
        started = time.perf_counter()
        codec.decode(latents, vocoder=vocoder)
        speed = 4 * arguments.seconds / (time.perf_counter() - started)
        print(f"Decoding 4 stems, {vocoder}: {speed:.0f} times real time on {torch.get_num_threads()} threads.")


if __name__ == "__main__":
    main()
