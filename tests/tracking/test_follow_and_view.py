"""Everybody in a clip, and where each is seen best."""

from __future__ import annotations

from contextlib import closing

import pytest

from mien.models.landmarker import open_backend
from mien.tracking.follow import follow
from mien.tracking.view import clear_view, portraits


@pytest.fixture(scope="module")
def turning(make_clip):
    """Somebody who looks away at first."""
    return make_clip(seconds=2, blinks=(), turned=((0.0, 0.9),), head_motion=0.0, fps=8)


def test_somebody_is_shown_where_they_look_at_the_camera(turning):
    told = []
    with closing(open_backend()) as backend:
        followed = follow(turning.path, backend, progress=lambda *words: told.append(words))
    assert [words[0] for words in told] == ["measuring"] * 16 and told[-1][1] == 16
    assert len(followed.times) == 16 and len(followed.tracks) == 1
    view = clear_view(followed.tracks[0], followed.tracks, followed.size)
    assert followed.times[view] > 0.9
    (face,) = portraits(turning.path, followed.tracks, [view], side=96)
    assert face.shape == (96, 96, 3) and face.std() > 10
    assert turning.path.name in str(followed.nobody())
