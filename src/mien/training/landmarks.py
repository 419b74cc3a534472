"""Thirty landmarks of brows, eyes and inner mouth, such that a loss can be led through them.

The published loss compares the distances between all pairs of thirty landmarks, found by a network
that was taught on photographs. This one is taught on drawn faces, whose landmarks are known.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mien.engines.motion.blocks import grid
from mien.face.topology import (
    INNER_LIP_CORNERS,
    INNER_LIP_LOWER,
    INNER_LIP_UPPER,
    LEFT_BROW,
    LEFT_EYE_CORNERS,
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    RIGHT_BROW,
    RIGHT_EYE_CORNERS,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
)

THIRTY = [
    *RIGHT_BROW[:5].tolist(),
    *LEFT_BROW[:5].tolist(),
    *(*RIGHT_EYE_CORNERS.tolist(), *RIGHT_EYE_UPPER[[2, 4]].tolist()),
    *RIGHT_EYE_LOWER[[2, 4]].tolist(),
    *(*LEFT_EYE_CORNERS.tolist(), *LEFT_EYE_UPPER[[2, 4]].tolist()),
    *LEFT_EYE_LOWER[[2, 4]].tolist(),
    *(*INNER_LIP_CORNERS.tolist(), *INNER_LIP_UPPER[[2, 4, 6]].tolist()),
    *INNER_LIP_LOWER[[2, 4, 6]].tolist(),
]
"""Of the 478: five of each brow, six of each eye, eight of the inner mouth."""
OUTER_EYES = (THIRTY.index(33), THIRTY.index(263))
"""Of the thirty, the outer corners of both eyes."""


class LandmarkNetwork(nn.Module):
    """Finds the thirty landmarks as centres of heat maps.

    Parameters
    ----------
    width : int
        Features of its first level.
    """

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        widths = (width, 2 * width, 2 * width)
        self.steps = nn.ModuleList()
        inputs = 3
        for outputs in widths:
            self.steps.append(nn.Conv2d(inputs, outputs, 3, padding=1))
            inputs = outputs
        self.wide = nn.ModuleList(
            nn.Conv2d(inputs, inputs, 3, padding=step, dilation=step) for step in (2, 4, 8)
        )
        self.heat = nn.Conv2d(inputs, len(THIRTY), 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Places in pictures of shape (n, 3, side, side), 0-1, as pixels, shape (n, 30, 2)."""
        side = pictures.shape[-1]
        x = pictures * 2 - 1
        for number, step in enumerate(self.steps):
            x = F.relu(F.instance_norm(step(x)))
            if number == 0:
                x = F.avg_pool2d(x, 2)
        for step in self.wide:
            x = x + F.relu(F.instance_norm(step(x)))
        heat = self.heat(x)
        share = (4 * heat).flatten(2).softmax(2).view_as(heat)
        places = (share[..., None] * grid(heat.shape[2], heat.shape[3], heat)).sum((2, 3))
        # each pixel of the heat map is the middle of two of the picture
        return (places + 1) / 2 * (side - 2) + 1


def astray(found: Tensor, true: Tensor) -> Tensor:
    """Mean distance of landmarks from the truth, outer-eye distances.

    Parameters
    ----------
    found, true : Tensor [shape=(n, 30, 2)]
        Pixels.
    """
    right, left = OUTER_EYES
    size = (true[:, right] - true[:, left]).norm(dim=1)
    return ((found - true).norm(dim=2) / size[:, None]).mean()


def apart(points: Tensor) -> Tensor:
    """Distances between all 435 pairs of landmarks, shape (n, 30, 2), as shape (n, 435)."""
    rows, columns = torch.triu_indices(points.shape[1], points.shape[1], 1)
    return (points[:, rows] - points[:, columns]).square().sum(2).add(1e-6).sqrt()
