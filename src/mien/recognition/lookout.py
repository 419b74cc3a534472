"""The last look: whether a face of the original is still in a result, asked of strangers.

What decides where faces are must not be what proves that none is left. Here detectors of several
families look at the *original*, each at four rotations, whatever the tracker found or the ledger
says. Where one sees a face that is in the result as it was, or that nobody's new face accounts
for, the others are asked about a close-up, turned upright: if any two agree, a face is left.

They take turns, so that a clip costs little: CenterFace, which sees profiles and faces half out
of the picture, MediaPipe's two detectors, dlib's gradients, and MTCNN, every other time at full
size for small faces. dlib's network, the costliest, is only asked in doubt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, NamedTuple

import cv2
import numpy as np

from mien.face.region import Region
from mien.models.blazeface import BlazeFace
from mien.models.centerface import CenterFace
from mien.models.hog import Hog
from mien.models.mmod import Mmod
from mien.models.mtcnn import SMALLEST, Mtcnn
from mien.models.sighting import QUARTERS, FaceDetector, Sighting, at_quarters, distinct
from mien.models.upright import orient
from mien.recognition.recogniser import GLIMPSE, Recogniser
from mien.recognition.watch import Box

AGREEING = 2
"""Detectors that have to see a face in a place."""
LEFT = 0.5
"""Share of the inner face that is as in the original, from which on the face counts as left."""
_INNER = 0.33  # face sizes: radius of the inner face, eyes to mouth
_PIXELS = 200_000  # of a picture that is looked at for faces that are not small
# the same for CenterFace, which takes longer and sees smaller ones, upright and turned
_CENTERFACE = ((150_000, QUARTERS[:1]), (75_000, QUARTERS[1:]))
_SMALL = 24  # pixels of the smallest face in it
_SURE = 0.35  # of CenterFace: of heads turned away so far that only a cheek is seen it is no surer
_HOG_SMALL = 72.0  # the same for dlib's gradients, which take longer
_FACE, _SIDE = 128, 288  # pixels of a face in a close-up, and of the close-up
_OFF = 0.45  # face sizes by which detectors may place one face differently in it
_LIKE = (0.5, 2.0)
_TURNED = 0.9  # radians between two faces that cannot be one
HEADROOM = 0.35
"""Face sizes by which the box of a face that is left is larger on each side."""


class Face(NamedTuple):
    """A face of the result that is dealt with on purpose."""

    region: Region
    """Where it was in the original."""
    spared: bool = False
    """Whether it may be as it was: its owner was named and recognised, or somebody else judges."""


@dataclass
class Tally:
    """What was looked at, and seen."""

    looked: Counter[str] = field(default_factory=Counter)
    """Frames of the original that each detector searched."""
    seen: Counter[str] = field(default_factory=Counter)
    """Faces that each saw in them."""
    doubts: int = 0
    """Places about which all detectors were asked."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "frames_by_detector": dict(sorted(self.looked.items())),
            "faces_by_detector": dict(sorted(self.seen.items())),
            "places_in_doubt": self.doubts,
        }

    def add(self, other: Tally) -> None:
        """Add what somebody else looked at."""
        self.looked += other.looked
        self.seen += other.seen
        self.doubts += other.doubts


class Lookout:
    """Looks for faces of an original that are left in a result; safe to share between threads."""

    names: tuple[str, ...] = (
        CenterFace.name,
        Mtcnn.name,
        "MediaPipe full range face detector",
        "MediaPipe short range face detector",
        Hog.name,
        Mmod.name,
    )
    """Detectors that are asked in doubt."""

    def __init__(self) -> None:
        self._center, self._mtcnn = CenterFace(_SURE), Mtcnn()
        self._full, self._short = BlazeFace("full"), BlazeFace("short")
        self._hog = Hog()

    @cached_property
    def _mmod(self) -> Mmod:
        return Mmod()

    def close(self) -> None:
        """Free the models."""
        self._full.close()
        self._short.close()

    def search(self, original: np.ndarray, turn: int, tally: Tally) -> list[Sighting]:
        """Look for faces in a whole frame with one of the detectors, at four rotations.

        Parameters
        ----------
        original : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        turn : int
            Whose turn it is: 0 and 1, 2 and 3 and so on go round.
        tally : Tally
            What was looked at is added.
        """
        kind, later = turn % 4, turn // 4
        if kind == 3 and later % 2:  # small ones, at one rotation each time
            found = at_quarters(self._mtcnn.find, original, (later // 2 % 4,))
            return _counted(tally, {Mtcnn.name: found})
        if kind == 0:
            both = []
            for pixels, quarters in _CENTERFACE:
                small, scale = _reduced(original, pixels)
                turned = at_quarters(self._center.find, small, quarters)
                both += [s.moved(0, 0, scale) for s in turned]
            return _counted(tally, {CenterFace.name: both})
        small, scale = _reduced(original, _PIXELS)
        if kind == 1:
            seen = {d.name: at_quarters(d.find, small) for d in (self._full, self._short)}
        elif kind == 2:
            seen = {Hog.name: at_quarters(lambda turned: self._hog.find(turned, _HOG_SMALL), small)}
        else:
            seen = {Mtcnn.name: at_quarters(lambda turned: self._mtcnn.find(turned, _SMALL), small)}
        back = {name: [s.moved(0, 0, scale) for s in found] for name, found in seen.items()}
        return _counted(tally, back)

    def search_near(self, original: np.ndarray, box: np.ndarray, tally: Tally) -> list[Sighting]:
        """Look for faces in and around a box (left, top, right, bottom), at four rotations."""
        side = max(1.7 * float((box[2:] - box[:2]).max()), 4 * SMALLEST)
        middle = (box[:2] + box[2:]) / 2
        height, width = original.shape[:2]
        low = np.floor(middle - side / 2).astype(int).clip(0, [width - 1, height - 1])
        high = np.ceil(middle + side / 2).astype(int).clip(low + 1, [width, height])
        part = np.ascontiguousarray(original[low[1] : high[1], low[0] : high[0]])
        small, scale = _reduced(part, _PIXELS)
        found = [
            s.moved(float(low[0]), float(low[1]), scale)
            for s in at_quarters(self._mtcnn.find, small)
        ]
        return _counted(tally, {Mtcnn.name: found})

    def left(
        self,
        original: np.ndarray,
        result: np.ndarray,
        sightings: Sequence[Sighting],
        faces: Sequence[Face],
        tally: Tally,
        recogniser: Recogniser,
        tolerance: float = 0.0,
    ) -> list[Box]:
        """Those of the faces seen in an original that are left in its result.

        Parameters
        ----------
        original, result : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB, of one size.
        sightings : sequence of Sighting
            What `search` saw in the original.
        faces : sequence of Face
            Faces that were replaced, covered in place or left on purpose.
        tally : Tally
            What was looked at is added.
        recogniser : Recogniser
            Says whether a face that changed and that nobody accounts for is still the original's.
        tolerance : float
            Grey levels by which a pixel may differ and still be as it was: 0 before encoding.

        Returns
        -------
        boxes : list of Box
            Each with room for the whole head around it.
        """
        accounted = partial(_accounted, original, result, faces, tolerance)
        found = []
        for sighting in sightings:
            if accounted(sighting):
                continue
            share = unchanged(original, result, sighting, tolerance)
            if share is None or (share < LEFT and _solid(result, sighting)):
                continue
            tally.doubts += 1
            if share >= LEFT:
                if accounted(self._oriented(original, sighting)[0]):
                    continue  # somebody who is spared, seen the wrong way up
                # a sighting may be rough: what counts is where those who agree see the face
                seen = [s for s in self.agree(original, sighting) if not accounted(s)]
                if len({s.detector for s in seen}) < AGREEING:
                    continue
                largest = max(seen, key=lambda s: s.size)
                if not accounted(self._oriented(original, largest)[0]):
                    found.append(_box(largest))
            elif self._recognised(original, result, sighting, faces, recogniser):
                found.append(_box(sighting))
        return found

    def _recognised(
        self,
        original: np.ndarray,
        result: np.ndarray,
        sighting: Sighting,
        faces: Sequence[Face],
        recogniser: Recogniser,
    ) -> bool:
        """Whether a face that was changed by accident is still there, and still the original's."""
        sighting, voices = self._oriented(original, sighting)
        if voices < AGREEING or any(same_face(face.region, sighting) for face in faces):
            return False  # seen the other way up it is a face that was replaced
        if len(self.agree(result, sighting)) < AGREEING:
            return False
        chips = [
            recogniser.glimpse(close_up(picture, sighting, GLIMPSE))
            for picture in (original, result)
        ]
        before, after = recogniser.describe_all(chips)
        return bool(np.linalg.norm(before - after) < recogniser.threshold)

    def _oriented(self, image: np.ndarray, sighting: Sighting) -> tuple[Sighting, int]:
        """A face the way up that most detectors see it, and how many do."""
        return orient((self._mtcnn, self._short, self._full), image, sighting)

    def agree(self, image: np.ndarray, sighting: Sighting) -> list[Sighting]:
        """The face at a place as the detectors see it, turned upright and close by; at most one
        of each."""
        picture = close_up(image, sighting)
        detectors: list[FaceDetector] = [
            self._center,
            self._mtcnn,
            self._hog,
            self._short,
            self._full,
        ]
        found = [s for detector in detectors for s in _in_the_middle(detector.find(picture))]
        if len(found) == AGREEING - 1:  # the costliest, and only where it decides
            found += _in_the_middle(self._mmod.find(picture))
        return [_from_close_up(s, sighting) for s in found]


def close_up(image: np.ndarray, sighting: Sighting, face: float = _FACE) -> np.ndarray:
    """A face turned upright in the middle of a square picture, grey beyond the frame.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    sighting : Sighting
        Where the face is, and how it is turned.
    face : float
        Pixels of the face's side in the close-up, whose side is 2.25 times that.
    """
    side = round(face * _SIDE / _FACE)
    scale = face / max(sighting.size, 1.0)
    c, s = np.cos(sighting.angle) * scale, np.sin(sighting.angle) * scale
    matrix = np.array(
        [
            [c, s, side / 2 - c * sighting.x - s * sighting.y],
            [-s, c, side / 2 + s * sighting.x - c * sighting.y],
        ]
    )
    if scale < 0.5:  # or the picture would be full of steps
        image, shrink = _shrunk_around(image, sighting, 2 * scale)
        matrix = matrix @ np.vstack([shrink, [0, 0, 1]])
    return cv2.warpAffine(
        image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderValue=(118, 118, 118)
    )


def _shrunk_around(
    image: np.ndarray, sighting: Sighting, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """A smaller picture of a face's surroundings, and from its pixels to the image's."""
    height, width = image.shape[:2]
    reach = 2.0 * sighting.size
    left, top = (int(v) for v in np.clip([sighting.x - reach, sighting.y - reach], 0, None))
    right, bottom = min(width, int(sighting.x + reach)), min(height, int(sighting.y + reach))
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    across, down = part.shape[1] / small.shape[1], part.shape[0] / small.shape[0]
    return small, np.array([[across, 0, left], [0, down, top]], float)


def unchanged(
    original: np.ndarray, result: np.ndarray, sighting: Sighting, tolerance: float = 0.0
) -> float | None:
    """Share of the inner face that a result shows as the original does; None outside the picture.

    Parameters are those of `Lookout.left`.
    """
    height, width = original.shape[:2]
    radius = _INNER * sighting.size
    left, top = max(0, int(sighting.x - radius)), max(0, int(sighting.y - radius))
    right, bottom = (
        min(width, int(sighting.x + radius) + 1),
        min(height, int(sighting.y + radius) + 1),
    )
    if right - left < 2 or bottom - top < 2:
        return None
    difference = cv2.absdiff(original[top:bottom, left:right], result[top:bottom, left:right])
    if tolerance:  # an encoder's noise is fine, another face is not
        difference = cv2.blur(difference, (3, 3))
    rows, columns = np.mgrid[top:bottom, left:right]
    inside = (columns - sighting.x) ** 2 + (rows - sighting.y) ** 2 <= radius**2
    same = difference.max(2) <= tolerance
    return float(same[inside].mean()) if inside.any() else None


def _accounted(
    original: np.ndarray,
    result: np.ndarray,
    faces: Sequence[Face],
    tolerance: float,
    seen: Sighting,
) -> bool:
    """Whether what is seen in an original was left on purpose, or is changed in its result."""
    mine = [face for face in faces if same_face(face.region, seen)]
    if any(face.spared for face in mine):
        return True
    share = unchanged(original, result, seen, tolerance)
    return share is None or (bool(mine) and share < LEFT)


def _solid(image: np.ndarray, sighting: Sighting) -> bool:
    """Whether a place is of one colour, as what is covered is."""
    height, width = image.shape[:2]
    radius = _INNER * sighting.size
    left, top = max(0, int(sighting.x - radius)), max(0, int(sighting.y - radius))
    right, bottom = min(width, int(sighting.x + radius)), min(height, int(sighting.y + radius))
    part = image[top:bottom, left:right]
    return bool(part.size) and int(np.ptp(part.reshape(-1, part.shape[-1]), axis=0).max()) <= 2


def same_face(region: Region, sighting: Sighting) -> bool:
    """Whether a face is seen where it was measured: in the same place, as large and as turned."""
    turn = (sighting.angle - region.angle + np.pi) % (2 * np.pi) - np.pi
    return bool(
        region.same_place(sighting.region)
        and abs(turn) < _TURNED
        and 0.6 < region.size / sighting.size < 1.7
    )


def _in_the_middle(seen: Sequence[Sighting]) -> list[Sighting]:
    """The surest of the sightings in a close-up that is where the face should be."""
    near = [
        s
        for s in seen
        if max(abs(s.x - _SIDE / 2), abs(s.y - _SIDE / 2)) < _OFF * _FACE
        and _LIKE[0] < s.size / _FACE < _LIKE[1]
    ]
    return near[:1]


def _from_close_up(seen: Sighting, sighting: Sighting) -> Sighting:
    """A sighting in the close-up of another one, in the picture itself."""
    scale = sighting.size / _FACE
    c, s = np.cos(sighting.angle) * scale, np.sin(sighting.angle) * scale
    u, v = seen.x - _SIDE / 2, seen.y - _SIDE / 2
    return Sighting(
        sighting.x + c * u - s * v,
        sighting.y + s * u + c * v,
        seen.size * scale,
        seen.score,
        seen.detector,
        seen.angle + sighting.angle,
    )


def _box(sighting: Sighting) -> Box:
    room = np.array([-1, -1, 1, 1]) * HEADROOM * sighting.size
    left, top, right, bottom = (sighting.box + room).round().astype(int).tolist()
    return Box(left, top, right, bottom)


def _reduced(image: np.ndarray, pixels: int) -> tuple[np.ndarray, float]:
    """A picture of at most so many pixels, and how many of the image's one of its pixels is."""
    height, width = image.shape[:2]
    scale = min(1.0, float(np.sqrt(pixels / (height * width))))
    if scale == 1.0:
        return image, 1.0
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return small, width / small.shape[1]


def _counted(tally: Tally, seen: dict[str, list[Sighting]]) -> list[Sighting]:
    kept: list[Sighting] = []
    for name, found in seen.items():
        tally.looked[name] += 1
        tally.seen[name] += len(distinct(found))
        kept += distinct(found)
    return kept
