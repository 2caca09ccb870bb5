"""Does it help to train on noise that is the song? `python benchmarks/pairs.py --out eval/pairs`.

Small networks are trained as in `ablation.py`, with its config and budget and three seeds each, on songs for which the noise is known
that their mix comes from (`pairs_songs.py`). Then each is asked for the same held-out groups:

| training | noise of a group in training |
|---|---|
| C | one that is random |
| pairs | the one that its song's mix comes from |
| half | the one or the other, by a coin |

| cell | noise at inference |
|---|---|
| -i | each stem its own |
| -ii, 0.5 | one that is random; one to that part (rho), by the dial of the package |
| slow | one in the slowest 12 of 128 cosines, each its own in the rest |
| mix, other | the one that the held-out song's real mix comes from; that of the next one's, which has other words and another tempo |
| 4 steps | as -ii, in four steps without guidance |

Everything that is done is kept in `--out`: run the command again and it goes on. A stem that comes out silent stays silent here, where
`lab.generate` starts it again.
"""

import time
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
import torch
from ablation import begun, go_through, parser_of
from ablation_report import MEASURES, Form
from pairs_songs import build, bundled, noise_of
from pairs_training import train_on_pairs

from stemlab.conditions import make_conditions
from stemlab.data.latents import as_taken
from stemlab.evaluate.anchors import held_out
from stemlab.evaluate.bench import Bench
from stemlab.lab.draft import PEAK, SLOW
from stemlab.lab.gate import ramped
from stemlab.noise import share_slow, stem_noise
from stemlab.sampling import Sampling, integrate
from stemlab.songs.captions import group_prompt, stem_caption
from stemlab.songs.compose import Song
from stemlab.songs.meter import METERS
from stemlab.songs.names import unique_names
from stemlab.text import join_prompt
from stemlab.training.config import read_config
from stemlab.training.flow import train

QUICK = {"steps": 4, "guidance": 1.0}
CELLS = {
    "C-ii": ("C", {"start": "one"}),
    "C slow": ("C", {"start": "slow"}),
    "C mix": ("C", {"start": "mix"}),
    "C-ii, 4 steps": ("C", {"start": "one", **QUICK}),
    "pairs-i": ("pairs", {"start": "one", "rho": 0.0}),
    "pairs-ii": ("pairs", {"start": "one"}),
    "pairs mix": ("pairs", {"start": "mix"}),
    "pairs other": ("pairs", {"start": "other"}),
    "pairs 0.5": ("pairs", {"start": "one", "rho": 0.5}),
    "pairs-ii, 4 steps": ("pairs", {"start": "one", **QUICK}),
    "half-ii": ("half", {"start": "one"}),
    "half mix": ("half", {"start": "mix"}),
}
SHARES = {"pairs": 1.0, "half": 0.5}
EFFECTS = {
    "pairs in training, one random noise (pairs-ii less C-ii)": ("pairs-ii", "C-ii"),
    "pairs in training, noise of the real mix (pairs mix less C mix)": ("pairs mix", "C mix"),
    "pairs in training, four steps (pairs-ii, 4 steps less C-ii, 4 steps)": ("pairs-ii, 4 steps", "C-ii, 4 steps"),
    "one noise for own, trained on pairs (pairs-ii less pairs-i)": ("pairs-ii", "pairs-i"),
    "a real mix's noise for a random one, trained on pairs (pairs mix less pairs-ii)": ("pairs mix", "pairs-ii"),
    "a real mix's noise for a random one, not trained on pairs (C mix less C-ii)": ("C mix", "C-ii"),
    "another song's noise for a random one, trained on pairs (pairs other less pairs-ii)": ("pairs other", "pairs-ii"),
    "the slow part alone (C slow less C-ii)": ("C slow", "C-ii"),
    "half of the groups (half-ii less pairs-ii)": ("half-ii", "pairs-ii"),
}
FORM = Form(
    "pairs", "pairs_tables.md", {**MEASURES, "silent": ("silent stems", "share of stems")}, EFFECTS,
    {"C": "#d55e00", "p": "#0072b2", "h": "#009e73"},
    "C: one random noise a group in training.  pairs: the noise of the song's mix.  i: own noise at inference, ii: one random; "
    "slow: its slow part alone; mix: that of the held-out song's mix; "
    "other: of another's",
)  # fmt: skip


@dataclass
class PairsBench(Bench):
    """A Bench that says where the stems of a group start; `behind` keeps the noise of held-out mixes."""

    behind: dict[int, torch.Tensor] = field(default_factory=dict)

    @torch.no_grad()
    def make(  # type: ignore[override]
        self, song: Song, index: int, seconds: float, start: str, rho: float = 1.0, **how: float
    ) -> tuple[np.ndarray, float]:
        """Stems `(S, N)` for the captions of a song, and the seconds that it took."""
        assert self.lab is not None
        words, samples = Random(f"words {song.seed}"), round(seconds * self.lab.grid.sample_rate)
        prompts = [stem_caption(part, words) for part in song.parts]
        prompt, frames = group_prompt(song, words), self.lab.grid.frames(samples)
        noise = self.noise(index, unique_names(prompts), frames, start, rho)
        began, text = time.perf_counter(), self.lab.model.text.tokenize
        texts = [join_prompt(words, prompt) for words in prompts]
        told = make_conditions(texts, *noise.shape[:0:-1], song.bpm, tokenize=text, periods=METERS["4/4"])
        x = integrate(self.lab.model, told, noise, Sampling(coupling="noise", **how))  # type: ignore[arg-type]
        stems = np.stack([ramped(stem).numpy() for stem in self.lab.codec.decode(x, samples)])
        peak = max(np.abs(stems).max(), np.abs(stems.sum(0)).max())
        return stems * min(1.0, PEAK / max(peak, 1e-9)), time.perf_counter() - began

    def noise(self, index: int, names: list[str], frames: int, start: str, rho: float) -> torch.Tensor:
        """What the stems of a group start from, `(S, C, T)`; the seed of a group is its index."""
        shape = (self.lab.grid.channels, frames)  # type: ignore[union-attr]
        if start in ("mix", "other"):
            which = (index + (start == "other")) % self.groups
            if which not in self.behind:
                self.behind[which] = behind_held_out(which, self.seconds)
            return self.behind[which].expand(len(names), -1, -1)
        noise = stem_noise(index, names, *shape, rho)
        return (
            share_slow(noise, stem_noise(index, names, *shape, 0.0), round(SLOW * frames)) if start == "slow" else noise
        )


def behind_held_out(index: int, seconds: float) -> torch.Tensor:
    """The noise that a held-out song's real mix comes from, `(C, T)`, by the bundled flow."""
    song, stems = held_out(index, seconds)
    mix = as_taken(stems.sum(0, keepdims=True), bundled().grid)
    return noise_of(bundled(), bundled().codec.encode(torch.from_numpy(mix)), [song.bpm])[0]


def main() -> None:
    """Make songs, train, generate, measure, report: as far as time goes."""
    parser = parser_of(__doc__, "eval/pairs", groups=40, steps=16)
    parser.add_argument("--trainings", nargs="+", choices=["C", *SHARES], default=["C", "pairs"])
    parser.add_argument("--cells", nargs="+", choices=list(CELLS), default=list(CELLS))
    parser.add_argument("--songs", type=int, default=960, help="to learn from (960)")
    arguments, bench, deadline = begun(parser, PairsBench)
    config = replace(read_config(arguments.config), latents=str(arguments.out / "songs"), songs=0)
    (_, frames), *_ = config.sizes
    build(Path(config.latents), config.seed, arguments.songs, frames, arguments.workers)
    ways = {"C": train, **{name: partial(train_on_pairs, share=share) for name, share in SHARES.items()}}
    trainings = {name: (config, ways[name]) for name in arguments.trainings}
    cells = {
        cell: (training, {"steps": arguments.sampler_steps, **options})
        for cell, (training, options) in CELLS.items()
        if cell in arguments.cells
    }
    told = {"songs": arguments.songs, "sampler_steps": arguments.sampler_steps}
    go_through(bench, trainings, cells, arguments.seeds, deadline, told, FORM)


if __name__ == "__main__":
    main()
