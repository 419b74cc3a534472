"""Resting asymmetry of synthetic faces."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mien.fidelity import resting
from mien.fidelity.reading import Reading

# a symmetric face, face width 200: its right half (left in the picture), mirrored for the left one
_RIGHT = {
    0: (-100, 0), 17: (-75, -32), 18: (-65, -40), 19: (-52, -42), 20: (-40, -40), 21: (-25, -36),
    36: (-60, 0), 37: (-50, -7), 38: (-38, -7), 39: (-27, 0), 40: (-38, 5), 41: (-50, 5),
    48: (-35, 100), 60: (-30, 100), 61: (-12, 99), 67: (-12, 101),
}  # fmt: skip
_LEFT_OF = {
    0: 16, 17: 26, 18: 25, 19: 24, 20: 23, 21: 22, 36: 45, 37: 44, 38: 43, 39: 42, 40: 47, 41: 46,
    48: 54, 60: 64, 61: 63, 67: 65,
}  # fmt: skip


def face() -> np.ndarray:
    points = np.zeros((68, 2))
    points[[27, 28, 29, 30]] = [(0, 2), (0, 15), (0, 28), (0, 42)]
    points[[62, 66, 51, 57, 8, 33]] = [(0, 99), (0, 101), (0, 88), (0, 112), (0, 160), (0, 55)]
    for index, (x, y) in _RIGHT.items():
        points[index] = x, y
        points[_LEFT_OF[index]] = -x, y
    return points


def clip(points: np.ndarray, n: int = 120, noise: float = 0.0, seed: int = 0) -> Reading:
    """The face in a picture, at rest for `n` frames."""
    frames = np.broadcast_to(points, (n, *points.shape)) * 0.8 + [320, 200]
    frames = frames + np.random.default_rng(seed).normal(0, noise, frames.shape)
    return read(frames)


def read(points: np.ndarray) -> Reading:
    n = len(points)
    return Reading(
        times=np.arange(n) / 30,
        width=640,
        height=480,
        points=points,
        mesh=np.full((n, 478, 3), np.nan),
        body=np.full((n, 18, 3), np.nan),
        skin=np.full((n, 3), np.nan),
        change=np.full(n, np.nan),
    )


def planted(**shares: float) -> np.ndarray:
    """The face with some features changed by per cent of its width."""
    points, width = face(), 200
    points[54, 1] += width * shares.get("mouth_corner", 0) / 100  # left corner down
    points[22:27, 1] += width * shares.get("brow", 0) / 100  # left brow down
    points[[43, 44], 1] += width * shares.get("lid", 0) / 100  # left upper lid down
    points[[65, 66, 67], 1] += width * shares.get("lips_parted", 0) / 100
    return points


def turned(points: np.ndarray, roll: float, scale: float, shear: float) -> np.ndarray:
    """Rolled, scaled, and drawn together sideways as by a turn of the head."""
    c, s = np.cos(roll), np.sin(roll)
    return scale * (points * [shear, 1]) @ np.array([[c, s], [-s, c]])


@pytest.mark.parametrize("name", ["mouth_corner", "brow", "lid", "lips_parted"])
def test_planted_asymmetry_is_found_exactly(name):
    found = resting.measure(clip(face()), clip(planted(**{name: 2.0}))).as_dict()
    for other in ("mouth_corner", "brow", "lid", "lips_parted"):
        change = found[other]["other"] - found[other]["original"]
        assert change == pytest.approx(2.0 if other == name else 0.0, abs=1e-4)
        assert found[other]["error"] == pytest.approx(abs(change), abs=1e-4)


def test_planted_asymmetry_is_found_within_noise():
    found = resting.measure(
        clip(face(), noise=0.4), clip(planted(mouth_corner=2.0), noise=0.4, seed=1)
    ).as_dict()
    assert found["mouth_corner"]["other"] == pytest.approx(2.0, abs=0.3)
    low, high = found["interval"]["mouth_corner"] or (0, 9)
    assert low < 2.0 < high


def test_signs_are_the_patients_right_minus_left():
    found = resting.features(planted(mouth_corner=2, brow=1, lid=1.5)[None])[0]
    found = dict(zip(resting.MEASURES, found, strict=True))
    assert found["mouth_corner"] == pytest.approx(2)  # the right corner stands higher
    assert found["brow"] == pytest.approx(1)
    assert found["lid"] == pytest.approx(found["lid_right"] - found["lid_left"])
    assert found["lid"] == pytest.approx(1.5)
    assert found["upper_lid_left"] == pytest.approx(3.5 - 1.5)  # ptosis
    assert found["aperture_right"] == pytest.approx(12 / 33)
    mirrored = (planted(mouth_corner=2) * [-1, 1])[_mirror()]
    assert resting.features(mirrored[None])[0][0] == pytest.approx(-2)


def test_roll_scale_and_a_turn_of_the_head_do_not_make_asymmetry():
    for roll, scale, shear in ((0.3, 1.0, 1.0), (-0.2, 0.5, 1.0), (0.1, 1.3, 0.95)):
        found = resting.features(turned(face(), roll, scale, shear)[None])[0]
        assert np.allclose(found[:3], 0, atol=1e-9)
    level = resting.features(planted(mouth_corner=2)[None])
    assert np.allclose(level, resting.features(turned(planted(mouth_corner=2), 0.4, 2, 1)[None]))


def test_the_mesh_is_a_second_opinion_with_the_same_signs():
    part = resting._MESH
    mesh = np.zeros((478, 3))
    for name, points in resting._DLIB.items():
        mesh[part[name], :2] = planted(mouth_corner=2, lid=1)[points][: len(part[name])]
    found = dict(zip(resting.MEASURES, resting.features(mesh[None])[0], strict=True))
    assert found["mouth_corner"] == pytest.approx(2)
    assert found["lid"] == pytest.approx(1)


def test_rest_is_where_nobody_talks_smiles_or_blinks():
    n = 300
    times = np.arange(n) / 30
    points = np.broadcast_to(face(), (n, 68, 2)).copy()
    talk = (times > 2) & (times < 5)
    lower = [56, 57, 58, 65, 66, 67]
    points[np.ix_(talk, lower, [1])] += 12 * np.sin(2 * np.pi * 2 * times[talk])[:, None, None] ** 2
    smile = (times > 6) & (times < 7.5)
    points[smile, 48] += [-10, -12]
    points[smile, 54] += [10, -12]
    for moment in (1.0, 5.5, 9.0):
        shut = abs(times - moment) < 0.1
        points[shut, 37:39, 1] = points[shut, 43:45, 1] = 3
    points += np.random.default_rng(0).normal(0, 0.3, points.shape)
    points[250:260] = np.nan
    frames = resting.resting(points, times)
    assert len(frames) >= resting.FEWEST
    busy = talk | smile | np.isnan(points[:, 0, 0])
    for moment in (1.0, 5.5, 9.0):
        busy |= abs(times - moment) < 0.1
    assert not busy[frames].any()


def test_a_face_that_never_rests_is_not_measured():
    times = np.arange(200) / 30
    points = np.broadcast_to(face(), (200, 68, 2)).copy()
    points[:, 48:68, 1] += 10 * np.sin(2 * np.pi * 3 * times)[:, None]
    assert not len(resting.resting(points, times))
    found = resting.measure(*[read(points)] * 2).as_dict()
    assert found["frames"] == 0
    assert found["mouth_corner"] == {"original": None, "other": None, "error": None}


def test_the_same_face_has_no_error():
    reading = clip(planted(mouth_corner=3), noise=0.3)
    found = resting.measure(reading, reading).as_dict()
    assert all(found[name]["error"] == 0 for name in resting.MEASURES)


@pytest.mark.parametrize("n", [0, 1, 2, 9, 40])
@pytest.mark.parametrize("seen", ["all", "none", "some"])
def test_any_clip_gives_json(n, seen):
    reading = clip(face(), n, noise=0.2)
    reading.points[{"all": slice(0, 0), "none": slice(None), "some": slice(0, None, 3)}[seen]] = (
        np.nan
    )
    other = reading.take(np.where(np.arange(n) % 4, np.arange(n), -1))
    json.dumps(resting.measure(reading, other).as_dict(), allow_nan=False)


def _mirror() -> np.ndarray:
    order = np.arange(68)
    for right, left in _LEFT_OF.items():
        order[right], order[left] = left, right
    return order
