"""A group on disk is safe: kills, full disks, texts of any kind, and pictures that fail."""

import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from kills import killed_at_each_step

from stemlab import Stem, StemGroup
from stemlab.lab import session


def make(names=("drums", "bass"), level=0.1, prompt="funk", latents=False, **told):
    sound = np.full(3200, level, np.float32)
    stems = [Stem(n, f"{n}: {prompt}", sound, torch.full((4, 2), level) if latents else None) for n in names]
    return StemGroup(stems, prompt=prompt, **told)


def same(a, b):
    return a.names == b.names and np.array_equal(a.audio, b.audio)


def test_killed_at_any_point_of_a_save_over_another_the_old_group_loads_or_the_new(tmp_path, monkeypatch):
    monkeypatch.setattr(session, "_draw", lambda group, file: Path(file).write_text("a picture"))  # a second each
    old, new = make(("drums", "bass", "keys"), latents=True), make(("drums", "guitar"), 0.2)
    before, found = old.save(tmp_path / "before"), set()
    runs = killed_at_each_step(
        tmp_path, lambda folder: shutil.copytree(before, folder), lambda folder: new.save(folder, force=True)
    )
    for folder in runs:
        group = StemGroup.load(folder)
        assert same(group, old) or same(group, new)
        assert all((stem.latent is None) == same(group, new) for stem in group)
        found.add(len(group))
    assert found == {2, 3}
    assert {f.name for f in folder.iterdir()} == {
        "01_drums.wav", "02_guitar.wav", "mix.wav", "session.json", "band.mid", "overview.png", "player.html"
    }  # fmt: skip


def test_force_deletes_no_file_that_we_would_not_have_written(tmp_path):
    folder = make(("drums", "bass")).save(tmp_path / "out")
    told = json.loads((folder / "session.json").read_text())
    told["stems"][0]["file"] = "my only take.wav"
    told["stems"][1]["file"] = "../outside.wav"
    told["stems"].append({"name": "x", "prompt": "x", "file": "original.wav"})
    (folder / "session.json").write_text(json.dumps(told))
    for mine in (
        folder / "my only take.wav",
        tmp_path / "outside.wav",
        folder / "outside.wav",
        folder / "original.wav",
    ):
        mine.write_text("mine")
    make(("keys",)).save(folder, force=True)
    for mine in (
        folder / "my only take.wav",
        tmp_path / "outside.wav",
        folder / "outside.wav",
        folder / "original.wav",
    ):
        assert mine.read_text() == "mine"
    assert StemGroup.load(folder).names == ["keys"]


TEXTS = [
    "$$", r"$\frac$", "a $ b", "\U0001f941 \u9f13 \u0628\u0637\u0628\u0644", "long " * 2000, "<b>&amp;<script>", "a\nb\tc\0d", "\\", "%s {x}",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_no_text_of_a_users_is_markup_or_makes_a_warning(tmp_path, text):
    from stemlab import figures

    group = make(prompt=text, bpm=120, settings={"activity": {}})
    group.stems[0].name = text
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        folder = group.save(tmp_path / "out")
        drawn = [figures.mel_spectrograms(group), figures.activity(group)]
    assert (folder / "overview.png").exists() and (folder / "player.html").exists()
    back = StemGroup.load(folder)
    assert back.prompt == text and back.names[0] == text
    for figure in drawn:
        said = [a.text for a in figure.layout.annotations] + [
            *(figure.layout.yaxis.ticktext or ()),
            figure.layout.title.text,
        ]
        assert not any("$" in words or "<script" in words for words in said)


@pytest.mark.parametrize("where", ["name", "prompt"])
def test_text_that_cannot_be_written_down_is_refused_by_its_argument(where):
    with pytest.raises(ValueError, match=f"{where} of a stem: .* no UTF-8"):
        Stem(**{"name": "a", "prompt": "a", "audio": np.zeros(3), where: "\ud83d"})


@pytest.mark.parametrize("broken", ["overview.png", "player.html", "band.mid"])
def test_a_picture_that_fails_costs_no_sound_and_is_one_line(tmp_path, monkeypatch, broken):
    def fail(group, file):
        raise RuntimeError("no\nfonts")

    shown_by = {
        "overview.png": (session, "_draw"),
        "player.html": (StemGroup, "to_html"),
        "band.mid": (StemGroup, "to_midi"),
    }
    monkeypatch.setattr(*shown_by[broken], fail)
    group = make()
    with pytest.warns(UserWarning, match=f"^{broken} could not be made \\(RuntimeError: no fonts\\)") as told:
        folder = group.save(tmp_path / "out")
    assert len(told) == 1 and "\n" not in str(told[0].message)
    assert same(StemGroup.load(folder), group) and not (folder / broken).exists()
    assert not [f for f in folder.iterdir() if f.name.startswith(".")]


def test_what_does_not_fit_into_a_session_is_said_before_anything_is_written(tmp_path):
    loop = {}
    loop["self"] = loop
    for odd in ({"x": float("nan")}, {"x": object()}, loop, {("a", "b"): 1}, {"x": {1, 2}}):
        with pytest.raises(ValueError, match=r"^settings: ") as told:
            make(settings=odd).save(tmp_path / "out")
        assert "\n" not in str(told.value) and not list(tmp_path.iterdir())
