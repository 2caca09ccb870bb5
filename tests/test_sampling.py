import math
from itertools import pairwise

import pytest
import torch
from torchdiffeq import odeint

from stemlab.sampling import SAMPLERS, euler, guided, in_interval, led_by, quadratic

START = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
ORDERS = {"euler": 1, "midpoint": 2, "heun": 2, "quadratic": 1, "quadratic-euler": 1}
NAMES_THERE = {"euler": "euler", "midpoint": "midpoint", "heun": "heun2"}


def bent(x, t, step=0):
    """A field that bends in x and in t."""
    return torch.sin(3 * x) * (1 + t) - x + math.cos(5 * t)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 2, 7, 32])
def test_a_constant_velocity_is_followed_exactly_with_any_number_of_steps(sampler, steps):
    velocity = torch.linspace(-2, 2, START.numel(), dtype=torch.float64).view_as(START)
    end = SAMPLERS[sampler](lambda x, t, step: velocity, START, steps)
    assert torch.allclose(end, START + velocity, atol=1e-12, rtol=0)


@pytest.mark.parametrize("steps", [1, 4, 32])
def test_euler_hits_a_single_data_point_from_any_noise(steps):
    point = torch.full_like(START, 0.3)
    end = euler(lambda x, t, step: (point - x) / (1 - t), START, steps)
    assert torch.allclose(end, point, atol=1e-12)


@pytest.mark.parametrize("sampler", NAMES_THERE)
@pytest.mark.parametrize("steps", [1, 5, 16])
def test_samplers_agree_with_torchdiffeq(sampler, steps):
    grid = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    theirs = odeint(lambda t, x: bent(x, float(t)), START, grid, method=NAMES_THERE[sampler])[-1]
    ours = SAMPLERS[sampler](bent, START, steps)
    assert torch.allclose(ours, theirs, atol=1e-9)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_error_falls_by_the_order_of_the_method(sampler):
    exact = odeint(lambda t, x: bent(x, float(t)), START, torch.tensor([0.0, 1.0]).double(), rtol=1e-10, atol=1e-12)[-1]
    coarse, fine = ((SAMPLERS[sampler](bent, START, n) - exact).norm() for n in (64, 128))
    assert math.log2(coarse / fine) == pytest.approx(ORDERS[sampler], abs=0.15)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_callback_gets_each_step_and_the_last_one_is_the_result(sampler):
    seen = []
    end = SAMPLERS[sampler](bent, START, 5, lambda done, total, x: seen.append((done, total, x)))
    assert [(done, total) for done, total, _ in seen] == [(i, 5) for i in range(1, 6)]
    assert torch.equal(seen[-1][2], end)
    assert not torch.equal(seen[0][2], seen[1][2])


@pytest.mark.parametrize("sampler", NAMES_THERE)
def test_the_field_is_told_times_inside_0_to_1_and_its_step(sampler):
    asked = []
    SAMPLERS[sampler](lambda x, t, step: asked.append((t, step)) or x, START, 4)
    assert {step for _, step in asked} == {0, 1, 2, 3}
    assert all(step / 4 <= t <= (step + 1) / 4 for t, step in asked)


def test_quadratic_steps_begin_at_squares_and_tell_the_place_on_the_way():
    asked = []
    quadratic(lambda x, t, step: asked.append((t, step)) or x, START, 4)
    assert asked == [(0, 0), (1 / 16, 1 / 4), (1 / 4, 1), (9 / 16, 9 / 4)]
    guided_at = [t for t, step in asked if in_interval(step, 4, (0, 14))]
    assert guided_at == [0, 1 / 16, 1 / 4]  # up to 15/32, as for equal steps


@pytest.mark.parametrize(("bend", "steps"), [(0.0, 4), (1.0, 4), (1.0, 16)])
def test_quadratic_steps_are_those_of_euler_and_of_adams_and_bashforth(bend, steps):
    grid = [(i / steps) ** 2 for i in range(steps + 1)]
    x, slopes = START, []
    for i, (t, then) in enumerate(pairwise(grid)):
        slopes.append(bent(x, t))
        x = x + (then - t) * slopes[-1]
        if i and bend:  # the polynomial through the last two slopes, integrated
            before = t - grid[i - 1]
            x = x + (then - t) ** 2 / (2 * before) * (slopes[-1] - slopes[-2])
    assert torch.allclose(quadratic(bent, START, steps, bend=bend), x, atol=1e-12)


def test_with_its_whole_bend_a_quadratic_solver_is_of_second_order():
    exact = odeint(lambda t, x: bent(x, float(t)), START, torch.tensor([0.0, 1.0]).double(), rtol=1e-10, atol=1e-12)[-1]
    coarse, fine = ((quadratic(bent, START, n, bend=1.0) - exact).norm() for n in (64, 128))
    assert math.log2(coarse / fine) == pytest.approx(2, abs=0.2)


def test_the_noise_given_is_left_alone():
    before = START.clone()
    for sampler in SAMPLERS.values():
        sampler(bent, START, 3)
    assert torch.equal(START, before)


def test_guidance_is_off_at_1_unconditional_at_0_and_pushes_beyond():
    conditional, unconditional = torch.tensor([2.0]), torch.tensor([1.0])
    assert guided(conditional, unconditional, 1) == conditional
    assert guided(conditional, unconditional, 0) == unconditional
    assert guided(conditional, unconditional, 3) == 4


def test_two_scales_lead_apart_and_are_plain_guidance_where_they_are_one():
    together, alone, null = torch.tensor([4.0]), torch.tensor([2.0]), torch.tensor([1.0])
    assert led_by(together, alone, null, guidance=1, mates=1) == together
    assert led_by(together, alone, null, guidance=1, mates=0) == alone
    assert led_by(together, alone, null, guidance=0, mates=0) == null
    assert led_by(together, alone, null, guidance=3, mates=2) == 1 + 3 * 1 + 2 * 2
    for scale in (0.5, 3):
        assert led_by(together, alone, null, guidance=scale, mates=scale) == guided(together, null, scale)
        assert led_by(together, null, guidance=scale, mates=scale) == guided(together, null, scale)


@pytest.mark.parametrize(
    ("steps", "on"), [(32, range(3, 29)), (64, range(6, 58)), (16, range(2, 15)), (8, range(1, 8))]
)
def test_guidance_is_on_in_the_same_part_of_the_way_for_any_number_of_steps(steps, on):
    assert [step for step in range(steps) if in_interval(step, steps, (3, 28))] == list(on)


def test_the_whole_interval_is_all_steps_and_one_beyond_the_end_is_none():
    for steps in (1, 5, 32, 100):
        assert all(in_interval(step, steps, (0, 31)) for step in range(steps))
        assert not any(in_interval(step, steps, (32, 40)) for step in range(steps))
