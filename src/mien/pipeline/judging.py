"""What recognisers make of a result, besides the one by which people are told apart.

Some of them chose the new face with it. Whoever steers a choice cannot prove it: the face is far
from the patient for those that chose it, and need not be for others. So there are judges as well,
who see the same frames and had no say: nothing is changed on their account, but what they recognise
is withheld.
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
    """One person's output frames for the others."""

    frames: list[int] = field(default_factory=list)
    """Number of each frame."""
    views: list[list[list[np.ndarray]]] = field(default_factory=list)
    """Of each frame, for every recogniser, the pictures that it sees."""

    def add(self, frame: int, views: list[list[np.ndarray]]) -> None:
        """Keep what they see of one frame."""
        self.frames.append(frame)
        self.views.append(views)


def judged(
    track: FaceTrack,
    found: Survey,
    seen: Judged,
    others: Sequence[Recogniser],
    which: slice = slice(None),
) -> list[Audit]:
    """What each of the others says of one person; nothing where no frame was kept.

    Parameters
    ----------
    track : FaceTrack
        Whose face it was.
    found : Survey
        The first pass, with their pictures of the original.
    seen : Judged
        Their pictures of the result.
    others : sequence of Recogniser
        In the order in which both hold them.
    which : slice
        Of them, those that are asked.
    """
    verdicts = []
    for k, judge in list(enumerate(others))[which]:
        originals = found.chips(track, k + 1)
        results = [view for views in seen.views for view in views[k]]
        if not originals or not results:
            continue
        frames = np.repeat(seen.frames, [len(views[k]) for views in seen.views])
        people = distractors.shipped(judge.name)
        described = judge.describe_all(originals), judge.describe_all(results)
        verdicts.append(audit(track.person, *described, judge, frames=frames, others=people))
    return verdicts
