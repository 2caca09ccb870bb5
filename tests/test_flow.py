import pytest
import torch

from stemlab.flow import flow_loss, group_noise, interpolate, random_times

GROUPS = torch.tensor([0, 0, 0, 1, 1, 2])


def draw(rho=1.0, seed=0, group=GROUPS, size=(32, 512)):
    return group_noise(group, *size, torch.Generator().manual_seed(seed), rho)


def correlation(a, b):
    return float(torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1])


def test_noise_is_equal_inside_a_group_and_unrelated_between_groups():
    noise = draw()
    assert torch.equal(noise[0], noise[1]) and torch.equal(noise[0], noise[2])
    assert torch.equal(noise[3], noise[4])
    for a, b in ((0, 3), (0, 5), (3, 5)):
        assert abs(correlation(noise[a], noise[b])) < 0.03


@pytest.mark.parametrize("rho", [0.0, 0.25, 0.5, 0.9, 1.0])
def test_noise_has_unit_variance_for_every_rho_and_stems_correlate_by_rho(rho):
    noise = draw(rho)
    assert noise.var(dim=(1, 2)).sub(1).abs().max() < 0.05
    assert noise.mean(dim=(1, 2)).abs().max() < 0.03
    assert correlation(noise[0], noise[1]) == pytest.approx(rho, abs=0.03)
    assert abs(correlation(noise[0], noise[3])) < 0.03


def test_each_stem_may_have_its_own_rho():
    noise = draw(torch.tensor([1.0, 0.64, 0.0, 1.0, 1.0, 1.0]))
    assert correlation(noise[0], noise[1]) == pytest.approx(0.8, abs=0.03)  # sqrt(1 * 0.64)
    assert abs(correlation(noise[0], noise[2])) < 0.03
    assert torch.equal(noise[3], noise[4])


@pytest.mark.parametrize("rho", [0.3, 1.0])
def test_the_seed_decides_the_noise(rho):
    assert torch.equal(draw(rho, seed=5), draw(rho, seed=5))
    assert not torch.allclose(draw(rho, seed=5), draw(rho, seed=6))


@pytest.mark.parametrize("rho", [-0.1, 1.01, torch.tensor([1.0, 1.0, 1.0, 2.0, 1.0, 1.0])])
def test_rho_outside_0_to_1_is_refused_by_name(rho):
    with pytest.raises(ValueError, match="rho"):
        draw(rho)


def test_the_path_starts_at_the_noise_and_ends_at_the_data():
    noise, x = torch.randn(2, 6, 4, 8, generator=torch.Generator().manual_seed(0)).unbind(0)
    assert torch.equal(interpolate(noise, x, torch.zeros(6)), noise)
    assert torch.equal(interpolate(noise, x, torch.ones(6)), x)
    assert torch.allclose(interpolate(noise, x, torch.full((6,), 0.25)), 0.75 * noise + 0.25 * x)


def test_the_loss_is_zero_for_the_exact_velocity_of_a_one_point_data_set():
    generator = torch.Generator().manual_seed(1)
    c = torch.randn(1, 4, 8, generator=generator).expand(6, -1, -1)
    noise, t = draw(0.5, size=(4, 8)), torch.linspace(0, 0.9, 6)
    x = interpolate(noise, c, t)
    exact = (c - x) / (1 - t[:, None, None])
    assert float(flow_loss(exact, noise, c)) < 1e-9
    assert float(flow_loss(exact + 1, noise, c)) == pytest.approx(1, abs=1e-5)


def test_the_stems_of_a_group_train_at_one_time():
    t = random_times(GROUPS, torch.Generator().manual_seed(0))
    assert t[0] == t[1] == t[2] and t[3] == t[4]
    assert len(set(t.tolist())) == 3
    many = random_times(torch.arange(4000), torch.Generator().manual_seed(0))
    assert 0 < many.min() and many.max() < 1
    assert float(many.mean()) == pytest.approx(0.5, abs=0.02)
    middle = ((many > 0.25) & (many < 0.75)).float().mean()  # logit-normal: 0.73, where a uniform one has 0.5
    assert float(middle) == pytest.approx(0.728, abs=0.03)
