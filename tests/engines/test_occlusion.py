"""Things over the face are found on drawn textures, and bare faces have none."""

import cv2
import numpy as np
import pytest

from mien.engines.mesh.appearance import MAP, apart, logarithm
from mien.engines.mesh.glasses import glasses
from mien.engines.mesh.occlusion import hair, moving, strange
from mien.face.uv import coordinates
from mien.surrogates import cards, load


def bare(name):
    return cv2.resize(load(name).texture, (MAP, MAP), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("name", sorted(cards()))
def test_a_bare_face_wears_nothing(name):
    neutral = logarithm(bare(name))
    assert glasses(neutral).max() == 0
    assert hair(neutral).mean() < 0.06
    assert moving(strange(apart(neutral, neutral))).max() == 0


def test_a_fringe_is_hair():
    picture = bare("woman-fair-1").copy()
    top = int(coordinates()[10, 1] * MAP)
    picture[: top + 28] = 20
    found = hair(logarithm(picture)) > 0.5
    assert found[top + 6 : top + 20, MAP // 2 - 20 : MAP // 2 + 20].mean() > 0.9
    assert found[MAP // 2 + 20 :, MAP // 2 - 30 : MAP // 2 + 30].max() == 0


def test_a_dark_thing_over_the_cheek_is_in_front():
    neutral = logarithm(bare("man-fair-2"))
    picture = bare("man-fair-2").copy()
    x, y = (coordinates()[205] * MAP).astype(int)
    cv2.circle(picture, (int(x), int(y)), 26, (15, 15, 15), -1)
    found = moving(strange(apart(logarithm(picture), neutral)))
    assert found[y, x] > 0.9
    assert found[y, MAP - x] < 0.1


def test_a_dimmed_lamp_is_not_in_front():
    neutral = logarithm(bare("man-fair-2"))
    dim = logarithm((bare("man-fair-2") * 0.7).astype(np.uint8))
    assert moving(strange(apart(dim, neutral))).max() < 0.1


def test_what_would_hide_most_of_the_face_is_painted_over():
    neutral = logarithm(bare("man-fair-2"))
    noise = np.random.default_rng(0).integers(0, 255, (MAP // 16, MAP // 16, 3)).astype(np.uint8)
    wild = cv2.resize(noise, (MAP, MAP), interpolation=cv2.INTER_NEAREST)
    assert moving(strange(apart(logarithm(wild), neutral))).max() == 0
