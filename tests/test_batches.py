import json

import numpy as np
import pytest
import torch

from stemlab.conditions import FRAME_SECONDS, key_index
from stemlab.data.batches import MAX_STEMS, group_batch
from stemlab.data.shards import LatentCache
from stemlab.model import LOWEST, PITCHES
from stemlab.songs.notes import piano_roll
from stemlab.train import pitch_classes

FRAMES = 40


def song(number, stems, submixes):
    """A song that can be read off its latents: channel 0 is the song, 1 the stems' bits, 2 the frame."""
    ramp = torch.arange(FRAMES).float()

    def latent(bits):
        return torch.stack([torch.full((FRAMES,), float(number)), torch.full((FRAMES,), float(bits)), ramp])

    made = {
        "bpm": 80.0 + number, "key": "A minor" if number % 2 else None, "prompts": [f"song {number}"],
        "captions": [[f"stem {i}"] for i in range(stems)], "submixes": submixes,
        "latents": torch.stack([latent(2**i) for i in range(stems)]).half(),
        "activity": torch.stack([(ramp.long() + i) % 3 == 0 for i in range(stems)]),
    }  # fmt: skip
    if submixes:
        made["submix_latents"] = torch.stack([latent(sum(2**i for i in part)) for part in submixes]).half()
    return made


SONGS = [song(0, 1, []), song(1, 3, [[0], [1, 2]]), song(2, 6, [[0, 5], [1, 2, 3, 4]]), song(3, 8, [[7], [0, 1, 2]])]


def batches(count=60, stems=9, frames=16, **options):
    rng = np.random.default_rng(0)
    for _ in range(count):
        yield group_batch(SONGS, rng, stems, frames, **options)


@pytest.mark.parametrize("stems", [1, 2, 7, 11, 32])
def test_a_batch_has_exactly_so_many_stems_and_all_its_parts_agree(stems):
    for x, c, *_ in batches(10, stems):
        assert x.shape == (stems, 3, 16) and x.dtype == torch.float32
        assert all(len(getattr(c, name)) == stems for name in vars(c))
        assert c.submix.shape == x.shape and c.activity.shape == (stems, 16)


def test_groups_have_1_to_6_different_stems_of_one_song():
    sizes = set()
    for x, c, *_ in batches():
        assert c.group.tolist() == sorted(c.group.tolist())
        for number in c.group.unique():
            members = x[c.group == number]
            sizes.add(len(members))
            assert len(members[:, 0].unique()) == 1  # one song
            assert len(members[:, 1, 0].unique()) == len(members)  # no stem twice
            assert len(members[:, 2].unique(dim=0)) == 1  # one moment
    assert sizes == set(range(1, MAX_STEMS + 1))


def test_half_of_the_groups_that_can_have_a_submix_and_it_never_holds_a_chosen_stem():
    with_submix, able = 0, 0
    for x, c, *_ in batches(150):
        for number in c.group.unique():
            here = c.group == number
            has = c.has_submix[here]
            assert has.all() or not has.any()
            if x[here][0, 0, 0] == 0:  # the song of one stem has none to leave out
                assert not has.any()
                continue
            able += 1
            with_submix += bool(has.all())
            if not has.any():
                assert not c.submix[here].any()
                continue
            submix = c.submix[here][0]
            assert submix[0, 0] == x[here][0, 0, 0] and torch.equal(submix[2], x[here][0, 2])  # same song and moment
            assert all(not int(submix[1, 0]) & int(bits) for bits in x[here][:, 1, 0])
    assert with_submix / able == pytest.approx(0.5, abs=0.06)


def test_stems_are_told_the_truth():
    for x, c, *_ in batches(20):
        for i in range(len(x)):
            number, stem = int(x[i, 0, 0]), int(x[i, 1, 0]).bit_length() - 1
            assert c.bpm[i] == SONGS[number]["bpm"]
            key = SONGS[number]["key"]
            assert c.key[i] == key_index(key)
            first = float(x[i, 2, 0])
            assert float(c.start[i]) == pytest.approx(first * FRAME_SECONDS * SONGS[number]["bpm"] / 60, abs=1e-4)
            assert torch.equal(c.activity[i], ((x[i, 2].long() + stem) % 3 == 0).long())
            text = bytes(int(t) - 3 for t in c.tokens[i] if t > 2).decode()
            assert text == f"stem {stem} | song {number}"


def test_crops_begin_at_the_songs_start_half_of_the_time():
    starts = [float(c.start[i]) for _, c, *_ in batches(100) for i in c.group.diff().nonzero().flatten() + 1]
    at_zero = np.mean([start == 0 for start in starts])
    assert at_zero == pytest.approx(0.5 + 0.5 / 25, abs=0.06)


def test_ungrouped_batches_are_groups_of_one():
    for x, c, *_ in batches(10, grouped=False):
        assert c.group.tolist() == list(range(len(x)))


def test_the_words_of_each_group_are_those_that_its_stems_are_told_behind_their_own():
    for _, c, _, prompts in batches(20):
        assert len(prompts) == int(c.group.max()) + 1
        for tokens, group in zip(c.tokens, c.group, strict=True):
            assert bytes(int(token) - 3 for token in tokens if token > 2).decode().endswith(f" | {prompts[group]}")


def test_the_generator_decides_the_batch():
    (a, c, *_), (b, d, *_) = (group_batch(SONGS, np.random.default_rng(4), 9, 16) for _ in range(2))
    assert torch.equal(a, b) and all(torch.equal(getattr(c, name), getattr(d, name)) for name in vars(c))
    other, *_ = group_batch(SONGS, np.random.default_rng(5), 9, 16)
    assert not torch.equal(a, other)


def test_a_cache_of_encoded_songs_holds_what_a_batch_needs(cache):
    songs = LatentCache(cache).songs
    assert [s["seed"] for s in songs] == [50, 51, 52, 53]
    for s in songs:
        count = len(s["captions"])
        assert s["latents"].shape == (count, 32, 192) and s["activity"].shape == (count, 192)
        assert s["latents"].isfinite().all() and float(s["latents"].float().std()) > 0
        assert all(set(part) < set(range(count)) for part in s["submixes"])
    x, c, *_ = group_batch(songs, np.random.default_rng(0), 12, 64)
    assert x.shape == (12, 32, 64) and len(c) == 12


def test_a_cache_goes_on_where_it_stopped(cache, weights, monkeypatch):
    from stemlab.data import latents, shards

    before = {file: file.stat().st_mtime_ns for file in cache.iterdir()}
    monkeypatch.setattr(shards, "SHARD", 2)
    latents.build_cache(cache, str(weights / "vae"), 50, 4, workers=1)
    assert {file: file.stat().st_mtime_ns for file in cache.iterdir()} == before
    assert sorted(file.suffix for file in before) == [".jsonl", ".safetensors", ".safetensors"]


def test_an_empty_cache_and_one_of_two_codecs_are_refused(cache, tmp_path):
    from safetensors.torch import load_file, save_file

    from stemlab.data.shards import FORMAT

    with pytest.raises(ValueError, match="no encoded songs"):
        LatentCache(tmp_path)
    first, second = sorted(cache.glob("*.safetensors"))
    (tmp_path / first.name).write_bytes(first.read_bytes())
    save_file(
        load_file(second),
        tmp_path / second.name,
        metadata={"stemlab": json.dumps({"songs": [], "codec": "another", "format": FORMAT})},
    )
    with pytest.raises(ValueError, match="2 codecs"):
        LatentCache(tmp_path)


def test_the_roll_holds_the_notes_of_the_window_and_of_no_other_stem():
    table = torch.tensor([[0, 2, 5, 39], [1, 4, 9, 50], [1, 30, 33, 51]], dtype=torch.int16)
    roll = piano_roll(table, [1], 3, 4)
    assert roll.shape == (1, 4, PITCHES) and roll.sum() == 3
    assert roll[0, 1:, 50].all()
    both = piano_roll(table, [1, 0], 0, 40)
    assert both[1].nonzero().tolist() == [[frame, 39] for frame in (2, 3, 4)]
    assert both[0, :, 51].nonzero()[:, 0].tolist() == [30, 31, 32]


def test_pitch_classes_are_those_of_the_whole_group_with_c_first():
    roll = torch.zeros(3, 2, PITCHES, dtype=torch.bool)
    roll[0, 0, 60 - LOWEST] = roll[1, 0, 76 - LOWEST] = roll[2, 1, 69 - LOWEST] = True  # C4, E5 | A4
    classes = pitch_classes(roll, torch.tensor([0, 0, 1]))
    assert classes[0, 0].nonzero()[:, 0].tolist() == classes[1, 0].nonzero()[:, 0].tolist() == [0, 4]
    assert classes[2, 1].nonzero()[:, 0].tolist() == [9] and not classes[:2, 1].any() and not classes[2, 0].any()


def test_notes_lie_where_the_audio_is_loud(cache):
    from stemlab.framing import BUNDLED

    same, otherwise = [], []
    for made in LatentCache(cache).songs:
        on = piano_roll(made["notes"], list(range(len(made["latents"]))), 0, BUNDLED.window).any(2)
        pitched = on.any(1)
        assert pitched.any() and len(on) == len(made["activity"])
        same.append((on == made["activity"])[pitched].float().mean())
        otherwise.append((on == made["activity"].roll(4, 1))[pitched].float().mean())
    assert sum(same) > sum(otherwise)


def test_a_batch_tells_the_notes_only_when_all_its_songs_know_them(cache):
    songs = LatentCache(cache).songs
    roll = group_batch(songs, np.random.default_rng(0), 12, 64)[2]
    assert roll.shape == (12, 64, PITCHES) and roll.any()
    songs = [{name: value for name, value in made.items() if name != "notes"} for made in songs]
    assert group_batch(songs, np.random.default_rng(0), 12, 64)[2] is None


def test_crops_longer_than_the_songs_are_refused_by_their_argument(cache):
    from stemlab.data.pool import audio_batch
    from stemlab.data.shards import LatentCache

    songs = LatentCache(cache).songs
    with pytest.raises(ValueError, match=r"^sizes: got crops of 10000 latent frames"):
        group_batch(songs, np.random.default_rng(0), 2, 10_000)
    with pytest.raises(ValueError, match=r"^length: got crops of 100"):
        audio_batch([np.zeros((1, 99), np.int16)], 0, 1, 100)
