"""The JavaScript between the networks gives what Python gives, on vectors; noise from a seed is normal and shared as told."""

from pathlib import Path

import numpy as np
import pytest

from stemlab.browser.link import link_of
from stemlab.browser.page import MODEL, source
from stemlab.browser.vectors import vectors
from stemlab.figures.colours import FAMILY
from stemlab.widgets.mixer import describe

CHECK = (Path(__file__).parents[1] / "vectors.js").read_text(encoding="utf-8")
EXACT = ("in_interval", "names", "tokens", "marks", "frame marks", "sounding")


@pytest.fixture(scope="module")
def blank(browser):
    """A page that has the JavaScript, and nothing else; `run` evaluates an expression there."""
    page = browser.new_page()
    run = lambda expression, given=None: page.evaluate(  # noqa: E731
        f"async (given) => {{ {source(*MODEL, 'link.js', 'heard.js')}\n{CHECK}\nreturn {expression}; }}", given
    )
    yield run
    page.close()


def test_all_between_the_networks_is_that_of_python(blank):
    found = blank("await checkVectors(given)", vectors())
    assert len(found) == 19
    assert {name: apart for name, apart in found.items() if not 0 <= apart <= (0 if name in EXACT else 3e-5)} == {}


def test_a_wrong_sound_is_seen_by_that_check(blank):
    told, other = vectors(), vectors(seed=1)
    for name in ("stft", "gate", "attack", "ramped"):
        told[name]["audio"] = other[name]["audio"]
    found = blank("await checkVectors(given)", told)
    assert min(found["stft, real"], found["gate"], found["ramped"], found["sharpen_attacks"]) > 1e-2


def test_a_solver_follows_the_times_it_is_told(blank):
    step = "(async (x, t) => x.map(() => 2 * t))"
    found = blank(f"[...await solve({step}, new Float32Array([1]), [0, 0.25, 1], 0)]")
    assert found == pytest.approx([1 + 0.25 * 0 + 0.75 * 0.5])


def test_noise_of_a_seed_is_normal_and_shared_by_rho(blank):
    told = blank(
        "(() => { const [a, b] = stemNoise(7, ['bass', 'keys'], 40000, given); const mean = (of) => "
        "a.reduce((sum, _, i) => sum + of(i), 0) / a.length; return [mean((i) => a[i]), mean((i) => a[i] ** 2), "
        "mean((i) => a[i] ** 4), mean((i) => a[i] * b[i])]; })()",
        0.3,
    )
    assert told == pytest.approx([0, 1, 3, 0.3], abs=0.1)
    assert blank("[...normals('7', 3)]") == pytest.approx([1.5847408, -1.0477376, 0.1097094], abs=1e-6)  # for ever
    same, other = blank("[7, 8].map((seed) => [...stemNoise(seed, ['bass'], 4, 0)[0]])")
    assert same == blank("[...stemNoise(7, ['drums', 'bass'], 4, 0)[1]]") and same != other


@pytest.mark.parametrize(
    "change, words",
    [
        ({"stems": []}, "a band has 1 to"),
        ({"stems": ["!!"]}, "has no name"),
        ({"stems": ["no drums"]}, "remove it"),
        ({"bpm": 20}, "Tempo: got 20"),
        ({"bars": 40}, "ask for fewer bars"),
        ({"bars": 2.5}, "a whole number"),
        ({"seed": -1}, "Seed: got -1"),
        ({"key": "H moll"}, "Key: got"),
        ({"coupling": "noise", "rho": 2}, "Shared noise: got 2"),
        ({"coupling": "magic"}, "Coupling: got"),
        ({"activity": {"bass": "xx"}}, "there is no stem"),
        ({"activity": {"drums": "xx"}}, "it takes 4 characters"),
    ],
)
def test_what_cannot_be_made_is_said_in_a_line(blank, change, words):
    asked = {
        "stems": ["drums"], "prompt": "", "bpm": 120, "key": None, "bars": 4, "seed": 0, "activity": {}, "rho": 1,
        "coupling": "attention", "again": [],
    }  # fmt: skip
    told = {"most_stems": 16, "longest": 20, "keys": ["A minor"]}
    check = "(() => { try { checkRequest(...given); return ''; } catch (error) { return error.message; } })()"
    assert blank(check, [asked, told]) == ""
    assert words in blank(check, [asked | change, told]) and "\n" not in blank(check, [asked | change, told])


@pytest.fixture(scope="module")
def group(tiny):
    return tiny.generate(
        ["drums: a & b", "bass 2: öl", "flute"], prompt="so + so", bpm=150, key="a minor", bars=2, seed=5, steps=1,
        activity={"drums": "x.", "bass 2": ".."}, coupling="noise", rho=0.3,
    )  # fmt: skip


def test_a_group_of_python_is_a_link_that_the_page_reads_and_writes(blank, group, tiny):
    link = link_of(group)
    assert blank("fromLink(given)", link) == {
        "stems": ["drums: a & b", "bass 2: öl", "flute"], "prompt": "so + so", "bpm": 150, "key": "A minor", "bars": 2,
        "seed": 5, "activity": {"drums": "x.", "bass 2": ".."}, "coupling": "noise", "rho": 0.3, "again": [],
    }  # fmt: skip
    assert blank("toLink(fromLink(given))", link + "&again=bass+2:6") == link + "&again=bass+2:6"
    assert blank("fromLink('')") is None
    free = blank("fromLink(given)", link_of(tiny.generate(["bass"], seconds=8, steps=1)))
    assert free["bpm"] is None and free["key"] is None and free["coupling"] == "attention"


def test_a_group_that_the_page_cannot_make_has_no_link(blank, tiny):
    ask = {"bpm": 240, "bars": 1, "steps": 1}
    assert link_of(tiny.generate(["a", "b"], **ask)) is not None
    song = blank("fromLink(given)", link_of(tiny.generate(["a"], **ask, coupling="song")))
    assert song["coupling"] == "song"
    for other in (
        {"coupling": "song", "rho": 0.5},
        {"scheme": "k-pass"},
        {"negative": "x"},
        {"activity": {"a": "x.x./"}},
        {"loop": True},
    ):
        assert link_of(tiny.generate(["a", "b"], **ask, **other)) is None, other
    assert link_of(tiny.vary(tiny.generate(["a"], **ask), "a")) is None
    assert link_of(tiny.generate(["a"], seconds=1, steps=1)) is None


def test_the_mixer_shows_what_it_shows_in_a_notebook(blank, group):
    asked = {
        "stems": [stem.prompt for stem in group], "bpm": 150, "bars": 2, "activity": group.settings["activity"],
    }  # fmt: skip
    audio = {stem.name: stem.audio.tolist() for stem in group}
    given = [asked, group.names, audio, {"grid": {"sample_rate": 32000, "frame": 2048}, "families": FAMILY}]
    sounds = "Object.fromEntries(Object.entries(given[2]).map(([name, samples]) => [name, Float32Array.from(samples)]))"
    about = blank(f"aboutBand(given[0], given[1], {group[0].audio.size}, {sounds}, given[3])", given)
    true = describe(group)
    assert {name: about[name] for name in ("rate", "beat", "downbeat")} == {
        name: true[name] for name in ("rate", "beat", "downbeat")
    }
    assert about["bars"] == pytest.approx(true["bars"]) and about["seconds"] == pytest.approx(true["seconds"])
    for here, there in zip(about["stems"], true["stems"], strict=True):
        assert {n: here[n] for n in ("name", "prompt", "words", "colour")} == {
            n: there[n] for n in ("name", "prompt", "words", "colour")
        }
        assert max(abs(a - b) for a, b in zip(here["peaks"], there["peaks"], strict=True)) <= 1
        assert np.ravel(here["active"]) == pytest.approx(np.ravel(there["active"]), abs=1e-3)
        if there["asked"] is not None:  # whole bars here, latent frames there
            assert np.ravel(here["asked"]) == pytest.approx(np.ravel(there["asked"]), abs=0.07)
