"""A bend moves pictures and places alike, and its slope is that of its own differences."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is for training only")

from mien.engines.motion.blocks import grid  # noqa: E402
from mien.training.warps import Warp  # noqa: E402


def warp(**settings):
    return Warp(2, np.random.default_rng(3), **settings)


def places():
    return torch.rand((2, 7, 2), generator=torch.Generator().manual_seed(0)) * 1.4 - 0.7


def test_without_chance_nothing_is_bent():
    still = warp(affine=0.0, spline=0.0)
    picture = torch.rand((2, 3, 24, 24), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(still.pictures(picture), picture, atol=1e-5, rtol=0)
    torch.testing.assert_close(still.apply(places()), places())
    torch.testing.assert_close(still.jacobian(places()), torch.eye(2).expand(2, 7, 2, 2))


def test_the_slope_is_that_of_differences():
    bent = warp(affine=0.1, spline=0.05)
    at, small = places().double(), 1e-5
    slope = bent.jacobian(at)
    for k in range(2):
        step = torch.zeros(2, dtype=torch.double)
        step[k] = small
        difference = (bent.apply(at + step) - bent.apply(at - step)) / (2 * small)
        torch.testing.assert_close(slope[..., k], difference, atol=1e-5, rtol=1e-4)


def test_a_picture_shows_at_a_place_what_lies_where_the_bend_leads():
    """Of a picture of its own columns, a bent one shows the columns that `apply` gives."""
    bent = warp(affine=0.05, spline=0.01)
    own = grid(65, 65, torch.zeros(1))
    shown = bent.pictures(own[..., 0].expand(2, 1, 65, 65))
    column = bent.apply(own.reshape(1, -1, 2).expand(2, -1, -1)).reshape(2, 65, 65, 2)[..., 0]
    inside = column.abs() < 0.95
    inside[:, :6] = inside[:, -6:] = False  # beyond the edge it is a mirror's
    torch.testing.assert_close(shown[:, 0][inside], column[inside], atol=1e-3, rtol=0)
