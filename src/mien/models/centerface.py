"""CenterFace: one network that says of every place how likely the middle of a face is there.

It was trained on crowds: faces that are turned to the side, half out of the picture or hidden, and
small ones, are what it is best at. mien does not track with it.

References
----------
.. [1] Xu et al., "CenterFace: joint face detection and alignment using face as point", Scientific
   Programming 2020, 7845384, 2020.
"""

from __future__ import annotations

from importlib.resources import files

import cv2
import numpy as np

from mien.errors import ParameterError
from mien.models.onnx_network import OnnxNetwork
from mien.models.sighting import Sighting, distinct

_OUTPUTS = ("537", "538", "539", "540")  # heat, size, shift, points
_STRIDE = 4  # pixels between two places
_BLOCK = 32  # pixels of which the network wants whole ones
_BOX = (-0.01, 0.073, 1.043)  # from its box to the face: shift across and down, side; in sides


class CenterFace:
    """Finds upright faces with CenterFace; safe to share between threads.

    Parameters
    ----------
    score : float
        Certainty from which on something counts as a face, 0 to 1.

    Raises
    ------
    ParameterError
        If it is out of its range.
    """

    name = "CenterFace"

    def __init__(self, score: float = 0.5) -> None:
        if not 0 < score < 1:
            raise ParameterError(f"score is {score:g}: choose a number between 0 and 1.")
        self._score = score
        path = files("mien") / "assets" / "centerface" / "centerface.onnx"
        self._net = OnnxNetwork(path.read_bytes(), any_size=True)

    def find(self, image: np.ndarray) -> list[Sighting]:
        """See `FaceDetector.find`."""
        height, width = image.shape[:2]
        below, beside = -height % _BLOCK, -width % _BLOCK
        whole = cv2.copyMakeBorder(image, 0, below, 0, beside, cv2.BORDER_REPLICATE)
        heat, size, shift, points = (
            found[0] for found in self._net.run(whole.transpose(2, 0, 1)[None], _OUTPUTS)
        )
        rows, columns = np.nonzero(_peaks(heat[0]) & (heat[0] > self._score))
        found = []
        for row, column in zip(rows, columns, strict=True):
            tall, wide = (float(v) for v in np.exp(size[:, row, column]) * _STRIDE)
            y, x = (np.array([row, column]) + shift[:, row, column] + 0.5) * _STRIDE
            corner = np.array([x - wide / 2, y - tall / 2])
            side = float(np.sqrt(wide * tall))
            # five points, each down and across
            places = corner + points[:, row, column].reshape(5, 2)[:, ::-1] * [wide, tall]
            across = places[1] - places[0]
            found.append(
                Sighting(
                    float(x + _BOX[0] * side),
                    float(y + _BOX[1] * side),
                    _BOX[2] * side,
                    float(heat[0, row, column]),
                    self.name,
                    float(np.arctan2(across[1], across[0])),
                    np.stack([places[0], places[1], places[3:].mean(0)]),
                )
            )
        return distinct(found)


def _peaks(heat: np.ndarray) -> np.ndarray:
    """Where no place beside is hotter, shape (rows, columns)."""
    return np.asarray(heat >= cv2.dilate(heat, np.ones((3, 3), np.uint8)))
