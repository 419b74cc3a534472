"""Calibration of known faults."""

from __future__ import annotations

import numpy as np
import pytest

from mien.selfnorm.calibration import coverage, reliability, temperature


def drawn(n: int, sharpness: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose softmax is true, times a factor, and labels drawn from the truth."""
    rng = np.random.default_rng(seed)
    z = 2 * rng.standard_normal((n, 4))
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    labels = (p.cumsum(1) < rng.random((n, 1))).sum(1)
    return sharpness * z, np.minimum(labels, 3)


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_temperature_undoes_false_confidence(factor):
    z, labels = drawn(20_000, factor)

    def ece(t: float) -> float:
        p = np.exp(z / t - (z / t).max(1, keepdims=True))
        return reliability(p / p.sum(1, keepdims=True), labels).ece

    found = temperature(z, labels)
    assert found == pytest.approx(factor, rel=0.05)
    assert ece(found) < 0.015
    assert factor == 1.0 or ece(1.0) > 0.1


def test_reliability_of_a_known_fault():
    # says 90 %, is right 60 % of the time
    p = np.tile([0.9, 0.1], (1000, 1))
    labels = np.repeat([0, 1], [600, 400])
    found = reliability(p, labels)
    assert found.ece == pytest.approx(0.3)
    assert found.count.sum() == 1000 and np.isnan(found.accuracy[0])
    assert found.accuracy[found.count > 0] == pytest.approx([0.6])


def test_coverage_and_the_threshold_for_an_accuracy():
    sure = np.array([0.95, 0.9, 0.8, 0.7, 0.7, 0.6])
    right = np.array([1, 1, 0, 1, 1, 0])
    found = coverage(np.stack([sure, 1 - sure], 1), 1 - right)
    assert found.threshold == pytest.approx([0.95, 0.9, 0.8, 0.7, 0.6])
    assert found.coverage == pytest.approx(np.array([1, 2, 3, 5, 6]) / 6)
    assert found.accuracy == pytest.approx([1, 1, 2 / 3, 4 / 5, 4 / 6])
    assert found.threshold_for(0.8) == pytest.approx(0.7)
    assert found.threshold_for(0.9) == pytest.approx(0.9)
    wrong = coverage(np.stack([sure, 1 - sure], 1), np.ones(6))
    assert wrong.threshold_for(0.5) is None
