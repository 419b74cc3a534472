"""A rendering is laid over the frame as it is by then, moved where the new face needs room."""

from __future__ import annotations

import numpy as np

from mien.engines.base import Rendering
from mien.engines.laying import composite

LEFT, TOP, HEIGHT, WIDTH = 4, 3, 6, 8


def shades() -> np.ndarray:
    """A picture in which every pixel has a colour of its own."""
    rows, columns = np.mgrid[:16, :20]
    return np.dstack([10 * rows, 10 * columns, 5 * (rows + columns)]).astype(np.uint8)


def patch(opacity: float, sources: np.ndarray | None) -> Rendering:
    picture = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    covers = np.full((HEIGHT, WIDTH), opacity, np.float32)
    return Rendering(LEFT, TOP, picture, covers, sources=sources)


def taken_from(right: int, down: int) -> np.ndarray:
    rows, columns = np.mgrid[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH]
    return np.dstack([columns + right, rows + down]).astype(np.float32)


def test_without_sources_the_frame_stays_under_the_picture():
    image = shades()
    composite(image, patch(0.0, None))
    np.testing.assert_array_equal(image, shades())


def test_what_is_seen_through_comes_from_where_the_sources_say():
    image, before = shades(), shades()
    composite(image, patch(0.0, taken_from(2, -1)))
    np.testing.assert_array_equal(
        image[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH],
        before[TOP - 1 : TOP - 1 + HEIGHT, LEFT + 2 : LEFT + 2 + WIDTH],
    )
    image[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH] = 0
    before[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH] = 0
    np.testing.assert_array_equal(image, before)


def test_an_opaque_picture_hides_what_was_moved():
    image = shades()
    composite(image, patch(1.0, taken_from(2, -1)))
    assert (image[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH] == 200).all()


def test_whoever_was_drawn_before_is_moved_as_they_were_drawn():
    """A face that lies in the surroundings of another is never fetched from the original again."""
    image = shades()
    image[:, :] = 77  # somebody was drawn here before
    composite(image, patch(0.0, taken_from(1, 1)))
    assert (image == 77).all()
