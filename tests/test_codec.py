import numpy as np
import pytest
import torch

from stemlab.checkpoints.files import load_weights, save_weights
from stemlab.codec.bundled import StemCodec
from stemlab.codec.spectrum import HOP, N_BANDS, bands, stft
from stemlab.codec.vae import FRAME, PATCH, denormalise, normalise, without_patch_line
from stemlab.codec.vocoder import BINS, synthesise, vocoder_loss


def noise(stems=2, samples=5 * FRAME, seed=0):
    return 0.1 * torch.randn(stems, samples, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("samples", "frames"), [(1, 1), (FRAME, 1), (FRAME + 1, 2), (5 * FRAME, 5), (32_000, 16)])
def test_every_length_is_padded_to_whole_frames_and_cut_back(codec, samples, frames):
    latents = codec.encode(noise(3, samples))
    assert latents.shape == (3, codec.channels, frames) and latents.dtype == torch.float32
    assert codec.decode(latents).shape == (3, frames * codec.frame)
    assert codec.decode(latents, samples).shape == (3, samples)
    assert codec.decode_bands(latents).shape == (3, N_BANDS, frames * PATCH)


@pytest.mark.parametrize("vocoder", ["neural", "griffin-lim", None])
def test_decoded_audio_is_finite_float32_and_not_silent(codec, vocoder):
    audio = codec.decode(codec.encode(noise()), vocoder=vocoder)
    assert audio.dtype == torch.float32 and audio.isfinite().all()
    assert 0 < float(audio.abs().max()) < 2
    loud = codec.decode(100 * torch.ones(1, 32, 4), vocoder=vocoder)
    assert loud.isfinite().all()


def test_the_two_vocoders_are_two(codec):
    latents = codec.encode(noise())
    neural, plain = codec.decode(latents, vocoder="neural"), codec.decode(latents, vocoder="griffin-lim")
    assert torch.equal(codec.decode(latents), neural) and not torch.allclose(neural, plain)


def test_arrays_and_tensors_are_encoded_alike(codec):
    audio = noise()
    assert torch.equal(codec.encode(audio), codec.encode(audio.numpy()))
    assert torch.equal(codec.encode(audio.double().numpy()), codec.encode(audio))


def test_stems_are_encoded_and_decoded_on_their_own(codec):
    audio = noise(3)
    latents = codec.encode(audio)
    assert torch.allclose(codec.encode(audio[1:2]), latents[1:2], atol=1e-4)
    assert torch.allclose(codec.decode_bands(latents[2:]), codec.decode_bands(latents)[2:], atol=1e-3)


def test_latents_are_normalised_by_the_stored_statistics(codec):
    mean, std = torch.linspace(-1, 1, 32), torch.linspace(0.5, 2, 32)
    other = StemCodec(codec.vae, mean, std)
    latents = codec.encode(noise())
    assert torch.allclose(other.encode(noise()), (latents - mean[:, None]) / std[:, None], atol=1e-5)
    assert torch.allclose(other.decode_bands(other.encode(noise())), codec.decode_bands(latents), atol=1e-2)


def test_frames_that_the_vae_decodes_to_silence_are_exactly_silent(codec, monkeypatch):
    band_db = torch.full((2, N_BANDS, 24), -100.0)
    band_db[1, 40, 12:] = -20.0
    monkeypatch.setattr(codec.vae, "decode", lambda latent: band_db)
    for vocoder in ("neural", "griffin-lim"):
        audio = codec.decode(torch.zeros(2, 32, 6), vocoder=vocoder)
        assert not audio[0].any()
        assert not audio[1, : 11 * HOP].any() and audio[1, 13 * HOP :].abs().amax() > 0


@pytest.mark.parametrize(
    ("audio", "said"),
    [
        (np.full((1, FRAME), np.nan), "NaN"),
        (np.full((1, FRAME), np.inf), "infinite"),
        (np.zeros((2, 0)), "shape"),
        (np.zeros(FRAME), "shape"),
        (np.zeros((1, 2, FRAME)), "shape"),
    ],
)
def test_audio_that_cannot_be_encoded_is_refused(codec, audio, said):
    with pytest.raises(ValueError, match=f"audio.*{said}"):
        codec.encode(audio)


@pytest.mark.parametrize("vocoder", ["hifi", "Neural", 3])
def test_an_unknown_vocoder_is_refused(codec, vocoder):
    with pytest.raises(ValueError, match="vocoder"):
        codec.decode(torch.zeros(1, 32, 2), vocoder=vocoder)


def test_the_neural_vocoder_needs_its_weights(codec):
    without = StemCodec(codec.vae, torch.zeros(32), torch.ones(32))
    with pytest.raises(ValueError, match="vocoder"):
        without.decode(torch.zeros(1, 32, 2), vocoder="neural")
    assert without.decode(torch.zeros(1, 32, 2)).shape == (1, 2 * FRAME)


def test_a_codec_comes_back_from_its_files(codec, weights):
    loaded = StemCodec.load(weights)
    assert torch.allclose(loaded.encode(noise()), codec.encode(noise()) / 0.5)
    assert StemCodec.load(weights, vocoder=False).vocoder is None


def test_normalise_has_an_inverse():
    band_db = torch.linspace(-100, 0, 50)
    assert torch.allclose(denormalise(normalise(band_db)), band_db, atol=1e-4)


def test_what_repeats_with_each_patch_is_taken_out_and_an_attack_is_not():
    steady = torch.full((1, N_BANDS, 40), -40.0)
    line = steady + torch.tensor([0.6, -0.2, -0.3, 0.4]).repeat(10)
    swing = lambda x: float((x[:, :, 8:-8] - x[:, :, 8:-8].mean(2, keepdim=True)).abs().max())  # noqa: E731
    assert swing(line) > 0.4 and swing(without_patch_line(line)) < 0.05
    hit = steady.clone()
    hit[:, :, 18:] += 30
    assert (without_patch_line(hit) - hit).abs().max() < 0.2
    music = 10 * torch.randn(1, N_BANDS, 400, generator=torch.Generator().manual_seed(0))
    assert (without_patch_line(music) - music).abs().mean() < 1


def test_the_vocoder_predicts_one_magnitude_and_two_turns_a_bin(codec):
    db, time, frequency = codec.vocoder(bands(noise()))
    assert db.shape == time.shape == frequency.shape == (2, BINS, 20)
    assert time.is_complex() and frequency.is_complex() and not db.is_complex()
    assert synthesise(codec.vocoder, bands(noise())).shape == (2, 20 * HOP)


def test_the_vocoder_loss_is_zero_for_the_true_magnitude_and_phase_gradients():
    from stemlab.codec.phase import phase_gradients

    audio = noise()
    spectrum = stft(audio)
    time, frequency = phase_gradients(spectrum)
    exact = lambda band_db: (20 * torch.log10(spectrum.abs() + 1e-5), time, frequency)  # noqa: E731
    assert all(float(loss) < 1e-9 for loss in vocoder_loss(exact, audio, bands(audio)).values())
    wrong = lambda band_db: (20 * torch.log10(spectrum.abs() + 1e-5) + 3, -time, -frequency)  # noqa: E731
    losses = vocoder_loss(wrong, audio, bands(audio))
    assert float(losses["magnitude"].detach()) == pytest.approx(3, abs=1e-3)
    assert float(losses["time"]) > 2 and float(losses["frequency"]) > 2


def test_bundled_silence_decodes_to_silence(lab):
    audio = lab.codec.decode(lab.codec.encode(torch.zeros(1, 20 * FRAME)))
    assert 20 * np.log10(float(audio.square().mean().sqrt()) + 1e-9) < -60


@pytest.fixture(scope="module")
def song():
    """Stems and mix of a song that training never sees, `(S + 1, N)`."""
    from stemlab.data.pool import song_stems

    _, stems = song_stems(1_000_000_007, 4.096)
    return torch.from_numpy(np.concatenate([stems, stems.sum(0, keepdims=True)]))


def test_bundled_codec_keeps_the_bands_of_an_unheard_song(lab, song):
    truth = bands(song)
    error = (lab.codec.decode_bands(lab.codec.encode(song)) - truth).abs().mean(dim=(1, 2))
    assert float(error.mean()) < 4 and float(error.max()) < 7, error  # dB
    shuffled = (lab.codec.decode_bands(lab.codec.encode(song.roll(1, 0))) - truth).abs().mean(dim=(1, 2))
    assert float(error.mean()) < 0.4 * float(shuffled.mean())


def test_bundled_vocoder_keeps_the_level_of_an_unheard_song(lab, song):
    level = lambda audio: 10 * torch.log10(audio.square().mean(1) + 1e-9)  # noqa: E731
    assert (level(lab.codec.decode(lab.codec.encode(song))) - level(song)).abs().max() < 4  # dB


def test_a_hit_stays_sharp_through_the_bundled_codec(lab):
    at = 20 * FRAME + 300
    since = (torch.arange(40 * FRAME) - at).clamp(min=0)
    noise = torch.randn(40 * FRAME, generator=torch.Generator().manual_seed(0))
    hit = 0.3 * noise * torch.exp(-since / 1500) * (torch.arange(40 * FRAME) >= at)
    made = lab.codec.decode(lab.codec.encode(hit[None]))[0]
    power = made.unflatten(0, (-1, 32)).square().mean(1)  # by ms
    onset, peak = at // 32, float(power[at // 32 - 5 : at // 32 + 30].max())
    assert 10 * np.log10(float(power[onset - 25 : onset - 5].mean()) / peak + 1e-9) < -35
    loud, begun = (int((power > share * peak).nonzero()[0]) for share in (0.8**2, 0.1**2))
    assert loud - begun <= 6 and abs(begun - onset) <= 3  # ms


def test_a_held_note_does_not_pulse_with_the_patches_of_the_bundled_codec(lab):
    time = torch.arange(64 * FRAME) / 32_000
    tones = torch.stack([sum(torch.sin(2 * np.pi * f * k * time) / k for k in range(1, 9)) for f in (110, 208, 392)])
    band_db = lab.codec.decode_bands(lab.codec.encode(0.1 * tones))[:, :, 32:-32]
    loud = band_db.mean(2) > -50
    by_place = torch.stack([band_db[:, :, place::PATCH].mean(2)[loud] for place in range(PATCH)])
    assert float((by_place - by_place.mean(0)).abs().mean()) < 0.1  # dB; 0.5 as the VAE leaves it


def test_bundled_latents_have_about_unit_variance(lab, song):
    latents = lab.codec.encode(song)
    assert 0.5 < float(latents.std()) < 1.6


def test_statistics_of_another_number_of_channels_are_refused_when_they_are_read(weights, tmp_path):
    tensors, about = load_weights(weights / "vae")
    save_weights(tmp_path / "vae", {**tensors, "latent_mean": torch.zeros(20), "latent_std": torch.ones(20)}, about)
    with pytest.raises(ValueError, match=r"^the weights in [^\n]* or not with 32 channels: copy them again$"):
        StemCodec.load(tmp_path, vocoder=False)
