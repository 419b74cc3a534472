"""An adversary that tells drawn from true pictures, patch by patch, knowing the keypoints."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mien.engines.motion.blocks import bumps

_VARIANCE = 0.01  # of the Gaussian around a keypoint


class Adversary(nn.Module):
    """Convolutions of 4 by 4, instance-normalised, each at half the resolution but the last.

    Parameters
    ----------
    keypoints : int
        How many maps of them it is shown.
    expansion, most, blocks : int
        Features of the first block and at most, and blocks.
    """

    def __init__(
        self, keypoints: int, expansion: int = 32, most: int = 512, blocks: int = 3
    ) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList()
        inputs = 3 + keypoints
        for level in range(blocks):
            outputs = min(most, expansion * 2**level)
            self.convolutions.append(nn.Conv2d(inputs, outputs, 4))
            inputs = outputs
        self.verdict = nn.Conv2d(inputs, 1, 1)

    def forward(self, picture: Tensor, places: Tensor) -> tuple[list[Tensor], Tensor]:
        """Features of each block, and a verdict for each patch, 1 for true.

        Parameters
        ----------
        picture : Tensor [shape=(n, 3, h, w)]
            0-1.
        places : Tensor [shape=(n, k, 2)]
            Keypoints.
        """
        maps = bumps(places, picture.shape[2], picture.shape[3], _VARIANCE)
        x, features = torch.cat([picture, maps], dim=1), []
        for level, convolution in enumerate(self.convolutions):
            x = convolution(x)
            if level:
                x = F.instance_norm(x)
            x = F.leaky_relu(x, 0.2)
            if level < len(self.convolutions) - 1:
                x = F.avg_pool2d(x, 2)
            features.append(x)
        return features, self.verdict(x)


def to_learn(true: Tensor, drawn: Tensor) -> Tensor:
    """What the adversary makes smaller: least squares of its verdicts."""
    return (1 - true).square().mean() + drawn.square().mean()


def to_please(drawn: Tensor) -> Tensor:
    """What the generator makes smaller."""
    return (1 - drawn).square().mean()


def matching(true: list[Tensor], drawn: list[Tensor]) -> Tensor:
    """How different the adversary's features of a drawn and of a true picture are."""
    total = drawn[0].new_zeros(())
    for one, other in zip(drawn, true, strict=True):
        total = total + (one - other.detach()).abs().mean()
    return total
