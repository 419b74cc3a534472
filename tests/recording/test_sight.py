"""A face is measured picture by picture, and lost without a trace."""

from __future__ import annotations

import numpy as np
import pytest

from mien.blendshapes.names import NAMES
from mien.phantom import Phantom, Script
from mien.recording.sight import LiveFace


@pytest.fixture
def eye():
    face = LiveFace()
    yield face
    face.close()


def test_a_face_is_seen_lost_and_seen_again(eye):
    clip = Phantom(Script(seconds=0.1, blinks=(), head_motion=0, seed=3))
    image, truth = clip.frame(0).image, clip.truth.people[0].landmarks[0]
    sight = eye.see(image)
    assert sight.scores.shape == (len(NAMES),) and np.isfinite(sight.scores).all()
    assert np.abs(sight.pose).max() < 12
    width = np.ptp(truth[:, 0])
    assert np.linalg.norm(sight.landmarks[:, :2] - truth[:, :2], axis=1).mean() < 0.1 * width
    assert eye.see(np.full_like(image, 128)) is None
    again = eye.see(image)
    assert np.abs(again.landmarks - sight.landmarks).max() < 0.05 * width
