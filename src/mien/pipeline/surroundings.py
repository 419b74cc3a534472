"""The room behind people: kept, made unrecognisable, or replaced by one colour.

A room, its window and what hangs on its walls name a place, and a place names a patient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import cv2
import numpy as np

from mien.models.segmentation import Segmentation

KINDS = ("keep", "blur", "solid")
"""What can be done with it."""
_ROWS = 12  # of the picture, from which a blurred room is made anew: what was finer is gone
_COLOUR = (118, 122, 128)
_SURE = (0.35, 0.65)  # how surely a pixel is somebody's, from nothing of it to all of it


@contextmanager
def surroundings(kind: str) -> Iterator[Surroundings | None]:
    """What replaces the room, as long as it is needed; None where it stays."""
    if kind == "keep":
        yield None
        return
    with closing(Segmentation()) as segmentation:
        yield Surroundings(kind, segmentation.people)


class Surroundings:
    """Replaces what is behind people in pictures; safe to share between threads.

    Parameters
    ----------
    kind : str
        One of `KINDS` but ``"keep"``.
    people : callable
        How surely each pixel of a picture is somebody's, as `Segmentation.people`.
    """

    def __init__(self, kind: str, people: Callable[[np.ndarray], np.ndarray]) -> None:
        self._kind, self._people = kind, people

    def replace(self, image: np.ndarray) -> np.ndarray:
        """A picture with another room.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB; not changed.
        """
        share = self._people(image)
        x = np.clip((share - _SURE[0]) / (_SURE[1] - _SURE[0]), 0, 1)
        share = (x * x * (3 - 2 * x))[..., None]
        room = self._room(image)
        return np.rint(share * image + (1 - share) * room).astype(np.uint8)

    def _room(self, image: np.ndarray) -> np.ndarray:
        if self._kind == "solid":
            return np.asarray(np.broadcast_to(np.array(_COLOUR, np.float32), image.shape))
        height, width = image.shape[:2]
        size = max(1, round(_ROWS * width / height)), _ROWS
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
