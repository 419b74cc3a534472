"""A square is cut out around a face, wherever it is, and points find the way back."""

from __future__ import annotations

import numpy as np
import pytest

from mien.engines.motion.portrait import Crop, opacity
from mien.face.model import FaceModel


def face(middle=(120.0, 100.0), size=50.0):
    return FaceModel.load().neutral * size + [*middle, 0.0]


def test_points_find_the_way_back():
    crop = Crop(-10, 20, 90)
    points = np.random.default_rng(0).uniform(0, 100, (20, 3))
    np.testing.assert_allclose(crop.outwards(crop.inwards(points, 64), 64), points)
    assert crop.inwards(np.array([[-10.0, 20, 0]]), 64).tolist() == [[0, 0, 0]]


def test_the_square_follows_place_and_size_and_no_expression():
    alpha = np.zeros(40)
    one, far = Crop.around(face(), alpha), Crop.around(face((20.0, 30.0), 100.0), alpha)
    assert far.side == pytest.approx(2 * one.side, abs=1)
    model = FaceModel.load()
    open_ = model.neutral + model.expression[list(model.expression_names).index("jawOpen")]
    jaw = Crop.around(open_ * 50.0 + [120.0, 100.0, 0.0], alpha)
    assert abs(jaw.side - one.side) <= 1
    assert max(abs(jaw.left - one.left), abs(jaw.top - one.top)) <= 1


@pytest.mark.parametrize("corner", [(-200, -200), (-20, -30), (150, 150), (400, 10)])
def test_beyond_the_frame_its_edge_goes_on(corner):
    image = np.random.default_rng(0).integers(0, 255, (180, 200, 3), np.uint8)
    crop = Crop(*corner, 80)
    part = crop.of(image, 80)
    left, top, right, bottom = crop.box(image.shape)
    assert 0 <= left < right <= 200 and 0 <= top < bottom <= 180
    if right - left > 1:
        inner = part[top - crop.top : bottom - crop.top, left - crop.left : right - crop.left]
        assert (inner == image[top:bottom, left:right]).all()


def test_a_face_beside_the_old_one_is_shown_only_near_it():
    before = face()
    box = (0, 0, 240, 240)
    there = opacity(before, before + [400.0, 0, 0], box)
    _, columns = np.nonzero(there)
    reach = np.ptp(before[:, 0]) * 1.3 / 2 + 2
    assert np.abs(columns + 0.5 - before[:468, 0].mean()).max() < 1.2 * reach
    assert there.max() == 1
