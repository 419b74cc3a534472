"""The runs of a clip: those that are followed, those that ended, and whoever is missing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from mien.face.region import Region
from mien.tracking.gaps import REACH_S
from mien.tracking.places import distance, distance_soon
from mien.tracking.tracklet import Tracklet

_SETTLED = 5  # frames after which a run counts as somebody who may be missed
_CLOSE = 0.9  # face sizes between two faces within which one may be taken for the other
LATELY = 24  # frames that are kept to look back into


Describe = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""A recogniser: from an RGB image and landmarks of shape (478, 3) to a descriptor."""


class Runs:
    """All runs of a clip so far, and the latest frames, to look back into.

    Parameters
    ----------
    describe : callable, optional
        A recogniser, see `Tracker`.
    """

    def __init__(self, describe: Describe | None) -> None:
        self.describe = describe
        self.open: list[Tracklet] = []
        self.done: list[Tracklet] = []
        self.missing: list[Tracklet] = []
        self.recent: deque[tuple[int, np.ndarray]] = deque(maxlen=LATELY)
        self.cuts: list[int] = []
        self.times: list[float] = []
        self.size: tuple[int, int] = (0, 0)

    def rate(self) -> float:
        """Frames per second so far."""
        if len(self.times) < 2:
            return 0.0
        return (len(self.times) - 1) / max(self.times[-1] - self.times[0], 1e-6)

    def lately(self) -> list[Tracklet]:
        """Runs that are followed, or ended within the last second or two."""
        first = len(self.times) - max(2 * REACH_S * self.rate(), LATELY)
        return self.open + [run for run in self.done if run.end >= first]

    def cut(self, tracklet: Tracklet, number: int, linked: bool) -> Tracklet:
        """End a run before a frame and begin another in its place.

        With `linked`, the new run is probably the same face; without, it may be anybody's.
        """
        rest = Tracklet(
            number,
            tracklet.landmarks[number - tracklet.start :],
            before=tracklet if linked else None,
            placed=False,
            close=tracklet.close,
            patch=tracklet.patch,
            level=tracklet.level,
        )
        del tracklet.landmarks[number - tracklet.start :]
        if not tracklet.landmarks:
            rest.before = tracklet.before if linked else None
        else:
            tracklet.cut = True
            self.look_again(tracklet)
            self.done.append(tracklet)
        return rest

    def end(self, tracklet: Tracklet) -> None:
        """Stop following a face, and look for it if it may still be in the picture."""
        self.look_again(tracklet)
        self.done.append(tracklet)
        if len(tracklet.landmarks) < _SETTLED and tracklet.placed:
            return
        region, (x, y) = tracklet.region, tracklet.pace()
        ahead = self.rate() * REACH_S / 2
        if 0 <= region.x + x * ahead < self.size[1] and 0 <= region.y + y * ahead < self.size[0]:
            self.missing.append(tracklet)

    def found(self, tracklet: Tracklet) -> None:
        """Stop looking for whoever this may be: the nearest of those missing."""
        region = Region.around(tracklet.landmarks[0])
        if self.missing:
            self.missing.remove(min(self.missing, key=lambda run: distance(run.region, region)))

    def part(self) -> None:
        """Cut the runs of faces that come close to each other, and again when they part."""
        if len(self.open) < 2 and not any(tracklet.close for tracklet in self.open):
            return
        regions = [tracklet.region for tracklet in self.open]
        paces = [tracklet.pace() for tracklet in self.open]
        for k, tracklet in enumerate(self.open):
            room = _CLOSE + (0.2 if tracklet.close else 0.0)
            close = any(
                distance_soon(regions[k], regions[j], paces[k] - paces[j]) < room
                for j in range(len(self.open))
                if j != k
            ) or any(
                distance(regions[k], run.region) < room
                and len(self.times) - run.end <= self.rate() * REACH_S
                for run in self.missing
            )
            if close == tracklet.close:
                continue
            number = len(self.times) - 1
            if len(tracklet.landmarks) > 1:
                tracklet = self.open[k] = self.cut(tracklet, number, linked=True)
            tracklet.close = close
            tracklet.placed = False

    def look_again(self, tracklet: Tracklet) -> None:
        """Describe a run near its end, and a short one in its middle, where the face is seen best,
        while it is at hand."""
        if self.describe is None or len(tracklet.landmarks) < 3:
            return
        wanted = {tracklet.end - 2}  # so that it is known until its end
        if len(tracklet.landmarks) < 30:
            wanted.add((tracklet.start + tracklet.end) // 2)
        for frame, image in self.recent:
            if frame in wanted:
                points = tracklet.landmarks[frame - tracklet.start]
                tracklet.views.append((frame, self.describe(image, points)))
