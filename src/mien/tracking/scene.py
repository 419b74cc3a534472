"""What changed in the picture from frame to frame: cuts, and places where somebody may have come.

A frame is looked at as a small grey picture, which takes a fraction of a millisecond. That says
when the film cuts to something else, and where the picture is no longer as it was when it was last
searched.

References
----------
.. [1] Lienhart, "Comparison of automatic shot boundary detection algorithms", SPIE 3656, 1999.
"""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np

_ACROSS = 160  # pixels of the small picture's longer side
_DIFFERENT = 18.0  # grey levels by which a place differs from what it was
_SUDDEN = 14.0  # grey levels by which a place changes from one frame to the next as if by a cut
_CUT_SHARE = 0.35  # of the picture that is different after a cut
_CUT_TIMES = 4.0  # by which a cut's change exceeds what is usual in this film
_LATELY = 12  # frames that say what is usual
_LEAST = 3  # pixels of the small picture: side of the smallest place that counts


class Scene:
    """Follows the picture of a clip, frame by frame."""

    def __init__(self) -> None:
        self._last: np.ndarray | None = None
        self._searched: np.ndarray | None = None
        self._usual: deque[float] = deque(maxlen=_LATELY)
        self._scale = 1.0
        self.cut = False
        """Whether the last frame shows something else than the one before it."""

    def update(self, image: np.ndarray) -> None:
        """Take the next frame: RGB, shape (height, width, 3), uint8."""
        small = self._small(image)
        self.cut = False
        if self._last is None or self._last.shape != small.shape:
            self._searched = np.full_like(small, -1000.0)
            self._sudden = np.zeros(small.shape, bool)
        else:
            change = np.abs(small - self._last)
            self._sudden = change > _SUDDEN
            amount, usual = float(change.mean()), float(np.median(self._usual or [0.0]))
            share = float((change > _DIFFERENT).mean())
            self.cut = share > _CUT_SHARE and amount > _CUT_TIMES * usual + 2.0
            self._usual.append(amount)
            if self.cut:
                assert self._searched is not None
                self._searched[:] = -1000.0
        self._last = small

    def _small(self, image: np.ndarray) -> np.ndarray:
        height, width = image.shape[:2]
        self._scale = min(1.0, _ACROSS / max(height, width))
        size = max(1, round(width * self._scale)), max(1, round(height * self._scale))
        rows = image[:: max(1, int(1 / self._scale) // 4)]  # enough, and half as much to read
        small = cv2.resize(rows, size, interpolation=cv2.INTER_AREA)
        return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)

    def popped(self, known: list[np.ndarray]) -> list[np.ndarray]:
        """Places that changed all at once since the last frame: somebody may have come or gone.

        Parameters
        ----------
        known : list of np.ndarray [shape=(4,)]
            Boxes of faces that are followed, left, top, right, bottom, pixels: left out.

        Returns
        -------
        boxes : list of np.ndarray [shape=(4,)]
            Left, top, right, bottom, pixels, the largest first.
        """
        return self._places(self._sudden.copy(), known)

    def changed(self, known: list[np.ndarray]) -> np.ndarray | None:
        """The box around all that is not as it was when it was searched; None if nothing is.

        Parameters and units are those of `popped`; shape (4,).
        """
        assert self._last is not None and self._searched is not None
        boxes = self._places(np.abs(self._last - self._searched) > _DIFFERENT, known)
        if not boxes:
            return None
        found = np.array(boxes)
        return np.concatenate([found[:, :2].min(0), found[:, 2:].max(0)])

    def searched(self, box: np.ndarray | None = None) -> None:
        """Note that a box, or the whole frame, has been searched as it is now."""
        assert self._last is not None and self._searched is not None
        if box is None:
            self._searched[:] = self._last
            return
        left, top, right, bottom = self._to_small(box)
        self._searched[top:bottom, left:right] = self._last[top:bottom, left:right]

    def _places(self, mask: np.ndarray, known: list[np.ndarray]) -> list[np.ndarray]:
        for box in known:
            left, top, right, bottom = self._to_small(box)
            mask[top:bottom, left:right] = False
        # thin edges of something that moves are no place for a face
        kernel = np.ones((_LEAST, _LEAST), np.uint8)
        solid = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel)
        joined = cv2.dilate(solid, np.ones((3, 3), np.uint8))
        count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
        found = []
        for left, top, width, height, area in stats[1:count].tolist():
            box = np.array([left, top, left + width, top + height], float) / self._scale
            found.append((area, box))
        found.sort(key=lambda pair: -pair[0])
        return [box for _, box in found]

    def _to_small(self, box: np.ndarray) -> tuple[int, int, int, int]:
        assert self._last is not None
        height, width = self._last.shape
        low = np.floor(box[:2] * self._scale).astype(int).clip(0, [width, height])
        high = np.ceil(box[2:] * self._scale).astype(int).clip(0, [width, height])
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])
