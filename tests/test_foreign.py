"""Whatever comes from elsewhere is read, or refused in one line, in bounded time and memory; `make fuzz` tries thousands."""

import json
import math
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml
from foreign import attack, bytes_like, json_like
from hypothesis import strategies as st

from stemlab import Stem, StemGroup
from stemlab.checkpoints.files import load_weights, network_of, save_weights
from stemlab.checkpoints.low_rank import change_of, with_low_rank
from stemlab.checkpoints.text_encoders import network
from stemlab.codec.audio import read_channels
from stemlab.data import shards
from stemlab.data.readers.folders import read_folder
from stemlab.data.readers.sound_files import probe, read_window
from stemlab.lab import session
from stemlab.lab.draft import asked_activity
from stemlab.lab.recording import open_recording
from stemlab.lab.student import load_student
from stemlab.songs.midi import read_midi
from stemlab.widgets import mixer

QUICK = {"steps": 1, "guidance": 1, "bpm": 120, "bars": 1}


def written(file: Path, value) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode("utf-8", "surrogatepass"))
    return file


@pytest.fixture(scope="session")
def groups(tiny):
    """Groups with all kinds of history, short ones."""
    plain = tiny.generate(["drums: kit", "bass"], activity={"drums": "x"}, **QUICK)
    edited = tiny.inpaint(tiny.vary(tiny.add(plain, "keys"), "keys"), "bass", [1])
    noise = tiny.generate(["a"], coupling="noise", seconds=0.6, steps=1, scheme="k-pass")
    sound = 0.5 * np.sin(np.arange(40_000) / 20).astype(np.float32)
    joined = tiny.accompany(sound, ["drums", "bass"], bpm=120, downbeat=0.1, scheme=[["bass"], ["drums"]], steps=1)
    return [plain, tiny.extend(edited, 1), noise, joined, edited.without("drums")]


@pytest.fixture
def saved(groups, tmp_path):
    """A folder that the sessions of all groups go with, in turn."""
    folders = []
    for i, group in enumerate(groups):
        folder = tmp_path / f"group{i}"
        folder.mkdir()
        about = session.describe(group)
        for stem, row in zip(group, about["stems"], strict=True):
            soundfile.write(folder / row["file"], stem.audio, 32_000, subtype="FLOAT")
        if group[0].original is not None:
            soundfile.write(folder / "original.wav", group[0].original.audio.T, 32_000, subtype="FLOAT")
        folders.append((folder, json.loads(session._json(about))))
    return folders


def use(group):
    """What is done with a group that was read."""
    mixer.describe(group)
    asked_activity(group)
    session._json(session.describe(group))
    return group.mix(), group.downbeats, repr(group)


def test_a_session_of_any_content(saved, tmp_path):
    def read(value):
        which, told = value
        folder = saved[which][0]
        written(folder / "session.json", told)
        use(StemGroup.load(folder))

    tagged = [st.tuples(st.just(i), json_like(told)) for i, (_, told) in enumerate(saved)]
    attack(read, st.one_of(*tagged), tmp_path, usual=400)


def test_a_session_of_any_bytes(saved, tmp_path):
    folder, told = saved[1]

    def read(data):
        written(folder / "session.json", data)
        use(StemGroup.load(folder))

    attack(read, bytes_like(json.dumps(told).encode(), b"[" * 100_000, b'{"stems":' * 50_000), tmp_path)


def test_latents_of_any_bytes(tmp_path):
    folder = StemGroup([Stem("a", "a", np.zeros(99), torch.randn(4, 2))]).save(tmp_path / "out")
    base = (folder / "latents.safetensors").read_bytes()
    attack(
        lambda data: (written(folder / "latents.safetensors", data), use(StemGroup.load(folder))),
        bytes_like(base),
        tmp_path,
    )


def test_weights_of_any_content(weights, tmp_path):
    about = load_weights(weights / "flow")[1]
    about["model"] |= {"patch": 1, "channels": 32, "frame_seconds": 0.064, "window": 192}

    def read(told):
        written(tmp_path / "flow.json", told)
        written(tmp_path / "flow.safetensors", (weights / "flow.safetensors").read_bytes())
        found, config = load_weights(tmp_path / "flow")
        network_of(lambda **sizes: network(sizes), config, found, tmp_path / "flow")

    attack(read, json_like(about), tmp_path, usual=150)


def test_weights_of_any_bytes(tmp_path):
    save_weights(
        tmp_path / "net",
        {"weight": torch.ones(3, 2), "bias": torch.ones(3)},
        {"model": {"in_features": 2, "out_features": 3}},
    )
    base, about = ((tmp_path / f"net.{end}").read_bytes() for end in ("safetensors", "json"))

    def read(value):
        name, data = value
        written(tmp_path / "net.safetensors", base)
        written(tmp_path / "net.json", about)
        written(tmp_path / name, data)
        tensors, config = load_weights(tmp_path / "net")
        layer = network_of(torch.nn.Linear, config, tensors, tmp_path / "net")
        assert all(p.isfinite().all() for p in layer.parameters())

    files = st.tuples(st.just("net.safetensors"), bytes_like(base)) | st.tuples(st.just("net.json"), bytes_like(about))
    attack(read, files, tmp_path)


def test_a_student_of_any_bytes(make_net, tmp_path):
    net = make_net()
    change = {name: tensor.half() for name, tensor in change_of(with_low_rank(net, 2)).items()}
    save_weights(tmp_path / "student", change, {"kind": "student", "flow": "x", "few": 4, "steps": 9})
    base, about = ((tmp_path / f"student.{end}").read_bytes() for end in ("safetensors", "json"))

    def read(value):
        for end, data in zip(("safetensors", "json"), value, strict=True):
            written(tmp_path / f"student.{end}", data)
        student = load_student(tmp_path / "student", net, "x").model
        assert all(p.isfinite().all() for p in student.parameters())

    near = 8 + int.from_bytes(base[:8], "little")
    files = st.tuples(bytes_like(base) | bytes_like(base, near=near), st.just(about))
    attack(read, files | st.tuples(st.just(base), bytes_like(about)), tmp_path)


def test_shards_of_any_bytes(cache, tmp_path):
    base = sorted(cache.glob("*.safetensors"))[0].read_bytes()

    def read(data):
        written(tmp_path / "c" / "0.safetensors", data)
        songs = shards.LatentCache(tmp_path / "c").songs
        for i in range(len(songs)):
            assert songs[i]["latents"].isfinite().all()

    attack(read, bytes_like(base), tmp_path)


def test_songs_in_a_shard_of_any_content(cache, tmp_path):
    song = shards.LatentCache(cache).songs[0]
    told = {name: value for name, value in song.items() if not isinstance(value, torch.Tensor)}
    tensors = {name: value for name, value in song.items() if isinstance(value, torch.Tensor)}
    rng = np.random.default_rng(0)

    def read(value):
        from stemlab.data.batches import group_batch

        (tmp_path / "c").mkdir(exist_ok=True)
        if not isinstance(value, dict):
            return
        song = {"seed": 1, **tensors, **value}
        try:
            shards.write_shard(tmp_path / "c" / "0.safetensors", [song], "x")
        except UnicodeError:  # half a letter as the name of a tensor
            return
        group_batch(shards.LatentCache(tmp_path / "c").songs, rng, 4, 16)

    def safe(value):
        try:
            read(value)
        except TypeError:  # what we ourselves cannot write
            pass

    attack(safe, json_like(told), tmp_path)


def sounds():
    """Files of all kinds that people have, of a tenth of a second."""
    import io

    tone = (0.5 * np.sin(np.arange(4800) / 20)).astype(np.float32)
    found = {}
    for name, kind, subtype, rate in (
        ("wav", "WAV", "PCM_16", 48_000), ("float", "WAV", "FLOAT", 44_100), ("flac", "FLAC", "PCM_16", 48_000), ("mp3", "MP3", None, 44_100),
        ("ogg", "OGG", "VORBIS", 44_100), ("opus", "OGG", "OPUS", 48_000), ("aiff", "AIFF", "PCM_24", 44_100), ("w64", "W64", "PCM_16", 48_000),
        ("caf", "CAF", "PCM_16", 48_000), ("au", "AU", "PCM_16", 48_000),
    ):  # fmt: skip
        buffer = io.BytesIO()
        soundfile.write(buffer, np.stack([tone, tone], 1), rate, format=kind, subtype=subtype)
        found[name] = buffer.getvalue()
    return found


@pytest.mark.parametrize("kind", ["wav", "float", "flac", "mp3", "ogg", "opus", "aiff", "w64", "caf", "au"])
def test_sound_files_of_any_bytes(tmp_path, kind):
    ends = {"float": "wav"}
    file = tmp_path / f"x.{ends.get(kind, kind)}"

    def read(data):
        written(file, data)
        failed = None
        for way in (
            lambda: read_channels(file), lambda: open_recording(file), lambda: read_window(probe(file), 0, 3200, 32_000),
            lambda: read_window(probe(file), 1600, 3200, 44_100, 2),
        ):  # fmt: skip
            try:
                found = way()
                audio = found[0].audio if kind and isinstance(found, tuple) and hasattr(found[0], "audio") else found
                assert np.isfinite(audio[0] if isinstance(audio, tuple) else audio).all()
            except ValueError as error:
                failed = error
        if failed:
            raise failed

    attack(read, bytes_like(sounds()[kind]), tmp_path)


def test_samples_that_no_sound_has_are_refused_by_all_who_read(tmp_path):
    """Two channels at the most that floats hold: their mean was infinite, and so was what the network made of it."""
    file = tmp_path / "x.wav"
    for value, fits in ((32_768.0, True), (1e7, False), (3e38, False), (-3e38, False), (math.nan, False)):
        soundfile.write(file, np.full((4800, 2), value, np.float32), 32_000, subtype="FLOAT")
        for way in (lambda: read_channels(file), lambda: read_window(probe(file), 0, 3200, 44_100)):
            if fits:
                way()
                continue
            with pytest.raises(ValueError, match="some beyond 1,000,000, where 1 is full scale"):
                way()


def test_a_flac_that_says_it_is_hours_long_is_refused_by_its_header(tmp_path):
    data = bytearray(sounds()["flac"])
    at = data.index(b"fLaC") + 8 + 10
    told = int.from_bytes(data[at : at + 8], "big") & ~((1 << 36) - 1) | (1 << 36) - 1
    data[at : at + 8] = told.to_bytes(8, "big")
    with pytest.raises(ValueError, match=r"says that it holds [\d.]+ hours in 2 channels, more than fits into memory"):
        read_channels(written(tmp_path / "x.flac", bytes(data)))


def midi() -> bytes:
    def number(value):
        return bytes([value]) if value < 128 else bytes([0x80 | value >> 7, value & 127])

    events = b"\x00\xff\x51\x03\x07\xa1\x20\x00\xff\x58\x04\x04\x02\x18\x08\x00\xff\x59\x02\x02\x00\x00\xc0\x05\x00\xb0\x07\x64\x00\xb0\x40\x7f"
    for i in range(12):
        events += (
            b"\x00" + bytes([0x90 + (i % 2) * 9, 40 + i, 90]) + number(200) + bytes([0x80 + (i % 2) * 9, 40 + i, 0])
        )
    events += b"\x00\xe0\x00\x50\x00\xff\x2f\x00"
    track = b"MTrk" + struct.pack(">I", len(events)) + events
    return b"MThd" + struct.pack(">IHHH", 6, 1, 2, 480) + track * 2


def test_midi_of_any_bytes(tmp_path):
    attack(lambda data: read_midi(written(tmp_path / "x.mid", data)), bytes_like(midi()), tmp_path, usual=600)


SLAKH = {
    "UUID": "1", "stems": {
        "S00": {"audio_rendered": True, "inst_class": "Bass", "is_drum": False, "midi_program_name": "Slap Bass 1", "program_num": 36},
        "S01": {"audio_rendered": True, "inst_class": "Drums", "is_drum": True, "midi_program_name": "Drums"},
    },
}  # fmt: skip
MOISES = {
    "artist": "A", "song": "B", "genre": "rock", "stems": [
        {"stemName": "bass", "tracks": [{"id": "1", "extension": "wav", "trackType": "bass guitar"}]},
        {"stemName": "drums", "tracks": [{"id": "2", "extension": "wav", "trackType": "kick (in)"}]},
    ],
}  # fmt: skip
PLAIN = {
    "prompt": "funk",
    "bpm": 100,
    "key": "A minor",
    "stems": [{"file": "bass.wav", "captions": ["bass: slap"], "caption": "bass"}],
}
BOMB = b"a: &a [x,x]\n" + b"".join(
    b"%c: &%c [*%c,*%c,*%c]\n" % (98 + i, 98 + i, 97 + i, 97 + i, 97 + i) for i in range(20)
)


@pytest.fixture
def data_sets(tmp_path):
    """Three data sets of one song that is whole, and one whose metadata comes."""
    wav = sounds()["float"]
    for song in ("Track00001", "Track00002"):
        written(tmp_path / "slakh" / song / "metadata.yaml", yaml.safe_dump(SLAKH).encode())
        for stem in ("S00", "S01"):
            written(tmp_path / "slakh" / song / "stems" / f"{stem}.wav", wav)
    for song in ("one", "two"):
        written(tmp_path / "moises" / song / "data.json", MOISES)
        written(tmp_path / "moises" / song / "bass" / "1.wav", wav)
        written(tmp_path / "moises" / song / "drums" / "2.wav", wav)
        written(tmp_path / "plain" / song / "bass.wav", wav)
        written(tmp_path / "plain" / song / "song.json", PLAIN)
    return tmp_path


@pytest.mark.parametrize(
    "where, base",
    [("slakh/Track00001/metadata.yaml", SLAKH), ("moises/one/data.json", MOISES), ("plain/one/song.json", PLAIN)],
    ids=["slakh", "moises", "plain"],
)
def test_metadata_of_any_content_cost_no_other_song(data_sets, where, base):
    def read(value):
        if where.endswith("yaml"):
            value = (
                value
                if isinstance(value, bytes)
                else yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "replace")
            )
        written(data_sets / where, value)
        found = read_folder(data_sets / where.split("/")[0])
        assert len(found.songs) + len([p for p in found.problems]) >= 2
        assert len(found.songs[-1].stems) == len(base["stems"])
        found.read(0, 0, 0.05)
        assert all(len(str(problem)) < 5000 for problem in found.problems)

    def readable(value):
        return not isinstance(value, float) or math.isfinite(value)

    text = yaml.safe_dump(base).encode() if where.endswith("yaml") else json.dumps(base).encode()
    attack(read, json_like(base).filter(readable) | bytes_like(text, BOMB, b"[" * 100_000, b"{a: " * 50_000), data_sets)
