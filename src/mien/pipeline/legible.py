"""Whether the motion of a patient is still read on another face.

What a landmark detector reads depends on the face: brows drawn low or pale lips lead it astray, and
then a face that moves exactly like the patient's is measured to move differently. A detector that
mien does not track with, dlib's 68 points, reads the same frames before and after.

References
----------
.. [1] Kazemi & Sullivan, "One millisecond face alignment with an ensemble of regression trees",
   CVPR 2014.
.. [2] Soukupová & Čech, "Real-time eye blink detection using facial landmarks", CVWW 2016.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from mien.face.topology import SIXTY_EIGHT
from mien.models.dlib_file import weights
from mien.recognition.dlib_resnet import detector_box

_INNER = slice(17, 68)  # brows, nose, eyes, lips; the outline is the patient's own
_EYE_SHARE = 0.1  # weight of the eyes' aspect against the points' places


@cache
def _predictor() -> Any:
    import dlib

    return dlib.shape_predictor(str(weights("shape_predictor_68_face_landmarks.dat")))


def read(image: np.ndarray, landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Read a face with dlib's 68 points.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    landmarks : np.ndarray [shape=(478, 3)]
        Where the face is, pixels.

    Returns
    -------
    error : np.ndarray [shape=(51, 2)]
        How far the 51 inner points are read from where they are, outer-eye distances.
    aspect : np.ndarray [shape=(2,)]
        Aspect ratio of each eye as it is read [2]_.
    """
    box, scale = detector_box(landmarks)
    shape = _predictor()(np.ascontiguousarray(image), box)
    points = np.array([(p.x, p.y) for p in shape.parts()], float)
    error = (points[_INNER] - landmarks[SIXTY_EIGHT[_INNER], :2]) / scale
    aspect = []
    for first in (36, 42):
        eye = points[first : first + 6]
        tall = np.linalg.norm(eye[1] - eye[5]) + np.linalg.norm(eye[2] - eye[4])
        aspect.append(tall / max(2 * float(np.linalg.norm(eye[0] - eye[3])), 1e-6))
    return error, np.array(aspect)


def astray(
    before: list[tuple[np.ndarray, np.ndarray]], after: list[tuple[np.ndarray, np.ndarray]]
) -> float:
    """How much less faithfully motion is read after a face was exchanged; 0 for no less.

    A reading that is off by the same in all frames changes no motion and counts for the eyes only,
    whose opening is a sign in itself.

    Parameters
    ----------
    before, after : list
        Results of `read` for the same frames.
    """
    errors = np.stack([new - old for (old, _), (new, _) in zip(before, after, strict=True)])
    aspects = np.stack([new - old for (_, old), (_, new) in zip(before, after, strict=True)])
    return float(errors.std(0).mean() + _EYE_SHARE * np.abs(aspects).mean())
