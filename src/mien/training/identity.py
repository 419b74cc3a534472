"""Who a face is, such that a loss can be led through it: mobileface in torch."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mien.recognition.template import SIDE, placing
from mien.training.differentiable import Differentiable


class Identity(nn.Module):
    """The recogniser mobileface; another one, faceres, judges and never teaches."""

    def __init__(self) -> None:
        super().__init__()
        path = files("mien") / "assets" / "mobileface" / "mobileface.onnx"
        self.network = Differentiable(path.read_bytes())

    def forward(self, pictures: Tensor, places: Tensor) -> Tensor:
        """Identities of length 1, shape (n, 256).

        Parameters
        ----------
        pictures : Tensor [shape=(n, 3, side, side)]
            Faces, 0-1.
        places : Tensor [shape=(n, SIDE, SIDE, 2)]
            Where in them the aligned face's pixels lie, from `places`.
        """
        chips = F.grid_sample(pictures, places, align_corners=True)
        return F.normalize(self.network(chips * 255), dim=1)


def places(landmarks: np.ndarray, side: int) -> Tensor:
    """Where in pictures the pixels of their aligned faces lie, -1 to 1.

    Parameters
    ----------
    landmarks : np.ndarray [shape=(n, 478, 3)]
        Of the faces, pixels.
    side : int
        Of the pictures, pixels.

    Returns
    -------
    places : Tensor [shape=(n, SIDE, SIDE, 2)]
    """
    rows, columns = np.mgrid[:SIDE, :SIDE]
    own = np.stack([columns, rows], axis=-1).astype(np.float64)
    made = []
    for face in landmarks:
        matrix = placing(face.astype(np.float64))
        at = (own - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
        made.append(2 * at / (side - 1) - 1)
    return torch.from_numpy(np.stack(made).astype(np.float32))
