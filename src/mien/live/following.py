"""One face, followed from picture to picture, and everything that speaks against showing it.

The face is measured where it was in the picture before. A detector looks at the whole picture
besides, at every second one while the face is shown: a second face is a reason to cover, and so
is a picture that has nothing to do with the one before it. Where the picture changes at once beside
the face, another detector looks closely, in every picture, one that sees faces half out of it:
somebody may come in. Nothing is smoothed and nothing guessed: without landmarks there is no face.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from mien.face.region import Region
from mien.live.doubt import Doubt
from mien.models.centerface import CenterFace
from mien.models.landmarker import Backend
from mien.models.sighting import Sighting
from mien.tracking.detection import Detector
from mien.tracking.looks import on_eyes_and_mouth
from mien.tracking.measuring import Measuring
from mien.tracking.places import box_around
from mien.tracking.scene import Scene

_SURE = 0.35  # of CenterFace, of somebody who comes in
_POPPED = 2  # places in a picture, at most, that are looked at because they changed at once
_PLACE = (160, 256)  # pixels: the least of a picture around such a place, and what it is shrunk to
_VOICES = 2  # detectors that have to see a second face before it stays one
_DISMISSED = 300  # pictures for which a place that is no face is remembered
_TURNED_EVERY = 15  # pictures between searches for faces that lie


@dataclass(frozen=True)
class Seen:
    """What was found in a picture."""

    landmarks: np.ndarray | None
    """The face, pixels, shape (478, 3); None without one."""
    doubt: Doubt | None
    """What speaks against showing it."""
    run: int = 0
    """Pictures of one run show one face, followed without a cut from each to the next."""


class Follower:
    """Follows one face.

    Parameters
    ----------
    backend : Backend
        Measures landmarks.
    """

    def __init__(self, backend: Backend) -> None:
        self._measuring = Measuring(backend)
        self._detector = Detector()
        self._entering = CenterFace(_SURE)
        self._scene = Scene()
        self._region: Region | None = None
        self._last: np.ndarray | None = None
        self._number = -1
        self._run = 0
        self._looked = False  # at the whole of the picture before, and nothing spoke against it
        self._dismissed: list[tuple[int, Region]] = []

    def see(self, image: np.ndarray, shown: bool = False) -> Seen:
        """Look at the next picture.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        shown : bool
            Whether the face is shown by now: then every second picture is looked at as a whole, as
            long as nothing speaks against it; else each is.
        """
        spares, self._looked = shown and self._looked, False
        seen = self._see(image, spares)
        self._looked = seen.doubt is None and not spares
        return replace(seen, run=self._run)

    def _see(self, image: np.ndarray, spares: bool) -> Seen:
        """The same; with `spares` only where the face was, as long as it is there."""
        self._number += 1
        frozen = self._last is not None and np.array_equal(image, self._last)
        other_size = self._last is not None and self._last.shape != image.shape
        self._last = image
        if frozen:
            return Seen(None, Doubt.FROZEN)
        self._scene.update(image)
        cut = self._scene.cut or other_size
        if cut:
            self._region = None
            self._dismissed.clear()
        points = None if self._region is None else self._measure(image, self._region)
        sightings: list[Sighting] = []
        if points is None or not spares:
            sightings = self._detector.see(image, tiles=self._region is None)
        if points is None:
            self._run += 1
            if sightings:
                points = self._settle(image, max(sightings, key=lambda s: s.size))
        if points is None:
            self._region = None
            return Seen(None, Doubt.CUT if cut else Doubt.NO_FACE)
        self._region = here = Region.around(points)
        if self._number % _TURNED_EVERY == 0:
            sightings = sightings + self._detector.see_turned(image)
        if cut:
            return Seen(points, Doubt.CUT)
        known = box_around(points)
        if any(self._another(image, sighting, here) for sighting in sightings) or any(
            self._enters(image, box, here) for box in self._scene.popped([known])[:_POPPED]
        ):
            return Seen(points, Doubt.SECOND_FACE)
        return Seen(points, None)

    def close(self) -> None:
        """Free the detectors."""
        self._detector.close()

    def _measure(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        points = self._measuring.measure(image, [region])[0]
        if points is not None and region.overlap(Region.around(points)) < 0.75:
            points = self._measuring.measure(image, [Region.around(points)])[0]  # it moved
        return points

    def _settle(self, image: np.ndarray, sighting: Sighting) -> np.ndarray | None:
        points = self._measuring.settle(image, sighting.region)
        return points if points is not None and on_eyes_and_mouth(points, sighting) else None

    def _enters(self, image: np.ndarray, box: np.ndarray, here: Region) -> bool:
        """Whether somebody else is seen, perhaps in part, where the picture changed at once."""
        height, width = image.shape[:2]
        half = max(1.2 * float((box[2:] - box[:2]).max()), _PLACE[0]) / 2
        middle = (box[:2] + box[2:]) / 2
        left, top = (int(v) for v in (middle - half).clip(0, [width - 1, height - 1]))
        right, bottom = (int(v) for v in (middle + half).clip([left + 1, top + 1], [width, height]))
        part = image[top:bottom, left:right]
        scale = min(1.0, _PLACE[1] / max(part.shape[:2]))
        small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found = [seen.moved(left, top, 1 / scale) for seen in self._entering.find(small)]
        return any(not here.same_place(seen.region) for seen in found)

    def _another(self, image: np.ndarray, sighting: Sighting, here: Region) -> bool:
        """Whether a sighting is somebody else's face; a second detector has to see it, too."""
        if here.same_place(sighting.region):
            return False
        self._dismissed = [e for e in self._dismissed if self._number - e[0] < _DISMISSED]
        if any(there.same_place(sighting.region) for _, there in self._dismissed):
            return False
        better, voices = self._detector.orient(image, sighting)
        if voices >= _VOICES and not here.same_place(better.region):
            return True
        self._dismissed.append((self._number, sighting.region))
        return False
