"""Going on from trained weights: what is kept, what stands still, and what is held out."""

import copy
import csv
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pretty_midi
import pytest
import soundfile
import torch
from kills import killed_at_each_step

import stemlab
from stemlab.checkpoints.files import load_weights, save_weights
from stemlab.cli import app as cli
from stemlab.data import encode
from stemlab.data.shards import LatentCache
from stemlab.training import fine_tune as finetune
from stemlab.training.config import tuned
from stemlab.training.held_out import Table

QUICK = {"sizes": [[4, 32]], "every": 2, "batches": 2, "bf16": False}
RATE = 32_000


@pytest.fixture(autouse=True)
def threads(monkeypatch):
    monkeypatch.setattr(encode, "ProcessPoolExecutor", ThreadPoolExecutor)  # processes would start slowly


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    """Four songs of two stems, 14 s each."""
    home = tmp_path_factory.mktemp("songs")
    for i, name in enumerate("abcd"):
        (home / name).mkdir()
        time = np.arange(14 * RATE) / RATE
        for stem, hz in (("bass", 60 + 10 * i), ("keys", 300 + 40 * i)):
            soundfile.write(
                home / name / f"{stem}.flac", 0.2 * np.sin(2 * np.pi * hz * time) * (time % 0.5 < 0.3), RATE
            )
        (home / name / "song.json").write_text(json.dumps({"bpm": 120}))
    return home


def tensors(folder):
    return load_weights(folder / "flow")[0]


def losses(folder, name="held_out"):
    with (folder / f"{name}.csv").open(newline="") as file:
        return [(int(row["step"]), row[name if name == "held_out" else "loss"]) for row in csv.DictReader(file)]


def test_a_tuned_run_loads_is_no_worse_on_held_out_songs_and_plays_before_and_after(songs, weights, tmp_path):
    out = finetune.finetune(songs, tmp_path / "run", weights, steps=8, rate=3e-3, **QUICK)
    found = losses(out)
    assert [step for step, _ in found] == [0, 2, 4, 6, 8]
    assert min(float(loss) for _, loss in found) < float(found[0][1])
    tuned = stemlab.load(out, "cpu")
    assert tuned.generate(["bass"], seconds=0.5, steps=1).audio.shape == (1, RATE // 2)
    assert any(not torch.equal(a, b) for a, b in zip(tensors(out).values(), tensors(weights).values(), strict=True))
    page = (out / "before_after.html").read_text()
    assert page.count("<iframe") == 1 and "<h2>" in page and "&quot;rate&quot;: 32000" in page


def test_adapters_are_few_and_come_out_as_plain_weights(songs, weights, tmp_path, capsys):
    out = finetune.finetune(songs, tmp_path / "run", weights, lora=2, steps=6, rate=3e-2, **QUICK)
    old, new = ({name: tensor.half() for name, tensor in tensors(place).items()} for place in (weights, out))
    assert old.keys() == new.keys()
    changed = {name for name in old if not torch.equal(old[name], new[name])}
    assert changed and all(name.startswith("blocks.") and name.endswith(".weight") for name in changed)
    for name in changed:
        assert torch.linalg.matrix_rank((new[name] - old[name]).float(), rtol=0.02) <= 2, name
    told = int(capsys.readouterr().out.split(" weights are trained")[0].split()[-1].replace(",", ""))
    assert 0 < told < sum(tensor.numel() for tensor in old.values()) / 2


def test_a_run_that_was_stopped_ends_as_one_that_was_not(songs, weights, tmp_path):
    ask = dict(start=weights, steps=6, rate=3e-3, **QUICK)
    for lora in (0, 2):
        straight = finetune.finetune(songs, tmp_path / f"straight{lora}", lora=lora, **ask)
        stopped = tmp_path / f"stopped{lora}"
        finetune.finetune(songs, stopped, lora=lora, minutes=0.0005, **ask)
        assert json.loads((stopped / "checkpoint.json").read_text())["step"] < 6
        finetune.finetune(songs, stopped, lora=lora, resume=True, **ask)
        assert losses(stopped) == losses(straight) and losses(stopped, "log") == losses(straight, "log")
        assert all(
            torch.equal(a, b) for a, b in zip(tensors(stopped).values(), tensors(straight).values(), strict=True)
        )


def test_what_a_tuning_of_adapters_writes_is_after_a_kill_the_old_or_the_new(songs, weights, tmp_path):
    """Before each file operation of a check: losses on held-out songs, then the weights with the adapters added in."""
    encode.encode_folder(songs, weights, tmp_path / "latents", workers=1)
    held, before = finetune.split(LatentCache(tmp_path / "latents"))[1], stemlab.load(weights, "cpu")
    model = copy.deepcopy(before.model).train()
    finetune.add_adapters(model, 2)
    config = tuned({**QUICK, "lora": 2, "lr": 0.1, "start": before.checkpoint})
    plain = {step: {name: t.half() for name, t in finetune.plain(model).items()} for step in (0,)}
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.add_(0.01)
    plain[2] = {name: t.half() for name, t in finetune.plain(model).items()}

    def begin(folder):
        folder.mkdir()
        save_weights(folder / "flow", plain[0], {"steps": 0})
        Table(folder / "held_out.csv", 0).add(0, 99.0)

    def act(folder):
        finetune.check(Table(folder / "held_out.csv", 9), model, held, config, before, 2, folder)

    found = set()
    for folder in killed_at_each_step(tmp_path / "runs", begin, act):
        read, about = load_weights(folder / "flow")
        assert all(torch.equal(read[name], tensor) for name, tensor in plain[about["steps"]].items())
        found.add((about["steps"], len(Table(folder / "held_out.csv", 9).rows)))
    assert found == {(0, 1), (0, 2), (2, 2)}


def test_a_tuning_that_was_killed_goes_on_to_the_same_weights(songs, weights, tmp_path):
    ask = dict(start=weights, steps=2, rate=3e-3, lora=2, **QUICK)
    straight = finetune.finetune(songs, tmp_path / "straight", **ask)
    for folder in killed_at_each_step(
        tmp_path / "runs", lambda folder: None, lambda folder: finetune.finetune(songs, folder, **ask), (9, 45, 80, 115)
    ):
        finetune.finetune(songs, folder, resume=True, **ask)
        assert losses(folder) == losses(straight)
        assert all(torch.equal(a, b) for a, b in zip(tensors(folder).values(), tensors(straight).values(), strict=True))
        assert not list(folder.rglob(".stemlab-*"))


def test_it_stops_when_the_held_out_songs_gain_no_more_and_keeps_the_best(songs, weights, tmp_path, capsys):
    out = finetune.finetune(songs, tmp_path / "run", weights, steps=40, rate=0.5, patience=2, ema=0.0, **QUICK)
    found = losses(out)
    assert found[-1][0] < 40 and "stopped at step" in capsys.readouterr().out
    best = min(found, key=lambda row: float(row[1]))[0]
    assert load_weights(out / "flow")[1]["steps"] == best == found[-3][0]


def test_no_song_is_on_both_sides(songs, weights, tmp_path):
    found = encode.encode_folder(songs, weights, tmp_path / "latents", workers=1)
    cache = LatentCache(tmp_path / "latents")
    learn, held = finetune.split(cache)
    names = [{part.songs[i]["name"] for i in range(len(part.songs))} for part in (learn, held)]
    assert not names[0] & names[1] and names[0] | names[1] == set("abcd") and len(names[1]) == 1
    assert len(learn.songs) + len(held.songs) == found["windows"] == len(cache.songs)
    with pytest.raises(ValueError, match="two songs or more"):
        finetune.split(cache.part([0]))


def test_midi_files_are_rendered_first(weights, tmp_path):
    for name, root in (("one", 40), ("two", 43)):
        midi = pretty_midi.PrettyMIDI(initial_tempo=120)
        for program, up in ((33, 0), (0, 24)):
            player = pretty_midi.Instrument(program)
            player.notes = [pretty_midi.Note(90, root + up + i % 5, i / 2, i / 2 + 0.4) for i in range(8)]
            midi.instruments.append(player)
        (tmp_path / "midi").mkdir(exist_ok=True)
        midi.write(str(tmp_path / "midi" / f"{name}.mid"))
    out = finetune.finetune(tmp_path / "midi", tmp_path / "run", weights, steps=2, **QUICK)
    assert (out / "flow.safetensors").exists() and (out / "songs").is_dir()


def test_the_command_says_what_is_missing(songs, weights, tmp_path, capsys):
    out = str(tmp_path / "run")
    for words, hint in (
        ([], "--from WEIGHTS"),
        (["--from", "bundled"], "--data DIR"),
        (["--from", str(weights), "--data", str(tmp_path / "none")], "no folder"),
        (["--from", str(weights), "--data", str(songs), "--lora", "0"], "lora: got 0"),
        (["configs/flow.json", "--lora", "4"], "belongs to fine-tuning"),
    ):
        assert cli.main(["train", *words, "--out", out]) == 2
        assert hint in capsys.readouterr().err


def test_songs_that_are_not_there_leave_no_run_and_the_next_try_needs_no_resume(songs, weights, tmp_path):
    (tmp_path / "empty").mkdir()
    for wrong in (tmp_path / "none", tmp_path / "empty"):
        with pytest.raises(ValueError, match=r"^DIR: "):
            finetune.finetune(wrong, tmp_path / "run", weights, steps=1, **QUICK)
        assert not (tmp_path / "run").exists()
