"""Faces of a result that stand where nobody was tracked in the original."""

from __future__ import annotations

import numpy as np

from mien.face.region import Region
from mien.models.sighting import Sighting
from mien.privacy.audit.pairing import as_large, scale_between
from mien.recognition.lookout import Face, Lookout, Tally
from mien.recognition.recogniser import Recogniser
from mien.recognition.watch import Box
from mien.tracking import FaceTrack, State
from mien.video import Frame

_NOISE = 6.0  # grey levels, mean: what re-encoding may change in a pixel and its neighbours


def left_over(
    first: Frame,
    second: Frame,
    tracks: list[FaceTrack],
    seen: list[Sighting],
    lookout: Lookout,
    tally: Tally,
    recogniser: Recogniser,
) -> list[Box]:
    """Faces that are left where nobody was tracked, in the result's pixels.

    What was tracked is compared frame by frame, see `Subject`.
    """
    faces = [
        Face(Region.around(track.landmarks[first.index]), spared=True)
        for track in tracks
        if track.state[first.index] in (State.TRACKED, State.INTERPOLATED)
    ]
    other = as_large(second.image, first.image)
    found = lookout.left(first.image, other, seen, faces, tally, recogniser, _NOISE)
    across, down = scale_between(first, second)[:2]
    return [
        Box(
            round(box.left * across),
            round(box.top * down),
            round(box.right * across),
            round(box.bottom * down),
        )
        for box in found
    ]


def places(tracks: list[FaceTrack], frame: int, scale: np.ndarray) -> list[np.ndarray]:
    """Boxes of everybody tracked in an original frame, in the result's pixels.

    Parameters
    ----------
    tracks : list of FaceTrack
        Whom.
    frame : int
        Number of the original's frame.
    scale : np.ndarray [shape=(2,) or more]
        Pixels of the result per pixel of the original, across and down.

    Returns
    -------
    boxes : list of np.ndarray [shape=(4,)]
        Left, top, right, bottom.
    """
    boxes = []
    for track in tracks:
        if track.state[frame] in (State.TRACKED, State.INTERPOLATED):
            points = track.landmarks[frame, :, :2] * scale[:2]
            boxes.append(np.concatenate([points.min(0), points.max(0)]))
    return boxes
