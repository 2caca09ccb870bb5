"""Beats of stems against each other, on cases whose answers are known."""

import numpy as np
import pytest

from stemlab.evaluate import beats as table
from stemlab.metrics.cross_beats import beat_dispersion, beat_synchronization, beat_times, cross_beats

RATE = 32_000
STEADY = 0.013 + 0.5 * np.arange(200)  # no beat at the edge of a window


def test_beats_that_fall_together_are_in_step_and_not_dispersed():
    assert beat_synchronization([STEADY] * 4) == 1 and beat_dispersion([STEADY] * 4) == 0


def test_of_stems_that_never_meet_each_is_alone_in_its_windows():
    apart = [STEADY + 0.12 * i for i in range(4)]
    assert beat_synchronization(apart) == 0.25


def test_a_constant_lateness_costs_synchronization_and_is_no_dispersion():
    """Which is why one of the two alone does not tell whether stems are in time."""
    late = [STEADY, STEADY, STEADY, STEADY + 0.1]
    assert beat_synchronization(late) == pytest.approx((3 / 4 + 1 / 4) / 2)
    assert beat_dispersion([STEADY, STEADY + 0.1]) == pytest.approx(0, abs=1e-9)
    assert beat_dispersion(late) == pytest.approx((3 * np.std([0, 0, 0.4]) + 0) / 4)


@pytest.mark.parametrize("most", [0.02, 0.05, 0.1])
def test_jitter_disperses_beats_by_its_own_spread(most):
    """Evenly spread over +-`most` seconds, distances are even over 0 to `most`: a standard deviation of most / sqrt(12)."""
    rng = np.random.default_rng(0)
    steady = 0.5 * np.arange(4000)
    shaken = steady + rng.uniform(-most, most, len(steady))
    assert beat_dispersion([steady, shaken]) == pytest.approx(most / np.sqrt(12) / 0.25, rel=0.12)


def test_a_tempo_ramp_that_all_stems_follow_costs_nothing_and_one_that_one_follows_does():
    ramp = np.cumsum(np.linspace(0.6, 0.4, 200))
    assert beat_synchronization([ramp] * 3) == 1 and beat_dispersion([ramp] * 3) == 0
    assert beat_synchronization([STEADY, ramp]) < 0.65
    assert 0.2 < beat_dispersion([STEADY, ramp]) < 0.35


def test_beats_of_two_tempi_lie_anywhere_between_each_other():
    """Distances are even from 0 to half of the shorter step, so that they spread by 1 / sqrt(12) of half a step."""
    slow, fast = 0.5 * np.arange(4000), 0.47 * np.arange(4255)
    assert beat_dispersion([slow, fast]) == pytest.approx((0.47 / 0.5 + 1) / 2 / np.sqrt(12), abs=0.01)


def test_double_time_has_half_its_windows_for_itself_and_is_not_dispersed():
    double = 0.013 + 0.25 * np.arange(400)
    assert beat_synchronization([STEADY, double]) == pytest.approx((1 + 0.5) / 2, abs=0.01)
    assert beat_dispersion([STEADY, double]) == pytest.approx(0, abs=1e-9)


def test_the_width_of_a_window_is_70_ms_and_edges_cut():
    assert beat_synchronization([np.array([0.071]), np.array([0.139])]) == 1
    assert beat_synchronization([np.array([0.069]), np.array([0.071])]) == 0.5
    assert beat_synchronization([np.array([0.069]), np.array([0.071])], 0.15) == 1


def test_order_of_stems_changes_nothing_and_stems_without_beats_do_not_count():
    stems = [STEADY, STEADY + 0.03, STEADY[::2]]
    for measure in (beat_synchronization, beat_dispersion):
        assert measure(stems) == pytest.approx(measure(stems[::-1]))
        assert measure([*stems, np.zeros(0)]) == measure(stems)
        assert measure([STEADY, np.zeros(0)]) is None and measure([]) is None


def clicks(times, seed=0, seconds=8.0):
    audio = np.zeros(round(seconds * RATE), np.float32)
    burst = np.random.default_rng(seed).normal(size=800).astype(np.float32) * np.exp(-np.arange(800) / 150) * 0.3
    for at in (round(time * RATE) for time in times if time < seconds - 0.1):
        audio[at : at + 800] += burst
    return audio


def test_from_sound_stems_in_time_are_above_those_that_are_not():
    beat = 0.1 + 0.5 * np.arange(16)
    rng = np.random.default_rng(2)
    assert np.abs(beat_times(clicks(beat))[2:-2, None] - beat).min(1).max() < 0.02
    assert len(beat_times(np.zeros(RATE))) == 0
    together = cross_beats([clicks(beat, seed) for seed in range(3)])
    apart = cross_beats([clicks(beat), clicks(0.3 + 0.43 * np.arange(18)), clicks(0.2 + 0.61 * np.arange(13))])
    shaken = cross_beats([clicks(beat), clicks(beat + rng.uniform(-0.1, 0.1, 16)), clicks(beat)])
    assert together["cbs_wide"] > 0.8 and together["cbd"] < 0.05
    assert apart["cbs"] < together["cbs"] - 0.2 and apart["cbd"] > together["cbd"] + 0.1
    assert shaken["cbd"] > together["cbd"]


def test_its_songs_are_of_the_four_families_with_a_piano():
    for index in range(3):
        song = table.four_stems(index)
        assert [part.family for part in song.parts] == table.FAMILIES
        assert "piano" in next(part.sound for part in song.parts if part.family == "keys")
