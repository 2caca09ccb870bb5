import copy
from dataclasses import replace

import pytest
import torch

from stemlab.conditions import Conditions, make_conditions
from stemlab.model import StemAttention

FRAMES, CHANNELS = 20, 32
TEXTS = [
    "drums: funk kit", "bass", "keys: a very soft electric piano | slow jazz", "guitar: clean | funk", "lead: synth",
    "winds: flute", "percussion: shaker", "strings: pad",
]  # fmt: skip


@pytest.fixture(scope="module")
def net(make_net):
    return make_net(depth=2)


def told(stems=4, frames=FRAMES, seed=0):
    """Conditions of one group, all there; and noisy latents and times of its stems."""
    generator = torch.Generator().manual_seed(seed)
    c = make_conditions(
        TEXTS[:stems], frames, CHANNELS, 104.0, "E minor", torch.randn(CHANNELS, frames, generator=generator),
        torch.randint(0, 3, (stems, frames), generator=generator), start=3.0,
    )  # fmt: skip
    return c, torch.randn(stems, CHANNELS, frames, generator=generator)


@torch.no_grad()
def velocity(net, c, x, coupled, t=0.4):
    return net(x, torch.full((len(x),), t), net.prepare(c, coupled))


def close(a, b):
    return torch.allclose(a, b, atol=2e-4, rtol=1e-4)


def differ(a, b):
    return float((a - b).abs().max()) > 1e-2


def join(a: Conditions, b: Conditions) -> Conditions:
    return Conditions(**{name: torch.cat([getattr(a, name), getattr(b, name)]) for name in vars(a)})


@pytest.mark.parametrize("coupled", [True, False])
def test_a_fresh_network_predicts_zero_and_a_random_one_does_not(make_net, net, coupled):
    c, x = told()
    assert not velocity(make_net(std=0), c, x, coupled).any()
    out = velocity(net, c, x, coupled)
    assert out.shape == x.shape and out.isfinite().all() and float(out.std()) > 0.1


def test_the_order_of_the_stems_changes_nothing_under_noise(net):
    c, x = told()
    order = torch.tensor([2, 0, 3, 1])
    assert close(velocity(net, c.select(order), x[order], False), velocity(net, c, x, False)[order])


@pytest.mark.parametrize("stems", range(1, 9))
def test_the_number_of_stems_changes_nothing_under_noise(net, stems):
    c, x = told(8)
    some = torch.arange(8)[-stems:]
    assert close(velocity(net, c.select(some), x[some], False), velocity(net, c, x, False)[some])


def test_permuting_the_stems_permutes_the_output_under_attention(net):
    c, x = told()
    order = torch.tensor([2, 0, 3, 1])
    assert close(velocity(net, c.select(order), x[order], True), velocity(net, c, x, True)[order])


@pytest.mark.parametrize("stems", range(2, 9))
def test_the_stems_of_a_group_hear_each_other_under_attention(net, stems):
    c, x = told(stems)
    before = velocity(net, c, x, True)
    x[-1] += 1
    after = velocity(net, c, x, True)
    assert all(differ(after[i], before[i]) for i in range(stems))


def test_a_stem_alone_is_the_same_under_both_couplings(net):
    c, x = told(1)
    assert close(velocity(net, c, x, True), velocity(net, c, x, False))


def test_a_stem_of_another_group_changes_nothing(net):
    (c, x), (d, y) = told(3), told(2, seed=1)
    d.group = d.group + 1
    both = velocity(net, join(c, d), torch.cat([x, y]), True)
    assert close(both[:3], velocity(net, c, x, True))
    assert close(both[3:], velocity(net, d, y, True))
    e, z = told(2, seed=2)
    e.group = e.group + 1
    assert close(velocity(net, join(c, e), torch.cat([x, z]), True)[:3], both[:3])


def test_coupling_may_be_chosen_stem_by_stem(net):
    (c, x), (d, y) = told(3), told(2, seed=1)
    d.group = d.group + 1
    mixed = velocity(net, join(c, d), torch.cat([x, y]), torch.tensor([True, True, True, False, False]))
    assert close(mixed[:3], velocity(net, c, x, True))
    assert close(mixed[3:], velocity(net, d, y, False))
    assert differ(mixed[3:], velocity(net, d, y, True))


def test_a_stem_that_is_not_coupled_hears_nobody_and_is_heard_by_nobody(net):
    c, x = told(3)
    part = torch.tensor([True, True, False])
    mixed = velocity(net, c, x, part)
    assert close(mixed[:2], velocity(net, c.select(torch.arange(2)), x[:2], True))
    assert close(mixed[2:], velocity(net, c, x, False)[2:])


def test_attention_across_stems_has_no_part_in_the_coupling_noise(net):
    c, x = told(3)
    other = copy.deepcopy(net)
    for layer in other.modules():
        if isinstance(layer, StemAttention):
            torch.nn.init.normal_(layer.leave.weight)
            torch.nn.init.normal_(layer.leave.bias)
    assert torch.equal(velocity(net, c, x, False), velocity(other, c, x, False))
    assert differ(velocity(net, c, x, True), velocity(other, c, x, True))


def test_attention_across_stems_starts_at_zero(make_net):
    net = make_net()
    for layer in net.modules():
        if isinstance(layer, StemAttention):
            torch.nn.init.zeros_(layer.leave.weight)
            torch.nn.init.zeros_(layer.leave.bias)
    c, x = told()
    assert torch.equal(velocity(net, c, x, True), velocity(net, c, x, False))
    assert not StemAttention(64, 2).leave.weight.any()


OTHER = {  # what is told -> (another value of it, the null that takes it away)
    "tokens": (lambda c: c.tokens.flip(0), "text"),
    "bpm": (lambda c: c.bpm + 7, "tempo"),
    "start": (lambda c: c.start + 1, "tempo"),
    "key": (lambda c: (c.key + 1) % 24, "key"),
    "submix": (lambda c: c.submix.flip(1), "submix"),
    "has_submix": (lambda c: ~c.has_submix, "submix"),
    "activity": (lambda c: (c.activity + 1) % 3, "activity"),
}


@pytest.mark.parametrize("coupled", [True, False])
@pytest.mark.parametrize("name", OTHER)
def test_each_condition_changes_the_output_and_its_null_really_removes_it(net, name, coupled):
    c, x = told()
    other, null = OTHER[name]
    changed = replace(c, **{name: other(c)})
    before, after = velocity(net, c, x, coupled), velocity(net, changed, x, coupled)
    assert all(differ(a, b) for a, b in zip(before, after, strict=True))
    only = {n: n == null for n in ("text", "tempo", "key", "submix", "activity")}
    removed = velocity(net, c.null(**only), x, coupled)
    assert torch.equal(removed, velocity(net, changed.null(**only), x, coupled))
    assert all(differ(a, b) for a, b in zip(removed, before, strict=True))


def test_the_null_of_everything_knows_nothing_of_what_was_told(net):
    c, x = told()
    d = make_conditions([text[::-1] for text in TEXTS[:4]], FRAMES, CHANNELS, 77.0, "D major", None, None, start=9.0)
    assert torch.equal(velocity(net, c.null(), x, False), velocity(net, d.null(), x, False))


def test_each_stem_reads_its_own_text(net):
    c, x = told(3)
    before = velocity(net, c, x, False)
    c.tokens[1] = c.tokens[2]
    after = velocity(net, c, x, False)
    assert differ(before[1], after[1]) and close(before[0], after[0]) and close(before[2], after[2])


def test_a_stem_without_text_does_not_depend_on_how_long_the_others_are(net):
    c, x = told(3)
    c = c.null(text=torch.tensor([True, False, False]), tempo=False, key=False, submix=False, activity=False)
    short = c.select(torch.tensor([0, 1]))
    assert close(velocity(net, c, x, False)[0], velocity(net, short, x[:2], False)[0])


def test_the_order_of_the_words_matters(net):
    _, x = told(2)
    a, b = (make_conditions([t, t], FRAMES, CHANNELS) for t in ("ab cd", "cd ab"))
    assert differ(velocity(net, a, x, False), velocity(net, b, x, False))


def test_time_and_position_matter(net):
    c, x = told()
    assert differ(velocity(net, c, x, False, 0.1), velocity(net, c, x, False, 0.9))
    bare = c.null()
    swapped = x.clone()
    swapped[:, :, [5, 15]] = x[:, :, [15, 5]]
    untouched = [i for i in range(FRAMES) if i not in (5, 15)]
    a, b = velocity(net, bare, x, False), velocity(net, bare, swapped, False)
    assert differ(a[:, :, untouched], b[:, :, untouched])


@pytest.mark.parametrize("patch", [1, 2])
@pytest.mark.parametrize("frames", [1, 7, 192, 320])
def test_any_number_of_frames_goes_through(make_net, frames, patch):
    net = make_net(patch=patch)
    c, x = told(2, frames)
    out = velocity(net, c, x, True)
    assert out.shape == (2, CHANNELS, frames) and out.isfinite().all() and differ(out, torch.zeros_like(out))


def test_every_parameter_learns_something(make_net):
    net = make_net().train()
    c, x = told()
    t = torch.rand(4, generator=torch.Generator().manual_seed(0))
    sum(out.square().sum() for out in net.velocity_and_notes(x, t, net.prepare(c))).backward()
    silent = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def test_the_output_is_float32_under_autocast_and_near_the_exact_one(net):
    c, x = told()
    with torch.autocast("cpu", torch.bfloat16):
        rough = velocity(net, c, x, True)
    exact = velocity(copy.deepcopy(net), c, x, True)
    assert rough.dtype == torch.float32
    assert float((rough - exact).norm() / exact.norm()) < 0.05
