"""Recognisers that had no say in which face somebody is given: what they make of the result.

Whoever steers a choice cannot prove it: the face is far from the patient for the one recogniser
that chose it, and need not be for others. These see the same frames as that one, and nothing is
changed on their account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mien.pipeline.survey import Survey
from mien.recognition import distractors
from mien.recognition.recogniser import Recogniser
from mien.recognition.verdict import Audit, audit
from mien.tracking import FaceTrack


@dataclass
class Judged:
    """One person's output frames for the judges."""

    frames: list[int] = field(default_factory=list)
    """Number of each frame."""
    views: list[list[list[np.ndarray]]] = field(default_factory=list)
    """Of each frame, for every judge, the pictures that it sees."""

    def add(self, frame: int, views: list[list[np.ndarray]]) -> None:
        """Keep what the judges see of one frame."""
        self.frames.append(frame)
        self.views.append(views)


def judged(
    track: FaceTrack, found: Survey, seen: Judged, judges: Sequence[Recogniser]
) -> list[Audit]:
    """What each judge says of one person; nothing where no frame was kept.

    Parameters
    ----------
    track : FaceTrack
        Whose face it was.
    found : Survey
        The first pass, with the judges' pictures of the original.
    seen : Judged
        Their pictures of the result.
    judges : sequence of Recogniser
        In the order in which both hold them.
    """
    verdicts = []
    for k, judge in enumerate(judges):
        originals = found.chips(track, k + 1)
        results = [view for views in seen.views for view in views[k]]
        if not originals or not results:
            continue
        frames = np.repeat(seen.frames, [len(views[k]) for views in seen.views])
        others = distractors.shipped(judge.name)
        described = judge.describe_all(originals), judge.describe_all(results)
        verdicts.append(audit(track.person, *described, judge, frames=frames, others=others))
    return verdicts
