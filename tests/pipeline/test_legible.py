"""Reading the same motion is free; a jittering reading and changed eyes cost."""

from __future__ import annotations

import numpy as np
import pytest

from mien.phantom import Phantom, Script
from mien.pipeline.legible import astray, read


def readings(seed: int, jitter: float, bias: float = 0.0, eyes: float = 0.0) -> list:
    rng = np.random.default_rng(seed)
    return [(rng.normal(bias, jitter, (51, 2)), np.full(2, 0.3 + eyes)) for _ in range(40)]


def test_what_is_read_alike_costs_nothing():
    calm = readings(0, 0.01)
    assert astray(calm, calm) == 0
    shifted = [(error + 0.05, aspect) for error, aspect in calm]
    assert astray(calm, shifted) == pytest.approx(0, abs=1e-12)  # off by the same in every frame


def test_jitter_and_changed_eyes_cost():
    calm = [(np.zeros((51, 2)), np.full(2, 0.3))] * 40
    assert astray(calm, readings(1, 0.02)) == pytest.approx(0.02, rel=0.1)
    assert astray(calm, readings(1, 0.0, eyes=0.1)) == pytest.approx(0.01)


def test_a_face_is_read_near_where_it_is():
    phantom = Phantom(Script(seconds=0.2, fps=5, width=360, height=360, seed=3))
    landmarks = phantom.truth.people[0].landmarks
    error, aspect = read(phantom.frame(0).image, landmarks[0])
    assert np.median(np.linalg.norm(error, axis=1)) < 0.08
    assert ((0.1 < aspect) & (aspect < 0.6)).all()
