"""Keypoints of a face, the motion near each of them, and driving one face with another's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import ConvexHull, QhullError
from torch import Tensor, nn

from mien.engines.motion.blocks import Hourglass, Shrink, grid
from mien.engines.motion.configuration import MotionConfig


@dataclass(frozen=True)
class Keypoints:
    """Where the keypoints of pictures are, and how the picture is turned and stretched there."""

    value: Tensor
    """Column and row, -1 and 1 at the outermost pixels, shape (n, k, 2)."""
    jacobian: Tensor | None
    """From the reference, which is never seen, to the picture, shape (n, k, 2, 2); None for a
    model in which only the places move."""


class KeypointDetector(nn.Module):
    """Finds keypoints that nobody has named: as places where a heat map is hot.

    Parameters
    ----------
    config : MotionConfig
    """

    def __init__(self, config: MotionConfig) -> None:
        super().__init__()
        size, common = config.kp_detector_params, config.common_params
        self.predictor = Hourglass(
            size.block_expansion, common.num_channels, size.num_blocks, size.max_features
        )
        self.kp = nn.Conv2d(self.predictor.outputs, common.num_kp, 7)
        self.jacobian: nn.Conv2d | None = None
        if common.estimate_jacobian:
            self.jacobian = nn.Conv2d(self.predictor.outputs, 4 * common.num_kp, 7)
            # training begins with keypoints that only shift
            nn.init.zeros_(self.jacobian.weight)
            if self.jacobian.bias is not None:
                still = torch.tensor([1.0, 0, 0, 1] * common.num_kp)
                self.jacobian.bias.data.copy_(still)
        if size.scale_factor != 1:
            self.down = Shrink(common.num_channels, size.scale_factor)
        self._temperature, self._shrunk = size.temperature, size.scale_factor != 1

    def forward(self, picture: Tensor) -> Keypoints:
        """Keypoints of pictures, shape (n, 3, h, w), 0-1."""
        features = self.predictor(self.down(picture) if self._shrunk else picture)
        scores = self.kp(features)
        heat = (scores.flatten(2) / self._temperature).softmax(2).view_as(scores)
        places = grid(scores.shape[2], scores.shape[3], scores)
        value = (heat[..., None] * places).sum((2, 3))
        if self.jacobian is None:
            return Keypoints(value, None)
        n, k, height, width = heat.shape
        maps = self.jacobian(features).view(n, k, 4, height, width)
        jacobian = (heat[:, :, None] * maps).sum((3, 4))
        return Keypoints(value, jacobian.view(n, k, 2, 2))


def relative(source: Keypoints, driving: Keypoints, first: Keypoints, *, adapt: bool) -> Keypoints:
    """Move the portrait's keypoints as the driving ones moved since a first frame.

    Parameters
    ----------
    source : Keypoints
        Of the portrait, n = 1.
    driving : Keypoints
        Of the frames that drive.
    first : Keypoints
        Of the frame in which the driving face has the portrait's pose, n = 1.
    adapt : bool
        Whether movements are made larger by as much as the portrait's face is larger: by the
        ratio of the roots of the areas of both convex hulls.
    """
    scale = _extent(source) / _extent(first) if adapt else 1.0
    value = source.value + (driving.value - first.value) * scale
    if driving.jacobian is None or first.jacobian is None or source.jacobian is None:
        return Keypoints(value, None)
    change = driving.jacobian @ torch.inverse(first.jacobian)
    return Keypoints(value, change @ source.jacobian)


def _extent(points: Keypoints) -> float:
    """Root of the area of the convex hull; 1 where the keypoints have none."""
    try:
        hull = ConvexHull(points.value[0].detach().cpu().numpy())
    except (QhullError, ValueError):
        return 1.0
    return float(np.sqrt(hull.volume))
