"""What all recognisers share of one person of the original: in which frames they look, and the
pictures that are kept of these."""

from __future__ import annotations

import numpy as np

from mien.privacy.audit.frames import Shot
from mien.privacy.audit.sampling import Sampling, even
from mien.recognition.spread import spread_frames
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
        self.gallery = set(spread_frames(track.landmarks, tracked, sampling.gallery).tolist())
        if sampling.probes is None:
            chosen = seen
        else:
            chosen = spread_frames(track.landmarks, seen, sampling.probes // 2)
            rest = np.setdiff1d(seen, chosen)
            more = even(rest, sampling.probes - len(chosen)) if len(rest) else []
            chosen = np.array([*chosen.tolist(), *more], int)
        self.probes = set(chosen.tolist())
        some = np.sort(chosen)
        self.in_parts = set(even(some, sampling.in_parts)) if len(some) else set()
        self.least_changed = sampling.least_changed
        self._shot: Shot | None = None

    def shot(self, first: Frame, second: Frame, here: np.ndarray, there: np.ndarray) -> Shot:
        """The face in both clips; cut out once for all who look at a frame, see `Shot.of`."""
        if self._shot is None or self._shot.frame != first.index:
            self._shot = Shot.of(first, second, here, there)
        return self._shot
