"""Checks for the exercises of the lesson on latents.

Each takes the reader's function. A right answer is told, a wrong one raises AssertionError with what to look at next, and
one that raises NotImplementedError is only open.

Lesson: 02_latents.ipynb
"""

from collections.abc import Callable
from typing import Any

import torch

from stemlab.lessons.start_here import OPEN


def check_latent_shape(latent_shape: Callable[[float, int], tuple[int, int, int]]) -> None:
    """Warm-up: the shape of the latents of so many seconds.

    Args:
        latent_shape: takes seconds and a number of stems; returns `(S, C, T)`.
    Raises:
        AssertionError: another shape than the bundled codec's.
    """
    for seconds, stems, frames in ((8.192, 4, 128), (1.0, 1, 16), (0.064, 6, 1), (3.0, 2, 47)):
        try:
            got = latent_shape(seconds, stems)
        except NotImplementedError:
            print(OPEN.format(1))
            return
        assert isinstance(got, tuple) and len(got) == 3, (
            f"It returned {got!r}. Return three numbers: stems, channels, frames."
        )
        assert got[:2] == (stems, 32), f"It begins with {got[:2]}: it should be stems, then the codec's 32 channels."
        assert got[2] != frames * 4, "That is the number of band frames. Four of them make one latent frame."
        assert got[2] != frames - 1, (
            f"For {seconds} s a frame is missing: the last one has begun and is filled up with silence. Round up."
        )
        assert got[2] == frames and isinstance(got[2], int), (
            f"For {seconds} s it says {got[2]!r} frames; there are {frames}. Samples at 32 kHz, then 2048 of them a frame."
        )
    print("[ok] Stems, 32 channels, and a frame for each 64 ms that have begun.")


def check_draw(draw: Callable[..., tuple[torch.Tensor, Any]]) -> None:
    """Core: a point of the VAE's cloud, and its KL to a standard normal.

    Args:
        draw: takes mean and log-variance `(B, C, T)` and a generator; returns a latent of that shape and a number.
    Raises:
        AssertionError: wrong spread, wrong KL, or noise that the generator does not decide.
    """
    mean = torch.full((1, 8, 2000), 3.0)
    try:
        made = [draw(mean, torch.full_like(mean, value), torch.Generator().manual_seed(1)) for value in (1.3863, -30.0)]
        again = draw(mean, torch.full_like(mean, 1.3863), torch.Generator().manual_seed(1))
    except NotImplementedError:
        print(OPEN.format(2))
        return
    for found in (*made, again):
        assert isinstance(found, tuple) and len(found) == 2, "Return two things: the latent and the KL."
        assert isinstance(found[0], torch.Tensor) and found[0].shape == mean.shape, (
            f"The latent should have the shape of mean, {tuple(mean.shape)}."
        )
    (wide, cost), (narrow, _) = made
    assert torch.equal(wide, again[0]), "Two calls with one seed differ: pass generator=generator to torch.randn."
    assert abs(float(wide.mean()) - 3) < 0.1, (
        f"The points should lie around mean, 3; they lie around {wide.mean():.2f}."
    )
    spread = float(wide.std())
    assert abs(spread - 2) < 0.1, (
        f"At log-variance ln 4 the spread (standard deviation) should be 2; it is {spread:.2f}. "
        "Sigma is the root of the variance: exp(log_variance / 2)."
    )
    assert float((narrow - mean).abs().max()) < 1e-3, "At log-variance -30 the cloud is a point: the mean itself."
    # mu = 3, variance 4: (9 + 4 - 1 - ln 4) / 2
    assert abs(float(cost) - 2.6534) > 0.01, "The KL is half of what (4) says: the factor 1/2 was taken twice."
    assert abs(float(cost) - 10.6137) > 0.01, "The KL is twice what (4) says: there is a factor 1/2 before the mean."
    assert float(cost) < 1000, "The KL is far too large: (4) is a mean over all entries, not a sum."
    assert abs(float(cost) - 5.3069) < 0.01, (
        f"For mean 3 and variance 4 the KL is (9 + 4 - 1 - ln 4) / 2 = 5.31; it says {float(cost):.2f}."
    )
    print("[ok] Points with the cloud's mean and spread, and what the cloud costs.")


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
    right = (127 * 4 + 2) / 128
    try:
        got, rest = error(estimate, target, -80.0), error(estimate, torch.full((128, 40), -100.0), -80.0)
    except NotImplementedError:
        print(OPEN.format(3))
        return
    assert got is not None, "Ten frames of the target are above the floor, and it returned None."
    got = float(got)
    assert abs(got - float((estimate - target).abs().mean())) > 1e-3, (
        "That is the mean over all frames, rests included."
    )
    assert abs(got - 2.0) > 1e-3, (
        "You took single entries that are loud. Judge whole frames, not bands: hiss beside the note counts too."
    )
    assert abs(got - right) < 1e-3, f"It says {got:.3f} dB; over the ten frames that sound it is {right:.3f} dB."
    assert rest is None, f"Where nothing sounds there is nothing to judge: return None, not {rest!r}."
    quiet = error(estimate, target, -20.0)
    assert quiet is None, "With the floor at -20 dB no frame sounds: is floor_db used?"
    print("[ok] Rests do not flatter, and hiss beside a note is counted.")
