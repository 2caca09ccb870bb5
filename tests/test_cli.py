import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import stemlab
from stemlab import Stem, StemGroup
from stemlab.cli import app as cli


class Lab:
    """Stands for the model: takes what `generate` is given and makes a short group of it."""

    def __init__(self):
        self.given = {}

    def generate(self, stems, callback=None, **options):
        self.given = {"stems": stems, **options}
        for step in range(1, 4):
            callback(step, 3, None)
        made = [Stem(n, p, np.full(32_000, 0.1)) for n, p in zip("abcdef", stems, strict=False)]
        return StemGroup(made, **{k: v for k, v in options.items() if k in ("bpm", "key", "bars", "prompt")})


@pytest.fixture
def lab(monkeypatch):
    made = Lab()
    monkeypatch.setattr(stemlab, "load", lambda path=None, device=None, **options: made, raising=False)
    return made


def run(*words):
    return cli.main(["generate", "--stems", "drums: kit", "bass: slap", *map(str, words)])


def test_generate_writes_the_files_and_says_where(lab, tmp_path, capsys):
    assert (
        run(
            "--prompt",
            "funk",
            "--bpm",
            100,
            "--key",
            "A minor",
            "--bars",
            4,
            "--seed",
            7,
            "--out",
            tmp_path / "o",
        )
        == 0
    )
    told = capsys.readouterr().out
    for name in ("01_a.wav", "02_b.wav", "mix.wav", "overview.png", "player.html"):
        assert (tmp_path / "o" / name).exists() and name in told


def test_options_reach_the_library_with_their_types(lab, tmp_path):
    words = "--bpm 100 --bars 4 --seed 7 --scheme two-pass --steps 8 --guidance 2.5 --rho 0.5 --coupling noise"
    assert (
        run(
            *words.split(),
            "--key",
            "A minor",
            "--activity",
            "drums=.xxx",
            "bass=x.x.",
            "--out",
            tmp_path / "o",
        )
        == 0
    )
    assert lab.given == {
        "stems": ["drums: kit", "bass: slap"], "bpm": 100.0, "bars": 4, "seed": 7, "scheme": "two-pass",
        "steps": 8, "guidance": 2.5, "rho": 0.5, "coupling": "noise", "key": "A minor",
        "activity": {"drums": ".xxx", "bass": "x.x."},
    }  # fmt: skip


def test_an_option_that_is_left_out_takes_the_librarys_default(lab, tmp_path):
    assert run("--out", tmp_path / "o") == 0
    assert set(lab.given) == {"stems"}


def test_nothing_is_overwritten_without_force_and_it_is_said_before_the_work(lab, tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    assert run("--out", tmp_path) == 2
    assert lab.given == {}
    assert "--force" in capsys.readouterr().err
    assert run("--out", tmp_path, "--force") == 0
    assert (tmp_path / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--activity", "drums"], "activity: got 'drums'"),
        (["--activity", "=x"], "activity: got '=x'"),
        (["--activity", "drums=x", "drums=."], "twice"),
    ],
)
def test_a_bad_input_is_one_line_and_exit_code_2(lab, tmp_path, capsys, words, part):
    assert run("--out", tmp_path / "o", *words) == 2
    told = capsys.readouterr().err
    assert told.startswith("stemlab: ") and told.count("\n") == 1 and part in told
    assert not (tmp_path / "o").exists()


def test_a_message_of_several_lines_becomes_one(lab, tmp_path, capsys, monkeypatch):
    def fail(*_, **__):
        raise ValueError("bpm: got 10;\n  it takes 40 to 240")

    monkeypatch.setattr(lab, "generate", fail)
    assert run("--out", tmp_path / "o") == 2
    assert capsys.readouterr().err.strip().splitlines()[-1] == "stemlab: bpm: got 10; it takes 40 to 240"


def test_no_progress_bar_stands_beside_the_line_of_a_bad_request(lab, tmp_path, capsys, monkeypatch):
    def fail(*_, **__):
        raise ValueError("bpm: got 10")

    monkeypatch.setattr(lab, "generate", fail)
    assert run("--out", tmp_path / "o") == 2
    assert capsys.readouterr().err == "stemlab: bpm: got 10\n"


@pytest.mark.parametrize(
    ("text", "part"),
    [(None, "no file"), ("{", "not JSON"), ("[1]", "JSON object"), ('{"kind": "opera"}', "opera")],
)
def test_a_bad_config_is_refused(tmp_path, capsys, text, part):
    config = tmp_path / "c.json"
    if text is not None:
        config.write_text(text)
    assert cli.main(["train", str(config), "--out", str(tmp_path / "run")]) == 2
    assert part in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [[], ["sing"], ["generate"], ["generate", "--stems", "a", "--out", "x", "--bpm", "fast"]]
)
def test_a_command_that_is_not_understood_is_one_line_and_exit_code_2(words, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(words)
    assert stop.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("stemlab: ") and told.count("\n") == 1 and "--help" in told


def test_the_shell_sees_one_line_and_no_traceback(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    words = [sys.executable, "-m", "stemlab", "generate", "--stems", "bass: slap", "--out", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("stemlab: --out: ") and done.stderr.count("\n") == 1


def test_help_and_version_come_at_once():
    """Before anything heavy is imported: no torch, no NumPy, no matplotlib."""
    look = (
        "import sys; from stemlab import cli\n"
        "for words in (['--version'], ['generate', '--help'], ['data', 'encode', '--help']):\n"
        "    try: cli.main(words)\n"
        "    except SystemExit: pass\n"
        "print(sorted({'torch', 'numpy', 'matplotlib', 'transformers', 'soundfile'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout
    assert told.startswith(f"stemlab {stemlab.__version__}") and told.strip().endswith("[]")


def test_a_reader_that_leaves_early_is_no_error():
    words = f"{sys.executable} -u -m stemlab check | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", words], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


def test_check_names_what_is_missing_and_what_to_type(capsys, monkeypatch, tmp_path):
    from stemlab.cli import check as machine

    monkeypatch.setattr(machine, "WEIGHTS", tmp_path)
    assert cli.main(["check"]) == 1
    told = capsys.readouterr().out.splitlines()
    (at,) = (i for i, line in enumerate(told) if line.startswith("[missing]") and "weights" in line)
    assert "git checkout" in told[at + 1]
    assert any(line.startswith("[ok]") and "Python" in line for line in told)


def test_check_notices_weights_that_are_broken(capsys, monkeypatch, tmp_path):
    from stemlab.cli import check as machine

    (tmp_path / "flow.safetensors").write_bytes(b"not weights")
    (tmp_path / "flow.json").write_text('{"format": 1}')
    monkeypatch.setattr(machine, "WEIGHTS", tmp_path)
    assert cli.main(["check"]) == 1
    assert "not a safetensors file" in capsys.readouterr().out


def test_the_words_in_the_readme_are_understood():
    text = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    import shlex

    lines = [line.strip() for line in text.splitlines() if line.startswith("    stemlab ")]
    assert len(lines) >= 3
    for line in lines:
        cli.parser().parse_args(shlex.split(line, comments=True)[1:])


def test_generate_has_the_words_of_the_manual():
    environment = {**os.environ, "COLUMNS": "200"}
    words = [sys.executable, "-m", "stemlab", "generate", "--help"]
    told = subprocess.run(words, capture_output=True, text=True, check=True, env=environment).stdout
    wanted = "stems prompt bpm key bars seed out activity scheme steps guidance mates rho coupling force"
    assert all(f"--{word}" in told for word in wanted.split())
