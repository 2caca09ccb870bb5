"""Properties that a change of one core line breaks: each test here was written for a mutant that nothing had noticed."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from stemlab.conditions import Conditions, make_conditions, sinusoids
from stemlab.flow import group_noise, random_times
from stemlab.lab.gate import ATTACK, RELEASE, gate
from stemlab.metrics.harmony import chroma
from stemlab.model import norm, rotary, rotate
from stemlab.noise import blend, fresh_noise, piece_seed, stem_noise
from stemlab.sampling import Sampling, integrate
from stemlab.train import Batch, Objective, draw_roles, naming_loss, shared_noise_losses
from stemlab.windows import longest, overlap, spans, weights


@pytest.mark.parametrize("mean", [-1.5, 0.0, 0.8])
def test_training_times_lie_around_the_mean_that_they_are_given(mean):
    times = random_times(torch.arange(4000), torch.Generator().manual_seed(1), mean)
    assert float(torch.logit(times).mean()) == pytest.approx(mean, abs=0.08)
    assert float(torch.logit(times).std()) == pytest.approx(1, abs=0.06)


def test_fresh_noise_is_of_no_group_and_never_what_the_stem_started_from():
    start, shared = (stem_noise(5, ["bass"], 4, 200, rho)[0] for rho in (0.0, 1.0))
    fresh = fresh_noise(5, "bass", 4, 200)
    for other in (start, shared, fresh_noise(5, "keys", 4, 200), fresh_noise(6, "bass", 4, 200)):
        assert abs(float(torch.corrcoef(torch.stack([fresh.flatten(), other.flatten()]))[0, 1])) < 0.15
    assert torch.equal(fresh, fresh_noise(5, "bass", 4, 200))


def test_each_piece_of_a_group_has_a_seed_of_its_own_and_the_first_the_groups():
    seeds = [piece_seed(7, piece) for piece in range(5)]
    assert seeds[0] == 7 and len(set(seeds)) == 5 and piece_seed(8, 1) != piece_seed(7, 1)


@pytest.mark.parametrize("rate", [16_000, 32_000, 48_000])
def test_ramps_of_the_gate_last_as_long_in_seconds_at_every_rate(rate):
    marks = np.ones(rate, np.int8)
    marks[rate // 4 : rate // 2] = 0
    gain = gate(torch.ones(rate), marks, rate).numpy()
    ramps = (gain > 0) & (gain < 1)
    assert ramps[: rate // 2].sum() == round(RELEASE * rate) and ramps[rate // 2 :].sum() == round(ATTACK * rate)
    assert (
        not gain[marks == 0].any()
        and (np.diff(gain[rate // 2 :]) >= 0).all()
        and (np.diff(gain[: rate // 2]) <= 0).all()
    )


@pytest.mark.parametrize("cents", [-35, -20, 20, 35])
def test_a_tone_between_two_semitones_weighs_less_the_farther_it_is_from_the_nearest(cents):
    """Peaks are interpolated between bins 2 Hz apart; with a wrong sign low tones land on a neighbour or weigh alike."""
    times = np.arange(32_000 * 2) / 32_000
    tone = lambda off: 0.3 * np.sin(2 * np.pi * 110 * 2 ** (off / 1200) * times)  # noqa: E731
    true, bent = (chroma(tone(off), 120).sum(0) for off in (0, cents))
    assert true.argmax() == bent.argmax() == 9
    assert bent[9] / true[9] == pytest.approx(1 - (2 * cents / 100) ** 2, abs=0.06)


class Exact(torch.nn.Module):
    """A velocity that is exact for stems that are made, and wrong by 10 for those that are there already (t = 1)."""

    def __init__(self, x):
        super().__init__()
        self.x, self.weight = x, torch.nn.Parameter(torch.zeros(1))

    def prepare(self, conditions, coupled):
        self.coupled = coupled
        return None

    def velocity_and_notes(self, x_t, t, prepared):
        self.t = t
        velocity = (self.x - x_t) / (1 - t[:, None, None]).clamp(min=1e-6)
        velocity = torch.where((t == 1)[:, None, None], 10.0, velocity)
        return velocity + 0 * self.weight, torch.zeros(len(t), x_t.shape[2], 100)


def batch_of(groups: int, size: int, seed: int) -> Batch:
    x = torch.randn(groups * size, 4, 8, generator=torch.Generator().manual_seed(seed))
    told = make_conditions(["bass"] * len(x), 8, 4)
    told = replace(told, group=torch.arange(groups).repeat_interleave(size))
    return Batch(x, told, None, torch.Generator().manual_seed(seed))


def test_stems_that_are_given_have_no_part_in_the_loss_and_are_there_at_t_1():
    batch = batch_of(6, 4, 3)
    net = Exact(batch.x)
    losses = shared_noise_losses(net, batch, Objective(noise_only=0.0, given=1.0, bf16=False))
    assert float(losses[0].detach()) == pytest.approx(0, abs=1e-6)
    assert 0 < int((net.t == 1).sum()) < len(batch.x) and bool(net.coupled.all())


def test_noise_is_shared_in_training_just_where_stems_do_not_see_each_other():
    batch, seen = batch_of(8, 3, 5), {}
    net = Exact(batch.x)
    net.velocity_and_notes = lambda x_t, t, p: seen.update(x_t=x_t, t=t) or (x_t, torch.zeros(len(t), 8, 100))
    shared_noise_losses(net, batch, Objective(noise_only=0.5, given=0.0, bf16=False))
    t = seen["t"][:, None, None]
    noise = ((seen["x_t"] - t * batch.x) / (1 - t)).reshape(8, 3, 4, 8)
    alike = torch.tensor([torch.allclose(n[0], n[1], atol=1e-3) for n in noise])
    assert torch.equal(alike, ~net.coupled.reshape(8, 3)[:, 0]) and 0 < int(alike.sum()) < 8
    assert (seen["t"].reshape(8, 3).diff(dim=1) == 0).all()  # one time a group


def test_roles_are_drawn_for_whole_groups_and_somebody_is_always_made():
    group = torch.arange(500).repeat_interleave(4)
    coupled, given = draw_roles(group, 0.3, 0.4, torch.Generator().manual_seed(2))
    assert (coupled.reshape(500, 4).float().mean(1) % 1 == 0).all() and not (given & ~coupled).any() and not given[0]
    assert float(coupled.float().mean()) == pytest.approx(0.7, abs=0.06)
    some = given.reshape(500, 4).any(1)[coupled.reshape(500, 4)[:, 0]]
    assert float(some.float().mean()) == pytest.approx(0.4 * 15 / 16, abs=0.06)
    everyone, _ = draw_roles(group, 0.0, 0.0, torch.Generator().manual_seed(2))
    nobody, there = draw_roles(group, 1.0, 1.0, torch.Generator().manual_seed(2))
    assert everyone.all() and not nobody.any() and not there.any()


def test_naming_the_right_notes_costs_less_than_naming_others_and_unknown_notes_cost_nothing():
    roll = torch.zeros(2, 5, 88, dtype=torch.bool)
    roll[0, :, 40], roll[1, :, 45] = True, True
    group = torch.zeros(2, dtype=torch.long)
    right = torch.full((2, 5, 100), -9.0)
    right[0, :, 40] = right[1, :, 45] = 9.0
    right[:, :, 88 + (40 + 21) % 12] = right[:, :, 88 + (45 + 21) % 12] = 9.0
    assert float(naming_loss(right, roll, group)) < 0.1 < 30 < float(naming_loss(-right, roll, group))
    assert float(naming_loss(right, None, group)) == 0


class Still:
    """A field that says how often it was asked and by how many at once; its velocity is that of what is told."""

    window, frame_seconds = 16, 0.064

    def __init__(self):
        self.asked, self.times = [], []
        self.text = type("Text", (), {"tokenize": staticmethod(lambda texts: torch.ones(len(texts), 4).long())})

    def prepare(self, conditions: Conditions, coupled):
        return type("Told", (), {"text": [], "bpm": conditions.bpm, "n": len(conditions), "start": conditions.start})()

    def __call__(self, x, t, told):
        self.asked.append(len(x))
        self.times.append(t)
        return told.bpm[:, None, None].expand_as(x)


def told(n: int, frames: int, bpm: float = 100.0) -> Conditions:
    return make_conditions(["bass"] * n, frames, 4, bpm=bpm)


@pytest.mark.parametrize(
    ("how", "copies"),
    [
        (Sampling(sampler="euler", steps=4, guidance=1.0, mates=1.0), [2] * 4),
        (Sampling(sampler="euler", steps=4, guidance=3.0, mates=3.0, interval=(0, 31)), [4] * 4),
        (Sampling(sampler="euler", steps=4, guidance=3.0, mates=5.0, interval=(0, 31)), [6] * 4),
        (Sampling(sampler="euler", steps=4, guidance=3.0, mates=5.0, interval=(0, 31), coupling="noise"), [4] * 4),
        (Sampling(sampler="euler", steps=4, guidance=3.0, mates=3.0, interval=(8, 15)), [2, 4, 2, 2]),
    ],
)
def test_guidance_costs_what_it_must_and_only_inside_its_interval(how, copies):
    field = Still()
    integrate(field, told(2, 8), torch.zeros(2, 4, 8), how)
    assert field.asked == copies


def test_guidance_leads_away_from_the_null_by_its_scale():
    x = integrate(
        Still(),
        told(1, 8, 2.0),
        torch.zeros(1, 4, 8),
        Sampling(sampler="euler", steps=3, guidance=3.0, interval=(0, 31)),
    )
    assert torch.allclose(x, torch.full_like(x, 6.0))  # 0 + 3 * (2 - 0), over a way of length 1


def test_what_is_held_comes_out_as_it_is_and_what_all_see_is_there_from_the_start():
    known, hold = torch.full((2, 4, 8), 7.0), torch.zeros(2, 8, dtype=torch.bool)
    hold[0], hold[1, :3] = True, True
    field = Still()
    how = Sampling(sampler="euler", steps=2, guidance=1.0, mates=1.0)
    x = integrate(field, told(2, 8, 2.0), torch.zeros(2, 4, 8), how, known, hold)
    assert (x[0] == 7).all() and (x[1, :, :3] == 7).all() and torch.allclose(x[1, :, 3:], torch.tensor(2.0))
    assert [t.tolist() for t in field.times] == [[1.0, 0.0], [1.0, 0.5]]


def test_windows_cover_all_frames_overlap_enough_and_weigh_1_together():
    for frames in (16, 26, 27, 40, 61, 160):
        cut = spans(frames, 16)
        assert cut[0][0] == 0 and cut[-1][1] == frames and (len(cut) == 1) == (frames <= longest(16))
        assert all(a[1] - b[0] >= overlap(16) for a, b in pairwise(cut))
        total = torch.zeros(frames)
        for (start, stop), share in zip(cut, weights(cut, frames), strict=True):
            total[start:stop] += share
            assert (share > 0).all()
        assert torch.allclose(total, torch.ones(frames))


def test_each_window_is_told_the_beat_at_which_it_begins():
    field, starts = Still(), []
    field.prepare = lambda c, coupled: starts.append(float(c.start[0])) or Still.prepare(field, c, coupled)
    how = Sampling(sampler="euler", steps=1, guidance=1.0, mates=1.0)
    integrate(field, told(1, 40), torch.zeros(1, 4, 40), how)
    assert starts == pytest.approx([first * 0.064 * 100 / 60 for first, _ in spans(40, 16)])


def test_rotary_positions_tell_the_distance_and_nothing_else():
    q, k = torch.randn(2, 1, 1, 1, 8, generator=torch.Generator().manual_seed(0)).unbind(0)
    turn = rotary(12, 8, "cpu")
    at = lambda x, place: rotate(x.expand(1, 1, 12, 8), turn)[0, 0, place]  # noqa: E731
    scores = [float(at(q, a) @ at(k, b)) for a, b in ((2, 5), (6, 9), (2, 6))]
    assert scores[0] == pytest.approx(scores[1], abs=1e-5) and abs(scores[0] - scores[2]) > 1e-3
    assert torch.allclose(norm(q * 5 + 3), norm(q), atol=1e-4)


def test_rho_of_each_stem_is_the_share_that_it_has_in_common():
    noise = group_noise(
        torch.zeros(3, dtype=torch.long), 8, 4000, torch.Generator().manual_seed(1), torch.tensor([1, 1, 0.25])
    )
    assert torch.equal(noise[0], noise[1])
    assert float(torch.corrcoef(noise.flatten(1))[0, 2]) == pytest.approx(0.5, abs=0.02)


def test_a_seed_means_the_same_noise_in_every_version():
    """These numbers were drawn when the first sessions were saved: a change of the dice would change every user's music."""
    own, fresh = stem_noise(7, ["bass"], 1, 3, 0.0).flatten(), fresh_noise(7, "bass", 1, 3).flatten()
    assert own.tolist() == pytest.approx([-0.9027767777442932, -0.7691627144813538, 1.1385489702224731])
    assert fresh.tolist() == pytest.approx([0.8913592100143433, -1.4854508638381958, 0.5972327589988708])
    assert piece_seed(7, 1) == 64972968386963692


def test_noise_is_blended_by_the_formula_of_both_places():
    first, second = torch.tensor([[1.0, 2.0]]), torch.tensor([[4.0, -2.0]])
    assert torch.allclose(blend(first, second, 0.25), 0.5 * first + 0.75**0.5 * second)
    shared, part, own = (stem_noise(3, ["bass"], 2, 50, rho)[0] for rho in (1.0, 0.25, 0.0))
    assert torch.allclose(part, 0.5 * shared + 0.75**0.5 * own, atol=1e-6)


def test_sinusoids_begin_with_the_number_itself_and_rise_to_a_thousand_times_as_fast():
    t = torch.tensor([0.01, 0.3])
    found = sinusoids(t, 8)
    assert torch.allclose(found[:, 0], t.sin()) and torch.allclose(found[:, 4], t.cos())
    assert torch.allclose(found[:, 3], (t * torch.exp(torch.tensor(6.9))).sin(), atol=1e-5)
