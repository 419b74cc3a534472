"""The parts that all networks of a motion model are built of, named as in the checkpoints."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def grid(height: int, width: int, like: Tensor) -> Tensor:
    """Places of all pixels, column before row, -1 and 1 at the outermost, shape (h, w, 2)."""
    x = torch.arange(width, dtype=like.dtype, device=like.device)
    y = torch.arange(height, dtype=like.dtype, device=like.device)
    x = 2 * (x / (width - 1)) - 1
    y = 2 * (y / (height - 1)) - 1
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)], dim=-1)


def bumps(places: Tensor, height: int, width: int, variance: float) -> Tensor:
    """A Gaussian around each place, 1 at its top.

    Parameters
    ----------
    places : Tensor [shape=(n, k, 2)]
        Keypoints.
    height, width : int
        Of the maps, pixels.
    variance : float
        Of the Gaussian, squares of half a picture.

    Returns
    -------
    maps : Tensor [shape=(n, k, height, width)]
    """
    away = grid(height, width, places) - places[:, :, None, None]
    return torch.exp(-0.5 * away.square().sum(-1) / variance)


class Same(nn.Module):
    """Convolution, normalisation, ReLU; the resolution stays."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (n, inputs, h, w) to (n, outputs, h, w)."""
        return F.relu(self.norm(self.conv(x)))


class Down(Same):
    """The same, then half the resolution."""

    def forward(self, x: Tensor) -> Tensor:
        """Shape (n, inputs, h, w) to (n, outputs, h / 2, w / 2)."""
        return F.avg_pool2d(super().forward(x), 2)


class Up(Same):
    """Twice the resolution, each pixel four times, then the same."""

    def forward(self, x: Tensor) -> Tensor:
        """Shape (n, inputs, h, w) to (n, outputs, 2 h, 2 w)."""
        return super().forward(F.interpolate(x, scale_factor=2))


class Residual(nn.Module):
    """Two convolutions whose outcome is added to what came in."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(features, features, 3, padding=1)
        self.conv2 = nn.Conv2d(features, features, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(features)
        self.norm2 = nn.BatchNorm2d(features)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (n, features, h, w), as it came."""
        inner = self.conv1(F.relu(self.norm1(x)))
        return x + self.conv2(F.relu(self.norm2(inner)))


class _Encoder(nn.Module):
    """The way in of an hourglass."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.down_blocks = nn.ModuleList(Down(a, b) for a, b in pairwise(widths))

    def forward(self, x: Tensor) -> list[Tensor]:
        levels = [x]
        for block in self.down_blocks:
            levels.append(block(levels[-1]))
        return levels


class _Decoder(nn.Module):
    """The way out, which sees each level of the way in again."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        blocks = []
        for level in range(len(widths) - 1, 0, -1):
            twice = 1 if level == len(widths) - 1 else 2
            blocks.append(Up(twice * widths[level], widths[level - 1]))
        self.up_blocks = nn.ModuleList(blocks)

    def forward(self, levels: list[Tensor]) -> Tensor:
        x = levels[-1]
        for block, beside in zip(self.up_blocks, levels[-2::-1], strict=True):
            x = torch.cat([block(x), beside], dim=1)
        return x


class Hourglass(nn.Module):
    """An encoder and a decoder that see each other's levels; the input is seen again at the end.

    Parameters
    ----------
    expansion, inputs, blocks, most : int
        Features of the outermost level and of the input, levels, features at most.
    """

    def __init__(self, expansion: int, inputs: int, blocks: int, most: int) -> None:
        super().__init__()
        inner = [min(most, expansion * 2**level) for level in range(1, blocks + 1)]
        self.encoder = _Encoder([inputs, *inner])
        self.decoder = _Decoder([min(most, expansion), *inner])
        self.outputs = min(most, expansion) + inputs

    def forward(self, x: Tensor) -> Tensor:
        """Shape (n, inputs, h, w) to (n, outputs, h, w)."""
        x = self.decoder(self.encoder(x))
        return x


class Shrink(nn.Module):
    """Makes a picture smaller without patterns: a blur, then every so many pixels."""

    weight: Tensor

    def __init__(self, channels: int, scale: float) -> None:
        super().__init__()
        sigma = (1 / scale - 1) / 2
        half = round(sigma * 4)
        away = torch.arange(-half, half + 1, dtype=torch.float32)
        line = torch.exp(-away.square() / (2 * sigma**2))
        square = line[:, None] * line
        kernel = (square / square.sum()).expand(channels, 1, -1, -1).clone()
        self.register_buffer("weight", kernel)
        self._half, self._channels, self._step = half, channels, round(1 / scale)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (n, channels, h, w) to (n, channels, h * scale, w * scale)."""
        x = F.conv2d(F.pad(x, (self._half,) * 4), self.weight, groups=self._channels)
        return x[:, :, :: self._step, :: self._step]
