"""The checks of lesson 2 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import math

import pytest
import torch

from stemlab.codec.bundled import StemCodec
from stemlab.lessons import latents


def shape(seconds, stems):
    return stems, 32, math.ceil(round(seconds * 32_000) / 2048)


def error(estimate, target, floor_db=-80.0):
    sounding = target.amax(0) > floor_db
    return float((estimate - target)[:, sounding].abs().mean()) if sounding.any() else None


def test_the_right_answers_are_accepted(capsys):
    latents.check_latent_shape(shape)
    latents.check_bug("B")
    latents.check_error_where_it_sounds(error)
    assert capsys.readouterr().out.count("[ok]") == 3


def test_the_shape_that_is_right_is_the_codecs():
    codec = StemCodec.load(vocoder=False)
    for seconds in (1.0, 0.5, 0.064):
        assert tuple(codec.encode(torch.zeros(2, round(seconds * 32_000))).shape) == shape(seconds, 2)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda seconds, stems: (stems, 32, int(seconds * 32_000) // 2048), "a frame is missing"),
        (lambda seconds, stems: (stems, 32, 4 * shape(seconds, stems)[2]), "band frames"),
        (lambda seconds, stems: (stems, shape(seconds, stems)[2], 32), "then the codec's 32 channels"),
        (lambda seconds, stems: (stems, 32, round(seconds * 44_100 / 2048)), "Samples at 32 kHz"),
        (lambda seconds, stems: 32 * stems, "Return three numbers"),
        (lambda seconds, stems: (stems, 32, round(seconds * 15.625)), "a frame is missing"),
        (lambda seconds, stems: (stems, 32, int(seconds * 15.625) + 1), "Samples at 32 kHz"),
    ],
)
def test_another_shape_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        latents.check_latent_shape(answer)


def loud_entries(estimate, target, floor_db=-80.0):
    loud = target > floor_db
    return float((estimate - target)[loud].abs().mean()) if loud.any() else None


def root_mean_square(estimate, target, floor_db=-80.0):
    sounding = target.amax(0) > floor_db
    return float((estimate - target)[:, sounding].square().mean().sqrt()) if sounding.any() else None


def zero_for_silence(estimate, target, floor_db=-80.0):
    found = error(estimate, target, floor_db)
    return 0.0 if found is None else found


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda estimate, target, floor_db: float((estimate - target).abs().mean()), "rests included"),
        (loud_entries, "whole frames, not bands"),
        (zero_for_silence, "return None, not 0.0"),
        (lambda estimate, target, floor_db: error(estimate, target, -80.0), "is floor_db used"),
        (lambda estimate, target, floor_db: error(target, estimate, floor_db), "the \\*target\\* says what sounds"),
        (root_mean_square, "it is 3.984"),
    ],
)
def test_another_error_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        latents.check_error_where_it_sounds(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("A", r"did learn something"),
        ("C", r"the lower of the two"),
        ("D", r"no concern"),
        ("E", r"a tenth"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        latents.check_bug(answer)


def test_the_curves_show_a_collapse():
    figure = latents.bug()
    error, kl = ({line.get_label(): line.get_ydata() for line in axes.lines} for axes in figure.axes)
    nothing = figure.axes[0].lines[2].get_ydata()[0]
    assert kl["sick"][-1] < 0.02 < 0.5 < kl["healthy"][-1] and kl["sick"][0] > 0.02
    assert abs(error["sick"][-1] - nothing) < 0.1 * nothing and error["healthy"][-1] < 0.6 * nothing


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    latents.check_latent_shape(stub)
    latents.check_bug(None)
    latents.check_error_where_it_sounds(stub)
    assert capsys.readouterr().out.count("still open") == 3
