"""Who is who: one track per person over the whole clip.

The tracker measures every frame. New faces are looked for every third frame, and in every frame
while somebody is missing; small ones in tiles about once a second. A face that turns up is
followed backwards through the frames since the last search, so that the first frames of somebody
who enters are not missed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mien.face_model import FaceModel
from mien.tracking.detection import Detector
from mien.tracking.gaps import REACH_S, bridge
from mien.tracking.landmarks import Backend, Region
from mien.tracking.track import FaceTrack, State

_LOOK_EVERY = 3  # frames between searches of the whole frame while somebody is followed
_TILE_EVERY = 24  # frames between searches for small faces

Describe = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass
class _Tracklet:
    """An unbroken run of one face."""

    start: int
    landmarks: list[np.ndarray] = field(default_factory=list)
    descriptors: list[np.ndarray] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.start + len(self.landmarks)


class Tracker:
    """Follows all faces through the frames of a clip, in order."""

    def __init__(
        self, backend: Backend, describe: Describe | None = None, detector: Detector | None = None
    ) -> None:
        self._backend = backend
        self._describe = describe
        self._detector = detector or Detector()
        self._open: list[_Tracklet] = []
        self._done: list[_Tracklet] = []
        self._recent: deque[np.ndarray] = deque(maxlen=_TILE_EVERY)
        self._times: list[float] = []
        self._size: tuple[int, int] = (0, 0)

    def update(self, image: np.ndarray, time: float) -> list[np.ndarray]:
        """Measure the next frame.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        time : float
            Presentation time, seconds.

        Returns
        -------
        faces : list of np.ndarray [shape=(478, 3)]
            Landmarks of the faces seen, pixels.
        """
        number = len(self._times)
        self._times.append(time)
        self._size = (image.shape[0], image.shape[1])
        expected = [Region.around(tracklet.landmarks[-1]) for tracklet in self._open]
        measured = self._measure(image, expected)
        still: list[_Tracklet] = []
        seen: list[np.ndarray] = []
        for tracklet, region, points in zip(self._open, expected, measured, strict=True):
            if points is None or any(_same(points, other) for other in seen):
                self._done.append(tracklet)
                continue
            if region.overlap(Region.around(points)) < 0.75:  # it moved: measure it centred
                points = self._measure(image, [Region.around(points)])[0]
                if points is None:
                    self._done.append(tracklet)
                    continue
            tracklet.landmarks.append(points.astype(np.float32))
            seen.append(points)
            still.append(tracklet)
        self._open = still
        tiles = number % _TILE_EVERY == 0 or not seen
        look = tiles or number % _LOOK_EVERY == 0 or len(still) < len(expected)
        regions = self._detector.find(image, tiles) if look else []
        for region in regions:
            if any(region.same_place(Region.around(points)) for points in seen):
                continue
            points = self._settle(image, region)
            if points is None or any(_same(points, other) for other in seen):
                continue
            seen.append(points)
            tracklet = _Tracklet(number, [points.astype(np.float32)])
            self._follow_back(tracklet, number)
            self._open.append(tracklet)
        if self._describe is not None:
            for tracklet in self._open:
                # a few views of each run are enough to know the person again
                age = len(tracklet.landmarks)
                if age in (1, 15, 45, 120) or age % 450 == 0:
                    tracklet.descriptors.append(self._describe(image, tracklet.landmarks[-1]))
        self._recent.append(image)
        return seen

    def finish(self) -> list[FaceTrack]:
        """Join the runs into people and fill the gaps that may be filled."""
        runs = sorted(self._done + self._open, key=lambda run: run.start)
        self._done, self._open = [], []
        self._detector.close()
        people: list[list[_Tracklet]] = []
        for run in runs:
            best, nearest = None, np.inf
            for person in people:
                if any(run.start < other.end and other.start < run.end for other in person):
                    continue
                distance = self._difference(person, run)
                if distance < nearest:
                    best, nearest = person, distance
            if best is None:
                people.append([run])
            else:
                best.append(run)
        people.sort(key=lambda person: -sum(len(run.landmarks) for run in person))
        return [self._track(number, person) for number, person in enumerate(people)]

    def _measure(self, image: np.ndarray, regions: list[Region]) -> list[np.ndarray | None]:
        return [
            points if points is not None and _plausible(points) else None
            for points in self._backend.measure(image, regions)
        ]

    def _settle(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        """Measure from a detection, then again from the landmarks' own region."""
        points = self._measure(image, [region])[0]
        return None if points is None else self._measure(image, [Region.around(points)])[0]

    def _follow_back(self, tracklet: _Tracklet, number: int) -> None:
        """Extend a new run into the frames just before it."""
        points = tracklet.landmarks[0]
        frame = number
        for image in reversed(self._recent):
            region = Region.around(points)
            found = self._measure(image, [region])[0]
            if found is None or not region.same_place(Region.around(found)):
                return
            frame -= 1
            if any(
                run.start <= frame < run.end and _same(found, run.landmarks[frame - run.start])
                for run in self._done + self._open
            ):
                return
            points = found
            tracklet.landmarks.insert(0, found.astype(np.float32))
            tracklet.start = frame

    def _difference(self, person: list[_Tracklet], run: _Tracklet) -> float:
        """How unlike a run is to a person: 0 same place just now, inf somebody else."""
        last = max((r for r in person if r.end <= run.start), key=lambda r: r.end, default=None)
        if last is not None:
            gap = self._times[run.start] - self._times[last.end - 1]
            near = _same(last.landmarks[-1], run.landmarks[0])
            if gap <= REACH_S and near:
                return 0.0
        ours = [d for r in person for d in r.descriptors]
        if not ours or not run.descriptors:
            return np.inf
        distance = min(float(np.linalg.norm(a - b)) for a in ours for b in run.descriptors)
        return distance if distance < 0.55 else np.inf

    def _track(self, number: int, runs: list[_Tracklet]) -> FaceTrack:
        count = len(self._times)
        landmarks = np.full((count, 478, 3), np.nan, np.float32)
        state = np.full(count, State.ABSENT, np.uint8)
        for run in runs:
            for frame, points in enumerate(run.landmarks, run.start):
                landmarks[frame] = points
            state[run.start : run.end] = State.TRACKED
        track = FaceTrack(number, landmarks, state)
        bridge(track, np.array(self._times), self._size)
        return track


def _same(points: np.ndarray, other: np.ndarray) -> bool:
    return Region.around(points).same_place(Region.around(other))


def _plausible(points: np.ndarray) -> bool:
    """Whether landmarks have the proportions of a face: the mesh can lock on to a hand."""
    if not np.isfinite(points).all():
        return False
    model = FaceModel.load()
    pose = model.pose(points, np.zeros(len(model.identity)))
    error = np.abs(pose.invert(points) - model.neutral)[:, :2]
    return bool(np.median(error) < 0.12) and bool(np.percentile(error, 90) < 0.45)
