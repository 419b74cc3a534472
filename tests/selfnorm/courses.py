"""Recordings in which only what came before tells the class, and networks that look at it."""

from __future__ import annotations

import numpy as np

from mien.blendshapes.names import NAMES
from mien.selfnorm.recurrent import Recurrent, SequenceConfig
from mien.selfnorm.snapshots import Snapshots


def course(people: int = 12, length: int = 30) -> Snapshots:
    """One score that rises or falls: no single value tells which. 10 snapshots a second."""
    rng = np.random.default_rng(0)
    labels = np.tile(np.repeat([0, 1], length), people)
    phase = np.tile(np.arange(length) / 10, 2 * people)
    saw = phase % 1
    score = np.where(labels == 0, saw, 1 - saw) + 0.01 * rng.standard_normal(len(labels))
    who = np.repeat([f"P{k:02d}" for k in range(people)], 2 * length)
    return Snapshots(
        score[:, None].clip(0, 1), ("jawOpen",), labels, ("rising", "falling"), who, phase
    )


def recurrent(width: int = 8, classes: int = 3, length: int = 4, **more: object) -> Recurrent:
    """A network of sequences with random weights."""
    rng = np.random.default_rng(0)
    return Recurrent(
        NAMES,
        tuple(f"c{k}" for k in range(classes)),
        seen=rng.standard_normal((len(NAMES), 3 * width)) / 4,
        remembered=rng.standard_normal((width, 3 * width)) / 2,
        biases=0.1 * rng.standard_normal((2, 3 * width)),
        head=(rng.standard_normal((width, classes)), 0.1 * rng.standard_normal(classes)),
        mean=0.3 * rng.random(len(NAMES)),
        scale=0.05 + 0.2 * rng.random(len(NAMES)),
        **{"step_s": 0.1, **more},  # type: ignore[arg-type]
        config=SequenceConfig(length=length, width=width),
    )
