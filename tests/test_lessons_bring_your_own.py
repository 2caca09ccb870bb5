"""The checks of lesson 10 accept right answers, refuse plausible wrong ones with a hint, and let open ones be."""

import hashlib
import itertools
import math
import random

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


def held_out(name):
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 5 == 0


def test_right_answers_are_accepted(capsys):
    bring_your_own.check_starts(starts)
    bring_your_own.check_statistics(statistics)
    bring_your_own.check_held_out(held_out)
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
        (lambda songs: statistics(songs[:2]), "no length"),
        (lambda songs: statistics(songs)[0], "Return two tensors"),
        (lambda songs: (statistics(songs := list(songs))[0] + 1, statistics(songs)[1]), "over all frames"),
    ],
)
def test_other_statistics_are_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        bring_your_own.check_statistics(answer)


def by_counter():
    count = itertools.count()
    return lambda name: next(count) % 7 == 0


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda name: random.random() < 0.2, "changed sides"),
        (by_counter(), "changed sides"),
        (lambda name: hash(name) % 5 == 0, "hash.. of a text"),
        (lambda name: int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2 == 0, "asked was about 20 %"),
        (lambda name: int(hashlib.sha256(name.encode()).hexdigest(), 16) % 5, "True or False"),
    ],
)
def test_another_split_is_told_why(answer, hint):
    with pytest.raises(AssertionError, match=hint):
        bring_your_own.check_held_out(answer)


def test_an_open_exercise_is_told_and_not_refused(capsys):
    def stub(*_):
        raise NotImplementedError

    bring_your_own.check_starts(stub)
    bring_your_own.check_statistics(stub)
    bring_your_own.check_held_out(stub)
    assert capsys.readouterr().out.count("still open") == 3
