"""The studio without its face: actions, history, errors and cancelling, with tiny random weights."""

import threading

import numpy as np
import pytest
from studios import SMALL, done

import stemlab
from stemlab.widgets.studio_form import DEFAULTS, form_of, names_of, new_stem, request, suggestions, tidy
from stemlab.widgets.studio_session import StudioSession


@pytest.fixture
def session(tiny):
    return StudioSession(tiny, SMALL)


def same(first, second):
    return first.names == second.names and np.array_equal(first.audio, second.audio)


def test_generate_makes_what_the_form_says(session, tiny):
    assert done(session, "generate").error == ""
    want = tiny.generate(["drums: kit", "bass: slap"], "funk", 240, "A minor", 2, seed=7, steps=4)
    assert same(session.group, want)


def test_the_code_of_a_take_makes_the_same_samples(session, tiny, monkeypatch):
    done(session, "generate")
    session.form = tidy({**session.form, "stems": ["drums: kit", "bass: fretless", "keys: organ"]})
    done(session, "fit", stem=1)
    done(session, "fit", stem=2)
    done(session, "vary", stem=0)
    done(session, "again", stem=1)
    done(session, "remove", stem=0)
    assert [take.title for take in session.takes] == [
        "generate",
        "fit bass",
        "add keys",
        "vary drums",
        "regenerate bass",
        "remove drums",
    ]
    monkeypatch.setattr(stemlab, "load", lambda: tiny, raising=False)
    told = {}
    exec(session.code.replace("# lab is", "lab = stemlab.load()  #"), told)
    assert same(told["group"], session.group)


def test_fit_leaves_the_other_stems_bit_identical(session):
    before = done(session, "generate").group
    session.form = tidy({**session.form, "stems": ["drums: brushes", "bass: slap"]})
    after = done(session, "fit", stem=0).group
    assert np.array_equal(before["bass"].audio, after["bass"].audio)
    assert not np.array_equal(before["drums"].audio, after["drums"].audio)


def test_locked_stems_stay_when_the_others_are_made_anew(session):
    before = done(session, "generate").group
    session.form = tidy(
        {**session.form, "stems": [{"prompt": "drums: kit", "locked": True}, {"prompt": "bass: slap"}, "keys"]}
    )
    after = done(session, "generate").group
    assert session.takes[-1].title == "generate around drums"
    assert np.array_equal(before["drums"].audio, after["drums"].audio)
    assert after.names == ["drums", "bass", "keys"]
    assert not np.array_equal(before["bass"].audio, after["bass"].audio)


def test_a_locked_stem_is_not_bent_to_another_tempo(session):
    done(session, "generate")
    session.form = tidy({**session.form, "bpm": 120, "stems": [{"prompt": "drums: kit", "locked": True}, "bass: slap"]})
    assert "bpm" in done(session, "generate").error and len(session.takes) == 1


def test_undo_brings_back_the_take_and_its_form(session):
    first = done(session, "generate").group
    form = session.form
    done(session, "remove", stem=1)
    assert session.group.names == ["drums"] and names_of(session.form) == ["drums"]
    done(session, "undo")
    assert session.group is first and session.form == form
    assert "nothing to undo" in done(session, "undo").error
    done(session, "go", take=1)
    assert session.group.names == ["drums"]


def test_cancel_works_within_one_step_and_leaves_what_was_there(tiny):
    steps = []
    session = StudioSession(tiny, {**SMALL, "steps": 500}, lambda kind, data: heard(kind, data))

    def heard(kind, data):
        if kind == "progress":
            steps.append(data)
            if data[0] == 3:
                session.do("cancel")

    done(session, "generate")
    assert steps[-1] == (3, 500)
    assert session.takes == [] and session.busy == "" and "Cancelled" in session.note
    session.form = tidy({**session.form, "steps": 2})
    assert done(session, "generate").group.names == ["drums", "bass"]


def test_one_action_at_a_time_and_the_caller_is_free_meanwhile(tiny):
    going = threading.Event()
    session = StudioSession(tiny, SMALL, lambda kind, data: going.wait(20) if kind == "progress" else None)
    session.do("generate")
    assert session.busy == "generate" and session.group is None
    session.do("generate")
    assert "still going on" in session.error
    going.set()
    session.wait(60)
    assert session.busy == "" and len(session.takes) == 1


def test_progress_counts_every_step_of_every_call_once(tiny):
    steps = []
    session = StudioSession(tiny, SMALL, lambda kind, data: steps.append(data) if kind == "progress" else None)
    done(session, "generate")
    assert steps == [(i, 4) for i in range(1, 5)]
    session.form = tidy({**session.form, "stems": [{"prompt": "drums: kit", "locked": True}, "bass: pick", "keys"]})
    steps.clear()
    done(session, "generate")
    assert steps == [(i, 8) for i in range(1, 9)]


def test_a_file_is_accompanied_and_its_tempo_and_bars_are_taken_over(tiny, tmp_path):
    from stemlab.codec.audio import write

    audio = write(tmp_path / "click.wav", np.tile(np.r_[np.ones(200), np.zeros(7800)], 24).astype(np.float32) * 0.5)
    session = StudioSession(tiny, {**SMALL, "bpm": 240, "audio": str(audio)})
    group = done(session, "generate").group
    assert session.error == "" and session.takes[-1].title == "accompany"
    assert len(group.names) == 3 and set(group.names) > {"drums", "bass"}
    assert (session.form["bpm"], session.form["bars"]) == (group.bpm, group.bars)
    assert "lab.accompany(" in session.code
    assert names_of(form_of(group)) == ["drums", "bass"]
    session.form = tidy({**session.form, "audio": "", "stems": [{"prompt": "drums: kit", "locked": True}, "keys"]})
    after = done(session, "generate").group
    assert session.error == "" and after.names == [group.names[0], "drums", "keys"]
    assert np.array_equal(after[0].audio, group[0].audio)


def test_a_group_that_lost_a_stem_can_be_made_again_from_its_history(session, tiny):
    done(session, "generate")
    done(session, "remove", stem=0)
    done(session, "vary", stem=0)
    assert same(tiny.regenerate(session.group), session.group)


WRONG = {
    "a tempo that there is not": ({"bpm": 1000}, "generate", {}, "bpm"),
    "an empty text": ({"stems": ["drums", ""]}, "generate", {}, "stems"),
    "no steps": ({"steps": 0}, "generate", {}, "steps"),
    "a seed that was deleted": ({"seed": None}, "generate", {}, "seed"),
    "too long": ({"bpm": 40, "bars": 64}, "generate", {}, "bars"),
    "nothing to change": ({}, "fit", {"stem": 0}, "Generate first"),
    "nothing to save": ({}, "save", {"folder": "x"}, "Generate first"),
    "no such session": ({}, "load", {"folder": "nowhere"}, "session.json"),
    "no such family": ({}, "new_stem", {"family": "flutes"}, "family"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_an_error_is_one_line_and_the_studio_goes_on_working(tiny, case):
    form, what, details, words = WRONG[case]
    session = StudioSession(tiny, {**SMALL, **form})
    done(session, what, **details)
    assert words in session.error and "\n" not in session.error and session.busy == ""
    session.form = tidy(SMALL)
    assert done(session, "generate").error == "" and session.group is not None


def test_a_session_is_saved_and_loaded_and_goes_on(session, tiny, tmp_path):
    folder = str(tmp_path / "mine")
    made = done(session, "generate").group
    assert done(session, "save", folder=folder).error == ""
    assert "not empty" in done(session, "save", folder=folder).error
    other = done(StudioSession(tiny), "load", folder=folder)
    assert same(other.group, made)
    assert {k: other.form[k] for k in ("bpm", "bars", "steps", "prompt", "key", "seed")} == {
        k: session.form[k] for k in ("bpm", "bars", "steps", "prompt", "key", "seed")
    }
    other.form = tidy({**other.form, "stems": ["drums: kit", "bass: slap", "keys"]})
    assert done(other, "fit", stem=2).group.names == ["drums", "bass", "keys"]
    assert "StemGroup.load" in other.code


def test_what_was_painted_reaches_the_group(session):
    session.form = tidy({**session.form, "activity": {"bass": ".x"}})
    assert done(session, "generate").group.settings["activity"] == {"bass": ".x"}
    session.form = tidy({**session.form, "activity": {"bass": "x."}, "stems": ["drums: kit", "bass: pick"]})
    assert "next Generate" in done(session, "fit", stem=1).note


def test_a_form_keeps_its_patterns_in_line_with_stems_and_bars():
    form = tidy({"stems": ["bass", "keys"], "bars": 4, "activity": {"bass": "x..x", "flute": "xxxx"}})
    assert form["activity"] == {"bass": "x..x"}
    assert tidy({**form, "bars": 6})["activity"] == {"bass": "x..xxx"}
    assert tidy({**form, "bars": 2})["activity"] == {"bass": "x."}
    assert tidy({**form, "bpm": None})["activity"] == {}


def test_open_tempo_and_key_are_left_out_of_the_request():
    asked = request(tidy({"bpm": None, "key": None}))
    assert asked["bars"] is None and asked["key"] is None and asked["rho"] is None
    assert request(tidy({"coupling": "noise", "rho": 0.5}))["rho"] == 0.5


def test_the_form_of_a_group_asks_for_it_again(session):
    group = done(session, "generate").group
    assert form_of(group) == {**session.form, "guidance": 2.5, "mates": 4.0}  # steps were asked for: it is the flow
    with pytest.raises(ValueError, match="it takes stems"):
        tidy({"tempo": 100})


def test_suggestions_begin_with_their_family_and_new_stems_differ():
    told = suggestions()
    assert all(len(words) >= 4 and all(w.startswith(f"{family}: ") for w in words) for family, words in told.items())
    form = tidy({})
    for _ in range(3):
        form = tidy({**form, "stems": [*form["stems"], new_stem(form, "drums")]})
    assert len({stem["prompt"] for stem in form["stems"]}) == len(DEFAULTS["stems"]) + 3


def test_the_widget_shows_rows_in_the_mixers_colours_and_follows_its_form(tiny):
    from stemlab.figures.colours import colours

    studio = stemlab.studio(tiny, **SMALL)
    assert [row["name"] for row in studio.view["rows"]] == ["drums", "bass"]
    studio.form = {**studio.form, "stems": [{"prompt": "keys: organ"}]}
    assert studio.view["rows"][0] == {"name": "keys", "colour": colours(["keys"])[0], "made": False, "same": False}
    assert "lab.generate" in studio.code and '"keys: organ"' in studio.code and studio.group is None


def test_the_widget_answers_what_the_page_asks(tiny, monkeypatch):
    studio = stemlab.studio(tiny, **SMALL)
    sent = []
    studio.send = lambda content, buffers=None: sent.append((content, buffers))
    studio._heard(studio, {"do": "generate", "form": {**studio.form, "seed": 3}}, [])
    studio._session.wait(60)
    assert studio.view["error"] == "" and studio.group.settings["seed"] == 3
    studio._heard(studio, {"do": "sound", "take": 0}, [])
    content, buffers = sent[-1]
    assert content["kind"] == "sound" and len(buffers) == len(content["about"]["stems"]) == 2
    studio._heard(studio, {"do": "audio", "name": "my take.mp3"}, [memoryview(b"RIFF")])
    assert studio.form["audio"].endswith("my take.wav")
    monkeypatch.setattr("stemlab.widgets.studio.MOST_UPLOAD", 3)
    studio._heard(studio, {"do": "audio", "name": "long.mp3"}, [memoryview(b"RIFF")])
    assert studio.view["error"] == "audio: got 4 bytes; it takes up to 3." and studio.form["audio"].endswith(
        "my take.wav"
    )


def test_messages_that_only_ask_leave_the_form_alone(tiny):
    studio = stemlab.studio(tiny, **SMALL)
    sent = []
    studio.send = lambda content, buffers=None: sent.append((content, buffers))
    studio._heard(studio, {"do": "generate"}, [])
    studio._session.wait(60)
    studio._heard(studio, {"do": "remove", "stem": 0}, [])
    studio._session.wait(60)
    for asked in (
        {"do": "sound", "take": 0},
        {"do": "ping", "order": 3},
        {"do": "export", "take": 0, "what": "mix", "order": 4},
    ):
        studio._heard(studio, asked, [])
    assert names_of(studio.form) == ["bass"]
    (content, buffers), *_ = [one for one in sent if one[0].get("order") == 4]
    assert content["name"] == "funk_240bpm_mix.wav" and buffers[0][:4] == b"RIFF"
    assert [content for content, _ in sent if content.get("order") == 3]


def test_what_is_typed_while_a_stem_is_removed_stays_and_the_stem_stays_away(tiny):
    going = threading.Event()
    session = StudioSession(tiny, SMALL)
    done(session, "generate")
    session._save = lambda *given: None
    begin = session._make

    def slowly(*given):
        going.wait(20)
        begin(*given)

    session._make = slowly
    session.do("remove", stem=0)
    session.change({"bpm": 90, "stems": [{"prompt": "drums: kit"}, {"prompt": "bass: fretless"}]})
    going.set()
    session.wait(60)
    assert session.form["bpm"] == 90 and session.form["stems"] == [{"prompt": "bass: fretless", "locked": False}]


def test_bars_stay_with_their_stem_when_its_words_or_its_place_change():
    from stemlab.widgets.studio_form import carried, dropped

    before = tidy(
        {"stems": ["keys: organ", "keys: piano", "bass"], "bars": 2, "activity": {"keys 2": ".x", "bass": "x."}}
    )
    after = carried(before, {**before, "stems": ["keys: organ", "lead: flute", "bass"]})
    assert after["activity"] == {"lead": ".x", "bass": "x."}
    assert dropped(before, 0)["activity"] == {"keys": ".x", "bass": "x."}
    painted = carried(before, {**before, "activity": {"bass": "xx"}})
    assert painted["activity"] == {"bass": "xx"}


def test_a_file_that_was_dropped_keeps_its_name_in_code_and_tells_its_tempo(tiny, tmp_path):
    import io

    import soundfile

    clicks = np.zeros(8 * 32_000, np.float32)
    clicks[:: 32_000 * 60 // 96] = 0.9  # 96 bpm
    audio = np.convolve(clicks, np.exp(-np.arange(400) / 60))[: len(clicks)]
    file = io.BytesIO()
    soundfile.write(file, audio, 32_000, format="WAV")
    studio = stemlab.studio(tiny, **{**SMALL, "bpm": 100})
    name = "a take of the guitar with a name that is quite long.mp3"
    studio._heard(studio, {"do": "audio", "name": name}, [memoryview(file.getvalue())])
    assert studio.view["heard"]["bpm"] == pytest.approx(96, abs=0.5)
    assert studio.form["audio"].endswith("a take of the guitar with a name that is.wav")
    assert (
        'lab.accompany(\n    "a take of the guitar with a name that is.wav"' in studio.code
        and "/tmp" not in studio.code
    )
    assert "your own file" in studio.code


def test_saving_over_something_is_told_in_the_studios_own_words(session, tmp_path):
    done(session, "generate")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "song.txt").write_text("mine")
    error = done(session, "save", folder=str(tmp_path / "mine")).error
    assert "tick Replace" in error and "--force" not in error
    assert done(session, "save", folder=str(tmp_path / "mine"), replace=True).error == ""
    assert (tmp_path / "mine" / "song.txt").exists()


def test_bars_of_a_stem_are_made_anew_and_the_rest_stays(session):
    before = done(session, "generate").group
    after = done(session, "inpaint", name="bass", bars=[2]).group
    assert session.error == "" and session.takes[-1].title == "bass, bar 2"
    assert np.array_equal(before["drums"].audio, after["drums"].audio)
    assert np.array_equal(before["bass"].audio[:30_000], after["bass"].audio[:30_000])
    assert not np.array_equal(before["bass"].audio[33_000:], after["bass"].audio[33_000:])
    assert 'lab.inpaint(group, "bass", [2])' in session.code
    assert "Generate first" in done(StudioSession(), "inpaint", name="bass", bars=[2]).error


def test_all_stems_go_on_and_the_form_with_them(session):
    before = done(session, "generate").group
    after = done(session, "extend", bars=4).group
    assert session.error == "" and (after.bars, session.form["bars"]) == (6, 6)
    assert np.array_equal(before["bass"].audio[:50_000], after["bass"].audio[:50_000])
    assert done(session, "vary", stem=0).error == "" and "lab.extend(group, 4)" in session.code


def test_four_takes_have_four_seeds_and_each_has_its_code(session, tiny):
    steps = []
    session._tell = lambda kind, data: steps.append(data) if kind == "progress" else None
    done(session, "four")
    assert [take.group.settings["seed"] for take in session.takes] == [7, 8, 9, 10] and session.current == 3
    assert steps == [(i, 16) for i in range(1, 17)]
    assert session.form["seed"] == 10 and "seed=10" in session.code
    done(session, "go", take=1)
    assert session.form["seed"] == 8 and "seed=8" in session.code


def test_redo_goes_forward_again_until_something_new_is_made(session):
    done(session, "generate")
    done(session, "vary", stem=0)
    done(session, "undo")
    assert session.current == 0 and done(session, "redo").current == 1
    assert "nothing to do again" in done(session, "redo").error
    done(session, "undo")
    done(session, "vary", stem=1)
    assert "nothing to do again" in done(session, "redo").error


def test_chords_are_asked_for_and_come_back_and_the_flows_steps_stay_the_flows(session, tiny):
    session.form = tidy({**session.form, "chords": "Am F", "steps": 8})
    assert done(session, "generate").error == ""
    want = tiny.generate(["drums: kit", "bass: slap"], "funk", 240, "A minor", 2, seed=7, steps=8, chords="Am F")
    assert same(session.group, want) and 'chords="Am F"' in session.code and "steps=8" in session.code
    assert "None" not in session.code
    assert form_of(session.group)["chords"] == "Am F"
    session.form = tidy({**session.form, "chords": "Am H"})
    assert "chords: got 'H' in bar 2" in done(session, "generate").error
