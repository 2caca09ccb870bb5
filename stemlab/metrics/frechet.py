"""Frechet distance of two sets of embeddings: how far generated audio is from real audio as a whole."""

import numpy as np


def frechet_distance(real: np.ndarray, other: np.ndarray) -> float:
    """Squared 2-Wasserstein distance of the Gaussians that have the sets' means and covariances.

    Args:
        real: `(n, d)`, one embedding a row, two or more rows.
        other: `(m, d)`.
    Returns:
        `|mean difference|^2 + trace(A + B - 2 sqrt(A B))`, 0 or more. It falls with the number of rows even
        between equal distributions: compare only sets of the same sizes.
    Raises:
        ValueError: fewer than two rows, or different widths.

    Source: Heusel et al. 2017, arXiv:1706.08500; for audio Kilgour et al. 2019, arXiv:1812.08466.
    """
    real, other = np.asarray(real, np.float64), np.asarray(other, np.float64)
    for name, rows in (("real", real), ("other", other)):
        if rows.ndim != 2 or len(rows) < 2 or rows.shape[1] != real.shape[1]:
            raise ValueError(f"{name}: has shape {rows.shape}; it takes two or more rows, as wide in both sets.")
    a, b = (np.atleast_2d(np.cov(rows, rowvar=False)) for rows in (real, other))
    # the eigenvalues of AB are those of the symmetric sqrt(A) B sqrt(A)
    values, vectors = np.linalg.eigh(a)
    root = vectors * np.sqrt(np.clip(values, 0, None)) @ vectors.T
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ b @ root), 0, None)).sum()
    distance = np.square(real.mean(0) - other.mean(0)).sum() + np.trace(a) + np.trace(b) - 2 * cross
    return float(max(0.0, distance))
