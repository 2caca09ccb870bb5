"""What a file says of itself bounds what is read of it: measured, in a process of its own."""

import resource
import subprocess
import sys

import numpy as np
import pytest
import soundfile

CODE = """
import resource, sys, time
from stemlab.lab.recording import open_recording
from stemlab.codec.audio import read_channels
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.process_time()
try:
    {call}
except ValueError as error:
    print(error, file=sys.stderr)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, time.process_time() - began)
"""


@pytest.fixture(scope="module")
def silence(tmp_path_factory):
    """Three hours of silence in eight channels: less than a megabyte, and 15 GB as float32."""
    file = tmp_path_factory.mktemp("long") / "silence.flac"
    second = np.zeros((48_000, 8), np.int16)
    with soundfile.SoundFile(file, "w", 48_000, 8, format="FLAC", subtype="PCM_16", compression_level=1.0) as out:
        for _ in range(3 * 60):  # three minutes are enough to write; the header says three hours
            out.write(second)
    data = bytearray(file.read_bytes())
    place = data.index(b"fLaC") + 8 + 10
    told = int.from_bytes(data[place : place + 8], "big") >> 36 << 36 | 3 * 3600 * 48_000
    data[place : place + 8] = told.to_bytes(8, "big")
    file.write_bytes(bytes(data))
    return file


@pytest.mark.parametrize("call", ["open_recording({!r})", "read_channels({!r})"])
def test_a_file_that_says_it_is_hours_long_takes_no_memory_to_refuse(silence, call):
    run = subprocess.run(
        [sys.executable, "-c", CODE.format(call=call.format(str(silence)))], capture_output=True, text=True, check=True
    )
    megabytes, seconds = map(float, run.stdout.split())
    assert megabytes < 100 and seconds < 2, run
    assert "180 min" in run.stderr or "1.08e+04 s" in run.stderr or "3.0 hours in 8 channels" in run.stderr


def test_an_alias_bomb_takes_no_time_and_costs_its_song_only(tmp_path):
    import time

    from stemlab.data.readers.folders import read_folder

    for song in ("Track00001", "Track00002"):
        (tmp_path / song / "stems").mkdir(parents=True)
        soundfile.write(tmp_path / song / "stems" / "S00.wav", np.full(4000, 0.1), 32_000)
        (tmp_path / song / "metadata.yaml").write_text("stems:\n  S00: {inst_class: Bass, is_drum: false}\n")
    lines = ["a: &a [x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    bomb = "\n".join([*lines, "stems: {S00: {inst_class: *i}}"])
    assert len(bomb) < 600
    (tmp_path / "Track00001" / "metadata.yaml").write_text(bomb)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    found = read_folder(tmp_path)
    assert [song.name for song in found.songs] == ["Track00002"] and len(found.problems) == 1
    assert time.process_time() - began < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
