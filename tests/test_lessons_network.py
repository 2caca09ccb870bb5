"""The checks of lesson 13 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import numpy as np
import pytest
import torch

from stemlab.lessons import network


def unpatched(h, p, channels, length):
    return h.reshape(len(h), -1, channels)[:, :length].mT


def turned_by(x, places, rates=lambda half: 1000.0 ** (-torch.arange(half) / half), sign=1):
    real, imaginary = x.chunk(2, -1)
    angle = places[:, None] * rates(real.shape[-1])
    cos, sin = angle.cos(), sign * angle.sin()
    return torch.cat([real * cos - imaginary * sin, real * sin + imaginary * cos], -1)


def test_right_answers_are_accepted(capsys):
    network.check_bug("A")
    network.check_unpatched(unpatched)
    network.check_turned_by(turned_by)
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda h, p, c, n: h.reshape(len(h), -1, c)[:, :n], "Exchange the last two axes"),
        (lambda h, p, c, n: h.reshape(len(h), -1, c).mT, "cut"),
        (lambda h, p, c, n: h.reshape(len(h), c, -1)[:, :, :n], "mixed up"),
        (lambda h, p, c, n: h.reshape(len(h), -1, c, p).mT.flatten(1, 2)[:, :n].mT, "mixed up"),
        (lambda h, p, c, n: h.reshape(len(h), -1, c)[:, -n:].mT.flip(2), "mixed up"),
        (lambda h, p, c, n: h.mT[:, :, :n], "it should be"),
    ],
)
def test_another_way_back_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        network.check_unpatched(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda x, places: turned_by(x, torch.arange(float(len(x)))), "are the places used"),
        (lambda x, places: turned_by(x, places.round()), "Places were rounded"),
        (lambda x, places: turned_by(x, places, sign=-1), "Turned backwards"),
        (lambda x, places: x * places[:, None].cos(), "Lengths changed"),
        (lambda x, places: turned_by(x, places, lambda half: 10_000.0 ** (-torch.arange(half) / half)), "rates 1000"),
        (lambda x, places: turned_by(x, places)[0], "shape"),
    ],
)
def test_another_turn_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        network.check_turned_by(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("B", r"would be constant"),
        ("c", r"upper right half empty"),
        ("D", r"other"),
        ("E", r"no diagonal at all"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        network.check_bug(answer)


def test_the_healthy_scores_go_with_the_distance_and_the_sick_ones_with_the_row():
    healthy, sick = (np.asarray(axes.images[0].get_array()) for axes in network.bug().axes[:2])
    assert np.allclose(healthy[5, 9], healthy[40, 44], atol=1e-4) and not np.allclose(
        healthy[5, 9], healthy[5, 30], atol=0.05
    )
    assert np.allclose(sick, sick[:, :1], atol=1e-4) and not np.allclose(sick[0], sick[30], atol=0.05)


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    network.check_bug(None)
    network.check_unpatched(stub)
    network.check_turned_by(stub)
    assert capsys.readouterr().out.count("still open") == 3
