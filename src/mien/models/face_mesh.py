"""MediaPipe's face mesh with attention: 478 landmarks of the face in a square.

A first network finds 468 points; lips, eyes and irises are looked at again, upright and enlarged.

References
----------
.. [1] Grishchenko et al., "Attention mesh: high-fidelity face mesh prediction in real-time",
   arXiv:2006.10962, 2020.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from mien.face.region import Region
from mien.models.squares import cut, placed, shipped

SIDE = 192
"""Pixels of the square."""

# landmarks that are looked at again, in the order of the networks' points
LIPS = (
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409),
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415),
    *(76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 184, 74, 73, 72, 11, 302, 303, 304, 408),
    *(62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292, 183, 42, 41, 38, 12, 268, 271, 272, 407),
)
EYE_LEFT = (  # in the picture
    *(33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173),
    *(130, 25, 110, 24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190),
    *(226, 31, 228, 229, 230, 231, 232, 233, 244, 113, 225, 224, 223, 222, 221, 189),
    *(35, 124, 46, 53, 52, 65, 143, 111, 117, 118, 119, 120, 121, 128, 245),
    *(156, 70, 63, 105, 66, 107, 55, 193),
)
EYE_RIGHT = (
    *(263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398),
    *(359, 255, 339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414),
    *(446, 261, 448, 449, 450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413),
    *(265, 353, 276, 283, 282, 295, 372, 340, 346, 347, 348, 349, 350, 357, 465),
    *(383, 300, 293, 334, 296, 336, 285, 417),
)
_LID = 16  # of an eye's points, those on the edges of the lids
_IRISES = {"left": slice(468, 473), "right": slice(473, 478)}
_PARTS = {
    name: np.array(numbers)
    for name, numbers in (("lips", LIPS), ("left_eye", EYE_LEFT), ("right_eye", EYE_RIGHT))
}
_OUTPUTS = ("mesh", *_PARTS, "left_iris", "right_iris", "face")
_FACE = 0.5  # certainty from which on there is a face


class FaceMeshNetwork:
    """The network; safe to share between threads, of which each call uses one."""

    def __init__(self) -> None:
        self._net = shipped("face_mesh", cores=1)

    def measure(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        """Landmarks of the face in a part of a picture.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        region : Region
            The part, half as large again as the face.

        Returns
        -------
        landmarks : np.ndarray [shape=(478, 3)], or None
            Pixels of the picture, depth in the same unit; None where there is no face.
        """
        given = cut(image, region, SIDE)[None].astype(np.float32) / 255
        answer = self._net.run(given, _OUTPUTS)
        found = dict(zip(_OUTPUTS, answer, strict=True))
        if expit(float(found["face"].ravel()[0])) < _FACE:
            return None
        points = np.empty((478, 3))
        points[:468] = found["mesh"].reshape(468, 3)
        for part, numbers in _PARTS.items():
            points[numbers, :2] = found[part].reshape(-1, 2)
        for side, iris in _IRISES.items():
            points[iris, :2] = found[f"{side}_iris"].reshape(-1, 2)
            points[iris, 2] = points[_PARTS[f"{side}_eye"][:_LID], 2].mean()
        points /= SIDE
        points[:, :2] = placed(points[:, :2], region)
        points[:, 2] *= region.size
        return points
