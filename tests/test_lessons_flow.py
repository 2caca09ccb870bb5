"""The checks of lesson 3 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import pytest

from stemlab.lessons import flow_matching
from stemlab.sampling import euler, heun, midpoint


def solver(method):
    return lambda field, x, steps: method(lambda x, t, _: field(x, t), x, steps)


def as_velocity(said, kind, x, t):
    return (x - said) / t if kind == "noise" else (said - x) / (1 - t)


def by_the_other_end(said, kind, x, t):
    if kind == "noise":
        return (x - (1 - t) * said) / t - said
    return said - (x - t * said) / (1 - t)


def test_the_right_answers_are_accepted(capsys):
    flow_matching.check_bug("C")
    flow_matching.check_solve(solver(midpoint))
    flow_matching.check_as_velocity(as_velocity)
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda said, kind, x, t: x - said if kind == "noise" else said - x, "A velocity is way by time"),
        (lambda said, kind, x, t: (x - said) / (1 - t) if kind == "noise" else (said - x) / t, "wrong time"),
        (lambda said, kind, x, t: (said - x) / t if kind == "noise" else (x - said) / (1 - t), "the sign is turned"),
        (lambda said, kind, x, t: (x - said) / t, "for the other of the two"),
        (lambda said, kind, x, t: (said - x) / (1 - t), "for the other of the two"),
        (lambda said, kind, x, t: as_velocity(said, "data" if kind == "noise" else "noise", x, t), "for the other"),
        (lambda said, kind, x, t: x - (1 - t) * said if kind == "noise" else said - x / (1 - t), "what is known"),
        (lambda said, kind, x, t: -said if kind == "noise" else said, "what is known"),
        (lambda said, kind, x, t: as_velocity(said, kind, x, t).mean(), "has the shape"),
        (lambda said, kind, x, t: 2 * as_velocity(said, kind, x, t), "what is known"),
    ],
)
def test_another_velocity_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        flow_matching.check_as_velocity(answer)


def test_answers_written_in_another_way_are_accepted(capsys):
    flow_matching.check_as_velocity(by_the_other_end)
    flow_matching.check_as_velocity(lambda said, kind, x, t: as_velocity(said, kind, x, t).numpy())
    flow_matching.check_as_velocity(
        lambda said, kind, x, t: as_velocity(said.double(), kind, x.double(), t).mT.contiguous().mT
    )
    flow_matching.check_solve(lambda field, x, steps: solver(midpoint)(field, x.double(), steps))
    assert capsys.readouterr().out.count("[ok]") == 4


def late_time(field, x, steps):
    for step in range(steps):
        half = x + field(x, step / steps) / (2 * steps)
        x = x + field(half, step / steps) / steps
    return x


def runge_kutta(field, x, steps):
    h = 1 / steps
    for step in range(steps):
        t = step / steps
        a = field(x, t)
        b = field(x + h / 2 * a, t + h / 2)
        c = field(x + h / 2 * b, t + h / 2)
        x = x + h / 6 * (a + 2 * b + 2 * c + field(x + h * c, t + h))
    return x


def ralston(field, x, steps):
    h = 1 / steps
    for step in range(steps):
        a = field(x, step / steps)
        x = x + h * (a / 4 + 3 / 4 * field(x + 2 / 3 * h * a, (step + 2 / 3) / steps))
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
        (runge_kutta, "not the midpoint method"),
        (ralston, "not the midpoint method"),
    ],
)
def test_another_solver_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        flow_matching.check_solve(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("A", r"reached all the same"),
        ("B", r"eight clouds"),
        ("d", r"fly outwards"),
        ("E", r"falls to rest"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        flow_matching.check_bug(answer)


def test_the_sick_points_end_in_one_blur_around_the_mean():
    figure = flow_matching.bug()
    healthy, sick = (dots.get_offsets() for dots in figure.axes[0].collections)
    assert abs(sick.std() - (31 / 32) ** 32) < 0.03 and abs(sick.mean()) < 0.05
    assert abs((healthy**2).sum(1).mean() ** 0.5 - 2) < 0.1
    still, shrinking = (line.get_ydata() for line in figure.axes[1].lines)
    assert shrinking[-1] < 0.5 * shrinking[0] and still[-1] > 0.7 * still[0]


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    flow_matching.check_bug(None)
    flow_matching.check_solve(stub)
    flow_matching.check_as_velocity(stub)
    assert capsys.readouterr().out.count("still open") == 3
