"""Every wrong input of the command is one line that names the argument, and exit code 2, before anything is written."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import stemlab
from stemlab import cli
from stemlab.cli.errors import line_of

BIG, LONG = "9" * 400, "long " * 20_000
PATHS = ["a\0b", "~nobody-of-this-name/x", "x" * 300, "x/" * 2200 + "y", "loop", "loop/x", "nowhere", "file", "fifo"]
OUTS = [
    "a\0b",
    "~nobody-of-this-name/x",
    "x" * 300,
    "x/" * 2200 + "y",
    "loop/x",
    "file",
    "file/x",
    "full",
    "/proc/x",
    "caf\udce9",
    "fifo",
]
CONFIG = str(Path(__file__).parent.parent / "configs" / "flow.json")
STEMS = ["--stems", "drums: kit"]
GENERATE = [
    *(["--out", "o", f"--{name}", BIG] for name in ("seed", "steps", "candidates", "bars", "bpm", "guidance", "mates", "rho")),
    *(["--out", "o", f"--{name}", value] for name in ("bpm", "guidance", "mates", "rho") for value in ("nan", "inf", "-1", "1e400")),
    *(["--out", "o", f"--{name}", value] for name in ("prompt", "negative", "key") for value in ("caf\udce9", "\udce9")),
    ["--out", "o", "--stems", ""], ["--out", "o", "--stems", "\udce9: x"], ["--out", "o", "--stems", *["drums"] * 17],
    ["--out", "o", "--scheme", ","], ["--out", "o", "--scheme", "/"], ["--out", "o", "--activity", "drums"],
    ["--out", "o", "--bpm", "100", "--activity", "drums=" + "x" * 9999], ["--out", "o", "--coupling", "\0"],
    ["--out", "o", "--seed", "9" * 5000], ["--out", "o", "--seed", "1.5"], ["--out", "o", "--stems", LONG],
    *(["--out", "o", f"--{name}", LONG] for name in ("prompt", "negative", "key", "chords", "meter", "coupling", "scheme", "steps")),
]  # fmt: skip
LOADS = [["--out", "o", "--weights", path] for path in PATHS] + [
    ["--out", "o", "--device", d] for d in ("nope", "cuda:99", "\0", "meta")
]
OTHERS = [
    ["generate", "line\nby line"], [LONG], ["accompany", "tone.wav", *STEMS, "--out", "o", "--text", LONG],
    *(["accompany", path, *STEMS, "--out", "o"] for path in [*PATHS, "x.raw", "empty.wav", "text.wav", "folder", "/dev/zero"]),
    *(["accompany", "tone.wav", *STEMS, "--out", "o", "--downbeat", v] for v in ("nan", "-1", "1e9", BIG)),
    *(["data", "inspect", path] for path in [*PATHS, "empty"]),
    *(["data", "render", path, "--out", "o"] for path in [*PATHS, "empty"]),
    *(["data", "render", "midi", "--out", "o", "--soundfont", path] for path in [*PATHS, "text.wav", "empty.wav", "short.sf2"]),
    *(["data", "render", "midi", "--out", out] for out in OUTS if out != "full"),
    *(["data", "encode", path, "--out", "o"] for path in PATHS),
    *(["data", "encode", "songs", "--out", out] for out in OUTS),
    *(["data", "encode", "songs", "--out", "o", "--codec", path] for path in PATHS),
    *(["data", "encode", "songs", "--out", "o", "--seconds", v] for v in ("inf", "1e9", "nan", "-1", "0", "1e400")),
    *(["data", "encode", "songs", "--out", "o", "--workers", v] for v in ("0", "-1", BIG)),
    ["data", "encode", "songs", "--out", "o", "--split", "nowhere"],
    *(["data", "codec", path, "--out", "o"] for path in PATHS),
    *(["data", "codec", "songs", "--out", out] for out in OUTS),
    *(["data", "codec", "songs", "--out", "o", "--pieces", v] for v in ("0", "-1", BIG)),
    *(["data", "names", path] for path in [*PATHS, "empty", "fifo"]),
    *(["train", path, "--out", "o"] for path in [*PATHS, "text.wav", "folder", "fifo"]),
    *(["train", CONFIG, "--out", "o", "--minutes", v] for v in ("nan", "-1", "0")),
    *(["train", CONFIG, "--out", "o", "--stream", v] for v in ("-1", BIG)),
    *(["train", CONFIG, "--plan", v] for v in ("-1", "0", BIG)), ["train", CONFIG], ["train", "--out", "o"],
    *(["train", CONFIG, "--out", "o", f"--{name}", "1"] for name in ("lora", "steps", "rate")),
    *(["push", path, "--out", "o"] for path in PATHS), ["push", "songs"],
    *(["push", "songs", "--out", "o", "--license", words] for words in ("mit\ntags: [x]", "", "\udce9")),
    *(["evaluate", "--anchors-only", "--out", out] for out in OUTS if out != "full"),
    *(["evaluate", "--out", "o", "--folder", path] for path in PATHS),
    *(["evaluate", "--out", "o", f"--{name}", v] for name in ("groups", "workers", "classifier-songs") for v in ("0", BIG)),
    *(["evaluate", "--out", "o", f"--{n}", v] for n, v in (("rho", "2"), ("steps", "0"), ("guidance", "nan"), ("scheme", "x"))),
    *(["export", f"--{what}", out] for what in ("onnx", "page") for out in OUTS if out != "full"), ["export", "--onnx", "full"],
    ["export", "--onnx", "o/band", "--page", "o"], *(["distill", path, "--out", "o"] for path in ("nowhere", "text.wav", CONFIG)),
    *(["evaluate", "--out", "o", "--seconds", v] for v in ("nan", "inf", "1e9")),
]  # fmt: skip


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with one of everything."""
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    Path("file").write_text("mine")
    os.mkfifo("fifo")
    for folder in ("full", "empty", "folder", "midi", "songs/one"):
        Path(folder).mkdir(parents=True)
    Path("full/mine.txt").write_text("mine")
    Path("x.raw").write_bytes(bytes(99_999))
    Path("empty.wav").write_bytes(b"")
    Path("text.wav").write_text("text")
    Path("short.sf2").write_bytes(b"RIFF\x10\0\0\0sfbkLIST\xff\xff\xff\xff")
    Path("midi/a.mid").write_bytes(_midi())
    soundfile.write("tone.wav", np.sin(np.arange(64_000) / 20) / 2, 32_000)
    soundfile.write("songs/one/bass.wav", np.sin(np.arange(64_000) / 20) / 2, 32_000)
    return tmp_path


def _midi():
    events = b"\x00\x90\x40\x60\x83\x00\x80\x40\x00\x00\xff\x2f\x00"
    return b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk" + len(events).to_bytes(4, "big") + events


def refused(words, capsys):
    """The line that the command says; nothing is left behind."""
    before = sorted(Path().rglob("*"))
    try:
        code = cli.main(list(words))
    except SystemExit as ended:
        code = ended.code
    told = capsys.readouterr()
    assert code == 2, (code, told)
    lines = [line for line in told.err.split("\r")[-1].splitlines() if line.strip()]
    assert len(lines) == 1 and lines[0].startswith("stemlab: "), told.err
    assert "[Errno" not in lines[0] and "embedded null" not in lines[0] and "codec can't" not in lines[0], lines[0]
    assert len(lines[0]) < 2200
    assert sorted(Path().rglob("*")) == before
    return lines[0]


def names(words):
    return [
        "-".join(w if len(w) < 30 else w[:12] for w in words)
        .encode("ascii", "backslashreplace")
        .decode()
        .replace("\0", "0")
    ]


def named(cases):
    return [pytest.param(case, id=f"{i} {names(case)[0]}"[:60]) for i, case in enumerate(cases)]


@pytest.mark.parametrize("words", named(GENERATE))
def test_a_wrong_request_is_one_line(place, tiny, monkeypatch, capsys, words):
    monkeypatch.setattr(stemlab, "load", lambda *_, **__: tiny)
    line = refused(["generate", *([] if "--stems" in words else STEMS), *words], capsys)
    assert next(word for word in reversed(words) if word.startswith("--"))[2:] in line


@pytest.mark.parametrize("words", named([["--out", out] for out in OUTS]))
def test_a_place_that_cannot_be_written_to_is_said_before_the_music_is_made(place, monkeypatch, capsys, words):
    monkeypatch.setattr(stemlab, "load", lambda *_, **__: pytest.fail("work began"))
    assert "out" in refused(["generate", *STEMS, *words], capsys)


@pytest.mark.parametrize("words", named(LOADS))
def test_wrong_weights_or_devices_are_one_line(place, capsys, words):
    refused(["generate", *STEMS, *words], capsys)


@pytest.mark.parametrize("words", named(OTHERS))
def test_every_command_says_what_is_wrong_in_one_line(place, tiny, monkeypatch, capsys, words):
    monkeypatch.setattr(stemlab, "load", lambda *_, **__: tiny)
    refused(words, capsys)


NUMBERS = {
    "seconds": [float("inf"), 1e9, float("nan"), "8", 10**400, True], "bars": [0, 65, 2.5, "4", 10**400], "steps": [0, 10**5000],
    "seed": [-1, 2**63, 1.5, "x", 10**400], "bpm": [39, float("nan"), "100", 10**400], "candidates": [0, 17, 10**400, "x"],
    "guidance": [-1, "x", float("inf")], "prompt": [None, 3, b"x", "\ud83d"], "stems": ["x", [], [3], [""], ["\ud83d: x"]],
    "interval": [3, (1,), (2, 1), ("a", "b"), (0, 10**400, 1)], "scheme": [3, "x", [[]], [["x"]]], "activity": ["x", {"x": "x"}, {"drums": 3}],
    "rho": [-1, 2, "x"], "key": [3, "H", "\0"], "negative": [3, "\ud83d"], "coupling": [3, "x"], "sampler": ["x", 3],
}  # fmt: skip


@pytest.mark.parametrize(
    "name, value",
    [(n, v) for n, values in NUMBERS.items() for v in values],
    ids=lambda v: str(v)[:20] if not isinstance(v, int) or v < 10**9 else "big",
)
def test_a_wrong_argument_is_a_value_error_that_names_it(tiny, name, value):
    with pytest.raises(ValueError, match=name) as told:
        tiny.generate(**{"stems": ["drums"], "bpm": 100 if name in ("bars", "activity") else None, name: value})
    assert "\n" not in str(told.value) and len(str(told.value)) < 1000


def test_a_terminal_that_lacks_letters_gets_their_numbers(place, tiny, monkeypatch):
    monkeypatch.setattr(stemlab, "load", lambda *_, **__: tiny)
    with open("told.txt", "w", encoding="ascii") as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert (
            cli.main(["generate", *STEMS, "--out", "caf\u00e9/\u9f13", "--steps", "1", "--bpm", "240", "--bars", "1"])
            == 0
        )
    assert "caf\\xe9/\\u9f13" in Path("told.txt").read_text()


def test_too_little_memory_is_one_line_and_a_fault_of_ours_is_none():
    with pytest.raises(RuntimeError) as error:
        torch.empty(10**15)
    told = str(line_of(error.value))
    assert (
        told.startswith("memory: there is too little")
        and "\n" not in told
        and str(line_of(MemoryError())).startswith("memory")
    )
    with pytest.raises(RuntimeError, match="ours"):
        line_of(RuntimeError("ours"))


def test_what_a_system_says_without_naming_a_file_is_said_without_its_number():
    assert str(line_of(FileNotFoundError(2, "No usable temporary directory found"))).startswith("No usable temporary")
    assert str(line_of(OSError("the hub is away"))) == "the hub is away"


@pytest.mark.parametrize(
    ("where", "code", "said"),
    [
        (">/dev/full", 2, "stemlab: stdout: what was to be printed could not be (No space left on device); all else is done.\n"),
        (">&- 2>/dev/null", 0, ""), ("2>&-", 0, ""), ("| (exec 0<&-; sleep 2)", 0, ""),
    ],
)  # fmt: skip
def test_what_cannot_be_printed_is_one_line_and_a_reader_that_left_is_none(where, code, said):
    """In its own process: Python prints what is left when it ends, where no code of ours runs any more."""
    line = f"set -o pipefail; {sys.executable} -m stemlab --help {where}"
    env = {**os.environ, "PYTHONUNBUFFERED": ""}
    run = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, env=env)
    assert (run.returncode, run.stderr) == (code, said)
