"""A recording like the training set is near, one of another device is far."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from blobs import blobs
from drawn import network

from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.drift import drift_of


def taught_with(made):
    return replace(
        network((8,), 3),
        mean=made.scores.mean(0),
        scale=np.maximum(made.scores.std(0), 0.01),
    )


def test_what_taught_a_network_is_at_distance_one():
    made = blobs(20)
    found = drift_of(taught_with(made), made)
    assert found is not None and found.distance == pytest.approx(1, abs=0.01) and not found.far


def test_scores_that_moved_are_far_and_named():
    made = blobs(20)
    scores = made.scores.copy()
    scores[:, 7] = (scores[:, 7] + 0.9).clip(0, 1.5)
    other = replace(made, scores=0.3 * scores + 0.6)
    found = drift_of(taught_with(made), other)
    assert found is not None and found.far and "not to be relied on" in found.sentence
    alone = replace(made, scores=scores)
    assert drift_of(taught_with(made), alone).farthest[0] == made.names[7]


def test_nothing_is_said_where_nothing_is_known():
    made = blobs(20)
    few = made.take(np.arange(5))
    assert drift_of(taught_with(made), few) is None
    raw = replace(taught_with(made), config=SelfNormConfig((8,), l2_layers=(), standardise=False))
    assert drift_of(raw, made) is None
    noted = {"mean": made.scores.mean(0).tolist(), "sd": made.scores.std(0).tolist()}
    assert drift_of(replace(raw, notes={"inputs": noted}), made).distance == pytest.approx(
        1, abs=0.01
    )
