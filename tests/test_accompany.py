"""Stems to a recording: it is heard, matched, given back as it came, and what is long has no seams."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch

from stemlab import Stem, StemGroup, windows
from stemlab.cli import app as cli
from stemlab.codec.audio import read, resample, rms_db
from stemlab.conditions import FRAME_SECONDS, Conditions, make_conditions
from stemlab.lab.beats import Beat, listen
from stemlab.lab.recording import Recording, full_mix, hearing_gain
from stemlab.lab.schemes import rounds_of
from stemlab.noise import stem_noise
from stemlab.sampling import Sampling, integrate

QUICK = {"steps": 2, "seed": 3}
GUITAR = Path(__file__).parent.parent / "data_samples" / "solo_guitar.flac"


def plucks(seconds=2.0, bpm=120.0, rate=32_000, first=0.0, seed=0) -> np.ndarray:
    """Decaying tones on every beat, the first of four the lowest and loudest."""
    rng, audio = np.random.default_rng(seed), np.zeros(round(seconds * rate))
    t = np.arange(round(0.4 * rate)) / rate
    for beat in range(int((seconds - first) * bpm / 60)):
        at = round((first + beat * 60 / bpm) * rate)
        pitch = 82.4 * 2 ** ((0 if beat % 4 == 0 else rng.integers(12, 24)) / 12)
        note = (1.0 if beat % 4 == 0 else 0.5) * np.exp(-8 * t) * np.sin(2 * np.pi * pitch * t)
        audio[at : at + len(t)] += note[: len(audio) - at]
    return (0.3 * audio).astype(np.float32)


def same(a: Stem, b: Stem) -> bool:
    return np.array_equal(a.audio, b.audio) and torch.equal(a.latent, b.latent)


@pytest.fixture(scope="module")
def guitar():
    return plucks()


@pytest.mark.parametrize("coupling", ["noise", "attention"])
def test_the_recording_is_the_first_stem_untouched_and_the_stems_are_as_long(tiny, guitar, coupling):
    given = guitar.copy()
    group = tiny.accompany(
        guitar, ["drums: brushes", "bass"], bpm=120, coupling=coupling, text="guitar: nylon", **QUICK
    )
    assert group.names == ["guitar", "drums", "bass"] and group[0].prompt == "guitar: nylon"
    assert np.array_equal(group["guitar"].audio, given) and np.array_equal(group["guitar"].original.audio[0], given)
    assert group.audio.shape == (3, 64_000) and np.abs(group.audio).max(1).min() > 0
    assert group.bpm == 120 and group.bars == 1


@pytest.mark.parametrize(
    ("suffix", "subtype", "rate", "channels"),
    [(".wav", "PCM_16", 44_100, 2), (".wav", "PCM_24", 96_000, 1), (".wav", "FLOAT", 8_000, 2), (".flac", None, 48_000, 2),
     (".ogg", "VORBIS", 22_050, 2), (".mp3", None, 44_100, 2), (".opus", "OPUS", 48_000, 1)],
)  # fmt: skip
def test_any_format_rate_and_number_of_channels_comes_back_sample_for_sample(
    tiny, tmp_path, suffix, subtype, rate, channels
):
    audio = np.stack([plucks(1.5, rate=rate), plucks(1.5, rate=rate, seed=1)])[:channels]
    file = tmp_path / f"My Take{suffix}"
    soundfile.write(file, audio.T, rate, subtype=subtype, format="OGG" if suffix == ".opus" else None)
    decoded = soundfile.read(file, dtype="float32", always_2d=True)[0].T
    group = tiny.accompany(str(file), ["drums"], steps=1)
    folder = group.save(tmp_path / "out")
    kept, kept_rate = soundfile.read(folder / "original.wav", dtype="float32", always_2d=True)
    assert kept_rate == rate and np.array_equal(kept.T, decoded)
    mix, mix_rate = soundfile.read(folder / "mix.wav", dtype="float32", always_2d=True)
    assert mix_rate == rate and mix.shape == kept.shape
    assert group.names == ["my take", "drums"]
    back = StemGroup.load(folder)
    assert np.array_equal(back[0].original.audio, decoded) and all(map(same, back, group))
    assert all(map(same, tiny.regenerate(back), group))


def test_what_the_model_hears_is_aligned_to_the_sample():
    click = np.zeros((2, 88_200), np.float32)
    click[:, 44_100] = 0.5  # one second
    assert np.abs(Recording(click, 44_100).mono()).argmax() == 32_000


def test_the_mix_has_the_recording_as_it_came_and_the_stems_in_the_middle(tiny, guitar):
    left, right = plucks(2.0, rate=48_000), plucks(2.0, rate=48_000, seed=5)
    group = tiny.accompany(np.stack([left, right]), ["bass"], sample_rate=48_000, steps=1)
    mix, rate = full_mix(group)
    stem = resample(group["bass"].audio, 32_000, 48_000)
    gain = min(1.0, 1 / np.abs(np.stack([left, right]) + stem).max())
    assert rate == 48_000 and np.allclose(mix, gain * (np.stack([left, right]) + stem), atol=1e-6)


@pytest.mark.parametrize("factor", [0.125, 2.0])
def test_stems_are_as_loud_as_the_recording_asks_for(tiny, guitar, factor):
    soft, loud = (tiny.accompany(a, ["bass", "drums"], bpm=120, **QUICK) for a in (guitar, guitar * np.float32(factor)))
    for a, b in zip(soft.stems[1:], loud.stems[1:], strict=True):
        assert torch.equal(a.latent, b.latent) and np.allclose(a.audio * factor, b.audio, rtol=1e-5)
    assert hearing_gain(guitar) == pytest.approx(factor * hearing_gain(guitar * np.float32(factor)))


def test_the_sub_mix_really_changes_the_stem_and_its_null_really_removes_it(tiny, guitar, monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    ask = {"stems": ["bass: slap"], "bpm": 120.0, "coupling": "noise", "guidance": 1.0, **QUICK}
    clicks = guitar * 0
    clicks[::4096] = 0.3
    one, other = tiny.accompany(guitar, **ask)["bass"], tiny.accompany(clicks, downbeat=0.0, **ask)["bass"]
    assert float((one.latent - other.latent).abs().max()) > 0.02
    without = tiny.generate(**ask, bars=1)["bass"]
    assert float((one.latent - without.latent).abs().max()) > 0.02
    null = Conditions.null

    def no_submix(self, *given, **flags):
        return null(null(self, text=False, tempo=False, key=False, activity=False), *given, **flags)

    monkeypatch.setattr(Conditions, "null", no_submix)
    nulled = tiny.accompany(guitar, **ask)["bass"]
    assert torch.allclose(nulled.latent, without.latent, atol=1e-3)


def test_under_attention_stems_see_the_recording_even_without_its_sub_mix(tiny, guitar, monkeypatch):
    null = Conditions.null
    monkeypatch.setattr(
        Conditions, "null", lambda self, *a, **f: null(null(self, False, False, False, True, False), *a, **f)
    )
    ask = {"stems": ["bass: slap"], "bpm": 120.0, "downbeat": 0.0, **QUICK}
    one, other = (tiny.accompany(a, **ask)["bass"] for a in (guitar, plucks(seed=9)))
    assert float((one.latent - other.latent).abs().max()) > 0.01


def test_what_the_recording_is_called_reaches_the_network(tiny, guitar):
    ask = {"stems": ["bass"], "bpm": 120.0, **QUICK}
    one, other = (tiny.accompany(guitar, text=text, **ask)["bass"] for text in ("", "guitar: nylon"))
    assert float((one.latent - other.latent).abs().max()) > 1e-3


def test_later_edits_hear_the_recording_and_never_change_it(tiny, guitar, tmp_path):
    group = tiny.accompany(guitar, ["bass", "drums"], text="guitar", bpm=120, **QUICK)
    more = tiny.inpaint(tiny.vary(tiny.add(group, "keys: organ"), "bass"), "drums", [1])
    assert same(more["guitar"], group["guitar"]) and more["guitar"].original is group["guitar"].original
    back = StemGroup.load(more.save(tmp_path / "group"))
    assert all(map(same, tiny.regenerate(back), more)) and tiny.regenerate(back).settings == more.settings
    for call in (
        lambda: tiny.replace(group, "guitar", "guitar: distorted"),
        lambda: tiny.vary(group, "guitar"),
        lambda: tiny.inpaint(group, "guitar", [1]),
        lambda: tiny.extend(group, 4),
    ):
        with pytest.raises(ValueError, match="recording"):
            call()


def test_another_recording_is_not_taken_for_the_one_that_was_accompanied(tiny, guitar):
    group = tiny.accompany(guitar, ["bass"], bpm=120, **QUICK)
    group[0].original.audio[0, 5] += 0.1
    with pytest.raises(ValueError, match="recording"):
        tiny.regenerate(group)


def test_bars_of_an_accompaniment_begin_at_the_downbeat(tiny):
    audio = plucks(4.5, first=0.5)
    group = tiny.accompany(audio, ["bass"], bpm=120, downbeat=0.5, activity={"bass": ".x"}, **QUICK)
    assert group.bars == 2 and group.settings["downbeat"] == 0.5
    line = round(2.5 * 32_000)
    assert not group["bass"].audio[:line].any() and group["bass"].audio[line:].any()
    other = tiny.accompany(audio, ["bass"], bpm=120, downbeat=0.75, activity={"bass": ".x"}, **QUICK)
    assert float((group["bass"].latent - other["bass"].latent).abs().max()) > 0.01


@pytest.mark.parametrize(("bpm", "first"), [(120.0, 0.0), (97.0, 0.0), (88.5, 0.4), (133.0, 1.1)])
def test_tempo_and_downbeat_of_a_plain_recording_are_found(bpm, first):
    beat = listen(plucks(14, bpm, first=first))
    assert beat.bpm == pytest.approx(bpm, rel=2e-3)
    away = (beat.downbeat - first + 120 / bpm) % (240 / bpm) - 120 / bpm
    assert abs(away) < 0.03


@pytest.mark.parametrize("cut", [0.0, 1.0, 2.5])
def test_the_sample_guitar_is_heard_at_its_tempo_wherever_it_begins(cut):
    audio = read(GUITAR)[round(cut * 60 / 96 * 32_000) :]
    beat = listen(audio)
    away = (beat.downbeat * 96 / 60 + cut) % 4
    assert beat.bpm == pytest.approx(96, rel=2e-3) and min(away, 4 - away) < 0.12  # beats


def test_a_tempo_that_is_told_is_kept_half_and_double_too_and_a_contradiction_is_refused():
    audio = plucks(8, 120)
    assert [listen(audio, bpm).bpm for bpm in (120, 60, 240, 121)] == [120, 60, 240, 121]
    with pytest.raises(ValueError, match=r"^bpm: got 100, but the recording keeps 120\.0"):
        listen(audio, 100)
    assert listen(audio, 100, downbeat=0.2) == Beat(100, 0.2)


def test_without_a_beat_nothing_is_made_up(tiny):
    drone = 0.1 * np.sin(np.arange(64_000) * 0.05).astype(np.float32)
    group = tiny.accompany(drone, ["bass"], **QUICK)
    assert group.bpm is None and {group.settings["heard"][what] for what in ("bpm", "downbeat", "key")} == {"not found"}
    with pytest.raises(ValueError, match=r"^activity.*bpm"):
        tiny.accompany(drone, ["bass"], activity={"bass": "x"}, **QUICK)


class WholeWindow:
    """A velocity field that takes its value from all of the window that it sees: the mean over time."""

    window, frame_seconds = windows.WINDOW, FRAME_SECONDS

    def prepare(self, conditions, coupled):
        return SimpleNamespace(text=[])

    def __call__(self, x, t, prepared):
        return x.mean(2, keepdim=True).expand_as(x)


def test_where_windows_overlap_one_passes_into_the_next(monkeypatch):
    """Windows that only touch leave a step as high as they differ; those that overlap go there by 65 small ones."""
    noise = stem_noise(3, ["bass"], 32, 500)
    how = Sampling(steps=8, guidance=1.0, coupling="noise")
    conditions = make_conditions(["bass"], 500, 32)

    def highest_step(overlap: int) -> float:
        monkeypatch.setattr(windows, "overlap", lambda _: overlap)
        return float((integrate(WholeWindow(), conditions, noise, how) - noise).diff(dim=2).abs().max())

    touching, overlapping = highest_step(0), highest_step(64)
    assert touching > 0.1 and overlapping < touching / 20


def chance(audio: np.ndarray, borders: list[int]) -> list[float]:
    """For spectral flux and for level steps in pieces of 16 ms: how often is it as high as at these frames, or higher, when
    they are all moved by the same time, over all such moves? Near 0 where there are seams."""
    spectra = np.abs(np.fft.rfft(audio[: len(audio) // 512 * 512].reshape(-1, 512) * np.hanning(512), axis=1))
    flux = np.sqrt((np.diff(20 * np.log10(spectra + 1e-3), axis=0) ** 2).mean(1))
    level = np.abs(np.diff([max(-60.0, rms_db(piece)) for piece in audio[: len(audio) // 512 * 512].reshape(-1, 512)]))
    found = []
    for curve in (flux, level):
        near = np.array([(4 * b + np.arange(-2, 2)) for b in borders])
        at = [curve[(near + move) % len(curve)].max(1).mean() for move in range(len(curve))]
        found.append(float(np.mean(np.array(at[8:-8]) >= at[0])))
    return found


def test_a_long_accompaniment_by_the_bundled_model_has_no_seams(lab):
    audio = np.tile(read(GUITAR), 3)[: 26 * 32_000]
    as_made, with_holes = [], []
    for seed in (1, 2, 3):  # one alone is unusual at its borders now and then, as chance will have it
        group = lab.accompany(audio, ["bass: picked bass"], bpm=96, downbeat=0.0, text="guitar", steps=6, seed=seed)
        made, frames = group["bass"].audio, group["bass"].latent.shape[1]
        borders = sorted({edge for span in windows.spans(frames) for edge in span} - {0, frames})
        assert len(borders) == 4 and rms_db(made) > -50
        as_made.append(chance(made, borders))
        holes = made.copy()
        for border in borders:
            holes[border * 2048 - 256 : border * 2048 + 256] = 0  # what a seam would look like
        with_holes.append(min(chance(holes, borders)))
    assert np.median(as_made, axis=0).min() > 0.02, as_made
    assert max(with_holes) < 0.01, with_holes


NAN = float("nan")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"audio": np.zeros(3)}, "audio: got .* 1 s to 5 min"),
        ({"audio": np.ones(3)}, "audio: got .* 1 s to 5 min"),
        ({"audio": np.ones(301 * 8000, np.float32), "sample_rate": 8000}, "audio: got 301 s"),
        ({"audio": np.zeros(64_000)}, "audio: is silent"),
        ({"audio": np.full(64_000, NAN)}, "audio: has NaN"),
        ({"audio": np.ones((2, 3, 4))}, "audio: got the shape"),
        ({"audio": np.ones((100, 100))}, "audio: got the shape"),
        ({"audio": "nowhere.wav"}, "audio: there is no file"),
        ({"sample_rate": 0}, "sample_rate"),
        ({"audio": "nowhere.wav", "sample_rate": 44_100}, "sample_rate"),
        ({"stems": []}, "stems"), ({"stems": "bass"}, "stems"), ({"stems": None}, "stems"),
        ({"bpm": 10}, "bpm"), ({"bpm": 100}, "bpm: got 100, but the recording keeps 120"),
        ({"downbeat": -1}, "downbeat"), ({"downbeat": NAN}, "downbeat"), ({"downbeat": "0"}, "downbeat"),
        ({"text": 3}, "text"), ({"text": " : "}, "stems|text"),
        ({"bars": 4}, "bars: accompany does not take it"), ({"sead": 4}, "sead"),
        ({"activity": {"flute": "x"}}, "activity: there is no stem 'flute'"),
        ({"activity": {"recording": "xxxx"}}, "activity: there is no stem 'recording'"),
        ({"activity": {"bass": "x"}}, "activity"),
        ({"scheme": [["bass"]]}, "scheme: drums in no round"), ({"candidates": 0}, "candidates"), ({"key": "H"}, "key"),
    ],
    ids=str,
)  # fmt: skip
def test_a_bad_argument_is_refused_by_name_before_any_work(tiny, monkeypatch, change, said):
    monkeypatch.setattr("stemlab.lab.rounds.sample", lambda *_, **__: pytest.fail("work began"))
    given = {"audio": plucks(8), "stems": ["bass", "drums"], "bpm": None, **QUICK, **change}
    with pytest.raises(ValueError, match=f"^({said})"):
        tiny.accompany(**given)


@pytest.mark.parametrize(("content", "said"), [(b"", "empty"), (b"RIFF and then nothing", "not a sound file")])
def test_a_broken_file_is_one_line_and_exit_code_2(weights, tmp_path, capsys, content, said):
    (tmp_path / "a.wav").write_bytes(content)
    words = [
        "accompany",
        str(tmp_path / "a.wav"),
        "--stems",
        "bass",
        "--out",
        str(tmp_path / "o"),
        "--weights",
        str(weights),
    ]
    assert cli.main(words) == 2
    told = capsys.readouterr().err
    assert told.startswith("stemlab: path: ") and said in told and told.count("\n") == 1


def test_the_command_writes_the_group_and_says_what_it_heard(weights, tmp_path, capsys):
    soundfile.write(tmp_path / "a.wav", np.stack([plucks(6), plucks(6)]).T, 32_000)
    words = (
        f"accompany {tmp_path / 'a.wav'} --stems bass drums --scheme bass/drums --steps 1 --out {tmp_path / 'o'} --text"
    )
    assert cli.main([*words.split(), "guitar: nylon", "--weights", str(weights), "--activity", "bass=.xx"]) == 0
    told = capsys.readouterr().out
    assert "original.wav" in told and "guitar: 6.0 s, stereo, 32000 Hz; 120 bpm (found)" in told
    group = StemGroup.load(tmp_path / "o")
    assert group.settings["scheme"] == [["bass"], ["drums"]] and not group["bass"].audio[:64_000].any()


def test_a_partition_of_stems_is_made_round_after_round(tiny, monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    stems, quick = ["drums", "bass", "keys"], {"bpm": 120.0, "bars": 1, "coupling": "noise", **QUICK}
    named = tiny.generate(stems, scheme="two-pass", **quick)
    spelled = tiny.generate(stems, scheme=[("drums", "bass"), ("keys",)], **quick)
    assert all(map(same, named, spelled)) and spelled.settings["scheme"] == [["drums", "bass"], ["keys"]]
    other = tiny.generate(stems, scheme=[["keys"], ["drums", "bass"]], **quick)
    assert not same(other["keys"], named["keys"]) and all(map(same, tiny.regenerate(other), other))
    assert rounds_of([["b"], ["a", "c"]], 3, ["a", "b", "c"]) == [[1], [0, 2]]


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        ([["drums"]], "bass in no round"), ([["drums", "bass"], ["bass"]], "'bass' twice"), ([["drums"], ["flute"]], "'flute'"),
        ([], "rounds are lists"), ([[], ["drums", "bass"]], "rounds are lists"), (["drums", "bass"], "rounds are lists"),
        ([[0], [1]], "got the stem 0"), ("two", "one-pass"), (2, "one-pass"),
    ],
)  # fmt: skip
def test_a_partition_that_is_none_is_refused(tiny, scheme, said):
    with pytest.raises(ValueError, match=rf"^scheme: .*{said}"):
        tiny.generate(["drums", "bass"], scheme=scheme, **QUICK)


def test_a_negative_prompt_changes_the_stem_and_an_empty_one_does_not(tiny):
    ask = {"stems": ["bass: slap"], "bpm": 120.0, "bars": 1, "interval": (0, 31), **QUICK}
    plain, empty, other = (
        tiny.generate(**ask, **more)[0] for more in ({}, {"negative": ""}, {"negative": "distorted"})
    )
    assert same(plain, empty) and float((plain.latent - other.latent).abs().max()) > 0.01
    group = tiny.generate(**ask, negative="distorted")
    assert all(map(same, tiny.regenerate(group), group))
    for bad in ({"negative": 3}, {"negative": "loud", "guidance": 1.0}):
        with pytest.raises(ValueError, match=r"^negative"):
            tiny.generate(**{**ask, **bad})


def test_the_candidate_that_is_most_in_step_is_kept_and_the_settings_say_so(tiny, monkeypatch):
    from stemlab.lab import candidates as choose

    ask = {"stems": ["drums", "bass"], "bpm": 120.0, "bars": 1, **QUICK}
    monkeypatch.setattr(choose, "sync_score", lambda group: {3: 0.1, 4: 0.9, 5: 0.4}[group.settings["seed"]])
    seen = []
    group = tiny.generate(**ask, candidates=3, callback=lambda done, total, _: seen.append((done, total)))
    assert seen == [(i, 6) for i in range(1, 7)]
    assert group.settings["seed"] == 4
    told = {"measure": "onsets_together", "scores": {"3": 0.1, "4": 0.9, "5": 0.4}, "kept": 4}
    assert group.settings["candidates"] == told
    assert all(map(same, group, tiny.generate(**{**ask, "seed": 4})))
    again = tiny.regenerate(group)
    assert all(map(same, again, group)) and again.settings == group.settings


def test_stems_in_step_score_higher_than_late_ones():
    from stemlab.lab.candidates import sync_score

    def pair(late: int) -> StemGroup:
        return StemGroup([Stem("a", "a", plucks(6)), Stem("b", "b", np.roll(plucks(6, seed=1), late))], bpm=120)

    assert sync_score(pair(0)) > sync_score(pair(1600)) + 1
    alone = [StemGroup([Stem("a", "a", np.roll(plucks(6), late))], bpm=120) for late in (0, 2000)]
    assert sync_score(alone[0]) > sync_score(alone[1])


@pytest.mark.parametrize("candidates", [0, 17, 1.5, True, None])
def test_a_bad_number_of_candidates_is_refused(tiny, candidates):
    with pytest.raises(ValueError, match=r"^candidates"):
        tiny.generate(["drums", "bass"], candidates=candidates, **QUICK)
    with pytest.raises(ValueError, match=r"^candidates.*bpm"):
        tiny.generate(["drums"], candidates=2, **QUICK)
