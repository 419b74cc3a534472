"""What changed in the picture: cuts are seen, and places where somebody appears."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.tracking.scene import Scene

HEIGHT, WIDTH = 360, 640


def wall(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (HEIGHT // 20, WIDTH // 20, 3)).astype(np.uint8)
    return cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def noisy(image: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.clip(image.astype(int) + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)


def cuts(images: list[np.ndarray]) -> list[int]:
    scene, found = Scene(), []
    for number, image in enumerate(images):
        scene.update(image)
        if scene.cut:
            found.append(number)
    return found


def test_cuts_are_found_and_nothing_else():
    one, two = wall(1), wall(2)
    film = [noisy(one, k) for k in range(8)] + [noisy(two, k) for k in range(8)]
    assert cuts(film + [noisy(one, k) for k in range(3)]) == [8, 16]


def test_a_camera_that_pans_is_no_cut():
    wide = np.concatenate([wall(1), wall(2)], axis=1)
    film = [np.ascontiguousarray(wide[:, 9 * k : 9 * k + WIDTH]) for k in range(40)]
    assert cuts(film) in ([], [1])  # nobody knows yet at the second frame


def test_somebody_who_walks_through_is_no_cut():
    film = []
    for k in range(20):
        image = noisy(wall(1), k)
        cv2.rectangle(image, (30 * k, 60), (30 * k + 120, 360), (200, 150, 120), -1)
        film.append(image)
    assert cuts(film) == []


@pytest.mark.parametrize("side", [16, 40, 200])
def test_whatever_appears_is_noticed_where_it_is(side):
    scene = Scene()
    for k in range(3):
        scene.update(noisy(wall(1), k))
        assert not scene.popped([])
    image = noisy(wall(1), 9)
    part = image[100 : 100 + side, 300 : 300 + side]
    part[:] = 0 if part.mean() > 128 else 255
    scene.update(image)
    (box, *_) = scene.popped([])
    assert (box[:2] <= [300 + side / 2, 100 + side / 2]).all()
    assert (box[2:] >= [300 + side / 2, 100 + side / 2]).all() and (
        box[2:] - box[:2]
    ).max() < 2 * side + 40
    assert scene.popped([np.array([280, 80, 520, 320])]) == []  # followed already


def test_what_was_searched_is_searched_again_only_when_it_changes():
    scene, image = Scene(), wall(1)
    scene.update(image)
    assert scene.changed([]) is not None
    scene.searched()
    scene.update(noisy(image, 1))
    assert scene.changed([]) is None
    other = image.copy()
    other[40:120, 500:600] = 255 - other[40:120, 500:600]
    for _ in range(3):  # it stays changed until it is searched
        scene.update(other)
        box = scene.changed([])
        assert box is not None and (np.abs(box - [500, 40, 600, 120]) <= 24).all()
    scene.searched(box)
    assert scene.changed([]) is None
