"""The checks of lesson 3 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import pytest

from stemlab.lessons import flow_matching
from stemlab.sampling import euler, heun, midpoint


def loss_of(field, x, z, t):
    along = t[:, None, None]
    return (field((1 - along) * z + along * x, t) - (x - z)).square().mean()


def solver(method):
    return lambda field, x, steps: method(lambda x, t, _: field(x, t), x, steps)


def test_the_right_answers_are_accepted(capsys):
    flow_matching.check_where_to(lambda x, v, t: x + (1 - t) * v)
    flow_matching.check_loss_of(loss_of)
    flow_matching.check_solve(solver(midpoint))
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda x, v, t: x + v, "as from the start"),
        (lambda x, v, t: x + t * v, "1 - t is left"),
        (lambda x, v, t: x - t * v, "back to the noise"),
        (lambda x, v, t: float(t), "is wanted"),
    ],
)
def test_another_end_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        flow_matching.check_where_to(answer)


def loss_with(point=None, target=None, mean=None):
    """A loss that is wrong in one place."""

    def loss(field, x, z, t):
        along = t[:, None, None]
        at = point(x, z, along) if point else (1 - along) * z + along * x
        error = field(at, t) - (target(x, z) if target else x - z)
        return mean(error) if mean else error.square().mean()

    return loss


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (loss_with(point=lambda x, z, t: t * z + (1 - t) * x), "other way round"),
        (loss_with(point=lambda x, z, t: z + t * x), "scale the noise by 1 - t"),
        (loss_with(target=lambda x, z: z - x), "target is turned"),
        (loss_with(target=lambda x, z: x), "compare with the data"),
        (loss_with(mean=lambda e: e.square().sum()), "sum of the squares"),
        (loss_with(mean=lambda e: e.abs().mean()), "square them"),
        (lambda field, x, z, t: 0.0, "never asked"),
    ],
)
def test_another_loss_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        flow_matching.check_loss_of(answer)


def late_time(field, x, steps):
    for step in range(steps):
        half = x + field(x, step / steps) / (2 * steps)
        x = x + field(half, step / steps) / steps
    return x


def from_the_middle(field, x, steps):
    for step in range(steps):
        half = x + field(x, step / steps) / (2 * steps)
        x = half + field(half, (step + 0.5) / steps) / steps
    return x


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (solver(euler), "no better than Euler"),
        (late_time, "order 1"),
        (from_the_middle, "are they 1 / steps long"),
        (solver(heun), "Heun's method"),
    ],
)
def test_another_solver_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        flow_matching.check_solve(answer)


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    flow_matching.check_where_to(stub)
    flow_matching.check_loss_of(stub)
    flow_matching.check_solve(stub)
    assert capsys.readouterr().out.count("still open") == 3
