"""What a motion model makes smaller: looks of the driven portrait, and keypoints that bend along.

References
----------
.. [1] Siarohin et al., "First Order Motion Model for Image Animation", NeurIPS 2019, section 3.3
   and appendix: perceptual and equivariance losses and their weights, 10 each.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mien.engines.motion.checkpoint import Networks
from mien.engines.motion.generator import Drawn
from mien.engines.motion.keypoints import Keypoints
from mien.training.perceptual import Perceptual
from mien.training.warps import Warp


@dataclass(frozen=True)
class LossWeights:
    """What each loss counts for; the defaults are the paper's."""

    perceptual: float = 10.0
    """How unlike the true frame the driven portrait looks."""
    equivariance_value: float = 10.0
    """How far keypoints of a bent frame are from the frame's own."""
    equivariance_jacobian: float = 10.0
    """How differently the picture is turned there."""
    adversarial: float = 0.0
    """How sure the adversary is that a picture is drawn; 0 for no adversary."""
    feature_matching: float = 10.0
    """How unlike the adversary's features of a drawn picture are, where there is one."""


def reconstruct(
    networks: Networks, source: Tensor, driving: Tensor
) -> tuple[Keypoints, Keypoints, Drawn]:
    """Draw frames from others of the same clip.

    Parameters
    ----------
    networks : Networks
    source, driving : Tensor [shape=(n, 3, side, side)]
        0-1.
    """
    at_source, at_driving = networks.detector(source), networks.detector(driving)
    return at_source, at_driving, networks.generator(source, at_source, at_driving)


def losses(
    networks: Networks,
    perceptual: Perceptual,
    source: Tensor,
    driving: Tensor,
    warp: Warp,
    weights: LossWeights,
) -> tuple[dict[str, Tensor], Keypoints, Drawn]:
    """Each loss times its weight, the driving keypoints, and what was drawn.

    Parameters
    ----------
    networks : Networks
    perceptual : Perceptual
    source, driving : Tensor [shape=(n, 3, side, side)]
        Frames of one clip each, 0-1.
    warp : Warp
        Bends the driving frames.
    weights : LossWeights
    """
    _, at_driving, drawn = reconstruct(networks, source, driving)
    found = {"perceptual": weights.perceptual * perceptual(drawn.picture, driving)}
    bent = networks.detector(warp.pictures(driving))
    away = (at_driving.value - warp.apply(bent.value)).abs().mean()
    found["equivariance_value"] = weights.equivariance_value * away
    if at_driving.jacobian is not None and bent.jacobian is not None:
        turned = warp.jacobian(bent.value) @ bent.jacobian
        both = torch.inverse(at_driving.jacobian) @ turned
        unlike = (torch.eye(2, device=both.device) - both).abs().mean()
        found["equivariance_jacobian"] = weights.equivariance_jacobian * unlike
    return found, at_driving, drawn
