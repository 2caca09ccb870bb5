"""Files to take away hold the samples themselves, and the mix is the one that the desk is set to."""

import io
import zipfile

import numpy as np
import pytest
import soundfile

from stemlab import Stem, StemGroup
from stemlab.widgets.desk import keep_desk, mixdown, tidy_desk
from stemlab.widgets.export import export

RATE = 32_000


@pytest.fixture
def group():
    noise = np.random.default_rng(1).uniform(-0.9, 0.9, (2, RATE)).astype(np.float32)
    stems = [Stem("bass", "bass: slap", noise[0]), Stem("e piano", "e piano: soft", noise[1])]
    return StemGroup(stems, bpm=92.5, bars=1, prompt="Late Night!", settings={"seed": 1})


def read(data):
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        return file.read(dtype="float64", always_2d=True).T, file.samplerate, file.subtype


@pytest.mark.parametrize(
    ("kind", "subtype", "step"), [("wav", "PCM_24", 2**-23), ("flac", "PCM_24", 2**-23), ("float", "FLOAT", 1e-12)]
)
def test_a_stem_is_its_samples_and_the_tempo_is_in_its_name(group, kind, subtype, step):
    name, data = export(group, 1, kind)
    audio, rate, found = read(data)
    assert name == f"02_e-piano_92.5bpm.{'flac' if kind == 'flac' else 'wav'}" and (rate, found) == (RATE, subtype)
    assert np.abs(audio[0] - group[1].audio).max() <= step


def test_the_zip_has_all_stems_and_the_mix_as_it_is_set(group):
    desk = {"stems": {"bass": {"mute": True}, "e piano": {"db": -6.0, "pan": 1.0}}}
    name, data = export(group, "zip", "flac", desk=desk)
    assert name == "late-night_92.5bpm_stems.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = [
            "01_bass_92.5bpm.flac",
            "02_e-piano_92.5bpm.flac",
            "late-night_92.5bpm_mix.flac",
            "late-night_92.5bpm.mid",
        ]
        assert archive.namelist() == names
        stem, mix = (read(archive.read(names[i]))[0] for i in (0, 2))
    assert np.abs(stem[0] - group[0].audio).max() <= 2**-23  # as made, although it is muted in the mix
    want = group[1].audio * group.gain * 10 ** (-6 / 20)
    assert mix.shape == (2, RATE) and np.abs(mix[0]).max() < 1e-6 and np.abs(mix[1] - want).max() < 1e-6


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_another_rate_keeps_the_length(group, rate):
    audio, found, _ = read(export(group, 0, rate=rate)[1])
    assert found == rate and audio.shape[1] == rate


def test_a_stem_that_is_too_loud_turns_all_stems_down_alike():
    stems = [Stem("a", "a", np.full(64, 2.0)), Stem("b", "b", np.full(64, 0.5))]
    loud, soft = (read(export(StemGroup(stems), i)[1])[0].max() for i in (0, 1))
    assert loud == pytest.approx(1, abs=1e-6) and loud / soft == pytest.approx(4, rel=1e-5)


def test_settings_are_kept_with_the_group_saved_and_heard_in_the_mix(group, tmp_path):
    plain = group.mix()
    assert np.array_equal(mixdown(group), plain)
    keep_desk(group, {"stems": {"bass": {"db": -12, "low": 6}}})
    loaded = StemGroup.load(group.save(tmp_path / "out"))
    assert loaded.settings["desk"] == group.settings["desk"] and loaded.settings["desk"]["stems"]["bass"]["low"] == 6
    assert not np.allclose(mixdown(loaded), plain, atol=0.01) and np.array_equal(mixdown(loaded), mixdown(group))
    keep_desk(group, tidy_desk(None, group.names))
    assert "desk" not in group.settings


WRONG = {
    "no such file": (lambda g: export(g, 2), "stem from 0 to 1"),
    "no such format": (lambda g: export(g, "mix", "mp3"), "one of wav, flac, float"),
    "no such rate": (lambda g: export(g, "mix", rate=8000), "one of 32000, 44100, 48000"),
    "too far to the right": (lambda g: mixdown(g, {"stems": {"bass": {"pan": 2}}}), "-1 to 1"),
    "no number": (lambda g: mixdown(g, {"master": {"db": "loud"}}), "got 'loud' for db"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_makes_no_sense_is_one_line(group, case):
    act, words = WRONG[case]
    with pytest.raises(ValueError, match=words):
        act(group)
