"""Phase from its gradients, and sharp attacks from one of them.

A network that moves over time cannot know the absolute phase of a held note, because one moment of it looks like any other.
It can know how fast each bin's phase turns from frame to frame, and how it turns from bin to bin. The first carries a held
note on; the second is a time: a bin whose neighbour above is turned by the angle a holds a sound that lies -a / (2 pi) windows
after the frame's start. It keeps a hit in one place, and tells that place to the millisecond.

Source of the idea: Prusa, Balazs and Sondergaard 2017 (phase gradient heap integration), with learned gradients.
"""

import math

import torch
from torch import nn

from stemlab.codec.spectrum import HOP, N_FFT, SAMPLE_RATE, power

BINS = N_FFT // 2 + 1
SPANS = (1, 2, 4, 8, 16)  # bins that a vote travels, up and down, in one round
BLOCK = 64  # frames that are made ready together: what a processor's cache holds
CELL = SAMPLE_RATE // 1000  # samples in a millisecond
GROUP = 8  # bins that share one time
MEMORY = 24  # ms for which a sound that has been heard counts as being there
SLACK = 8.0  # power that a waveform may have over what it is told before it is turned down: 9 dB


def phase_gradients(spectrum: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """How the phase of a complex STFT turns in time (against the bin's own rate) and from bin to bin.

    Args:
        spectrum: complex `(B, BINS, F)`.
    Returns:
        two unit complex tensors of the same shape; the first frame and the last bin are 0.
    """
    unit = spectrum / spectrum.abs().clamp(min=1e-9)
    time = torch.zeros_like(unit)
    time[:, :, 1:] = unit[:, :, 1:] * unit[:, :, :-1].conj() * _bin_rate(spectrum.device)[:, None].conj()
    frequency = torch.zeros_like(unit)
    frequency[:, :-1] = unit[:, 1:] * unit[:, :-1].conj()
    return time, frequency


def _bin_rate(device: torch.device) -> torch.Tensor:
    """What each bin's centre turns in a hop, unit complex `(BINS,)`."""
    angle = 2 * math.pi * ((torch.arange(BINS, device=device) * HOP) % N_FFT) / N_FFT
    return torch.polar(torch.ones_like(angle), angle)


def integrate_phase(magnitude: torch.Tensor, time: torch.Tensor, frequency: torch.Tensor) -> torch.Tensor:
    """Sum up phase gradients, frame by frame, into a complex spectrogram.

    Each bin takes the phase that its own past, and its neighbours up to 31 bins away, vote for. Votes count by loudness and
    by how certain the gradients are that carried them. So a held note goes on by its past; an attack, whose past is quiet
    and tells nothing, begins as the pulse in which all bins follow from the lowest, a vote too soft to count elsewhere.

    Args:
        magnitude: `(B, BINS, F)`, linear.
        time, frequency: as from `phase_gradients`; shorter than 1 where they are not certain.
    Returns:
        complex `(B, BINS, F)` with that magnitude.
    """
    stems, _, frames = magnitude.shape
    rate = _bin_rate(magnitude.device)[:, None]
    out = time.new_zeros(frames, stems * BINS)  # bins of all stems in one row: no slice of it has gaps
    vote, rising, falling, last = (torch.zeros_like(out[0]) for _ in range(4))
    rounds = [(vote[:-span], vote[span:], rising[span:], falling[span:]) for span in SPANS]
    for start in range(0, frames, BLOCK):
        block = slice(start, start + BLOCK)
        loud, turn = _rows(magnitude[:, :, block]).to(out.dtype), _rows(time[:, :, block] * rate)
        seed = (1e-3 * loud + 1e-20) * _pulses(frequency[:, :, block])  # `sgn` of a smaller number may be infinite
        for f, carriers in enumerate(_carriers(frequency[:, :, block])):
            torch.mul(last, turn[f], out=vote).add_(seed[f])
            for (low, high, from_below, from_above), (up, down) in zip(rounds, carriers, strict=True):
                torch.mul(low, up, out=from_below)
                torch.mul(high, down, out=from_above)
                high += from_below
                low += from_above
            last = torch.mul(vote.sgn(), loud[f], out=out[start + f])
    return out.unflatten(1, (stems, BINS)).permute(1, 2, 0)


def _rows(x: torch.Tensor) -> torch.Tensor:
    """`(B, BINS, F)` to `(F, B * BINS)`."""
    return x.permute(2, 0, 1).flatten(1)


def _pulses(frequency: torch.Tensor) -> torch.Tensor:
    """Each frame's phases by the gradient in frequency alone, from 0 in the lowest bin, as `_rows`."""
    turn = _rows((frequency + 1e-30).sgn()).unflatten(1, (-1, BINS))[:, :, :-1]  # (F, B, BINS - 1)
    return nn.functional.pad(turn, (1, 0), value=1).cumprod(2).flatten(1)


def _carriers(frequency: torch.Tensor) -> list[tuple[tuple[torch.Tensor, torch.Tensor], ...]]:
    """What turns a vote that travels up, and one that travels down, each `(B * BINS - span,)`: for each frame and each of SPANS.

    The turn over two spans is the product of the turns over each; certainties multiply with it. From the top bins, where it
    would leave the stem, it is 0.
    """
    certain = power(frequency).sqrt()
    turn = (frequency * torch.minimum(certain, 1 / certain.clamp(min=1e-9))).permute(2, 0, 1)  # (F, B, BINS)
    turn = nn.functional.pad(turn[:, :, :-1], (0, 1))
    found = []
    for span in SPANS:
        if span > 1:
            turn = turn * nn.functional.pad(turn[:, :, span // 2 :], (0, span // 2))
        up = turn.flatten(1)[:, :-span]
        found.append(zip(up, up.conj().resolve_conj(), strict=True))
    return list(zip(*found, strict=True))


def sharpen_attacks(audio: torch.Tensor, magnitude: torch.Tensor, frequency: torch.Tensor) -> torch.Tensor:
    """Turn a waveform down where it sounds before its time.

    A frame is 64 ms long, and what is wrong in it sounds in all of it. So each frame's energy is put back to the milliseconds that
    the gradient in frequency names, and where the waveform is louder than all that was told for the last MEMORY ms, it is
    turned down to it.

    Args:
        audio: `(B, F * HOP)`.
        magnitude: `(B, BINS, F)`, linear, that it was made from.
        frequency: the gradient of the phase from bin to bin, as for `integrate_phase`.
    Returns:
        `(B, F * HOP)`.

    Source: Auger and Flandrin 1995, "Improving the readability of time-frequency and time-scale representations by the
    reassignment method".
    """
    told = nn.functional.pad(_told_power(magnitude, frequency), (MEMORY - 1, 0))
    told = nn.functional.max_pool1d(told, MEMORY, 1)
    made = audio.unflatten(1, (-1, CELL)).square().mean(2)
    gain = (SLACK * told / made.clamp(min=1e-12)).clamp(max=1).sqrt()
    return audio * nn.functional.interpolate(gain[:, None], scale_factor=CELL, mode="linear")[:, 0]


def _told_power(magnitude: torch.Tensor, frequency: torch.Tensor) -> torch.Tensor:
    """Mean power in each millisecond, by the time that each group of bins names: `(B, F * HOP // CELL)`."""
    energy = magnitude[:, :-1].square().transpose(1, 2)  # (B, F, bins)
    turn = (frequency[:, :-1].transpose(1, 2) * energy).unflatten(2, (-1, GROUP)).sum(3)  # (B, F, groups)
    energy = energy.unflatten(2, (-1, GROUP)).sum(3)
    after = (-turn.angle() / (2 * math.pi) % 1) * N_FFT  # samples from the frame's start
    frames = energy.shape[1]
    start = torch.arange(frames, device=energy.device)[:, None] * HOP - (N_FFT - HOP) // 2
    cells = frames * HOP // CELL
    cell = ((start + after) / CELL).long().clamp(0, cells - 1)
    told = energy.new_zeros(len(energy), cells).scatter_add_(1, cell.flatten(1), energy.flatten(1))
    return told * (HOP / CELL / 3)  # a Hann frame's squared magnitudes sum to 3 times the mean power
