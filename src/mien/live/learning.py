"""What is learned of a person before another face is chosen: pictures, and who they are.

Every picture that is kept shows one face and nothing that speaks against it. The first ones say who
it is; if somebody else's face turns up meanwhile, learning starts again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mien.face.geometry import face_box
from mien.recognition.recogniser import Recogniser, distances
from mien.tracking import Sample

_ROOM = 0.6  # surroundings of a face that are kept: recognisers look beyond the outline
_SIDE = 640  # pixels; larger faces are shrunk in samples
_SAMPLES = 24  # that are kept
_GAP_S = 0.5  # seconds without a face that count as none
_TRACKED = 240  # sets of landmarks that are kept


@dataclass
class Learned:
    """Pictures of one person."""

    samples: list[Sample] = field(default_factory=list)
    """Cut to the face, with its landmarks, at most 24."""
    landmarks: list[np.ndarray] = field(default_factory=list)
    """Of more pictures, pixels, each of shape (478, 3)."""
    chips: list[list[list[np.ndarray]]] = field(default_factory=list)
    """For each sample, by recogniser, its pictures of the face."""


class Learning:
    """Gathers pictures of one person.

    Parameters
    ----------
    seconds : float
        For how long, without the time in which there is no face.
    recognisers : sequence of Recogniser
        For whom pictures are kept; the first of `known_by` tells people apart.
    known_by : Recogniser
        Who says whether it is still the same person.
    """

    def __init__(
        self, seconds: float, recognisers: tuple[Recogniser, ...], known_by: Recogniser
    ) -> None:
        self._seconds = seconds
        self._recognisers = recognisers
        self._known_by = known_by
        self._start_over()

    def _start_over(self) -> None:
        self.learned = Learned()
        self._first: np.ndarray | None = None
        self._spent = 0.0
        self._last: float | None = None
        self._next = 0.0

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        return min(1.0, self._spent / self._seconds)

    @property
    def done(self) -> bool:
        """Whether there is enough."""
        return self._spent >= self._seconds and len(self.learned.samples) >= 8

    def add(self, image: np.ndarray, landmarks: np.ndarray, time: float) -> None:
        """Take a picture that shows one face.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        landmarks : np.ndarray [shape=(478, 3)]
            The face, pixels.
        time : float
            Seconds.
        """
        who = self._known_by.describe(image, landmarks)[None]
        if self._first is None:
            self._first = who
        elif float(distances(who, self._first).min()) > self._known_by.threshold:
            self._start_over()
            self._first = who
        elif len(self._first) < 32 and time >= self._next:
            self._first = np.concatenate([self._first, who])
        if self._last is not None and time - self._last < _GAP_S:
            self._spent += time - self._last
        self._last = time
        if len(self.learned.landmarks) < _TRACKED:
            self.learned.landmarks.append(landmarks)
        if time >= self._next and len(self.learned.samples) < _SAMPLES:
            self._next = time + self._seconds / _SAMPLES
            self.learned.samples.append(_cut(image, landmarks))
            self.learned.chips.append([who.views(image, landmarks) for who in self._recognisers])


def _cut(image: np.ndarray, landmarks: np.ndarray) -> Sample:
    left, top, right, bottom = face_box(landmarks, image.shape, _ROOM)
    part = image[top:bottom, left:right]
    scale = min(1.0, _SIDE / max(part.shape[:2]))
    if scale < 1:
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return Sample(np.ascontiguousarray(part).copy(), (landmarks - [left, top, 0]) * scale)
