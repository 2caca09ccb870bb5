"""The page that makes a band: what it makes is what Python makes from the same noise, and it asks nobody but its own server."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import torch

from stemlab.browser.page import MODEL, band_html, source, write_band_page
from stemlab.browser.runtime import ARCHIVE, runtime_files, unpack
from stemlab.codec.spectrum import stft
from stemlab.lab.stem_lab import StemLab

ASKED = "#stem=drums:+tight+funk+kit&stem=bass:+%C3%B6l+%F0%9F%A5%81&prompt=funk&bpm=150&bars=2&key=A+minor&seed=7"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site(tiny, tmp_path_factory):
    """The page with a tiny model, and the address of a plain static server."""
    try:
        runtime_files()
    except ValueError as error:
        pytest.skip(f"no runtime for the browser: {error}")
    folder = tmp_path_factory.mktemp("site")
    write_band_page(tiny, folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/band.html", folder
    server.shutdown()


@pytest.fixture
def visit(browser, site):
    """Opens the page and waits for its model; at the end there was no error, and no request to anybody else."""
    contexts, seen = [], []

    def opened(link="", width=900, context=None, ready=True, dark=False):
        if context is None:
            context = browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light"
            )
            contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("console", lambda line: seen.append(line.text) if line.type in ("error", "warning") else None)
        context.on(
            "request",
            lambda asked: None if asked.url.startswith((site[0][:17], "data:", "blob:")) else seen.append(asked.url),
        )
        page.goto(site[0] + link)
        if ready:
            page.wait_for_function("document.querySelector('.note').textContent === 'Ready.'", timeout=120_000)
        return page

    opened.seen = seen
    yield opened
    for context in contexts:
        context.close()
    assert seen == []


def press(page, name="Generate the band"):
    page.get_by_role("button", name=name).click()


def made(page):
    """The stems that the page has made: by name, in order."""
    page.wait_for_function("document.querySelector('.note').textContent.includes('made in')", timeout=120_000)
    told = page.evaluate(
        "(({ names, audio, latents }) => names.map((name) => [name, [...audio[name]], [...latents[name]]]))(window.stemlabBand)"
    )
    return {name: (np.float32(audio), np.float32(latents)) for name, audio, latents in told}


def javascript(page, expression):
    return page.evaluate(f"async () => {{ {source(*MODEL)}\nreturn {expression}; }}")


@pytest.fixture
def python(tiny, monkeypatch):
    """The model in Python, in float32, from the page's noise."""

    def lab(page):
        def noise(seed, names, channels, frames, rho=1.0):
            told = javascript(
                page, f"stemNoise({seed}, {list(names)}, {channels * frames}, {rho}).map((one) => [...one])"
            )
            return torch.tensor(told).reshape(-1, channels, frames)

        def fresh(seed, name, channels, frames):
            return torch.tensor(javascript(page, f"[...freshNoise({seed}, {name!r}, {channels * frames})]")).reshape(
                channels, frames
            )

        for place in ("sampling", "codec.bundled", "codec.vocoder"):
            monkeypatch.setattr(f"stemlab.{place}.autocast", lambda _: torch.no_grad())
        monkeypatch.setattr("stemlab.lab.draft.stem_noise", noise)
        monkeypatch.setattr("stemlab.lab.draft.fresh_noise", fresh)
        return StemLab(tiny.model, tiny.codec, "x", "cpu")

    return lab


def magnitude(audio):
    return stft(torch.from_numpy(audio[: len(audio) // 512 * 512])[None]).abs()


def agree(stems, group):
    """Latents within 1e-3, magnitudes within 5 % of their power.

    Waveforms need not agree: the phase of noise is chaotic, and Python's own is another one after a change of 1e-6 in the latents.
    """
    assert list(stems) == group.names
    for stem in group:
        audio, latent = stems[stem.name]
        assert np.abs(latent - stem.latent.numpy().ravel()).max() < 1e-3 * np.abs(latent).max()
        assert audio.shape == stem.audio.shape and np.abs(audio).max() > 1e-3
        here, there = magnitude(audio), magnitude(stem.audio)
        assert (here - there).square().sum() < 0.05 * there.square().sum()


REQUEST = {"prompt": "funk", "bpm": 150, "bars": 2, "key": "A minor", "seed": 7}
STEMS = ["drums: tight funk kit", "bass: öl 🥁"]


@pytest.mark.parametrize("coupling", ["song", "attention"])
def test_a_band_is_that_of_python_from_the_same_noise_and_one_stem_is_made_again(visit, python, coupling):
    page = visit(f"{ASKED}&plays=bass:x.&coupling={coupling}")
    lab = python(page)
    press(page)
    stems = made(page)
    group = lab.generate(STEMS, **REQUEST, activity={"bass": "x."}, coupling=coupling)
    agree(stems, group)
    assert not stems["bass"][0][52000:].any()  # it rests in bar 2
    page.evaluate("document.querySelector('.note').textContent = ''")
    press(page, "Make bass anew; the others stay")
    again = made(page)
    assert np.array_equal(again["drums"][0], stems["drums"][0]) and not np.array_equal(
        again["bass"][0], stems["bass"][0]
    )
    agree(again, lab.vary(group, "bass", seed=8, rho=0.0))
    assert page.url.endswith("&again=bass:8")


def test_stems_that_share_noise_are_those_of_python(visit, python):
    page = visit(f"{ASKED}&rho=0.5")
    lab = python(page)
    press(page)
    agree(made(page), lab.generate(STEMS, **REQUEST, coupling="noise", rho=0.5))
    assert page.get_by_label("Shared noise, rho").input_value() == "0.5"


def test_a_link_makes_the_same_band_and_the_page_opens_offline(visit, screens):
    page = visit()
    page.get_by_label("Words for a stem").first.fill("drums: brushes")
    for _ in range(2):
        page.get_by_role("button", name="Remove this stem").last.click()
    press(page)
    stems = made(page)
    page.screenshot(path=screens / "band.png", full_page=True)
    link = page.get_by_label("Address of this band").input_value()
    assert "stem=drums:+brushes" in link and link == page.url
    page.wait_for_function("navigator.serviceWorker.ready.then(() => caches.match('band.html')).then(Boolean)")
    page.context.set_offline(True)
    again = visit("#" + link.partition("#")[2], context=page.context)
    press(again)
    for name, (audio, _) in made(again).items():
        assert np.array_equal(audio, stems[name][0])


def test_cancel_stops_and_the_next_band_is_made(visit):
    page = visit("#stem=a&stem=b&stem=c&stem=d&stem=e&stem=f&stem=g&stem=h&bpm=60&bars=5")
    page.evaluate("""() => {
      const [note, cancel] = [document.querySelector(".note"), document.querySelector("button[aria-label=Cancel]")];
      new MutationObserver((_, observer) => { observer.disconnect(); cancel.click(); }).observe(note, { childList: true });
    }""")  # at the first step that is told: a band this small might be done before a driver comes to it
    press(page)
    page.wait_for_function("document.querySelector('.note').textContent === 'Cancelled.'", timeout=60_000)
    assert page.evaluate("window.stemlabBand") is None
    page.get_by_label("Bars").fill("1")
    press(page)
    assert len(made(page)) == 8


def test_odd_words_are_made_or_answered_in_a_line(visit):
    page = visit(
        "#stem=%3Cb%3Ex%3C/b%3E&stem=drums&stem=drums&stem=" + "y" * 300 + "&prompt=%22%27%3C/script%3E&bpm=240&bars=1"
    )
    press(page)
    assert list(made(page)) == ["b x b", "drums", "drums 2", "y" * 40]
    assert page.locator(".mixer b").count() == 0
    page.get_by_label("Words for a stem").first.fill("...")
    press(page)
    assert "has no name" in page.get_by_role("alert").inner_text()
    page.get_by_label("Words for a stem").first.fill("bass")
    page.get_by_label("Tempo, bpm").fill("10")
    press(page)
    assert "Tempo: got 10" in page.get_by_role("alert").inner_text()


def test_a_phone_shows_all_of_it(visit, screens):
    page = visit(f"{ASKED}&plays=bass:x.&rho=0.5", width=400, dark=True)
    press(page)
    made(page)
    page.screenshot(path=screens / "band_phone.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_the_files_are_those_of_the_samples(visit):
    page = visit(ASKED)
    press(page)
    stems = made(page)
    page.locator(".files summary").click()
    assert "from the samples themselves" in page.locator(".files").inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the mix as it is set now").click()
    assert download.value.suggested_filename == "mix_150bpm.wav"
    import soundfile

    mix, rate = soundfile.read(download.value.path())
    apart = np.abs(mix - sum(audio for audio, _ in stems.values()))
    assert rate == 32000 and apart[64:-64].max() < 1e-3  # at either end the mixer bends 2 ms of what stops in mid-wave


def test_a_damaged_file_is_told_and_not_kept(visit, site):
    file = site[1] / "band" / "bands.onnx"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"x")
    try:
        page = visit(ready=False)
        page.wait_for_function("document.querySelector('.problem')?.textContent.includes('damaged')", timeout=60_000)
        file.write_bytes(whole)
        visit(context=page.context)
    finally:
        file.write_bytes(whole)


def test_as_a_file_it_says_how_to_serve_it(browser, site):
    page = browser.new_page()
    page.goto((site[1] / "band.html").as_uri())
    assert "python -m http.server" in page.get_by_role("alert").inner_text()
    page.close()


def test_another_package_than_the_pinned_one_is_refused(tmp_path):
    (tmp_path / ARCHIVE).write_bytes(b"something else")
    with pytest.raises(ValueError, match="not the pinned one"):
        unpack(tmp_path / ARCHIVE, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_text_ends_the_script_of_the_page():
    assert band_html({"x": "</script><script>alert(1)"}).count("</script>") == 2
