"""Sessions to test with, and a camera that shows them the same face again and again."""

from __future__ import annotations

import numpy as np

from mien.blendshapes.names import NAMES
from mien.recording.capture import Capture
from mien.recording.protocol import Protocol
from mien.recording.screen import Stage

STEP = 1 / 16  # seconds, exact in binary
FACE = np.full(len(NAMES), 0.25, np.float32)
AHEAD = (0.0, 0.0, 0.0)


class Camera:
    """Feeds a session a moment every `STEP`."""

    def __init__(self, session: Capture) -> None:
        self.session = session
        self.now = 0.0
        self.stages: list[Stage] = []

    def see(self, moments: int, scores=FACE, pose=AHEAD):
        for _ in range(moments):
            screen = self.session.update(self.now, scores, pose)
            self.stages.append(screen.stage)
            self.now += STEP
        return self.session.screen


def session(**settings) -> Capture:
    given = {
        "expressions": ("neutral", "happiness"), "snapshots": 8, "fixation_s": 0.5,
        "patience_s": 0.25, "settle_s": 0.5,
    }  # fmt: skip
    made = Capture("P001", Protocol(**{**given, **settings}))
    made.consent("form 12")
    return made


def recording(**settings) -> tuple[Capture, Camera]:
    """A session that is just about to keep its first snapshot."""
    made = session(**settings)
    made.start()
    camera = Camera(made)
    assert camera.see(8).stage is Stage.FIXATION
    return made, camera
