"""One contract for every engine: what is outside the face stays, what is inside goes."""

import numpy as np
import pytest

from mien.engines import ENGINES, Weights
from mien.engines.laying import composite
from mien.engines.mesh.engine import Mesh, Person
from mien.face.model import FaceModel
from mien.face.topology import FACE_OVAL, LEFT_EYE_RING, RIGHT_EYE_RING
from mien.phantom import Phantom, Script
from mien.surrogates import cards, load
from mien.tracking import Sample
from networks import saved, saved_gan

SAVED = {"motion": saved, "gan": saved_gan}


@pytest.fixture(scope="module")
def clip():
    phantom = Phantom(
        Script(seconds=1.2, fps=10, width=360, height=360, blinks=(0.6,), smile=(0.2, 1.0), seed=3)
    )
    frames = [frame.image for frame in phantom]
    return frames, phantom.truth.people[0].landmarks.astype(float)


def opened(name, tmp_path_factory):
    """An engine's class; of those that draw with a network, with a small one."""
    if ENGINES[name].learned is None:
        return ENGINES[name].open()
    pytest.importorskip("torch", reason="torch is for learned engines only")
    return ENGINES[name].open(Weights(str(SAVED[name](tmp_path_factory.mktemp(name) / "model.pt"))))


@pytest.fixture(scope="module", params=ENGINES)
def engine(request, clip, tmp_path_factory):
    frames, landmarks = clip
    kind = opened(request.param, tmp_path_factory)
    assert (kind.name, kind.traits) == (request.param, ENGINES[request.param].traits)
    samples = [Sample(f, p) for f, p in zip(frames, landmarks, strict=True)]
    face = load(sorted(cards())[0]) if kind.traits.needs_surrogate else None
    return kind.calibrate(samples, landmarks).wearing(face, 1.5)


def replaced(engine, frame, landmarks):
    result = frame.copy()
    rendering = engine.render(frame, landmarks)
    composite(result, rendering)
    return result, rendering


def face_mask(landmarks, shape, grow):
    import cv2

    outline = landmarks[FACE_OVAL, :2]
    outline = outline.mean(0) + (outline - outline.mean(0)) * grow
    return cv2.fillPoly(np.zeros(shape[:2], np.uint8), [outline.round().astype(np.int32)], 1) > 0


def test_pixels_outside_the_face_are_the_originals(engine, clip):
    for frame, landmarks in zip(*clip, strict=True):
        result, rendering = replaced(engine, frame, landmarks)
        # farther out where what lies around the face makes room for it
        outside = ~face_mask(landmarks, frame.shape, 1.35 if rendering.sources is None else 1.8)
        assert (result[outside] == frame[outside]).all()


def test_the_inner_face_is_replaced(engine, clip):
    for frame, landmarks in zip(*clip, strict=True):
        result, _ = replaced(engine, frame, landmarks)
        inner = face_mask(landmarks, frame.shape, 0.6)
        difference = np.abs(result.astype(int) - frame)[inner].mean()
        assert difference > 4


def test_the_input_is_not_changed_and_the_answer_is_repeatable(engine, clip):
    frames, landmarks = clip
    before = frames[0].copy()
    first, _ = replaced(engine, frames[0], landmarks[0])
    replaced(engine, frames[5], landmarks[5])
    second, _ = replaced(engine, frames[0], landmarks[0])
    assert (frames[0] == before).all()
    assert (first == second).all()


def test_a_rendering_lies_within_the_frame(engine, clip):
    frames, landmarks = clip
    for shift in ([-150.0, 0, 0], [0, 160, 0], [170, -120, 0]):
        _, rendering = replaced(engine, frames[0], landmarks[0] + shift)
        height, width = rendering.opacity.shape
        assert rendering.left >= 0 and rendering.top >= 0
        assert rendering.left + width <= frames[0].shape[1]
        assert rendering.top + height <= frames[0].shape[0]
        assert rendering.opacity.min() >= 0 and rendering.opacity.max() <= 1


def test_landmarks_are_those_of_the_face_that_is_drawn(engine, clip):
    """Only who keeps the motion draws a face: it lies in the patch and moves as the patient's."""
    for frame, landmarks in zip(*clip, strict=True):
        rendering = engine.render(frame, landmarks)
        assert (rendering.landmarks is not None) == engine.traits.keeps_motion
        drawn = rendering.face(landmarks)
        assert drawn.shape == (478, 3) and np.isfinite(drawn).all()
        height, width = rendering.opacity.shape
        middle = drawn[FACE_OVAL, :2].mean(0) - [rendering.left, rendering.top]
        assert (middle > 0).all() and (middle < [width, height]).all()
        across = np.linalg.norm(landmarks[33] - landmarks[263])
        assert np.abs(drawn - landmarks).max() < 0.4 * across


def test_what_is_calibrated_can_be_made_smaller(engine, clip):
    frames, landmarks = clip
    samples = [Sample(f, p) for f, p in zip(frames, landmarks, strict=True)]
    fitted = type(engine).calibrate(samples, landmarks)
    assert type(fitted.shrunk(0.5)) is type(fitted)
    assert engine.traits.needs_surrogate == np.isfinite(fitted.tone)


def test_mesh_shows_the_patients_own_eyes_and_nobody_elses(clip):
    frames, landmarks = clip
    alpha = FaceModel.load().fit(landmarks)
    person = Person.calibrate([Sample(f, p) for f, p in zip(frames, landmarks, strict=True)], alpha)
    pictures = []
    for name in sorted(cards())[:2]:
        engine = Mesh(person, load(name), 0.0)  # no change of shape: eyes stay in place
        pictures.append(replaced(engine, frames[0], landmarks[0])[0])
    import cv2

    for ring in (RIGHT_EYE_RING, LEFT_EYE_RING):
        eye = cv2.fillPoly(
            np.zeros(frames[0].shape[:2], np.uint8),
            [landmarks[0][ring, :2].round().astype(np.int32)],
            1,
        )
        eye = cv2.erode(eye, np.ones((3, 3), np.uint8)) > 0
        for picture in pictures:
            assert np.abs(picture.astype(int) - frames[0])[eye].mean() < 6
    skin = face_mask(landmarks[0], frames[0].shape, 0.6)
    assert np.abs(pictures[0].astype(int) - pictures[1])[skin].mean() > 2


@pytest.mark.parametrize("name", ["blur", "pixelate"])
def test_obscuring_grows_with_the_face(name, clip):
    """What a blur leaves is the same share of the face, near or far."""
    import cv2

    frames, landmarks = clip
    left = []
    for scale in (1.0, 2.0):
        frame = cv2.resize(frames[0], None, fx=scale, fy=scale)
        points = landmarks[0] * scale
        result, _ = replaced(ENGINES[name].load()(), frame, points)
        inner = face_mask(points, frame.shape, 0.7)
        left.append(result[inner].std() / frame[inner].std())
    assert left[1] == pytest.approx(left[0], rel=0.15)


@pytest.mark.parametrize(("calibrated", "shown"), [(0.15, 1.0), (1.0, 0.15), (0.3, 1.0)])
def test_a_switched_light_lights_the_new_face(clip, calibrated, shown):
    """What is calibrated in the dark is not painted black in the light, nor the other way about."""
    frames, landmarks = clip
    samples = [
        Sample((frame * calibrated).astype(np.uint8), points)
        for frame, points in zip(frames, landmarks, strict=True)
    ]
    engine = Mesh(
        Person.calibrate(samples, FaceModel.load().fit(landmarks)), load(sorted(cards())[0]), 1.5
    )
    frame = (frames[2] * shown).astype(np.uint8)
    result, _ = replaced(engine, frame, landmarks[2])
    inner = face_mask(landmarks[2], frame.shape, 0.8)
    assert 0.75 < result[inner].mean() / frame[inner].mean() < 1.3


def test_a_face_that_is_dark_for_a_while_is_calibrated_in_the_light(clip):
    frames, landmarks = clip
    light = [1.0 if k % 2 else 0.15 for k in range(len(frames))]
    samples = [
        Sample((frame * share).astype(np.uint8), points)
        for frame, points, share in zip(frames, landmarks, light, strict=True)
    ]
    alpha = FaceModel.load().fit(landmarks)
    mixed = Person.calibrate(samples, alpha)
    lit = Person.calibrate(
        [s for s, share in zip(samples, light, strict=True) if share == 1], alpha
    )
    assert np.array_equal(mixed.neutral, lit.neutral)
