"""m4a and the like are read where there is an ffmpeg, and answered with what to do where there is none."""

import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from stemlab.codec.audio import read_channels
from stemlab.lab.recording import open_recording

TONE = 0.4 * np.sin(np.arange(88_200) * 2 * np.pi * 440 / 44_100)
there = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg on this machine")


def encoded(folder, name):
    soundfile.write(folder / "a.wav", np.stack([TONE, 0.5 * TONE]).T, 44_100)
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(folder / "a.wav"), str(folder / name)], check=True)
    return folder / name


@there
@pytest.mark.parametrize("name", ["my take.m4a", "b.aac", "c.MP4"])
def test_what_a_phone_records_is_read_with_its_rate_and_channels(tmp_path, name):
    audio, rate = read_channels(encoded(tmp_path, name))
    assert rate == 44_100 and len(audio) == 2 and abs(audio.shape[1] - 88_200) < 4096
    middle = audio[:, 20_000:60_000]
    assert np.sqrt(np.mean(middle[0] ** 2)) == pytest.approx(0.4 / np.sqrt(2), rel=0.05)
    assert np.argmax(np.abs(np.fft.rfft(middle[0]))) * 44_100 / 40_000 == pytest.approx(440, abs=2)
    recording, called = open_recording(tmp_path / name)  # which `accompany` begins with
    assert np.array_equal(recording.audio, audio) and called == name.partition(".")[0].lower()


@there
def test_a_damaged_one_is_one_line(tmp_path):
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    with pytest.raises(ValueError, match=r"^path: .*a\.m4a' cannot be read by ffmpeg") as told:
        read_channels(tmp_path / "a.m4a")
    assert "\n" not in str(told.value)
    with pytest.raises(ValueError, match=r"^path: .*a\.m4a' cannot be read by ffmpeg"):
        open_recording(tmp_path / "a.m4a")


def test_without_ffmpeg_the_advice_is_to_install_it_or_to_convert(tmp_path, monkeypatch):
    (tmp_path / "a.m4a").write_bytes(b"something")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match=r"^path: .*is m4a.*install ffmpeg, or convert"):
        read_channels(tmp_path / "a.m4a")
