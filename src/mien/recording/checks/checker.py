"""All checks of a picture, several times a second, before and during a recording."""

from __future__ import annotations

from collections import deque

import numpy as np

from mien.face.region import Region
from mien.models.landmarker import Backend
from mien.recording.checks.clarity import clarity, texture
from mien.recording.checks.fault import Fault
from mien.recording.checks.framing import framing
from mien.recording.checks.light import flicker, light, light_on
from mien.recording.checks.timing import timing
from mien.tracking.detection import Detector
from mien.tracking.measuring import Measuring

_REFERENCE = 4  # good pictures that say what the face looks like with nothing over it
_LATELY = 12  # pictures by which flicker is judged
_RATE_S = 2.0  # seconds by which the rate is judged


class Checker:
    """Looks at pictures of one recording, in order.

    Parameters
    ----------
    backend : Backend
        Measures landmarks; closed by whoever opened it.
    """

    def __init__(self, backend: Backend) -> None:
        self._measuring = Measuring(backend)
        self._detector = Detector()
        self._times: deque[float] = deque()
        self._brightness: deque[float] = deque(maxlen=_LATELY)
        self._good: list[np.ndarray] = []
        self._reference: np.ndarray | None = None
        self.landmarks: np.ndarray | None = None
        """The face in the last picture that was looked at, pixels, shape (478, 3)."""

    def passed(self, time: float) -> None:
        """Note that the camera gave a picture, whether it is looked at or not; seconds."""
        self._times.append(time)
        while self._times and time - self._times[0] > _RATE_S:
            self._times.popleft()

    def look(self, image: np.ndarray) -> list[Fault]:
        """What is wrong with a picture, the most important first.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.

        Returns
        -------
        faults : list of Fault
        """
        sightings = self._detector.see(image)
        slow = timing(self._times)
        points = None
        for sighting in sorted(sightings, key=lambda s: -s.size):
            points = self._measuring.settle(image, sighting.region)
            if points is not None:
                break
        self.landmarks = points
        if points is None:
            self._brightness.clear()
            return [Fault.NO_FACE, *slow]
        here = Region.around(points)
        faults = framing(points, image.shape)
        if any(not here.same_place(sighting.region) for sighting in sightings):
            faults.insert(0, Fault.SECOND_FACE)
        found = light_on(image, points)
        self._brightness.append(found.middle)
        unclear = clarity(image, points, self._reference)
        faults += [*unclear, *light(found), *flicker(self._brightness), *slow]
        self._refer(image, points, faults)
        return faults

    def close(self) -> None:
        """Free the detector."""
        self._detector.close()

    def _refer(self, image: np.ndarray, points: np.ndarray, faults: list[Fault]) -> None:
        """Keep what the face looks like while nothing is wrong."""
        if self._reference is not None or faults:
            return
        self._good.append(texture(image, points))
        if len(self._good) >= _REFERENCE:
            self._reference = np.median(np.stack(self._good), axis=0).astype(np.float32)
            self._good = []
