"""A student of a flow: what it is drawn to, how it is trained and kept, and that it is followed where nothing else is asked for."""

import json
import shutil
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

import stemlab
from stemlab.checkpoints.files import fingerprint, load_weights, save_weights
from stemlab.checkpoints.hub import pack
from stemlab.checkpoints.low_rank import change_of, changed, steered, with_low_rank
from stemlab.codec.bundled import WEIGHTS
from stemlab.conditions import make_conditions
from stemlab.lab.group import StemGroup
from stemlab.lab.student import load_student
from stemlab.model import VelocityNet
from stemlab.sampling import Sampling, integrate
from stemlab.train import Batch
from stemlab.training.config import read_config
from stemlab.training.distill import (
    Situation,
    distillation_losses,
    made_by_leader,
    situation,
    teacher_field,
    times,
)
from stemlab.training.flow import train

PROMPTS = ["slow funk", "ballad"]  # of the groups of a batch
SIZES = {"channels": 4, "width": 32, "depth": 2, "heads": 2, "text_width": 16, "text_depth": 1}


@pytest.fixture
def teacher():
    torch.manual_seed(0)
    net = VelocityNet(**SIZES).eval().requires_grad_(False)
    for name, tensor in net.named_parameters():
        if "table" in name or "leave" in name or "modulation" in name:
            torch.nn.init.normal_(tensor, std=0.3)
    return net


def batch(stems=4, frames=12, seed=0):
    c = make_conditions([f"bass {i}" for i in range(stems)], frames, 4, bpm=100.0)
    c.group[:] = torch.tensor([0, 0, 1, 1])[:stems]
    dice = torch.Generator().manual_seed(seed)
    return Batch(torch.randn(stems, 4, frames, generator=dice), c, None, dice, PROMPTS)


def config(**change):
    told = {
        "kind": "student", "flow": "f", "codec": "c", "latents": "l", "sizes": [[4, 12]], "seed": 0, "steps": 4, "lr": 1e-3,
        "bf16": False, "noise_only": 0.0, "given": 0.0, "dropped": 0.0, "untold": 0.0, "mended": 0.0,
        "led": 0.0, "rank": 4,
    }  # fmt: skip
    return read_config({**told, **change})


def test_a_change_that_was_trained_can_be_taken_out_and_made_to_the_plain_network(teacher):
    student = with_low_rank(teacher, 4)
    batch_ = batch()
    told = [net.prepare(batch_.conditions, True) for net in (teacher, student)]
    t = torch.full((4,), 0.3)
    assert torch.allclose(teacher(batch_.x, t, told[0]), student(batch_.x, t, told[1]))  # nothing to begin with
    for p in student.parameters():
        if p.requires_grad:
            torch.nn.init.normal_(p, std=0.1)
    again = changed(teacher, change_of(student))
    told = [net.prepare(batch_.conditions, True) for net in (again, student)]
    ours, theirs = again(batch_.x, t, told[0]), student(batch_.x, t, told[1])
    assert torch.allclose(ours, theirs, atol=1e-5)
    assert not torch.allclose(ours, teacher(batch_.x, t, told[0]), atol=1e-2)
    names = {name for name, _ in steered(teacher)}
    assert not any(name.startswith(("text", "key", "words", "pooled", "tempo")) for name in names)
    with pytest.raises(ValueError, match="another network"):
        changed(VelocityNet(**{**SIZES, "width": 16}), change_of(student))


def test_the_students_target_is_the_midpoint_step_of_its_guided_teacher(teacher):
    """Spelled out: three evaluations, by hand, from wherever the student stands."""
    how = config(guidance=2.0, mates=3.0)
    student = with_low_rank(teacher, 4)
    found = distillation_losses(student, teacher, batch(), how)
    now = situation(batch(), how, student)
    c = now.conditions
    nobody = torch.zeros(4, dtype=torch.bool)

    def guided(x, t):
        tt = torch.full((4,), t)
        run = lambda c, sees: teacher(x, tt, teacher.prepare(replace(c), sees))  # noqa: E731
        together = run(c, now.coupled)
        if t * 32 >= 15:
            return together
        alone, null = run(c, nobody), run(c.null(), nobody)
        return null + 2 * (alone - null) + 3 * (together - alone)

    x, told = now.noise, []
    with torch.no_grad():
        for t, then in pairwise([0, 1 / 16, 1 / 4, 9 / 16, 1]):
            middle = x + (then - t) / 2 * guided(x, t)
            v = teacher(x, torch.full((4,), float(t)), teacher.prepare(replace(c), now.coupled))  # the student, so far
            told.append((v - guided(middle, (t + then) / 2)).square().mean())
            x = x + (then - t) * v
    assert torch.allclose(found, torch.stack(told), rtol=1e-4)


def test_a_leader_leads_with_a_scale_of_its_own_and_nobody_sees_anybody(teacher):
    how = config(guidance=2.0, mates=9.0, lead=3.0, led=1.0, given=1.0)
    now = situation(batch(), how, teacher)
    c, nobody, at = now.conditions, torch.zeros(4, dtype=torch.bool), torch.full((4,), 0.1)
    assert now.led.all() and not now.coupled.any() and not now.given.any() and c.has_submix.all()
    assert torch.equal(c.submix[0], c.submix[1]) and not torch.equal(c.submix[1], c.submix[2])  # one a group
    assert not torch.equal(now.noise[0], now.noise[1])
    run = lambda c: teacher(now.x, at, teacher.prepare(replace(c), nobody))  # noqa: E731
    unled = replace(c, submix=torch.zeros_like(c.submix), has_submix=nobody)
    wanted = run(c.null()) + 2 * (run(unled) - run(c.null())) + 3 * (run(c) - run(unled))
    field = teacher_field(teacher, now, Sampling(guidance=2.0, mates=9.0), 3.0)
    assert torch.allclose(field(now.x, 0.1), wanted, atol=1e-5)


def test_a_leader_plays_what_the_sampler_makes_of_the_words_and_the_noise_of_its_group(teacher):
    b, noise = batch(), torch.randn(4, 4, 12)
    told = make_conditions(["pad | slow funk", "pad"], 12, 4, bpm=100.0)
    made = made_by_leader(teacher, b.conditions, ["pad | slow funk", "pad"], noise, config())
    x = integrate(teacher, told, noise[[0, 2]], Sampling(4, 1.0, 1.0, coupling="noise", sampler="quadratic-euler"))
    assert torch.allclose(made, x[[0, 0, 1, 1]], atol=1e-5) and not torch.allclose(x[0], x[1])


@pytest.mark.parametrize(("prompted", "words"), [(True, ["pad | slow funk", "pad | ballad"]), (False, ["pad", "pad"])])
def test_a_leader_is_told_who_it_is_and_the_groups_words_where_the_config_says_so(teacher, prompted, words):
    now = situation(batch(), config(led=1.0, leader="pad", prompted=prompted), teacher)
    plain = situation(batch(), config(led=1.0, leader="pad | slow funk"), teacher)  # the same dice
    assert torch.allclose(now.conditions.submix[0], plain.conditions.submix[0], atol=1e-5) == (
        words[0] == "pad | slow funk"
    )
    both = plain.conditions.submix[2]
    assert not torch.allclose(now.conditions.submix[2], both, atol=1e-5)  # "ballad", or nothing, is not "slow funk"


def test_going_on_from_a_student_begins_as_that_student(teacher):
    student = with_low_rank(teacher, 4)
    for p in student.parameters():
        if p.requires_grad:
            torch.nn.init.normal_(p, std=0.1)
    change = change_of(student)
    again = change_of(with_low_rank(teacher, 4, {name: t.half() for name, t in change.items()}))
    assert all(torch.allclose(again[name], t, atol=1e-3) for name, t in change.items())
    with pytest.raises(ValueError, match="another rank than 8"):
        with_low_rank(teacher, 8, change)


def test_training_it_makes_the_loss_small(teacher):
    how = config(guidance=3.0, mates=3.0)
    student = with_low_rank(teacher, 8)
    optimizer = torch.optim.Adam([p for p in student.parameters() if p.requires_grad], 5e-3)
    losses = []
    for _ in range(40):
        losses.append(float(distillation_losses(student, teacher, batch(), how).sum()))
        assert all(p.grad is None for p in teacher.parameters())
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < 0.3 * losses[0]


def test_what_is_held_stays_on_its_path_and_has_no_loss(teacher):
    b = batch()
    held = torch.zeros(4, 12, dtype=torch.bool)
    held[0], held[1, :5] = True, True
    noise = torch.randn(4, 4, 12)
    now = Situation(
        b.conditions, b.x, noise, torch.ones(4, dtype=torch.bool), torch.tensor([True, False, False, False]),
        torch.zeros(4, dtype=torch.bool), held,
    )  # fmt: skip
    kept = now.kept(torch.zeros(4, 4, 12), 0.25)
    assert torch.equal(kept[0], b.x[0])  # given from end to end: it stands at the end
    assert torch.allclose(kept[1, :, :5], 0.75 * noise[1, :, :5] + 0.25 * b.x[1, :, :5])
    assert (kept[1, :, 5:] == 0).all() and (kept[2:] == 0).all()
    found = [situation(batch(seed=i), config(given=1.0, mended=1.0), teacher) for i in range(20)]
    assert any(s.given.any() for s in found) and all(s.held[s.given].all() for s in found)
    assert any((s.held.any(1) & ~s.held.all(1)).any() for s in found)


def test_the_teacher_is_guided_where_the_flow_is(teacher):
    now = situation(batch(), config(), teacher)
    field = teacher_field(teacher, now, Sampling(guidance=5.0, mates=5.0, interval=(4, 7)), 1.0)
    plain = lambda t: teacher(now.x, torch.full((4,), t), teacher.prepare(replace(now.conditions), now.coupled))  # noqa: E731
    for t, guided in ((0.05, False), (0.125, True), (0.24, True), (0.25, False), (0.9, False)):
        assert torch.allclose(field(now.x, t), plain(t), atol=1e-5) != guided


def test_its_steps_are_those_of_the_quadratic_sampler():
    assert times(4) == [0, 1 / 16, 1 / 4, 9 / 16, 1]


@pytest.fixture(scope="module")
def run(cache, weights, tmp_path_factory):
    """A small student, trained twice: straight, and stopped and resumed."""
    folder = tmp_path_factory.mktemp("student")
    asked = {
        "kind": "student", "flow": str(weights / "flow"), "codec": str(weights / "vae"), "latents": str(cache), "seed": 3,
        "sizes": [[4, 16]], "steps": 4, "lr": 1e-2, "rank": 2, "bf16": False, "save_every": 1, "log_every": 1,
    }  # fmt: skip
    train(asked, folder / "run")
    return folder / "run", asked


def test_a_student_that_was_stopped_and_resumed_is_the_one_that_was_not(run, tmp_path, monkeypatch):
    from stemlab.training.runs import Run

    straight, asked = run
    monkeypatch.setattr(Run, "_time_is_up", lambda self: self.minutes is not None and self.step >= 2)
    train(asked, tmp_path / "run", minutes=1)
    train(asked, tmp_path / "run", resume=True)
    ours, theirs = (load_weights(path / "student")[0] for path in (tmp_path / "run", straight))
    assert ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.fixture(scope="module")
def lab(run, weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights") / "band"
    shutil.copytree(weights, folder)
    for end in ("safetensors", "json"):
        shutil.copyfile(run[0] / f"student.{end}", folder / f"student.{end}")
    return stemlab.load(folder, "cpu")


def test_the_student_is_followed_where_nothing_else_is_asked_for(lab):
    seen = []
    group = lab.generate(["bass", "keys"], seconds=1.0, callback=lambda done, total, x: seen.append((done, total)))
    assert seen == [(i, 4) for i in range(1, 5)]
    told = group.settings
    assert (told["student"], told["steps"], told["guidance"], told["mates"]) == (lab.student.mark, 4, 1.0, 1.0)
    for coupling in ("noise", "song"):
        other = lab.generate(["bass", "keys"], seconds=1.0, coupling=coupling)
        assert other.settings["student"] == lab.student.mark and other.settings["coupling"] == coupling
    for asked in ({"steps": 4}, {"guidance": 2.5}, {"sampler": "euler"}, {"negative": "loud"}, {"interval": (0, 3)}):
        flow = lab.generate(["bass", "keys"], seconds=1.0, **asked)
        assert "student" not in flow.settings
        assert not np.array_equal(flow.mono, group.mono)


def test_a_session_of_the_student_is_made_again_and_only_with_it(lab, tmp_path):
    group = lab.generate(["bass", "keys"], bpm=120, bars=1)
    more = lab.add(group, "drums")
    more.save(tmp_path / "band")
    kept = StemGroup.load(tmp_path / "band")
    again = lab.regenerate(kept)
    assert all(np.array_equal(a.audio, b.audio) for a, b in zip(more, again, strict=True))
    other = stemlab.StemLab(lab.model, lab.codec, lab.checkpoint)
    with pytest.raises(ValueError, match="student: the group was made with the student"):
        other.regenerate(kept)


def test_a_student_goes_with_its_flow_and_no_other(lab, run, tmp_path):
    packed = pack(lab.source, tmp_path / "packed", WEIGHTS)
    assert stemlab.load(packed, "cpu").student.mark == lab.student.mark == fingerprint(run[0] / "student")
    file = packed / "student.json"
    file.write_text(file.read_text().replace(lab.checkpoint, "0" * len(lab.checkpoint)))
    with pytest.raises(ValueError, match="another flow"):
        stemlab.load(packed, "cpu")
    file.write_text(
        file.read_text().replace("0" * len(lab.checkpoint), lab.checkpoint).replace('"few": 4', '"few": "x"')
    )
    with pytest.raises(ValueError, match="few is 'x'"):
        stemlab.load(packed, "cpu")


def test_who_leads_the_song_is_kept_with_the_student(run, weights, tmp_path):
    folder = tmp_path / "band"
    shutil.copytree(weights, folder)
    change, about = load_weights(run[0] / "student")
    made = {}
    for leader, prompted in (("keys: organ", True), ("keys: organ", False), ("strings: warm pad", False)):
        save_weights(folder / "student", change, {**about, "leader": leader, "prompted": prompted})
        lab = stemlab.load(folder, "cpu")
        assert lab.student.leader("funk") == leader + " | funk" * prompted
        made[leader, prompted] = lab.generate(["bass"], prompt="funk", seconds=1.0, seed=1, coupling="song").audio
    assert not any(np.array_equal(a, b) for a, b in combinations(made.values(), 2))
    save_weights(folder / "student", change, {**about, "leader": 3})
    with pytest.raises(ValueError, match="leader is 3"):
        stemlab.load(folder, "cpu")


def test_streaming_is_refused_in_one_line(run, tmp_path, capsys):
    from stemlab.cli.app import main

    assert main(["train", "configs/student.json", "--out", str(tmp_path / "x"), "--stream"]) == 2
    assert "--stream: a student learns from a cache" in capsys.readouterr().err


def test_distill_takes_a_student_alone_and_leaves_what_train_leaves(run, tmp_path, capsys):
    from stemlab.cli.app import main

    assert main(["distill", "configs/flow.json", "--out", str(tmp_path / "x")]) == 2
    assert "CONFIG: its kind is 'flow'" in capsys.readouterr().err and not (tmp_path / "x").exists()
    lost = tmp_path / "lost.json"
    lost.write_text(json.dumps(json.loads(Path("configs/student_song.json").read_text()) | {"start": "gone/student"}))
    assert main(["distill", str(lost), "--out", str(tmp_path / "x")]) == 2
    assert "start: got 'gone/student'" in capsys.readouterr().err and not (tmp_path / "x").exists()
    (tmp_path / "student.json").write_text(json.dumps(run[1]))
    assert main(["distill", str(tmp_path / "student.json"), "--out", str(tmp_path / "run")]) == 0
    ours, theirs = (load_weights(path / "student")[0] for path in (tmp_path / "run", run[0]))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert main(["distill", str(tmp_path / "student.json"), "--out", str(tmp_path / "run")]) == 2
    assert "--resume" in capsys.readouterr().err


def test_half_a_student_is_refused(lab, run, tmp_path):
    change, about = load_weights(run[0] / "student")
    bias, half = next(n for n in change if n.endswith(".bias")), next(n for n in change if n.endswith(".a"))
    for wrong in (
        {n: t for n, t in change.items() if n != half}, {n: t for n, t in change.items() if n != bias}, {}, {**change, "x": change[bias].clone()},
        {**change, bias: change[bias][:1]}, {**change, half: change[half][:, :1]}, {**change, half: change[half][0]},
    ):  # fmt: skip
        save_weights(tmp_path / "student", wrong, about)
        with pytest.raises(ValueError, match=r"student: the change is of another network.*copy it again"):
            load_student(tmp_path / "student", lab.model, lab.checkpoint)
    packed = pack(lab.source, tmp_path / "packed", WEIGHTS)
    (packed / "student.safetensors").unlink()
    with pytest.raises(ValueError, match=r"no weights at .*student\.safetensors"):
        stemlab.load(packed, "cpu")


def test_a_student_with_numbers_that_are_none_is_refused(lab, run, tmp_path):
    change, about = load_weights(run[0] / "student")
    name = next(iter(change))
    for wrong in (torch.full_like(change[name], torch.nan), torch.zeros_like(change[name], dtype=torch.int8)):
        save_weights(tmp_path / "student", {**change, name: wrong}, about)
        with pytest.raises(ValueError, match="NaN or infinity"):
            load_student(tmp_path / "student", lab.model, lab.checkpoint)
