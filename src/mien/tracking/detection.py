"""Finding faces in a whole frame: small ones, turned ones, and which way up they are."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from mien.face.region import Region
from mien.models.blazeface import BlazeFace
from mien.models.mtcnn import SMALLEST, Mtcnn
from mien.models.sighting import QUARTERS, Sighting, at_quarters, distinct
from mien.models.upright import level, orient

_CONFIDENCE = 0.5
_TILE = 0.6  # a tile's share of the frame's longer side
_ROLL, _LIKE = 0.5, 0.65  # radians and share by which a face may differ from a frame ago
_LEAST = 12  # pixels of the smallest face that is of use
_SMALLEST_PLACE = 160  # pixels of the side of the smallest part of a frame that is looked at


class Detector:
    """MediaPipe's full-range face detector, over the frame and, on request, over tiles of it.

    The detector shrinks what it sees to 192 pixels: a face below about a twelfth of the frame is
    only found in a tile. Where it is not clear which way up a face is, the short-range detector
    and MTCNN are asked as well.
    """

    def __init__(self) -> None:
        self._full = BlazeFace("full", _CONFIDENCE)

    @cached_property
    def _short(self) -> BlazeFace:
        return BlazeFace("short", _CONFIDENCE)

    @cached_property
    def _mtcnn(self) -> Mtcnn:
        return Mtcnn()

    def find(self, image: np.ndarray, tiles: bool = False) -> list[Region]:
        """Regions of the upright faces in an image, most certain first.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        tiles : bool
            Look again into overlapping tiles, for faces too small for the whole frame.
        """
        return [sighting.region for sighting in self.see(image, tiles)]

    def see(self, image: np.ndarray, tiles: bool = False) -> list[Sighting]:
        """The same as sightings."""
        height, width = image.shape[:2]
        found = self._full.find(image)
        if tiles:
            for side in _tile_sides(height, width):
                for top in _starts(height, side):
                    for left in _starts(width, side):
                        tile = np.ascontiguousarray(image[top : top + side, left : left + side])
                        found += [s.moved(left, top) for s in self._full.find(tile)]
        return _one_each(found)

    def see_turned(self, image: np.ndarray) -> list[Sighting]:
        """Faces that lie on a side or are upside down."""
        return _one_each(at_quarters(self._short.find, image, QUARTERS[1:]))

    def see_small(
        self, image: np.ndarray, box: np.ndarray | None = None, turned: bool = False
    ) -> list[Sighting]:
        """Faces from 20 pixels on, in a box (left, top, right, bottom) or the whole frame.

        With `turned`, those that lie as well, from 40 pixels on.
        """
        part, left, top = _part(image, box)
        found = self._mtcnn.find(part)
        if turned:
            found += at_quarters(
                lambda turn: self._mtcnn.find(turn, 2 * SMALLEST), part, QUARTERS[1:]
            )
        return _one_each(sighting.moved(left, top) for sighting in found)

    def see_near(self, image: np.ndarray, box: np.ndarray) -> list[Sighting]:
        """Faces in and around a box, whichever way up."""
        side = max(1.7 * float((box[2:] - box[:2]).max()), _SMALLEST_PLACE)
        middle = (box[:2] + box[2:]) / 2
        part, left, top = _part(image, np.concatenate([middle - side / 2, middle + side / 2]))
        found = at_quarters(self._short.find, part)
        return _one_each(sighting.moved(left, top) for sighting in found)

    def see_again(self, image: np.ndarray, sighting: Sighting) -> Sighting | None:
        """A face that was seen a frame ago, the same way up; None if it is not."""
        half = 1.2 * sighting.size
        middle = np.array([sighting.x, sighting.y])
        part, left, top = _part(image, np.concatenate([middle - half, middle + half]))
        quarter = round(sighting.angle / (np.pi / 2)) % 4
        for detector in (self._short, self._full):
            for seen in at_quarters(detector.find, part, (quarter,)):
                found = seen.moved(left, top)
                turn = (found.angle - sighting.angle + np.pi) % (2 * np.pi) - np.pi
                alike = abs(turn) < _ROLL and _LIKE < found.size / sighting.size < 1 / _LIKE
                if alike and sighting.same_place(found):
                    return found
        return None

    def level(self, image: np.ndarray, region: Region) -> bool | None:
        """Whether a face is the way up that its region says; None where none is seen."""
        return level(self._short, image, region.x, region.y, region.size, region.angle)

    def orient(self, image: np.ndarray, sighting: Sighting) -> tuple[Sighting, int]:
        """See `mien.models.upright.orient`: of the three detectors."""
        return orient((self._full, self._short, self._mtcnn), image, sighting)

    def close(self) -> None:
        """Free the models."""
        self._full.close()
        if "_short" in self.__dict__:
            self._short.close()


def _one_each(found: Iterable[Sighting]) -> list[Sighting]:
    """The surest sighting of each face that is large enough to be of use."""
    return distinct(s for s in found if s.size >= _LEAST)


def _part(image: np.ndarray, box: np.ndarray | None) -> tuple[np.ndarray, int, int]:
    """A part of a picture, and where its corner is."""
    if box is None:
        return image, 0, 0
    height, width = image.shape[:2]
    left, top = (int(v) for v in np.floor(box[:2]).clip(0, [width - 1, height - 1]))
    right, bottom = (int(v) for v in np.ceil(box[2:]).clip([left + 1, top + 1], [width, height]))
    return np.ascontiguousarray(image[top:bottom, left:right]), left, top


def _tile_sides(height: int, width: int) -> list[int]:
    """Square tile sizes in pixels: the frame's short side (if long frames need it) and smaller."""
    longer, shorter = max(height, width), min(height, width)
    sides = [shorter] if longer > 1.25 * shorter else []
    smaller = int(longer * _TILE * 0.6)
    return sides + ([smaller] if smaller >= 160 else [])


def _starts(length: int, side: int) -> list[int]:
    """Starts of tiles that cover a length with at least a third of overlap."""
    if side >= length:
        return [0]
    count = int(np.ceil((length - side) / (side * 0.65))) + 1
    return np.linspace(0, length - side, count).astype(int).tolist()
