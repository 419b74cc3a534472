"""Where the body is: MediaPipe's pose model, answered in COCO's keypoints."""

from __future__ import annotations

import numpy as np

from mien.errors import TrackingError
from mien.models import undrawn
from mien.models.quiet import quiet

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

    Raises
    ------
    TrackingError
        If the installed MediaPipe has no pose model.

    References
    ----------
    .. [1] Bazarevsky et al., "BlazePose: on-device real-time body pose tracking", CVPR workshop on
       computer vision for augmented and virtual reality 2020, arXiv:2006.10204.
    """

    def __init__(self, outline: bool = False) -> None:
        mediapipe = undrawn.mediapipe()

        self.area = float("nan")
        self.name = f"mediapipe {mediapipe.__version__} pose"
        try:
            with quiet():
                self._model = mediapipe.solutions.pose.Pose(
                    model_complexity=1,
                    smooth_landmarks=False,
                    enable_segmentation=outline,
                    smooth_segmentation=False,
                )
        except (ImportError, AttributeError, RuntimeError, ValueError) as exc:
            raise TrackingError(
                f"MediaPipe {mediapipe.__version__} carries no pose model: install a version below "
                "0.10.22."
            ) from exc

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
        """Free the model."""
        self._model.close()

    def _look(self, image: np.ndarray) -> np.ndarray:
        with quiet():
            result = self._model.process(np.ascontiguousarray(image))
        found, mask = result.pose_landmarks, result.segmentation_mask
        self.area = float("nan") if found is None or mask is None else float((mask > 0.5).sum())
        if found is None:
            return np.full((18, 3), np.nan)
        height, width = image.shape[:2]
        marks = [found.landmark[k] for k in _FROM]
        body = np.array([(m.x * width, m.y * height, m.visibility) for m in marks])
        neck = body[_SHOULDERS].mean(0)
        neck[2] = body[_SHOULDERS, 2].min()
        return np.vstack([body, neck])

    def _forget(self) -> None:
        with quiet():
            self._model.reset()


def _belongs(body: np.ndarray, near: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = near
    x, y = body[0, :2]
    dx, dy = (right - left) / 4, (bottom - top) / 4
    return bool(left - dx <= x <= right + dx and top - dy <= y <= bottom + dy)
