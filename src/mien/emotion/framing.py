"""Faces as the expression network sees them: found in a picture, or cut out by landmarks."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from mien.errors import EngineError, ParameterError
from mien.face.topology import N_LANDMARKS, RIGID

Crops = np.ndarray | Sequence[np.ndarray]
"""Faces in one array, or pictures of several sizes in a list."""
SIDE = 48
"""Pixels across the pictures that the network looks at."""

_FRAMED = 72  # pixels; larger crops may show more than a face, which is then looked for
_FILLED = 0.8  # of the crop; a face that is found larger fills it
# pixels across the picture in which the face is looked for, and how much each size is larger than
# the one before: quickly, and with care where this finds nothing
_SEARCHES = ((64, 1.15), (144, 1.08))

# where FER2013's pictures, which OpenCV's detector framed, have the face: measured on 10,119 of
# them with mien's mesh; in spreads (root mean square distance) of the rigid landmarks
_SPREADS = 3.15  # side of the picture
_BELOW = 0.585  # its middle, below the mean of the rigid landmarks
_LARGEST = 64  # pixels across a crop


def pictures(faces: Crops, framed: bool | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Crops as the network looks at them: grey, 48 x 48, the face framed as it was taught.

    Parameters
    ----------
    faces : np.ndarray or list of np.ndarray
        As `EmotionClassifier.predict_proba` takes them.
    framed : bool, optional
        As there.

    Returns
    -------
    grey : np.ndarray [shape=(n, 48, 48), dtype=uint8]
    sides : np.ndarray [shape=(n,)]
        Pixels of the crop across the face, before it was made 48 across.

    Raises
    ------
    ParameterError
        If the faces have another shape or type.
    """
    if isinstance(faces, np.ndarray) and faces.ndim not in (3, 4):
        raise ParameterError(
            f"Faces are (n, height, width) or (n, height, width, 3), not {faces.shape}."
        )
    result, sides = np.empty((len(faces), SIDE, SIDE), np.uint8), np.empty(len(faces))
    for k, face in enumerate(faces):
        grey = grey_of(face)
        search = max(grey.shape) > _FRAMED if framed is None else not framed
        square = _framed(grey) if search else grey
        result[k], sides[k] = _resized(square, SIDE), min(square.shape)
    return result, sides


def grey_of(face: np.ndarray) -> np.ndarray:
    """A crop without its colours, shape (height, width).

    Raises
    ------
    ParameterError
        If it is no grey or RGB picture of bytes.
    """
    face = np.asarray(face)
    if face.dtype != np.uint8:
        raise ParameterError(f"Faces are pictures of uint8, not of {face.dtype}.")
    if face.ndim not in (2, 3) or (face.ndim == 3 and face.shape[2] != 3) or not face.size:
        raise ParameterError(f"A face is (height, width) or (height, width, 3), not {face.shape}.")
    face = np.ascontiguousarray(face)
    return cv2.cvtColor(face, cv2.COLOR_RGB2GRAY) if face.ndim == 3 else face


def _resized(grey: np.ndarray, side: int) -> np.ndarray:
    shrinks = min(grey.shape) > side
    return cv2.resize(
        grey, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )


def _framed(grey: np.ndarray) -> np.ndarray:
    """The part of a picture that OpenCV's detector calls a face; the middle square without one."""
    height, width = grey.shape
    for across, step in _SEARCHES:
        scale = across / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(
            grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        )
        least = round(0.3 * across)
        cascade, lock = face_cascade()
        with lock:
            boxes = cascade.detectMultiScale(small, step, 3, minSize=(least, least))
        if len(boxes):
            x, y, side, _ = max(boxes, key=lambda box: box[2]) / scale
            if side > _FILLED * min(height, width):
                break
            left, top = max(0, round(x)), max(0, round(y))
            return grey[top : round(y + side), left : round(x + side)]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return grey[top : top + side, left : left + side]


@cache
def face_cascade() -> tuple[cv2.CascadeClassifier, threading.Lock]:
    """OpenCV's detector of faces, and the lock to hold while it looks.

    Raises
    ------
    EngineError
        If OpenCV is installed without it.
    """
    name = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_alt2.xml"
    cascade = cv2.CascadeClassifier(str(name))
    if cascade.empty():
        raise EngineError(
            f"OpenCV's face cascade is not at {name}: install opencv-python-headless again."
        )
    return cascade, threading.Lock()


def crop_of(frame: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Cut a face out of a frame as the pictures are framed that the network was taught with.

    The eyes are level in the crop. What lies outside the frame repeats its edge.

    Parameters
    ----------
    frame : np.ndarray [shape=(height, width) or (height, width, 3), dtype=uint8]
        Grey or RGB.
    landmarks : np.ndarray [shape=(478, 3)]
        Of the face, pixels of the frame.

    Returns
    -------
    crop : np.ndarray [shape=(side, side) or (side, side, 3), dtype=uint8]
        At most 64 pixels across; smaller where the face in the frame is: nothing is enlarged.

    Raises
    ------
    ParameterError
        If the landmarks have another shape or are not all known.
    """
    x, y, native, angle = square_of(landmarks)
    c, s = np.cos(angle), np.sin(angle)
    side = int(np.clip(round(native), 8, _LARGEST))
    # shrunk by its area: a frame's pixels are averaged, not picked
    finer = max(1, int(np.ceil(native / side)))
    scale = finer * side / native
    matrix = scale * np.array([[c, s, 0.0], [-s, c, 0.0]])
    matrix[:, 2] = (finer * side - 1) / 2 - matrix[:, :2] @ [x, y]
    patch = cv2.warpAffine(
        np.ascontiguousarray(frame), matrix, (finer * side, finer * side),
        flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return cv2.resize(patch, (side, side), interpolation=cv2.INTER_AREA) if finer > 1 else patch


def square_of(landmarks: np.ndarray) -> tuple[float, float, float, float]:
    """The square that `crop_of` cuts out: x and y of its middle, side (pixels), turn (radians).

    Its side follows the rigid landmarks in depth, too: a turned face is not framed closer.

    Raises
    ------
    ParameterError
        If the landmarks have another shape or are not all known.
    """
    landmarks = np.asarray(landmarks, np.float64)
    if landmarks.shape != (N_LANDMARKS, 3) or not np.isfinite(landmarks).all():
        raise ParameterError(
            f"A crop needs ({N_LANDMARKS}, 3) landmarks that are all known: leave out frames "
            "without the face."
        )
    rigid = landmarks[RIGID]
    middle = rigid.mean(0)
    spread = float(np.sqrt(((rigid - middle) ** 2).sum(1).mean()))
    across = landmarks[263, :2] - landmarks[33, :2]
    angle = float(np.arctan2(across[1], across[0]))
    x, y = middle[:2] + _BELOW * spread * np.array([-np.sin(angle), np.cos(angle)])
    return float(x), float(y), max(_SPREADS * spread, 1.0), angle
