"""Clips in a camera's place."""

from __future__ import annotations

import numpy as np
import pytest
from sessions import AHEAD, FACE, session

from mien.errors import ParameterError, VideoError
from mien.recording.replay import replay
from mien.recording.screen import Stage
from mien.recording.sight import Sight


class Script:
    """An eye that sees a face from some picture to another, whatever the picture."""

    def __init__(self, blind: range = range(0)) -> None:
        self.blind = blind
        self.seen = 0

    def see(self, image: np.ndarray) -> Sight | None:
        self.seen += 1
        if self.seen in self.blind:
            return None
        return Sight(FACE, AHEAD, np.zeros((478, 3)))


def test_one_clip_holds_all_expressions(brief):
    made = session(snapshots=2, fixation_s=0.0)
    screens = []
    last = replay(made, [brief.path], Script(), screens.append)
    assert last.stage is Stage.DONE
    assert np.bincount(made.snapshots().labels).tolist() == [2, 2]
    assert {screen.expression for screen in screens} == {"neutral", "happiness", None}


def test_a_clip_that_ends_too_soon_stops_the_session(brief):
    made = session(snapshots=5, fixation_s=0.0)
    assert replay(made, [brief.path], Script()).stage is Stage.ABORTED
    assert len(made.snapshots()) == len(brief.truth.pts)
    assert made.snapshots().labels.max() == 1


def test_a_clip_for_each_expression(brief):
    made = session(snapshots=50, fixation_s=0.0)
    frames = len(brief.truth.pts)
    assert replay(made, [brief.path, brief.path], Script(range(3, 5))).stage is Stage.DONE
    assert made.record()["snapshots"] == {"neutral": frames - 2, "happiness": frames}
    with pytest.raises(ParameterError, match="3 clips do not fit 2"):
        replay(session(), [brief.path] * 3, Script())


def test_a_broken_clip_says_so(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(VideoError):
        replay(session(), [tmp_path / "a.mp4"], Script())
