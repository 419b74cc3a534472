"""What recognisers make of a result, besides the one by which people are told apart.

Some of them chose the new face with it. Whoever steers a choice cannot prove it: the face is far
from the patient for those that chose it, and need not be for others. So there are judges as well,
who see the same frames and had no say: no face is changed on their account, but what they recognise
is covered.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.pipeline.probes import Probes
from mien.pipeline.survey import Survey
from mien.recognition import distractors
from mien.recognition.recogniser import Recogniser
from mien.recognition.verdict import Audit, audit
from mien.tracking import FaceTrack


class Judged:
    """One person's output frames for the others.

    Parameters
    ----------
    others : sequence of Recogniser
        Who they are.

    Attributes
    ----------
    probes : list of Probes
        What each of them is shown.
    """

    def __init__(self, others: Sequence[Recogniser]) -> None:
        self.probes = [Probes(other) for other in others]

    def add(self, frame: int, views: list[list[np.ndarray]]) -> None:
        """Show them one frame, of which each has views of its own."""
        for probes, own in zip(self.probes, views, strict=True):
            probes.add(frame, own)


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
        results = seen.probes[k].results.descriptors()
        if not originals or not len(results):
            continue
        people = distractors.shipped(judge.name)
        frames = seen.probes[k].frames
        described = judge.describe_all(originals), results
        verdicts.append(audit(track.person, *described, judge, frames=frames, others=people))
    return verdicts
