"""The adversary of the identity generator: patches at two sizes of the picture, no conditions.

References
----------
.. [1] Wang et al., "High-Resolution Image Synthesis and Semantic Manipulation with Conditional
   GANs" (pix2pixHD), CVPR 2018.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_WEAK = 2  # of the last blocks, whose features are matched


class _Patches(nn.Module):
    """Verdicts on overlapping patches."""

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        self.steps = nn.ModuleList()
        inputs = 3
        for level in range(blocks):
            outputs = width * min(2**level, 8)
            self.steps.append(nn.Conv2d(inputs, outputs, 4, 2, 2))
            inputs = outputs
        self.verdict = nn.Conv2d(inputs, 1, 4, 1, 2)

    def forward(self, x: Tensor) -> list[Tensor]:
        features = []
        for level, step in enumerate(self.steps):
            x = step(x)
            if level:
                x = F.instance_norm(x)
            x = F.leaky_relu(x, 0.2)
            features.append(x)
        return [*features, self.verdict(x)]


class Critic(nn.Module):
    """Two of them, one of which sees the picture at half its size.

    Parameters
    ----------
    width, blocks : int
        Features of the first block, and blocks.
    """

    def __init__(self, width: int = 64, blocks: int = 3) -> None:
        super().__init__()
        self.scales = nn.ModuleList(_Patches(width, blocks) for _ in range(2))

    def forward(self, pictures: Tensor) -> list[list[Tensor]]:
        """For each size the features of each block, the verdict last, high for true."""
        found = []
        for scale in self.scales:
            found.append(scale(pictures * 2 - 1))
            pictures = F.avg_pool2d(pictures, 3, 2, 1, count_include_pad=False)
        return found


def to_learn(true: list[list[Tensor]], drawn: list[list[Tensor]]) -> Tensor:
    """What the critic makes smaller: the hinge loss."""
    parts = [
        F.relu(1 - a[-1]).mean() + F.relu(1 + b[-1]).mean()
        for a, b in zip(true, drawn, strict=True)
    ]
    return torch.stack(parts).mean()


def to_please(drawn: list[list[Tensor]]) -> Tensor:
    """What the generator makes smaller."""
    return torch.stack([-each[-1].mean() for each in drawn]).mean()


def weak_matching(true: list[list[Tensor]], drawn: list[list[Tensor]]) -> Tensor:
    """How unlike the features of the last blocks are: what is seen, not who it is."""
    parts = [
        (x - y.detach()).abs().mean()
        for a, b in zip(drawn, true, strict=True)
        for x, y in zip(a[-1 - _WEAK : -1], b[-1 - _WEAK : -1], strict=True)
    ]
    return torch.stack(parts).mean()


def penalty(critic: Critic, true: Tensor) -> Tensor:
    """Squared gradient of the verdicts on true pictures, which keeps them from being steep."""
    true = true.detach().requires_grad_()
    verdicts = torch.stack([each[-1].mean((1, 2, 3)).sum() for each in critic(true)]).sum()
    (slope,) = torch.autograd.grad(verdicts, true, create_graph=True)
    return slope.square().sum((1, 2, 3)).mean()
