"""The last look: a face of the original that is left is seen, whatever the tracker said."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.face.region import Region
from mien.models.sighting import Sighting
from mien.phantom import Phantom, Script
from mien.recognition.dlib_resnet import Dlib
from mien.recognition.lookout import Face, Lookout, Tally, close_up, same_face, unchanged

SIDE = 320


@pytest.fixture(scope="module")
def lookout() -> Lookout:
    return Lookout()


@pytest.fixture(scope="module")
def recogniser() -> Dlib:
    return Dlib()


@pytest.fixture(scope="module")
def face() -> tuple[np.ndarray, Region]:
    clip = Phantom(Script(width=SIDE, height=SIDE, seconds=0.1, seed=5, blinks=()))
    return clip.frame(0).image, Region.around(clip.truth.people[0].landmarks[0])


@pytest.fixture(scope="module")
def another() -> np.ndarray:
    """Somebody else in about the same place."""
    return Phantom(Script(width=SIDE, height=SIDE, seconds=0.1, seed=7, blinks=())).frame(0).image


def lying(face: tuple[np.ndarray, Region], quarter: int) -> tuple[np.ndarray, Region]:
    image, region = face
    x, y = region.x, region.y
    for _ in range(quarter):
        x, y = SIDE - y, x
    turned = Region(x, y, region.size, region.angle + quarter * np.pi / 2)
    return np.ascontiguousarray(np.rot90(image, -quarter)), turned


def hidden(image: np.ndarray, region: Region, share: float = 0.7) -> np.ndarray:
    """The picture with a grey square over the face, whose side is a share of the face's."""
    found, half = image.copy(), share * region.size / 2
    left, top = int(region.x - half), int(region.y - half)
    found[max(top, 0) : int(region.y + half), max(left, 0) : int(region.x + half)] = 118
    return found


def found_in_a_second(lookout, recogniser, original, result, faces=()) -> int:
    """Faces left that are found when every detector has had its turn."""
    tally = Tally()
    return sum(
        len(
            lookout.left(
                original,
                result,
                lookout.search(original, turn, tally),
                faces,
                tally,
                recogniser,
            )
        )
        for turn in range(4)
    )


@pytest.mark.parametrize("quarter", range(4))
def test_a_face_that_is_left_is_found_whichever_way_up(lookout, recogniser, face, quarter):
    image, region = lying(face, quarter)
    assert found_in_a_second(lookout, recogniser, image, image.copy())
    covered = hidden(image, region)
    assert not found_in_a_second(lookout, recogniser, image, covered, [Face(region)])


def test_a_face_drawn_somewhere_in_the_face_hides_nobody(lookout, recogniser, face):
    """As when a face is measured in a lens of the spectacles."""
    image, region = face
    tiny = Region(region.x - 0.2 * region.size, region.y, 0.2 * region.size, region.angle)
    result = hidden(image, tiny, 1.0)
    assert found_in_a_second(lookout, recogniser, image, result, [Face(tiny)])


def test_a_face_drawn_the_wrong_way_up_does_not_account_for_the_face(face):
    region = face[1]
    upside_down = Region(region.x, region.y, region.size, region.angle + np.pi)
    seen = Sighting(region.x, region.y, region.size, 0.9, "somebody", region.angle)
    assert same_face(region, seen) and not same_face(upside_down, seen)


def test_another_face_in_its_place_is_no_face_left(lookout, recogniser, face, another):
    image, region = face
    assert not found_in_a_second(lookout, recogniser, image, another, [Face(region)])


def test_whoever_is_spared_may_stay_as_they_are(lookout, recogniser, face):
    image, region = face
    assert not found_in_a_second(lookout, recogniser, image, image, [Face(region, spared=True)])


def test_who_looked_at_how_many_frames_is_counted(lookout, face):
    tally, more = Tally(), Tally()
    for turn in range(8):
        lookout.search(face[0], turn, tally)
    lookout.search_near(face[0], np.array([100, 100, 220, 220]), more)
    more.add(tally)
    said = more.as_dict()
    assert said["frames_by_detector"]["MTCNN"] == 3
    assert set(said["frames_by_detector"]) < set(Lookout.names)
    assert said["faces_by_detector"]["MTCNN"] >= 2


def test_the_share_that_is_unchanged_is_that_of_the_inner_face():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (200, 200, 3)).astype(np.uint8)
    seen = Sighting(100, 100, 90, 0.9, "somebody")
    half = image.copy()
    half[:, :100] += 9
    assert unchanged(image, image, seen) == 1.0
    assert unchanged(image, half, seen) == pytest.approx(0.5, abs=0.03)
    elsewhere = image.copy()
    elsewhere[:50] += 9
    assert unchanged(image, elsewhere, seen) == 1.0
    outside = Sighting(-300, 100, 90, 0.9, "somebody")
    assert unchanged(image, image, outside) is None
    noisy = np.clip(image.astype(int) + rng.integers(-3, 4, image.shape), 0, 255).astype(np.uint8)
    assert unchanged(image, noisy, seen) < 0.1 < 0.9 < unchanged(image, noisy, seen, 6.0)


@pytest.mark.parametrize("size", [30.0, 150.0, 700.0])
def test_a_close_up_is_upright_and_of_one_size(size):
    """An arrow from the chin to the brow points up in it, however large and turned it was."""
    side, angle = round(3 * size), 2.2
    image = np.zeros((side, side, 3), np.uint8)
    middle = np.array([side / 2, side / 2])
    up = np.array([np.sin(angle), -np.cos(angle)])
    brow = middle + 0.4 * size * up
    cv2.circle(image, tuple(int(v) for v in brow), max(2, round(0.08 * size)), (255,) * 3, -1)
    picture = close_up(image, Sighting(*middle, size, 0.9, "somebody", angle), 100)
    rows, columns = np.nonzero(picture[..., 0] > 128)
    assert picture.shape == (225, 225, 3)
    assert abs(columns.mean() - 112.5) < 4 and abs(rows.mean() - (112.5 - 40)) < 4
