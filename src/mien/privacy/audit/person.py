"""What all recognisers share of one person of the original: in which frames they look, and the
pictures that are kept of these."""

from __future__ import annotations

import cv2
import numpy as np

from mien.privacy.audit.frames import Shot
from mien.privacy.audit.pairing import as_large
from mien.privacy.audit.sampling import Sampling, even
from mien.recognition.spread import spread_frames, spread_frames_often
from mien.tracking import FaceTrack, State
from mien.video import Frame


class Person:
    """One person of the original, whoever judges.

    Parameters
    ----------
    track : FaceTrack
        The person, in the original.
    partner : np.ndarray [shape=(n_frames,)]
        The result's frame of each original frame, -1 for none.
    sampling : Sampling
        How many frames are looked at.
    """

    def __init__(self, track: FaceTrack, partner: np.ndarray, sampling: Sampling) -> None:
        self.track = track
        # all poses for the gallery, those and even steps for the probes
        tracked = np.flatnonzero(track.state == State.TRACKED)
        seen = track.known()[partner[track.known()] >= 0]
        half = None if sampling.probes is None else sampling.probes // 2
        gallery, chosen = _spread(track, (tracked, sampling.gallery), (seen, half))
        self.gallery = set(gallery.tolist())
        if sampling.probes is not None:
            rest = np.setdiff1d(seen, chosen)
            more = even(rest, sampling.probes - len(chosen)) if len(rest) else []
            chosen = np.array([*chosen.tolist(), *more], int)
        self.probes = set(chosen.tolist())
        some = np.sort(chosen)
        self.in_parts = set(even(some, sampling.in_parts)) if len(some) else set()
        self.least_changed = sampling.least_changed
        self._shot: Shot | None = None
        self._difference: tuple[int, float | None] = (-1, None)

    def difference(self, first: Frame, second: Frame) -> float | None:
        """How much the inner face differs between original and result, mean grey levels, worked
        out once for all who ask about a frame; None where it is not known or not in the picture."""
        if self._difference[0] != first.index:
            self._difference = first.index, self._apart(first, second)
        return self._difference[1]

    def _apart(self, first: Frame, second: Frame) -> float | None:
        if self.track.state[first.index] not in (State.TRACKED, State.INTERPOLATED):
            return None
        points = self.track.landmarks[first.index, :, :2]
        low, high = points.min(0), points.max(0)
        inner = np.concatenate([low + 0.2 * (high - low), high - 0.2 * (high - low)])
        height, width = first.image.shape[:2]
        left, top, right, bottom = inner.round().astype(int).clip(0, [width, height] * 2)
        if right - left < 4 or bottom - top < 4:
            return None
        other = as_large(second.image, first.image)
        difference = cv2.absdiff(first.image[top:bottom, left:right], other[top:bottom, left:right])
        return float(difference.mean())

    def shot(self, first: Frame, second: Frame, here: np.ndarray, there: np.ndarray) -> Shot:
        """The face in both clips; cut out once for all who look at a frame, see `Shot.of`."""
        if self._shot is None or self._shot.frame != first.index:
            self._shot = Shot.of(first, second, here, there)
        return self._shot


def _spread(
    track: FaceTrack, gallery: tuple[np.ndarray, int], probes: tuple[np.ndarray, int | None]
) -> list[np.ndarray]:
    """Frames over all poses from those of the gallery and of the probes, so many of each; all of
    them for None. They are mostly the same frames, whose poses are then looked at once."""
    (tracked, many), (seen, some) = gallery, probes
    if some is not None and np.array_equal(tracked, seen):
        return spread_frames_often(track.landmarks, seen, (many, some))
    return [
        spread_frames(track.landmarks, tracked, many),
        seen if some is None else spread_frames(track.landmarks, seen, some),
    ]
