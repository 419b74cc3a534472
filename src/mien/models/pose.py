"""Where the body is: MediaPipe's pose model, answered in COCO's keypoints."""

from __future__ import annotations

import numpy as np

from mien.models.body import BodyNetwork

# MediaPipe's numbers of COCO's 17 keypoints, in COCO's order
_FROM = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]
_SHOULDERS = [5, 6]
_REACH = 3.5  # face sizes to either side of the face within which its body is looked for


class Pose:
    """MediaPipe's BlazePose (full), which looks where the body was in the frame before.

    It follows one person and does not smooth: what a frame gives is what was measured in it.
    Pictures are given as they are. Shrinking them first saves nothing measurable (the model cuts
    out and shrinks its own region) and moves keypoints by more than they jitter.

    Parameters
    ----------
    outline : bool
        Whether to measure the area of the body's outline too, which takes a third longer.

    Attributes
    ----------
    area : float
        Of the outline in the last frame, pixels squared; NaN if it was not measured.

    """

    name = "MediaPipe pose"

    def __init__(self, outline: bool = False) -> None:
        self.area = float("nan")
        self._network = BodyNetwork(outline)

    def measure(
        self, image: np.ndarray, near: tuple[float, float, float, float] | None = None
    ) -> np.ndarray:
        """Keypoints of one body; give the frames of a clip in their order.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        near : tuple of float, optional
            Left, top, right and bottom of the person's face, pixels. A body whose nose is not

        Returns
        -------
        body : np.ndarray [shape=(18, 3)]
            In the order of `reading.COCO`: x and y in pixels, visibility from 0 to 1; the neck is
            midway between the shoulders and as visible as the less visible one. NaN where there is
            no body.
        """
        body = self._look(image)
        if near is None or _belongs(body, near):
            return body
        left, top, right, bottom = near
        reach = _REACH * max(right - left, bottom - top)
        alone = np.zeros_like(image)
        columns = slice(max(int(left - reach), 0), max(int(right + reach), 0))
        alone[:, columns] = image[:, columns]
        if np.isfinite(body).all():
            self._forget()
        body = self._look(alone)
        if _belongs(body, near):
            return body
        if np.isfinite(body).all():
            self._forget()
        return np.full((18, 3), np.nan)

    def close(self) -> None:
        """Nothing is to be freed."""

    def _look(self, image: np.ndarray) -> np.ndarray:
        found = self._network.look(image)
        self.area = float("nan") if found is None else found.area
        if found is None:
            return np.full((18, 3), np.nan)
        body = found.points[_FROM]
        neck = body[_SHOULDERS].mean(0)
        neck[2] = body[_SHOULDERS, 2].min()
        return np.vstack([body, neck])

    def _forget(self) -> None:
        self._network.forget()


def _belongs(body: np.ndarray, near: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = near
    x, y = body[0, :2]
    dx, dy = (right - left) / 4, (bottom - top) / 4
    return bool(left - dx <= x <= right + dx and top - dy <= y <= bottom + dy)
