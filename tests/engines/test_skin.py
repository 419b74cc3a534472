"""What lies over a face for most of a clip is not the face; what comes to light is not shown."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.engines.laying import composite
from mien.engines.mesh.appearance import MAP, apart, features, inside, logarithm
from mien.engines.mesh.engine import Mesh
from mien.engines.mesh.occlusion import moving, strange
from mien.engines.mesh.skin import like_skin, tone_of, uncovered
from mien.face.uv import coordinates
from mien.phantom import Phantom, Script
from mien.surrogates import cards, load
from mien.tracking import Sample

BLACK, GLOVE, WHITE = (18, 18, 20), (60, 105, 165), (225, 225, 222)


def skin(name):
    return cv2.resize(load(name).texture, (MAP, MAP), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("name", sorted(cards())[::5])
def test_a_bare_face_is_skin_and_things_are_not(name):
    log = logarithm(skin(name))
    where = inside() & ~features()
    tone = tone_of([log])
    assert like_skin(log, tone)[where].mean() > 0.9
    assert like_skin(log - 0.6, tone)[where].mean() > 0.8  # in shadow
    for colour in (BLACK, GLOVE):
        thing = logarithm(np.full((1, 1, 3), colour, np.uint8))
        assert not like_skin(thing, tone).any()


def test_skin_that_comes_to_light_is_not_shown():
    log = logarithm(skin("man-fair-2"))
    x, y = (coordinates()[205] * MAP).astype(int)
    before = skin("man-fair-2").copy()
    cv2.circle(before, (int(x), int(y)), 26, BLACK, -1)
    unlike = strange(apart(log, logarithm(before)))
    quarter = cv2.resize(log, (MAP // 4, MAP // 4), interpolation=cv2.INTER_AREA)
    seen = like_skin(quarter, tone_of([log])).astype(np.float32)
    assert moving(unlike)[y, x] > 0.9  # it is unlike what was there
    assert moving(unlike, seen).max() < 0.05


@pytest.mark.parametrize("colour", [BLACK, GLOVE, WHITE])
def test_a_face_is_learnt_from_the_frames_that_show_it(colour):
    log = logarithm(skin("man-fair-2"))
    x, y = (coordinates()[205] * MAP).astype(int)
    thing = skin("man-fair-2").copy()
    cv2.circle(thing, (int(x), int(y)), 26, colour, -1)
    logs = [logarithm(thing)] * 7 + [log] * 3
    found = uncovered(logarithm(thing), logs, np.arange(7))
    where = inside() & ~features()
    assert np.abs(found - log)[where].max() < 0.05
    assert uncovered(log, [log] * 4, np.arange(4)) is log
    always = [logarithm(thing)] * 10
    assert np.array_equal(uncovered(always[0], always, np.arange(5)), always[0])


def test_a_cheek_in_coloured_light_is_still_the_face():
    log = logarithm(skin("man-fair-2"))
    cool = log.copy()
    x, y = (coordinates()[205] * MAP).astype(int)
    lit = cv2.circle(np.zeros((MAP, MAP), np.float32), (int(x), int(y)), 26, 1.0, -1)
    cool += cv2.GaussianBlur(lit, (0, 0), 4)[..., None] * np.float32([-0.2, 0.05, 0.2])
    found = uncovered(cool, [cool] * 7 + [log] * 3, np.arange(7))
    assert np.array_equal(found, cool)


class Case:
    """A phantom on whose cheek a thing lies, out to the outline, in most frames."""

    def __init__(self, colour, seed):
        self.clip = Phantom(Script(seconds=1.6, width=448, height=448, seed=seed))
        self.points = self.clip.truth.people[0].landmarks.astype(float)
        bare = [self.clip.frame(k).image for k in range(12)]
        things = [self.covered(bare[k], k, colour) for k in range(12)]
        self.face = load(sorted(cards())[seed])
        self.result = [
            self.drawn(pictures, bare[11]) for pictures in (bare, things[:9] + bare[9:], things)
        ]
        self.bare = bare[11]

    def where(self, index):
        centre = self.points[index][[50, 123, 187]].mean(0)[:2]
        radius = 0.17 * np.ptp(self.points[index][:468, 0])
        mask = np.zeros((448, 448), np.uint8)
        cv2.circle(mask, tuple(centre.astype(int).tolist()), int(radius), 1, -1)
        return mask > 0

    def covered(self, image, index, colour):
        picture = image.copy()
        picture[self.where(index)] = colour
        return picture

    def drawn(self, pictures, last):
        samples = [Sample(p, self.points[k]) for k, p in enumerate(pictures)]
        engine = Mesh.calibrate(samples, self.points[:12]).wearing(self.face)
        picture = last.copy()
        composite(picture, engine.render(last, self.points[11]))
        return picture

    def left(self, picture):
        """Share of the skin that lay under the thing and is the patient's own."""
        hull = cv2.convexHull(self.points[11][:468, :2].astype(np.float32)).astype(int)
        face = cv2.fillConvexPoly(np.zeros((448, 448), np.uint8), hull, 1)
        side = round(0.1 * np.ptp(self.points[11][:468, 0]))
        mask = (cv2.erode(face, np.ones((side, side))) > 0) & self.where(11)
        apart = np.abs(picture.astype(int) - self.bare).max(2)[mask]
        return float((apart <= 2).mean())


@pytest.fixture(scope="module", params=[(BLACK, 0), (GLOVE, 1), (BLACK, 3)])
def case(request):
    return Case(*request.param)


def test_skin_under_what_goes_is_no_more_left_than_bare_skin(case):
    bare, mostly, always = (case.left(picture) for picture in case.result)
    assert mostly < bare + 0.03
    assert always < bare + 0.03


def test_a_face_looks_the_same_once_what_lay_over_it_has_gone(case):
    bare, mostly, always = (p[case.where(11)].astype(float).mean(0) for p in case.result)
    assert np.abs(mostly - bare).max() < 12
    assert np.abs(always - bare).max() < 60
