"""The coupling "song": one noise is one song, and each stem stays alone with it."""

import numpy as np
import pytest
import torch

from stemlab.conditions import make_conditions
from stemlab.lab.accompany import request
from stemlab.lab.backwards import noise_behind
from stemlab.lab.draft import Draft
from stemlab.lab.request import Request
from stemlab.noise import share_slow
from stemlab.sampling import Sampling, integrate

ASK = {"prompt": "funk", "bpm": 120.0, "bars": 1, "coupling": "song", "seed": 3, "steps": 2}
BAND = ["drums: tight funk kit", "bass: slap bass", "keys: electric piano"]


def sound(group, name):
    """What the network made, before the group's one gain."""
    return group[name].audio * group.settings["gain"]


@pytest.fixture(scope="module")
def band(lab):
    return lab.generate(BAND, **ASK)


def test_a_stem_is_the_same_whoever_else_plays_and_in_whatever_order(lab, band):
    other = lab.generate(["guitar: nylon guitar", BAND[2], BAND[1]], **ASK)
    for name in ("bass", "keys"):
        assert np.allclose(sound(band, name), sound(other, name), atol=2e-2)  # bfloat16, in batches of other sizes
        assert np.corrcoef(sound(band, name), sound(other, name))[0, 1] > 0.999
    added = lab.add(other, BAND[0])
    assert np.corrcoef(sound(band, "drums"), sound(added, "drums"))[0, 1] > 0.999


def test_another_seed_is_another_song_and_attention_is_no_part_of_it(lab, band):
    other = lab.generate(BAND, **{**ASK, "seed": 4})
    assert np.corrcoef(sound(band, "keys"), sound(other, "keys"))[0, 1] < 0.9
    apart = lab.generate(BAND[:1], **{**ASK, "coupling": "attention"})
    together = lab.generate(BAND, **{**ASK, "coupling": "attention"})
    assert np.corrcoef(sound(apart, "drums"), sound(together, "drums"))[0, 1] < 0.999


def test_the_song_leads_and_without_it_stems_are_others(lab, band):
    alone = lab.generate(BAND, **{**ASK, "coupling": "noise", "rho": 0.0})
    assert np.corrcoef(sound(band, "keys"), sound(alone, "keys"))[0, 1] < 0.9


def test_its_groups_are_made_again_and_go_on(lab, band):
    more = lab.extend(lab.vary(band, "bass"), 1)
    again = lab.regenerate(more)
    assert all(np.array_equal(a.audio, b.audio) for a, b in zip(more, again, strict=True))


def test_a_recording_is_the_song_of_those_who_accompany_it(lab, band):
    told = {"bpm": 120, "downbeat": 0.0, "text": "keys", "coupling": "song", "steps": 2}
    one = lab.accompany(band["keys"].audio, BAND[1:2], **told)
    two = lab.accompany(np.roll(band["keys"].audio, 8000), BAND[1:2], **told)
    assert np.corrcoef(one["bass"].audio, two["bass"].audio)[0, 1] < 0.99


def test_the_noise_of_a_recording_leads_back_to_it(lab):
    """With words of its own, and no guidance: the round trip of a flow."""
    audio = lab.generate(BAND[2:], bpm=120, bars=1, seed=5).mono[0]
    asked, heard = request(audio, Request(stems=BAND[2:], bpm=120.0, coupling="song"), "keys", None, 0.0)
    draft = Draft(asked)
    draft.latents[draft.names[0]] = latents = lab.codec.encode(torch.from_numpy(heard.at(lab.grid))[None] * draft.gain)[
        0
    ]
    z = noise_behind(lab, draft)
    told = make_conditions(["mix"], latents.shape[1], 32, bpm=120.0)
    how = Sampling(steps=32, guidance=1.0, mates=1.0, coupling="noise", sampler="midpoint")
    with torch.no_grad():
        back, other = (integrate(lab.model, told, start, how)[0] for start in (z[None], torch.randn_like(z)[None]))
    error = lambda x: float((x - latents).square().mean() / latents.square().mean())  # noqa: E731
    assert error(back) < 0.25 < error(other)


def test_rounds_hear_each_other_and_so_are_no_song(lab):
    ask = {"bpm": 120, "bars": 1, "scheme": "two-pass"}
    assert lab.generate(BAND[:2], **ask).settings["coupling"] == "attention"
    assert lab.generate(BAND[:2], bpm=120, bars=1, chords="Am").settings["coupling"] == "attention"
    assert lab.generate(BAND[:2], bpm=120, bars=1).settings["coupling"] == "song"
    with pytest.raises(ValueError, match="scheme: got 'two-pass' with coupling='song'"):
        lab.generate(BAND[:2], **ask, coupling="song")
    with pytest.raises(ValueError, match="scheme: got 'two-pass' with coupling='song'"):
        lab.accompany(
            np.sin(np.arange(64_000) * 0.1), BAND[:2], bpm=120, downbeat=0.0, scheme="two-pass", coupling="song"
        )


def test_rho_asks_stems_out_of_a_recording(lab, band):
    told = {"bpm": 120, "downbeat": 0.0, "text": "mix", "coupling": "song", "steps": 2}
    plain, out = (lab.accompany(band.mono.sum(0), BAND[1:2], **told, **more) for more in ({}, {"rho": 1.0}))
    assert np.corrcoef(plain["bass"].audio, out["bass"].audio)[0, 1] < 0.9
    again = lab.regenerate(out)
    assert np.array_equal(again["bass"].audio, out["bass"].audio)
    assert lab.vary(out, "bass").settings["rho"] == 1.0
    other = lab.accompany(band.mono.sum(0), BAND[1:2], **told, rho=1.0, seed=9)
    assert np.allclose(out["bass"].audio, other["bass"].audio, atol=1e-3)  # at 1 the seed decides nothing


def test_only_the_slow_part_is_shared_and_the_rest_is_each_ones_own():
    asked = Request(stems=BAND, bpm=120.0, bars=4, coupling="song", seed=1, rho=1.0)
    noise = Draft(asked).noise
    first, second = noise["drums"], noise["bass"]
    assert first.std() == pytest.approx(1, abs=0.05) and first.mean() == pytest.approx(0, abs=0.05)
    alike = torch.stack([torch.fft.rfft(n, dim=1).abs() for n in (first - second, first)]).mean(1)  # (2, frequencies)
    assert alike[0, :4].mean() < 0.6 * alike[1, :4].mean()
    assert alike[0, 20:].mean() > 1.3 * alike[1, 20:].mean()
    none = Draft(Request(stems=BAND, bpm=120.0, bars=4, coupling="song", seed=1, rho=0.0)).noise
    assert abs(np.corrcoef(none["drums"].flatten(), none["bass"].flatten())[0, 1]) < 0.05


def test_sharing_slow_cosines_is_exact_at_both_ends():
    a, b = torch.randn(2, 3, 16, generator=torch.Generator().manual_seed(0)).double()
    assert torch.equal(share_slow(a, b, 0), b)
    assert torch.allclose(share_slow(a, b, 16), a)
    mixed = share_slow(a, b, 1)
    assert torch.allclose(mixed.mean(1), a.mean(1)) and torch.allclose(mixed - mixed.mean(1, True), b - b.mean(1, True))
