"""Correlation, gain and lag of movements that are known."""

from __future__ import annotations

import numpy as np
import pytest

from mien.face.model import FaceModel
from mien.face.pose import without_pose
from mien.face.topology import SIXTY_EIGHT
from mien.fidelity import continuity, dynamics
from mien.fidelity.reading import Reading
from mien.phantom.pose import rotation_of

FPS = 30


def head(mouth: np.ndarray, angles: np.ndarray | None = None, noise: float = 0.0) -> np.ndarray:
    """68 points of a head, pixels, whose jaw opens by `mouth` and whose head turns by `angles`."""
    model = FaceModel.load()
    jaw = model.expression[model.expression_names.index("jawOpen")]
    brow = model.expression[model.expression_names.index("browInnerUp")]
    lift = np.roll(mouth, 11)
    shape = model.neutral + mouth[:, None, None] * jaw + 0.5 * lift[:, None, None] * brow
    points = shape[:, SIXTY_EIGHT].astype(float)
    if angles is not None:
        turns = np.stack([rotation_of(*row) for row in angles])
        points = np.einsum("nij,nkj->nki", turns, points)
    pixels = 150 * points[..., :2] + [320, 240]
    return pixels + np.random.default_rng(1).normal(0, noise, pixels.shape)


def reading(points: np.ndarray, times: np.ndarray | None = None) -> Reading:
    n = len(points)
    return Reading(
        times=np.arange(n) / FPS if times is None else times,
        width=640,
        height=480,
        points=points,
        mesh=np.full((n, 478, 3), np.nan),
        body=np.full((n, 18, 3), np.nan),
        skin=np.full((n, 3), np.nan),
        change=np.full(n, 5.0),
    )


def talk(n: int, delay: float = 0.0) -> np.ndarray:
    t = np.arange(n) / FPS - delay
    return 0.3 + 0.2 * np.sin(2 * np.pi * 3.1 * t) + 0.1 * np.sin(2 * np.pi * 1.3 * t + 1)


def test_the_same_is_exactly_one():
    one = reading(head(talk(120), noise=0.5))
    found = dynamics.measure(one, one).as_dict()
    assert found["r_x"] == found["r_y"] == found["r_cca"] == 1
    assert found["pose_removed"]["r_cca"] == 1
    assert found["coverage"] == 1
    for region in found["regions"].values():
        assert region["gain"] == pytest.approx(1)
        assert region["lag_ms"] == pytest.approx(0, abs=1e-6)


def test_against_numpy():
    """The sums give what a plain correlation of every pair gives."""
    a, b = (
        head(talk(90), noise=1),
        head(talk(90), noise=0) + np.random.default_rng(5).normal(0, 2, (90, 68, 2)),
    )
    found = dynamics.measure(reading(a), reading(b))
    for pair in (0, 17, 600, 1274):
        i, j = dynamics.FIRST[pair] + 17, dynamics.SECOND[pair] + 17
        for k, name in enumerate(("r_x", "r_y")):
            plain = np.corrcoef(a[:, i, k] - a[:, j, k], b[:, i, k] - b[:, j, k])[0, 1]
            assert found.pairs[name][pair] == pytest.approx(plain, abs=1e-9)
        u, v = (p[:, i] - p[:, j] for p in (a, b))
        u, v = u - u.mean(0), v - v.mean(0)
        q, w = np.linalg.qr(u)[0], np.linalg.qr(v)[0]
        largest = np.linalg.svd(q.T @ w, compute_uv=False)[0]
        assert found.pairs["r_cca"][pair] == pytest.approx(largest, abs=1e-9)


def test_a_damped_mouth_is_found():
    mouth = talk(240)
    still = reading(head(mouth, noise=0.3))
    damped = reading(head(0.3 + 0.8 * (mouth - 0.3), noise=0.3))
    found = dynamics.measure(still, damped).regions["mouth"]
    assert found.gain == pytest.approx(0.8, abs=0.02)
    assert found.lag_ms == pytest.approx(0, abs=5)


@pytest.mark.parametrize("delay", [0.1, 0.05, -0.1])
def test_a_delay_is_found(delay):
    found = dynamics.measure(
        reading(head(talk(240), noise=0.3)), reading(head(talk(240, delay), noise=0.3))
    ).regions["mouth"]
    assert found.lag_ms == pytest.approx(1000 * delay, abs=5)
    assert found.gain == pytest.approx(1, abs=0.03)


def test_a_frozen_face_does_not_correlate():
    moving = head(talk(120))
    frozen = np.repeat(moving[:1], 120, axis=0)
    found = dynamics.measure(reading(moving), reading(frozen)).as_dict()
    assert found["r_y"] == 0
    assert found["r_cca"] == pytest.approx(0, abs=1e-6)
    assert found["regions"]["mouth"]["gain"] == pytest.approx(0, abs=1e-6)


def test_pose_is_taken_out():
    """A head that turns without moving its face hardly moves once the pose is removed."""
    t = np.arange(150) / FPS
    angles = np.stack([12 * np.sin(t), 6 * np.sin(1.7 * t), 8 * np.sin(0.6 * t)], 1)
    turned = without_pose(head(np.full(150, 0.3), angles))
    assert turned.std(0).max() < 0.03  # outer-eye distances, where 12 degrees move a nose by 0.1
    assert without_pose(head(talk(150)))[:, 57, 1].std() > 0.05


def test_what_is_missing_is_said():
    points = head(talk(60))
    some = points.copy()
    some[10:40] = np.nan
    found = dynamics.measure(reading(points), reading(some))
    assert found.frames == 30
    assert found.coverage == 0.5
    nothing = dynamics.measure(reading(points), reading(np.full_like(points, np.nan))).as_dict()
    assert nothing["r_x"] is None
    assert nothing["regions"]["mouth"]["gain"] is None
    assert nothing["interval"]["r_x"] is None
    for n in (0, 1, 2):
        dynamics.measure(reading(points[:n]), reading(points[:n])).as_dict()


def test_intervals_hold_the_value():
    one = reading(head(talk(300), noise=1))
    rng = np.random.default_rng(3)
    other = reading(one.points + rng.normal(0, 3, one.points.shape))
    found = dynamics.measure(one, other).as_dict()
    for name in ("r_x", "r_y", "r_cca"):
        low, high = found["interval"][name]
        assert low - 0.01 < found[name] < high + 0.01
        assert high - low < 0.2


def test_held_frames_are_counted():
    one = reading(head(talk(60)))
    one.change[::10] = 0.5  # now and then nothing moves, and what changes is noise
    still = np.full(60, 5.0)
    still[20:35] = 0.4
    other = reading(head(talk(60)))
    other.change[:] = still
    found = continuity.measure(one, other)
    moving = [frame for frame in range(20, 35) if frame % 10]
    assert list(found.held_frames) == moving
    assert found.held == pytest.approx(len(moving) / 54)
    assert found.missing == 0
    late = other.take(np.r_[-1, -1, np.arange(2, 60)])
    assert continuity.measure(one, late).missing == 2
