"""The turn of a head is what it was turned by."""

from __future__ import annotations

import numpy as np
import pytest

from mien.face.model import FaceModel
from mien.face.pose import head_pose
from mien.phantom.pose import rotation_of


@pytest.mark.parametrize("turn", [(0, 0, 0), (25, 0, 0), (-30, 10, 0), (5, -15, 20), (0, 8, -40)])
def test_the_turn_of_a_head_is_measured(turn):
    model = FaceModel.load()
    straight = model.shape(np.zeros(len(model.identity)))
    level = head_pose(90 * straight + [320, 200, 0])[1]
    yaw, pitch, roll = head_pose(90 * straight @ rotation_of(*turn).T + [320, 200, 0])
    assert (yaw, pitch - level, roll) == pytest.approx(turn, abs=1e-6)
    assert -12 < level < 0
