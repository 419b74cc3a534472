"""A motion field is read backwards exactly where it is smooth."""

from __future__ import annotations

import numpy as np
import pytest

from mien.engines.motion.drawn import carried

SIZE = 96


def own():
    rows, columns = np.mgrid[:SIZE, :SIZE]
    return np.stack([columns, rows], axis=-1) + 0.5


@pytest.fixture
def points():
    return np.random.default_rng(0).uniform(25, 70, (60, 2))


@pytest.mark.parametrize(
    "turn",
    [np.eye(2), 1.2 * np.eye(2), np.array([[0.9, -0.2], [0.15, 1.1]])],
)
def test_an_affine_motion_is_undone(points, turn):
    middle = np.array([48.0, 46.0])
    places = (own() - middle) @ turn.T + middle + [3.0, -2.0]
    wanted = (points - [3.0, -2.0] - middle) @ np.linalg.inv(turn).T + middle
    np.testing.assert_allclose(carried(places, points, wanted + 1.5), wanted, atol=1e-6)


def test_of_two_places_the_expected_one_is_taken():
    places = own().copy()
    places[:, SIZE // 2 :] = places[:, : SIZE // 2]  # the left half is shown twice
    found = carried(places, np.full((2, 2), 20.0), np.array([[20.0, 20.0], [68.0, 20.0]]))
    np.testing.assert_allclose(found, [[20.0, 20.0], [68.0, 20.0]], atol=1e-6)
