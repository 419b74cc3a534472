"""A surrogate as a picture: its texture on its neutral shape, from the front."""

from __future__ import annotations

import cv2
import numpy as np

from mien.face import uv
from mien.face.geometry import rasterise
from mien.surrogates.bank import Surrogate


def portrait(
    surrogate: Surrogate, height: int = 360, width: int = 306, ground: int = 255
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a surrogate.

    Parameters
    ----------
    surrogate : Surrogate
        Whom to draw.
    height, width : int
        Size of the picture, pixels.
    ground : int
        Grey level around the face.

    Returns
    -------
    picture : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    landmarks : np.ndarray [shape=(478, 3)]
        Where the face is in it, pixels.
    """
    over = 2  # drawn larger and shrunk, which softens the outline
    low, high = surrogate.shape.min(0), surrogate.shape.max(0)
    scale = 0.94 * min(height / (high - low)[1], width / (high - low)[0])
    place = (surrogate.shape - (low + high) / 2) * scale + [width / 2, height / 2, 0]
    triangles = uv.triangles(mouth=True)
    index, weights = rasterise(place * over, triangles, height * over, width * over)
    corners = uv.coordinates()[triangles].astype(np.float32) * surrogate.texture.shape[0]
    where = np.einsum("ijk,ijkl->ijl", weights, corners[index]) - np.float32(0.5)
    drawn = cv2.remap(surrogate.texture, where, None, cv2.INTER_LINEAR)  # type: ignore[call-overload]
    drawn[index < 0] = ground
    return cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA), place


def likeness(surrogate: Surrogate) -> tuple[np.ndarray, np.ndarray]:
    """The picture by which a surrogate is known to a recogniser, and its landmarks.

    A face on a grey ground with room around it, the same for every surrogate, so that distances
    between two of them are those of the faces.
    """
    picture, place = portrait(surrogate, 240, 204, ground=_GROUND)
    room = 60
    framed = cv2.copyMakeBorder(
        picture, room, room, room, room, cv2.BORDER_CONSTANT, value=(_GROUND,) * 3
    )
    return framed, place + [room, room, 0]


_GROUND = 200
