"""A network of random weights, of any shape."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mien.blendshapes.names import NAMES
from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.features import Features
from mien.selfnorm.network import SelfNorm


def network(
    widths: tuple[int, ...] = (64,) * 10, classes: int = 5, seed: int = 0, **more: object
) -> SelfNorm:
    rng = np.random.default_rng(seed)
    features = more.pop("features", Features())
    config = SelfNormConfig(widths=widths, l2_layers=(), features=features)  # type: ignore[arg-type]
    inputs = len(features.names(NAMES))  # type: ignore[attr-defined]
    sizes = [inputs, *widths, classes]
    weights = tuple(
        (rng.standard_normal((a, b)) / np.sqrt(a), 0.1 * rng.standard_normal(b))
        for a, b in pairwise(sizes)
    )
    return SelfNorm(
        NAMES,
        tuple(f"c{k}" for k in range(classes)),
        weights,
        0.3 * rng.random(inputs),
        0.05 + 0.2 * rng.random(inputs),
        config,
        **more,  # type: ignore[arg-type]
    )
