import math

import numpy as np
import pytest
import torch

from stemlab.codec.phase import BINS, CELL, integrate_phase, phase_gradients, sharpen_attacks
from stemlab.codec.spectrum import (
    FLOOR_DB,
    HOP,
    N_BANDS,
    N_FFT,
    SAMPLE_RATE,
    band_centres,
    bands,
    bands_to_linear,
    griffin_lim,
    istft,
    stft,
)  # fmt: skip

SAMPLES = 48 * HOP


def tone(*frequencies, samples=SAMPLES, phase=0.3):
    t = torch.arange(samples, dtype=torch.float64) / SAMPLE_RATE
    waves = [torch.sin(2 * math.pi * f * t + phase * i) for i, f in enumerate(frequencies, 1)]
    return (sum(waves) / len(waves)).float()[None]


def harmonic(f0, phase=0.3):
    return tone(*(f0 * k for k in range(1, 11)), phase=phase)


def spectral_convergence(audio, magnitude):
    return float((stft(audio).abs() - magnitude).norm() / magnitude.norm())


def test_stft_and_back_is_a_round_trip_edges_included():
    audio = torch.randn(2, SAMPLES, generator=torch.Generator().manual_seed(0))
    assert stft(audio).shape == (2, BINS, SAMPLES // HOP)
    assert torch.allclose(istft(stft(audio)), audio, atol=1e-3)
    inside = slice(N_FFT, -N_FFT)
    assert torch.allclose(istft(stft(audio))[:, inside], audio[:, inside], atol=1e-5)


@pytest.mark.parametrize("n_fft", [N_FFT, 2 * N_FFT])
def test_a_full_scale_sine_has_magnitude_1_in_its_bin(n_fft):
    middle = stft(tone(1000.0), n_fft)[0, :, 20:28].abs()
    assert int(middle.mean(1).argmax()) == 1000 * n_fft // SAMPLE_RATE
    assert middle.amax(0).sub(1).abs().max() < 1e-3


@pytest.mark.parametrize("n_fft", [N_FFT, 2 * N_FFT])
def test_frames_are_centred_on_their_hop_in_both_windows(n_fft):
    click = torch.zeros(1, SAMPLES)
    click[0, 20 * HOP + HOP // 2] = 1
    energy = stft(click, n_fft)[0].abs().square().sum(0)
    assert int(energy.argmax()) == 20
    assert torch.allclose(energy[19], energy[21], rtol=1e-4)


@pytest.mark.parametrize("band", [0, 10, 30, 39, 50, 80, 110, 127])
def test_a_full_scale_sine_is_loudest_in_its_own_band_and_read_as_its_mean_power_there(band):
    f = float(band_centres()[band + 1])
    read = bands(tone(f))[0, :, 16:32].mean(1)
    assert int(read.argmax()) == band
    below, above = band_centres()[[band, band + 2]]
    spread = 1.5 * SAMPLE_RATE / (2 * N_FFT if f < 620 else N_FFT)  # Hann's noise bandwidth, Hz
    mean_power = 10 * math.log10(min(1.0, spread * 2 / (above - below)))  # the triangle's peak over its area
    assert float(read[band]) == pytest.approx(mean_power, abs=2.2)
    assert float(read[band]) < 0


def test_ten_times_the_amplitude_is_20_db_and_silence_is_the_floor():
    loud, soft = bands(tone(440.0)), bands(tone(440.0) / 10)
    assert float(loud.amax() - soft.amax()) == pytest.approx(20, abs=0.01)
    assert torch.allclose(bands(torch.zeros(1, SAMPLES)), torch.tensor(FLOOR_DB), atol=1e-3)
    assert loud.shape == (1, N_BANDS, SAMPLES // HOP)


def test_neighbouring_bass_notes_fall_into_different_bands():
    def top(f0, phase=0.3):
        read = bands(harmonic(f0, phase))[0, :60, 16:32].mean(1)
        return read, set(read.topk(6).indices.tolist())

    (a, a_bands), (b, b_bands) = top(55.0), top(58.27)  # A1 and Bb1
    again, again_bands = top(55.0, phase=1.1)
    assert len(a_bands & b_bands) <= 4 and len(a_bands & again_bands) >= 5
    assert float((a - b).abs().mean()) > 3 * float((a - again).abs().mean())


def test_the_bands_follow_ear_and_keyboard():
    centres = band_centres()
    assert len(centres) == N_BANDS + 2 and centres[-1] < SAMPLE_RATE / 2
    assert np.diff(centres[centres < 300]).max() < 12.5  # Hz
    per_octave = 1 / np.diff(np.log2(centres[centres > 400]))
    assert 18 <= per_octave.min() and per_octave.max() < 19


def test_bands_to_linear_keeps_a_flat_spectrum_and_finds_a_peak():
    flat = torch.full((1, N_BANDS, 3), -30.0)
    assert torch.allclose(bands_to_linear(flat), torch.tensor(-30.0), atol=1e-3)
    flat[0, 60] = 0
    peak = int(bands_to_linear(flat)[0, :, 0].argmax()) * SAMPLE_RATE / N_FFT
    assert peak == pytest.approx(band_centres()[61], abs=SAMPLE_RATE / N_FFT)


def test_griffin_lim_lowers_the_spectral_convergence():
    audio = harmonic(220.0) + 0.1 * torch.randn(1, SAMPLES, generator=torch.Generator().manual_seed(0))
    magnitude = stft(audio).abs()
    none, few, many = (spectral_convergence(griffin_lim(magnitude, n), magnitude) for n in (0, 4, 32))
    assert many < few < none and many < 0.5 * none


def test_griffin_lim_from_the_true_phase_stays_there():
    audio = harmonic(220.0)
    out = griffin_lim(stft(audio).abs(), 4, start=stft(audio))
    assert torch.allclose(out[:, N_FFT:-N_FFT], audio[:, N_FFT:-N_FFT], atol=1e-3)


def test_the_phase_of_a_steady_sine_turns_at_its_frequency():
    f = 1003.0
    time, frequency = phase_gradients(stft(tone(f)))
    peak = round(f * N_FFT / SAMPLE_RATE)
    off_centre = 2 * math.pi * HOP * (f - peak * SAMPLE_RATE / N_FFT) / SAMPLE_RATE
    assert torch.allclose(time[0, peak, 10:38].angle(), torch.tensor(off_centre).float(), atol=1e-3)
    assert float(time[0, :, 0].abs().max()) == 0 and float(frequency[0, -1].abs().max()) == 0


def test_true_phase_gradients_sum_up_to_a_better_phase_than_none():
    audio = harmonic(233.0)
    spectrum = stft(audio)
    magnitude, (time, frequency) = spectrum.abs(), phase_gradients(spectrum)
    steady = torch.ones_like(time)
    with_true = integrate_phase(magnitude, time, frequency)
    without = integrate_phase(magnitude, steady, torch.zeros_like(frequency))
    assert torch.allclose(with_true.abs(), magnitude, atol=1e-3)
    good, poor = (spectral_convergence(istft(s), magnitude) for s in (with_true, without))
    assert good < 0.1 and good < 0.3 * poor
    assert good < spectral_convergence(griffin_lim(magnitude, 8), magnitude)


def test_a_tone_that_glides_needs_the_gradient_in_time_and_the_one_in_frequency():
    t = torch.arange(SAMPLES) / SAMPLE_RATE
    spectrum = stft(torch.sin(2 * math.pi * (300 * t + 200 * t**2 + 20 * torch.sin(20 * t)))[None])
    magnitude, (time, frequency) = spectrum.abs(), phase_gradients(spectrum)

    def left(time, frequency):
        return spectral_convergence(istft(integrate_phase(magnitude, time, frequency)), magnitude)

    both = left(time, frequency)
    assert both < 0.7 * left(torch.ones_like(time), frequency)
    assert both < 0.7 * left(time, torch.zeros_like(frequency))


def burst(at, decay=800, samples=SAMPLES):
    """Noise that begins at a sample and dies away, `(1, N)`."""
    since = torch.arange(samples) - at
    noise = torch.randn(samples, generator=torch.Generator().manual_seed(0))
    return (0.3 * noise * torch.exp(-since.clamp(min=0) / decay) * (since >= 0))[None]


def before(audio, at, ms=20):
    """Power in the milliseconds before a sample, dB against that after it."""
    mean = lambda part: float(part.square().mean())  # noqa: E731
    return 10 * math.log10(mean(audio[0, at - ms * CELL : at]) / mean(audio[0, at : at + ms * CELL]) + 1e-9)


@pytest.mark.parametrize("at", [20 * HOP, 20 * HOP + 200, 21 * HOP - 90])
def test_an_attack_lines_up_by_the_gradient_in_frequency_where_the_one_in_time_tells_nothing(at):
    audio = burst(at)
    spectrum = stft(audio)
    time, frequency = phase_gradients(spectrum)
    blind = istft(integrate_phase(spectrum.abs(), 0 * time, frequency))
    assert before(blind, at) < -40
    assert before(istft(integrate_phase(spectrum.abs(), 0 * time, torch.ones_like(frequency))), at) > -10


def test_stems_have_their_phases_on_their_own():
    stems = torch.cat([burst(20 * HOP), tone(440.0), torch.zeros(1, SAMPLES)])
    spectrum = stft(stems)
    together = integrate_phase(spectrum.abs(), *phase_gradients(spectrum))
    alone = torch.cat([integrate_phase(s.abs(), *phase_gradients(s)) for s in spectrum.split(1)])
    assert torch.allclose(together, alone, atol=1e-5) and not together[2].any()


@pytest.mark.parametrize("level", [0.0, 1e-45, 1e-38, 1e-20, 1.0])
def test_phases_are_numbers_however_soft_the_sound(level):
    spectrum = stft(burst(20 * HOP))
    magnitude = level * spectrum.abs()
    start = integrate_phase(magnitude, *phase_gradients(spectrum))
    assert torch.view_as_real(start).isfinite().all()
    assert griffin_lim(magnitude, 2, start=start).isfinite().all()


def test_what_sounds_before_its_time_is_turned_down_and_nothing_else_is():
    at = 20 * HOP + 200
    audio = burst(at) + 0.0003 * tone(3000.0)
    spectrum = stft(audio)
    told = spectrum.abs(), phase_gradients(spectrum)[1]
    assert (sharpen_attacks(audio, *told) - audio).norm() < 0.1 * audio.norm()
    early = audio + 0.1 * burst(at - 20 * CELL)  # 20 ms before
    kept = sharpen_attacks(early, *told)
    assert before(early, at) > -22 and before(kept, at) < -32
    assert torch.allclose(kept[:, at + CELL :], early[:, at + CELL :], atol=0.02)


@pytest.mark.parametrize("hz", [110.0, 440.0, 3000.0])
def test_a_steady_tone_is_not_turned_down(hz):
    audio = tone(hz)
    spectrum = stft(audio)
    inside = slice(N_FFT, -N_FFT)
    sharp = sharpen_attacks(audio, spectrum.abs(), phase_gradients(spectrum)[1])
    assert torch.equal(sharp[:, inside], audio[:, inside])
