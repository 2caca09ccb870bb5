"""No stem begins with a step out of silence: one that would begin in mid-wave rises over 2 ms."""

import numpy as np
import pytest
import torch

import stemlab
from stemlab.lab.gate import ramped

RATE = 32_000


def test_a_stem_that_begins_in_mid_wave_rises_over_two_milliseconds():
    sound = torch.full((2, 640), 0.5)
    heard = ramped(sound, RATE)
    assert heard[:, 0].abs().max() == 0 and torch.equal(heard[:, 64:], sound[:, 64:])
    assert (heard[0, :64].diff() > 0).all() and heard.diff(dim=1).abs().max() < 0.02


def test_a_stem_that_begins_in_silence_stays_as_it_is():
    sound = torch.sin(torch.arange(640) / 30)
    assert ramped(sound, RATE) is sound
    assert ramped(torch.zeros(640), RATE).abs().max() == 0


@pytest.mark.parametrize("bpm", [135, 92.5])
def test_generated_stems_begin_without_a_step(bpm):
    lab = stemlab.load()
    stems = ["drums: breakbeat", "bass: synth bass", "keys: electric piano"]
    group = lab.generate(stems, prompt="funk", bpm=bpm, bars=4, seed=2)
    for stem in group:
        assert np.abs(stem.audio[0]) < 0.02, stem.name
        assert np.abs(np.diff(stem.audio[:64])).max() < 0.1, stem.name  # nor a step within the ramp
