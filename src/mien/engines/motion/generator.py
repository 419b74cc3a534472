"""The generator: the portrait's features, moved, and painted where they are not seen."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mien.engines.motion.blocks import Down, Residual, Same, Up
from mien.engines.motion.configuration import MotionConfig
from mien.engines.motion.dense import DenseMotion, Motion, sample
from mien.engines.motion.keypoints import Keypoints


@dataclass(frozen=True)
class Drawn:
    """What the generator makes of a portrait."""

    picture: Tensor
    """RGB, 0-1, shape (n, 3, h, w)."""
    moved: Tensor
    """The portrait itself, moved and not painted, shape (n, 3, h, w)."""
    places: Tensor
    """Where in the portrait each of its pixels was moved from, -1 to 1, shape (n, h, w, 2)."""
    motion: Motion
    """The same as the network found it, and what the portrait does not show."""


class Generator(nn.Module):
    """Draws a portrait with other keypoints.

    Parameters
    ----------
    config : MotionConfig
    """

    def __init__(self, config: MotionConfig) -> None:
        super().__init__()
        size, channels = config.generator_params, config.common_params.num_channels
        n = size.num_down_blocks
        widths = [min(size.max_features, size.block_expansion * 2**k) for k in range(n + 1)]
        self.dense_motion_network = DenseMotion(config)
        self.first = Same(channels, size.block_expansion, 7)
        self.down_blocks = nn.ModuleList(Down(widths[k], widths[k + 1]) for k in range(n))
        self.up_blocks = nn.ModuleList(Up(widths[k + 1], widths[k]) for k in reversed(range(n)))
        self.bottleneck = nn.Sequential()
        for k in range(size.num_bottleneck_blocks):
            self.bottleneck.add_module(f"r{k}", Residual(widths[-1]))
        self.final = nn.Conv2d(size.block_expansion, channels, 7, padding=3)

    def forward(self, portrait: Tensor, source: Keypoints, driving: Keypoints) -> Drawn:
        """Draw a portrait, shape (n, 3, h, w), 0-1, that moves from `source` to `driving`."""
        x = self.first(portrait)
        for block in self.down_blocks:
            x = block(x)
        motion = self.dense_motion_network(portrait, source, driving)
        x = sample(x, _resized(motion.places, x))
        if motion.occlusion is not None:
            seen = motion.occlusion
            if seen.shape[2:] != x.shape[2:]:
                seen = F.interpolate(seen, x.shape[2:], mode="bilinear", align_corners=False)
            x = x * seen
        places = _resized(motion.places, portrait)
        x = self.bottleneck(x)
        for block in self.up_blocks:
            x = block(x)
        picture = torch.sigmoid(self.final(x))
        return Drawn(picture, sample(portrait, places), places, motion)


def _resized(places: Tensor, like: Tensor) -> Tensor:
    """Places for every pixel of a picture of another size, shape (n, h, w, 2)."""
    if places.shape[1:3] == like.shape[2:]:
        return places
    channels = places.permute(0, 3, 1, 2)
    larger = F.interpolate(channels, like.shape[2:], mode="bilinear", align_corners=False)
    return larger.permute(0, 2, 3, 1)
