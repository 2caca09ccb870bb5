"""From published parts to music: a tiny codec of each kind is fitted, songs are encoded, a flow learns, and makes groups.

The networks are the libraries' own, with random weights: what comes out is noise, but every number on the way is real.
"""

import json

import numpy as np
import pytest
import soundfile
import torch

import stemlab
from stemlab.checkpoints.hub import pack
from stemlab.cli.app import main
from stemlab.codec.audio import activity, read_channels
from stemlab.data.shards import LatentCache
from stemlab.framing import Grid
from stemlab.lab.group import StemGroup
from stemlab.training.fine_tune import finetune

CODECS = {  # as the published ones, but for their width: rate, samples in a frame, channels of sound
    "oobleck": (44_100, 2048, 2),
    "encodec": (32_000, 640, 1),
    "dac": (44_100, 512, 1),
}
ONE_BAR = dict(bpm=120, bars=1, steps=2, seed=5)  # two seconds


def publish(kind, folder):
    """A folder as diffusers or transformers saves it."""
    torch.manual_seed(0)
    if kind == "oobleck":
        from diffusers import AutoencoderOobleck

        model = AutoencoderOobleck(
            encoder_hidden_size=8, downsampling_ratios=[2, 4, 4, 8, 8], channel_multiples=[1, 1, 1, 2, 2],
            decoder_channels=4, decoder_input_channels=6, audio_channels=2, sampling_rate=44_100,
        )  # fmt: skip
    elif kind == "encodec":
        from transformers import EncodecConfig, EncodecModel

        sizes = dict(num_filters=4, hidden_size=6, upsampling_ratios=[8, 5, 4, 4], codebook_size=16)
        model = EncodecModel(EncodecConfig(**sizes, sampling_rate=32_000))
    else:
        from transformers import DacConfig, DacModel

        sizes = dict(encoder_hidden_size=2, decoder_hidden_size=32, n_codebooks=3, codebook_size=16, codebook_dim=2)
        model = DacModel(DacConfig(**sizes, downsampling_ratios=[2, 4, 8, 8], sampling_rate=44_100))
        for layer in model.modules():
            if isinstance(layer, torch.nn.Conv1d):
                layer.reset_parameters()  # its own are so small at this size that no sound gets through
    model.save_pretrained(folder)


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    """Two songs of two stems in stereo, the left side unlike the right."""
    folder, rng = tmp_path_factory.mktemp("songs"), np.random.default_rng(1)
    for song in ("one", "two"):
        (folder / song).mkdir()
        for stem in ("bass", "keys"):
            sound = 0.2 * rng.standard_normal((2, 44_100 * 4)) * np.array([[1.0], [0.3]])
            soundfile.write(folder / song / f"{stem}.wav", sound.T, 44_100)
    return folder


@pytest.fixture(scope="module", params=CODECS)
def run(request, songs, tmp_path_factory):
    """The folder of a flow that was trained on such a codec, by the commands that the documentation names."""
    kind, desk = request.param, tmp_path_factory.mktemp("desk")
    publish(kind, desk / "published")
    words = [
        "data",
        "codec",
        str(desk / "published"),
        "--data",
        str(songs),
        "--pieces",
        "2",
        "--out",
        str(desk / "codec"),
    ]
    assert main(words) == 0
    seconds = ["--seconds", "2", "--workers", "1"]
    assert (
        main(["data", "encode", str(songs), "--codec", str(desk / "codec"), "--out", str(desk / "cache"), *seconds])
        == 0
    )
    rate, frame, _ = CODECS[kind]
    model = {"channels": 6, "width": 32, "depth": 1, "heads": 2, "text_width": 32, "text_depth": 1}
    model |= {"frame_seconds": frame / rate, "window": round(2 * rate / frame)}
    config = {
        "kind": "flow", "model": model, "codec": str(desk / "codec" / "codec"), "latents": str(desk / "cache"), "songs": 0,
        "seed": 4, "sizes": [[4, model["window"] // 2]], "parts": 1, "init": None, "steps": 3, "lr": 1e-3, "cooldown": 0.5,
        "ema": 0.5, "noise_only": 0.5, "given": 0.2, "naming": 0.0, "time_mean": 0.0, "grouped": True, "share_noise": True,
        "bf16": False, "save_every": 3, "log_every": 1,
    }  # fmt: skip
    (desk / "config.json").write_text(json.dumps(config))
    assert main(["train", str(desk / "config.json"), "--out", str(desk / "run")]) == 0
    return kind, desk


@pytest.fixture(scope="module")
def made(run):
    kind, desk = run
    return kind, stemlab.load(desk / "run", "cpu")


def test_the_cache_holds_latents_of_variance_one_in_the_codecs_frames(run):
    kind, desk = run
    rate, frame, _ = CODECS[kind]
    songs = LatentCache(desk / "cache").songs
    assert len(songs) == 4
    latents = torch.cat([song["latents"] for song in songs]).float()
    assert latents.shape[1:] == (6, round(2 * rate / frame))
    assert latents.mean((0, 2)).abs().max() < 0.4 and (latents.std((0, 2)) - 1).abs().max() < 0.4
    assert all(song["activity"].shape[1] == latents.shape[2] and song["activity"].all() for song in songs)


def test_a_group_comes_out_at_the_codecs_rate_and_in_its_channels(made):
    kind, lab = made
    rate, frame, sides = CODECS[kind]
    group = lab.generate(["bass", "keys"], **ONE_BAR)
    assert group.sample_rate == rate and group.seconds == 2 and len(group) == 2
    assert group.audio.shape == ((2, 2, 2 * rate) if sides == 2 else (2, 2 * rate))
    assert group[0].latent.shape == (6, -(-2 * rate // frame)) and np.abs(group.audio).max() > 1e-4
    assert group.mix().shape == group[0].audio.shape
    if sides == 2:
        assert not np.array_equal(group[0].audio[0], group[0].audio[1])
    other = lab.generate(["drums", "keys"], **ONE_BAR)
    assert not torch.equal(group[0].latent, other[0].latent)  # the words are heard


def test_a_stem_rests_to_the_sample_at_any_rate(made):
    kind, lab = made
    rate = CODECS[kind][0]
    group = lab.generate(["bass", "keys"], bpm=120, bars=2, steps=2, activity={"bass": ".x"})
    bass = group["bass"].audio
    assert not bass[..., : 2 * rate].any() and np.abs(bass[..., 2 * rate :]).max() > 1e-4
    assert "0" in str(group.settings["grid"]) and Grid.of(group.settings).sample_rate == rate


def test_edits_and_sessions_work_as_with_the_bundled_codec(made, tmp_path):
    kind, lab = made
    rate, frame, _ = CODECS[kind]
    group = lab.generate(["bass", "keys"], **ONE_BAR)
    longer = lab.extend(lab.add(group, "lead"), 1)
    kept = (2 * rate // frame - 1) * frame - 512
    assert longer.seconds == 4 and np.array_equal(longer["bass"].audio[..., :kept], group["bass"].audio[..., :kept])
    new = lab.inpaint(longer, "keys", [2])
    assert np.array_equal(new["keys"].audio[..., : 2 * rate - 512], longer["keys"].audio[..., : 2 * rate - 512])
    back = StemGroup.load(new.save(tmp_path / "group"))
    assert back.sample_rate == rate and np.array_equal(back.audio, new.audio)
    assert np.array_equal(lab.regenerate(back).audio, new.audio)
    mix, at = read_channels(tmp_path / "group" / "mix.wav")
    assert at == rate and mix.shape == np.atleast_2d(new.mix()).shape
    assert (tmp_path / "group" / "overview.png").stat().st_size > 10_000
    with pytest.raises(ValueError, match="another codec"):
        lab.add(StemGroup(list(group), 120, settings={**group.settings, "grid": {}}), "lead")


def test_a_recording_in_stereo_is_accompanied(made, tmp_path):
    kind, lab = made
    rate, _, sides = CODECS[kind]
    rng = np.random.default_rng(3)
    sound = (0.3 * rng.standard_normal((2, 48_000 * 2)) * np.array([[1.0], [0.2]])).astype(np.float32)
    group = lab.accompany(sound, ["bass"], bpm=120, downbeat=0.0, sample_rate=48_000, steps=2, candidates=1)
    assert np.array_equal(group[0].original.audio, sound) and group[0].audio.shape[-1] == 2 * rate
    assert group["bass"].audio.ndim == sides
    mix, at = read_channels(group.save(tmp_path / "group") / "mix.wav")
    assert at == 48_000 and mix.shape == sound.shape and not np.array_equal(*mix)
    assert np.array_equal(StemGroup.load(tmp_path / "group").audio, group.audio)
    if sides == 2:
        level = activity(group[0].audio[0]).mean(), np.sqrt((group[0].audio ** 2).mean(1))
        assert level[0] == 1 and level[1][1] / level[1][0] == pytest.approx(0.2, abs=0.02)


def test_the_mixer_plays_it_with_all_its_channels(made):
    import io

    from stemlab.widgets.mixer import describe, sounds

    kind, lab = made
    group = lab.generate(["bass", "keys"], **ONE_BAR)
    for packed in sounds(group):
        audio, rate = soundfile.read(io.BytesIO(packed), always_2d=True)
        assert rate == CODECS[kind][0] and audio.shape == (2 * rate, CODECS[kind][2])
    assert describe(group)["seconds"] == 2


def test_a_flow_for_another_codec_is_refused_with_what_to_write(made, make_net, codec):
    lab = made[1]
    with pytest.raises(ValueError, match='"frame_seconds": '):
        stemlab.StemLab(make_net(), lab.codec)
    with pytest.raises(ValueError, match='"channels": 32'):
        stemlab.StemLab(lab.model, codec)


def test_it_is_fine_tuned_with_its_own_codec(run, songs, tmp_path):
    kind, desk = run
    finetune(songs, tmp_path / "own", start=desk / "run", steps=2, every=1, batches=1, sizes=[[4, 20]])
    lab = stemlab.load(tmp_path / "own", "cpu")
    assert lab.grid == stemlab.load(desk / "run", "cpu").grid and lab.grid.sample_rate == CODECS[kind][0]
    assert len(lab.generate(["bass", "keys"], **ONE_BAR)) == 2
    assert (tmp_path / "own" / "before_after.html").stat().st_size > 10_000


def test_weights_whose_codec_lies_in_a_folder_are_not_packed(run, tmp_path):
    with pytest.raises(ValueError, match="on the hub"):
        pack(run[1] / "run", tmp_path / "packed", run[1])
    assert not (tmp_path / "packed").exists()
