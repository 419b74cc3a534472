"""MediaPipe's two face detectors, for faces near the camera and further away.

References
----------
.. [1] Bazarevsky et al., "BlazeFace: sub-millisecond neural face detection on mobile GPUs",
   arXiv:1907.05047, 2019.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, Literal

import cv2
import numpy as np

from mien.models import undrawn
from mien.models.quiet import quiet
from mien.models.sighting import Sighting, distinct

_SEEN = {"short": 256, "full": 384}  # pixels of the longer side that a model is given
_MODEL = {"short": 0, "full": 1}
# from a model's box to the face: its middle across and down, its side
_BOX = {"short": (0.49, 0.464, 1.087), "full": (0.5, 0.5, 1.03)}


class BlazeFace:
    """Finds upright faces with one of MediaPipe's detectors; safe to share between threads.

    The models shrink what they see to 128 or 192 pixels: a face below about a tenth of the picture
    is only found in a part of it.

    Parameters
    ----------
    reach : {"short", "full"}
        The model for faces within about two metres of the camera, or within five.
    score : float
        Certainty from which on something counts as a face, 0 to 1.
    """

    def __init__(self, reach: Literal["short", "full"] = "full", score: float = 0.5) -> None:
        mediapipe = undrawn.mediapipe()

        self.name = f"MediaPipe {reach} range face detector"
        self._reach = reach
        with quiet():
            self._model: Any = mediapipe.solutions.face_detection.FaceDetection(
                model_selection=_MODEL[reach], min_detection_confidence=score
            )
            self._model.process(np.zeros((64, 64, 3), np.uint8))  # its threads log once, here
        self._lock = Lock()

    def find(self, image: np.ndarray) -> list[Sighting]:
        """See `FaceDetector.find`."""
        height, width = image.shape[:2]
        shrink = _SEEN[self._reach] / max(height, width)
        if shrink < 1:  # the model would do the same, more slowly
            image = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_LINEAR)
        with self._lock:
            result = self._model.process(image)
        found = []
        across, down, share = _BOX[self._reach]
        for detection in result.detections or []:
            data = detection.location_data
            box, keys = data.relative_bounding_box, data.relative_keypoints
            eyes_and_mouth = (keys[0], keys[1], keys[3])
            points = np.array([(key.x * width, key.y * height) for key in eyes_and_mouth])
            level = points[1] - points[0]
            found.append(
                Sighting(
                    float((box.xmin + across * box.width) * width),
                    float((box.ymin + down * box.height) * height),
                    float(share * max(box.width * width, box.height * height)),
                    float(detection.score[0]),
                    self.name,
                    float(np.arctan2(level[1], level[0])),
                    points,
                )
            )
        return distinct(found)

    def close(self) -> None:
        """Free the model."""
        self._model.close()
