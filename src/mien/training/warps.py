"""Random bends of a picture: an affine motion and a thin-plate spline.

References
----------
.. [1] Bookstein, "Principal warps: thin-plate splines and the decomposition of deformations", IEEE
   TPAMI 11(6), 1989.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mien.engines.motion.blocks import grid


class Warp:
    """One bend for each picture of a batch: where in the picture a place of the bent one lies.

    Parameters
    ----------
    count : int
        Pictures.
    rng : np.random.Generator
        Decides them.
    affine, spline : float
        Standard deviation of the affine motion's six numbers and of the spline's weights; the
        paper's are 0.05 and 0.005.
    points : int
        Control points along a side.
    """

    def __init__(
        self,
        count: int,
        rng: np.random.Generator,
        affine: float = 0.05,
        spline: float = 0.005,
        points: int = 5,
    ) -> None:
        still = np.broadcast_to(np.eye(2, 3), (count, 2, 3))
        moved = still + rng.normal(0, affine, (count, 2, 3))
        self._affine = torch.tensor(moved, dtype=torch.float32)
        self._weights = torch.tensor(
            rng.normal(0, spline, (count, points * points)), dtype=torch.float32
        )
        self._control = grid(points, points, self._affine).reshape(-1, 2)

    def apply(self, places: Tensor) -> Tensor:
        """Places of the bent pictures in the pictures, -1 to 1, shape (n, k, 2)."""
        affine, control = self._affine.to(places), self._control.to(places)
        straight = places @ affine[:, :, :2].transpose(1, 2) + affine[:, None, :, 2]
        square = (places[:, :, None] - control).square().sum(-1)
        radial = 0.5 * square * torch.log(square + 1e-6)  # r² log r
        bent = (radial * self._weights.to(places)[:, None]).sum(-1, keepdim=True)
        return straight + bent

    def pictures(self, pictures: Tensor) -> Tensor:
        """Bent pictures, shape (n, c, h, w), which go on beyond their edges as in a mirror."""
        n, _, height, width = pictures.shape
        places = grid(height, width, pictures).reshape(1, -1, 2).expand(n, -1, -1)
        where = self.apply(places).reshape(n, height, width, 2)
        return F.grid_sample(pictures, where, padding_mode="reflection", align_corners=True)

    def jacobian(self, places: Tensor) -> Tensor:
        """How `apply` turns and stretches at places, shape (n, k, 2, 2)."""
        with torch.enable_grad():
            if not places.requires_grad:
                places = places.detach().requires_grad_()
            moved = self.apply(places)
            rows = [
                torch.autograd.grad(moved[..., k].sum(), places, create_graph=True)[0]
                for k in range(2)
            ]
        return torch.stack(rows, dim=-2)
