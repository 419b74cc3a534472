"""The second pass: the ways in which a result is looked at."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from mien.pipeline.second_pass import SecondPass


class Finds:
    """A landmark model that finds every face where it is told."""

    name = "finds"

    def __init__(self, found):
        self.found = found

    def measure(self, image, regions):
        return [self.found for _ in regions]

    def close(self):
        pass


class Seen:
    """A recogniser that shows where it looked."""

    def views(self, image, points):
        return [points]


@pytest.mark.parametrize("found", [None, np.full((478, 3), 30.0)])
def test_a_result_is_cut_out_where_it_was_drawn_and_the_original_was_and_it_is_found(found):
    drawn = np.random.default_rng(0).uniform(10, 50, (478, 3))
    tracked = drawn.astype(np.float32) + 2
    given = {one.name: None for one in fields(SecondPass)}
    second = SecondPass(**{**given, "backend": Finds(found), "others": (Seen(), Seen())})
    seen = second.views(np.zeros((64, 64, 3), np.uint8), drawn, tracked)
    places = [drawn, tracked, *([] if found is None else [found])]
    assert len(seen) == 2  # one list each
    for own in seen:
        assert len(own) == len(places)
        for view, place in zip(own, places, strict=True):
            np.testing.assert_allclose(view, place)
