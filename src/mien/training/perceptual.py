"""How different two pictures look to a network that has learned nothing.

The published loss compares features of VGG-19, which has learned from a million photographs and
whose weights come with a package that mien does not have. Here the network has VGG's form and fixed
random weights, whose features tell edges, textures and places apart all the same [1]_; it knows no
objects. What it looks at is compared at several sizes of the picture, as published.

References
----------
.. [1] He, Wang & Hopcroft, "A Powerful Generative Model Using Random Weights for the Deep Image
   Representation", NeurIPS 2016.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mien.engines.motion.blocks import Shrink

_WIDTHS = (16, 32, 48, 64, 64)
_SCALES = (1.0, 0.5, 0.25)
_SMALLEST = 16  # pixels along a side of a picture that is still looked at


class Perceptual(nn.Module):
    """Mean difference of features, over levels and sizes.

    Parameters
    ----------
    seed : int
        Decides the weights.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.levels = nn.ModuleList()
        inputs = 3
        for outputs in _WIDTHS:
            level = nn.Conv2d(inputs, outputs, 3, padding=1)
            with torch.no_grad():
                # He normal: features keep their size from level to level
                spread = (2 / (9 * inputs)) ** 0.5
                level.weight.copy_(torch.randn(level.weight.shape, generator=generator) * spread)
                nn.init.zeros_(level.bias)  # type: ignore[arg-type]
            self.levels.append(level)
            inputs = outputs
        self.shrinks = nn.ModuleList(Shrink(3, scale) for scale in _SCALES if scale != 1)
        self.requires_grad_(False)

    def forward(self, drawn: Tensor, true: Tensor) -> Tensor:
        """The difference of pictures of shape (n, 3, h, w), 0-1: one number."""
        total = drawn.new_zeros(())
        for shrink in [None, *self.shrinks]:
            one, other = (drawn, true) if shrink is None else (shrink(drawn), shrink(true))
            if min(one.shape[2:]) < _SMALLEST and shrink is not None:
                break
            total = total + self._levels(one * 2 - 1, other * 2 - 1)
        return total

    def _levels(self, one: Tensor, other: Tensor) -> Tensor:
        total = (one - other).abs().mean()
        for level in self.levels:
            one, other = F.relu(level(one)), F.relu(level(other))
            total = total + (one - other.detach()).abs().mean()
            if min(one.shape[2:]) >= 2:
                one, other = F.avg_pool2d(one, 2), F.avg_pool2d(other, 2)
        return total
