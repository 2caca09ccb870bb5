"""Patterns of bars, beats and frames, and the gate that makes a rest silent."""

import numpy as np
import pytest
import torch

from stemlab.activity import FREE, PLAY, REST, canonical, frame_marks, pattern_marks
from stemlab.codec.audio import activity, bars_active
from stemlab.lab.gate import ATTACK, FADE, RELEASE, gate, splice

QUICK = {"bpm": 120.0, "bars": 2, "seed": 3, "steps": 2}
BAR, FRAMES = 64_000, 63


@pytest.mark.parametrize(
    ("pattern", "beats"),
    [
        ("x.", "xxxx...."), ("x/.", "xxxx...."), ("x/x..x", "xxxxx..x"), ("..xx/.", "..xx...."), ("x./.", None),
        ([2], "....xxxx"), ([], "........"), ((1, 2), "xxxxxxxx"),
    ],
)  # fmt: skip
def test_a_pattern_says_what_each_beat_does(pattern, beats):
    if beats is None:
        with pytest.raises(ValueError, match="4 for its beats"):
            canonical({"bass": pattern}, ["bass"], 120, 2, FRAMES)
        return
    told = canonical({"bass": pattern}, ["bass"], 120, 2, FRAMES)["bass"]
    marks = pattern_marks(told, 120, 2, 2 * BAR)
    assert "".join(".x"[m] for m in marks[8000::16_000]) == beats
    assert all(len(set(piece)) == 1 for piece in marks.reshape(8, 16_000).tolist())


def test_one_bar_of_beats_ends_with_a_slash():
    told = canonical({"bass": "x..x/"}, ["bass"], 120, 1, 32)["bass"]
    assert pattern_marks(told, 120, 1, BAR)[::16_000].tolist() == [PLAY, REST, REST, PLAY]


@pytest.mark.parametrize("kind", [np.array, torch.tensor, lambda v: np.array(v, float)])
def test_an_array_holds_a_value_for_each_frame(kind):
    values = [REST] * 20 + [PLAY] * 20 + [FREE] * 23
    told = canonical({"bass": kind(values)}, ["bass"], None, None, FRAMES)
    assert told == {"bass": {"frames": "." * 20 + "x" * 20 + "-" * 23}}
    assert canonical(told, ["bass"], None, None, FRAMES) == told  # a session gives it back so
    assert frame_marks(pattern_marks(told["bass"], None, None, 2 * BAR)).tolist() == values


@pytest.mark.parametrize(
    "pattern",
    ["", "x", "xxx", "x/x/x", "x/xx", "x//x", "xo", "X.", 3, True, None, [0], [3], [1.0], [True], ["x"], np.ones(62),
     np.full(63, 3), np.full(63, np.nan), np.ones((63, 1)), np.array(1), {"frames": "x"}, {"frames": 3}, {}],
    ids=str,
)  # fmt: skip
def test_a_pattern_that_is_none_is_refused_by_the_name_of_its_stem(pattern):
    with pytest.raises(ValueError, match=r"^activity\['bass'\]: got "):
        canonical({"bass": pattern}, ["bass"], 120, 2, FRAMES)


def test_each_form_reaches_the_network_and_the_session(tiny):
    free = tiny.generate(["bass"], **QUICK)
    frames = np.zeros(FRAMES, bool)
    frames[:32] = True
    for pattern, told in (("x.", "x."), ([1], "x."), (frames, {"frames": "x" * 32 + "." * 31})):
        group = tiny.generate(["bass"], activity={"bass": pattern}, **QUICK)
        assert group.settings["activity"] == {"bass": told}
        assert float((group[0].latent - free[0].latent).abs().max()) > 0.01
        again = tiny.regenerate(group)
        assert np.array_equal(again[0].audio, group[0].audio)


@pytest.mark.parametrize("pattern", ["x.", ".x", "..", "x..x/.x.x", ".x../...x"])
def test_a_stem_that_rests_is_silent_to_the_sample_and_else_as_the_model_made_it(tiny, pattern):
    group = tiny.generate(["bass"], activity={"bass": pattern}, **QUICK)
    audio, marks = group[0].audio, pattern_marks(pattern, 120, 2, 2 * BAR)
    assert not audio[marks == REST].any()
    made = tiny.codec.decode(group[0].latent[None], 2 * BAR)[0].numpy()
    assert np.abs(made[marks == REST]).max() > 1e-3  # the model alone is not silent there
    edges = np.flatnonzero(np.diff(marks)) + 1
    near = np.zeros(len(marks), bool)
    near[: round(0.002 * 32_000)] = True  # a stem that begins in mid-wave rises over 2 ms
    for edge in edges:
        near[edge - round(RELEASE * 32_000) : edge + round(ATTACK * 32_000)] = True
    inside = (marks == PLAY) & ~near
    assert np.array_equal(audio[inside], made[inside])
    if "/" not in pattern:
        assert bars_active(audio, 120, 2) == pattern


def test_the_gate_makes_no_click():
    """The largest step between samples at an edge stays near that of the tone itself; a hard cut is far above it."""
    tone = torch.sin(torch.arange(2 * BAR) * 2 * torch.pi * 220 / 32_000 + 1.0)
    marks = pattern_marks("x/..xx", 120, 2, 2 * BAR)
    gated = gate(tone, marks)
    usual = float(tone.diff().abs().max())
    assert float(gated.diff().abs().max()) < 1.5 * usual
    hard = tone * torch.from_numpy((marks == PLAY).astype(np.float32))
    assert float(hard.diff().abs().max()) > 5 * usual
    assert activity(gated.numpy()).sum() > 40


def test_a_pattern_without_rests_and_the_ends_of_a_loop_are_left_alone():
    audio = torch.ones(2 * BAR)
    assert gate(audio, pattern_marks("xx", 120, 2, 2 * BAR)) is audio
    gated = gate(audio, pattern_marks("x/.xxx", 120, 2, 2 * BAR))
    assert gated[0] == gated[-1] == 1


def test_a_splice_keeps_the_old_up_to_its_fade_and_the_new_inside():
    old, new = torch.zeros(10_000), torch.ones(10_000)
    mixed = splice(old, new, 4000, 6000)
    assert not mixed[: 4000 - FADE].any() and not mixed[6000:].any() and (mixed[4000 : 6000 - FADE] == 1).all()
    assert (mixed[4000 - FADE : 4000].diff() > 0).all() and mixed.diff().abs().max() < 0.01
    assert torch.equal(splice(old, new, 0, 10_000), new)
    assert torch.equal(splice(old[:6000], new, 6000, 10_000)[6000:], new[6000:])
