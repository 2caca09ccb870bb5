"""Checks for the exercises of the lesson on latents.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 02_latents.ipynb
"""

import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure

from stemlab.lessons.diagnosis import Case
from stemlab.lessons.start_here import OPEN

SUSPECTS = Case(
    exercise=1,
    defect="B",
    against={
        "A": "With a rate of 0 both curves would stay where they began. This one did learn something: to bring its KL to 0.",
        "C": "A plain autoencoder has no KL to pay, so its error would be the lower of the two, and its clouds would run away from "
        "0. Here the KL goes to 0.",
        "D": "With another example's latent the *error* cannot fall either, but then the KL of the clouds is no concern: at the "
        "usual weight it would not rush to 0 within a few steps.",
        "E": "With data of a tenth the size every error would be a tenth, from the first step on. Both begin at the same height.",
    },
    told="The KL costs more than all that the latent could tell is worth, so the encoder says nothing: every cloud is N(0, 1), and "
    "the decoder gives back the mean. It is called posterior collapse.",
)


def _learn(beta: float, steps: int = 250) -> tuple[list[float], list[float], float]:
    """Errors and KL of a tiny VAE of vectors, and the error of who always says the mean."""
    generator = torch.Generator().manual_seed(0)
    mix = torch.randn(4, 16, generator=generator)
    torch.manual_seed(0)
    encoder = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.SiLU(), torch.nn.Linear(32, 8))
    decoder = torch.nn.Sequential(torch.nn.Linear(4, 32), torch.nn.SiLU(), torch.nn.Linear(32, 16))
    optimizer = torch.optim.AdamW([*encoder.parameters(), *decoder.parameters()], lr=1e-2)
    errors, costs = [], []
    for _ in range(steps):
        x = torch.randn(256, 4, generator=generator) @ mix
        mean, log_variance = encoder(x).chunk(2, dim=1)
        latent = mean + (log_variance / 2).exp() * torch.randn(mean.shape, generator=generator)
        error = (decoder(latent) - x).abs().mean()
        kl = (mean.square() + log_variance.exp() - 1 - log_variance).mean() / 2
        optimizer.zero_grad()
        (error + beta * kl).backward()
        optimizer.step()
        errors.append(error.item())
        costs.append(kl.item())
    return errors, costs, float((torch.randn(4096, 4, generator=generator) @ mix).abs().mean())


def bug() -> Figure:
    """Exercise 1, what is given: error and KL of a healthy codec and a sick one, both trained here in a second."""
    figure, columns = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    for label, beta, colour in (("healthy", 0.02, "#0b62c4"), ("sick", 20.0, "#e08a00")):
        errors, costs, nothing = _learn(beta)
        columns[0].plot(errors, color=colour, label=label)
        columns[1].plot(costs, color=colour, label=label)
    columns[0].axhline(nothing, color="#777777", linestyle=":", label="always the mean")
    columns[0].set(title="Error", xlabel="step", ylabel="mean absolute difference", ylim=(0, None))
    columns[1].set(title="KL of the clouds", xlabel="step", ylabel="KL", ylim=(-0.1, None))
    columns[0].legend(fontsize=8)
    return figure


def check_bug(answer: str | None) -> None:
    """Core: name what is wrong with the sick codec of `bug`.

    Args:
        answer: a letter, None while the exercise is open.
    Raises:
        AssertionError: another suspect.
    """
    SUSPECTS.judge(answer)


def check_error_where_it_sounds(error: Callable[..., float | None]) -> None:
    """Stretch: the error of bands over the frames that sound.

    Args:
        error: takes estimate and target `(128, F)` in dB and a floor in dB; returns dB, or None when nothing sounds.
    Raises:
        AssertionError: rests count, or loud entries alone, or silence is given a number.
    """
    target = torch.full((128, 40), -100.0)
    target[10, 10:20] = -30.0  # ten of forty frames, one band in each
    estimate = target + 1.0
    estimate[:, 10:20] += 3.0  # 4 dB off where it sounds
    estimate[10, 10:20] -= 2.0  # but 2 dB in the loud band
    estimate[64:, 10:20] -= 8.0  # and too low by 4 dB in the upper half
    right = (127 * 4 + 2) / 128
    try:
        got, rest = error(estimate, target, -80.0), error(estimate, torch.full((128, 40), -100.0), -80.0)
    except NotImplementedError:
        print(OPEN.format(2))
        return
    assert got is not None, "Ten frames of the target are above the floor, and it returned None."
    got = float(got)
    assert abs(got - float((estimate - target).abs().mean())) > 1e-3, (
        "That is the mean over all frames, rests included."
    )
    assert abs(got - 2.0) > 1e-3, (
        "You took single entries that are loud. Judge whole frames, not bands: hiss beside the note counts too."
    )
    assert abs(got - abs(float((estimate - target)[:, 10:20].mean()))) > 1e-3, (
        "Bands that are too loud and bands that are too soft cancel in your mean: take the size of each difference first."
    )
    assert abs(got - right) < 1e-3, f"It says {got:.3f} dB; over the ten frames that sound it is {right:.3f} dB."
    hushed = error(torch.full((128, 40), -100.0), target, -80.0)
    assert hushed is not None, (
        "An estimate that is silent where the target sounds is an error: the *target* says what sounds."
    )
    assert rest is None, f"Where nothing sounds there is nothing to judge: return None, not {rest!r}."
    quiet = error(estimate, target, -20.0)
    assert quiet is None, "With the floor at -20 dB no frame sounds: is floor_db used?"
    print("[ok] Rests do not flatter, and hiss beside a note is counted.")


def check_kilobits(kilobits: Callable[[torch.Tensor, torch.Tensor, float], float]) -> None:
    """Transfer: what a VAE's clouds cost as a file, in thousands of bits a second.

    Args:
        kilobits: takes the clouds' means and log variances `(S, C, T)` and frames a second; returns kbit/s of one stem.
    Raises:
        AssertionError: nats, a mean over channels, bits, or another KL.
    """
    for stems, channels, rate, seed in ((3, 32, 15.625, 0), (1, 4, 50.0, 1)):
        generator = torch.Generator().manual_seed(seed)
        mean = 2 * torch.randn(stems, channels, 40, generator=generator)
        log_variance = torch.randn(stems, channels, 40, generator=generator) - 2
        try:
            got = float(kilobits(mean.clone(), log_variance.clone(), rate))
        except NotImplementedError:
            print(OPEN.format(3))
            return
        nats = float((mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()) / 2  # of one frame
        right = nats / math.log(2) * rate / 1000
        off = {
            "These are nats, of which the natural logarithm of (4) gives one for each factor e. A bit is a factor 2: divide by ln 2.": math.log(
                2
            ),
            "You took the mean over channels, as the loss does. A frame has to tell *all* of its channels: add them up.": 1
            / channels,
            "You added up the frames too. A second has so many frames, however long the sound is: take their mean.": 40,
            "You added up the stems. The rate of *one* is asked for: take their mean.": stems,
            "The half before the bracket of (4) is missing.": 2,
            "These are bits: a kilobit has a thousand.": 1000,
            "That is the cost of one frame: how many are there in a second?": 1 / rate,
        }
        for why, factor in off.items():
            assert factor == 1 or abs(got / right - factor) > 1e-3 * factor, why
        assert abs(got - right) < 1e-3 * right, (
            f"It says {got:.4g} kbit/s; it should be {right:.4g}. By (4) one number costs (mean² + variance - 1 - ln variance) / 2, "
            "and the variance is exp(log_variance)."
        )
    print("[ok] The KL in bits, all channels, as often as there are frames.")
