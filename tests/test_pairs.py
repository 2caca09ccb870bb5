import json
import runpy
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stemlab.codec.bundled import WEIGHTS
from stemlab.data.shards import LatentCache
from stemlab.flow import group_noise, random_times
from stemlab.train import draw_roles, shared_noise_losses
from stemlab.training.cached import batch_of
from stemlab.training.config import read_config

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
SETTINGS = {
    "kind": "flow", "codec": str(WEIGHTS / "vae"), "latents": "songs", "songs": 0, "seed": 70,
    "model": {"width": 32, "depth": 1, "heads": 2, "text_width": 16, "text_depth": 1, "patch": 2},
    "sizes": [[6, 16]], "parts": 1, "steps": 4, "lr": 1e-2, "cooldown": 0.5, "ema": 0.9, "init": None,
    "noise_only": 1.0, "given": 0.0, "naming": 0.02, "time_mean": -0.5, "grouped": True, "share_noise": True, "bf16": False,
    "save_every": 2, "log_every": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Four songs of 16 frames with the noise of their mixes, and the modules of the benchmark."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import pairs
        import pairs_songs
        import pairs_training

        patch.setattr(pairs_songs, "ProcessPoolExecutor", ThreadPoolExecutor)
        folder = tmp_path_factory.mktemp("pairs") / "songs"
        pairs_songs.build(folder, SETTINGS["seed"], 4, 16)
        yield folder, pairs, pairs_songs, pairs_training


def config_of(folder, **change):
    return replace(read_config(SETTINGS), latents=str(folder), **change)


def test_the_noise_of_a_mix_leads_back_to_it(made):
    from stemlab.conditions import make_conditions
    from stemlab.sampling import Sampling, integrate

    folder, _, songs, _ = made
    lab = songs.bundled()
    song = LatentCache(folder).songs[0]
    mix = song["latents"][:1].float()  # any latents will do
    z = songs.noise_of(lab, mix, [song["bpm"]], steps=16)
    told = make_conditions(["mix"], 16, 32, song["bpm"], tokenize=lab.model.text.tokenize)
    how = Sampling(steps=16, guidance=1.0, mates=1.0, coupling="noise", sampler="midpoint")
    with torch.no_grad():
        back = integrate(lab.model, told, z, how)
    assert (back - mix).square().mean() < 0.1 * (z - mix).square().mean()


def test_each_song_has_noise_of_its_own_and_a_full_folder_is_left_as_it_is(made):
    folder, _, songs, _ = made
    behind = songs.noises(folder)
    assert sorted(behind) == [70, 71, 72, 73] == [song["seed"] for song in LatentCache(folder).songs]
    assert all(z.shape == (32, 16) for z in behind.values())
    assert not torch.equal(behind[70], behind[71])
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*.safetensors")}
    songs.build(folder, SETTINGS["seed"], 4, 16)
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*.safetensors")} == before


def test_what_is_told_of_noise_tells_white_from_coloured(made):
    white = torch.randn(8, 32, 128, generator=torch.Generator().manual_seed(0))
    told = made[2].told
    assert "spread 1.00" in told(white) and "distance of 1: 0.0" in told(white).replace("-0.0", "0.0")
    assert "distance of 1: 0.5" in told((white + white.roll(1, 2)) / 2**0.5)
    assert "by song 0.5" in told(white * torch.linspace(0.5, 1.5, 8)[:, None, None])


def test_without_pairs_the_loss_is_that_of_the_flows_own_training(made, make_net):
    folder, _, _, training = made
    net, config, cache = make_net(), config_of(folder), LatentCache(folder)
    behind = torch.randn(6, 32, 16)

    def losses(share):
        batch = batch_of(net, cache, config, 1, 0)
        return training.pair_losses(net, batch, behind[: int(batch.conditions.group.max()) + 1], config, share)

    usual = shared_noise_losses(net, batch_of(net, cache, config, 1, 0), config)
    assert torch.equal(losses(0.0), usual)
    assert not torch.equal(losses(1.0), usual)


def test_a_pair_is_a_stem_and_the_noise_of_its_own_song(made, make_net):
    folder, _, songs, training = made
    net, config, cache, behind = make_net(), config_of(folder), LatentCache(folder), songs.noises(folder)
    batch = batch_of(net, cache, config, 3, 0)
    seeds = training.songs_of(cache.songs, config, 3)
    by_seed = {song["seed"]: song for song in cache.songs}
    assert len(seeds) == int(batch.conditions.group.max()) + 1
    for x, group in zip(batch.x, batch.conditions.group, strict=True):
        assert any(torch.equal(x, stem.float()) for stem in by_seed[seeds[group]]["latents"])
    dice = batch.generator.clone_state()
    t = random_times(batch.conditions.group, dice, config.time_mean)
    draw_roles(batch.conditions.group, 1.0, 0.0, dice)
    group_noise(batch.conditions.group, 32, 16, dice)
    conditions = batch.conditions.drop(dice)
    z = torch.stack([behind[seed] for seed in seeds]).float()[batch.conditions.group]
    at = (1 - t[:, None, None]) * z + t[:, None, None] * batch.x
    target = batch.x - z
    expected = (net(at, t, net.prepare(conditions, False)) - target).square().mean()
    found = training.pair_losses(net, batch, torch.stack([behind[seed] for seed in seeds]).float(), config, 1.0)[0]
    assert found.item() == pytest.approx(expected.item(), rel=1e-4)


def test_stems_of_one_random_noise_are_those_that_the_lab_makes(made, tiny, tmp_path):
    from stemlab.songs.captions import group_prompt, stem_caption
    from stemlab.songs.compose import compose

    song = compose(5, bars=16)
    from random import Random

    words = Random("words 5")
    prompts = [stem_caption(part, words) for part in song.parts]
    asked = {"bpm": song.bpm, "seconds": 1.5, "seed": 3, "steps": 2, "coupling": "noise", "rho": 0.5, "guidance": 2.0}
    group = tiny.generate(prompts, prompt=group_prompt(song, words), **asked)
    bench = made[1].PairsBench(tmp_path, 2, 1.5)
    bench.use(tiny)
    stems, _ = bench.make(song, 3, seconds=1.5, start="one", rho=0.5, steps=2, guidance=2.0)
    np.testing.assert_allclose(stems, group.mono, atol=1e-5)


def test_the_ways_to_start_share_what_they_say(made, tiny, tmp_path):
    bench = made[1].PairsBench(tmp_path, 2, 8.192)
    bench.use(tiny)
    names = ["drums", "bass"]
    own, one, slow = (
        bench.noise(0, names, 128, start, rho) for start, rho in (("one", 0.0), ("one", 1.0), ("slow", 1.0))
    )
    assert torch.equal(one[0], one[1]) and not torch.equal(own[0], own[1])
    smooth = torch.fft.rfft(slow, dim=2).abs()
    both = torch.fft.rfft(slow[0] - slow[1], dim=1).abs().square().mean(0)
    assert both[:4].mean() < 0.2 * both[10:].mean() and smooth.isfinite().all()
    bench.behind |= {0: torch.zeros(32, 128), 1: torch.ones(32, 128)}
    assert bench.noise(0, names, 128, "mix", 1.0).eq(0).all()
    assert bench.noise(0, names, 128, "other", 1.0).eq(1).all() and bench.noise(1, names, 128, "other", 1.0).eq(0).all()


def test_pairs_go_from_songs_to_a_table_and_a_plot_and_go_on(made, tmp_path, monkeypatch, capsys):
    (tmp_path / "config.json").write_text(json.dumps(SETTINGS))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "songs").symlink_to(made[0])
    cells = ["C-ii", "C slow", "pairs-ii", "pairs mix"]

    def run():
        few = ["--songs", "4", "--groups", "2", "--seconds", "4", "--sampler-steps", "1", "--classifier-songs", "3"]
        where = ["--config", str(tmp_path / "config.json"), "--out", str(tmp_path / "out"), "--seeds", "1"]
        monkeypatch.setattr(sys, "argv", ["pairs.py", *few, *where, "--cells", *cells])
        runpy.run_path(str(BENCHMARKS / "pairs.py"), run_name="__main__")
        return json.loads((tmp_path / "out" / "pairs.json").read_text())

    first = run()
    assert list(first["cells"]) == cells
    assert len({json.dumps(lines["0"]) for lines in first["cells"].values()}) == 4  # no two are the same
    told = capsys.readouterr().out
    assert "| pairs mix | 1 |" in told and "silent stems" in told and "pairs-ii less C-ii" in told
    assert (tmp_path / "out" / "pairs.png").stat().st_size > 20_000
    before = (tmp_path / "out" / "groups.jsonl").read_text()
    assert run()["cells"] == first["cells"]
    assert (tmp_path / "out" / "groups.jsonl").read_text() == before  # nothing was made twice
