"""MIDI as it was played: what mido reads is read, and pedal, volume, expression and bends sound."""

import struct
from pathlib import Path

import mido
import numpy as np
import pytest

from stemlab.cli import app as cli
from stemlab.codec.audio import rms_db
from stemlab.data.midi_folder import render_midi
from stemlab.songs.midi import read_midi

CASES = Path(__file__).parent / "cases"
RATE = 32_000


def file(path: Path, body: bytes, division: int = 480) -> Path:
    """A MIDI file of one track whose events are these bytes."""
    path.write_bytes(b"MThd" + struct.pack(">IHHH", 6, 0, 1, division) + b"MTrk" + struct.pack(">I", len(body)) + body)
    return path


def song(path: Path, *messages: tuple) -> Path:
    """A MIDI file by mido at 120 bpm: (name, ticks of 480 a beat to wait, arguments)."""
    made, track = mido.MidiFile(ticks_per_beat=480), mido.MidiTrack()
    made.tracks.append(track)
    for name, time, told in messages:
        track.append(mido.Message(name, time=time, **told))
    made.save(path)
    return path


def control(number, value, wait=0):
    return ("control_change", wait, {"control": number, "value": value})


def note(pitch, beats, wait=0, velocity=100, channel=0):
    return (
        ("note_on", wait, {"note": pitch, "velocity": velocity, "channel": channel}),
        ("note_off", round(480 * beats), {"note": pitch, "channel": channel}),
    )


def hz(audio: np.ndarray) -> float:
    """The strongest frequency."""
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), 8 * len(audio)))
    return float(np.argmax(spectrum) * RATE / (8 * len(audio)))


def pitches(path: Path) -> list[int]:
    return [n.pitch for part in read_midi(path).parts for n in part.notes]


@pytest.mark.parametrize("name", ["noend.mid", "running.mid"])
def test_the_files_of_old_sequencers_have_their_four_notes(name):
    assert pitches(CASES / name) == [60, 64, 67, 72]


NOTES = bytes.fromhex("00903c5a8360803c00") + bytes.fromhex("0090405a8360804000")


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (NOTES + b"\0\xff\x2f\0", [60, 64]), (NOTES, [60, 64]), (NOTES + b"\x10", [60, 64]),
        (b"\0\xf8" + NOTES + b"\0\xfe\0\xff\x2f\0", [60, 64]), (NOTES[:9] + b"\0\xfa" + NOTES[9:], [60, 64]),
        (b"\0\xf0\x03\x01\x02\xf7" + NOTES, [60, 64]), (b"\0\xf1\x05" + NOTES + b"\0\xf2\1\2", [60, 64]),
        (b"\0\x90\x3c\x5a\x83\x60\x3c\0\0\xf8\0\x40\x5a\x83\x60\x40\0", [60, 64]),  # running status over real time
        (b"\0\x90\x3c\x5a\x83\x60\x3c\0\0\xf0\x01\xf7\0\x40\x5a\x83\x60\x40\0", [60, 64]),  # and over system exclusive
        (b"\0\x90\x3c\xff\x83\x60\x3c\0", [60]), (b"\0\x90\xf0\x5a\x83\x60\xf0\0", [127]),  # data bytes above 127
        (b"\0\xff\x51\x01\x07" + NOTES, [60, 64]), (b"\0\xff\x7f\x02\1\2" + NOTES, [60, 64]),
        (b"\0\x90\x3c\x5a\x83\x60\xff\x2f\0", [60]),  # a note that nobody ends
    ],
)  # fmt: skip
def test_odd_bytes_cost_no_notes(tmp_path, body, wanted):
    assert pitches(file(tmp_path / "a.mid", body)) == wanted


@pytest.mark.parametrize(
    "body", [NOTES[:4] + b"\0\x90\x3c", b"\0\x3c\x5a", b"\0\xff\x03\x7fabc", b"\xff\xff\xff\xff\xff\x90"]
)
def test_what_is_cut_is_refused_with_its_place(tmp_path, body):
    with pytest.raises(ValueError, match=r"a\.mid.*track 1 of 1"):
        read_midi(file(tmp_path / "a.mid", body))


def test_random_files_have_the_notes_that_mido_reads(tmp_path):
    rng = np.random.default_rng(0)
    for seed in range(20):
        made = mido.MidiFile(type=1, ticks_per_beat=int(rng.choice([96, 480, 960])))
        wanted = 0
        for _ in range(int(rng.integers(1, 4))):
            track = mido.MidiTrack()
            made.tracks.append(track)
            for _ in range(40):
                wait, channel, pitch = int(rng.integers(0, 300)), int(rng.integers(0, 3)), int(rng.integers(40, 80))
                track.append(
                    mido.Message("note_on", note=pitch, velocity=int(rng.integers(0, 128)), time=wait, channel=channel)
                )
                wanted += track[-1].velocity > 0
                if rng.random() < 0.2:
                    track.append(mido.MetaMessage("set_tempo", tempo=int(rng.integers(300_000, 900_000)), time=5))
                track.append(mido.Message("note_off", note=pitch, time=wait + 1, channel=channel))
        made.save(tmp_path / "a.mid")
        found = read_midi(tmp_path / "a.mid")
        assert sum(len(part.notes) for part in found.parts) == wanted, seed
        last = max(n.start + n.duration for part in found.parts for n in part.notes) * 60 / found.bpm
        assert last <= mido.MidiFile(tmp_path / "a.mid").length + 1e-6
        starts, clock = [], 0.0
        for message in mido.MidiFile(tmp_path / "a.mid"):
            clock += message.time
            if message.type == "note_on" and message.velocity:
                starts.append(clock)
        mine = sorted(n.start * 60 / found.bpm for part in found.parts for n in part.notes)
        assert np.allclose(mine, sorted(starts), atol=1e-4)


def test_the_sustain_pedal_lets_notes_ring_until_it_is_lifted():
    _, stems = render_midi(CASES / "pedal.mid")
    assert rms_db(stems[0, RATE : round(2.5 * RATE)]) > -50
    assert rms_db(stems[0, round(3.3 * RATE) : round(3.45 * RATE)]) < rms_db(stems[0, 2 * RATE : 3 * RATE]) - 12


def test_a_pedalled_note_ends_when_it_is_struck_again(tmp_path):
    path = song(tmp_path / "a.mid", control(64, 127), *note(60, 0.5), *note(60, 0.5, wait=240), control(64, 0, 1440))
    found = [(n.start, n.duration) for n in read_midi(path).parts[0].notes]
    assert np.allclose(found, [(0, 1), (1, 3.5)], atol=0.01)


def test_a_bend_sounds_as_far_as_it_goes():
    _, stems = render_midi(CASES / "bend.mid")
    before, after = (hz(stems[0, round(a * RATE) : round((a + 1.4) * RATE)]) for a in (0.3, 2.3))
    assert np.log2(before / 261.63) % 1 == pytest.approx(0, abs=0.005)  # an organ sounds in several octaves
    assert 12 * np.log2(after / before) == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize(
    ("value", "reach", "semitones"), [(8191, None, 2), (-8192, None, -2), (4096, 12, 6), (-8192, 12, -12)]
)
def test_the_reach_of_the_wheel_is_what_the_file_says(tmp_path, value, reach, semitones):
    said = [] if reach is None else [control(101, 0), control(100, 0), control(6, reach)]
    wheel = ("pitchwheel", 0, {"pitch": value})
    organ = ("program_change", 0, {"program": 16})
    plain, bent = (
        hz(render_midi(song(tmp_path / "a.mid", organ, *more, *note(60, 4)))[1][0, RATE // 2 : round(1.8 * RATE)])
        for more in ((), (*said, wheel))
    )
    assert 12 * np.log2(bent / plain) == pytest.approx(semitones, abs=0.05)


def test_notes_begin_in_time_while_the_wheel_is_bent(tmp_path):
    wheel = ("pitchwheel", 0, {"pitch": 8191})
    path = song(
        tmp_path / "a.mid",
        control(101, 0),
        control(100, 0),
        control(6, 12),
        wheel,
        *note(60, 0.25),
        *note(64, 0.25, 1560),
    )
    _, stems = render_midi(path)
    quiet, loud = stems[0, round(1.6 * RATE) : round(1.74 * RATE)], stems[0, round(1.76 * RATE) : round(1.9 * RATE)]
    assert rms_db(loud) > rms_db(quiet) + 20


@pytest.mark.parametrize("number", [7, 11])
def test_a_fade_fades(tmp_path, number):
    steps = [control(number, value, 240) for value in (90, 60, 40, 25, 15, 10, 5)]
    path = song(
        tmp_path / "a.mid",
        ("program_change", 0, {"program": 16}),
        control(number, 100),
        *note(60, 0)[:1],
        *steps,
        note(60, 0.5)[1],
    )
    _, stems = render_midi(path)
    levels = [rms_db(stems[0, round(at * RATE) : round((at + 0.2) * RATE)]) for at in (0.02, 0.52, 1.02, 1.52)]
    assert np.all(np.diff(levels) < -4), levels
    assert levels[0] - levels[2] == pytest.approx(40 * np.log10(100 / 25), abs=2.5)


def test_a_fade_in_from_nothing_is_heard_and_a_channel_at_volume_0_is_not(tmp_path):
    organ = ("program_change", 0, {"program": 16})
    path = song(tmp_path / "a.mid", organ, control(7, 0), *note(60, 0)[:1], control(7, 100, 480), note(60, 1)[1])
    _, stems = render_midi(path)
    assert rms_db(stems[0, : RATE // 3]) < -80 < rms_db(stems[0, round(0.6 * RATE) : RATE]) - 40
    path = song(tmp_path / "b.mid", organ, control(7, 0), *note(60, 1))
    with pytest.raises(ValueError, match="makes no sound"):
        render_midi(path)


def test_what_is_not_played_is_said(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    song(tmp_path / "in" / "a.mid", control(10, 20), control(1, 90), ("aftertouch", 0, {"value": 5}), *note(60, 1))
    song(tmp_path / "in" / "b.mid", control(10, 64), control(1, 0), *note(60, 1))
    assert read_midi(tmp_path / "in" / "a.mid").left_out == ("aftertouch", "modulation wheel", "pan")
    assert cli.main(["data", "render", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert "not played: " in told and "pan (in 1 songs)" in told


def test_controllers_of_a_conductors_track_are_for_all_who_play_on_its_channel(tmp_path):
    made = mido.MidiFile(type=1, ticks_per_beat=480)
    conductor, player = mido.MidiTrack(), mido.MidiTrack()
    conductor.append(mido.Message("program_change", program=33))
    conductor.append(mido.Message("control_change", control=7, value=50))
    for name, time, told in note(40, 2):
        player.append(mido.Message(name, time=time, **told))
    made.tracks += [conductor, player]
    made.save(tmp_path / "a.mid")
    (part,) = read_midi(tmp_path / "a.mid").parts
    assert part.family == "bass" and part.gain_db == pytest.approx(-12, abs=0.1)
