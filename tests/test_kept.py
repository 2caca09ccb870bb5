"""What a notebook keeps of the widgets: a page that plays, bounded in bytes, off by one setting."""

import numpy as np
import pytest

import stemlab
from stemlab import Stem, StemGroup
from stemlab.widgets.activity_grid import ActivityGrid
from stemlab.widgets.kept import KEEP_SOUND, SETTING

RATE = 32_000


def band(seconds, stems=2):
    noise = np.random.default_rng(0).standard_normal((stems, seconds * RATE)).astype(np.float32) * 0.1
    return StemGroup([Stem(f"stem {i}", f"stem {i}: noise", sound) for i, sound in enumerate(noise)], bpm=100)


def html_of(widget):
    data, _ = widget._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    return data["text/html"]


def test_each_widget_carries_a_page(tiny):
    group = band(1)
    for html in (html_of(group.play()), html_of(group.play(group)), group._repr_html_()):
        assert html.count("data:audio/ogg;base64,") in (2, 4) and "bytes of sound" in html
    assert "drums" in html_of(ActivityGrid(["drums"]))
    studio = stemlab.studio(tiny, stems=["drums: kit"], bpm=240, bars=1, steps=2)
    assert "run the cell" in html_of(studio)
    studio._session.do("generate")
    studio._session.wait(60)
    assert html_of(studio).count("data:audio/ogg;base64,") == 1


@pytest.mark.parametrize(("seconds", "players"), [(4, 2), (70, 1), (150, 1)])
def test_a_page_is_bounded_and_of_long_music_the_mix_is_kept(seconds, players):
    html = band(seconds)._repr_html_()
    assert 100_000 < len(html.encode()) < 1.05 * KEEP_SOUND
    assert html.count("data:audio/ogg;base64,") == players


def test_one_setting_turns_it_off_or_bounds_it_and_the_page_says_so(monkeypatch):
    monkeypatch.setenv(SETTING, "0")
    assert "STEMLAB_KEEP_SOUND is 0" in html_of(band(1).play()) and "base64" not in html_of(band(1).play())
    monkeypatch.setenv(SETTING, "50000")
    html = band(4)._repr_html_()
    assert "more than the 50,000" in html and len(html) < 500
    monkeypatch.setenv(SETTING, "much")
    with pytest.raises(ValueError, match="STEMLAB_KEEP_SOUND: got 'much'; it takes a number of bytes"):
        band(1)._repr_html_()
