"""Measures of known matrices, and classes that are even or not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mien.errors import ParameterError
from mien.selfnorm.measures import Measures, balance, confusion


def test_even_classes_and_uneven_ones():
    labels = np.repeat([0, 1, 2, -1], [50, 40, 75, 30])
    found = balance(labels, 3)
    assert found.counts == (50, 40, 75) and found.df == 2
    assert found.chi2 == pytest.approx((5**2 + 15**2 + 20**2) / 55)  # 55 are expected of each
    assert found.p == pytest.approx(math.exp(-found.chi2 / 2))  # two degrees of freedom
    assert balance(np.array([0, 1]), 2).p == pytest.approx(1)
    with pytest.raises(ParameterError):
        balance(np.array([-1]), 2)


def test_measures_of_a_known_matrix():
    matrix = np.array([[8, 2, 0], [1, 6, 3], [0, 0, 10]])
    truth, predicted = (np.repeat(i.ravel(), matrix.ravel()) for i in np.indices((3, 3)))
    shuffled = np.random.default_rng(0).permutation(len(truth))
    found = confusion(
        np.append(truth[shuffled], [-1, 0]), np.append(predicted[shuffled], [0, -1]), 3
    )
    assert np.array_equal(found, matrix)
    m = Measures.of(matrix)
    assert m.accuracy == pytest.approx(24 / 30)
    assert m.recall == pytest.approx([0.8, 0.6, 1])
    assert m.precision == pytest.approx([8 / 9, 6 / 8, 10 / 13])
    assert m.specificity == pytest.approx([19 / 20, 18 / 20, 17 / 20])
    assert m.f1 == pytest.approx([16 / 19, 12 / 18, 20 / 23])
    assert m.macro_f1 == pytest.approx(np.mean([16 / 19, 12 / 18, 20 / 23]))


def test_a_class_that_does_not_occur_is_unknown():
    m = Measures.of(np.array([[5, 0], [0, 0]]))
    assert math.isnan(m.recall[1]) and math.isnan(m.precision[1]) and math.isnan(m.specificity[0])
    assert m.balanced_accuracy == 1 and m.macro_f1 == 1
