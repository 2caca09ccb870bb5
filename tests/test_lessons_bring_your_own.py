"""The checks of lesson 10 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import math

import numpy as np
import pytest
import torch

from stemlab.data.readers.folders import FolderSong, FolderStem, StemFolder
from stemlab.data.readers.sound_files import Source
from stemlab.lessons import bring_your_own


def starts(length, window):
    return [i * window for i in range(max(1, int(length / window + 0.5)))]


def statistics(songs):
    count, total, squares = 0, 0.0, 0.0
    for song in songs:
        count += song.shape[0] * song.shape[2]
        total = total + song.double().sum((0, 2))
        squares = squares + song.double().square().sum((0, 2))
    mean = total / count
    return mean, (squares / count - mean**2).sqrt()


def mean_of_means(songs):
    songs = list(songs)
    return torch.stack([s.mean((0, 2)) for s in songs]).mean(0), statistics(songs)[1]


def mean_of_spreads(songs):
    songs = list(songs)
    return statistics(songs)[0], torch.stack([s.movedim(1, 0).flatten(1).std(1, correction=0) for s in songs]).mean(0)


def mean_of_variances(songs):
    songs = list(songs)
    return statistics(songs)[0], torch.stack([s.movedim(1, 0).flatten(1).var(1, correction=0) for s in songs]).mean(
        0
    ).sqrt()


def one_for_all_channels(songs):
    rows = torch.cat([song.flatten() for song in songs])
    return rows.mean(), rows.std()


def all_in_memory(songs):
    rows = torch.cat([song.movedim(1, 0).flatten(1) for song in list(songs)], dim=1)
    return rows.mean(1), rows.std(1)


def by_merging(songs):
    count, mean, squares = 0, torch.zeros(3).double(), torch.zeros(3).double()
    for song in songs:
        rows = song.double().movedim(1, 0).flatten(1)
        n, here = rows.shape[1], rows.mean(1)
        squares += (rows - here[:, None]).square().sum(1) + (here - mean) ** 2 * count * n / (count + n)
        mean, count = mean + (here - mean) * n / (count + n), count + n
    return mean.numpy(), (squares / count).sqrt().numpy()


def test_right_answers_are_accepted(capsys):
    bring_your_own.check_statistics(by_merging)
    bring_your_own.check_starts(lambda length, window: window * np.arange(len(starts(length, window))))
    assert capsys.readouterr().out.count("[ok]") == 2
    bring_your_own.check_starts(starts)
    bring_your_own.check_statistics(statistics)
    bring_your_own.check_bug("A")
    assert capsys.readouterr().out.count("[ok]") == 3


@pytest.mark.parametrize("length", [3.0, 17.9, 18.0, 29.9, 30.0, 125.0])
def test_the_right_windows_are_those_of_the_package(length, tmp_path):
    stem = FolderStem("bass", ("bass",), (Source(tmp_path, round(length * 1000), 1000, 1),))
    folder = StemFolder(tmp_path, "plain", [FolderSong("a", tmp_path, (stem,))], [])
    assert [start for _, start in folder.windows(12.0)] == starts(length, 12.0)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda length, window: [i * window for i in range(math.ceil(length / window))], "not up"),
        (lambda length, window: [i * window for i in range(max(1, int(length // window)))], "add 1/2"),
        (lambda length, window: [i * window for i in range(int(length / window + 0.5))], "at least one"),
        (lambda length, window: [i * window / 2 for i in range(len(starts(length, window)))], "by .1. they are"),
        (lambda length, window: len(starts(length, window)), "Return a list"),
        (lambda length, window: starts(length, 12.0), "Is `window` used"),
        (lambda length, window: [i * window for i in range(max(1, round(length / window + 0.49)))], "not up"),
    ],
)
def test_other_windows_are_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        bring_your_own.check_starts(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (mean_of_means, "A mean of means"),
        (mean_of_spreads, "forgets that songs lie apart"),
        (mean_of_variances, "forgets that songs lie apart"),
        (lambda songs: (statistics(songs := list(songs))[0], statistics(songs)[1] ** 2), "take its root"),
        (one_for_all_channels, "numbers of its own"),
        (all_in_memory, "were in memory at a time"),
        (lambda songs: statistics(songs[:2]), "no length"),
        (lambda songs: statistics(songs)[0], "Return two tensors"),
        (lambda songs: (statistics(songs := list(songs))[0] + 1, statistics(songs)[1]), "over all frames"),
    ],
)
def test_other_statistics_are_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        bring_your_own.check_statistics(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("B", r"with one alone|by 1 with one"),
        ("c", r"like any honest"),
        ("D", r"loudest of all"),
        ("E", r"unrelated as waveforms"),
        ("Z", r"The suspects are"),
        ("the seed", r"The suspects are"),
    ],
)
def test_another_suspect_is_cleared_by_the_evidence(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        bring_your_own.check_bug(answer)


def test_the_file_that_is_a_sum_correlates_by_a_half_and_is_six_decibels_louder():
    left, right, *_ = bring_your_own.bug().axes
    last = np.asarray(left.images[0].get_array())[4, :4]
    heights = [bar.get_height() for bar in right.patches]
    assert (abs(last - 0.5) < 0.06).all() and abs(heights[4] - np.mean(heights[:4]) - 6) < 0.3


def test_an_open_exercise_is_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    bring_your_own.check_starts(stub)
    bring_your_own.check_statistics(stub)
    bring_your_own.check_bug(None)
    assert capsys.readouterr().out.count("still open") == 3
