import base64
import io
import json
import re
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch

from stemlab import Stem, StemGroup
from stemlab.codec.audio import read
from stemlab.songs.names import unique_names


def make(names=("drums", "bass"), seconds=4.0, scale=0.2, latents=False, **told):
    random = np.random.default_rng(0)
    told = {"bpm": 120.0, "key": "A minor", "bars": 2, "prompt": "funk", **told}
    stems = [
        Stem(
            name,
            f"{name}: made for a test",
            (scale * random.standard_normal(round(seconds * 32_000))).astype(np.float32),
            torch.randn(32, 5) if latents else None,
        )
        for name in names
    ]
    return StemGroup(stems, **told)


def test_bars_begin_at_the_first_downbeat_of_an_accompanied_recording():
    assert make(seconds=4.0).downbeats.tolist() == [0.0, 2.0]  # 120 bpm
    assert make(seconds=4.0, settings={"downbeat": 0.5}).downbeats.tolist() == [0.5, 2.5]
    assert make(seconds=4.0, bpm=None).downbeats.tolist() == []


def test_save_and_load_are_bit_identical(tmp_path):
    settings = {"seed": 7, "activity": {"drums": ".x"}, "guidance": 3.0, "rho": 1.0, "interval": [3, 28]}
    group = make(latents=True, settings=settings)
    back = StemGroup.load(group.save(tmp_path / "out"))
    assert np.array_equal(back.audio, group.audio)
    assert all(torch.equal(a.latent, b.latent) for a, b in zip(back, group, strict=True))
    for name in ("names", "bpm", "key", "bars", "prompt", "sample_rate", "settings"):
        assert getattr(back, name) == getattr(group, name), name
    assert [s.prompt for s in back] == [s.prompt for s in group]


def test_the_files_of_a_group_are_those_of_the_manual(tmp_path):
    folder = make(("drums", "electric piano")).save(tmp_path / "out")
    want = {
        "01_drums.wav",
        "02_electric-piano.wav",
        "mix.wav",
        "session.json",
        "band.mid",
        "overview.png",
        "player.html",
    }
    assert {f.name for f in folder.iterdir()} == want
    assert (folder / "overview.png").read_bytes()[:4] == b"\x89PNG"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_numbers_of_numpy_and_torch_are_saved_as_numbers(tmp_path):
    folder = make(settings={"seed": np.int64(7), "rho": torch.tensor(0.5), "guidance": np.float32(3)}).save(
        tmp_path / "o"
    )
    assert json.loads((folder / "session.json").read_text())["settings"] == {
        "seed": 7,
        "rho": 0.5,
        "guidance": 3.0,
    }


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"not empty.*force"):
        make().save(tmp_path)
    assert [f.name for f in tmp_path.iterdir()] == ["thesis.txt"]


def test_force_replaces_the_group_and_keeps_other_files(tmp_path):
    make(("drums", "bass", "keys"), latents=True).save(tmp_path / "out")
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    make(("guitar",)).save(tmp_path / "out", force=True)
    names = {f.name for f in (tmp_path / "out").iterdir()}
    assert {n for n in names if n.endswith((".wav", ".txt", ".safetensors"))} == {
        "01_guitar.wav",
        "mix.wav",
        "thesis.txt",
    }
    assert StemGroup.load(tmp_path / "out").names == ["guitar"]


def test_an_empty_folder_that_is_there_is_used_as_it_is(tmp_path):
    (tmp_path / "out").mkdir()
    before = (tmp_path / "out").stat().st_ino
    make().save(tmp_path / "out")
    assert (tmp_path / "out").stat().st_ino == before  # a shell that stands in it stays there


def test_a_save_that_fails_leaves_the_old_group_whole(tmp_path):
    group = make()
    folder = group.save(tmp_path / "out")
    with pytest.raises(ValueError, match="does not fit into JSON"):
        make(("keys",), settings={"odd": object()}).save(folder, force=True)
    assert np.array_equal(StemGroup.load(folder).audio, group.audio)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(ValueError, match="is a file"):
        make().save(tmp_path / "out")


def test_one_gain_for_the_whole_group_that_loses_no_bit():
    quiet, loud = make(scale=0.01), make(scale=0.5)
    assert quiet.gain == 1 and np.array_equal(quiet.mix(), quiet.audio.sum(0))
    assert 0.5 < np.abs(loud.mix()).max() <= 1 and np.array_equal(loud.mix() / np.float32(loud.gain), loud.audio.sum(0))
    sharp = StemGroup([Stem("a", "a", np.full(8, 3.0)), Stem("b", "b", np.full(8, -2.9))])  # a small sum of large stems
    assert sharp.gain == 0.25


@pytest.mark.parametrize("scale", [0.05, 0.5, 3.0])
def test_the_saved_mix_is_the_sum_of_the_saved_stems_and_nothing_clips(tmp_path, scale):
    group = make(("drums", "bass", "keys"), scale=scale)
    folder = group.save(tmp_path / "out")
    stems = [read(file) for file in sorted(folder.glob("0*.wav"))]
    mix = read(folder / "mix.wav")
    assert len(stems) == 3 and np.allclose(np.sum(stems, 0), mix, atol=1e-6)
    assert max(np.abs(sound).max() for sound in [*stems, mix]) <= 1
    assert np.array_equal(StemGroup.load(folder).audio, group.audio)


def test_stems_are_found_by_name_and_by_place():
    group = make(("drums", "bass"))
    assert group["bass"] is group[1] is list(group)[1]
    assert len(group) == 2
    with pytest.raises(KeyError, match="drums, bass"):
        group["flute"]


def test_names_are_unique_even_when_a_number_is_taken():
    assert unique_names(["drums: a", "Drums 2: b", "DRUMS: c"]) == ["drums", "drums 2", "drums 3"]
    assert unique_names(["e-piano"]) == ["e piano"]


@pytest.mark.parametrize("prompt", ["", " : funk", "../..", None])
def test_a_prompt_without_a_name_is_refused(prompt):
    with pytest.raises(ValueError, match="stems: got"):
        unique_names([prompt])


def _bad(**change):
    return lambda: make(**change)


BAD = {
    "no stems": (lambda: StemGroup([]), "at least one"),
    "a name twice": (_bad(names=("bass", "bass")), "each may be there once"),
    "unequal": (lambda: StemGroup([Stem("a", "a", np.ones(3)), Stem("b", "b", np.ones(4))]), "same length"),
    "NaN": (lambda: Stem("a", "a", np.array([np.nan])), "'a'.*NaN"),
    "three channels": (lambda: Stem("a", "a", np.ones((3, 5))), "one channel"),
    "bpm 10": (_bad(bpm=10), "40 to 240"),
    "bpm NaN": (_bad(bpm=float("nan")), "40 to 240"),
    "bars 0": (_bad(bars=0), "1 or more"),
    "rate 0": (_bad(sample_rate=0), "positive rate"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_group_that_makes_no_sense_is_refused(case):
    build, words = BAD[case]
    with pytest.raises(ValueError, match=words):
        build()


@pytest.mark.parametrize(
    ("text", "words"), [(None, "no session.json"), ("{", "not a session"), ("[]", "not a session")]
)
def test_a_folder_that_is_no_group_is_refused(tmp_path, text, words):
    if text is not None:
        (tmp_path / "session.json").write_text(text)
    with pytest.raises(ValueError, match=words):
        StemGroup.load(tmp_path)


def test_a_missing_or_empty_stem_file_is_named(tmp_path):
    folder = make().save(tmp_path / "out")
    (folder / "02_bass.wav").write_bytes(b"")
    with pytest.raises(ValueError, match=r"02_bass\.wav.*empty"):
        StemGroup.load(folder)
    (folder / "02_bass.wav").unlink()
    with pytest.raises(ValueError, match=r"no file.*02_bass\.wav"):
        StemGroup.load(folder)


def test_a_session_cannot_point_outside_its_folder(tmp_path):
    folder = make(("drums",)).save(tmp_path / "out")
    (tmp_path / "01_other.wav").write_bytes((folder / "01_drums.wav").read_bytes())
    session = json.loads((folder / "session.json").read_text())
    session["stems"][0]["file"] = "../01_other.wav"
    (folder / "session.json").write_text(json.dumps(session))
    with pytest.raises(ValueError, match="no file"):
        StemGroup.load(folder)
    make().save(folder, force=True)
    assert (tmp_path / "01_other.wav").exists()


def _page_data(html):
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', html, re.S).group(1))


def _page_sounds(html):
    """The stems of a page: plain players in it, so that they play where scripts are blocked too."""
    return [base64.b64decode(data) for data in re.findall(r'<audio[^>]* src="data:audio/ogg;base64,([^"]+)"', html)]


def test_the_player_holds_every_stem_whole_and_in_step():
    group = make(("drums", "bass", "keys"), seconds=3.21, scale=0.5)
    for packed, stem in zip(_page_sounds(group.to_html()), group, strict=True):
        sound, rate = soundfile.read(io.BytesIO(packed), dtype="float32")
        assert (rate, len(sound)) == (32_000, len(stem.audio))  # no codec delay: loops stay seamless
        assert np.corrcoef(sound, stem.audio)[0, 1] > 0.8  # white noise is the worst case for Vorbis
        assert np.std(sound) == pytest.approx(np.std(stem.audio) * group.gain, rel=0.2)


def test_the_player_needs_nothing_from_outside_and_no_text_breaks_out():
    group = make(prompt="<script>alert(1)</script>")
    group[0].prompt = "drums: </script><img src=x onerror=alert(2)>"
    html = group.to_html()
    assert not re.search(r"(src|href)\s*=\s*[\"']?(https?:)?//|@import|fetch\(|@@", html)
    assert "<script>alert" not in html
    assert html.count("</script>") == 2
    assert _page_data(html)["versions"][0]["about"]["stems"][0]["prompt"] == group[0].prompt


def test_four_stems_of_8_seconds_play_from_less_than_1_mb():
    t = np.arange(8 * 32_000) / 32_000
    stems = [
        Stem(n, n, 0.3 * np.sin(2 * np.pi * f * t) * np.exp(-3 * (t % 0.5)))
        for n, f in zip("abcd", (55, 110, 220, 440), strict=True)
    ]
    assert len(StemGroup(stems, bpm=120).to_html()) < 1_000_000


def test_a_group_shows_itself_as_a_page_in_a_frame(tmp_path):
    group = make()
    assert "<iframe" in group._repr_html_() and "srcdoc=" in group._repr_html_()
    group.to_html(tmp_path / "page.html")
    assert (
        _page_data((tmp_path / "page.html").read_text(encoding="utf-8"))["versions"][0]["about"]["seconds"]
        == group.seconds
    )


def test_play_gives_a_mixer_with_the_sounds_of_its_page(tmp_path):
    group = make()
    mixer = group.play()
    for live, still in zip(mixer.versions[0]["sounds"], _page_sounds(mixer.to_html()), strict=True):
        assert np.array_equal(soundfile.read(io.BytesIO(live))[0], soundfile.read(io.BytesIO(still))[0])
    assert mixer.versions[0]["about"] == _page_data(group.to_html())["versions"][0]["about"]


def test_the_mixer_is_told_where_a_stem_sounds():
    from stemlab.widgets.mixer import describe

    audio = np.r_[np.zeros(32_768), np.full(32_768, 0.1)]
    (stem,) = describe(StemGroup([Stem("a", "a: b", audio)]))["stems"]
    assert stem["active"] == [[1.024, 2.048]] and stem["words"] == "b"


def test_the_picture_has_a_row_a_stem_and_takes_silence_and_no_tempo(tmp_path):
    from stemlab.figures import overview

    group = StemGroup([Stem("a", "a", np.zeros(5000)), Stem("b", "b", np.ones(5000))])
    assert len(overview(group).axes) == 3  # two stems and the colour scale
    overview(group).savefig(tmp_path / "a.png")


def test_a_group_without_a_stem_keeps_the_others_and_tells_of_it():
    group = make(("drums", "bass", "keys"), settings={"history": [{"seed": 1}]})
    fewer = group.without("bass")
    assert fewer.names == ["drums", "keys"] and group.names == ["drums", "bass", "keys"]
    assert fewer["keys"] is group["keys"]
    assert fewer.settings["history"] == [{"seed": 1}, {"without": "bass"}]
    assert (fewer.bpm, fewer.key, fewer.bars, fewer.prompt) == (group.bpm, group.key, group.bars, group.prompt)
    with pytest.raises(ValueError, match="'flute' is not in the group"):
        group.without("flute")
    with pytest.raises(ValueError, match="only stem"):
        make(("drums",)).without("drums")


def test_two_groups_are_offered_to_the_mixer_for_comparison():
    first, second = make(("drums",)), make(("bass", "keys"))
    versions = first.play(second).versions
    assert [[stem["name"] for stem in v["about"]["stems"]] for v in versions] == [["drums"], ["bass", "keys"]]
    assert [len(v["sounds"]) for v in versions] == [1, 2]


def test_the_mixer_is_told_where_a_stem_was_asked_to_play():
    from stemlab.widgets.mixer import describe

    group = make(("drums", "bass"), settings={"activity": {"drums": ".x"}})
    drums, bass = describe(group)["stems"]
    assert bass["asked"] is None
    assert drums["asked"] == [[pytest.approx(2, abs=0.07), pytest.approx(4, abs=0.07)]]


def test_a_mix_read_back_is_the_mix(tmp_path):
    group = make(scale=0.5)
    assert np.array_equal(read(group.save(tmp_path / "out") / "mix.wav"), group.mix())


def test_importing_stemlab_loads_nothing_heavy():
    code = (
        "import sys, stemlab;"
        "heavy = set('torch transformers librosa diffusers matplotlib plotly'.split()) & set(sys.modules);"
        "assert not heavy, heavy; assert stemlab.__version__;"
        "import stemlab.lab.group, stemlab.codec.audio;"
        "assert not {'torch', 'transformers', 'librosa', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
