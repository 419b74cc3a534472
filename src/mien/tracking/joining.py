"""Which runs are one person: by place where it says anything, else by looks."""

from __future__ import annotations

import numpy as np

from mien.face.region import Region
from mien.tracking.gaps import REACH_S
from mien.tracking.meshes import Meshes
from mien.tracking.places import distance, same_place
from mien.tracking.track import FaceTrack, State, Stretch
from mien.tracking.tracklet import Tracklet

_SAME = 0.55  # descriptor distance under which two runs are one person
_SETTLING = 0.68  # the same for the two pieces of a run that was cut because others came close
_OTHER = 0.75  # descriptor distance over which they are not, even at the same place


class Joining:
    """Puts runs together into people.

    Parameters
    ----------
    times : list of float
        When each frame is shown, seconds.
    cuts : list of int
        First frames after the film cuts.
    """

    def __init__(self, times: list[float], cuts: list[int]) -> None:
        self._times = times
        self._cuts = cuts

    def join(self, runs: list[Tracklet]) -> list[list[Tracklet]]:
        """Runs of one person together, the surest pairs first."""
        people = [[run] for run in runs]
        for limit in (_SAME, _OTHER):
            loose = limit > _SAME
            apart = np.full((len(people), len(people)), np.inf)
            for k in range(len(people)):
                for j in range(k):
                    apart[k, j] = self._difference(people[j], people[k], loose)
            while apart.size and apart.min() < limit:
                k, j = (int(i) for i in np.unravel_index(apart.argmin(), apart.shape))
                people[j] = sorted(people[j] + people[k], key=lambda run: run.start)
                del people[k]
                apart = np.delete(np.delete(apart, k, 0), k, 1)
                for i in range(len(people)):
                    if i != j:
                        first, last = min(i, j), max(i, j)
                        apart[last, first] = self._difference(people[first], people[last], loose)
        return people

    def track(self, number: int, runs: list[Tracklet]) -> FaceTrack:
        """One person of these runs, which lose their landmarks to it."""
        count = len(self._times)
        landmarks = Meshes(count)
        state = np.full(count, State.ABSENT, np.uint8)
        for run in runs:
            for frame, points in enumerate(run.landmarks, run.start):
                landmarks[frame] = points
            state[run.start : run.end] = State.TRACKED
        track = FaceTrack(number, landmarks, state, cuts=tuple(sorted(self._cuts)))
        track.stretches = [
            Stretch(
                run.start,
                run.end,
                np.array([looks for _, looks in sorted(run.views, key=lambda view: view[0])]),
                np.array(sorted(frame for frame, _ in run.views), int),
            )
            for run in sorted(runs, key=lambda run: run.start)
        ]
        descriptors = [d for run in runs for d in run.descriptors]
        if descriptors:
            track.descriptors = np.array(descriptors)
        for run in runs:
            run.landmarks.clear()
        return track

    def _difference(self, one: list[Tracklet], two: list[Tracklet], loose: bool) -> float:
        """How unlike two groups of runs are: 0 same place just now, inf two people.

        Only with `loose`, pieces that were cut off near others may also go where they fit best.
        """
        if any(a.start < b.end and b.start < a.end for a in one for b in two):
            return np.inf
        looks = self._unlike(one, two)
        if any(self._continues(a, b) or self._continues(b, a) for a in one for b in two):
            if looks is None or looks < _OTHER:
                return 0.0 if looks is None or looks < _SAME else _SAME - 1e-3
        linked = any(a.before is b or b.before is a for a in one for b in two)
        if looks is None:
            return 0.0 if linked else np.inf
        if looks < _SAME or (linked and looks < _SETTLING):
            return min(looks, _SAME - 1e-3)
        brief = all(not run.placed and len(run.landmarks) < 15 for run in two) or all(
            not run.placed and len(run.landmarks) < 15 for run in one
        )
        near = loose and brief and any(self._one_shot(a, b) for a in one for b in two)
        return looks if near else np.inf

    def _unlike(self, one: list[Tracklet], two: list[Tracklet]) -> float | None:
        """Descriptor distance of two groups of runs: that of their more alike views."""
        ours = [d for run in one for d in run.descriptors]
        theirs = [d for run in two for d in run.descriptors]
        if not ours or not theirs:
            return None
        each = np.linalg.norm(np.array(ours)[:, None] - np.array(theirs)[None], axis=2)
        return float(np.quantile(each, 0.2))

    def _one_shot(self, run: Tracklet, other: Tracklet) -> bool:
        """Whether the film does not cut between two runs."""
        between = min(run.end, other.end), max(run.start, other.start)
        return not any(between[0] <= cut <= between[1] for cut in self._cuts)

    def _continues(self, run: Tracklet, later: Tracklet) -> bool:
        """Whether a run begins where and soon after another one ended, and nobody was near."""
        if run.end > later.start or run.cut or run.close or not later.placed:
            return False
        if not self._one_shot(run, later):
            return False
        gap = self._times[later.start] - self._times[run.end - 1]
        return gap <= REACH_S and same_place(run.landmarks[-1], later.landmarks[0])


def place_doubts(
    doubts: list[tuple[int, Region]], tracks: list[FaceTrack], times: np.ndarray
) -> None:
    """Give detections that could not be measured to whoever is missing near there."""
    for frame, region in doubts:
        best, nearest = None, np.inf
        for track in tracks:
            if track.state[frame] == State.TRACKED:
                continue
            known = np.flatnonzero(track.state == State.TRACKED)
            other = known[np.abs(times[known] - times[frame]).argmin()]
            there = Region.around(track.landmarks[other])
            away = distance(there, region) / (1 + abs(times[frame] - times[other]))
            alike = 0.5 < region.size / there.size < 2.0
            if alike and away < nearest:
                best, nearest = track, away
        if best is not None and nearest < 2.0:
            half = region.size / 2
            best.sightings[frame] = np.array(
                [region.x - half, region.y - half, region.x + half, region.y + half]
            )


def without_known(
    boxes: dict[int, list[np.ndarray]], tracks: list[FaceTrack]
) -> dict[int, list[np.ndarray]]:
    """Boxes by frame, without those in which somebody's face is measured."""
    found: dict[int, list[np.ndarray]] = {}
    for frame, here in boxes.items():
        faces = [
            Region.around(track.landmarks[frame])
            for track in tracks
            if track.state[frame] == State.TRACKED
        ]
        for box in here:
            middle, side = (box[:2] + box[2:]) / 2, float((box[2:] - box[:2]).max())
            known = any(
                max(abs(face.x - middle[0]), abs(face.y - middle[1])) < 0.4 * face.size
                and side < 3 * face.size
                for face in faces
            )
            if not known:
                found.setdefault(frame, []).append(box)
    return found
