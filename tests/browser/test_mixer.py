"""The mixer's page in a real browser, from file://, with real sound."""

from itertools import pairwise

import numpy as np
import pytest

from stemlab import Stem, StemGroup

# The difference of two stems that hold the same sound: it is silent only while both play the very same sample.
TWINS_APART = """async () => {
  const { engine } = document.querySelector(".mixer");
  const [first, second] = engine.channels;
  const minus = new GainNode(engine.context, { gain: -1 });
  const tap = new AnalyserNode(engine.context, { fftSize: 32768 });
  first.node.connect(tap); second.node.connect(minus).connect(tap);
  const until = engine.context.currentTime + 0.7;
  while (engine.context.currentTime < until) await new Promise((done) => setTimeout(done, 20));
  const samples = new Float32Array(tap.fftSize);
  tap.getFloatTimeDomainData(samples);
  first.node.disconnect(tap); second.node.disconnect(minus);
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}"""
# The playhead's places for 1.5 s of sound, which is more than once round a bar.
PLACES = """async () => {
  const { engine } = document.querySelector(".mixer");
  const [until, places] = [engine.context.currentTime + 1.5, []];
  while (engine.context.currentTime < until) {
    await new Promise((done) => setTimeout(done, 50));
    places.push(engine.position());
  }
  return places;
}"""
LEVELS = """async () => {
  const { engine } = document.querySelector(".mixer");
  const most = engine.channels.map(() => 0);
  const until = engine.context.currentTime + 0.5;
  for (let i = 0; i < 20 || engine.context.currentTime < until; i++) {
    await new Promise((done) => setTimeout(done, 25));
    most.forEach((_, index) => { most[index] = Math.max(most[index], engine.level(index)); });
  }
  return most;
}"""


def engine(page, code):
    return page.evaluate(f"(() => {{ const engine = document.querySelector('.mixer').engine; return {code}; }})()")


def bounce(page, options="{}"):
    code = f"document.querySelector('.mixer').engine.bounce({options}).then((sides) => Array.from(sides[0]))"
    return np.array(page.evaluate(code), np.float32)


def playing(page):
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('.mixer').engine.position() > 0.05")


def play_on(page, seconds=0.12):
    """Until so much more has been played, by the clock of the sound: on a busy machine that stands still at times."""
    code = "(till) => document.querySelector('.mixer').engine.context.currentTime > till"
    page.wait_for_function(code, arg=engine(page, "engine.context.currentTime") + seconds)


def all_at_once(page, count=4):
    """The last take: all its sources were ordered for one moment, still ahead, at one place of the song."""
    last = page.evaluate("window.starts")[-count:]
    assert len(last) == count
    assert len({(s["when"], s["offset"], *s["loop"]) for s in last}) == 1
    assert all(s["when"] > s["now"] for s in last)
    return last[0]


def test_the_browser_decodes_every_stem_whole_and_at_its_place(mixer, group):
    assert engine(mixer, "engine.buffers.map((buffer) => buffer.length)") == [len(group[0].audio)] * 4
    heard = bounce(mixer)
    want = group.audio.sum(0) * group.gain
    assert np.corrcoef(heard, want)[0, 1] > 0.97
    lags = [np.dot(heard[8:-8], want[8 + lag : len(want) - 8 + lag]) for lag in range(-8, 9)]
    assert int(np.argmax(lags)) == 8  # not a sample early or late


def test_one_context_plays_all_stems_from_one_instant_and_they_stay_locked(mixer):
    mixer.locator("button", has_text="Play").click()
    mixer.wait_for_function("document.querySelector('.mixer').engine.position() > 0.05")
    assert all_at_once(mixer)["offset"] == 0
    assert mixer.evaluate("window.contexts") == 1
    assert mixer.evaluate(TWINS_APART) == 0
    engine(mixer, "engine.seek(2.3)")
    assert all_at_once(mixer)["offset"] == pytest.approx(2.3, abs=1 / 32_000)
    engine(mixer, "engine.setRegion([2, 3])")
    assert all_at_once(mixer)["loop"] == [True, 2, 3]
    mixer.keyboard.press("3")
    mixer.keyboard.press("3")
    play_on(mixer)  # two gains that glide may be a rounding apart on their way
    assert mixer.evaluate(TWINS_APART) == 0
    assert max(mixer.evaluate(LEVELS)) > 0.01


def test_solo_mute_and_gain_are_heard(mixer):
    playing(mixer)
    assert min(mixer.evaluate(LEVELS)) > 0.001
    mixer.keyboard.press("3")
    play_on(mixer)
    levels = mixer.evaluate(LEVELS)
    assert levels[2] > 0.001 and [levels[0], levels[1], levels[3]] == [0, 0, 0]
    mixer.keyboard.press("3")
    mixer.keyboard.press("Shift+Digit1")
    mixer.get_by_role("button", name="Mute twin").click()
    play_on(mixer)
    levels = mixer.evaluate(LEVELS)
    assert levels[0] == levels[1] == 0 and min(levels[2:]) > 0.001
    mixer.keyboard.press("3")
    alone = bounce(mixer)
    assert np.allclose(alone, engine(mixer, "Array.from(engine.buffers[2].getChannelData(0))"), atol=1e-6)
    mixer.get_by_label("Gain of bass").fill("-6")
    assert np.allclose(bounce(mixer), alone * 10 ** (-6 / 20), atol=1e-6)


def test_a_loop_repeats_to_the_sample_and_the_playhead_stays_in_it(mixer):
    engine(mixer, "engine.setRegion([2, 3])")
    heard = bounce(mixer, "{ from: 2, seconds: 3, loop: true }").reshape(3, -1)
    assert np.array_equal(heard[0], heard[1]) and np.array_equal(heard[0], heard[2])
    seam = 256  # samples in which the end becomes what comes before the start
    plain = bounce(mixer)
    assert np.allclose(heard[0][:-seam], plain[64_000 : 96_000 - seam], atol=1e-6)
    assert abs(heard[0][-1] - plain[63_999]) < 1e-6  # so the wave goes on over the seam
    playing(mixer)
    places = mixer.evaluate(PLACES)
    assert all(2 <= place < 3 for place in places)
    assert any(b < a for a, b in pairwise(places))


def test_without_a_loop_the_end_is_the_end(mixer):
    mixer.keyboard.press("KeyL")
    engine(mixer, "engine.seek(7.7)")
    mixer.keyboard.press("Space")
    ended = "window.starts.length === 4 && !document.querySelector('.mixer').engine.playing"  # it began, and is over
    mixer.wait_for_function(ended)
    assert engine(mixer, "engine.rest") == 0


def test_keys_move_the_playhead_by_bar_and_beat_and_pause(mixer):
    mixer.locator(".mixer").focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowRight", "ArrowLeft"):
        mixer.keyboard.press(key)
    assert engine(mixer, "engine.position()") == pytest.approx(2.5)
    assert "bar 2.2" in mixer.locator(".clock").inner_text()
    playing(mixer)
    mixer.keyboard.press("Space")
    assert engine(mixer, "engine.playing") is False
    mixer.keyboard.press("Home")
    assert engine(mixer, "engine.position()") == 0


def test_a_click_seeks_and_a_drag_loops_whole_bars(mixer):
    box = mixer.locator(".ruler").bounding_box()
    y, x = box["y"] + 60, lambda second: box["x"] + box["width"] * second / 8
    mixer.mouse.click(x(5), y)
    assert engine(mixer, "engine.position()") == pytest.approx(5, abs=0.03)
    mixer.mouse.move(x(2.5), y)
    mixer.mouse.down()
    mixer.mouse.move(x(5.2), y, steps=4)
    mixer.mouse.up()
    assert engine(mixer, "engine.region") == [2, 6]
    mixer.keyboard.press("Escape")
    assert engine(mixer, "engine.region") is None


def test_bars_are_those_of_a_recording_that_begins_with_an_upbeat(show, group):
    late = StemGroup(list(group), bpm=120, bars=4, settings={"downbeat": 0.5})
    mixer = show(late.to_html())
    mixer.wait_for_function("document.querySelector('.mixer').engine.buffers")
    mixer.locator(".mixer").focus()
    assert "bar 0.4" in mixer.locator(".clock").inner_text()
    mixer.keyboard.press("Shift+ArrowRight")
    assert "bar 1.1" in mixer.locator(".clock").inner_text()
    box = mixer.locator(".ruler").bounding_box()
    mixer.mouse.move(box["x"] + box["width"] * 3 / 8, box["y"] + 60)
    mixer.mouse.down()
    mixer.mouse.move(box["x"] + box["width"] * 3.5 / 8, box["y"] + 60, steps=4)
    mixer.mouse.up()
    assert engine(mixer, "engine.region") == [2.5, 4.5]


@pytest.fixture
def pair(show, group):
    """A group against itself without its drums: what B is A plays too, at the same place."""
    from stemlab.widgets.mixer import StemMixer

    rest = StemGroup([group["keys"], group["bass"]], bpm=120, bars=4)
    page = show(StemMixer(group, rest).to_html())
    page.wait_for_function("document.querySelector('.mixer').engine.buffers")
    return page


def test_a_and_b_change_over_at_the_playhead_and_keep_solo_and_loop(pair):
    engine(pair, "engine.setRegion([2, 4])")
    pair.get_by_role("button", name="Solo bass").click()
    playing(pair)
    begun = "(({ context, take }) => context.currentTime > take.at)(document.querySelector('.mixer').engine)"
    pair.wait_for_function(begun)  # until then the playhead waits where it will begin
    start = "((now) => now - engine.position(now))(engine.context.currentTime)"  # one reading of the clock: it runs on
    first = engine(pair, start)
    pair.keyboard.press("KeyX")
    pair.wait_for_function("document.querySelectorAll('.mixer .row').length === 2")
    assert all_at_once(pair, 2)["loop"] == [True, 2, 4]
    pair.wait_for_function(begun)
    drift = (engine(pair, start) - first) % 2
    assert min(drift, 2 - drift) < 1e-3
    assert engine(pair, "engine.channels.map((channel) => channel.solo)") == [False, True]
    assert engine(pair, "engine.playing") and pair.locator(".version[aria-pressed=true]").inner_text() == "B"
    pair.get_by_role("button", name="Hear version A").click()
    pair.wait_for_function("document.querySelectorAll('.mixer .row').length === 4")
    assert engine(pair, "engine.playing && engine.channels[2].solo")
    assert pair.evaluate("window.contexts") == 1


def test_only_one_mixer_sounds_at_a_time_frames_included(show, group):
    page = show(f"<!doctype html>{group._repr_html_()}{group._repr_html_()}")
    first, second = (frame for frame in page.frames if frame != page.main_frame)
    for frame in (first, second):
        frame.wait_for_function("document.querySelector('.mixer').engine.buffers")
    first.get_by_role("button", name="Play").click()
    first.wait_for_function("document.querySelector('.mixer').engine.position() > 0.05")
    second.get_by_role("button", name="Play").click()
    second.wait_for_function("document.querySelector('.mixer').engine.position() > 0.05")
    first.wait_for_function("!document.querySelector('.mixer').engine.playing")
    assert second.evaluate("document.querySelector('.mixer').engine.playing")


def test_every_control_has_a_name_and_shows_its_focus(mixer):
    nameless = "[...document.querySelectorAll('button, input, canvas')].filter((made) => !made.ariaLabel && !made.getAttribute('aria-label')).length"
    assert mixer.evaluate(nameless) == 0
    mixer.keyboard.press("Tab")
    mixer.keyboard.press("Tab")
    outline = (
        "getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).outlineWidth"
    )
    assert mixer.evaluate(outline) == "solid2px"


@pytest.mark.parametrize(("width", "dark"), [(1000, False), (1000, True), (600, False)])
def test_the_mixer_fits_its_page_in_light_and_dark(show, group, screens, width, dark):
    page = show(group.to_html(), width, dark)
    page.wait_for_function("document.querySelector('.mixer').engine.buffers")
    engine(page, "engine.setRegion([2, 6])")
    page.keyboard.press("Shift+Digit2")
    playing(page)
    play_on(page, 0.5)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".mixer").get_attribute("data-theme") == ("dark" if dark else "light")
    page.screenshot(path=screens / f"mixer_{width}_{'dark' if dark else 'light'}.png")


def tone(page, seconds=2.0):
    """A mixer with one stem that starts and ends in the middle of a loud wave."""
    wave = 0.9 * np.cos(2 * np.pi * 110.3 * np.arange(round(seconds * 32_000)) / 32_000)
    mixer = page(StemGroup([Stem("tone", "tone", wave)], bpm=120, bars=1).to_html())
    mixer.wait_for_function("document.querySelector('.mixer').engine.buffers")
    return mixer


def steepest(samples):
    return float(np.abs(np.diff(samples)).max())


def test_a_stem_that_starts_in_mid_wave_starts_with_a_ramp_and_no_loop_clicks(show):
    mixer = tone(show)
    smooth = 2 * np.pi * 110.3 / 32_000 * 0.9
    whole = bounce(mixer, "{ seconds: 4.5, loop: true }")
    assert whole[0] == 0 and steepest(np.r_[0, whole]) < 3 * smooth
    engine(mixer, "engine.setRegion([0.5, 1.2347])")
    assert steepest(bounce(mixer, "{ from: 0.5, seconds: 3, loop: true }")) < 1.5 * smooth


DESK = {"pan": ("Pan of bass", "-0.6"), "db": ("Gain of keys", "-9"), "low": ("Low of drums", "8"), "mid": ("Middle of bass", "-7"), "high": ("High of keys", "10")}  # fmt: skip


def test_what_the_page_plays_is_what_the_kernel_makes_of_the_same_settings(mixer, group):
    from stemlab.widgets.desk import mixdown

    for number in (1, 3, 4):
        mixer.locator(".row").nth(number - 1).get_by_role("button", name="Tone of").click()
    for label, value in DESK.values():
        mixer.get_by_label(label).fill(value)
    mixer.get_by_label("Gain of everything").fill("-3")
    mixer.get_by_role("button", name="Mute twin").click()
    code = "document.querySelector('.mixer').engine.bounce({}).then((sides) => sides.map((side) => Array.from(side)))"
    heard = np.array(mixer.evaluate(code), np.float32)
    decoded = np.array(
        engine(mixer, "engine.buffers.map((buffer) => Array.from(buffer.getChannelData(0)))"), np.float32
    )
    again = StemGroup([Stem(s.name, s.prompt, d) for s, d in zip(group, decoded, strict=True)], bpm=120, bars=4)
    again_gain = again.gain
    desk = {
        "stems": {
            "drums": {"low": 8},
            "twin": {"mute": True},
            "bass": {"pan": -0.6, "mid": -7},
            "keys": {"db": -9, "high": 10},
        },
        "master": {"db": -3},
    }
    want = mixdown(again, desk) / again_gain
    assert heard.shape == want.shape == (2, 8 * 32_000)
    assert np.abs(heard - want).max() < 1e-3 and np.abs(heard[0] - heard[1]).max() > 0.01


def test_the_metronome_clicks_on_each_beat_and_the_count_in_comes_before(mixer):
    mixer.get_by_role("button", name="Metronome").click()
    mixer.get_by_role("button", name="Count-in").click()
    mixer.locator(".mixer").focus()
    mixer.keyboard.press("Space")
    mixer.wait_for_function("window.starts.length === 6")
    starts = mixer.evaluate("window.starts")
    assert len({start["when"] for start in starts[:5]}) == 1  # four stems and the clicks
    assert starts[0]["when"] - starts[5]["when"] == pytest.approx(2, abs=1e-6)  # a bar of clicks comes first
    samples = np.array(engine(mixer, "Array.from(engine.clicks.getChannelData(0))"))
    onsets = np.flatnonzero(np.abs(samples) > 0.05)
    onsets = onsets[np.r_[True, np.diff(onsets) > 4000]]
    assert np.allclose(onsets / 16_000, np.arange(16), atol=0.001)
    mixer.keyboard.press("Space")
    assert engine(mixer, "engine.playing") is False


@pytest.mark.parametrize(("meter", "beat", "beats"), [("3/4", 0.5, 3), ("6/8", 0.75, 2)])
def test_bars_of_three_quarters_are_counted_drawn_and_clicked(show, group, meter, beat, beats):
    mixer = show(StemGroup(list(group)[:2], bpm=120, bars=5, settings={"meter": meter}).to_html())
    mixer.wait_for_function("document.querySelector('.mixer').engine.buffers")
    mixer.locator(".mixer").focus()
    for key in ("ArrowRight", "Shift+ArrowRight"):
        mixer.keyboard.press(key)
    assert engine(mixer, "engine.position()") == pytest.approx(1.5 + beat)
    assert "bar 2.2" in mixer.locator(".clock").inner_text()
    mixer.get_by_role("button", name="Count-in").click()
    mixer.get_by_role("button", name="Metronome").click()
    mixer.keyboard.press("Space")
    mixer.wait_for_function("window.starts.length === 4")
    starts = mixer.evaluate("window.starts")
    assert starts[0]["when"] - starts[3]["when"] == pytest.approx(1.5, abs=1e-6)
    samples = np.array(engine(mixer, "Array.from(engine.clicks.getChannelData(0))"))
    rate = engine(mixer, "engine.rate")
    clicks = [samples[round(number * beat * rate) :][: rate // 40] for number in range(2 * beats)]
    assert all(np.abs(click).max() > 0.2 for click in clicks)
    pitch = [np.argmax(np.abs(np.fft.rfft(click, rate))) for click in clicks]
    assert [hz > 1500 for hz in pitch] == [number % beats == 0 for number in range(2 * beats)]
    mixer.keyboard.press("Space")


def test_question_mark_shows_all_keys_and_escape_goes_back(mixer):
    mixer.locator(".mixer").focus()
    mixer.keyboard.press("?")
    assert mixer.get_by_role("dialog").get_by_text("play or pause").is_visible()
    mixer.keyboard.press("Escape")
    mixer.get_by_role("dialog").wait_for(state="detached")
    assert mixer.evaluate("document.activeElement.matches('.mixer')")


def test_every_button_is_large_enough_to_hit(mixer):
    small = "[...document.querySelectorAll('button, summary')].map((b) => b.getBoundingClientRect()).filter((b) => b.width && (b.width < 24 || b.height < 24)).length"
    assert mixer.evaluate(small) == 0


def test_a_page_with_scripts_blocked_has_a_player_for_each_stem(browser, group, tmp_path):
    (tmp_path / "page.html").write_text(group.to_html(), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    assert page.get_by_role("main").count() == 1
    assert page.locator("main audio[controls]").count() == 4 and page.get_by_text("Scripts are off here").is_visible()
    context.close()
