"""Inputs are compared on the same people, and the one that carries the answer is found."""

from __future__ import annotations

import numpy as np
import pytest

from mien.blendshapes.names import NAMES
from mien.errors import ParameterError
from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.geometry import GEOMETRY
from mien.selfnorm.inputs_compared import compare_inputs
from mien.selfnorm.snapshots import Snapshots

CONFIG = SelfNormConfig(widths=(16,), l2_layers=(), epochs=20, batch=16, learning_rate=0.01)


def study(*, in_geometry: bool) -> Snapshots:
    """Two expressions that twenty landmarks tell apart; scores tell them in one case only."""
    rng = np.random.default_rng(0)
    labels = np.tile(np.repeat([0, 1], 10), 12)
    scores = 0.3 + 0.05 * rng.standard_normal((len(labels), len(NAMES)))
    if not in_geometry:
        scores[:, 0] += 0.4 * labels
    shape = rng.standard_normal((1, len(GEOMETRY))) + 0.1 * rng.standard_normal(
        (len(labels), len(GEOMETRY))
    )
    shape[:, :60] += labels[:, None]
    who = np.repeat([f"P{k:02d}" for k in range(12)], 20)
    times = np.tile(np.arange(10) / 10, 24)
    return Snapshots(
        np.concatenate([scores, shape], 1), (*NAMES, *GEOMETRY), labels, ("a", "b"), who, times
    )


def test_the_input_that_carries_the_answer_is_found():
    pytest.importorskip("torch", reason="torch is for training only")
    scores, geometry, both = compare_inputs(study(in_geometry=True), CONFIG, 3)
    assert (scores.columns, geometry.columns, both.columns) == (51, 1434, 1485)
    assert geometry.measures.accuracy > 0.9 > 0.7 > scores.measures.accuracy
    low, high = geometry.difference_interval
    assert 0 < low <= geometry.difference <= high
    assert scores.difference_interval is None and scores.as_dict()["less_scores"] is None
    assert geometry.matrix.sum() == both.matrix.sum() == 240  # everybody once
    assert geometry.weights - scores.weights == (1434 - 51) * 16


def test_without_landmarks_nothing_is_compared():
    pytest.importorskip("torch", reason="torch is for training only")
    made = study(in_geometry=False).aligned(NAMES)
    with pytest.raises(ParameterError, match="no landmarks"):
        compare_inputs(made, CONFIG, 3)
    with pytest.raises(ParameterError, match="validation share"):
        compare_inputs(study(in_geometry=False), CONFIG, 3, validation=0.0)
