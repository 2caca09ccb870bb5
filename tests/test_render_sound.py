"""What the synthesizer gives: nothing that was left in memory, and its mono for the mean of its stereo."""

import os
import subprocess
import sys

import numpy as np
import pytest
from soundfonts import soundfont as tiny_soundfont
from symusic import Note, Score, Tempo, Track

from stemlab.songs.compose import compose
from stemlab.songs.render import _synthesize, default_soundfont, mit_soundfonts, render, synthesizer
from stemlab.songs.retune import retuned
from stemlab.songs.soundfont import DrumFont

# A note of strings whose loop ended with its sample: the synthesizer read the point behind it.
CODE = """
import hashlib, numpy as np
from stemlab.songs.render import _synthesize, default_soundfont
sound = np.concatenate([_synthesize([(100, 60_000, pitch)], 48, default_soundfont(), 32_000) for pitch in (59, 60)])
print(np.isfinite(sound).all(), hashlib.sha256(sound.tobytes()).hexdigest())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="MALLOC_PERTURB_ is glibc's")
def test_what_lies_in_memory_is_never_heard():
    said = set()
    for byte in ("0", "1", "255"):  # memory that was given back holds zeros, huge numbers, NaN
        quiet = {**os.environ, "MALLOC_PERTURB_": byte, "OMP_NUM_THREADS": "1"}
        said.add(subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, env=quiet).stdout)
    assert len(said) == 1 and said.pop().startswith("True")


@pytest.mark.parametrize("soundfont", [default_soundfont(), *mit_soundfonts()], ids=lambda f: os.path.basename(f))
def test_no_loop_of_the_copy_ends_with_its_sample_and_each_is_as_long_as_it_was(soundfont):
    before, after = DrumFont(soundfont), DrumFont(retuned(soundfont))
    moved = 0
    for one, other in zip(before._tables.samples[:-1], after._tables.samples, strict=False):
        shift = int(one["loop"]) - int(other["loop"])
        assert shift == int(one["loop_end"]) - int(other["loop_end"]) and 0 <= shift <= 1
        moved += shift
    assert 5 <= moved <= 8
    for header in after._tables.samples if soundfont.endswith("sf2") else []:
        assert header["loop_end"] < header["end"] or header["loop_end"] <= header["loop"]


@pytest.mark.parametrize("coarse", [-24, -4, 0, 7, 12])
def test_a_sound_plays_as_high_as_its_coarse_tuning_says(coarse, tmp_path):
    font = tmp_path / "tiny.sf2"
    font.write_bytes(tiny_soundfont(coarse=coarse))  # its sample is 441 Hz, at key 69
    sound = _synthesize([(0, 30_000, 76)], 0, str(font), 32_000)[4_000:28_000]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 2**19))
    played = spectrum.argmax() * 32_000 / 2**19
    assert abs(12 * np.log2(played / 441) - 7 - coarse) < 0.1


@pytest.mark.parametrize("soundfont", [default_soundfont(), *mit_soundfonts()], ids=lambda f: os.path.basename(f))
def test_the_synthesizers_mono_is_the_mean_of_its_stereo(soundfont):
    for program in (0, 33, 48, 27):
        notes = [(i * 4000, 9000, 50 + i % 12) for i in range(12)]
        score = Score(16_000)
        score.tempos.append(Tempo(0, 120.0))
        track = Track(program=program)
        for start, length, pitch in notes:
            track.notes.append(Note(start, length, pitch, 90))
        score.tracks.append(track)
        both = synthesizer(soundfont, 32_000).render(score, stereo=True).mean(axis=0)
        assert np.abs(_synthesize(notes, program, soundfont, 32_000) - both).max() < 1e-6 * np.abs(both).max()


def test_songs_are_finite_and_rests_are_silent():
    for seed in range(40):
        song = compose(seed, bars=4)
        stems = render(song, seconds=4.0)
        assert np.isfinite(stems).all() and np.abs(stems.sum(0)).max() <= 0.9
        bar = 240 / song.bpm * 32_000
        for part, stem in zip(song.parts, stems, strict=True):
            for i, on in enumerate(part.active):
                if on == ".":
                    assert not stem[round(i * bar) : round((i + 1) * bar)].any()
