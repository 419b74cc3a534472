"""A portrait is moved as the network says, put back where the face was, or covered."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is for learned engines only")

from mien.engines import ENGINES, Weights  # noqa: E402
from mien.engines.motion.dense import Motion as Flow  # noqa: E402
from mien.engines.motion.engine import Motion, _calmest  # noqa: E402
from mien.engines.motion.generator import Drawn  # noqa: E402
from mien.engines.motion.keypoints import Keypoints  # noqa: E402
from mien.errors import FormatError, ParameterError  # noqa: E402
from mien.face.model import FaceModel  # noqa: E402
from mien.phantom import Phantom, Script  # noqa: E402
from mien.surrogates import cards, load  # noqa: E402
from mien.tracking import Sample  # noqa: E402
from networks import saved  # noqa: E402

SIZE = 64


@pytest.fixture(scope="module")
def samples():
    phantom = Phantom(Script(seconds=0.6, fps=10, width=240, height=240, smile=(0.2, 0.6), seed=3))
    frames = [frame.image for frame in phantom]
    points = phantom.truth.people[0].landmarks.astype(float)
    return [Sample(f, p) for f, p in zip(frames, points, strict=True)]


def drawing(picture=lambda portrait: portrait, shift=0.0, value=0.0):
    """The engine with a network that draws what is asked for, `shift` of half a picture aside."""

    def detector(seen):
        return Keypoints(torch.full((1, 4, 2), value), torch.eye(2).expand(1, 4, 2, 2))

    def generator(portrait, source, driving):
        line = torch.linspace(-1, 1, SIZE, dtype=portrait.dtype)
        places = torch.stack(
            [line.expand(SIZE, SIZE) - shift, line[:, None].expand(SIZE, SIZE)], dim=-1
        )[None]
        return Drawn(picture(portrait), portrait, places, Flow(places, None))

    class Drawing(Motion):
        networks = SimpleNamespace(
            config=SimpleNamespace(side=SIZE), detector=detector, generator=generator
        )
        driving = "relative"

    return Drawing


def worn(kind, samples):
    points = np.stack([sample.landmarks for sample in samples])
    return kind.calibrate(samples, points).wearing(load(sorted(cards())[0]))


def test_a_portrait_that_does_not_move_is_the_surrogate_on_the_calmest_frame(samples):
    engine = worn(drawing(), samples)
    points = np.stack([sample.landmarks for sample in samples])
    alpha = FaceModel.load().fit(points)
    rest = _calmest(samples, alpha)
    mesh = ENGINES["mesh"].open().calibrate(samples, points).wearing(load(sorted(cards())[0]))
    rendering = engine.render(rest.image, rest.landmarks)
    wanted = mesh.render(rest.image, rest.landmarks)
    beside = np.linalg.norm(rendering.landmarks - wanted.landmarks, axis=1)
    assert beside.max() < 2.0
    sure = rendering.opacity == 1
    there = np.zeros(rest.image.shape[:2], bool)
    there[rendering.top :, rendering.left :][: sure.shape[0], : sure.shape[1]] = sure
    both = rest.image.astype(float)
    both[wanted.top :, wanted.left :][: wanted.opacity.shape[0], : wanted.opacity.shape[1]] = (
        wanted.picture
    )
    full = np.zeros(rest.image.shape[:2], bool)
    full[wanted.top :, wanted.left :][: wanted.opacity.shape[0], : wanted.opacity.shape[1]] = (
        wanted.opacity == 1
    )
    mine = np.zeros(rest.image.shape)
    mine[rendering.top :, rendering.left :][: sure.shape[0], : sure.shape[1]] = rendering.picture
    assert np.abs(mine - cv2.GaussianBlur(both, (0, 0), 1.0))[there & full].mean() < 8


def test_landmarks_go_where_the_network_moves_them(samples):
    """What is drawn is told, not what the patient did."""
    still, aside = (worn(drawing(shift=shift), samples) for shift in (0.0, 0.06))
    image, points = samples[0].image, samples[0].landmarks
    before, after = (engine.render(image, points).landmarks for engine in (still, aside))
    pixels = 0.06 / 2 * 3.2 * FaceModel.load().pose(points, np.zeros(40)).scale
    np.testing.assert_allclose((after - before)[:, 0], pixels, rtol=0.15)
    assert np.abs((after - before)[:, 1:]).max() < 0.3


@pytest.mark.parametrize(
    "kind",
    [
        drawing(shift=0.5),
        drawing(picture=lambda portrait: portrait * float("nan")),
        drawing(value=float("nan")),
    ],
)
def test_what_cannot_be_drawn_is_covered(samples, kind):
    image, points = samples[0].image, samples[0].landmarks
    rendering = worn(kind, samples).render(image, points)
    assert rendering.covered and rendering.picture.std() == 0
    assert np.isfinite(rendering.landmarks).all()
    column, row = (points[4, :2] - [rendering.left, rendering.top]).astype(int)
    assert rendering.opacity[row, column] == 1


def test_a_head_that_turns_too_far_is_covered(samples):
    engine = worn(drawing(), samples)
    image, points = samples[0].image, samples[0].landmarks
    middle = points.mean(0)
    for degrees, covered in ((20, False), (70, True)):
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        turned = (points - middle) @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]]) + middle
        assert engine.render(image, turned).covered == covered


def test_all_of_the_face_that_was_is_replaced(samples):
    from mien.face.topology import FACE_OVAL

    engine = worn(drawing(shift=0.05), samples)
    for sample in samples:
        rendering = engine.render(sample.image, sample.landmarks)
        outline = sample.landmarks[FACE_OVAL, :2] - [rendering.left, rendering.top]
        face = cv2.fillPoly(np.zeros(rendering.opacity.shape), [outline.astype(np.int32)], 1) > 0
        assert rendering.opacity[cv2.erode(face.astype(np.uint8), np.ones((3, 3))) > 0].min() == 1


def test_a_network_is_read_when_it_is_given(tmp_path):
    motion = ENGINES["motion"]
    with pytest.raises(ParameterError, match="give its checkpoint with --weights FILE"):
        motion.open()
    (tmp_path / "bad.pt").write_bytes(b"no")
    with pytest.raises(FormatError):
        motion.open(Weights(str(tmp_path / "bad.pt")))
    kind = motion.open(Weights(str(saved(tmp_path / "good.pt")), driving="absolute"))
    assert issubclass(kind, Motion) and kind.driving == "absolute"
    with pytest.raises(ParameterError, match="leave out --weights, or choose motion"):
        ENGINES["mesh"].open(Weights("any"))
    with pytest.raises(ParameterError, match="choose relative or absolute"):
        Weights("any", driving="both")


@pytest.mark.parametrize("driving", ["relative", "absolute"])
def test_the_calmest_frame_moves_nothing_relatively(samples, tmp_path, driving):
    """Its own keypoints are the reference: the portrait stays where it is."""
    path = saved(tmp_path / "model.pt", seed=2)
    engine = worn(ENGINES["motion"].open(Weights(str(path), driving=driving)), samples)
    alpha = FaceModel.load().fit(np.stack([sample.landmarks for sample in samples]))
    rest = _calmest(samples, alpha)
    drawn = engine.render(rest.image, rest.landmarks).landmarks
    moved = np.linalg.norm(drawn - rest.landmarks, axis=1)
    assert np.isfinite(moved).all()
    if driving == "relative":  # but for the surrogate's own proportions
        assert np.median(moved) < 4
