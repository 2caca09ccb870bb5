"""As `test_foreign.py`, for what training and rendering read: configs, runs, caches, tables of names, soundfonts."""

import itertools
import json
import math
import shutil

import numpy as np
import pytest
from foreign import attack, bytes_like, json_like
from hypothesis import strategies as st
from soundfonts import soundfont
from test_config import CONFIGS
from test_foreign import sounds

from stemlab.data import encode, shards
from stemlab.data.midi_folder import not_played
from stemlab.data.readers.folders import read_folder
from stemlab.data.readers.names import read_names
from stemlab.evaluate.store import Store
from stemlab.songs.hits import hit
from stemlab.songs.render import _synthesize
from stemlab.training import runs
from stemlab.training.checkpoint import read_checkpoint, write_checkpoint
from stemlab.training.config import KINDS, read_config, same_as, tuned, written
from stemlab.training.fine_tune import Table


def put(file, value):
    """A file with these bytes, or with this value as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode("utf-8", "surrogatepass"))
    return file


def test_a_config_of_any_content(tmp_path):
    file = tmp_path / "config.json"

    def read(value):
        made = read_config(put(file, value))
        assert type(made) is KINDS[made.kind]
        put(file, written(made))
        assert read_config(file) == made and same_as(made, file)

    attack(
        read, json_like(*CONFIGS.values()) | bytes_like(*(json.dumps(c).encode() for c in CONFIGS.values())), tmp_path
    )


def test_a_runs_folder_of_any_content(tmp_path):
    import torch

    configs = [read_config(CONFIGS["flow"]), tuned({"start": "x", "sizes": [[2, 8]], "lr": 0.1})]
    write_checkpoint(tmp_path, {"model/w": torch.ones(3)}, 7)
    whole = {
        "checkpoint.safetensors": (tmp_path / "checkpoint.safetensors").read_bytes(),
        "log.csv": b"step,seconds,loss\n0,1.0,0.5\n20,2.0,0.25\n",
        "held_out.csv": b"step,held_out\n0,0.5\n25,0.25\n50,0.125\n",
    }

    def read(value):
        config, name, told = value
        for file, data in whole.items():
            put(tmp_path / "run" / file, data)
        put(tmp_path / "run" / "config.json", written(configs[config]))
        put(tmp_path / "run" / name, told)
        runs._check(tmp_path / "run", configs[config], True)
        runs._rows(tmp_path / "run")
        assert read_checkpoint(tmp_path / "run")[1] >= 0
        table = Table(tmp_path / "run" / "held_out.csv", 100)
        assert all(math.isfinite(loss) for _, loss in table.rows)

    damage = [st.tuples(st.just(i), st.just("config.json"), json_like(written(c))) for i, c in enumerate(configs)]
    damage += [st.tuples(st.just(1), st.just(name), bytes_like(data)) for name, data in whole.items()]
    attack(read, st.one_of(*damage), tmp_path)


def test_the_index_and_the_plan_of_a_cache_of_any_content(cache, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(cache, out)
    lines = [json.loads(line) for line in (cache / "index.jsonl").read_text().splitlines()]
    plan = {"codec": "x", "songs": ["a", "b"], "windows": 4, "seconds": 2.0}
    put(tmp_path / "outside.safetensors", b"mine")

    def read(value):
        name, told = value
        put(out / "plan.json", plan)
        told = (
            b"".join(json.dumps(line).encode("utf-8", "surrogatepass") + b"\n" for line in told)
            if isinstance(told, list)
            else told
        )
        put(out / name, told)
        for line in shards.index(out).values():
            assert (
                type(line["songs"]) is int and line["songs"] >= 0 and all(isinstance(p, str) for p in line["problems"])
            )
        assert all("/" not in name for name in shards.damaged(out))
        encode._claim(out, plan)

    whole = (out / "index.jsonl").read_bytes()
    deep = (b"[" * 100_000 + b"\n" + whole, whole)
    rows = st.tuples(st.just("index.jsonl"), json_like(lines)) | st.tuples(st.just("index.jsonl"), bytes_like(*deep))
    attack(read, rows | st.tuples(st.just("plan.json"), json_like(plan)), tmp_path)


def test_a_table_of_names_of_any_bytes(tmp_path):
    for stem in ("bass", "drums"):
        put(tmp_path / "songs" / "one" / f"{stem}.wav", sounds()["float"])
    table = b'file,name\none/bass.wav,bass: slap bass\none/drums.wav,"drums: tight, funk"\n'

    def read(data):
        put(tmp_path / "songs" / "names.csv", data)
        assert all(isinstance(text, str) for pair in read_names(tmp_path / "songs").items() for text in pair)
        found = read_folder(tmp_path / "songs")
        assert 1 <= len(found.songs[0].stems) <= 2

    attack(
        read,
        bytes_like(table, table + b'"' + b"x" * 300_000, table.replace(b"\n", b"\r"), b"\xef\xbb\xbf" + table),
        tmp_path,
    )


def test_facts_of_rendered_songs_and_kept_measures_of_any_content(tmp_path):
    facts = {"prompt": "", "bpm": 120, "not_played": ["pan", "reverb"], "stems": [{"file": "a.flac"}]}
    rows = [{"tag": "x", "index": 0, "value": 0.5}, {"tag": "x", "index": 1, "value": 0.5}]

    def read(value):
        told, kept = value
        put(tmp_path / "out" / "a.mid" / "song.json", told)
        assert all(isinstance(what, str) for what in not_played(tmp_path / "out"))
        (tmp_path / "kept.jsonl").write_bytes(
            b"".join(json.dumps(row).encode("utf-8", "surrogatepass") + b"\n" for row in kept)
            if isinstance(kept, list)
            else kept
        )
        assert Store(tmp_path / "kept.jsonl", 1).fill("y", [0], lambda i: {"value": 1})[0]["value"] == 1

    attack(
        read,
        st.tuples(
            json_like(facts),
            json_like(rows).filter(lambda v: isinstance(v, list)) | bytes_like(json.dumps(rows[0]).encode()),
        ),
        tmp_path,
    )


@pytest.mark.parametrize("how", ["drums", "notes"])
@pytest.mark.parametrize("vorbis", [False, True], ids=["sf2", "sf3"])
def test_a_soundfont_of_any_bytes(tmp_path, monkeypatch, vorbis, how):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    whole, number = soundfont(vorbis), itertools.count()

    def read(data):
        font = put(tmp_path / f"{next(number)}.sf{2 + vorbis}", data)
        try:
            audio = (
                hit(str(font), 0, 36, 32_000)
                if how == "drums"
                else _synthesize([(0, 900, 69), (900, 400, 30)], 0, str(font), 32_000)
            )
            assert np.isfinite(audio).all() and len(audio) < 10_000_000
        finally:
            font.unlink()
            shutil.rmtree(tmp_path / "cache", ignore_errors=True)

    tables = whole.index(b"pdta")
    attack(read, bytes_like(whole, near=tables, wide=len(whole) - tables), tmp_path)


def test_a_generator_that_the_format_does_not_know_is_refused(tmp_path):
    whole = bytearray(soundfont(False))
    at = whole.index(b"pgen") + 8 + 4  # the second generator's kind, found by `make fuzz`: it crashed the synthesizer
    whole[at : at + 2] = (0x8029).to_bytes(2, "little")
    font = put(tmp_path / "x.sf2", bytes(whole))
    with pytest.raises(ValueError, match="table pgen has numbers that cannot be"):
        _synthesize([(0, 900, 69)], 0, str(font), 32_000)
