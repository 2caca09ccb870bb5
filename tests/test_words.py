"""Words that cannot be met are answered with what to do."""

import warnings

import pytest

from stemlab.cli import app as cli
from stemlab.lab.words import Hint, check_words, hints
from stemlab.songs.captions import group_prompt, stem_caption
from stemlab.songs.compose import compose
from stemlab.songs.words import left_out

QUICK = {"steps": 2, "seed": 3, "bpm": 120.0, "bars": 1}


@pytest.mark.parametrize("stem", ["no drums", "No Drums", "without bass", "minus vocals", "no lead vocals", "drumless"])
def test_a_stem_that_asks_for_silence_is_refused_with_what_to_do(tiny, stem):
    with pytest.raises(ValueError, match=rf"^stems: got '{stem}'.*leave .* out of the list.*negative="):
        tiny.generate([stem, "keys: piano"], **QUICK)
    group = tiny.generate(["keys: piano"], **QUICK)
    for edit in (lambda: tiny.add(group, stem), lambda: tiny.replace(group, "keys", stem)):
        with pytest.raises(ValueError, match=r"^stems: got"):
            edit()


def test_stems_that_play_are_not_refused():
    check_words(
        ["drums", "bass: no frills", "keys: nocturne", "instrumental", "nonet: winds", "guitar: without effects"]
    )


@pytest.mark.parametrize(
    ("stem", "said"),
    [
        ("vocals: female singer", "no vocals in these weights.*leave the stem out"), ("lead vox", "no vocals"),
        ("rap", "no vocals"), ("theremin", "know no such word"), ("bagpipes: highland", "know no such word.*winds"),
        ("guitar: no bass", "leave bass out of stems"), ("keys: klezmer piano", "'klezmer': not among the words"),
    ],
)  # fmt: skip
def test_what_the_bundled_weights_never_learnt_gets_a_hint(stem, said):
    with pytest.warns(Hint, match=said):
        for text in hints([stem]):
            warnings.warn(text, Hint, stacklevel=1)
    assert len(hints([stem])) == 1


def test_what_is_too_long_to_be_read_to_its_end_gets_a_hint():
    stem, prompt = "bass: slap bass", "fast loud warm " * 5 + "funk"
    assert hints([stem], prompt[:60]) == [] and "no further than" in hints([stem], prompt + " funk" * 3)[0]
    assert left_out("x" * 200_000) is None  # at once: it took time that grew with the square


def test_a_prompt_that_wants_no_drums_gets_a_hint():
    assert "leave drums out of stems" in hints(["keys: piano"], "funk without drums")[0]
    assert "'zydeco'" in hints(["keys: piano"], "zydeco")[0]


def test_every_word_of_the_composers_captions_is_known():
    from random import Random

    for seed in range(60):
        song, rng = compose(seed, bars=2), Random(seed)
        stems = [stem_caption(part, rng) for part in song.parts]
        assert hints(stems, group_prompt(song, rng)) == []
        check_words(stems)


def test_the_command_says_the_hint_once_and_makes_the_stem(tmp_path, capsys):
    words = f"generate --stems vocals:singer keys:piano --bpm 120 --bars 1 --steps 1 --out {tmp_path / 'o'}"
    assert cli.main(words.split()) == 0
    told = capsys.readouterr().err
    assert told.count("Note: ") == 1 and "no vocals in these weights" in told
    assert cli.main(words.replace("vocals:singer", "no-drums").replace("/o", "/p").split()) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_weights_of_ones_own_are_not_judged(tiny):
    with warnings.catch_warnings():
        warnings.simplefilter("error", Hint)
        tiny.generate(["vocals: singer"], **QUICK)
