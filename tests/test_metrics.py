import mir_eval
import numpy as np
import pytest
from scipy.linalg import sqrtm
from sklearn.metrics import f1_score, precision_recall_fscore_support

from stemlab.activity import activity_frames
from stemlab.metrics import harmony, sync
from stemlab.metrics.activity import CLICK, activity_scores, asked_frames, edge_step, edges
from stemlab.metrics.frechet import frechet_distance
from stemlab.metrics.text import FAMILIES, MELS, FamilyClassifier, statistics, train_classifier
from stemlab.songs.compose import compose
from stemlab.songs.render import render

RATE = 32_000


def clicks(bpm, seconds=8.0, late=0.0):
    audio = np.zeros(round(seconds * RATE), np.float32)
    burst = np.random.default_rng(0).normal(size=800).astype(np.float32) * np.exp(-np.arange(800) / 150) * 0.3
    for time in np.arange(0, seconds - 0.1 - late, 30 / bpm) + late + 0.0:
        at = round(time * RATE)
        audio[at : at + 800] += burst * (1.0 if round((time - late) * bpm / 30) % 2 == 0 else 0.4)
    return audio


def tones(pitches, seconds=2.0):
    time = np.arange(round(seconds * RATE)) / RATE
    total = [np.sin(2 * np.pi * 440 * 2 ** ((p - 69) / 12) * h * time) / h for p in pitches for h in (1, 2, 3, 4)]
    return (0.05 * np.sum(total, axis=0)).astype(np.float32)


def progression(chords, octave=0):
    return np.concatenate([tones([p + 12 * octave for p in chord], 1.0) for chord in chords])


CHORDS = [(57, 60, 64), (53, 57, 60), (48, 52, 55), (55, 59, 62)]  # Am F C G


@pytest.mark.parametrize("bpm", [72, 97, 120, 155])
def test_the_tempo_of_clicks_is_found_to_one_percent_from_a_wrong_guess(bpm):
    for guess in (0.8, 1.0, 1.3):
        assert sync.tempo(clicks(bpm), bpm * guess) == pytest.approx(bpm, rel=0.01)


@pytest.mark.parametrize("off", [0.75, 0.9, 0.94, 1.06, 1.15, 1.3])
def test_a_stem_in_another_tempo_does_not_keep_the_one_asked_for(off):
    assert sync.keeps_tempo(clicks(100), 100) is True
    assert sync.keeps_tempo(clicks(100 * off), 100) is False


def test_a_stem_without_onsets_is_not_judged():
    assert sync.keeps_tempo(tones([57], 8.0), 100) is None
    assert sync.keeps_tempo(np.zeros(8 * RATE, np.float32), 100) is None


@pytest.mark.parametrize("late", [0.05, 0.1, 0.25])
def test_clicks_that_come_late_are_off_the_grid(late):
    assert sync.beat_alignment(clicks(100), 100) > 0.6
    assert sync.beat_alignment(clicks(100, late=late), 100) < 0.4


@pytest.mark.parametrize("late", [0.02, 0.05, 0.1])
def test_a_late_stem_is_not_together_with_the_others(late):
    alone, apart = clicks(100), clicks(100, late=late)
    together = sync.onsets_together([alone, clicks(100), np.zeros_like(alone)])
    assert together[0] > 4 and together[2] is None
    assert sync.onsets_together([alone, apart])[1] < 1 and sync.onsets_together([alone]) == [None]


def test_onset_times_match_the_clicks_by_mir_eval():
    true = np.arange(0, 7.9, 0.3)[1:]  # the first has nothing before it to rise from
    assert mir_eval.onset.f_measure(true, sync.onset_times(clicks(100))[0:])[0] > 0.95


def test_beats_of_late_clicks_have_a_low_f_measure():
    assert sync.beat_f_measure(clicks(120), 120) > 0.9
    assert sync.beat_f_measure(clicks(120, late=0.125), 120) < sync.beat_f_measure(clicks(120), 120) - 0.5


@pytest.mark.parametrize("pitch", [28, 40, 57, 69, 82])
def test_a_tone_sounds_in_its_own_pitch_class(pitch):
    found = harmony.chroma(tones([pitch], 4.0), 120).sum(0)
    assert found.argmax() == pitch % 12


def test_noise_has_hardly_any_pitch():
    noise = np.random.default_rng(0).normal(size=4 * RATE).astype(np.float32) * 0.1
    song = progression(CHORDS)
    flat = harmony.chroma(noise, 120).sum(0)
    assert flat.max() / flat.sum() < 0.15
    assert harmony.agreement(harmony.chroma(song, 120), harmony.chroma(noise, 120)) < 0.1


def test_agreement_is_one_for_the_same_note_and_falls_with_transposition():
    one = np.tile(np.eye(12)[3], (4, 1))
    assert harmony.agreement(one, one) == pytest.approx(1.0)
    assert harmony.agreement(one, np.roll(one, 1, axis=1)) == pytest.approx(-1 / 11)
    assert harmony.agreement(one, np.zeros((4, 12))) is None


def test_stems_of_one_progression_agree_more_than_transposed_ones():
    high = progression(CHORDS, octave=1)
    low = progression([(chord[0],) for chord in CHORDS], octave=-1)
    other = progression([(chord[0] + 6,) for chord in CHORDS], octave=-1)
    assert harmony.harmonic_agreement([high, low], 120) > harmony.harmonic_agreement([high, other], 120) + 0.3


def test_common_noise_does_not_count_as_harmony_but_fools_plain_correlation():
    high = progression(CHORDS, octave=1)
    other = progression([(chord[0] + 6,) for chord in CHORDS], octave=-1)
    noise = np.random.default_rng(1).normal(size=len(high)).astype(np.float32) * 0.01
    clean, noisy = [high, other], [high + noise, other + noise]
    assert abs(harmony.harmonic_agreement(noisy, 120) - harmony.harmonic_agreement(clean, 120)) < 0.05
    assert harmony.level_correlation(noisy) > harmony.level_correlation(clean) + 0.1


def test_real_groups_agree_more_than_stems_of_songs_in_other_keys():
    real, strange = [], []
    for seed in range(12):
        songs = [
            compose(seed, genre="pop", bpm=110, key=key, families=["bass", "keys"]) for key in ("A minor", "Eb minor")
        ]
        bass, keys = render(songs[0], seconds=8.0)
        real.append(harmony.harmonic_agreement([bass, keys], 110))
        strange.append(harmony.harmonic_agreement([bass, render(songs[1], seconds=8.0)[1]], 110))
    real, strange = ([v for v in values if v is not None] for values in (real, strange))
    assert len(real) >= 8 and np.mean(real) > np.mean(strange) + 0.2


def test_the_key_of_a_cadence_is_found_and_scored_as_mirex_does():
    found = harmony.key([progression([(48, 52, 55), (53, 57, 60), (55, 59, 62), (48, 52, 55)])], 120)
    assert found == "C major"
    assert [harmony.key_score("C major", k) for k in ("C major", "G major", "A minor", "C minor", "F# major")] == [
        1.0, 0.5, 0.3, 0.2, 0.0,
    ]  # fmt: skip


def test_activity_scores_are_those_of_a_hand_count():
    asked, played = np.array([1, 1, 1, 0, 0, 0, 0, 0]), np.array([1, 1, 0, 1, 1, 0, 0, 0])
    scores = activity_scores(asked, played)
    assert scores == pytest.approx({"precision": 0.5, "recall": 2 / 3, "f1": 4 / 7, "f1_all_on": 6 / 11})
    assert activity_scores(asked, asked)["f1"] == 1 and activity_scores(asked, 1 - asked)["f1"] == 0
    with pytest.raises(ValueError, match="shape"):
        activity_scores(asked, played[:3])


def test_activity_scores_are_those_of_scikit_learn():
    asked, played = np.random.default_rng(0).random((2, 7, 40)) > 0.4
    precision, recall, f1, _ = precision_recall_fscore_support(asked.ravel(), played.ravel(), average="binary")
    scores = activity_scores(asked, played)
    assert (scores["precision"], scores["recall"], scores["f1"]) == pytest.approx((precision, recall, f1))
    assert scores["f1_all_on"] == pytest.approx(f1_score(asked.ravel(), np.ones(asked.size)))


@pytest.mark.parametrize("bpm", [70, 103.5, 160])
def test_frames_asked_for_are_those_that_the_model_is_told(bpm):
    frames = -(-round(4 * 240 / bpm * RATE) // 2048)
    told = activity_frames({"bass": "x..x"}, ["bass"], bpm, 4, frames)
    assert np.array_equal(asked_frames("x..x", bpm, frames), told[0].numpy() == 1)
    assert edges("x..x", bpm) == [(240 / bpm, "release"), (3 * 240 / bpm, "attack")] and edges("xxxx", bpm) == []


@pytest.mark.parametrize("pitch", [33, 57, 81])
def test_a_wave_cut_at_its_peak_clicks_and_one_that_fades_does_not(pitch):
    wave = tones([pitch], 2.0)
    at = RATE + int(np.abs(wave[RATE : RATE + 1000]).argmax())
    cut, faded = wave.copy(), wave.copy()
    cut[at:] = 0
    faded[at:] *= np.clip(1 - np.arange(len(wave) - at) / 320, 0, 1)  # 10 ms
    assert edge_step(cut, at / RATE) > CLICK and edge_step(faded, at / RATE) < CLICK
    assert edge_step(0.1 * cut, at / RATE) == pytest.approx(edge_step(cut, at / RATE), rel=0.1)  # at any level
    assert edge_step(np.zeros(RATE), 0.5) is None


def test_frechet_distance_of_one_axis_has_its_closed_form():
    a, b = np.random.default_rng(0).normal(size=(2, 400, 1)) * np.array([[[1.0]], [[3.0]]]) + np.array(
        [[[0.0]], [[2.0]]]
    )
    expected = (a.mean() - b.mean()) ** 2 + (a.std(ddof=1) - b.std(ddof=1)) ** 2
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_matches_the_matrix_square_root_of_scipy():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(200, 6)) @ rng.normal(size=(6, 6)), rng.normal(size=(300, 6)) @ rng.normal(size=(6, 6)) + 1
    covariances = np.cov(a.T), np.cov(b.T)
    root = sqrtm(covariances[0] @ covariances[1]).real
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)


def test_frechet_distance_refuses_a_single_row():
    with pytest.raises(ValueError, match="two or more rows"):
        frechet_distance(np.zeros((1, 3)), np.zeros((5, 3)))


def test_the_classifier_learns_to_tell_families_and_survives_a_round_trip(tmp_path):
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(len(FAMILIES), 6 * MELS)) * 3
    labels = rng.integers(len(FAMILIES), size=400)
    features = (centres[labels] + rng.normal(size=(400, 6 * MELS)) * 3).astype(np.float32)
    names = [FAMILIES[i] for i in labels]
    model = train_classifier(features[:300], names[:300], epochs=15)
    assert np.mean([a == b for a, b in zip(model.classify(features[300:]), names[300:], strict=True)]) > 0.9
    model.save(tmp_path / "families.npz")
    again = FamilyClassifier.load(tmp_path / "families.npz")
    assert np.array_equal(again.embed(features), model.embed(features)) and again.embed(features).shape == (400, 64)


def test_statistics_do_not_depend_on_level_but_on_sound():
    low, high = tones([40], 4.0), tones([76], 4.0)
    assert np.abs(statistics(low) - statistics(0.3 * low)).max() < 0.1
    assert np.abs(statistics(low) - statistics(high)).mean() > 3
