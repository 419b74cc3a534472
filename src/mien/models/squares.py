"""Square parts of pictures, turned or not, as networks are given them, and the way back."""

from __future__ import annotations

from importlib.resources import files
from threading import Lock
from weakref import WeakValueDictionary

import cv2
import numpy as np

from mien.face.region import Region
from mien.models.onnx_network import OnnxNetwork

_open: WeakValueDictionary[tuple[str, int | None], OnnxNetwork] = WeakValueDictionary()
_opening = Lock()


def shipped(name: str, cores: int | None = None) -> OnnxNetwork:
    """One of MediaPipe's networks, by its name in the assets; see `OnnxNetwork`.

    Whoever asks while somebody has it is given the same one: it keeps no state between calls.
    """
    with _opening:
        found = _open.get((name, cores))
        if found is None:
            path = files("mien") / "assets" / "mediapipe" / f"{name}.onnx"
            found = _open[name, cores] = OnnxNetwork(path.read_bytes(), cores=cores)
        return found


def whole(image: np.ndarray) -> Region:
    """The upright square around a picture, which it does not fill unless it is square."""
    height, width = image.shape[:2]
    return Region(width / 2, height / 2, float(max(height, width)), 0.0)


def cut(image: np.ndarray, region: Region, side: int, *, bare: bool = False) -> np.ndarray:
    """A part of a picture, shrunk or enlarged, without smoothing first.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    region : Region
        Which part; it may reach beyond the picture.
    side : int
        Pixels of the result.
    bare : bool
        Black beyond the picture; otherwise its edge goes on.

    Returns
    -------
    part : np.ndarray [shape=(side, side, 3), dtype=uint8]
    """
    scale = side / region.size
    c, s = np.cos(region.angle) * scale, np.sin(region.angle) * scale
    matrix = np.array(
        [
            [c, s, side / 2 - c * region.x - s * region.y],
            [-s, c, side / 2 + s * region.x - c * region.y],
            [0, 0, 1],
        ]
    )
    border = cv2.BORDER_CONSTANT if bare else cv2.BORDER_REPLICATE
    return np.asarray(
        cv2.warpPerspective(image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=border)
    )


def placed(shares: np.ndarray, region: Region) -> np.ndarray:
    """Where in the picture points of a part are.

    Parameters
    ----------
    shares : np.ndarray [shape=(..., 2)]
        Across and down, shares of the part's side.
    region : Region
        Which part.

    Returns
    -------
    points : np.ndarray [shape=(..., 2)]
        Pixels.
    """
    c, s = np.cos(region.angle), np.sin(region.angle)
    turn = np.array([[c, s], [-s, c]])
    return np.asarray((shares - 0.5) @ turn * region.size + [region.x, region.y])
