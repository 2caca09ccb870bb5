"""Do the notes that are heard in made stems agree with what another transcriber reads? `python benchmarks/notes_outside.py PYTHON`

PYTHON is the interpreter of another environment with Basic Pitch (Bittner et al. 2022, arXiv:2203.09893) and the ONNX runtime:

    python -m venv other && other/bin/pip install onnxruntime librosa mir_eval pretty_midi resampy scikit-learn "setuptools<81"
    other/bin/pip install --no-deps basic-pitch

Printed for each family, for rendered songs through the codec and for generated stems: the F1 of onsets (pitch, and start within
50 ms) of `stem.notes()` against Basic Pitch; for rendered ones also both against the composer's notes.
"""

import argparse
import json
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import soundfile
import torch
from notes import TEST_SEEDS, heard, score, stems_of  # benchmarks/notes.py, beside this file

import stemlab
from stemlab import Stem
from stemlab.codec.bundled import StemCodec

READ = """
import json, sys
from basic_pitch import FilenameSuffix, build_icassp_2022_model_path
from basic_pitch.inference import Model, predict
model = Model(build_icassp_2022_model_path(FilenameSuffix.onnx))
read = [[(float(start), int(pitch)) for start, _, pitch, *_ in predict(path, model)[2]] for path in sys.argv[1:]]
print("\\n" + json.dumps(read))
"""
ASKED = ["bass: slap bass", "keys: electric piano", "guitar: clean electric guitar", "strings: warm pad"]


def outside(python: str, clips: list[np.ndarray]) -> list[np.ndarray]:
    """What Basic Pitch reads of each clip at 32 kHz, `(n, 2)`: start in seconds and MIDI pitch."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder, f"{i}.wav")) for i in range(len(clips))]
        for path, clip in zip(paths, clips, strict=True):
            soundfile.write(path, clip, 32_000)
        said = subprocess.run([python, "-c", READ, *paths], capture_output=True, text=True, check=True).stdout
    return [np.array(rows).reshape(-1, 2) for rows in json.loads(said.splitlines()[-1])]


def rendered(songs: int, codec: StemCodec):
    """Stems with pitches of held-out songs, through the codec: (family, stem, the composer's notes)."""
    for seed in range(TEST_SEEDS, TEST_SEEDS + songs):
        for part, clip, truth in stems_of(seed, codec, 1.0):
            if not part.is_drum:
                yield part.family, Stem(part.family, f"{part.family}: {part.sound}", clip), truth


def generated(groups: int):
    """Stems that the bundled model makes; nobody wrote their notes."""
    lab = stemlab.load()
    for seed in range(groups):
        for stem in lab.generate(ASKED, bpm=100, bars=4, seed=seed):
            yield stem.name, stem, None


def row(name: str, scores: list[float]) -> str:
    """A row of the table: mean, and its 95 % interval by bootstrap over stems."""
    draws = np.random.default_rng(0).choice(scores, (2000, len(scores))).mean(1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return f"| {name} | {len(scores)} | {np.mean(scores):.2f} ({low:.2f} to {high:.2f}) |"


def table(title: str, stems: list[tuple[str, Stem, np.ndarray | None]], python: str) -> None:
    """Print how far the two readers agree by family, and where it is known, how right each is."""
    rows, right = defaultdict(list), defaultdict(list)
    theirs = outside(python, [stem.mono for _, stem, _ in stems])
    for (family, stem, truth), other in zip(stems, theirs, strict=True):
        ours = heard(stem.notes(), False)
        for name in (family, "all"):
            rows[name].append(score(ours, other)[2])
        if truth is not None:
            right["stem.notes() against the composer"].append(score(truth, ours)[2])
            right["Basic Pitch against the composer"].append(score(truth, other)[2])
    print(f"\n{title}\n\n| family | stems | F1 of the two readers |\n|---|---|---|")
    print("\n".join(row(name, scores) for name, scores in [*rows.items(), *right.items()]), flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python")
    parser.add_argument("--songs", type=int, default=16)
    parser.add_argument("--groups", type=int, default=12)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    codec = StemCodec.load()
    table("Rendered songs through the codec", list(rendered(arguments.songs, codec)), arguments.python)
    table("Generated stems", list(generated(arguments.groups)), arguments.python)


if __name__ == "__main__":
    main()
