"""The notes that are heard in a stem, and the MIDI file of a group: read back by others' readers and by ours."""

import io

import mido
import numpy as np
import pretty_midi
import pytest

from stemlab import Stem, StemGroup
from stemlab.lab.midi_file import midi_bytes
from stemlab.lab.notes import HeardNote, is_drums
from stemlab.songs.midi import read_midi
from stemlab.widgets.export import export
from stemlab.widgets.mixer import describe

RATE = 32_000


def plucked(notes, seconds=4.0, rate=RATE):
    """A few harmonics that die away, for (start, MIDI pitch)."""
    time = np.arange(round(seconds * rate)) / rate
    audio = np.zeros(len(time))
    for start, pitch in notes:
        hz, since = 440 * 2 ** ((pitch - 69) / 12), time - start
        shape = np.where(since >= 0, np.exp(-3 * since) * np.minimum(1, np.maximum(since, 0) / 0.004), 0)
        audio += shape * sum(np.sin(2 * np.pi * hz * h * since) / h**1.5 for h in range(1, 7) if hz * h < rate / 2)
    return (0.3 * audio / np.abs(audio).max()).astype(np.float32)


MELODY = [(0.5, 60), (1.0, 64), (1.5, 67), (2.0, 60), (2.5, 55), (3.0, 72)]


@pytest.mark.parametrize(("rate", "sides"), [(RATE, 1), (44_100, 2)])
def test_a_plain_melody_is_heard_at_any_rate_and_in_stereo(rate, sides):
    audio = plucked(MELODY, rate=rate)
    stem = Stem("keys", "keys: electric piano", audio if sides == 1 else np.stack([audio, 0.5 * audio]))
    heard = {(round(2 * n.start) / 2, n.pitch): n for n in stem.notes(rate)}
    assert set(MELODY) <= set(heard) and len(heard) <= len(MELODY) + 2
    for start, pitch in MELODY:
        note = heard[start, pitch]
        assert abs(note.start - start) < 0.05 and note.start < note.end <= 4 and 1 <= note.velocity <= 127


def test_silence_has_no_notes_and_a_louder_stem_has_the_same():
    assert Stem("keys", "keys", np.zeros(RATE, np.float32)).notes() == []
    hum = 0.1 * np.sin(2 * np.pi * 17_000 / RATE * np.arange(RATE))  # above all keys: nothing to choose from
    assert Stem("keys", "keys", hum).notes() == []
    assert isinstance(Stem("drums", "drums", hum).notes(), list)
    audio = plucked(MELODY)
    soft, loud = (Stem("keys", "keys", audio * gain).notes() for gain in (0.1, 1.0))
    assert [n.pitch for n in soft] == [n.pitch for n in loud]
    assert [n.start for n in soft] == pytest.approx([n.start for n in loud], abs=1e-3)


@pytest.mark.parametrize("name", ["bass", "drums"])
@pytest.mark.parametrize("sound", [np.ones(8), np.full(999, 0.2), np.zeros(40_000)])
def test_a_sound_without_any_candidate_has_no_notes(name, sound):
    assert Stem(name, name, sound.astype(np.float32)).notes() == []


def test_what_was_read_is_kept_until_the_sound_changes():
    stem = Stem("keys", "keys", plucked(MELODY))
    group = StemGroup([stem], bpm=120, bars=2)
    assert describe(group)["notes"] is None
    assert stem.notes() == stem.notes() and describe(group)["notes"][0][0][2] == stem.notes()[0].pitch
    stem.audio = np.zeros_like(stem.audio)
    assert stem.notes() == []


@pytest.mark.parametrize(
    ("name", "prompt", "drums"),
    [("drums", "drums: kit", True), ("drums 2", "", True), ("congas", "percussion: congas", True), ("bass", "bass: drum-like", False), ("take 4", "", False)],
)  # fmt: skip
def test_drums_are_known_by_their_words(name, prompt, drums):
    assert is_drums(Stem(name, prompt, np.zeros(8))) == drums


@pytest.fixture
def group(monkeypatch):
    """Stems whose notes are known: what is tested is the file."""
    notes = {
        "bass": [HeardNote(0.5, 1.0, 40, 100), HeardNote(1.0, 1.0, 45, 80)],
        "drums": [HeardNote(0.0, 0.05, 36, 112), HeardNote(0.0, 0.05, 42, 60)],
    }
    monkeypatch.setattr(Stem, "notes", lambda stem, rate=RATE: notes[stem.name])
    stems = [Stem("drums", "drums: brushes", np.zeros(2 * RATE)), Stem("bass", "bass: slap bass", np.zeros(2 * RATE))]
    return StemGroup(stems, bpm=90, key="F# minor", bars=1, prompt="late night – jazz")


def test_a_midi_file_has_tempo_key_and_a_track_a_stem(group, tmp_path):
    path = group.to_midi(tmp_path / "band.mid")
    read = pretty_midi.PrettyMIDI(str(path))
    assert read.get_tempo_changes()[1] == pytest.approx([90], abs=1e-3)
    assert read.key_signature_changes[0].key_number == 12 + 6  # F# minor
    drums, bass = sorted(read.instruments, key=lambda one: not one.is_drum)
    assert drums.is_drum and drums.program == 40 and (bass.name, bass.program) == ("bass", 36)
    assert next((n.start, n.end, n.pitch, n.velocity) for n in bass.notes) == pytest.approx((0.5, 1, 40, 100), abs=2e-3)
    assert {n.pitch for n in drums.notes} == {36, 42} and all(n.start == 0 for n in drums.notes)
    ours = read_midi(path)
    assert ours.told_bpm == 90 and {part.family for part in ours.parts} == {"drums", "bass"}


def test_a_file_without_a_tempo_or_a_key_keeps_its_seconds(group):
    group.bpm, group.key = None, "H dorian"
    file = mido.MidiFile(file=io.BytesIO(midi_bytes(group)))
    assert file.length == pytest.approx(1.0, abs=2e-3) and len(file.tracks) == 3
    assert not [message for message in file if message.type == "key_signature"]


def test_notes_are_saved_with_the_group_and_packed_with_its_files(group, tmp_path):
    folder = group.save(tmp_path / "out")
    assert (folder / "band.mid").read_bytes() == midi_bytes(group)
    assert export(group, "midi") == ("late-night-jazz_90bpm.mid", midi_bytes(group))
    group.save(folder, force=True)  # what is there is ours, and is replaced


def test_the_highest_around_a_place_is_that_of_scipy():
    from scipy.ndimage import maximum_filter1d

    from stemlab.lab.pitch_bands import highest

    x = np.random.default_rng(0).normal(size=(5, 23))
    for size in (3, 5, 9):
        assert np.array_equal(highest(x, size), maximum_filter1d(x, size, axis=1))
    assert np.array_equal(highest(x, 5, before=0), maximum_filter1d(x, 5, axis=1, origin=-2))
    assert np.array_equal(highest(x > 1, 7), maximum_filter1d(x > 1, 7, axis=1))
