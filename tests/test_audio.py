import numpy as np
import pytest
import soundfile

from stemlab.codec import audio


@pytest.fixture
def tone():
    t = np.arange(32_000) / 32_000
    return (0.5 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)


def test_a_wav_comes_back_bit_identical(tmp_path, tone):
    loud = tone * 3  # float WAV holds more than full scale too
    assert np.array_equal(audio.read(audio.write(tmp_path / "a.wav", loud)), loud)


def test_a_flac_comes_back_to_24_bits(tmp_path, tone):
    assert np.abs(audio.read(audio.write(tmp_path / "a.flac", tone)) - tone).max() < 2**-23


def test_writing_leaves_nothing_else_behind(tmp_path, tone):
    audio.write(tmp_path / "a.wav", tone)
    assert [f.name for f in tmp_path.iterdir()] == ["a.wav"]


def test_a_failed_write_leaves_the_old_file(tmp_path, tone):
    audio.write(tmp_path / "a.wav", tone)
    with pytest.raises(ValueError, match="NaN"):
        audio.write(tmp_path / "a.wav", tone * np.nan)
    assert np.array_equal(audio.read(tmp_path / "a.wav"), tone)


def test_another_rate_is_resampled_to_the_same_pitch_and_length(tmp_path):
    t = np.arange(44_100) / 44_100
    soundfile.write(tmp_path / "a.wav", 0.5 * np.sin(2 * np.pi * 440 * t), 44_100)
    got = audio.read(tmp_path / "a.wav")
    assert len(got) == 32_000
    assert np.abs(np.fft.rfft(got)).argmax() == 440


def test_channels_are_averaged(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.stack([np.full(10, 0.5), np.zeros(10)], 1), 32_000, subtype="FLOAT")
    assert np.allclose(audio.read(tmp_path / "a.wav"), 0.25)


def test_resampling_two_rows_equals_resampling_each(tone):
    both = audio.resample(np.stack([tone, tone[::-1]]), 32_000, 44_100)
    assert both.shape == (2, 44_100)
    assert np.allclose(both[0], audio.resample(tone, 32_000, 44_100), atol=1e-6)


def test_level_of_a_full_sine_is_minus_3_db_and_of_silence_minus_200(tone):
    assert audio.rms_db(tone * 2) == pytest.approx(-3.01, abs=0.01)
    assert audio.rms_db(np.zeros(10)) == pytest.approx(-200)


@pytest.mark.parametrize(("db", "on"), [(-55, True), (-65, False)])
def test_a_frame_is_on_above_minus_60_db(db, on):
    assert audio.activity(np.full(4096, 10 ** (db / 20))).tolist() == [on, on]


def test_a_short_last_frame_counts_by_its_own_length():
    assert audio.activity(np.r_[np.zeros(2048), [0.002] * 20]).tolist() == [False, True]


def test_bars_follow_the_tempo():
    bar = 240 / 97  # seconds
    sound = np.zeros(round(4 * bar * 32_000))
    sound[round(bar * 32_000) + 10 : round(2 * bar * 32_000) - 10] = 0.1
    sound[round(3.5 * bar * 32_000) :] = 0.1
    assert audio.bars_active(sound, 97, 5) == ".x.x."


def _with_rate_0(path):
    soundfile.write(path, np.zeros(10), 32_000)
    data = bytearray(path.read_bytes())
    data[24:28] = bytes(4)
    path.write_bytes(data)


BAD_FILES = {
    "0 bytes": (lambda p: p.touch(), "empty"),
    "text": (lambda p: p.write_text("these are no samples " * 20), "cannot be read|not a sound file"),
    "no samples": (lambda p: soundfile.write(p, np.zeros(0), 32_000), "holds no samples"),
    "NaN": (lambda p: soundfile.write(p, np.array([0, np.nan]), 32_000, subtype="FLOAT"), "NaN"),
    "infinite": (lambda p: soundfile.write(p, np.array([0, np.inf]), 32_000, subtype="FLOAT"), "infinite"),
    "rate 0": (_with_rate_0, "sample rate of 0"),
    "missing": (lambda p: None, "no file"),
    "a folder": (lambda p: p.mkdir(), "no file"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused_by_name_with_what_to_do(tmp_path, case):
    make, words = BAD_FILES[case]
    path = tmp_path / "my take.wav"
    make(path)
    with pytest.raises(ValueError, match=words) as error:
        audio.read(path)
    assert "my take.wav" in str(error.value)


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_that_is_not_positive_is_refused(tmp_path, tone, rate):
    for use in (
        lambda: audio.read(tmp_path / "a.wav", rate),
        lambda: audio.write(tmp_path / "a.wav", tone, rate),
        lambda: audio.resample(tone, rate, 32_000),
        lambda: audio.resample(tone, 32_000, rate),
    ):
        with pytest.raises(ValueError, match="positive rate"):
            use()


@pytest.mark.parametrize(
    ("name", "samples", "words"),
    [
        ("a.mp3", [0.0], "suffix"),
        ("a.wav", [[0.0]] * 9, "one channel"),
        ("a.wav", [[[0.0]]], "one channel"),
        ("a.wav", [], "at least one"),
        ("a.flac", [1.5], "clips above 1"),
        ("nowhere/a.wav", [0.0], "does not exist"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, name, samples, words):
    with pytest.raises(ValueError, match=words):
        audio.write(tmp_path / name, np.array(samples))
