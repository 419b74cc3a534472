"""Clusters of known groups."""

from __future__ import annotations

import numpy as np
import pytest
from blobs import blobs

from mien.errors import ParameterError
from mien.selfnorm.clusters import adjusted_rand, clusters


@pytest.mark.parametrize("method", ["hierarchical", "kmeans"])
def test_expressions_that_are_apart_are_clusters(method):
    found = clusters(blobs(10, 8), method)
    assert found.rand_expression == 1 and abs(found.rand_participant) < 0.2
    assert len(found.clusters) == 30 and found.tree is not None


def test_people_that_are_apart_are_clusters_until_they_are_centred():
    made = blobs(3, 8, apart=0.3)
    far = np.array([0.0, 0.2, 0.4])[[int(name[1:]) for name in made.participants]]
    object.__setattr__(made, "scores", (made.scores / 2 + far[:, None]).astype(np.float32))
    assert clusters(made).rand_participant == 1
    assert clusters(made, centred=True).rand_expression == 1


def test_impossible_clusters():
    with pytest.raises(ParameterError, match="by 'dbscan'"):
        clusters(blobs(3, 2), "dbscan")
    with pytest.raises(ParameterError, match="cannot be put"):
        clusters(blobs(1, 2), count=3)


def test_adjusted_rand():
    one = np.array([0, 0, 1, 1, 2, 2])
    assert adjusted_rand(one, np.array([5, 5, 3, 3, 9, 9])) == 1
    # worked by hand: 2 pairs together in both, 3 and 4 in each, 15 in all
    two = np.array([0, 0, 1, 1, 1, 2])
    expected = 3 * 4 / 15
    assert adjusted_rand(one, two) == pytest.approx((2 - expected) / (3.5 - expected))
    rng = np.random.default_rng(0)
    assert abs(adjusted_rand(rng.integers(0, 5, 3000), rng.integers(0, 4, 3000))) < 0.01
