"""A face that an engine could not draw is covered as a lost one is."""

from __future__ import annotations

import numpy as np
import pytest

from mien.engines.base import Rendering
from mien.pipeline.casting import Individual
from mien.pipeline.compositing import COVER
from mien.pipeline.ledger import Entry
from mien.pipeline.render import Hands, replace_faces
from mien.tracking import FaceTrack, State
from mien.tracking.hands import Hand


class Engine:
    """Draws a green square, or says that it could not."""

    def __init__(self, covered):
        self.covered = covered

    def render(self, image, landmarks):
        green = np.full((8, 8, 3), (0, 200, 0), np.uint8)
        whole = np.ones((8, 8), np.float32)
        return Rendering(20, 20, green, whole, landmarks, covered=self.covered)


@pytest.mark.parametrize("covered", [True, False])
def test_what_was_not_drawn_is_covered(covered):
    points = np.random.default_rng(0).uniform(16, 32, (1, 478, 3)).astype(np.float32)
    track = FaceTrack(0, points, np.array([State.TRACKED], np.uint8))
    person = Individual(track, engine=Engine(covered))
    image = np.full((48, 48, 3), 90, np.uint8)
    result = replace_faces(image, 0, [person], np.zeros(1), {})
    assert result.entry == (Entry.COVERED if covered else Entry.RENDERED)
    assert tuple(result.image[24, 24]) == (COVER if covered else (0, 200, 0))
    assert (result.moved[0] is None) == covered
    assert len(result.faces) == 1


@pytest.mark.parametrize("cover", [True, False])
def test_a_face_behind_a_hand_is_covered_if_that_was_asked_for(cover):
    points = np.random.default_rng(0).uniform(16, 32, (1, 478, 3)).astype(np.float32)
    track = FaceTrack(0, points, np.array([State.TRACKED], np.uint8))
    drawing = Engine(covered=False)
    drawing.render_behind = lambda image, landmarks, hands: drawing.render(image, landmarks)
    person = Individual(track, engine=drawing)
    image = np.full((48, 48, 3), 90, np.uint8)
    over = Hand(np.random.default_rng(1).uniform(18, 30, (21, 2)), np.ones(21, bool))
    beside = Hand(over.joints + 200, np.ones(21, bool))
    for hand, hidden in ((over, cover), (beside, False)):
        hands = Hands([hand], cover)
        result = replace_faces(image, 0, [person], np.zeros(1), {}, hands)
        assert result.entry == (Entry.COVERED if hidden else Entry.RENDERED)
