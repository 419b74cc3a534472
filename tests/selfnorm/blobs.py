"""Snapshots whose classes are apart, of people who differ a little."""

from __future__ import annotations

import numpy as np

from mien.blendshapes.names import NAMES
from mien.selfnorm.snapshots import Snapshots

EXPRESSIONS = ("neutral", "happiness", "surprise")


def blobs(
    people: int = 12, each: int = 20, noise: float = 0.05, seed: int = 0, apart: float = 0.5
) -> Snapshots:
    """`each` snapshots of every expression of every person, 10 a second."""
    rng = np.random.default_rng(seed)
    centres = 0.2 + apart * np.random.default_rng(99).random((len(EXPRESSIONS), len(NAMES)))
    person = np.repeat(np.arange(people), len(EXPRESSIONS) * each)
    label = np.tile(np.repeat(np.arange(len(EXPRESSIONS)), each), people)
    own = 0.05 * rng.standard_normal((people, len(NAMES)))
    scores = centres[label] + own[person] + noise * rng.standard_normal((len(label), len(NAMES)))
    return Snapshots(
        np.clip(scores, 0, 1),
        NAMES,
        label,
        EXPRESSIONS,
        np.array([f"P{k:02d}" for k in person]),
        np.tile(np.arange(each) / 10, people * len(EXPRESSIONS)),
    )
