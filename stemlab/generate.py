"""StemLab: prompts in, a group of stems out.

Under the coupling "noise", the paper's, all stems start from one noise and share nothing else: each is what it would be
alone. Under "attention" each starts from noise of its own and sees the others at every frame.

Lesson: 00_start_here.ipynb
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from stemlab import __version__
from stemlab.activity import activity_frames
from stemlab.audio import SAMPLE_RATE
from stemlab.check import check_request, default_seconds, rounds_of
from stemlab.codec import WEIGHTS, StemCodec
from stemlab.conditions import Conditions, make_conditions
from stemlab.flow import interpolate
from stemlab.group import Stem, StemGroup, unique_names
from stemlab.hub import fingerprint, load_into, load_weights
from stemlab.model import VelocityNet
from stemlab.sampling import SAMPLERS, guided, in_interval
from stemlab.text import join_prompt

Progress = Callable[[int, int], None]


def load(folder: str | Path | None = None, device: str | None = None) -> "StemLab":
    """Load a codec and a flow.

    Args:
        folder: with `vae`, `vocoder` and `flow` weights; the bundled ones by default, without any network.
        device: such as "cpu" or "cuda"; the best there is by default.
    Raises:
        ValueError: weights are missing, broken, of another version, or the flow was trained on another codec.
    """
    folder = Path(folder or WEIGHTS)
    codec = StemCodec.load(folder)
    tensors, config = load_weights(folder / "flow")
    if config.get("codec") != fingerprint(folder / "vae"):
        raise ValueError(
            f"the flow in {folder} was trained on another codec than the vae there: copy both from one run"
        )
    try:
        empty = VelocityNet(**config["model"])
    except TypeError as error:
        raise ValueError(
            f"{folder / 'flow'}.json describes another network ({error}): use the stemlab that wrote it"
        ) from None
    model = load_into(empty, tensors, folder / "flow")
    return StemLab(model, codec, fingerprint(folder / "flow"), device)


class StemLab:
    """A flow and a codec, ready to make music.

    Args:
        model: trained VelocityNet.
        codec: anything with `encode`, `decode`, `channels` and `frame`.
        checkpoint: a hash that names the weights, kept in every session.
        device: see `load`.
    """

    def __init__(self, model: VelocityNet, codec: StemCodec, checkpoint: str = "", device: str | None = None):
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.model, self.codec, self.checkpoint = model.eval().to(self.device), codec, checkpoint

    def generate(
        self,
        stems: Sequence[str],
        prompt: str = "",
        bpm: float | None = None,
        key: str | None = None,
        bars: int | None = None,
        seconds: float | None = None,
        seed: int = 0,
        activity: dict | None = None,
        scheme: str = "one-pass",
        steps: int = 32,
        guidance: float = 3.0,
        interval: tuple[int, int] = (3, 28),
        coupling: str = "attention",
        rho: float | None = None,
        sampler: str = "euler",
        callback: Progress | None = None,
    ) -> StemGroup:
        """Make a group of stems.

        Args:
            stems: one text a stem, `"<stem>: <free words>"`.
            prompt: words for the whole group.
            bpm: beats a minute, 40 to 240, or None to leave it open.
            key: such as "A minor", or None.
            bars: length in 4/4 bars; needs bpm. 4 when neither it nor `seconds` is given and bpm is.
            seconds: length, instead of bars; 8 when nothing is given.
            seed: of the noise; the same seed and arguments make the same group.
            activity: by stem name, a character a bar, `x` plays and `.` rests; other stems are free.
            scheme: "one-pass", "two-pass" or "k-pass".
            steps: of the sampler.
            guidance: scale of classifier-free guidance; 1 is off.
            interval: first and last step with guidance, counted on 32 steps.
            coupling: "attention" or "noise".
            rho: share of the noise that the stems have in common, 0 to 1, under the coupling "noise" (1 by default).
                Stems that see each other have noise of their own: under "attention" it is 0.
            sampler: "euler", "midpoint" or "heun".
            callback: called with (steps done, steps in all).
        Returns:
            StemGroup; its `settings` hold all that is needed to make it again.
        Raises:
            ValueError: an argument is not what it may be; the message says how to mend it.
        """
        asked = {
            "stems": _listed(stems), "prompt": prompt, "bpm": bpm, "key": key,
            "bars": bars, "seconds": seconds, "seed": seed, "activity": activity, "scheme": scheme, "steps": steps,
            "guidance": guidance, "interval": _listed(interval), "coupling": coupling, "rho": rho, "sampler": sampler,
        }  # fmt: skip
        check_request(asked)
        asked["rho"] = (1.0 if coupling == "noise" else 0.0) if rho is None else rho
        names = unique_names(stems)
        bars, seconds = default_seconds(bpm, bars, seconds)
        silent = torch.zeros(0, round(seconds * SAMPLE_RATE)).numpy()
        group = _Draft(names, list(stems), bpm, key, bars, silent.shape[1], asked)
        rounds = rounds_of(scheme, len(names))
        for number, members in enumerate(rounds):
            report = None if callback is None else _shifted(callback, number * steps, len(rounds) * steps)
            group = self._sample(group, members, report, with_submix=number > 0)
        return self._finish(group, [asked])

    def add(self, group: StemGroup, stem: str, callback: Progress | None = None) -> StemGroup:
        """Add a stem that fits the others, from the same noise; the others stay bit-identical.

        Args:
            group: made by this package.
            stem: text of the new stem.
        Returns:
            a new StemGroup; the one given is left alone.
        Raises:
            ValueError: the group does not know how it was made, or the text is empty.
        """
        draft, history = self._draft(group)
        check_request({**draft.asked, "stems": [*group.names, stem], "activity": None})
        draft.prompts.append(stem)
        draft.names = group.names + [unique_names([*group.names, stem])[-1]]
        draft = self._sample(draft, [len(group)], callback)
        return self._finish(draft, [*history, {"add": stem}])

    def replace(self, group: StemGroup, name: str, stem: str, callback: Progress | None = None) -> StemGroup:
        """Make one stem anew with another text, from the same noise; the others stay bit-identical.

        Args:
            group: made by this package.
            name: of the stem to replace.
            stem: its new text.
        Raises:
            ValueError: no stem has that name, or as for `add`.
        """
        if name not in group.names:
            raise ValueError(f"name={name!r} is not in the group: it has {', '.join(group.names)}")
        draft, history = self._draft(group)
        check_request({**draft.asked, "stems": [stem], "activity": None})
        index = group.names.index(name)
        draft.prompts[index] = stem
        del draft.audio[index], draft.latents[index]
        draft = self._sample(draft, [index], callback)
        return self._finish(draft, [*history, {"replace": name, "stem": stem}])

    def regenerate(self, group: StemGroup, callback: Progress | None = None) -> StemGroup:
        """Make a group again from its session: on the same machine and weights it comes out bit-identical."""
        _, history = self._draft(group)
        if group.settings["checkpoint"] != self.checkpoint:
            raise ValueError(
                f"the group was made with the weights {group.settings['checkpoint']}, these are {self.checkpoint}: "
                "load those with stemlab.load(folder), or make a new group with lab.generate"
            )
        made = self.generate(**history[0], callback=callback)
        for step in history[1:]:
            made = self.add(made, step["add"]) if "add" in step else self.replace(made, step["replace"], step["stem"])
        return made

    @torch.no_grad()
    def _sample(self, draft: "_Draft", members: list[int], callback, with_submix: bool = True) -> "_Draft":
        """Sample some stems of a draft, given those that it has already."""
        asked, frames = draft.asked, -(-draft.samples // self.codec.frame)
        coupled = asked["coupling"] == "attention"
        known = sorted(draft.latents)
        shown = [*members, *known] if coupled else members  # with attention, the new stems also see the known ones
        submix = None
        if known and with_submix:
            submix = self.codec.encode(torch.stack([draft.audio[i] for i in known]).sum(0, keepdim=True))[0]
        conditions = make_conditions(
            [join_prompt(draft.prompts[i], asked["prompt"]) for i in shown],
            frames, self.codec.channels, asked["bpm"], asked["key"], submix,
            activity_frames(asked["activity"], [draft.names[i] for i in shown], asked["bpm"], draft.bars, frames, self.codec.frame),
        )  # fmt: skip
        noise = stem_noise(asked["seed"], [draft.names[i] for i in shown], self.codec.channels, frames, asked["rho"])
        fixed = torch.stack([draft.latents[i] for i in known]) if coupled and known else None
        x = self._integrate(conditions.to(self.device), noise.to(self.device), fixed, asked, coupled, callback)
        latents = x[: len(members)].cpu()
        audio = self.codec.decode(latents, draft.samples)
        draft.latents |= dict(zip(members, latents, strict=True))
        draft.audio |= dict(zip(members, audio, strict=True))
        return draft

    def _integrate(self, conditions: Conditions, noise, fixed, asked, coupled, callback) -> torch.Tensor:
        """Follow the flow from noise to latents. Stems in `fixed`, the last ones, are kept on their known path."""
        n, steps, guidance = len(conditions), asked["steps"], asked["guidance"]
        with _autocast(self.device):
            alone = self.model.prepare(conditions, coupled)
            both = self.model.prepare(_doubled(conditions), coupled) if guidance != 1 else None
        free = n - (0 if fixed is None else len(fixed))

        def velocity(x: torch.Tensor, t: float, step: int) -> torch.Tensor:
            times = torch.full((n,), t, device=self.device)
            if fixed is not None:
                x = torch.cat([x[:free], interpolate(noise[free:], fixed.to(x), times[free:])])
            with _autocast(self.device):
                if both is None or not in_interval(step, steps, asked["interval"]):
                    return self.model(x, times, alone)
                conditional, unconditional = self.model(x.repeat(2, 1, 1), times.repeat(2), both).chunk(2)
            return guided(conditional, unconditional, guidance)

        report = None if callback is None else lambda done, total, _: callback(done, total)
        return SAMPLERS[asked["sampler"]](velocity, noise, steps, report)

    def _draft(self, group: StemGroup) -> tuple["_Draft", list[dict]]:
        history = group.settings.get("history")
        if not history:
            raise ValueError(
                "the group has no history in its settings: make it with lab.generate, or load a saved session"
            )
        asked = history[0]
        samples = len(group.stems[0].audio)
        draft = _Draft(list(group.names), [s.prompt for s in group], group.bpm, group.key, group.bars, samples, asked)
        for i, stem in enumerate(group):
            draft.audio[i] = torch.from_numpy(stem.audio)
            draft.latents[i] = self.codec.encode(draft.audio[i][None])[0] if stem.latent is None else stem.latent
        return draft, history

    def _finish(self, draft: "_Draft", history: list[dict]) -> StemGroup:
        stems = [
            Stem(name, prompt, draft.audio[i].numpy(), draft.latents[i])
            for i, (name, prompt) in enumerate(zip(draft.names, draft.prompts, strict=True))
        ]
        settings = {"checkpoint": self.checkpoint, "version": __version__, **draft.asked, "history": history}
        for name in ("stems", "prompt", "bpm", "key", "bars"):
            settings.pop(name)
        return StemGroup(stems, draft.bpm, draft.key, draft.bars, draft.asked["prompt"], SAMPLE_RATE, settings)


class _Draft:
    """A group in the making: stems that are done have audio and latents under their index."""

    def __init__(self, names, prompts, bpm, key, bars, samples, asked):
        self.names, self.prompts, self.bpm, self.key, self.bars = names, prompts, bpm, key, bars
        self.samples, self.asked = samples, asked
        self.audio: dict[int, torch.Tensor] = {}
        self.latents: dict[int, torch.Tensor] = {}


def stem_noise(seed: int, names: Sequence[str], channels: int, frames: int, rho: float = 1.0) -> torch.Tensor:
    """Noise of each stem: shared by the seed, and for rho below 1 partly its own by seed and name.

    So a stem's noise depends neither on which other stems there are nor on their order.

    Returns:
        `(len(names), channels, frames)`, drawn on the CPU.
    """
    draw = lambda number: torch.randn(channels, frames, generator=torch.Generator().manual_seed(number))  # noqa: E731
    shared = draw(seed).expand(len(names), -1, -1)
    if rho == 1:
        return shared.clone()
    own = [int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:7], "big") for name in names]
    return rho**0.5 * shared + (1 - rho) ** 0.5 * torch.stack([draw(number) for number in own])


def _listed(value):
    """A tuple as the list that JSON knows; anything else as it is, for `check_request` to judge."""
    return list(value) if isinstance(value, tuple | list) else value


def _doubled(c: Conditions) -> Conditions:
    """Conditions and, as a group of their own, their nulls, in one batch: `(2 N)` stems."""
    null = c.null()
    null.group = c.group + int(c.group.max()) + 1
    return Conditions(**{name: torch.cat([getattr(c, name), getattr(null, name)]) for name in vars(c)})


def _autocast(device: torch.device):
    """bfloat16 where the machine multiplies it natively, else float32."""
    fast = device.type == "cuda" or (device.type == "cpu" and torch.cpu._is_avx512_bf16_supported())
    return torch.autocast(device.type, torch.bfloat16, enabled=fast)


def _shifted(callback: Progress, first: int, total: int) -> Progress:
    return lambda done, _: callback(first + done, total)
