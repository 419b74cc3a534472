"""The moments to look at: a planted difference is found where and when it is."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from mien.face.model import FaceModel
from mien.face.topology import SIXTY_EIGHT
from mien.fidelity import continuity
from mien.fidelity.dynamics import REGIONS
from mien.fidelity.reading import Reading
from mien.fidelity.worst import differences, worst_moments
from mien.phantom.pose import rotation_of

FPS = 25
N = 150


def face(n: int = N, **expressions: np.ndarray) -> np.ndarray:
    """68 points, pixels, of somebody who talks and turns the head, shape (n, 68, 2)."""
    model = FaceModel.load()
    t = np.arange(n) / FPS
    expressions = {"jawOpen": 0.15 + 0.1 * np.sin(9 * t), **expressions}
    shape = np.repeat(model.neutral[None].astype(float), n, axis=0)
    for name, values in expressions.items():
        shape += (
            np.asarray(values)[:, None, None] * model.expression[model.expression_names.index(name)]
        )
    turns = [rotation_of(8 * np.sin(at), 5 * np.cos(at), 0.0) for at in t]
    points = np.einsum("nij,nkj->nki", np.reshape(turns, (-1, 3, 3)), shape[:, SIXTY_EIGHT])
    pixels = 120 * points[..., :2] + [320, 240]
    return pixels + np.random.default_rng(2).normal(0, 0.1, pixels.shape)


def reading(points: np.ndarray) -> Reading:
    n = len(points)
    return Reading(
        times=np.arange(n) / FPS,
        width=640,
        height=480,
        points=points,
        mesh=np.full((n, 478, 3), np.nan),
        body=np.full((n, 18, 3), np.nan),
        skin=np.full((n, 3), np.nan),
        change=np.r_[np.full(n // 10, 0.2), np.full(n - n // 10, 5.0)],  # still, then moving
    )


def bump(start: int, end: int, high: float = 0.8) -> np.ndarray:
    values = np.zeros(N)
    values[start:end] = high * np.hanning(end - start)
    return values


def moments(original: Reading, other: Reading, **settings: int):
    found = worst_moments(
        original, other, {"continuity": continuity.measure(original, other)}, **settings
    )
    assert [m.weight for m in found] == sorted((m.weight for m in found), reverse=True)
    json.dumps([m.as_dict() for m in found], allow_nan=False)
    for moment in found:
        assert 0 <= moment.frame < len(original.times)
        assert moment.time == pytest.approx(original.times[moment.frame], abs=1e-3)
        assert moment.words.endswith(".") and "nan" not in moment.words
    return found


@pytest.mark.parametrize(
    ("expression", "kind"),
    [("mouthSmileLeft", "mouth"), ("browInnerUp", "brows"), ("eyeBlinkRight", "eyes")],
)
def test_a_local_difference_is_found(expression, kind):
    """The original does something for half a second that the result does not."""
    original = reading(face(**{expression: bump(60, 73, 1.0)}))
    found = moments(original, reading(face()))
    assert found[0].kind == kind
    assert found[0].frame == pytest.approx(66, abs=1)
    assert "away from where the original's movement" in found[0].words


def test_of_two_differences_the_larger_comes_first():
    lifted = bump(20, 34, 0.8) + bump(100, 114, 1.0)
    found = moments(reading(face(browOuterUpLeft=lifted)), reading(face()))
    brows = [m for m in found if m.kind == "brows"]
    assert [m.frame for m in brows] == [pytest.approx(106, abs=2), pytest.approx(26, abs=2)]
    assert brows[0].weight > brows[1].weight
    assert moments(reading(face(browOuterUpLeft=lifted)), reading(face()), most=1) == found[:1]


def test_another_face_that_moves_alike_is_no_difference():
    """Whose face it is, where it is and how large: all of this may change."""
    original = face(mouthSmileLeft=bump(40, 80, 0.5))
    rng = np.random.default_rng(4)
    other = 1.3 * (original + rng.normal(0, 3, (1, 68, 2))) + [20, -30]
    apart = differences(reading(original), reading(other))
    assert set(apart) == set(REGIONS)
    assert max(values.max() for values in apart.values()) < 0.02
    assert moments(reading(original), reading(other)) == []


def test_a_clip_compared_with_itself_has_no_moments():
    one = reading(face())
    assert moments(one, one) == []


def test_lost_faces_are_listed_once_each():
    original, points = reading(face()), face()
    points[10:30] = np.nan
    points[90:95] = np.nan
    points[120] = np.nan  # a single frame is no moment
    found = [m for m in moments(original, reading(points)) if m.kind == "lost"]
    assert [m.frame for m in found] == [10, 90]
    assert "0.8 s" in found[0].words and "0.2 s" in found[1].words


def test_faces_that_the_original_does_not_show_are_not_lost():
    points = face()
    points[10:30] = np.nan
    assert moments(reading(points), reading(points)) == []
    assert moments(reading(points), reading(face())) == []


def test_a_face_lost_to_the_end_and_one_never_found():
    original, points = reading(face()), face()
    points[140:] = np.nan
    (found,) = (m for m in moments(original, reading(points)) if m.kind == "lost")
    assert found.frame == 140 and "0.4 s" in found.words
    (found,) = moments(original, reading(np.full_like(points, np.nan)))
    assert found.frame == 0 and "6.0 s" in found.words


def test_held_faces():
    original = reading(face())
    change = original.change.copy()
    change[50:70] = 0.1
    other = replace(original, change=change)
    (found,) = moments(original, other)
    assert (found.kind, found.frame) == ("held", 50) and "0.80 s" in found.words


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_very_short_clips(n):
    one = reading(face(n))
    assert moments(one, one) == []
    moments(one, reading(np.full((n, 68, 2), np.nan)))


def test_continuity_need_not_be_known():
    one = reading(face())
    assert worst_moments(one, one, {}) == []
