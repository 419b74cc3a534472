"""From a few keypoints to the motion of every pixel, and to what the portrait does not show."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mien.engines.motion.blocks import Hourglass, Shrink, bumps, grid
from mien.engines.motion.configuration import MotionConfig
from mien.engines.motion.keypoints import Keypoints

_VARIANCE = 0.01  # of the Gaussian around a keypoint


@dataclass(frozen=True)
class Motion:
    """Where each pixel of the result comes from."""

    places: Tensor
    """In the portrait, column and row from -1 to 1, shape (n, h, w, 2)."""
    occlusion: Tensor | None
    """1 where the portrait shows it, 0 where it has to be painted, shape (n, 1, h, w); None where
    the model does not ask."""


def sample(picture: Tensor, places: Tensor) -> Tensor:
    """A picture read at places, black beyond its edge."""
    return F.grid_sample(picture, places, align_corners=True)


class DenseMotion(nn.Module):
    """Near each keypoint a face moves as its keypoint does; the network says what is near.

    Parameters
    ----------
    config : MotionConfig
    """

    def __init__(self, config: MotionConfig) -> None:
        super().__init__()
        common, generator = config.common_params, config.generator_params
        size = generator.dense_motion_params
        motions = common.num_kp + 1
        inputs = motions * (common.num_channels + 1)
        self.hourglass = Hourglass(size.block_expansion, inputs, size.num_blocks, size.max_features)
        self.mask = nn.Conv2d(self.hourglass.outputs, motions, 7, padding=3)
        self.occlusion: nn.Conv2d | None = None
        if generator.estimate_occlusion_map:
            self.occlusion = nn.Conv2d(self.hourglass.outputs, 1, 7, padding=3)
        if size.scale_factor != 1:
            self.down = Shrink(common.num_channels, size.scale_factor)
        self._shrunk = size.scale_factor != 1

    def forward(self, portrait: Tensor, source: Keypoints, driving: Keypoints) -> Motion:
        """The motion that takes a portrait, shape (n, 3, h, w), from `source` to `driving`."""
        small = self.down(portrait) if self._shrunk else portrait
        n, _, height, width = small.shape
        heat = bumps(driving.value, height, width, _VARIANCE)
        heat = heat - bumps(source.value, height, width, _VARIANCE)
        heat = torch.cat([torch.zeros_like(heat[:, :1]), heat], dim=1)  # the first is the ground
        motions = self._motions(source, driving, height, width)  # (n, k + 1, h, w, 2)
        k = motions.shape[1]
        copies = small[:, None].expand(-1, k, -1, -1, -1).reshape(n * k, -1, height, width)
        moved = sample(copies, motions.reshape(n * k, height, width, 2))
        seen = torch.cat([heat[:, :, None], moved.view(n, k, -1, height, width)], dim=2)
        features = self.hourglass(seen.view(n, -1, height, width))
        share = self.mask(features).softmax(1)
        places = (motions * share[..., None]).sum(1)
        occlusion = None
        if self.occlusion is not None:
            occlusion = torch.sigmoid(self.occlusion(features))
        return Motion(places, occlusion)

    @staticmethod
    def _motions(source: Keypoints, driving: Keypoints, height: int, width: int) -> Tensor:
        """What each keypoint alone says, and that nothing moves, shape (n, k + 1, h, w, 2)."""
        still = grid(height, width, source.value)
        away = still - driving.value[:, :, None, None]
        if source.jacobian is not None and driving.jacobian is not None:
            affine = source.jacobian @ torch.inverse(driving.jacobian)
            away = (affine[:, :, None, None] @ away[..., None])[..., 0]
        moved = away + source.value[:, :, None, None]
        return torch.cat([still.expand(len(moved), 1, -1, -1, -1), moved], dim=1)
