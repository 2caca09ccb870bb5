"""Levels of accompaniments: loudness as the standard has it, families where they sit in songs, no peak too high."""

import numpy as np
import pytest

from stemlab import StemGroup
from stemlab.lab.levels import HEADROOM, IN_THE_MIX, gain_to, limited, targets
from stemlab.lab.recording import full_mix
from stemlab.metrics.loudness import loudness
from stemlab.songs.compose import FAMILIES

QUICK = {"steps": 2, "seed": 3, "bpm": 120.0, "downbeat": 0.0}


def sine(level_db, hz=997.0, seconds=5.0, rate=48_000):
    return 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


@pytest.mark.parametrize("rate", [32_000, 44_100, 48_000, 96_000])
def test_a_sine_of_997_hz_is_as_loud_as_the_standard_says(rate):
    for level in (-40.0, -23.0, -20.0):
        tone = sine(level, rate=rate)
        assert loudness(np.stack([tone, tone]), rate) == pytest.approx(level, abs=0.1)
        assert loudness(tone, rate) == pytest.approx(level - 3.01, abs=0.1)


def test_low_tones_count_less_and_high_ones_more():
    low, middle, high = (loudness(sine(-20, hz), 48_000) for hz in (40, 997, 8000))
    assert low < middle - 3 and middle + 2.5 < high < middle + 4.5


def test_silence_and_soft_passages_are_left_out():
    tone = sine(-20)
    padded = np.r_[np.zeros(480_000), tone, sine(-60)]
    assert loudness(padded, 48_000) == pytest.approx(loudness(tone, 48_000), abs=0.4)
    assert loudness(np.zeros(48_000), 48_000) == -np.inf
    assert loudness(sine(-20, seconds=0.1), 48_000) == pytest.approx(-23, abs=0.5)


def test_stems_sit_as_their_families_do_and_their_sum_near_the_recording():
    drums, bass = targets("guitar: nylon", ["drums: brushes", "bass"])
    assert drums - bass == pytest.approx(IN_THE_MIX["drums"] - IN_THE_MIX["bass"])
    assert set(IN_THE_MIX) == set(FAMILIES)
    for recording in ("drums", "my tune", "strings"):
        for stems in (["percussion"], ["bass"], ["drums", "bass", "keys", "guitar", "strings", "lead"]):
            total = 10 * np.log10(sum(10 ** (lu / 10) for lu in targets(recording, stems)))
            assert -3 < total < 3
    assert gain_to(sine(-20, rate=32_000), 32_000, -33.01) == pytest.approx(10 ** (-10 / 20), rel=0.02)


def test_only_around_its_peaks_is_what_is_made_turned_down():
    rng = np.random.default_rng(0)
    there = np.clip(0.2 * rng.normal(size=(2, 32_000)), -1, 1)
    there[:, 10_000] = 1.0
    made = 0.1 * rng.normal(size=(2, 1, 32_000)).astype(np.float32)
    made[0, 0, 10_000], made[1, 0, 20_000] = 1.5, -2.0
    out = limited(made, there, 32_000)
    assert np.abs(there + out.sum(0)).max() <= HEADROOM + 1e-6 and np.abs(out).max() <= 1
    assert np.array_equal(out[..., :9_000], made[..., :9_000]) and np.array_equal(out[..., 25_000:], made[..., 25_000:])
    assert np.array_equal(limited(0.1 * made, 0.1 * there, 32_000), (0.1 * made).astype(np.float32))


def beats(peak, channels=1):
    """A loop of hits, with that peak."""
    t = np.arange(64_000)
    hits = np.exp(-(t % 16_000) / 2000) * np.sin(t * 2 * np.pi * 110 / 32_000)
    hits = (peak * hits / np.abs(hits).max()).astype(np.float32)
    return np.stack([hits, np.roll(hits, 100)])[:channels]


@pytest.mark.parametrize(("peak", "channels"), [(1.0, 1), (1.0, 2), (0.3, 1), (0.02, 2)])
@pytest.mark.parametrize("stems", [["bass"], ["drums", "bass", "keys", "guitar"]])
@pytest.mark.parametrize("scheme", ["one-pass", "k-pass"])
def test_what_is_made_neither_drowns_the_recording_nor_vanishes_beside_it(tiny, peak, channels, stems, scheme):
    group = tiny.accompany(beats(peak, channels), stems, text="guitar", scheme=scheme, sample_rate=32_000, **QUICK)
    own = group[0].original.loudness()
    made = loudness(group.mono[1:].sum(0), 32_000) - own
    assert abs(made) < 3 and np.abs(group.audio[1:]).max() <= 1
    mix, _ = full_mix(group)
    i = int(np.abs(mix[0] - mix[0].mean()).argmax())
    total = sum(stem.audio for stem in group.stems[1:]) + group[0].original.audio
    lowered = 20 * np.log10(np.abs(total[0, i]) / np.abs(mix[0, i]))
    assert lowered <= 3 and np.abs(mix).max() <= 1


def test_what_was_made_stays_when_a_stem_is_added_and_a_new_bar_has_the_stems_level(tiny, tmp_path):
    group = tiny.accompany(np.tile(beats(0.5), 2), ["bass", "drums"], text="guitar", **QUICK)
    more = tiny.add(group, "keys: organ")
    assert np.array_equal(more["bass"].audio, group["bass"].audio)
    again = tiny.inpaint(StemGroup.load(group.save(tmp_path / "g")), "bass", [2])
    line = 64_000 - 600
    assert np.array_equal(again["bass"].audio[:line], group["bass"].audio[:line])
    assert again.settings["levels"]["bass"] == group.settings["levels"]["bass"]
    assert all(np.array_equal(a.audio, b.audio) for a, b in zip(tiny.regenerate(more), more, strict=True))
