"""Hands are believed if two looks agree, and followed from the frame in which they came."""

from __future__ import annotations

import numpy as np
import pytest

from mien.models.hands import Hands
from mien.phantom import Hand as Drawn
from mien.phantom import Phantom, Script
from mien.tracking.hands import Hand, HandWatch, hands_near

SCRIPT = Script(seconds=3, fps=10, width=320, height=320, seed=0, hand=Drawn(1.0, 2.0, "cheek"))


@pytest.fixture(scope="module")
def clip():
    return Phantom(SCRIPT)


def face(clip, index):
    return clip.truth.people[0].landmarks[index].astype(float)


class Knowing:
    """Finds what it is told, at the place in the whole frame that it is told, in parts of it."""

    def __init__(self, joints, corner, width, astray=0.0):
        self.joints, self.corner, self.width = joints, np.array(corner), width
        self.astray, self.looks = astray, 0

    def find(self, image):
        """The second look of a pair is at the mirror image."""
        self.looks += 1
        joints = self.joints - self.corner
        if self.looks % 2:
            return [joints]
        moved = joints.copy()
        moved[4] += self.astray
        return [moved * [-1, 1] + [image.shape[1], 0]]

    def close(self):
        pass


def test_what_only_one_look_sees_is_no_hand(clip):
    from mien.face.geometry import face_box

    points, joints = face(clip, 15), clip.joints(15)
    corner = face_box(points, (320, 320), 1.0)[:2]

    class Once(Knowing):
        def find(self, image):
            self.looks += 1
            return [self.joints - self.corner] if self.looks % 2 else []

    image = clip.frame(15).image
    assert hands_near(Once(joints, corner, 320), image, points) == []
    (hand,) = hands_near(Knowing(joints, corner, 320, astray=40.0), image, points)
    assert not hand.sure[4]
    assert hand.sure.sum() == 20
    assert np.allclose(hand.joints[9], joints[9])


def test_a_hand_beside_the_face_is_not_over_it(clip):
    points, joints = face(clip, 15), clip.joints(15)
    assert Hand(joints, np.ones(21, bool)).over(points)
    assert not Hand(joints + [260, 0], np.ones(21, bool)).over(points)


def test_the_detector_sees_a_drawn_hand_in_each_frame_in_which_it_rests(clip):
    watch = HandWatch(Hands())
    for frame in clip:
        watch.update(frame.index, frame.image, [face(clip, frame.index)])
    found = watch.finish(clip.truth.time)
    watch.finder.close()
    away = [k for k in range(len(clip)) if clip.joints(k) is None]
    assert set(range(10, 21)) <= set(found)
    assert not set(away) & set(found)
    (hand,) = found[15]
    apart = np.linalg.norm(hand.joints - clip.joints(15), axis=1) / hand.palm
    assert np.median(apart) < 0.15


def test_a_short_gap_is_filled_and_a_long_one_is_not():
    one = Hand(np.zeros((21, 2)) + np.arange(21)[:, None], np.ones(21, bool))
    two = Hand(one.joints + 2, np.ones(21, bool))
    watch = HandWatch(Hands.__new__(Hands), found={0: [one], 2: [two], 12: [one]})
    found = watch.finish(np.arange(13) / 15)
    assert sorted(found) == [0, 1, 2, 12]
    assert np.allclose(found[1][0].joints, one.joints + 1)


def test_it_is_looked_every_sixth_frame_and_back_from_there(clip):
    class Counting:
        def __init__(self):
            self.frames = []

        def find(self, image):
            self.frames.append(int(image[0, 0, 0]))
            return []

    finder = Counting()
    watch = HandWatch(finder)
    for index in range(13):
        watch.update(index, np.full((320, 320, 3), index, np.uint8), [face(clip, 0)])
    assert finder.frames == [0, 6, 12]
