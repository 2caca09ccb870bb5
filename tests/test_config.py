"""A config is typed or refused: every key of every bundled config, bent in many ways."""

import copy
import json
from dataclasses import fields
from pathlib import Path

import pytest

from stemlab.training.config import KINDS, read_config, written

CONFIGS = {
    file.stem: json.loads(file.read_text(encoding="utf-8"))
    for file in sorted((Path(__file__).parent.parent / "configs").glob("*.json"))
}
WRONG = [
    None, True, False, "", "x", "7", "a\0b", 0, -1, 3.5, 1e-9, 10**19, -(10**19), 10**5000, float("nan"), float("inf"),
    [], [[]], [[16, 128, 3]], [["a", 1]], [[0, 64]], [[16, -1]], {}, {"a": {}}, {"width": None}, [[[16, 64]]], object,
]  # fmt: skip
PLACES = [(name, key, None) for name, config in CONFIGS.items() for key in config] + [
    (name, "model", key) for name, config in CONFIGS.items() for key in config.get("model", ())
]


def bent(place, change):
    """A bundled config in which `change` was done to one of its keys, in `model` or beside it."""
    name, key, inner = place
    config = copy.deepcopy(CONFIGS[name])
    change(config["model"] if inner else config, inner or key)
    return config


def ends_well(config, key):
    """It is a config of the class that its kind says, or one line that says which key is wrong; heads go with the width."""
    try:
        made = read_config(config)
    except ValueError as error:
        told = str(error)
        named = told.split(":")[0]
        inside = named.startswith("model.") if key == "model" else key == "width" and named == "model.heads"
        assert "\n" not in told and len(told) < 500 and (named in (key, f"model.{key}") or inside), told
        return None
    assert type(made) is KINDS[made.kind]
    return made


@pytest.mark.parametrize("place", PLACES, ids=lambda p: ".".join(filter(None, p)))
def test_a_wrong_value_of_any_key_is_told_with_its_name(place):
    taken = []
    for value in WRONG:
        made = ends_well(bent(place, lambda at, key, value=value: at.update({key: value})), place[2] or place[1])
        taken += [value] if made else []
    assert len(taken) < 9, taken


@pytest.mark.parametrize("place", PLACES, ids=lambda p: ".".join(filter(None, p)))
def test_a_misspelt_key_is_told_with_the_one_that_was_meant(place):
    key = place[2] or place[1]
    for wrong in (key[1:] + "x", key.upper(), key + "s", key.replace("e", "") + "_"):
        with pytest.raises(ValueError) as told:
            read_config(bent(place, lambda at, key, wrong=wrong: at.update({wrong: at.pop(key)})))
        line = str(told.value).split(":")[0]
        assert line in (wrong, f"model.{wrong}", "kind"), told.value
    with pytest.raises(ValueError, match=f"did you mean '{key}'" if key != "kind" else "kind"):
        read_config(bent(place, lambda at, key: at.update({key + "s": at.pop(key)})))


@pytest.mark.parametrize("place", PLACES, ids=lambda p: ".".join(filter(None, p)))
def test_a_key_that_is_gone_has_its_default_or_is_told(place):
    ends_well(bent(place, lambda at, key: at.pop(key)), place[2] or place[1])


def test_a_misspelt_key_is_no_longer_ignored():
    with pytest.raises(ValueError, match=r"^sav_every: there is no such key; did you mean 'save_every'\?$"):
        read_config({**CONFIGS["flow"], "sav_every": 5})


@pytest.mark.parametrize(
    "model, told",
    [
        ({"heads": 5}, "model.heads: got 5; it takes a divisor of half the width 384"),
        ({"width": 6, "heads": 6}, "model.heads: got 6"),
        ({"patch": 0}, "model.patch: got 0; it takes a whole number from 1 to 64"),
        ({"patch": 2.0}, "model.patch: got 2.0"),
        ({"text": "gpt:x"}, "text: got 'gpt:x'"),
        ({"frame_seconds": 0}, "model.frame_seconds: got 0"),
    ],
)
def test_a_model_that_cannot_be_built_is_told_before_it_is_built(model, told):
    with pytest.raises(ValueError) as error:
        read_config({**CONFIGS["flow"], "model": {**CONFIGS["flow"]["model"], **model}})
    assert str(error.value).startswith(told)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_is_read_as_it_is_written_and_names_nothing_twice(name, tmp_path):
    made = read_config(CONFIGS[name])
    (tmp_path / "config.json").write_text(json.dumps(written(made)))
    assert read_config(tmp_path / "config.json") == made
    own = {f.name for f in fields(made)}
    assert set(CONFIGS[name]) - {"kind"} <= own


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "3",
        "{",
        '{"kind": NaN}',
        "[" * 100_000,
        '{"kind": "flow"}',
        b"\xff\xfe",
        '{"kind": ' + "9" * 5000 + "}",
    ],
)
def test_a_file_that_is_no_config_is_told_in_one_line(text, tmp_path):
    file = tmp_path / "a.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=r"^(CONFIG|kind|seed)[^\n]*$"):
        read_config(file)
