"""The checks of lesson 2 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import math

import pytest
import torch

from stemlab.codec.bundled import StemCodec
from stemlab.lessons import latents


def shape(seconds, stems):
    return stems, 32, math.ceil(round(seconds * 32_000) / 2048)


def draw(mean, log_variance, generator):
    noise = torch.randn(mean.shape, generator=generator)
    kl = (mean.square() + log_variance.exp() - 1 - log_variance).mean() / 2
    return mean + (log_variance / 2).exp() * noise, kl


def error(estimate, target, floor_db=-80.0):
    sounding = target.amax(0) > floor_db
    return float((estimate - target)[:, sounding].abs().mean()) if sounding.any() else None


def test_the_right_answers_are_accepted(capsys):
    latents.check_latent_shape(shape)
    latents.check_draw(draw)
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
    ],
)
def test_another_shape_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        latents.check_latent_shape(answer)


def points(sigma, kl=lambda mean, log_variance: draw(mean, log_variance, None)[1]):
    """A drawer with another spread, or another KL."""
    return lambda mean, log_variance, generator: (
        mean + sigma(log_variance) * torch.randn(mean.shape, generator=generator),
        kl(mean, log_variance),
    )


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (points(lambda v: v.exp()), "should be 2; it is 4"),
        (points(lambda v: v), r"should be 2; it is 1\.3"),
        (points(lambda v: (v / 2).exp(), lambda m, v: (m**2 + v.exp() - 1 - v).mean()), "twice what"),
        (points(lambda v: (v / 2).exp(), lambda m, v: (m**2 + v.exp() - 1 - v).sum() / 2), "not a sum"),
        (points(lambda v: (v / 2).exp(), lambda m, v: (m**2 + v - 1 - v.exp()).mean() / 2), r"= 5\.31"),
        (lambda m, v, g: (m + (v / 2).exp() * torch.randn(m.shape), draw(m, v, g)[1]), "one seed differ"),
        (lambda m, v, g: draw(m, v, g)[0], "Return two things"),
    ],
)
def test_another_cloud_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        latents.check_draw(answer)


def loud_entries(estimate, target, floor_db=-80.0):
    loud = target > floor_db
    return float((estimate - target)[loud].abs().mean()) if loud.any() else None


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
    ],
)
def test_another_error_is_refused_with_the_reason(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        latents.check_error_where_it_sounds(answer)


def test_open_exercises_are_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    latents.check_latent_shape(stub)
    latents.check_draw(stub)
    latents.check_error_where_it_sounds(stub)
    assert capsys.readouterr().out.count("still open") == 3
