import json
from functools import partial

import numpy as np
import pytest
import soundfile

from stemlab import StemLab
from stemlab.cli import app as cli
from stemlab.evaluate.anchors import anchors
from stemlab.evaluate.bench import Bench
from stemlab.evaluate.folder import windows
from stemlab.evaluate.measure import area, measure
from stemlab.evaluate.quality import add_way
from stemlab.evaluate.rounds import real_row, songs_of
from stemlab.evaluate.store import Store

FEW = ["--groups", "2", "--steps", "1", "--seconds", "4", "--classifier-songs", "3", "--workers", "1"]


def table_of(folder, name):
    (file,) = folder.glob(f"{name}_*.json")
    return json.loads(file.read_text())


def run(*words):
    return cli.main(["evaluate", *FEW, *map(str, words)])


def test_the_quality_table_goes_on_after_a_kill_to_the_same_numbers(weights, tmp_path, capsys):
    assert run("--weights", weights, "--out", tmp_path) == 0
    first = table_of(tmp_path, "quality")
    assert {"real", "shuffled", "copies", "generated", "independent noise"} <= set(first["table"])
    assert first["table"]["real"]["fd_stems"] < 0.1 < first["table"]["generated"]["fd_stems"]
    assert "| generated |" in capsys.readouterr().out
    groups = tmp_path / "groups.jsonl"
    lines = groups.read_text().splitlines()
    groups.write_text("\n".join([*lines[:3], lines[3][:40]]))  # killed while it wrote the fourth
    assert run("--weights", weights, "--out", tmp_path) == 0
    second = table_of(tmp_path, "quality")
    assert json.dumps(second["table"]) == json.dumps(first["table"])  # NaN equals NaN as text
    assert len(groups.read_text().splitlines()) == 3 + 1 + 1 + 2  # kept, broken, generated, independent noise


def test_the_tables_of_activity_rounds_and_beats_have_all_their_lines(weights, tmp_path, monkeypatch):
    monkeypatch.setattr("stemlab.evaluate.rounds.STEMS", (2, 5))
    assert run("--weights", weights, "--out", tmp_path, "--tables", "activity", "rounds", "beats") == 0
    active = table_of(tmp_path, "activity")["table"]
    assert list(active) == [
        "generated, told bars",
        "generated, told frames",
        "real, own bars",
        "real, gated",
        "noise, gated",
        "real, random bars",
    ]
    assert active["real, gated"]["precision"] > 0.99 and active["real, gated"]["rests_silent"] == 1
    assert active["noise, gated"]["f1"] > 0.98 and active["noise, gated"]["recall"] > 0.99
    assert active["real, own bars"]["f1"] > active["real, random bars"]["f1"]
    rounds = table_of(tmp_path, "rounds")["table"]
    for stems in (2, 5):
        assert {f"K={stems}, {name}" for name in ("real", "real, others", "one-pass", "two-pass", "k-pass")} <= set(
            rounds
        )
        assert rounds[f"K={stems}, k-pass"]["saved"] == 0 < rounds[f"K={stems}, one-pass"]["seconds"]
    beats = table_of(tmp_path, "beats")
    kinds = ["real", "shuffled", "late, 50 ms", "late, 250 ms", "own tempos", "generated", "independent noise"]
    assert list(beats["table"]) == kinds and len(beats["separation"]) == 4 * 3
    assert all(0.25 <= line["cbs"] <= 1 and 0 <= line["cbd"] <= 1 for line in beats["table"].values())


def test_another_setting_does_not_take_the_rows_of_this_one(tmp_path):
    made = []
    for setting, extra in (("a", 1), ("a", 1), ("b", 1), ("b", 2)):
        Store(tmp_path / "rows.jsonl", setting).fill("x", range(2), lambda i: made.append(i) or {"i": i}, extra)
    assert made == [0, 1] * 3


def test_rows_are_the_same_from_one_process_and_from_two(tmp_path):
    make = partial(real_row, seconds=4.0)
    one, two = (Store(tmp_path / f"{n}.jsonl", 0, workers=n).fill("real", range(2), make, spread=True) for n in (1, 2))
    assert json.dumps(one) == json.dumps(two)


@pytest.fixture(scope="module")
def real():
    return [anchors(index, 8.0) for index in range(8)]


@pytest.mark.parametrize(
    ("name", "good", "bad", "least"),
    [
        ("harmony", "real", "shuffled", 0.8),
        ("key", "real", "shuffled", 0.75),
        ("beat_f", "real", "wrong tempo", 0.6),
        ("levels", "copies", "real", 0.95),
    ],
)
def test_a_measure_of_groups_tells_its_anchors_apart(real, name, good, bad, least):
    assert area([row[good][name] for row in real], [row[bad][name] for row in real]) > least


def test_copies_of_one_stem_agree_more_than_real_stems_and_are_found_out_by_their_levels(real):
    harmony, levels = (
        [np.mean([r[k][name] for r in real if r[k][name] is not None]) for k in ("real", "copies")]
        for name in ("harmony", "levels")
    )
    assert harmony[1] > harmony[0] + 0.2 and levels[1] > levels[0] + 0.3


def test_harmony_of_copies_is_not_counted():
    table = {
        name: {"harmony": harmony, "levels": levels}
        for name, harmony, levels in (
            ("real", 0.3, 0.1),
            ("shuffled", 0.1, 0.1),
            ("copies", 0.6, 0.9),
            ("a", 0.2, 0.4),
            ("b", 0.5, 0.6),
        )
    }
    assert add_way(table, table) == ["copies", "b"]
    assert table["a"]["way"] == pytest.approx(0.5) and np.isnan(table["b"]["way"])


def test_area_is_that_of_scikit_learn():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    high, low = rng.integers(0, 6, 40) + 1, rng.integers(0, 6, 60)  # with ties
    expected = roc_auc_score([1] * 40 + [0] * 60, [*high, *low])
    assert area([*high, None], low) == pytest.approx(expected)


def test_a_silent_group_is_measured_without_an_error():
    row = measure(np.zeros((3, 128_000), np.float32), ["drums", "bass", None], 100.0, "A minor")
    assert row["harmony"] is None and row["tempo"] == [None] * 3 and row["stems"] == [None] * 3


def test_rounds_take_songs_with_as_many_stems_as_the_row_says(tmp_path):
    bench = Bench(tmp_path)
    for stems in (2, 6):
        assert [len(anchor.parts) for anchor in map(bench_song, songs_of(stems, 3))] == [stems] * 3
    assert bench.store.rows == {}


def bench_song(index):
    from stemlab.songs.compose import EVAL_SEEDS, compose

    return compose(EVAL_SEEDS + index, bars=16)


@pytest.fixture
def folder(tmp_path):
    """Three groups of another system: two stems that play one chord, with a tempo told in one of them alone."""
    time = np.arange(6 * 44_100) / 44_100
    for number, root in enumerate((110.0, 130.8, 146.8)):
        group = tmp_path / "groups" / f"song {number}"
        group.mkdir(parents=True)
        pulse = np.exp(-8 * (time % 0.5))
        for name, ratios in (("bass", (1,)), ("Electric Piano", (2, 3, 5)), ("vocals", (4,))):
            sound = pulse * sum(np.sin(2 * np.pi * root * r * h * time) / h for r in ratios for h in (1, 2, 3))
            soundfile.write(group / f"{name}.wav", 0.1 * sound, 44_100)
    (tmp_path / "groups" / "song 0" / "session.json").write_text('{"bpm": 120, "key": "A major"}')
    (tmp_path / "groups" / "song 1" / "bad.wav").write_bytes(b"")
    return tmp_path / "groups"


def test_a_folder_of_any_system_is_measured_beside_its_own_shuffle(folder, tmp_path, capsys):
    assert run("--groups", 3, "--folder", folder, "--out", tmp_path / "out") == 0
    table = table_of(tmp_path / "out", "folder")["table"]
    assert table["folder"]["harmony"] > table["folder, shuffled"]["harmony"] + 0.2
    assert table["folder"]["tempo"] == 1.0
    assert table["folder"]["cbs"] > 0.8 and table["folder"]["cbd"] < 0.1 and np.isnan(table["rendered songs"]["cbs"])
    assert "bad.wav" in capsys.readouterr().out


def test_a_folder_has_no_distance_from_itself(folder, tmp_path):
    assert run("--folder", folder, "--reference", folder, "--out", tmp_path / "out") == 0
    line = table_of(tmp_path / "out", "folder")["table"]["folder"]
    assert line["fd_stems"] == pytest.approx(0, abs=1e-3) and line["fd_mix"] == pytest.approx(0, abs=1e-3)


def test_windows_start_at_bars_where_the_tempo_is_told(folder):
    from stemlab.data.readers.folders import read_folder

    starts = windows(read_folder(folder), 9, 1.5)
    assert len(starts) == 9 and all(start % 2.0 == 0 for song, start in starts if song == 0)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--groups", "1"], "groups"),
        (["--seconds", "1"], "seconds"),
        (["--folder", "nowhere"], "nowhere"),
        (["--reference", "."], "--folder"),
        (["--coupling", "glue"], "glue"),
        (["--weights", "nowhere"], "nowhere"),
    ],
)
def test_bad_input_is_told_in_one_line_before_any_work(words, told, tmp_path, capsys, weights):
    words = words if "--weights" in words else [*words, "--weights", str(weights)]
    assert run(*words, "--out", str(tmp_path / "out")) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and told in lines[0]
    assert not (tmp_path / "out").exists() or not (tmp_path / "out" / "groups.jsonl").exists()


def test_generated_rows_depend_on_the_weights(make_net, codec, tmp_path):
    labs = [StemLab(make_net(seed=seed), codec, "same name", "cpu") for seed in (0, 1)]
    assert len({Bench(tmp_path, lab=lab).weights for lab in labs}) == 2
    assert Bench(tmp_path, lab=labs[0]).weights == Bench(tmp_path, lab=StemLab(make_net(), codec, "y", "cpu")).weights
