"""Loops: what goes round does so in the latents, in the network's eyes and in the waveform, and edits keep it."""

import json

import numpy as np
import pytest
import torch

from stemlab import StemGroup
from stemlab.activity import REST
from stemlab.cli.app import main
from stemlab.codec.audio import periodic
from stemlab.conditions import make_conditions
from stemlab.framing import BUNDLED, FRAME
from stemlab.lab.gate import FADE
from stemlab.lab.loop import Loop, Turning, closed

STEMS = ["drums: tight kit", "bass: slap bass"]
TOLD = {"bpm": 97, "bars": 2, "seed": 3, "steps": 2, "loop": True}
LOOP = Loop(round(2 * 240 / 97 * 32_000), BUNDLED)  # 77.3 frames long, so it has 77


@pytest.fixture(scope="module")
def group(tiny):
    return tiny.generate(STEMS, **TOLD)


def test_a_loop_is_as_long_as_asked_on_the_nearest_number_of_frames(group):
    assert group.audio.shape[1] == LOOP.samples == round(group.bars * 240 / 97 * 32_000)
    assert [stem.latent.shape[1] for stem in group] == [77, 77]
    assert LOOP.stretch == LOOP.samples / (77 * FRAME)


def test_a_circle_turned_by_a_frame_has_the_same_latents_turned(codec):
    loop = Loop(40 * FRAME, BUNDLED)
    sound = torch.randn(1, loop.samples, generator=torch.Generator().manual_seed(0)) * 0.1
    there, turned = loop.encode(codec, sound), loop.encode(codec, sound.roll(3 * FRAME, -1))
    assert torch.allclose(there.roll(3, 2), turned, atol=1e-3)
    assert not torch.allclose(codec.encode(sound), there, atol=1e-3)  # whose ends see silence


def test_what_the_network_sees_is_cut_far_from_the_seam_and_turned_back(make_net):
    model, frames = make_net(), 31
    prepared = model.prepare(make_conditions(STEMS, frames, 32, bpm=97), True)
    x, cuts = torch.randn(2, 32, frames, generator=torch.Generator().manual_seed(0)), set()
    for step in range(8):
        t = torch.full((2,), step / 8)
        seen = Turning(model, 8)(x, t, prepared)
        ways = [turn for turn in range(frames) if torch.allclose(seen, by_hand(model, x, t, prepared, turn), atol=1e-5)]
        assert len(ways) == 1 and frames // 4 <= ways[0] <= 3 * frames // 4 + 1
        cuts |= set(ways)
    assert len(cuts) > 5


def by_hand(model, x, t, prepared, turn):
    told = prepared.frames.clone()
    told[:, : x.shape[2]] = told[:, : x.shape[2]].roll(-turn, 1)
    return model(x.roll(-turn, 2), t, type(prepared)(**{**vars(prepared), "frames": told})).roll(turn, 2)


def test_before_the_seam_the_sound_goes_over_into_what_comes_before_the_beginning():
    seconds = (np.arange(-16_000, 64_000) / 32_000).astype(np.float32)
    hum = torch.from_numpy(np.sin(2 * np.pi * 100.3 * seconds) * 0.5)  # 0.6 of a period short of going round
    loop = closed(hum, 16_000)
    steps = (loop.roll(-1) - loop).abs()
    assert steps[-1] < 0.011 < (hum[16_000] - hum[-1]).abs()  # 0.0098 is the largest of the hum itself
    assert torch.equal(loop[: -16_000 // 2], hum[16_000 : -16_000 // 2])


def test_a_periodic_sound_has_the_same_values_at_another_number_of_samples():
    turn = np.arange(1000) / 1000
    wave = lambda at: np.sin(2 * np.pi * 3 * at) + 0.3 * np.cos(2 * np.pi * 17 * at)  # noqa: E731
    assert np.allclose(periodic(wave(turn)[None], 1031)[0], wave(np.arange(1031) / 1031), atol=1e-6)


def test_a_stem_that_rests_in_the_last_bar_alone_comes_in_softly_at_the_seam(tiny):
    group = tiny.generate(STEMS, activity={"bass": "x."}, **TOLD)
    bar = LOOP.samples // 2
    assert not group["bass"].audio[bar + 1 :].any()
    assert abs(group["bass"].audio[0]) <= 1e-3 * np.abs(group["bass"].audio).max()
    open_ended = LOOP.gate(torch.ones(LOOP.samples), np.where(np.arange(LOOP.samples) < bar, 1, REST))
    assert open_ended[0] < 0.01 and open_ended[200] == 1


def test_edits_of_a_loop_stay_on_it(tiny, group):
    first = tiny.inpaint(group, "bass", bars=[1])
    old, new = group["bass"].audio, first["bass"].audio
    bar = round(LOOP.samples / 2)
    assert np.array_equal(old[bar:-FADE], new[bar:-FADE]) and not np.array_equal(old[:bar], new[:bar])
    assert not np.array_equal(old[-FADE:], new[-FADE:])  # it crosses over before bar 1, which is the end
    for made in (tiny.add(group, "keys: organ"), tiny.replace(group, "bass", "bass: upright"), first):
        assert made.audio.shape[1] == LOOP.samples and {stem.latent.shape[1] for stem in made} == {77}


def test_a_session_keeps_a_loop_and_makes_it_again(tiny, group, tmp_path):
    edited = tiny.inpaint(group, "bass", bars=[2])
    folder = edited.save(tmp_path / "loop")
    assert json.loads((folder / "session.json").read_text())["settings"]["loop"] is True
    again = tiny.regenerate(StemGroup.load(folder))
    assert np.array_equal(again.audio, edited.audio)
    assert "loop" not in tiny.generate(STEMS, **{**TOLD, "loop": False}).settings


def test_a_loop_without_a_tempo_goes_round_too(tiny):
    assert tiny.generate(STEMS, seconds=1.0, loop=True, steps=1).audio.shape[1] == 32_000


def test_what_a_loop_cannot_do_is_said_in_one_line(tiny, group, tmp_path, capsys):
    with pytest.raises(ValueError, match=r"^group: it is a loop, .* without loop=True to extend it.$"):
        tiny.extend(group, 2)
    with pytest.raises(ValueError, match=r"^loop: got seconds=3.0 and a bpm; a loop has whole bars"):
        tiny.generate(STEMS, bpm=97, seconds=3.0, loop=True)
    with pytest.raises(ValueError, match=r"^activity.'bass'.: a loop takes bars or beats, not frames"):
        tiny.generate(STEMS, activity={"bass": np.ones(77)}, **TOLD)
    with pytest.raises(ValueError, match=r"^loop: got 1; it takes True or False.$"):
        tiny.generate(STEMS, bpm=97, loop=1)
    assert main(["generate", "--stems", "bass", "--loop", "--bpm", "300", "--out", str(tmp_path / "x")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
