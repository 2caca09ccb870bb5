"""The checks of lesson 9 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

from functools import partial

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


def in_parts(net, optimizer, loss_of, parts, share=None, forget="once", clip="once", move="once"):
    """The step in parts; with other arguments, one that does something wrong."""
    total, told = sum(len(part) for part in parts), 0.0
    if forget == "once":
        optimizer.zero_grad()
    for part in parts:
        if forget == "each":
            optimizer.zero_grad()
        loss = loss_of(net, part) * (len(part) / total if share is None else share)
        loss.backward()
        told += loss.item()
        if clip == "each":
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        if move == "each":
            optimizer.step()
    if clip == "once":
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    if move == "once":
        optimizer.step()
    return told


def by_autograd(net, optimizer, loss_of, parts):
    weights, total = list(net.parameters()), sum(map(len, parts))
    grads = [torch.autograd.grad(loss_of(net, part), weights) for part in parts]
    for k, weight in enumerate(weights):
        weight.grad = sum(len(part) / total * grad[k] for part, grad in zip(parts, grads, strict=True))
    torch.nn.utils.clip_grad_norm_(weights, 1.0)
    told = float(sum(len(part) / total * loss_of(net, part).detach() for part in parts))
    optimizer.step()
    return told


def clipped_part_by_part(net, optimizer, loss_of, parts):
    weights, total, told = list(net.parameters()), sum(map(len, parts)), 0.0
    grads = [torch.zeros_like(weight) for weight in weights]
    for part in parts:
        optimizer.zero_grad()
        loss = loss_of(net, part) * len(part) / total
        loss.backward()
        told += loss.item()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        for kept, weight in zip(grads, weights, strict=True):
            kept += weight.grad
    for kept, weight in zip(grads, weights, strict=True):
        weight.grad = kept
    optimizer.step()
    return told


def loss_of_the_last(net, optimizer, loss_of, parts):
    told = loss_of(net, parts[-1]).item()
    in_parts(net, optimizer, loss_of, parts)
    return told


def step_for_each_part(net, optimizer, loss_of, parts):
    told = [one_step(net, optimizer, partial(loss_of, part=part)) for part in parts]
    return sum(told) / len(told)


def test_the_right_answers_are_accepted(capsys):
    train_your_own.check_bug("B")
    train_your_own.check_one_step(one_step)
    train_your_own.check_in_parts(in_parts)
    assert capsys.readouterr().out.count("[ok]") == 3
    train_your_own.check_in_parts(by_autograd)
    assert capsys.readouterr().out.count("[ok]") == 1


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


def with_parts(**wrong):
    return lambda net, optimizer, loss_of, parts: in_parts(net, optimizer, loss_of, parts, **wrong)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (with_parts(share=1 / 3), "weighed alike"),
        (with_parts(share=1.0), "weighed alike"),
        (with_parts(forget="each"), "Only the last part"),
        (step_for_each_part, "a step for each part"),
        (clipped_part_by_part, "clip it once"),
        (with_parts(clip="never"), "was not clipped"),
        (with_parts(forget="never"), "old gradient of the first"),
        (with_parts(move="never"), "differ from those of the whole batch"),
        (loss_of_the_last, "mean over all twelve"),
        (lambda net, opt, loss_of, parts: torch.tensor(in_parts(net, opt, loss_of, parts)), "as a float"),
        (with_parts(share=1 / 12), "differ from those|weighed alike"),
    ],
)
def test_a_step_in_other_parts_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        train_your_own.check_in_parts(answer)


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
    train_your_own.check_in_parts(stub)
    assert capsys.readouterr().out.count("still open") == 3
