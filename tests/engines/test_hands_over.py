"""A hand over the face stays a hand, and nothing of the face that was comes through with it.

The hand is drawn, so it is known where it is; its joints are given, so that what is tested is what
is made of them. That a detector sees such hands is tested beside it.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.engines.laying import composite
from mien.engines.mesh.engine import Mesh
from mien.engines.mesh.hands import hands_over
from mien.face.geometry import face_box
from mien.phantom import Hand as Drawn
from mien.phantom import Phantom, Script
from mien.surrogates import cards, load
from mien.tracking import Sample
from mien.tracking.hands import Hand

SURE = np.ones(21, bool)


class Case:
    """A phantom with a hand, and the engine that knows its bare face."""

    def __init__(self, seed, over, tone):
        hand = Drawn(0.8, 2.0, over, side=("left", "right")[seed % 2], tone=tone)
        self.clip = Phantom(Script(seconds=1.6, width=448, height=448, seed=seed, hand=hand))
        self.points = self.clip.truth.people[0].landmarks.astype(float)
        samples = [Sample(self.clip.frame(k).image, self.points[k]) for k in (0, 3, 6)]
        self.person = Mesh.calibrate(samples, self.points[:8])
        self.engine = self.person.wearing(load(sorted(cards())[seed]))
        self.index = 36
        self.image = self.clip.frame(self.index).image
        self.hands = [Hand(self.clip.joints(self.index), SURE)]
        bare = self.engine.render(self.image, self.points[self.index])
        height, width = bare.opacity.shape
        self.box = (bare.left, bare.top, bare.left + width, bare.top + height)

    def over(self, hands=None):
        points, neutral = self.points[self.index], self.person.neutral
        hands = self.hands if hands is None else hands
        return hands_over(self.image, points, hands, self.box, neutral)

    def part(self, picture):
        left, top, right, bottom = self.box
        return picture[top:bottom, left:right]

    @property
    def face(self):
        """The inner face of the original."""
        hull = cv2.convexHull(self.points[self.index][:468, :2].astype(np.float32))
        filled = cv2.fillConvexPoly(np.zeros(self.image.shape[:2], np.uint8), hull.astype(int), 1)
        return self.part(filled) > 0

    def result(self):
        picture = self.image.copy()
        points = self.points[self.index]
        composite(picture, self.engine.render_behind(self.image, points, self.hands))
        return picture


@pytest.fixture(scope="module", params=[(0, "cheek", 1.0), (1, "mouth", 0.85), (2, "eye", 1.1)])
def case(request):
    return Case(*request.param)


def test_no_pixel_of_the_face_is_kept_and_most_of_the_hand_is_shown(case):
    over, hand = case.over(), case.part(case.clip.hand(case.index))
    bare = case.face & (hand == 0)
    assert (over.kept[bare] > 0).mean() < 3e-4
    mine = case.face & (hand > 0.5)
    assert (over.kept[mine] > 0.5).mean() > 0.35
    assert np.maximum(over.kept, over.smeared)[mine].mean() > 0.8


def test_the_hand_is_the_frames_own_where_it_is_kept(case):
    certain = case.over().kept == 1
    assert certain.sum() > 500
    difference = np.abs(case.part(case.result()).astype(int) - case.part(case.image))
    assert difference[certain].max() <= 1


def test_a_hand_that_is_imagined_shows_nothing(case):
    bare = case.clip.frame(4).image
    points = case.points[4]
    box = face_box(points, bare.shape, 0.3)
    imagined = [Hand(case.clip.joints(case.index), SURE)]
    over = hands_over(bare, points, imagined, box, case.person.neutral)
    left, top, right, bottom = box
    hull = cv2.convexHull(points[:468, :2].astype(np.float32)).astype(int)
    face = cv2.fillConvexPoly(np.zeros(bare.shape[:2], np.uint8), hull, 1)[top:bottom, left:right]
    assert over.kept[face > 0].max() == 0


def test_joints_that_two_looks_place_differently_keep_nothing(case):
    over = case.over([Hand(case.hands[0].joints, ~SURE)])
    assert over.kept.max() == 0


def test_a_hand_of_the_faces_own_colour_is_blurred_and_no_face_is_drawn_on_it(case):
    # on a bare face, whatever is given as a hand has the face's own colour
    image, points, hands = case.clip.frame(4).image, case.points[4], case.hands
    box = face_box(points, image.shape, 0.3)
    palm = hands[0].joints[[0, 5, 9, 13, 17]].mean(0) - box[:2]
    place = tuple(palm.astype(int)[::-1])
    sure = hands_over(image, points, hands, box, case.person.neutral)
    assert sure.smeared[place] > 0.9
    unsure = [Hand(hands[0].joints, np.arange(21) % 2 == 0)]
    assert hands_over(image, points, unsure, box, case.person.neutral).smeared[place] < 0.1


def test_the_same_frame_gives_the_same_hand(case):
    assert np.array_equal(case.result(), case.result())


def test_a_hand_beside_the_face_changes_nothing(case):
    far = [Hand(case.hands[0].joints + [2000, 0], SURE)]
    image, points = case.image, case.points[case.index]
    beside = case.engine.render_behind(image, points, far)
    without = case.engine.render(image, points)
    assert np.array_equal(beside.picture, without.picture)
    assert np.array_equal(beside.opacity, without.opacity)


def test_less_than_half_of_the_inner_face_is_kept_whatever_hides_it(case):
    wide = Hand(case.hands[0].joints, SURE)
    near = [wide, Hand(wide.joints * [1, 1] + [-40, 20], SURE), Hand(wide.joints + [35, -30], SURE)]
    over = case.over(near)
    low, high = np.array(case.box[:2]), np.array(case.box[2:])
    points = case.points[case.index][:468, :2]
    middle = (points.min(0) + points.max(0)) / 2 - low
    rows, columns = np.mgrid[: high[1] - low[1], : high[0] - low[0]]
    radius = 0.33 * np.ptp(points, axis=0).max()
    circle = (columns - middle[0]) ** 2 + (rows - middle[1]) ** 2 < radius**2
    assert (over.kept[circle] > 0).mean() < 0.5
