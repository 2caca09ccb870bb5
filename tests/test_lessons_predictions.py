"""Predictions are computed late, kept once, scored by a proper rule, and shown on one page."""

import json

import numpy as np
import pytest

from stemlab.lessons import predictions


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("STEMLAB_PREDICTIONS", str(tmp_path / "predictions.json"))
    return tmp_path / "predictions.json"


def never():
    raise RuntimeError("computed too early")


def test_an_open_prediction_costs_nothing_and_keeps_nothing(kept, capsys):
    predictions.settle("05: x", None, never)
    assert "still open" in capsys.readouterr().out and not kept.exists()


@pytest.mark.parametrize("between", [(0.5, 0.2), (0.3, 0.3), 0.4, (0.1, 0.2, 0.3), "0.1 to 0.2"])
def test_what_is_no_range_is_refused_before_the_truth_is_seen(between, kept):
    with pytest.raises(AssertionError):
        predictions.settle("05: x", between, never)
    assert not kept.exists()


def test_the_first_answer_counts(kept, capsys):
    predictions.settle("05: x", (0.0, 0.2), lambda: 0.5, "dB")
    predictions.settle("05: x", (0.4, 0.6), never)
    assert capsys.readouterr().out.count("[out]") == 2
    assert json.loads(kept.read_text())["05: x"] == {"low": 0.0, "high": 0.2, "truth": 0.5, "unit": "dB"}


def test_the_score_is_least_for_who_says_the_tenth_and_the_ninetieth_percentile():
    truths = np.random.default_rng(0).normal(size=20_000)
    mean = {half: np.mean([predictions.score(-half, half, truth) for truth in truths]) for half in (0.5, 1.2816, 2.5)}
    assert min(mean, key=mean.get) == 1.2816


def test_the_page_says_who_is_too_sure(kept, capsys):
    assert predictions.calibration() is None
    for number in range(10):
        predictions.settle(f"{number:02}: x", (0, 1), lambda n=number: 0.5 if n < 3 else 2.0)
    figure = predictions.calibration()
    told = capsys.readouterr().out
    assert "3 of 10 truths" in told and "wider" in told and len(figure.axes[0].get_yticks()) == 10
    assert [predictions.verdict(hits, 20)[:4] for hits in (10, 16, 20)] == ["Sure", "Well", "Less"]


def test_a_file_of_something_else_is_told_by_its_name(kept):
    kept.write_text("[1, 2]")
    with pytest.raises(ValueError, match=r"predictions\.json"):
        predictions.read()
