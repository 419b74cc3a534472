"""What a recogniser can make of a part of a picture: the face alone, or what lies around it.

Hair, ears, neck and the room stay in a result, and so does the outline of a head. Blanking each in
turn tells what gives a person away.
"""

from __future__ import annotations

import cv2
import numpy as np

from mien.errors import ParameterError
from mien.face.topology import FACE_OVAL

PARTS = ("inner", "surroundings")
"""What is left: the face within its outline, or everything but that."""
_GREY = (118, 118, 118)
_FINE = 4  # fractional bits of the outline's corners


def only(image: np.ndarray, landmarks: np.ndarray, part: str) -> np.ndarray:
    """A picture of which one part is left, the rest of it grey.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB; not changed.
    landmarks : np.ndarray [shape=(478, 3)]
        The face, pixels.
    part : str
        One of `PARTS`.

    Raises
    ------
    ParameterError
        If there is no such part.
    """
    if part not in PARTS:
        raise ParameterError(f"part is {part!r}: choose one of {', '.join(PARTS)}.")
    outline = (landmarks[FACE_OVAL, :2] * 2**_FINE).round().astype(np.int32)
    if part == "surroundings":
        found = image.copy()
        return cv2.fillPoly(found, [outline], _GREY, shift=_FINE)
    inside = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(inside, [outline], 1, shift=_FINE)
    found = np.full_like(image, _GREY[0])
    return cv2.copyTo(image, inside, found)
