"""Takes that are named, starred and deleted; bars near what they were or played twice; sketches; a beat that is in doubt.

What the page says while an action ends is not lost.
"""

import threading

import numpy as np
import pytest
import torch
from studios import SMALL, done

import stemlab
from stemlab import StemGroup
from stemlab.codec.audio import write
from stemlab.lab.beats import listen
from stemlab.widgets import studio_form
from stemlab.widgets.studio_actions import generate
from stemlab.widgets.studio_form import tidy
from stemlab.widgets.studio_session import StudioSession, beat_of
from stemlab.widgets.studio_sketch import predicted_end


@pytest.fixture
def session(tiny):
    return StudioSession(tiny, SMALL)


def test_takes_are_named_starred_and_deleted_and_what_was_made_from_them_stays(session):
    for what, details in (("generate", {}), ("vary", {"stem": 0}), ("vary", {"stem": 1})):
        done(session, what, **details)
    done(session, "name", take=1, name=" the good one ")
    done(session, "star", take=1)
    assert (session.takes[1].name, session.takes[1].star) == ("the good one", True)
    done(session, "delete", take=1)
    assert session.living() == [0, 2] and session.current == 2
    assert session.code.count("lab.vary") == 2  # the way to it leads through the one that is gone
    assert done(session, "undo").current == 0 and done(session, "redo").current == 2
    assert "was deleted" in done(session, "go", take=1).error
    done(session, "delete", take=2)
    assert session.current == 0 and session.living() == [0]
    assert "only take" in done(session, "delete", take=0).error and session.living() == [0]
    assert "up to 60" in done(session, "name", take=0, name="x" * 61).error


def test_four_takes_are_told_for_comparing_blind(session):
    done(session, "four")
    assert session.four == [0, 1, 2, 3]
    done(session, "delete", take=2)
    assert session.four == [0, 1, 3]


def test_bars_are_made_near_what_they_are(session):
    before = done(session, "generate").group
    near = done(session, "inpaint", name="bass", bars=[2], rho=0.9).group
    assert session.takes[-1].title == "bass, bar 2, vary" and "rho=0.9" in session.code
    done(session, "undo")
    far = done(session, "inpaint", name="bass", bars=[2]).group
    apart = [float((g["bass"].latent - before["bass"].latent).square().mean()) for g in (near, far)]
    assert 0 < apart[0] < apart[1] / 2
    assert np.array_equal(before["bass"].audio[:30_000], near["bass"].audio[:30_000])


def test_bars_are_played_twice_and_the_session_makes_it_again(session, tiny, tmp_path):
    done(session, "generate")
    first = done(session, "repeat", name="bass", bars=[1]).group
    assert session.error == "" and session.takes[-1].title == "bass, bar 1 twice"
    assert 'group.repeat("bass", [1])' in session.code
    sound = first["bass"].audio
    assert np.array_equal(sound[:31_400], sound[32_000:63_400])  # but for the crossing over before the bar line
    assert np.array_equal(first["drums"].audio, session.takes[0].group["drums"].audio)
    loaded = StemGroup.load(first.save(tmp_path / "out"))
    again = tiny.regenerate(loaded)
    assert np.array_equal(again.audio, first.audio)
    assert "give way: up to 1" in done(session, "repeat", name="bass", bars=[2]).error
    assert done(session, "vary", stem=1).error == ""


def test_sketches_are_heard_on_the_way_when_they_are_wanted(tiny):
    heard = []
    session = StudioSession(tiny, {**SMALL, "steps": 8, "sketch": True}, lambda kind, data: heard.append((kind, data)))
    done(session, "generate")
    sketches = [data for kind, data in heard if kind == "sketch"]
    assert [(done, total) for done, total, _, _ in sketches] == [(2, 8), (4, 8), (6, 8)]
    assert all(len(mix) == 65_536 and rate == 32_000 and np.abs(mix).max() < 0.91 for _, _, mix, rate in sketches)
    end = session.group.mix()[:64_000]
    near = [np.corrcoef(mix[:64_000], end)[0, 1] for _, _, mix, _ in sketches]
    assert near[-1] > near[0]  # the later, the nearer
    heard.clear()
    session.form = tidy({**session.form, "sketch": False})
    done(session, "generate")
    assert not [kind for kind, _ in heard if kind == "sketch"]


def test_a_sketch_lies_at_the_end_of_the_straight_way():
    noise, data = torch.randn(2, 3, 5), torch.randn(2, 3, 5)
    at = lambda t: (1 - t) * noise + t * data  # noqa: E731
    assert torch.allclose(predicted_end(at(0.0625), at(0.25), 0.0625, 0.25), data, atol=1e-5)


def test_a_beat_in_doubt_is_told_with_its_second_reading(tmp_path):
    rng = np.random.default_rng(3)
    audio = np.zeros(8 * 32_000, np.float32)
    for beat in range(16):  # equal clicks: any of four beats may be the first
        audio[beat * 16_000 : beat * 16_000 + 600] += rng.standard_normal(600).astype(np.float32) * 0.3
    heard, beat = beat_of(write(tmp_path / "clicks.wav", audio)), listen(audio)
    assert heard["bpm"] == beat.bpm and heard["doubt"] == (beat.sure < 0.6)
    assert heard["second"] == [pytest.approx(beat.second[0], abs=0.01), pytest.approx(beat.second[1], abs=0.01)]
    assert beat_of(write(tmp_path / "none.wav", np.zeros(64_000, np.float32))) is None


def test_the_reading_that_was_chosen_is_told_to_accompany():
    form = tidy({**SMALL, "audio": "guitar.wav", "bpm": 120, "downbeat": 0.31})
    assert "bpm=120" in generate(form, None).code and "downbeat=0.31" in generate(form, None).code
    assert "downbeat" not in generate(tidy({**form, "downbeat": None}), None).code


def test_a_field_that_is_changed_while_an_action_ends_stays_changed(tiny, monkeypatch):
    studio = stemlab.studio(tiny, **SMALL)
    studio.send = lambda content, buffers=None: None
    ending, changed = threading.Event(), threading.Event()

    def carried(before, after):
        if threading.current_thread() is studio._session._thread:  # its form is on the way to the page
            ending.set()
            changed.wait(0.3)
        return studio_form.carried(before, after)

    monkeypatch.setattr("stemlab.widgets.studio.carried", carried)
    studio._heard(studio, {"do": "generate"}, [])
    assert ending.wait(60)
    studio._heard(studio, {"do": "set", "told": {"seed": 99}, "edit": 1}, [])
    changed.set()
    studio._session.wait(60)
    assert studio.form["seed"] == studio._session.form["seed"] == 99


def test_a_take_that_is_shown_can_be_heard_whoever_shows_it_first(tiny):
    studio, sent = stemlab.studio(tiny, **SMALL), []
    studio.send = lambda content, buffers=None: sent.append(content)
    tell = studio._session._tell
    studio._session._tell = lambda kind, data: None  # the take is there, and nobody was told of it yet
    done(studio._session, "generate")
    studio._session._tell = tell
    studio._heard(studio, {"do": "set", "told": {"seed": 99}, "edit": 1}, [])
    assert len(studio.view["takes"]) == 1
    studio._heard(studio, {"do": "sound", "take": 0}, [])
    assert sent[-1]["kind"] == "sound"
