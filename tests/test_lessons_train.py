"""The checks of lesson 9 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import pytest
import torch

from stemlab.lessons import train_your_own
from stemlab.train import trapezoid


def one_step(net, optimizer, loss_of):
    optimizer.zero_grad()
    loss = loss_of(net)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
    return loss.item()


@torch.no_grad()
def average(mean, net, decay):
    for kept, new in zip(mean.parameters(), net.parameters(), strict=True):
        kept.mul_(decay).add_(new, alpha=1 - decay)


def test_the_right_answers_are_accepted(capsys):
    train_your_own.check_factor(trapezoid)  # the package's own
    train_your_own.check_one_step(one_step)
    train_your_own.check_average(average)
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (
            lambda s, total, cool, warm: min(1.0, s / warm, (total - s) / (cool * total)),
            "first step would teach nothing",
        ),
        (lambda s, total, cool, warm: min((s + 1) / warm, (total - s) / (cool * total)), "never goes above 1"),
        (lambda s, total, cool, warm: min(1.0, (total - s) / (cool * total)), "rises over `warmup` steps"),
        (lambda s, total, cool, warm: min(1.0, (s + 1) / warm), "does not fall"),
        (lambda s, total, cool, warm: min(1.0, (s + 1) / warm, (total - s) / total), "stays at 1"),
    ],
)
def test_another_shape_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        train_your_own.check_factor(answer)


def careless(forget=True, clip="before", move=True, plain=True):
    """A step that leaves something out."""

    def step(net, optimizer, loss_of):
        if forget:
            optimizer.zero_grad()
        loss = loss_of(net)
        loss.backward()
        if clip == "before":
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        if move:
            optimizer.step()
        if clip == "after":
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        return loss.item() if plain else loss

    return step


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (careless(forget=False), "old gradient"),
        (careless(clip="after"), "clip between"),
        (careless(clip="never"), "clip between"),
        (careless(move=False), "Nothing moved"),
        (careless(plain=False), "as a float"),
    ],
)
def test_another_step_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        train_your_own.check_one_step(answer)


def turned(mean, net, decay):
    average(mean, net, 1 - decay)


def copies(mean, net, decay):
    for kept, new in zip(mean.parameters(), net.parameters(), strict=True):
        kept = decay * kept + (1 - decay) * new


def with_graph(mean, net, decay):
    for kept, new in zip(mean.parameters(), net.parameters(), strict=True):
        kept.mul_(decay).add_(new, alpha=1 - decay)


@torch.no_grad()
def both(mean, net, decay):
    average(mean, net, decay)
    average(net, mean, decay)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (turned, "wrong way round"),
        (copies, "has not moved"),
        (with_graph, "under torch.no_grad"),
        (both, "only the mean may change"),
        (lambda mean, net, decay: average(mean, net, 0.9), "is decay used"),
    ],
)
def test_another_mean_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        train_your_own.check_average(answer)


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    train_your_own.check_factor(stub)
    train_your_own.check_one_step(stub)
    train_your_own.check_average(stub)
    assert capsys.readouterr().out.count("still open") == 3
