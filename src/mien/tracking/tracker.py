"""Who is who: one track per person over the whole clip.

The tracker measures every frame. New faces are looked for every third frame, and in every frame
while somebody is missing who did not leave over the edge; faces that lie on a side or are upside
down about twice a second; small ones every few seconds, where the picture has changed; and all of
them at once wherever it changes from one frame to the next as if somebody had appeared. A face that
turns up is followed backwards through the frames since the last search, so that the first frames of
somebody who enters are not missed. Landmarks that do not lie on the eyes and the mouth that
detectors see are not believed.

Where the film cuts to something else every run ends: who is who afterwards, looks say, not places.
So does a run whose face changes from one frame to the next into somebody else's.

A face is followed from each frame to the next by its place. Where two faces come close to each
other, place says nothing: a run of one face might go on as the other. There the runs are cut, and
a recogniser's descriptors say afterwards which of the pieces belong together.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mien.face.region import Region
from mien.models.landmarker import Backend
from mien.tracking.detection import Detector
from mien.tracking.gaps import bridge, distrust, expect
from mien.tracking.joining import Joining, place_doubts, without_known
from mien.tracking.looks import describe_some, notice_changes
from mien.tracking.measuring import Measuring
from mien.tracking.places import distance, same_place
from mien.tracking.presence import is_still, presence
from mien.tracking.runs import Describe, Runs
from mien.tracking.search import Search
from mien.tracking.track import FaceTrack
from mien.tracking.tracklet import Tracklet

_JUMP = 0.4  # face sizes between where a face was expected and another one, with others about
_HOP = 0.2  # the same while another face is close


class Tracker:
    """Follows all faces through the frames of a clip, in order.

    Parameters
    ----------
    backend : Backend
        Measures landmarks.
    describe : callable, optional
        A recogniser: from an RGB image and landmarks of shape (478, 3) to a descriptor. Without
        one, people are told apart by their place alone.
    detector : Detector, optional
        Finds faces.
    """

    def __init__(
        self, backend: Backend, describe: Describe | None = None, detector: Detector | None = None
    ) -> None:
        self._detector = detector or Detector()
        self._measuring = Measuring(backend)
        self._runs = Runs(describe)
        self._seeker = Search(self._runs, self._detector, self._measuring)
        self.suspects: dict[int, list[np.ndarray]] = {}
        """After `finish`: places to cover by frame, where several detectors see a face that cannot
        be measured; left, top, right, bottom, pixels."""

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
        number = len(self._runs.times)
        self._runs.times.append(time)
        self._runs.size = (image.shape[0], image.shape[1])
        self._seeker.scene.update(image)
        if self._seeker.scene.cut:
            self._cut_film(number)
        expected = [self._expected(tracklet) for tracklet in self._runs.open]
        measured = self._measuring.measure(image, expected)
        followed = list(self._runs.open)
        still: list[Tracklet] = []
        seen: list[np.ndarray] = []
        for tracklet, region, points in zip(followed, expected, measured, strict=True):
            if points is not None and region.overlap(Region.around(points)) < 0.75:
                # it moved: measure it centred
                points = self._measuring.measure(image, [Region.around(points)])[0]
            if points is None:
                self._runs.end(tracklet)
                continue
            at = next((k for k, other in enumerate(seen) if same_place(points, other)), None)
            if at is not None:  # two runs on one face: whose it is, its looks will say
                self._runs.end(tracklet)
                still[at] = self._runs.cut(still[at], number, linked=False)
                continue
            alone = len(followed) == 1 and not self._runs.missing
            jump = _HOP if tracklet.close else _JUMP
            if not alone and distance(Region.around(points), region) > jump:
                tracklet = self._runs.cut(tracklet, number, linked=False)
            tracklet.landmarks.append(points.astype(np.float32))
            seen.append(points)
            still.append(tracklet)
        self._runs.open = still
        notice_changes(self._runs, image, number)
        self._seeker.search(image, number, seen, len(still) < len(followed))
        self._runs.part()
        self._runs.recent.append((number, image))
        describe_some(self._runs, image)
        return seen

    def finish(self) -> list[FaceTrack]:
        """Join the runs into people and fill the gaps that may be filled."""
        for tracklet in self._runs.open:
            self._runs.look_again(tracklet)
        runs = sorted(
            (run for run in self._runs.done + self._runs.open if run.landmarks),
            key=lambda run: run.start,
        )
        self._runs.done, self._runs.open, self._runs.missing = [], [], []
        self._detector.close()
        joining = Joining(self._runs.times, self._runs.cuts)
        people = joining.join(runs)
        tracks = [joining.track(number, person) for number, person in enumerate(people)]
        self.suspects = without_known(
            self._seeker.suspects.boxes(len(self._runs.times), self._runs.cuts), tracks
        )
        times = np.array(self._runs.times)
        place_doubts(self._seeker.doubts, tracks, times)
        for track in tracks:
            distrust(track, times)
            bridge(track, times, self._runs.size)
        expect(tracks, times, self._runs.size)
        for track in tracks:
            track.still = is_still(track, times)
        tracks.sort(key=lambda track: -presence(track, self._runs.size))
        for number, track in enumerate(tracks):
            track.person = number
        return tracks

    def _expected(self, tracklet: Tracklet) -> Region:
        """Where to measure next: where the face was, or near others where it should be by now."""
        region = tracklet.region
        if not tracklet.close:
            return region
        x, y = tracklet.pace()
        return replace(region, x=region.x + float(x), y=region.y + float(y))

    def _cut_film(self, number: int) -> None:
        """End all runs: the film shows something else from this frame on."""
        for tracklet in self._runs.open:
            tracklet.cut = True
            self._runs.look_again(tracklet)
            self._runs.done.append(tracklet)
        self._runs.open, self._runs.missing = [], []
        self._runs.recent.clear()
        self._seeker.suspects.cut()
        self._runs.cuts.append(number)
