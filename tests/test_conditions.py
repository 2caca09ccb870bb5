import pytest
import torch
from transformers import ByT5Tokenizer

from stemlab.activity import activity_frames
from stemlab.conditions import CLOCK_PERIODS, FRAME_SECONDS, KEYS, NO_KEY, Conditions, clock, key_index, make_conditions
from stemlab.framing import Grid
from stemlab.songs.harmony import canonical_key
from stemlab.text import MAX_BYTES, join_prompt, tokenize


def full(stems=3, frames=4, channels=2):
    """Conditions of one group in which nothing is absent."""
    return make_conditions(
        [f"stem {i}" for i in range(stems)], frames, channels, 120.0, "A minor",
        torch.ones(channels, frames), torch.ones(stems, frames),
    )  # fmt: skip


def gone(c):
    """Which conditions are absent, by name, each `(N,)`; a condition is either all there or all gone."""
    for absent in (c.tokens == 0, c.submix == 0, c.activity == 2):
        flat = absent.flatten(1)
        assert ((~flat[:, 0]) | flat.all(1)).all()
    assert torch.equal(c.has_submix, c.submix.flatten(1).any(1))
    return {
        "text": c.tokens[:, 0] == 0, "tempo": c.bpm == 0, "key": c.key == NO_KEY, "submix": ~c.has_submix,
        "activity": c.activity[:, 0] == 2,
    }  # fmt: skip


@pytest.fixture(scope="module")
def dropped():
    """What is gone in 4000 groups of two stems after training dropout, each `(4000, 2)`."""
    c = full(8000)
    c.group = torch.arange(8000) // 2
    return {k: v.view(-1, 2) for k, v in gone(c.drop(torch.Generator().manual_seed(0))).items()}


@pytest.mark.parametrize("name", ["text", "tempo", "key", "submix", "activity"])
def test_each_condition_is_dropped_one_time_in_three_and_with_all_others_one_in_ten(dropped, name):
    assert float(dropped[name].float().mean()) == pytest.approx(1 - (2 / 3) * 0.9, abs=0.025)


def test_conditions_are_dropped_on_their_own_and_sometimes_all_at_once(dropped):
    both = float((dropped["tempo"] & dropped["key"]).float().mean())
    assert both == pytest.approx(0.1 + 0.9 / 9, abs=0.025)
    everything = float(torch.stack([v.all(1) for v in dropped.values()]).all(0).float().mean())
    assert everything == pytest.approx(0.1 + 0.9 / 3**7, abs=0.02)
    nothing = float((~torch.stack([v.any(1) for v in dropped.values()]).any(0)).float().mean())
    assert nothing == pytest.approx(0.9 * (2 / 3) ** 7, abs=0.02)


def test_what_a_group_shares_is_dropped_for_all_its_stems_and_what_is_a_stems_own_is_not(dropped):
    for name in ("tempo", "key", "submix"):
        assert torch.equal(dropped[name][:, 0], dropped[name][:, 1]), name
    for name in ("text", "activity"):
        unequal = float((dropped[name][:, 0] != dropped[name][:, 1]).float().mean())
        assert unequal == pytest.approx(0.9 * 2 * (1 / 3) * (2 / 3), abs=0.03), name


def test_dropout_is_decided_by_its_generator_and_leaves_the_original_alone():
    c = full(50)
    once, again = (c.drop(torch.Generator().manual_seed(3)) for _ in range(2))
    assert all(torch.equal(getattr(once, name), getattr(again, name)) for name in vars(c))
    assert not any(v.any() for v in gone(c).values())


@pytest.mark.parametrize("name", ["text", "tempo", "key", "submix", "activity"])
def test_a_null_takes_one_condition_from_the_stems_named_and_nothing_else(name):
    others = {n: False for n in ("text", "tempo", "key", "submix", "activity") if n != name}
    c = full().null(**others, **{name: torch.tensor([True, False, False])})
    for other, absent in gone(c).items():
        assert absent.tolist() == [other == name, False, False], other


def test_make_conditions_without_anything_is_the_null():
    bare = gone(make_conditions([""], 4, 2))
    assert all(bare[name].all() for name in ("tempo", "key", "submix", "activity"))


def test_select_gives_the_rows_of_some_stems():
    c = full(4)
    some = c.select(torch.tensor([2, 0]))
    assert len(some) == 2
    assert torch.equal(some.tokens, c.tokens[[2, 0]])


@pytest.mark.parametrize("bpm", [67.0, 100.0, 174.0])
def test_the_clock_has_the_right_phase_on_a_downbeat(bpm):
    frame, beat = 11, 4.0
    start = torch.tensor([beat - (frame + 0.5) * FRAME_SECONDS * bpm / 60])
    features = clock(torch.tensor([bpm]), start, 20)[0, frame]
    sines, cosines = features[: len(CLOCK_PERIODS)], features[len(CLOCK_PERIODS) : -1]
    expected = {16.0: (1, 0), 8.0: (0, -1), 4.0: (0, 1), 2.0: (0, 1), 1.0: (0, 1), 0.5: (0, 1), 0.25: (0, 1)}
    for period, sine, cosine in zip(CLOCK_PERIODS, sines, cosines, strict=True):
        assert (float(sine), float(cosine)) == pytest.approx(expected[period], abs=1e-3), period
    assert features[-1] == 1


def test_the_clock_comes_round_after_sixteen_beats_and_not_before():
    at = lambda start: clock(torch.tensor([120.0]), torch.tensor([start]), 30)  # noqa: E731
    assert torch.allclose(at(0.0), at(16.0), atol=1e-3)
    for beats in (0.1, 1.0, 4.0, 8.0):
        assert not torch.allclose(at(0.0), at(beats), atol=0.1)


def test_a_stem_without_tempo_has_no_clock():
    features = clock(torch.tensor([0.0, 120.0]), torch.zeros(2), 5)
    assert not features[0].any() and features[1].any(-1).all()


@pytest.mark.parametrize(
    ("one", "other"),
    [("C# major", "Db major"), ("A# minor", "Bb minor"), ("Gb major", "F# major"), ("Ab minor", "G# minor"),
     ("Cb major", "B major"), ("E# minor", "F minor"), ("a MINOR", "A minor")],
)  # fmt: skip
def test_sharps_and_flats_of_one_pitch_are_one_key(one, other):
    assert key_index(canonical_key(one)) == key_index(canonical_key(other))


def test_keys_have_24_numbers_and_a_null():
    assert sorted(map(key_index, KEYS)) == list(range(24))
    assert key_index(None) == NO_KEY == 24


@pytest.mark.parametrize("wrong", ["H minor", "A", "minor", "", "A dorian"])
def test_an_unknown_key_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match="key"):
        key_index(canonical_key(wrong))


@pytest.mark.parametrize(
    "text",
    ["drums: tight funk kit", "", "bass | jazz (92 bpm)", "Gitarre: schön", "ピアノ", "🎸 solo", "x" * 200, "é" * 90],
)
def test_tokens_are_those_of_byt5(text):
    theirs = ByT5Tokenizer()(text.lower(), padding="max_length", truncation=True, max_length=MAX_BYTES)
    assert tokenize([text])[0].tolist() == theirs["input_ids"]


def test_tokens_know_no_case_and_keep_texts_apart():
    tokens = tokenize(["Slap BASS", "slap bass", "slap base"])
    assert torch.equal(tokens[0], tokens[1]) and not torch.equal(tokens[1], tokens[2])
    assert tokens.shape == (3, MAX_BYTES)


def test_the_stems_own_words_come_first_in_what_is_read():
    assert join_prompt("bass: slap", "funk") == "bass: slap | funk"
    assert join_prompt("bass: slap", "") == "bass: slap"


@pytest.mark.parametrize("bpm", [47.0, 100.0, 143.0])
def test_an_activity_pattern_lands_on_its_bars(bpm):
    bars, frame = 4, 2048
    frames = -(-round(bars * 240 / bpm * 32_000) // frame)
    rows = activity_frames({"drums": ".x.x"}, ["bass", "drums"], bpm, bars, frames, Grid(frame=frame))
    assert rows.shape == (2, frames) and (rows[0] == 2).all()
    bar_of = [min(3, int((i + 0.5) * frame / 32_000 * bpm / 240)) for i in range(frames)]
    assert rows[1].tolist() == [bar % 2 for bar in bar_of]
    assert set(bar_of) == {0, 1, 2, 3}


def test_no_pattern_is_no_activity_and_a_pattern_needs_a_grid():
    assert activity_frames(None, ["bass"], 100, 4, 10) is None
    assert activity_frames({}, ["bass"], 100, 4, 10) is None
    for bpm, bars in ((None, 4), (100, None)):
        with pytest.raises(ValueError, match="activity"):
            activity_frames({"bass": "x"}, ["bass"], bpm, bars, 10)


def test_conditions_move_as_one():
    moved = full().to("cpu")
    assert isinstance(moved, Conditions) and torch.equal(moved.submix, full().submix)
