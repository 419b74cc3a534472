"""Hands that come over a face: looked for now and then, and in every frame while there is one.

Two looks have to agree, at the picture and at its mirror image: a hand that only one of them sees
is none, and a joint that they place differently is not sure.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from mien.face.geometry import face_box
from mien.models.hands import HandFinder
from mien.tracking.gaps import BRIDGE_S

ENOUGH = 8
"""Pictures of a bare face from which on those with a hand over it are left out."""
_EVERY = 6  # frames between two looks while no hand is seen
_MISSES = 3  # frames in a row without it after which a hand is no longer followed
_ROOM = 1.0  # of a face's size: how far around it is looked
_CLOSER = 0.7  # ... and if it was there a moment ago, and is not seen
_NEAR = 0.12  # of a face's width: what comes no nearer than that does not lie over it
_ONE = 0.5  # lengths of the palm that two looks at one hand differ by at most, on average
_SURE = 0.16  # ... at a joint that is sure
_LARGEST = 2  # faces that are looked at
_BONES = [(a, a + 1) for finger in range(5) for a in range(4 * finger + 1, 4 * finger + 4)]
_BONES += [(0, 1), (0, 5), (0, 9), (0, 13), (0, 17), (5, 9), (9, 13), (13, 17)]


@dataclass(frozen=True, eq=False)
class Hand:
    """A hand in a frame."""

    joints: np.ndarray
    """The wrist, then four joints of each finger from its root, the thumb first, pixels, shape
    (21, 2)."""
    sure: np.ndarray
    """Joints that two looks place alike, shape (21,), bool."""

    @property
    def palm(self) -> float:
        """Length of the palm, pixels: from the wrist to the knuckles, or by their breadth."""
        return palm_of(self.joints)

    def over(self, landmarks: np.ndarray) -> bool:
        """Whether it lies over a face of shape (478, 3), or hardly beside it."""
        hull = cv2.convexHull(landmarks[:468, :2].astype(np.float32))
        room = _NEAR * float(np.ptp(landmarks[:468, 0]))
        a, b = (self.joints[[bone[k] for bone in _BONES]] for k in (0, 1))
        points = (a[:, None] + np.linspace(0, 1, 5)[:, None] * (b - a)[:, None]).reshape(-1, 2)
        return any(
            cv2.pointPolygonTest(hull, (float(x), float(y)), True) > -room for x, y in points
        )


def palm_of(joints: np.ndarray) -> float:
    """Length of a palm, pixels, from joints of shape (21, 2)."""
    long = float(np.linalg.norm(joints[9] - joints[0]))
    return max(long, 1.2 * float(np.linalg.norm(joints[17] - joints[5])), 1e-6)


@dataclass
class HandWatch:
    """Looks for hands over faces; give it the frames of a clip in their order."""

    finder: HandFinder
    """Finds hands in a picture."""
    found: dict[int, list[Hand]] = field(default_factory=dict)
    """Hands over faces by frame, where there are any."""
    _recent: deque[tuple[int, np.ndarray, Sequence[np.ndarray]]] = field(
        default_factory=lambda: deque(maxlen=_EVERY)
    )
    _misses: int = _MISSES

    def update(self, index: int, image: np.ndarray, faces: Sequence[np.ndarray]) -> None:
        """Look at a frame, if it is one to be looked at.

        Parameters
        ----------
        index : int
            Its number.
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        faces : sequence of np.ndarray [shape=(478, 3)]
            Faces in it, pixels.
        """
        following = self._misses < _MISSES
        if following or index % _EVERY == 0:
            if self._look(index, image, faces, again=following):
                self._misses = 0
                if not following:
                    self._look_back()
            else:
                self._misses += 1
        self._recent.append((index, image, faces))

    def finish(self, times: np.ndarray) -> dict[int, list[Hand]]:
        """Hands over faces by frame; short gaps are filled, as those of faces are."""
        frames = sorted(self.found)
        for before, after in itertools.pairwise(frames):
            if after == before + 1 or times[after] - times[before] > BRIDGE_S + 1e-6:
                continue
            for one in self.found[before]:
                other = _nearest(one.joints, self.found[after])
                if other is None:
                    continue
                for frame in range(before + 1, after):
                    share = (times[frame] - times[before]) / (times[after] - times[before])
                    joints = one.joints + share * (other.joints - one.joints)
                    between = Hand(joints, one.sure & other.sure)
                    self.found.setdefault(frame, []).append(between)
        return self.found

    def _look_back(self) -> None:
        """See since when a hand has been there that turned up between two looks."""
        for index, image, faces in reversed(self._recent):
            if not self._look(index, image, faces):
                return

    def _look(
        self, index: int, image: np.ndarray, faces: Sequence[np.ndarray], again: bool = True
    ) -> bool:
        """Look at one frame, and once more from closer by if nothing is seen."""
        hands: list[Hand] = []
        for face in sorted(faces, key=lambda face: -np.ptp(face[:, 1]))[:_LARGEST]:
            near = hands_near(self.finder, image, face)
            if not near and again:
                near = hands_near(self.finder, image, face, _CLOSER)
            near = [hand for hand in near if hand.over(face)]
            hands += [hand for hand in near if _nearest(hand.joints, hands) is None]
        if hands:
            self.found[index] = hands
        return bool(hands)


def hands_near(
    finder: HandFinder, image: np.ndarray, face: np.ndarray, room: float = _ROOM
) -> list[Hand]:
    """Hands on and around a face of shape (478, 3), each of them seen twice; `room` is how far
    around it, in sizes of the face."""
    left, top, right, bottom = face_box(face, image.shape, room)
    part = image[top:bottom, left:right]
    seen = finder.find(part)
    if not seen:
        return []
    mirrored = [joints * [-1, 1] + [right - left, 0] for joints in finder.find(part[:, ::-1])]
    hands = []
    for joints in seen:
        other = min(mirrored, key=lambda far: _apart(joints, far), default=None)
        if other is None or _apart(joints, other) > _ONE:
            continue
        apart = np.linalg.norm(joints - other, axis=1) / palm_of(joints)
        sure = apart < _SURE
        agreed = np.where(sure[:, None], (joints + other) / 2, joints)
        hands.append(Hand(agreed + [left, top], sure))
    return hands


def _apart(joints: np.ndarray, others: np.ndarray) -> float:
    """How far two hands differ on average, lengths of the palm."""
    return float(np.linalg.norm(joints - others, axis=1).mean() / palm_of(joints))


def _nearest(joints: np.ndarray, hands: Sequence[Hand]) -> Hand | None:
    """That of some hands which can only be the same one."""
    best = min(hands, key=lambda hand: _apart(joints, hand.joints), default=None)
    return best if best is not None and _apart(joints, best.joints) < 2 * _ONE else None
