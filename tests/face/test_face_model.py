import numpy as np
import pytest

from mien.engines.mesh.displacement import displacement
from mien.errors import ParameterError
from mien.face.geometry import Similarity
from mien.face.model import FaceModel
from mien.face.topology import (
    FACE_OVAL,
    INNER_LIP_LOWER,
    INNER_LIP_UPPER,
    LEFT_EYE_CORNERS,
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    RIGHT_EYE_CORNERS,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
)
from mien.surrogates import cards, load

MODEL = FaceModel.load()
NAMES = MODEL.expression_names


def patient(seed=0, **beta):
    alpha = np.random.default_rng(seed).normal(size=40) * 0.7
    strength = np.zeros(52)
    for name, value in beta.items():
        strength[NAMES.index(name)] = value
    return alpha, strength


def posed(shape, yaw=0.2):
    c, s = np.cos(yaw), np.sin(yaw)
    return Similarity(
        150, np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]), np.array([320.0, 240, 0])
    ).apply(shape)


def test_the_model_is_symmetric_and_sealed():
    mirrored = MODEL.neutral[MODEL.mirror] * [-1, 1, 1]
    assert np.abs(mirrored - MODEL.neutral)[:468].max() < 1e-4
    assert np.allclose(MODEL.neutral[INNER_LIP_UPPER], MODEL.neutral[INNER_LIP_LOWER], atol=1e-6)


def test_fit_recovers_who_it_is():
    alpha, beta = patient(1, jawOpen=0.4, mouthSmileLeft=0.3)
    found = MODEL.fit(np.stack([posed(MODEL.shape(alpha, beta), yaw) for yaw in (-0.2, 0, 0.2)]))
    assert np.abs(MODEL.shape(found) - MODEL.shape(alpha)).max() < 0.02


@pytest.mark.parametrize("name", ["jawOpen", "mouthSmileLeft", "eyeBlinkRight", "mouthFrownRight"])
def test_solve_recovers_pose_and_expression(name):
    alpha, beta = patient(2, **{name: 0.6})
    solution = MODEL.solve(posed(MODEL.shape(alpha, beta)), alpha)
    assert solution.pose.scale == pytest.approx(150, rel=0.01)
    assert solution.beta[NAMES.index(name)] == pytest.approx(0.6, abs=0.2)
    assert ((solution.beta >= 0) & (solution.beta <= 1)).all()


def test_solve_splits_without_loss():
    alpha, beta = patient(3, jawOpen=0.5)
    landmarks = posed(MODEL.shape(alpha, beta)) + np.random.default_rng(0).normal(size=(478, 3))
    solution = MODEL.solve(landmarks, alpha)
    back = MODEL.shape(alpha, solution.beta) + solution.residual
    assert np.allclose(solution.pose.apply(back), landmarks, atol=1e-6)


def test_an_asymmetric_face_keeps_its_asymmetry_out_of_identity():
    alpha, beta = patient(4, mouthFrownLeft=0.8)
    found = MODEL.fit(posed(MODEL.shape(alpha, beta))[None])
    shape = MODEL.shape(found)
    assert np.abs(shape[MODEL.mirror] * [-1, 1, 1] - shape)[:468].max() < 1e-3


def test_what_the_modes_do_not_hold_is_part_of_who_somebody_is():
    """Alike on both sides it belongs to the neutral; what differs between them stays out of it."""
    alpha, _ = patient(8)
    rng = np.random.default_rng(2)
    extra = rng.normal(0, 0.01, (478, 3))
    flipped = extra[MODEL.mirror] * [-1, 1, 1]
    alike, lopsided = (extra + flipped) / 2, (extra - flipped) / 2
    plain = MODEL.shape(alpha)
    frames = np.stack([100 * (plain + alike + lopsided) + [300, 200, 0]] * 3)
    rest = MODEL.at_rest(frames, alpha)
    np.testing.assert_allclose(rest[MODEL.mirror] * [-1, 1, 1], rest, atol=1e-9)
    before, after = np.linalg.norm(alike), np.linalg.norm(rest - plain - alike)
    assert after < 0.75 * before  # some of it passes for pose and expression


def test_what_everybody_has_alike_is_symmetric_and_no_larger_than_a_nose():
    flipped = MODEL.usual[MODEL.mirror] * [-1, 1, 1]
    assert np.abs(flipped - MODEL.usual)[:468].max() < 1e-4
    assert 0.01 < np.sqrt((MODEL.usual[:, :2] ** 2).mean()) < 0.05


def test_a_smile_that_lasts_is_not_taken_for_a_broad_jaw():
    """Of two people who differ by what a smile leaves in the coefficients, one smiles."""
    calm, _ = patient(9)
    _, smile = patient(9, mouthSmileLeft=0.8, mouthSmileRight=0.8)
    smiling = calm + MODEL.posing(smile) @ MODEL.posed
    jaw = [MODEL.shape(alpha)[[172, 397], 0] for alpha in (calm, smiling)]
    assert np.ptp(jaw[1]) > 1.01 * np.ptp(jaw[0])
    np.testing.assert_allclose(MODEL.at_ease(smiling, smile), calm, atol=1e-12)
    np.testing.assert_allclose(MODEL.at_ease(calm, np.zeros(52)), calm, atol=1e-12)


def test_fit_refuses_what_is_not_landmarks():
    with pytest.raises(ParameterError):
        MODEL.fit(np.full((3, 478, 3), np.nan))
    with pytest.raises(ParameterError):
        MODEL.fit(np.zeros((478, 3)))


def test_swapping_to_oneself_is_the_identity():
    shape = MODEL.shape(patient(5)[0])
    assert np.abs(displacement(shape, shape)).max() < 1e-9


@pytest.mark.parametrize("name", sorted(cards()))
def test_contacts_hold_on_every_surrogate(name):
    alpha, beta = patient(6, eyeBlinkLeft=1.0, jawOpen=0.0)
    neutral = MODEL.shape(alpha)
    offset = displacement(neutral, load(name).shape, 2.0)
    assert np.linalg.norm(offset, axis=1).max() <= 0.5
    # the outline moves too, less where the hair begins than at the chin
    assert np.abs(offset[FACE_OVAL]).max() > 0.01
    shut = MODEL.shape(alpha, beta)
    shut[LEFT_EYE_UPPER] = shut[LEFT_EYE_LOWER]
    moved = shut + offset
    assert np.abs(moved[LEFT_EYE_UPPER] - moved[LEFT_EYE_LOWER]).max() < 1e-9

    def gaps(points):
        return points[INNER_LIP_LOWER] - points[INNER_LIP_UPPER]

    sealed = neutral + offset  # the neutral's lips touch
    assert np.abs(gaps(sealed)).max() < 1e-5
    _, wide = patient(6, jawOpen=1.0)
    open_mouth = MODEL.shape(alpha, wide)
    assert np.allclose(gaps(open_mouth + offset), gaps(open_mouth), atol=1e-9)


@pytest.mark.parametrize(
    ("upper", "lower", "corners"),
    [
        (LEFT_EYE_UPPER, LEFT_EYE_LOWER, LEFT_EYE_CORNERS),
        (RIGHT_EYE_UPPER, RIGHT_EYE_LOWER, RIGHT_EYE_CORNERS),
    ],
)
def test_eye_aspect_ratio_is_the_patients(upper, lower, corners):
    alpha, beta = patient(7, eyeBlinkLeft=0.5, eyeBlinkRight=0.5)

    def ratio(points):
        tall = np.linalg.norm(points[upper] - points[lower], axis=1).mean()
        return tall / np.linalg.norm(points[corners[0]] - points[corners[1]])

    half_shut = MODEL.shape(alpha, beta)
    for name in cards():
        offset = displacement(MODEL.shape(alpha), load(name).shape, 1.5)
        assert ratio(half_shut + offset) == pytest.approx(ratio(half_shut), rel=0.01)
