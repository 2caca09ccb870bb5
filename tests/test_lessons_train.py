"""The checks of lesson 9 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import pytest
import torch

from stemlab.lessons import train_your_own


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
    train_your_own.check_bug("B")
    train_your_own.check_one_step(one_step)
    train_your_own.check_average(average)
    assert capsys.readouterr().out.count("[ok]") == 3


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


def clipped_to_a_tenth(net, optimizer, loss_of):
    optimizer.zero_grad()
    loss = loss_of(net)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 0.1)
    optimizer.step()
    return loss.item()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (careless(forget=False), "old gradient"),
        (careless(clip="after"), "clip between"),
        (careless(clip="never"), "clip between"),
        (careless(move=False), "Nothing moved"),
        (careless(plain=False), "as a float"),
        (clipped_to_a_tenth, "not that of the network before"),
    ],
)
def test_another_step_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        train_your_own.check_one_step(answer)


def first_layer_only(mean, net, decay):
    average(mean[0], net[0], decay)


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
        (first_layer_only, "not by"),
    ],
)
def test_another_mean_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        train_your_own.check_average(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("A", r"The two curves are one"),
        ("C", r"it moves"),
        ("D", r"the network itself"),
        ("e", r"not yet come down"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        train_your_own.check_bug(answer)


def test_only_the_average_of_the_sick_run_lags():
    left, right = train_your_own.bug().axes
    (healthy, sick), (good, late) = ([line.get_ydata() for line in axes.lines] for axes in (left, right))
    assert list(healthy) == list(sick)
    assert late[-1] > 2 * good[-1] and late[-1] < 0.7 * late[0]


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    train_your_own.check_bug(None)
    train_your_own.check_one_step(stub)
    train_your_own.check_average(stub)
    assert capsys.readouterr().out.count("still open") == 3
