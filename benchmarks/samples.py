"""Print a hash of the samples that every way of making music gives, to compare two versions of the code on one machine.

    python benchmarks/samples.py [--weights DIR]

One thread, float operations in a fixed order: two versions that claim to do the same print the same lines.
"""

import argparse
import hashlib

import numpy as np
import torch

import stemlab

STEMS = ["drums: tight funk kit", "bass: slap bass", "keys: electric piano"]


def hashed(group: stemlab.StemGroup) -> str:
    """First 16 hex digits of the SHA-256 of all samples of a group."""
    return hashlib.sha256(np.ascontiguousarray(group.audio).tobytes()).hexdigest()[:16]


def show(what: str, group: stemlab.StemGroup) -> stemlab.StemGroup:
    """Print a line and hand the group on."""
    print(f"{what:34s} {hashed(group)}", flush=True)
    return group


def main(weights: str | None) -> None:
    """One line for each way."""
    torch.set_num_threads(1)
    lab = stemlab.load(weights)
    told = {"prompt": "funk", "bpm": 120, "key": "A minor", "bars": 2, "seed": 7, "steps": 6, "interval": (0, 14)}
    told |= {"guidance": 2.5, "mates": 4.0, "coupling": "attention"}
    group = show("generate", lab.generate(STEMS, **told))
    own = {**told, "coupling": "noise", "rho": 0.8, "mates": 2.5}
    show("generate, one noise, rho 0.8", lab.generate(STEMS, **own))
    show("generate, open", lab.generate(STEMS[:2], seconds=3.0, seed=3, **{k: told[k] for k in ("steps", "mates")}))
    show("generate, two-pass", lab.generate(STEMS, scheme="two-pass", **told))
    show("generate, activity, negative", lab.generate(STEMS, activity={"drums": ".x"}, negative="loud", **told))
    show("generate, midpoint, 2 candidates", lab.generate(STEMS, sampler="midpoint", candidates=2, **told))
    more = show("add", lab.add(group, "guitar: clean electric guitar"))
    show("replace", lab.replace(more, "bass", "bass: acoustic bass"))
    show("vary", lab.vary(group, "bass", rho=0.6))
    show("inpaint", lab.inpaint(group, "drums", bars=[2]))
    show("extend", lab.extend(group, bars=7))
    show("regenerate", lab.regenerate(more))
    sound = 0.3 * np.random.default_rng(0).standard_normal(32_000 * 4).astype(np.float32)
    how = {"bpm": 120, "downbeat": 0.0, "steps": 6, "seed": 1}
    show("accompany", lab.accompany(sound, ["bass: acoustic bass"], text="drums: brushes", **how))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", metavar="DIR", help="folder of weights; the bundled ones by default")
    main(**vars(parser.parse_args()))
