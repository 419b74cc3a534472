"""Tables of studies whose truth is known."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from mien.review.synthesis.accuracy_table import AccuracyTable


def table(rows: list[tuple[int, int, int, int]], **columns: list[str]) -> AccuracyTable:
    """Of counts tp, fp, fn, tn."""
    tp, fp, fn, tn = np.array(rows, float).T
    names = tuple(f"study {k}" for k in range(len(rows)))
    return AccuracyTable(names, tp, fp, fn, tn, {k: tuple(v) for k, v in columns.items()})


def drawn(n: int, sd: tuple[float, float], rho: float, seed: int = 1, size: int = 300):
    """Studies with mean logits 1.5 and 2.5 and a known spread."""
    random = np.random.default_rng(seed)
    shared = rho * sd[0] * sd[1]
    logits = random.multivariate_normal([1.5, 2.5], [[sd[0] ** 2, shared], [shared, sd[1] ** 2]], n)
    tp, tn = random.binomial(size, expit(logits)).T
    return table([(a, size - b, size - a, b) for a, b in zip(tp, tn, strict=True)])
