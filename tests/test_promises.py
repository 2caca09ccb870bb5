"""Each promise of docs/promises.md names tests that are there, and one that has no better place."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NAMED = re.findall(r"`(test_\w+\.py)::(test_\w+)`", (ROOT / "docs" / "promises.md").read_text(encoding="utf-8"))
OFFLINE = """
import sys

def refuse(event, told):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise SystemExit(f"network: {event} {told}")

sys.addaudithook(refuse)
from stemlab.cli import main
words = "generate --stems drums bass --bpm 120 --bars 1 --steps 1 --out".split()
code = main([*words, sys.argv[1]])
print("loaded", *{name.split(".")[0] for name in sys.modules})
sys.exit(code)
"""
NOT_NEEDED = {
    "scipy",
    "plotly",
    "librosa",
    "sklearn",
    "pandas",
    "transformers",
    "diffusers",
    "huggingface_hub",
    "pretty_midi",
    "symusic",
}


@pytest.mark.parametrize("file, name", sorted(set(NAMED)))
def test_the_test_that_holds_a_promise_is_there(file, name):
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_a_promise_names_its_tests():
    rows = [
        row for row in (ROOT / "docs" / "promises.md").read_text(encoding="utf-8").splitlines() if row.startswith("| ")
    ]
    promises = [row for row in rows if not row.startswith(("| promise", "| ---"))]
    assert len(promises) > 15 and all("test_" in row for row in promises)


def test_a_group_is_made_and_saved_without_a_byte_of_network(tmp_path):
    run = subprocess.run([sys.executable, "-c", OFFLINE, tmp_path / "out"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "out" / "player.html").exists()
    loaded = set(run.stdout.splitlines()[-1].split())
    assert {"loaded", "torch", "soundfile"} <= loaded and not loaded & NOT_NEEDED  # which take seconds to load
