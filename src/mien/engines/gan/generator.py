"""The generator: encoder, identity blocks, decoder."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mien.engines.gan.configuration import GanConfig


class _Step(nn.Module):
    """Convolution, normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, padding_mode="reflect")
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)))


class AdaptiveNorm(nn.Module):
    """Instance normalisation whose scale and shift come from an identity.

    Parameters
    ----------
    features, identity : int
        Of the map, and numbers of an identity.
    """

    def __init__(self, features: int, identity: int) -> None:
        super().__init__()
        self.style = nn.Linear(identity, 2 * features)

    def forward(self, x: Tensor, identity: Tensor) -> Tensor:
        """Shape (n, features, h, w), rescaled by identities of shape (n, identity)."""
        scale, shift = self.style(identity)[:, :, None, None].chunk(2, dim=1)
        return F.instance_norm(x) * (1 + scale) + shift


class IdentityBlock(nn.Module):
    """A residual block of two convolutions, each rescaled by an identity.

    Parameters
    ----------
    features, identity : int
        See `AdaptiveNorm`.
    """

    def __init__(self, features: int, identity: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(features, features, 3, padding=1, padding_mode="reflect")
        self.norm1 = AdaptiveNorm(features, identity)
        self.conv2 = nn.Conv2d(features, features, 3, padding=1, padding_mode="reflect")
        self.norm2 = AdaptiveNorm(features, identity)

    def forward(self, x: Tensor, identity: Tensor) -> Tensor:
        """Shape (n, features, h, w), as it came."""
        inner = F.relu(self.norm1(self.conv1(x), identity))
        return x + self.norm2(self.conv2(inner), identity)


class Generator(nn.Module):
    """Draws a face as somebody else's.

    Parameters
    ----------
    config : GanConfig
    """

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        widths = [config.width * min(2**k, 8) for k in range(config.halvings + 1)]
        self.first = _Step(3, widths[0], 7)
        self.down = nn.ModuleList(_Step(a, b, 3, 2) for a, b in pairwise(widths))
        self.blocks = nn.ModuleList(
            IdentityBlock(widths[-1], config.identity) for _ in range(config.blocks)
        )
        self.up = nn.ModuleList(_Step(a, b) for a, b in pairwise(widths[::-1]))
        self.last = nn.Conv2d(widths[0], 3, 7, padding=3, padding_mode="reflect")

    def forward(self, picture: Tensor, identity: Tensor) -> Tensor:
        """Draw faces with identities.

        Parameters
        ----------
        picture : Tensor [shape=(n, 3, side, side)]
            Faces, 0-1.
        identity : Tensor [shape=(n, identity)]
            Whose they become, of length 1.

        Returns
        -------
        drawn : Tensor [shape=(n, 3, side, side)]
            0-1.
        """
        x = self.first(picture * 2 - 1)
        for step in self.down:
            x = step(x)
        for block in self.blocks:
            x = block(x, identity)
        for step in self.up:
            larger = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = step(larger)
        return torch.sigmoid(self.last(x))
