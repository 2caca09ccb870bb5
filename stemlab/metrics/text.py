"""Is it the stem that was asked for? A small classifier of stem families, trained on real renders.

It sees statistics of a log-mel spectrogram, not the pitch of single notes. The layer before its last is
the embedding for Frechet distances.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import nn

SAMPLE_RATE = 32_000
FAMILIES = ("drums", "percussion", "bass", "keys", "guitar", "strings", "lead", "winds")
N_FFT, HOP, MELS = 2048, 512, 48
WIDTH = 64  # of the embedding


@lru_cache
def _filters() -> torch.Tensor:
    hz = np.arange(N_FFT // 2 + 1) * SAMPLE_RATE / N_FFT
    low, high = (2595 * np.log10(1 + f / 700) for f in (30, 15_500))
    edges = 700 * (10 ** (np.linspace(low, high, MELS + 2)[:, None] / 2595) - 1)
    up, down = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2]), (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    return torch.tensor(np.clip(np.minimum(up, down), 0, None), dtype=torch.float32)


def statistics(audio: np.ndarray) -> np.ndarray:
    """What the classifier sees of a stem or mix.

    Args:
        audio: `(N,)`, 0.1 s or more.
    Returns:
        `(6 * 48,)` float32 over the frames within 40 dB of the loudest: mean, deviation, 10th and 90th percentile of
        each log-mel band in dB re its loudest, mean rise and mean fall from frame to frame.
    """
    wave = torch.as_tensor(np.asarray(audio, np.float32))
    frames = torch.stft(wave, N_FFT, HOP, window=torch.hann_window(N_FFT), return_complex=True).abs() / (N_FFT / 4)
    level = 10 * torch.log10(_filters() @ frames**2 + 1e-12)  # (bands, T)
    level = (level - level.max()).clamp(min=-60)
    sounding = level.max(0).values > -40
    change = torch.diff(level, dim=1)
    heard = level[:, sounding]
    ranks = torch.quantile(heard, torch.tensor([0.1, 0.9]), dim=1)
    parts = [
        heard.mean(1),
        heard.std(1, correction=0),
        *ranks,
        change.clamp(min=0).mean(1),
        (-change).clamp(min=0).mean(1),
    ]
    return torch.cat(parts).numpy()


class FamilyClassifier(nn.Module):
    """Two hidden layers from `statistics` to one of eight families."""

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(6 * MELS))
        self.register_buffer("scale", torch.ones(6 * MELS))
        self.body = nn.Sequential(
            nn.Linear(6 * MELS, 192), nn.GELU(), nn.Dropout(0.3), nn.Linear(192, WIDTH), nn.GELU()
        )
        self.head = nn.Linear(WIDTH, len(FAMILIES))

    @torch.no_grad()
    def embed(self, features: np.ndarray) -> np.ndarray:
        """The layer before the last, `(n, 64)`, of statistics `(n, 6 * 48)`."""
        return self.eval().body((torch.as_tensor(features) - self.mean) / self.scale).numpy()

    @torch.no_grad()
    def classify(self, features: np.ndarray) -> list[str]:
        """The likeliest family of each row of statistics `(n, 6 * 48)`."""
        return [FAMILIES[i] for i in self.head(torch.as_tensor(self.embed(features))).argmax(1).tolist()]

    def save(self, path: str | Path) -> None:
        """Write the weights as `.npz`."""
        np.savez(path, **{name: tensor.numpy() for name, tensor in self.state_dict().items()})

    @classmethod
    def load(cls, path: str | Path) -> "FamilyClassifier":
        """Read what `save` wrote; nothing is unpickled."""
        with np.load(path, allow_pickle=False) as stored:
            model = cls()
            model.load_state_dict({name: torch.as_tensor(stored[name]) for name in stored.files})
        return model.eval()


def train_classifier(features: np.ndarray, families: list[str], epochs: int = 60, seed: int = 0) -> FamilyClassifier:
    """Fit a classifier to real stems.

    Args:
        features: `(n, 6 * 48)` of `statistics`.
        families: n names of FAMILIES.
        epochs: passes over them; 5000 stems take some 10 s on one core.
        seed: of weights, order and dropout.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = FamilyClassifier()
        x, y = torch.as_tensor(features), torch.tensor([FAMILIES.index(name) for name in families])
        model.mean, model.scale = x.mean(0), x.std(0) + 1e-3
        optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.05)
        steps = epochs * -(-len(x) // 64)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        model.train()
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(64):
                logits = model.head(model.body((x[rows] - model.mean) / model.scale))
                loss = nn.functional.cross_entropy(logits, y[rows], label_smoothing=0.05)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
    return model.eval()
