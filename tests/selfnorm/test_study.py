"""Measures of known matrices, calibration of known faults, clusters of known groups."""

from __future__ import annotations

import math

import numpy as np
import pytest
from blobs import blobs
from scipy import stats

from mien.errors import ParameterError
from mien.selfnorm import study


def test_balance_is_scipys_test():
    labels = np.repeat([0, 1, 2, -1], [50, 40, 75, 30])
    found = study.balance(labels, 3)
    theirs = stats.chisquare([50, 40, 75])
    assert found.counts == (50, 40, 75) and found.df == 2
    assert found.chi2 == pytest.approx(theirs.statistic)
    assert found.p == pytest.approx(theirs.pvalue)
    assert study.balance(np.array([0, 1]), 2).p == pytest.approx(1)
    with pytest.raises(ParameterError):
        study.balance(np.array([-1]), 2)


def test_measures_of_a_known_matrix():
    matrix = np.array([[8, 2, 0], [1, 6, 3], [0, 0, 10]])
    truth, predicted = (np.repeat(i.ravel(), matrix.ravel()) for i in np.indices((3, 3)))
    shuffled = np.random.default_rng(0).permutation(len(truth))
    found = study.confusion(
        np.append(truth[shuffled], [-1, 0]), np.append(predicted[shuffled], [0, -1]), 3
    )
    assert np.array_equal(found, matrix)
    m = study.Measures.of(matrix)
    assert m.accuracy == pytest.approx(24 / 30)
    assert m.recall == pytest.approx([0.8, 0.6, 1])
    assert m.precision == pytest.approx([8 / 9, 6 / 8, 10 / 13])
    assert m.specificity == pytest.approx([19 / 20, 18 / 20, 17 / 20])
    assert m.f1 == pytest.approx([16 / 19, 12 / 18, 20 / 23])
    assert m.macro_f1 == pytest.approx(np.mean([16 / 19, 12 / 18, 20 / 23]))


def test_a_class_that_does_not_occur_is_unknown():
    m = study.Measures.of(np.array([[5, 0], [0, 0]]))
    assert math.isnan(m.recall[1]) and math.isnan(m.precision[1]) and math.isnan(m.specificity[0])
    assert m.balanced_accuracy == 1 and m.macro_f1 == 1


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
        return study.reliability(p / p.sum(1, keepdims=True), labels).ece

    found = study.temperature(z, labels)
    assert found == pytest.approx(factor, rel=0.05)
    assert ece(found) < 0.015
    assert factor == 1.0 or ece(1.0) > 0.1


def test_reliability_of_a_known_fault():
    # says 90 %, is right 60 % of the time
    p = np.tile([0.9, 0.1], (1000, 1))
    labels = np.repeat([0, 1], [600, 400])
    found = study.reliability(p, labels)
    assert found.ece == pytest.approx(0.3)
    assert found.count.sum() == 1000 and np.isnan(found.accuracy[0])
    assert found.accuracy[found.count > 0] == pytest.approx([0.6])


def test_coverage_and_the_threshold_for_an_accuracy():
    sure = np.array([0.95, 0.9, 0.8, 0.7, 0.7, 0.6])
    right = np.array([1, 1, 0, 1, 1, 0])
    found = study.coverage(np.stack([sure, 1 - sure], 1), 1 - right)
    assert found.threshold == pytest.approx([0.95, 0.9, 0.8, 0.7, 0.6])
    assert found.coverage == pytest.approx(np.array([1, 2, 3, 5, 6]) / 6)
    assert found.accuracy == pytest.approx([1, 1, 2 / 3, 4 / 5, 4 / 6])
    assert found.threshold_for(0.8) == pytest.approx(0.7)
    assert found.threshold_for(0.9) == pytest.approx(0.9)
    wrong = study.coverage(np.stack([sure, 1 - sure], 1), np.ones(6))
    assert wrong.threshold_for(0.5) is None


@pytest.mark.parametrize("method", ["hierarchical", "kmeans"])
def test_expressions_that_are_apart_are_clusters(method):
    found = study.clusters(blobs(10, 8), method)
    assert found.rand_expression == 1 and abs(found.rand_participant) < 0.2
    assert len(found.clusters) == 30 and found.tree is not None


def test_people_that_are_apart_are_clusters_until_they_are_centred():
    made = blobs(3, 8, apart=0.3)
    far = np.array([0.0, 0.2, 0.4])[[int(name[1:]) for name in made.participants]]
    object.__setattr__(made, "scores", (made.scores / 2 + far[:, None]).astype(np.float32))
    assert study.clusters(made).rand_participant == 1
    assert study.clusters(made, centred=True).rand_expression == 1


def test_impossible_clusters():
    with pytest.raises(ParameterError, match="by 'dbscan'"):
        study.clusters(blobs(3, 2), "dbscan")
    with pytest.raises(ParameterError, match="cannot be put"):
        study.clusters(blobs(1, 2), count=3)


def test_adjusted_rand():
    one = np.array([0, 0, 1, 1, 2, 2])
    assert study.adjusted_rand(one, np.array([5, 5, 3, 3, 9, 9])) == 1
    # worked by hand: 2 pairs together in both, 3 and 4 in each, 15 in all
    two = np.array([0, 0, 1, 1, 1, 2])
    expected = 3 * 4 / 15
    assert study.adjusted_rand(one, two) == pytest.approx((2 - expected) / (3.5 - expected))
    rng = np.random.default_rng(0)
    assert abs(study.adjusted_rand(rng.integers(0, 5, 3000), rng.integers(0, 4, 3000))) < 0.01


def test_accuracy_by_participant():
    made = blobs(3, 4)
    predicted = made.labels.copy().astype(int)
    predicted[made.participants == "P01"] = 0
    found = {person.name: person.accuracy for person in study.by_participant(made, predicted)}
    assert found == {"P00": 1.0, "P01": pytest.approx(1 / 3), "P02": 1.0}
