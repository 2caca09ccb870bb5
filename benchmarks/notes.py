"""Are the notes that are heard the notes that were played? `python benchmarks/notes.py`, a few minutes on one core.

Held-out composed songs are rendered, each stem goes through the codec, and `stem.notes()` is compared with what the
composer wrote. An onset is right when pitch and start (within 50 ms) are those of one written note that no other has:
`mir_eval.transcription.precision_recall_f1_overlap` without offsets. For drums the pitch is the kind of hit. Printed: the
mean over stems of precision, recall and F1 by family, and the 95 % interval of the F1 over all stems by bootstrap.

`--plain` leaves the codec out. `benchmarks/notes_outside.py` asks how far another transcriber agrees, on made stems too;
`benchmarks/notes_fit.py` trains the networks that hear them.
"""

import argparse
from collections import defaultdict
from random import Random

import numpy as np
import torch
from mir_eval.transcription import precision_recall_f1_overlap

from stemlab import Stem
from stemlab.codec.bundled import StemCodec
from stemlab.lab.hit_candidates import HITS
from stemlab.lab.notes import HeardNote
from stemlab.songs.compose import EVAL_SEEDS, Part, compose
from stemlab.songs.render import mit_soundfonts, render

SAMPLES = 128 * 2048  # 8.192 s
TEST_SEEDS = EVAL_SEEDS + 900_000
KIND = {pitch: kind for kind, (_, pitches) in enumerate(HITS.values()) for pitch in pitches}


def stems_of(seed: int, codec: StemCodec, through: float):
    """Some seconds of a song's stems, most of them through the codec: (part, `(N,)` audio, notes as in `written`)."""
    rng, fonts = Random(seed), mit_soundfonts()
    if not fonts:
        raise SystemExit(
            "no MIT-licensed soundfont here: apt-get install fluidr3mono-gm-soundfont musescore-general-soundfont"
        )
    song = compose(seed, bars=8)
    audio = render(song, fonts[seed % len(fonts)], seconds=max(song.seconds, SAMPLES / 32_000 + 0.1))
    first = rng.randrange(audio.shape[1] - SAMPLES + 1)
    for part, sound in zip(song.parts, audio, strict=True):
        clip = sound[first : first + SAMPLES]
        if np.abs(clip).max() < 1e-3:
            continue
        if rng.random() < through:
            clip = codec.decode(codec.encode(clip[None].copy()), SAMPLES)[0].numpy()
        yield part, clip, written(part, song.bpm, first / 32_000)


def written(part: Part, bpm: float, first: float) -> np.ndarray:
    """The composer's notes from `first` on, `(n, 2)`: start in seconds, and MIDI pitch or kind of hit."""
    rows = [
        (note.start * 60 / bpm - first, KIND.get(note.pitch, -1) if part.is_drum else note.pitch) for note in part.notes
    ]
    return np.array([row for row in rows if 0 <= row[0] < SAMPLES / 32_000 - 0.02 and row[1] >= 0]).reshape(-1, 2)


def heard(notes: list[HeardNote], drums: bool) -> np.ndarray:
    """As `written`."""
    return np.array([(n.start, KIND[n.pitch] if drums else n.pitch) for n in notes]).reshape(-1, 2)


def score(reference: np.ndarray, found: np.ndarray) -> tuple[float, float, float]:
    """Precision, recall and F1 of onsets with their pitches."""
    if not len(reference) or not len(found):
        return (float(len(reference) == len(found)),) * 3
    spans = [np.c_[rows[:, 0], rows[:, 0] + 0.1] for rows in (reference, found)]
    hz = [440 * 2 ** ((rows[:, 1] - 69) / 12) for rows in (reference, found)]
    return precision_recall_f1_overlap(spans[0], hz[0], spans[1], hz[1], onset_tolerance=0.05, offset_ratio=None)[:3]


def report(songs: int, codec: StemCodec, through: float) -> None:
    """Print the table."""
    rows = defaultdict(list)
    for seed in range(TEST_SEEDS, TEST_SEEDS + songs):
        for part, clip, truth in stems_of(seed, codec, through):
            notes = Stem(part.family, f"{part.family}: {part.sound}", clip).notes()
            rows[part.family].append(score(truth, heard(notes, part.is_drum)))
    way = "through the codec" if through else "as rendered"
    print(f"{songs} held-out songs, 8.2 s of each stem, {way}; onsets within 50 ms\n")
    print("| family | stems | precision | recall | F1 |\n|---|---|---|---|---|")
    groups = {**rows, "with pitches": [r for f, rs in rows.items() if f not in ("drums", "percussion") for r in rs]}
    for family, scores in groups.items():
        precision, recall, f1 = np.mean(scores, 0)
        draws = np.random.default_rng(0).choice(np.array(scores)[:, 2], (2000, len(scores))).mean(1)
        low, high = np.quantile(draws, [0.025, 0.975])
        print(f"| {family} | {len(scores)} | {precision:.2f} | {recall:.2f} | {f1:.2f} ({low:.2f} to {high:.2f}) |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=int, default=24)
    parser.add_argument("--plain", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    report(arguments.songs, StemCodec.load(), 0.0 if arguments.plain else 1.0)


if __name__ == "__main__":
    main()
