"""A new face is lit and as crisp as the patient's own skin."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from mien.engines.mesh.appearance import (
    MAP,
    detail_of,
    features,
    in_patients_light,
    inside,
    light_of,
    logarithm,
    nostrils_of,
    smooth,
)
from mien.face.uv import coordinates

SIZE = 384


def texture(grain: float, seed: int = 0) -> np.ndarray:
    """Skin with grain of so many grey levels, some of it as fine as a texel."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(SIZE, SIZE))
    noise += 3 * cv2.GaussianBlur(rng.normal(size=(SIZE, SIZE)), (0, 0), 2)
    return (150 + grain * noise[..., None] + [30, 0, -20]).clip(0, 255).astype(np.uint8)


def at_map(picture: np.ndarray) -> np.ndarray:
    return logarithm(cv2.resize(picture, (MAP, MAP), interpolation=cv2.INTER_AREA))


@pytest.fixture(scope="module")
def light() -> np.ndarray:
    return light_of(at_map(texture(0)), inside())


def test_smooth_skin_has_no_detail_and_grain_has(light):
    plain, grained = (detail_of(at_map(texture(grain)), inside()) for grain in (0, 8))
    assert plain.max() < 1e-3
    assert grained.min() > 0.005


@pytest.mark.parametrize("grain", [2, 5, 9])
def test_a_crisp_face_on_a_soft_patient_is_as_soft(light, grain):
    soft = detail_of(at_map(texture(grain, 1)), inside())
    worn = in_patients_light(texture(14), light, SIZE, soft)
    got = detail_of(at_map(worn), inside())
    np.testing.assert_array_less(
        got, np.maximum(1.35 * soft, 0.25 * detail_of(at_map(texture(14)), inside()))
    )


def test_a_soft_face_is_not_made_crisper(light):
    crisp = detail_of(at_map(texture(14, 1)), inside())
    plain = in_patients_light(texture(4), light, SIZE)
    np.testing.assert_allclose(in_patients_light(texture(4), light, SIZE, crisp), plain, atol=0.6)


def test_features_keep_their_edges(light):
    picture = texture(3)
    brow = cv2.resize(features().astype(np.uint8), (SIZE, SIZE)) > 0
    picture[brow] = picture[brow] // 3
    soft = detail_of(at_map(texture(0)), inside())
    worn = in_patients_light(picture, light, SIZE, soft)
    plain = in_patients_light(picture, light, SIZE)
    middle = cv2.erode(brow.astype(np.uint8), np.ones((9, 9))) > 0
    assert np.abs(worn - plain)[middle].max() < 1


def test_the_light_meets_the_patients_at_the_outline():
    """A shadow over the chin is there on the new face too, up to its edge."""
    picture = texture(0).astype(np.float32)
    rows = np.arange(SIZE)[:, None, None] / SIZE
    picture *= 1 - 0.3 / (1 + np.exp(-(rows - 0.7) * 15))
    patient = at_map(picture.clip(0, 255).astype(np.uint8))
    worn = at_map(in_patients_light(texture(0), light_of(patient, inside()), SIZE))
    ring = inside() & ~(cv2.erode(inside().astype(np.uint8), np.ones((9, 9))) > 0)
    assert np.abs(worn - patient)[ring].mean() < 0.05


def test_a_wall_beside_the_cheek_is_not_taken_for_skin():
    """The outline is met to a few pixels only: behind it may be a green wall as bright as skin."""
    picture = texture(2)
    wall = inside() & ~(cv2.erode(inside().astype(np.uint8), np.ones((13, 13))) > 0)
    wall[:, MAP // 5 : -MAP // 5] = False
    green = cv2.resize(wall.astype(np.uint8), (SIZE, SIZE), interpolation=cv2.INTER_NEAREST) > 0
    seen = picture.copy()
    seen[green] = (95, 185, 120)
    found, true = (light_of(at_map(one), inside()) for one in (seen, picture))
    assert np.abs(found - true)[inside()].max() < 0.05


def with_nostrils(depth: float) -> np.ndarray:
    picture = texture(1).astype(np.float32)
    for x, y in coordinates()[[98, 327]] * SIZE:
        spot = cv2.circle(np.zeros((SIZE, SIZE), np.float32), (int(x), int(y)), 8, 1, -1)
        picture *= np.exp(-depth * cv2.GaussianBlur(spot, (0, 0), 2))[..., None]
    return picture.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("own", [0.15, 0.3, 0.9])
def test_nostrils_look_no_deeper_than_the_patients(light, own):
    wanted = nostrils_of(at_map(with_nostrils(own)))
    worn = in_patients_light(with_nostrils(0.8), light, SIZE, nostrils=wanted)
    before = nostrils_of(at_map(in_patients_light(with_nostrils(0.8), light, SIZE)))
    assert nostrils_of(at_map(worn)) == pytest.approx(min(wanted, before), abs=0.08)


@pytest.mark.parametrize("sigma", [5, 10, 14, 40])
def test_a_wide_average_is_a_gaussian_s(sigma):
    picture = at_map(texture(9)) + np.linspace(-0.5, 0.5, MAP, dtype=np.float32)[:, None, None]
    found = smooth(picture, np.ones((MAP, MAP)), sigma)
    true = gaussian_filter(picture, (sigma, sigma, 0), mode="mirror")
    assert np.abs(found - true)[inside()].max() < 0.01 < np.ptp(true[inside()])
