"""Irises get another colour and pattern; gaze, pupil, glints and all around them stay.

Two eyes are drawn whose irises are known: a pupil, spokes that are the patient's, a glint.
"""

from __future__ import annotations

import numpy as np
import pytest

from mien.engines.mesh.iris import colour_of, given, repaint
from mien.face.topology import LEFT_EYE_RING, LEFT_IRIS, RIGHT_EYE_RING, RIGHT_IRIS
from mien.surrogates import cards
from mien.tracking import Sample

SIZE, PUPIL = 22.0, 8.0
MIDDLES = np.array([[70.0, 60.0], [190.0, 60.0]])
NAMES = sorted(cards())


def landmarks(look=0.0, lids=16.0):
    points = np.zeros((478, 3))
    for middle, ring, iris in zip(
        MIDDLES, (RIGHT_EYE_RING, LEFT_EYE_RING), (RIGHT_IRIS, LEFT_IRIS), strict=True
    ):
        turn = 2 * np.pi * np.arange(len(ring)) / len(ring)
        points[ring, :2] = middle + np.column_stack([46 * np.cos(turn), lids * np.sin(turn)])
        steps = [[0, 0], [SIZE, 0], [0, -SIZE], [-SIZE, 0], [0, SIZE]]
        points[iris, :2] = middle + [look, 0] + np.array(steps)
    return points


def drawn(look=0.0, colour=(96, 118, 140), pupil=PUPIL, glint=True):
    y, x = np.mgrid[:120, :260] + 0.5
    image = np.full((120, 260, 3), (186, 150, 132), float)
    for middle in MIDDLES:
        u, v = x - middle[0], y - middle[1]
        image[(u / 46) ** 2 + (v / 16) ** 2 < 1] = 205
        u = u - look
        away, angle = np.hypot(u, v), np.arctan2(v, u)
        inside = (away < SIZE) & (((x - middle[0]) / 46) ** 2 + (v / 16) ** 2 < 1)
        spokes = 1 + 0.2 * np.sin(11 * angle + 1) * np.sin(away / 2)
        image[inside] = (np.array(colour) * spokes[..., None])[inside]
        image[inside & (away < pupil)] = 18
        if glint:
            image[inside & (np.hypot(u - 5, v + 5) < 2.5)] = 250
    return image.clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def iris():
    samples = [Sample(drawn(look), landmarks(look)) for look in (-6.0, 0.0, 6.0)]
    return colour_of(samples)


def annulus(look=0.0, low=0.5, high=0.85):
    y, x = np.mgrid[:120, :260] + 0.5
    away = np.hypot(x - MIDDLES[0, 0] - look, y - MIDDLES[0, 1])
    shown = ((x - MIDDLES[0, 0]) / 46) ** 2 + ((y - MIDDLES[0, 1]) / 16) ** 2 < 0.7
    return (away > low * SIZE) & (away < high * SIZE) & shown


def waves(picture, where):
    """What varies fast round an iris."""
    y, x = np.mgrid[:120, :260] + 0.5
    u, v = x - MIDDLES[0, 0], y - MIDDLES[0, 1]
    away, angle = np.hypot(u, v)[where], np.arctan2(v, u)[where]
    spokes = np.sin(11 * angle + 1) * np.sin(away / 2)
    return float(np.corrcoef(np.log(picture.mean(2)[where] + 6), spokes)[0, 1])


@pytest.mark.parametrize("name", NAMES[:6])
def test_the_colour_is_another_and_the_same_for_the_same_face(iris, name):
    other = repaint(drawn(), landmarks(), given(name, iris))
    again = repaint(drawn(), landmarks(), given(name, iris))
    assert np.array_equal(other, again)
    before, after = (np.median(np.log(p[annulus()] + 6.0), axis=0) for p in (drawn(), other))
    tints = before - before.mean(), after - after.mean()
    assert np.linalg.norm(tints[0] - tints[1]) > 0.08
    assert after.mean() < before.mean() + 0.05


def test_faces_differ_in_their_irises(iris):
    shifts = {tuple(np.round(given(name, iris).shift, 3)) for name in NAMES}
    assert len(shifts) >= 3


def test_the_pattern_is_not_the_patients(iris):
    own = waves(drawn(), annulus())
    left = [waves(repaint(drawn(), landmarks(), given(n, iris)), annulus()) for n in NAMES[:6]]
    assert own > 0.8
    assert np.abs(left).max() < 0.3


def test_nothing_changes_outside_the_irises(iris):
    result = repaint(drawn(), landmarks(), given(NAMES[0], iris))
    y, x = np.mgrid[:120, :260] + 0.5
    away = np.min([np.hypot(x - mx, y - my) for mx, my in MIDDLES], axis=0)
    changed = np.abs(result.astype(int) - drawn()).max(2)
    assert changed[away > 1.08 * SIZE].max() == 0
    lids = np.abs(y - 60) > 20
    assert changed[lids].max() == 0


@pytest.mark.parametrize("pupil", [5.0, 8.0, 11.0])
@pytest.mark.parametrize("look", [-8.0, 0.0, 7.5])
def test_pupil_and_gaze_stay(iris, pupil, look):
    image = drawn(look, pupil=pupil, glint=False)
    # landmarks err by a pixel or so; the pupil must not follow them
    result = repaint(image, landmarks(look + 1.0), given(NAMES[2], iris))
    y, x = np.mgrid[:120, :130] + 0.5

    def dark(picture):
        part = picture[:, :130].mean(2)
        lit = float(np.median(picture[annulus(look, 0.6, 0.85)].mean(1)))
        mask = part < (18 + lit) / 2
        return mask.sum(), x[mask].mean(), y[mask].mean()

    (size, across, down), (then_size, then_across, then_down) = dark(image), dark(result)
    assert then_size == pytest.approx(size, rel=0.1)
    assert abs(then_across - across) < 0.25
    assert abs(then_down - down) < 0.25


def test_a_glint_stays(iris):
    result = repaint(drawn(), landmarks(), given(NAMES[1], iris))
    assert result[55, 75].min() > 215


def test_irises_that_are_never_seen_stay():
    shut = [Sample(drawn(), landmarks(lids=0.5)) for _ in range(3)]
    assert colour_of(shut) is None
    assert given(NAMES[0], None) is None
    image = drawn()
    assert repaint(image, landmarks(), None) is image


def test_white_beside_a_hidden_iris_stays_white(iris):
    # something as bright as the white lies over the iris, or it looks far to the side
    image = drawn()
    hidden = np.all(image < 200, axis=2) & annulus(0, 0, 1.05)
    image[hidden] = 205
    result = repaint(image, landmarks(), given(NAMES[1], iris))
    changed = np.abs(result.astype(int) - image).max(2)
    assert changed[annulus(0, 0, 1.0)].max() <= 3


def test_an_iris_beside_which_no_white_is_seen_changes(iris):
    image = drawn()
    y, _ = np.mgrid[:120, :260] + 0.5
    image[(image.min(2) > 200) & (np.abs(y - 60) < 17)] = (96, 118, 140)
    result = repaint(image, landmarks(), given(NAMES[1], iris))
    changed = np.abs(result.astype(int) - image).max(2)
    assert np.median(changed[annulus()]) > 10


def test_shut_lids_get_no_colour(iris):
    image = np.full((120, 260, 3), (186, 150, 132), np.uint8)
    image[59:61] = (60, 45, 40)  # lashes between them
    result = repaint(image, landmarks(lids=1.5), given(NAMES[1], iris))
    assert np.abs(result.astype(int) - image).max() <= 3


def test_lids_that_landmarks_take_for_open_get_no_colour(iris):
    y, _ = np.mgrid[:120, :260] + 0.5
    shade = 1 - 0.2 * np.clip((y - 40) / 20, 0, 1) * (y < 60)  # the lid darkens towards the lashes
    image = (np.array([186, 150, 132.0]) * shade[..., None]).astype(np.uint8)
    result = repaint(image, landmarks(lids=9.0), given(NAMES[1], iris))
    assert np.abs(result.astype(int) - image).max() <= 3
