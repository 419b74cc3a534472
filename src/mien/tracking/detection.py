"""Finding faces in a whole frame, small ones too."""

from __future__ import annotations

import cv2
import numpy as np

from mien.tracking.landmarks import Region, _quiet

_CONFIDENCE = 0.5
_SEEN = 384  # pixels of the longer side that the model is given
_TILE = 0.6  # a tile's share of the frame's longer side


class Detector:
    """MediaPipe's full-range face detector, over the frame and, on request, over tiles of it.

    The detector shrinks what it sees to 192 pixels: a face below about a twelfth of the frame is
    only found in a tile.
    """

    def __init__(self) -> None:
        import mediapipe

        with _quiet():
            self._model = mediapipe.solutions.face_detection.FaceDetection(
                model_selection=1, min_detection_confidence=_CONFIDENCE
            )

    def find(self, image: np.ndarray, tiles: bool = False) -> list[Region]:
        """Regions of the faces in an image, most certain first.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        tiles : bool
            Look again into overlapping tiles, for faces too small for the whole frame.
        """
        height, width = image.shape[:2]
        found = self._look(image, 0, 0)
        if tiles:
            for side in _tile_sides(height, width):
                for top in _starts(height, side):
                    for left in _starts(width, side):
                        tile = np.ascontiguousarray(image[top : top + side, left : left + side])
                        found += self._look(tile, left, top)
        found.sort(key=lambda pair: -pair[0])
        kept: list[Region] = []
        for _score, region in found:
            if all(region.overlap(other) < 0.3 for other in kept):
                kept.append(region)
        return kept

    def _look(self, image: np.ndarray, left: int, top: int) -> list[tuple[float, Region]]:
        height, width = image.shape[:2]
        shrink = _SEEN / max(height, width)
        if shrink < 1:  # the model would do the same, more slowly
            image = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_LINEAR)
        result = self._model.process(image)
        found = []
        for detection in result.detections or []:
            data = detection.location_data
            box, eyes = data.relative_bounding_box, data.relative_keypoints
            angle = float(
                np.arctan2((eyes[1].y - eyes[0].y) * height, (eyes[1].x - eyes[0].x) * width)
            )
            x = (box.xmin + box.width / 2) * width + left
            y = (box.ymin + box.height / 2) * height + top
            size = max(box.width * width, box.height * height)
            if size >= 12:
                found.append((float(detection.score[0]), Region(x, y, size, angle)))
        return found

    def close(self) -> None:
        """Free the model."""
        self._model.close()


def _tile_sides(height: int, width: int) -> list[int]:
    """Square tile sizes in pixels: the frame's short side (if long frames need it) and smaller."""
    longer, shorter = max(height, width), min(height, width)
    sides = [shorter] if longer > 1.25 * shorter else []
    smaller = int(longer * _TILE * 0.6)
    return sides + ([smaller] if smaller >= 160 else [])


def _starts(length: int, side: int) -> list[int]:
    """Starts of tiles that cover a length with at least a third of overlap."""
    if side >= length:
        return [0]
    count = int(np.ceil((length - side) / (side * 0.65))) + 1
    return np.linspace(0, length - side, count).astype(int).tolist()
