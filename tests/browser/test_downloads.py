"""What the mixer hands out as files, in a real browser: stems, mix and zip, mono and stereo."""

import io
import zipfile

import numpy as np
import pytest
import soundfile

from stemlab import Stem, StemGroup


def test_stems_mix_and_zip_can_be_downloaded(mixer, group, tmp_path):
    mixer.get_by_text("Files").click()
    assert mixer.get_by_text("Preview quality: 16 bits").is_visible() and not mixer.get_by_label("Format").is_visible()
    with mixer.expect_download() as caught:
        mixer.get_by_role("button", name="Download all stems").click()
    assert caught.value.suggested_filename == "stems_120bpm_preview.zip"
    with zipfile.ZipFile(caught.value.path()) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            *(
                f"{number:02d}_{name}_120bpm_preview.wav"
                for number, name in enumerate(["drums", "twin", "bass", "keys"], 1)
            ),
            "mix_120bpm_preview.wav",
        ]
        mix, rate = soundfile.read(io.BytesIO(archive.read("mix_120bpm_preview.wav")))
    assert rate == 32_000 and np.corrcoef(mix, group.mix())[0, 1] > 0.97
    with mixer.expect_download() as caught:
        mixer.get_by_role("button", name="Download bass").click()
    assert caught.value.suggested_filename == "03_bass_120bpm_preview.wav"


def test_stems_in_stereo_sound_and_are_downloaded_on_both_sides(show):
    rate, rng = 44_100, np.random.default_rng(4)
    sides = np.array([[0.3], [0.1]], np.float32)
    smooth = lambda: np.convolve(rng.standard_normal(rate * 2), np.ones(20) / 4, "same").astype(np.float32)  # noqa: E731
    stems = [Stem("bass", "bass", smooth() * sides), Stem("keys", "keys", smooth() * sides[::-1])]
    group = StemGroup(stems, bpm=120, sample_rate=rate)
    page = show(group.to_html())
    page.wait_for_function("document.querySelector('.mixer').engine.buffers")
    code = "document.querySelector('.mixer').engine.bounce({}).then((sides) => sides.map((side) => Array.from(side)))"
    heard, want = np.array(page.evaluate(code), np.float32), group.mix()
    assert heard.shape == want.shape == (2, 2 * rate)
    for left_or_right in (0, 1):
        assert np.corrcoef(heard[left_or_right], want[left_or_right])[0, 1] > 0.95
    with page.expect_download() as caught:
        page.get_by_role("button", name="Download bass").click()
    audio, at = soundfile.read(caught.value.path())
    assert at == rate and audio.shape == (2 * rate, 2)
    level = np.sqrt((audio**2).mean(0))
    assert level[0] / level[1] == pytest.approx(3, rel=0.1)
