"""Checks for the exercises of the lesson on training.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 09_train_your_own.ipynb
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import nn

from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN

SUSPECTS = Case(
    exercise=1,
    defect="B",
    against={
        "A": "Too high a rate would show on the left: the loss in training would jump. The two curves are one.",
        "C": "An average that is never updated would stay where it began. Look at the right curve: it moves, slowly, and downwards.",
        "D": "Exchanged, the average would be the network itself, nearly: its loss would scatter like that of the training, and be low.",
        "E": "A run that overfits has a loss on other data that falls first and then *rises*. This one has not yet come down.",
    },
    told="With a decay of 0.998 the average looks back 500 steps, and the run has 400: nearly half of it is still the untrained network. The "
    "loss in training never shows it; 1 / (1 - decay) must be small beside the run.",
)


def bug() -> Figure:
    """Warm-up, what is given: the loss in training, and that of the averaged weights, of two runs made here in a second."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3), layout="constrained")
    for label, decay, colour in (("healthy", 0.95, "#0b62c4"), ("sick", 0.998, "#e08a00")):
        net, mean = _small_net(3), _small_net(3)
        optimizer, generator = torch.optim.AdamW(net.parameters(), lr=5e-3), torch.Generator().manual_seed(0)
        kept = torch.randn(512, 4, generator=generator)
        losses, judged = [], []
        for _ in range(400):
            x = torch.randn(64, 4, generator=generator)
            loss = (net(x) - _wanted(x)).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                for old, new in zip(mean.parameters(), net.parameters(), strict=True):
                    old.lerp_(new, 1 - decay)
                judged.append(float((mean(kept) - _wanted(kept)).square().mean()))
            losses.append(loss.item())
        left.plot(losses, color=colour, label=label, linestyle="-" if label == "healthy" else "--")
        right.plot(judged, color=colour, label=label)
    left.set(title="Loss in training", xlabel="step", ylabel="squared error", ylim=(0, None))
    right.set(title="Loss of the averaged weights, other data", xlabel="step", ylabel="squared error", ylim=(0, None))
    left.legend(fontsize=8)
    return figure


def _wanted(x: torch.Tensor) -> torch.Tensor:
    return torch.stack([x[:, 0] - 2 * x[:, 1], x[:, 2] * x[:, 3]], 1)


def check_bug(answer: str | None) -> None:
    """Warm-up: name the line in which the sick run of `bug` differs.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


def check_one_step(one_step: Callable[..., float]) -> None:
    """Core: one step of training, taken twice in a row.

    Args:
        one_step: takes a network, its optimizer and a function of the network that gives the loss; returns a float.
    Raises:
        AssertionError: a gradient is kept or not clipped, nothing moves, or no number comes back.
    """
    runs = {}
    for kind in ("right", "unclipped", "old gradient", "yours"):
        net = _small_net()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        before = _weights(net)
        told = []
        for scale in (50.0, 3.0):  # two losses whose gradients are longer than 1
            loss_of = _loss(scale)
            if kind != "yours":
                told.append(_reference(net, optimizer, loss_of, kind))
                continue
            try:
                told.append(one_step(net, optimizer, loss_of))
            except NotImplementedError:
                print(OPEN.format(2))
                return
            assert not torch.equal(before, _weights(net)), (
                "Nothing moved: is optimizer.step() called, after backward()?"
            )
        runs[kind] = (_weights(net), told)
    mine, told = runs["yours"]
    assert not torch.allclose(mine, runs["unclipped"][0], rtol=1e-4), (
        "The gradient was not clipped, or clipped after the step: clip between backward() and step()."
    )
    assert not torch.allclose(mine, runs["old gradient"][0], rtol=1e-4), (
        "The second step still had the old gradient of the first: PyTorch adds them up. Begin with optimizer.zero_grad()."
    )
    assert all(isinstance(value, float) for value in told), (
        f"It returned {type(told[0]).__name__}: give the loss as a float, loss.item(), or the graph is kept in memory."
    )
    assert torch.allclose(torch.tensor(told), torch.tensor(runs["right"][1]), rtol=1e-4), (
        "The loss that comes back is not that of the network before the step."
    )
    assert torch.allclose(mine, runs["right"][0], rtol=1e-4), "The weights after two steps differ from the right ones."
    print("[ok] Forget, look back, clip, step.")


def check_in_parts(in_parts: Callable[..., float]) -> None:
    """Transfer: one step of a batch that does not fit into memory, part by part.

    Args:
        in_parts: takes a network, its optimizer, `loss_of(net, part)`, the *mean* loss of a part, and a list of parts; returns a float.
    Raises:
        AssertionError: a step for each part, parts weighed alike, gradients lost or clipped part by part.
    """
    generator = torch.Generator().manual_seed(0)
    whole = [torch.randn(12, 4, generator=generator) for _ in range(2)]

    def loss_of(net: nn.Module, part: torch.Tensor) -> torch.Tensor:
        return 8 * (net(part) - part[:, :2] - 1).square().mean()

    runs = {}
    kinds = ("right", "alike", "last part", "a step each", "clipped each", "unclipped", "old gradient", "yours")
    for kind in kinds:
        net = _small_net()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        told = []
        for batch in whole:  # two steps in a row
            parts = list(batch.split([7, 4, 1]))
            if kind != "yours":
                told.append(_parts_reference(net, optimizer, loss_of, parts, kind))
                continue
            try:
                told.append(in_parts(net, optimizer, loss_of, parts))
            except NotImplementedError:
                print(OPEN.format(3))
                return
        runs[kind] = (_weights(net), told)
    mine, told = runs["yours"]
    why = {
        "alike": "Parts were weighed alike: the part of one example counts as much as that of seven. Weigh each loss by its share of the batch.",
        "last part": "Only the last part moved the network: zero_grad() stands inside the loop and throws the other parts away.",
        "a step each": "You took a step for each part. That is another training: three small steps, each from elsewhere. One step, at the end.",
        "clipped each": "Each part's gradient was clipped by itself. The batch has one gradient: clip it once, when all parts are in it.",
        "unclipped": "The gradient was not clipped: its norm may be 1 at most, as in the exercise before.",
        "old gradient": "The second step still had the old gradient of the first: begin with optimizer.zero_grad().",
    }
    for kind, reason in why.items():
        assert not torch.allclose(mine, runs[kind][0], rtol=1e-4), reason
    assert torch.allclose(mine, runs["right"][0], rtol=1e-4), (
        "The weights after two steps differ from those of the whole batch at once."
    )
    assert all(isinstance(value, float) for value in told), (
        f"It returned {type(told[0]).__name__}: give the loss as a float."
    )
    assert torch.allclose(torch.tensor(told), torch.tensor(runs["right"][1]), rtol=1e-4), (
        "The weights are right, and the loss that comes back is not that of the whole batch: the mean over all twelve examples."
    )
    print("[ok] The step of the whole batch, and never more than a part in memory.")


def _parts_reference(
    net: nn.Module, optimizer: torch.optim.Optimizer, loss_of: Callable, parts: list[torch.Tensor], kind: str
) -> float:
    """A step in parts; all kinds but "right" have a fault."""
    total, loss_all = sum(map(len, parts)), 0.0
    if kind != "old gradient":
        optimizer.zero_grad()
    kept = [torch.zeros_like(weight) for weight in net.parameters()]
    for part in parts:
        if kind in ("last part", "a step each", "clipped each"):
            optimizer.zero_grad()
        loss = loss_of(net, part)
        share = {"alike": 1 / len(parts), "a step each": 1.0}.get(kind, len(part) / total)
        (share * loss).backward()
        loss_all += loss.item() * len(part) / total
        if kind in ("a step each", "clipped each"):
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        if kind == "a step each":
            optimizer.step()
        for sum_, weight in zip(kept, net.parameters(), strict=True):
            sum_ += 0 if weight.grad is None else weight.grad
    if kind == "clipped each":
        for sum_, weight in zip(kept, net.parameters(), strict=True):
            weight.grad = sum_
    if kind not in ("unclipped", "clipped each", "a step each"):
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    if kind != "a step each":
        optimizer.step()
    return loss_all


def _small_net(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 8), nn.SiLU(), nn.Linear(8, 2))


def _weights(net: nn.Module) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in net.parameters()]).clone()


def _loss(scale: float) -> Callable[[nn.Module], torch.Tensor]:
    x = torch.linspace(-1, 1, 12).reshape(3, 4)
    return lambda net: scale * (net(x) - 1).square().mean()


def _reference(net: nn.Module, optimizer: torch.optim.Optimizer, loss_of: Callable, kind: str) -> float:
    """A step of training; two of the kinds leave something out."""
    if kind != "old gradient":
        optimizer.zero_grad()
    loss = loss_of(net)
    loss.backward()
    if kind != "unclipped":
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
    return loss.item()
