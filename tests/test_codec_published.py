"""Published codecs, each at a hundredth of its size with random weights; the hub itself is not reached by any test."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from stemlab.checkpoints.files import fingerprint
from stemlab.codec.published import KINDS, PublishedCodec

ENCODEC = dict(num_filters=4, hidden_size=12, upsampling_ratios=[4, 3, 2], codebook_size=16)
MAKES = {  # kind, and the sizes of the tiny network
    "oobleck": ("AutoencoderOobleck", dict(
        encoder_hidden_size=16, downsampling_ratios=[2, 4, 4], channel_multiples=[1, 2, 2], decoder_channels=8,
        decoder_input_channels=8, audio_channels=2, sampling_rate=44_100)),
    "encodec": ("encodec", dict(**ENCODEC, sampling_rate=24_000)),
    "encodec 32": ("encodec", dict(
        **ENCODEC, sampling_rate=32_000, use_causal_conv=False, use_conv_shortcut=False)),
    "encodec 48": ("encodec", dict(
        **ENCODEC, sampling_rate=48_000, audio_channels=2, normalize=True, chunk_length_s=1.0, overlap=0.01,
        norm_type="time_group_norm", use_causal_conv=False)),
    "dac": ("dac", dict(
        encoder_hidden_size=4, downsampling_ratios=[2, 4, 4], decoder_hidden_size=32, n_codebooks=3, codebook_size=16,
        codebook_dim=4, sampling_rate=44_100)),
    "dac 24": ("dac", dict(
        encoder_hidden_size=4, downsampling_ratios=[2, 4, 5], decoder_hidden_size=32, n_codebooks=2, codebook_size=16,
        codebook_dim=4, sampling_rate=24_000)),
}  # fmt: skip
FACTS = {  # sample rate, frame, sides, channels
    "oobleck": (44_100, 32, 2, 8),
    "encodec": (24_000, 24, 1, 12),
    "encodec 32": (32_000, 24, 1, 12),
    "encodec 48": (48_000, 24, 2, 12),
    "dac": (44_100, 32, 1, 12),
    "dac 24": (24_000, 40, 1, 8),
}


def publish(name, folder, seed=0):
    """A folder as the library saves it, its weights random."""
    kind, sizes = MAKES[name]
    if kind == "AutoencoderOobleck":
        diffusers = pytest.importorskip("diffusers", reason='pip install -e ".[hub]"')
        torch.manual_seed(seed)
        model = diffusers.AutoencoderOobleck(**sizes)
    else:
        import transformers

        torch.manual_seed(seed)
        make = {"encodec": transformers.EncodecModel, "dac": transformers.DacModel}[kind]
        model = make(make.config_class(**sizes))
    for layer in model.modules():
        if kind == "dac" and isinstance(layer, torch.nn.Conv1d):
            layer.reset_parameters()  # DAC's own are so small at this size that sound would not get through
    if kind == "encodec":
        torch.nn.init.normal_(model.quantizer.layers[0].codebook.embed)  # not zeros, so that quantising would be seen
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {}

    def get(name):
        if name not in made:
            made[name] = publish(name, tmp_path_factory.mktemp("published") / name.replace(" ", "-"))
        return made[name]

    return get


@pytest.fixture(params=MAKES, scope="module")
def codec(request, folders):
    codec = PublishedCodec.from_pretrained(folders(request.param))
    codec.name = request.param
    return codec


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


def noise(codec, stems=2, samples=2000, seed=0):
    audio = 0.2 * torch.randn(stems, codec.sides, samples, generator=torch.Generator().manual_seed(seed))
    return audio.clamp(-1, 1)[:, 0] if codec.sides == 1 else audio.clamp(-1, 1)


def test_the_folder_tells_rate_frame_sides_and_channels(codec):
    assert (codec.sample_rate, codec.frame, codec.sides, codec.channels) == FACTS[codec.name]
    assert not codec.mean.any() and (codec.std == 1).all() and codec.mean.shape == (codec.channels, 1)
    assert not codec.model.training and {p.dtype for p in codec.model.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    ("kind", "sizes", "facts"),
    [
        ("AutoencoderOobleck", {}, (44_100, 2048, 2, 64)),
        ("encodec", {}, (24_000, 320, 1, 128)),
        ("encodec", dict(sampling_rate=32_000, upsampling_ratios=[8, 5, 4, 4], num_filters=64), (32_000, 640, 1, 128)),
        ("encodec", dict(sampling_rate=48_000, audio_channels=2, norm_type="time_group_norm"), (48_000, 320, 2, 128)),
        ("dac", dict(sampling_rate=44_100), (44_100, 512, 1, 72)),
    ],
)
def test_at_the_published_sizes_rates_and_frames_are_those_of_the_papers(kind, sizes, facts):
    if kind == "AutoencoderOobleck":
        make = pytest.importorskip("diffusers").AutoencoderOobleck
    else:
        import transformers

        network = {"encodec": transformers.EncodecModel, "dac": transformers.DacModel}[kind]
        make = lambda **sizes: network(network.config_class(**sizes))  # noqa: E731
    with torch.device("meta"):
        codec = PublishedCodec(make(**sizes), kind, {})
    assert (codec.sample_rate, codec.frame, codec.sides, codec.channels) == facts


@pytest.mark.parametrize("odd", [-1, 0, 1, 7])
@pytest.mark.parametrize("frames", [1, 2, 9])
def test_every_length_is_padded_to_whole_frames_and_cut_back(codec, frames, odd):
    samples = max(1, frames * codec.frame + odd)
    audio, whole = noise(codec, 2, samples), -(-samples // codec.frame)
    latents = codec.encode(audio)
    assert latents.shape == (2, codec.channels, whole) and latents.dtype == torch.float32
    assert latents.isfinite().all() and not latents.requires_grad
    back = codec.decode(latents)
    assert back.shape == (*audio.shape[:-1], whole * codec.frame) and back.dtype == torch.float32
    assert 0 < float(back.abs().max()) <= 1 and not back.requires_grad
    assert torch.equal(codec.decode(latents, samples), back[..., :samples])


def test_what_is_decoded_stays_within_1(codec):
    loud = codec.decode(1000 * torch.randn(2, codec.channels, 9, generator=torch.Generator().manual_seed(0)))
    assert loud.isfinite().all() and float(loud.abs().max()) <= 1


def test_the_latents_are_what_the_library_says(codec):
    """By the libraries' own calls, on audio of whole frames."""
    audio = noise(codec, 1, 20 * codec.frame)
    latents, back = codec.encode(audio), codec.decode(codec.encode(audio))
    batch = audio.reshape(1, codec.sides, -1)
    with torch.no_grad():
        if codec.kind == "AutoencoderOobleck":
            told = codec.model.encode(batch).latent_dist.mode()
            sound = codec.model.decode(told).sample[0]
        elif codec.kind == "dac":
            told = codec.model.encode(batch).projected_latents
            sound = codec.model(batch).audio_values  # the way back quantises as the library does
        else:
            told = codec.model.encoder(batch)
            sound = codec.model.decoder(told)[0]
    assert torch.equal(latents, told)
    sound = sound.reshape(codec.sides, -1).clamp(-1, 1)
    assert torch.allclose(back.reshape(codec.sides, -1)[:, : sound.shape[1]], sound, atol=1e-5)
    assert (
        not back.reshape(codec.sides, -1)[:, sound.shape[1] :].any() and sound.shape[1] > back.shape[-1] - codec.frame
    )


def test_stems_are_encoded_and_decoded_on_their_own(codec):
    audio = noise(codec, 3)
    latents = codec.encode(audio)
    assert torch.equal(codec.encode(audio[1:2]), latents[1:2])
    assert torch.equal(codec.decode(latents[2:]), codec.decode(latents)[2:])
    assert not torch.allclose(latents[0], latents[1], atol=1e-3)


def test_arrays_and_tensors_are_encoded_alike(codec):
    audio = noise(codec)
    assert torch.equal(codec.encode(audio), codec.encode(audio.double().numpy()))


def test_both_sides_are_encoded_and_decoded(codec):
    if codec.sides == 1:
        with pytest.raises(ValueError, match="stems, samples"):
            codec.encode(torch.zeros(1, 2, 100))
        return
    audio = noise(codec, 1)
    latents = codec.encode(audio)
    assert not torch.allclose(codec.encode(audio.flip(1)), latents, atol=1e-3)
    left, right = codec.decode(latents)[0]
    assert not torch.allclose(left, right, atol=1e-3)


def burst(codec, at, frames=120):
    """Ten frames of noise amid silence, from frame `at` on."""
    audio = torch.zeros_like(noise(codec, 1, frames * codec.frame))
    audio[..., at * codec.frame : (at + 10) * codec.frame] = noise(codec, 1, 10 * codec.frame)
    return audio


@pytest.mark.parametrize("shift", [1, 5])
def test_sound_moved_by_whole_frames_moves_the_latents_as_far(codec, shift):
    still, moved = codec.encode(burst(codec, 50))[..., 30:90], codec.encode(burst(codec, 50 + shift))
    spread = float((still - still.mean(2, keepdim=True)).abs().max())
    away = lambda latents: float((latents - still).abs().max()) / spread  # noqa: E731
    # what is normalised over all of the piece sees the silence at its two ends change length
    assert away(moved[..., 30 + shift : 90 + shift]) < (0.05 if codec.name == "encodec 48" else 1e-3)
    assert away(moved[..., 30:90]) > 0.3


def test_a_sound_comes_back_about_where_it_was(codec):
    """Random weights smear it over what their filters see, twenty frames or less, but never carry it elsewhere."""
    changes = []
    for at in (40, 70):
        audio = torch.zeros_like(noise(codec, 1, 120 * codec.frame))
        quiet = codec.decode(codec.encode(audio))
        audio[..., at * codec.frame : (at + 1) * codec.frame] = noise(codec, 1, codec.frame).sign()
        change = (codec.decode(codec.encode(audio)) - quiet).square().reshape(codec.sides, 120, -1).sum((0, 2))
        assert abs(int(change.argmax()) - at) <= 20
        changes.append(change[at - 20 : at + 21] / change.sum())
    assert torch.allclose(*changes, atol=0.02)


@pytest.mark.parametrize("sides", [1, 2])
def test_a_network_that_changes_nothing_gives_the_click_back_at_its_sample(sides):
    class Same(torch.nn.Module):
        """A frame's samples are its latent, and the other way round."""

        device = torch.device("cpu")
        config = SimpleNamespace(
            sampling_rate=100, audio_channels=sides, hidden_size=10 * sides, upsampling_ratios=[5, 2]
        )

        def encoder(self, audio):
            return audio.unflatten(2, (-1, 10)).permute(0, 1, 3, 2).flatten(1, 2)

        def decoder(self, latent):
            return latent.unflatten(1, (sides, 10)).permute(0, 1, 3, 2).flatten(2)

    audio = torch.zeros(4, sides, 97)
    for stem, (side, sample) in enumerate([(0, 0), (sides - 1, 9), (0, 10), (sides - 1, 96)]):
        audio[stem, side, sample] = 0.5
    audio = audio[:, 0] if sides == 1 else audio
    codec = PublishedCodec(Same(), "encodec", {}).fit([audio])
    assert codec.encode(audio).shape == (4, 10 * sides, 10)
    assert torch.allclose(codec.decode(codec.encode(audio), 97), audio, atol=1e-6)


def test_fitted_latents_have_mean_0_and_unit_variance(codec):
    pieces = [noise(codec, 2, 40 * codec.frame, seed) * level for seed, level in ((0, 1.0), (1, 0.5), (2, 0.1))]
    fitted = codec.fit(iter(pieces))
    latents = torch.cat([fitted.encode(piece) for piece in pieces]).transpose(0, 1).flatten(1)  # (C, everything)
    assert torch.allclose(latents.mean(1), torch.zeros(codec.channels), atol=1e-3)
    assert torch.allclose(latents.std(1, correction=0), torch.ones(codec.channels), atol=1e-3)
    raw = codec.encode(pieces[0])
    assert torch.allclose(fitted.encode(pieces[0]), (raw - fitted.mean) / fitted.std, atol=1e-5)
    assert torch.allclose(fitted.decode(fitted.encode(pieces[0])), codec.decode(raw), atol=1e-3)
    assert not codec.mean.any()  # the codec that was asked stays as it was
    again = fitted.fit(iter(pieces))
    assert torch.equal(again.mean, fitted.mean) and torch.equal(again.std, fitted.std)


def test_silent_stems_do_not_count_and_silence_alone_is_refused(codec):
    sound = noise(codec)
    silent = torch.full_like(sound, 5e-4)
    fitted = codec.fit([sound])
    assert torch.equal(codec.fit([silent, torch.cat([sound, silent])]).std, fitted.std)
    for nothing in ([], [silent]):
        with pytest.raises(ValueError, match="audio: nothing sounds"):
            codec.fit(nothing)
    with pytest.raises(ValueError, match="NaN"):
        codec.fit([sound, sound * torch.nan])


def test_pieces_are_read_one_after_the_other(codec):
    """Not one more than needed is asked for before the one before it is done with."""
    seen = []

    def pieces():
        for seed in range(3):
            seen.append(seed)
            yield noise(codec, 1, 200, seed) if seed < 2 else torch.zeros(3)

    with pytest.raises(ValueError, match="shape"):
        codec.fit(pieces())
    assert seen == [0, 1, 2]


def test_a_channel_that_never_changes_keeps_std_1(folders):
    codec = PublishedCodec.from_pretrained(folders("encodec"))
    last = codec.model.encoder.layers[-1].conv
    with torch.no_grad():
        last.parametrizations.weight.original0[3] = 0
        last.bias[3] = 2.5
    fitted = codec.fit([noise(codec)])
    assert fitted.std[3] == 1 and fitted.mean[3] == 2.5 and fitted.encode(noise(codec)).isfinite().all()


def test_what_is_saved_is_loaded_again_bit_for_bit(codec, tmp_path):
    fitted = codec.fit([noise(codec)])
    fitted.save(tmp_path / "mine")
    assert sorted(file.name for file in (tmp_path / "mine").iterdir()) == ["codec.json", "codec.safetensors"]
    back = PublishedCodec.load(tmp_path / "mine")
    assert torch.equal(back.mean, fitted.mean) and torch.equal(back.std, fitted.std)
    latents = fitted.encode(noise(codec, seed=3))
    assert torch.equal(back.encode(noise(codec, seed=3)), latents)
    assert torch.equal(back.decode(latents), fitted.decode(latents))
    assert back.origin == fitted.origin
    told = json.loads((tmp_path / "mine" / "codec.json").read_text())
    assert (told["sample_rate"], told["frame"], told["sides"], told["channels"]) == FACTS[codec.name]
    assert told["kind"] == codec.kind and told["subfolder"] == "" and told["revision"] is None
    back.save(tmp_path / "mine")
    assert json.loads((tmp_path / "mine" / "codec.json").read_text()) == told


def test_codec_and_network_may_move_together(folders, tmp_path):
    shutil.copytree(folders("dac"), tmp_path / "here" / "dac")
    PublishedCodec.from_pretrained(tmp_path / "here" / "dac").save(tmp_path / "here" / "mine")
    (tmp_path / "here").rename(tmp_path / "there")
    there = PublishedCodec.load(tmp_path / "there" / "mine")
    assert Path(there.origin["source"]) == tmp_path / "there" / "dac"
    shutil.rmtree(tmp_path / "there" / "dac")
    with one_line("gone from"):
        PublishedCodec.load(tmp_path / "there" / "mine")


def test_the_network_may_lie_inside_the_folder_of_the_codec(folders, tmp_path):
    shutil.copytree(folders("dac"), tmp_path / "network")
    PublishedCodec.from_pretrained(tmp_path / "network").save(tmp_path)
    assert PublishedCodec.load(tmp_path).kind == "dac"


def test_a_source_from_where_one_works_is_found_again(folders, tmp_path, monkeypatch):
    shutil.copytree(folders("dac"), tmp_path / "dac")
    monkeypatch.chdir(tmp_path)
    PublishedCodec.from_pretrained("dac").save("deep/mine")
    monkeypatch.chdir(tmp_path / "deep")
    assert PublishedCodec.load("mine").channels == 12


def test_another_model_under_the_same_name_is_refused(folders, tmp_path):
    shutil.copytree(folders("dac"), tmp_path / "dac")
    PublishedCodec.from_pretrained(tmp_path / "dac").save(tmp_path / "mine")
    shutil.rmtree(tmp_path / "dac")
    publish("dac", tmp_path / "dac", seed=1)
    with one_line("another model"):
        PublishedCodec.load(tmp_path / "mine")
    shutil.rmtree(tmp_path / "dac")
    shutil.copytree(folders("dac"), tmp_path / "dac")
    assert PublishedCodec.load(tmp_path / "mine").kind == "dac"
    config = tmp_path / "dac" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "sampling_rate": 48_000}))
    with one_line("another model"):
        PublishedCodec.load(tmp_path / "mine")


def test_codecs_of_two_networks_have_two_fingerprints(folders, tmp_path):
    for name, folder in (("a", folders("dac")), ("b", publish("dac", tmp_path / "other", seed=1))):
        PublishedCodec.from_pretrained(folder).save(tmp_path / name)
    assert fingerprint(tmp_path / "a" / "codec") != fingerprint(tmp_path / "b" / "codec")


def test_audio_and_latents_that_cannot_be_used_are_refused(codec):
    good, shape = noise(codec), "stems, 2, samples" if codec.sides == 2 else "stems, samples"
    for bad in (good[0], good[None], good[..., :0], good[:0], torch.zeros(100), torch.zeros(2, 3, 100)):
        with one_line(f"audio has shape.*{shape}"):
            codec.encode(bad)
    for bad in (np.nan, np.inf):
        with one_line("audio holds NaN or infinite"):
            codec.encode(np.where(good.numpy() > 0.1, bad, good.numpy()))
    for wrong in (
        torch.zeros(codec.channels, 4),
        torch.zeros(1, codec.channels + 1, 4),
        torch.zeros(1, codec.channels, 0),
    ):
        with one_line(f"latents have shape.*stems, {codec.channels}, frames"):
            codec.decode(wrong)


class one_line(pytest.RaisesExc):
    """A ValueError whose message is one line and says so."""

    def __init__(self, said):
        super().__init__(ValueError, match=said, check=lambda error: "\n" not in str(error))


def test_what_is_not_there_says_what_to_type(folders, tmp_path):
    with one_line(r"from_pretrained\('me/my-codec/vae', allow_download=True"):
        PublishedCodec.from_pretrained("me/my-codec/vae")
    with one_line("revision='v1'"):
        PublishedCodec.from_pretrained("me/my-codec", revision="v1")
    with one_line("from the hub"):
        PublishedCodec.from_pretrained("me/my-codec", allow_download=True)  # offline
    for name in (str(tmp_path / "nothing"), "nothing at all", "./nothing"):
        with one_line("there is no folder.*owner/name"):
            PublishedCodec.from_pretrained(name)
    with one_line("no weights at"):
        PublishedCodec.load(tmp_path)


def test_folders_that_hold_something_else_are_refused(folders, tmp_path):
    with one_line("no config.json"):
        PublishedCodec.from_pretrained(tmp_path)
    for config, said in (
        ("{", "no config.json"),
        ("[1]", "no config.json"),
        ("{}", "None"),
        ('{"model_type": "t5"}', "t5"),
    ):
        (tmp_path / "config.json").write_text(config)
        with one_line(said):
            PublishedCodec.from_pretrained(tmp_path)


@pytest.mark.parametrize("name", ["oobleck", "encodec", "dac"])
def test_pickles_damage_and_missing_weights_are_refused(folders, tmp_path, name):
    folder = shutil.copytree(folders(name), tmp_path / "copy")
    file = folder / f"{KINDS[MAKES[name][0]][2]}.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with one_line("cannot be loaded"):
        PublishedCodec.from_pretrained(folder)

    from safetensors.torch import load, save_file

    tensors = load(whole)
    lost = next(key for key in tensors if key.startswith("decoder"))
    save_file({key: tensor for key, tensor in tensors.items() if key != lost}, file, metadata={"format": "pt"})
    with one_line("not all of|cannot be loaded"):
        PublishedCodec.from_pretrained(folder)

    file.unlink()
    for pickle in ("pytorch_model.bin", "diffusion_pytorch_model.bin"):
        torch.save(tensors, folder / pickle)
    with one_line("pickled weights are never loaded"):
        PublishedCodec.from_pretrained(folder)


def test_weights_under_the_names_that_older_torch_gave_them_are_loaded(folders, tmp_path):
    """EnCodec was published before weight norm became a parametrisation."""
    from safetensors.torch import load_file, save_file

    file = Path(shutil.copytree(folders("encodec"), tmp_path / "old")) / "model.safetensors"
    ends = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
    old = {}
    for key, tensor in load_file(file).items():
        for new, end in ends.items():
            key = key.replace(new, end)
        old[key] = tensor
    save_file(old, file, metadata={"format": "pt"})
    assert any(key.endswith("weight_g") for key in old)
    known, found = PublishedCodec.from_pretrained(folders("encodec")), PublishedCodec.from_pretrained(tmp_path / "old")
    assert torch.equal(found.encode(noise(known)), known.encode(noise(known)))


def test_without_diffusers_oobleck_says_what_to_install(folders, monkeypatch):
    folder = folders("oobleck")
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with one_line(r"pip install -e \"\.\[hub\]\""):
        PublishedCodec.from_pretrained(folder)
    assert PublishedCodec.from_pretrained(folders("dac")).kind == "dac"


@pytest.mark.parametrize("inside", ["", "vae", "deep/vae"])
def test_what_was_fetched_before_is_found_without_a_network(folders, tmp_path, inside):
    """A copy as the hub's library keeps it: snapshots by commit, and a reference to the newest."""
    commit, home = "c" * 40, tmp_path / "hub" / "models--me--my-codec"
    shutil.copytree(folders("dac"), home / "snapshots" / commit / inside)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit)
    codec = PublishedCodec.from_pretrained(f"me/my-codec/{inside}".rstrip("/"))
    known = {"source": "me/my-codec", "subfolder": inside, "revision": commit}
    assert {**codec.origin, **known} == codec.origin
    codec.save(tmp_path / "mine")
    (home / "refs" / "main").write_text("d" * 40)  # something newer was pushed
    assert torch.equal(PublishedCodec.load(tmp_path / "mine").encode(noise(codec)), codec.encode(noise(codec)))
    shutil.rmtree(home)
    with one_line(f"allow_download=True, revision='{commit}'"):
        PublishedCodec.load(tmp_path / "mine")


def test_config_and_weights_are_of_one_commit_whatever_is_pushed_in_between(folders, tmp_path, monkeypatch):
    import huggingface_hub

    commit, home, ask = "c" * 40, tmp_path / "hub" / "models--me--my-codec", huggingface_hub.hf_hub_download
    shutil.copytree(folders("dac"), home / "snapshots" / commit)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit)

    def pushed_meanwhile(*args, **options):
        path = ask(*args, **options)
        (home / "refs" / "main").write_text("d" * 40)
        return path

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", pushed_meanwhile)
    assert PublishedCodec.from_pretrained("me/my-codec").origin["revision"] == commit


def test_neither_library_is_imported_before_it_is_needed():
    code = "import sys, stemlab.codec.published; print({'diffusers', 'transformers'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"
