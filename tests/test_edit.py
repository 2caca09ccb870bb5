"""Vary, inpaint, extend: what they change, what they leave, and that a session makes them again."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from stemlab import Stem, StemGroup
from stemlab.lab.gate import FADE
from stemlab.windows import WINDOW, longest, overlap, spans, weights

STEMS = ["drums: tight kit", "bass: slap bass", "keys: electric piano"]
QUICK = {"prompt": "funk", "bpm": 120.0, "key": "A minor", "bars": 4, "seed": 7, "steps": 2}
COUPLINGS = ["noise", "attention"]
BAR = 64_000  # samples at 120 bpm


@pytest.fixture(scope="module")
def bands_of(tiny):
    """A group of two stems, each combination once."""
    made = {}

    def make(coupling="attention", **options):
        key = (coupling, repr(options))
        if key not in made:
            made[key] = tiny.generate(STEMS[:2], coupling=coupling, **{**QUICK, **options})
        return made[key]

    return make


def same(a: Stem, b: Stem) -> bool:
    return np.array_equal(a.audio, b.audio) and torch.equal(a.latent, b.latent)


def distance(a: Stem, b: Stem) -> float:
    return float((a.latent - b.latent).square().mean())


@pytest.mark.parametrize("coupling", COUPLINGS)
def test_varying_a_stem_leaves_the_others_and_goes_the_farther_the_lower_rho(tiny, bands_of, coupling):
    group = bands_of(coupling, bars=1)
    varied = {rho: tiny.vary(group, "bass", rho=rho) for rho in (1.0, 0.9, 0.5, 0.0)}
    assert all(same(v["drums"], group["drums"]) for v in varied.values())
    far = [distance(v["bass"], group["bass"]) for v in varied.values()]
    assert far == sorted(far) and far[3] > 2 * far[1] > 0


@pytest.mark.parametrize("scheme", ["one-pass", "two-pass"])
def test_under_noise_rho_1_gives_the_stem_back(tiny, bands_of, monkeypatch, scheme):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    group = tiny.generate(STEMS[:2], coupling="noise", scheme=scheme, **{**QUICK, "bars": 1})
    assert distance(tiny.vary(group, "bass", rho=1.0)["bass"], group["bass"]) < 1e-6


def test_varying_again_gives_another_stem_and_a_seed_gives_the_same_one(tiny, bands_of):
    group = bands_of(bars=1)
    once = tiny.vary(group, "bass")
    assert distance(tiny.vary(once, "bass")["bass"], once["bass"]) > 1e-3
    assert same(tiny.vary(group, "bass", seed=3)["bass"], tiny.vary(group, "bass", seed=3)["bass"])
    assert distance(tiny.vary(group, "bass", seed=3)["bass"], tiny.vary(group, "bass", seed=4)["bass"]) > 1e-3


@pytest.mark.parametrize("coupling", COUPLINGS)
def test_inpainting_a_bar_leaves_all_else_bit_identical_but_a_crossfade_before_each_edge(tiny, bands_of, coupling):
    group = bands_of(coupling)
    other = tiny.inpaint(group, "bass", bars=[3])
    assert same(other["drums"], group["drums"])
    old, new = group["bass"].audio, other["bass"].audio
    assert np.array_equal(old[: 2 * BAR - FADE], new[: 2 * BAR - FADE])
    assert np.array_equal(old[3 * BAR :], new[3 * BAR :])
    inside = slice(2 * BAR, 3 * BAR - FADE)
    assert np.mean(old[inside] != new[inside]) > 0.9
    frames = (other["bass"].latent != group["bass"].latent).any(0).nonzero().flatten()
    assert frames.min() == 2 * BAR // 2048 and frames.max() == -(-3 * BAR // 2048) - 1


@pytest.mark.parametrize("bars", [[1], [4], [2, 3], [1, 4], [1, 2, 3, 4]])
def test_any_bars_may_be_inpainted(tiny, bands_of, bars):
    group = bands_of()
    other = tiny.inpaint(group, "drums", bars=bars)
    for bar in range(1, 5):
        piece = slice((bar - 1) * BAR, bar * BAR - FADE)
        changed = not np.array_equal(other["drums"].audio[piece], group["drums"].audio[piece])
        assert changed == (bar in bars)


def test_what_is_inpainted_hears_the_other_stems(tiny, bands_of):
    group = bands_of()
    here = tiny.inpaint(group, "bass", [2], seed=5)
    there = tiny.inpaint(tiny.replace(group, "drums", "drums: brushes"), "bass", [2], seed=5)
    assert distance(here["bass"], there["bass"]) > 1e-4


@pytest.mark.parametrize("coupling", COUPLINGS)
def test_extending_keeps_what_is_there_and_adds_whole_bars(tiny, bands_of, coupling):
    group = bands_of(coupling)
    longer = tiny.extend(group, bars=3)
    assert longer.bars == 7 and longer.audio.shape == (2, 7 * BAR) and len(group[0].audio) == 4 * BAR
    kept = (4 * BAR // 2048 - 1) * 2048 - FADE
    assert 4 * BAR - kept <= 0.144 * 32_000 + 2048
    for old, new in zip(group, longer, strict=True):
        assert np.array_equal(old.audio[:kept], new.audio[:kept])
        assert torch.equal(old.latent[:, : 4 * BAR // 2048], new.latent[:, : 4 * BAR // 2048])
        assert np.sqrt(np.mean(new.audio[5 * BAR :] ** 2)) > 0.1 * np.sqrt(np.mean(old.audio**2))


def test_a_group_grows_to_64_bars_and_no_further(tiny):
    group = tiny.generate(["bass"], bpm=240, bars=16, steps=1)
    longer = tiny.extend(group, bars=48)
    assert longer.bars == 64 and longer.seconds == 64
    with pytest.raises(ValueError, match=r"^bars: got 1"):
        tiny.extend(longer, bars=1)


def test_the_new_bars_heed_their_own_patterns(tiny, bands_of):
    group = bands_of(bars=1, activity={"drums": "x"})
    longer = tiny.extend(group, bars=2, activity={"bass": ".x"})
    audio = longer["bass"].audio
    assert not audio[BAR : 2 * BAR].any() and audio[2 * BAR :].any()
    assert longer.settings["history"][-1]["activity"] == {"bass": ".x"}


def test_every_edit_is_made_again_from_a_saved_session(tiny, bands_of, tmp_path):
    group = tiny.vary(bands_of(activity={"bass": [1, 2, 3]}), "bass", rho=0.5)
    group = tiny.add(tiny.inpaint(group, "drums", (2,)), "keys: organ")
    group = tiny.replace(tiny.extend(group, 1, activity={"keys": "x"}), "bass", "bass: upright")
    group = tiny.inpaint(group, "keys", [5])
    back = StemGroup.load(group.save(tmp_path / "group"))
    assert all(map(same, back, group)) and back.settings == group.settings
    again = tiny.regenerate(back)
    assert all(map(same, again, group)) and again.settings == group.settings and again.bars == 5


def test_windows_cover_every_frame_with_weights_that_sum_to_one():
    for frames in (1, 192, longest(), longest() + 1, 400, 1000, 4688):
        windows, total = spans(frames), torch.zeros(frames)
        for (start, stop), share in zip(windows, weights(windows, frames), strict=True):
            total[start:stop] += share
        assert torch.allclose(total, torch.ones(frames), atol=1e-5)
        assert windows[0][0] == 0 and windows[-1][1] == frames
        assert all(b[0] - a[0] <= WINDOW - overlap() for a, b in pairwise(windows))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda lab, g: lab.vary(g, "flute"), "name='flute'"),
        (lambda lab, g: lab.vary(g, "bass", rho=1.1), "rho: got 1.1"),
        (lambda lab, g: lab.vary(g, "bass", rho="much"), "rho: got 'much'"),
        (lambda lab, g: lab.vary(g, "bass", seed=-1), "seed: got -1"),
        (lambda lab, g: lab.inpaint(g, "flute", [1]), "name='flute'"),
        (lambda lab, g: lab.inpaint(g, "bass", [0]), r"bars: got \[0\].*from 1 to 4"),
        (lambda lab, g: lab.inpaint(g, "bass", [5]), "bars: got"),
        (lambda lab, g: lab.inpaint(g, "bass", []), "bars: got"),
        (lambda lab, g: lab.inpaint(g, "bass", 3), "bars: got 3"),
        (lambda lab, g: lab.inpaint(g, "bass", [1.0]), "bars: got"),
        (lambda lab, g: lab.inpaint(g, "bass", [1], seed=0.5), "seed: got 0.5"),
        (lambda lab, g: lab.extend(g, 0), "bars: got 0"),
        (lambda lab, g: lab.extend(g, 61), "bars: got 61.*from 1 to 60"),
        (lambda lab, g: lab.extend(g, 1.5), "bars: got 1.5"),
        (lambda lab, g: lab.extend(g, 2, activity={"flute": "xx"}), "activity: there is no stem 'flute'"),
        (lambda lab, g: lab.extend(g, 2, activity={"bass": "x"}), "activity"),
    ],
)
def test_a_bad_edit_is_refused_by_name_before_any_work(tiny, bands_of, monkeypatch, call, said):
    group = bands_of()
    monkeypatch.setattr("stemlab.lab.rounds.sample", lambda *_, **__: pytest.fail("work began"))
    with pytest.raises(ValueError, match=said):
        call(tiny, group)


def test_bars_of_a_group_without_bars_are_refused(tiny):
    group = tiny.generate(["bass"], seconds=1.0, steps=1)
    with pytest.raises(ValueError, match=r"^bars: the group"):
        tiny.inpaint(group, "bass", [1])
    with pytest.raises(ValueError, match=r"^bars: the group"):
        tiny.extend(group, 1)


def test_a_group_without_history_is_not_edited(tiny):
    foreign = StemGroup([Stem("bass", "bass", np.zeros(32_000, np.float32))])
    for call in (
        lambda: tiny.vary(foreign, "bass"),
        lambda: tiny.inpaint(foreign, "bass", [1]),
        lambda: tiny.extend(foreign, 1),
    ):
        with pytest.raises(ValueError, match="history"):
            call()
