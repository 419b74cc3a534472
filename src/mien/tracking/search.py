"""Looking for faces that are not followed yet, and back to where they came from."""

from __future__ import annotations

import numpy as np

from mien.face.region import Region
from mien.models.sighting import Sighting
from mien.tracking.detection import Detector
from mien.tracking.gaps import REACH_S
from mien.tracking.looks import NEAR, is_another, on_eyes_and_mouth, patch_of
from mien.tracking.measuring import Measuring
from mien.tracking.places import box_around, distance, lies_otherwise, reads_alike, same_place
from mien.tracking.runs import LATELY, Runs
from mien.tracking.scene import Scene
from mien.tracking.suspects import VOICES, Suspects
from mien.tracking.tracklet import Tracklet

_LOOK_EVERY = 3  # frames between searches of the whole frame while nobody is missing
_SMALL_EVERY = 96  # frames between searches for small faces, where the picture has changed
_TURNED_EVERY = 12  # frames between searches for faces that lie
_LEVEL_EVERY = 48  # frames after which it is asked again whether a face is the way up it seems
_POPPED = 2  # places in a frame, at most, that are searched because they changed at once
_CREDIT = (0.06, 6.0)  # such searches that a frame earns, and the most that are saved up
_PATIENCE_S = 10.0  # how long somebody missing is looked for in every frame
_STRIDE = 1.5  # face sizes that somebody who enters may move from one frame to the next


class Search:
    """Looks for faces that are not followed, and begins to follow them.

    Parameters
    ----------
    runs : Runs
        Those that are followed; new ones are added.
    detector : Detector
        Finds faces.
    measuring : Measuring
        Measures them.
    """

    def __init__(self, runs: Runs, detector: Detector, measuring: Measuring) -> None:
        self._runs = runs
        self._detector = detector
        self._measuring = measuring
        self.doubts: list[tuple[int, Region]] = []
        """Frames and places of faces that were seen and not measured."""
        self.suspects = Suspects(detector)
        """Faces that several detectors see so."""
        self.scene = Scene()
        """What changes in the picture."""
        self._credit = _CREDIT[1]

    def search(self, image: np.ndarray, number: int, seen: list[np.ndarray], lost: bool) -> None:
        """Look for faces that are not followed, and follow them."""
        now = self._runs.times[-1]
        self._runs.missing = [
            run for run in self._runs.missing if now - self._runs.times[run.end - 1] <= _PATIENCE_S
        ]
        first = number == 0 or number in self._runs.cuts
        tiles = first or not seen
        look = first or tiles or number % _LOOK_EVERY == 0 or lost or bool(self._runs.missing)
        for sighting in self._detector.see(image, tiles) if look else []:
            self._consider(image, number, sighting, seen, plain=True)
        found: list[Sighting] = []
        if first or number % _TURNED_EVERY == 0 or (not seen and number % _LOOK_EVERY == 0):
            found += self._detector.see_turned(image)
        found += self._see_changed(image, number, seen, first)
        for sighting in found:
            self._consider(image, number, sighting, seen)
        patience = max(_LOOK_EVERY, round(REACH_S * self._runs.rate()))
        for sighting in self.suspects.update(number, image, patience):
            self._consider(image, number, sighting, seen, voices=VOICES)
        self._ask_which_way_up(image, number)

    def _see_changed(
        self, image: np.ndarray, number: int, seen: list[np.ndarray], first: bool
    ) -> list[Sighting]:
        """Faces where the picture is not as it was: at once, or since it was last searched."""
        known = [box_around(points) for points in seen]
        found: list[Sighting] = []
        self._credit = min(self._credit + _CREDIT[0], _CREDIT[1])
        if not first:
            for box in self.scene.popped(known)[:_POPPED]:
                if self._credit >= 1:
                    self._credit -= 1
                    found += self._detector.see_near(image, box)
        if first or number % _SMALL_EVERY == 0:
            changed = self.scene.changed(known)
            if changed is not None:
                found += self._detector.see_small(image, changed, turned=first)
            self.scene.searched()
        return found

    def _consider(
        self,
        image: np.ndarray,
        number: int,
        sighting: Sighting,
        seen: list[np.ndarray],
        voices: int = 0,
        plain: bool = False,
    ) -> None:
        """Follow a face that was seen, unless it is followed.

        `voices` is the number of detectors that are known to see it so, 0 for not asked. Where the
        face does not lie plainly in a frame, one detector is not enough.
        """
        region = sighting.region
        rivals = [k for k, points in enumerate(seen) if region.same_place(Region.around(points))]
        if rivals:
            if not any(self._contradicts(self._runs.open[k], sighting, number) for k in rivals):
                return
            sighting, voices = self._detector.orient(image, sighting)
            wrong = [k for k in rivals if lies_otherwise(self._runs.open[k].region, sighting)]
            if voices < VOICES or len(wrong) < len(rivals):
                return
            for k in reversed(wrong):
                self._disown(self._runs.open.pop(k), sighting)
                del seen[k]
        if not voices and not self._doubted(number, region):
            better, voices = self._detector.orient(image, sighting)
            # the same reading from close by may be of somebody beside
            if not plain or (voices >= VOICES and not reads_alike(region, better.region)):
                sighting = better
        if voices < VOICES and not plain:
            self.doubts.append((number, region))
            return
        points = self._measuring.settle(image, sighting.region)
        if points is None or not on_eyes_and_mouth(points, sighting):
            self.doubts.append((number, sighting.region))
            if voices >= VOICES:
                self.suspects.note(number, sighting, voices, reversed(self._runs.recent))
            return
        if any(same_place(points, other) for other in seen):
            return
        seen.append(points)
        tracklet = Tracklet(number, [points.astype(np.float32)])
        tracklet.patch = patch_of(image, points)
        self._follow_back(tracklet, image)
        if voices >= VOICES:
            tracklet.level = number
        self._runs.open.append(tracklet)
        self._runs.found(tracklet)
        self.suspects.forget(sighting)

    def _contradicts(self, tracklet: Tracklet, sighting: Sighting, number: int) -> bool:
        """Whether a sighting in the place of a face says that its landmarks are wrong."""
        if not lies_otherwise(tracklet.region, sighting):
            return False
        level = tracklet.level >= 0 and number - tracklet.level <= _LEVEL_EVERY
        return not level or tracklet.region.size < 0.6 * sighting.size

    def _doubted(self, number: int, region: Region) -> bool:
        """Whether all detectors were asked about such a face in this place not long ago."""
        return any(
            number - LATELY < frame < number
            and region.same_place(other)
            and reads_alike(region, other)
            for frame, other in reversed(self.doubts[-LATELY:])
        )

    def _disown(self, tracklet: Tracklet, sighting: Sighting) -> None:
        """Give up a run whose landmarks are not on the face: it is where detectors see it."""
        first = max(tracklet.start, tracklet.level + 1)
        wrong = range(first, tracklet.end)
        del tracklet.landmarks[first - tracklet.start :]
        self.suspects.presume(wrong, sighting)
        if tracklet.landmarks:
            tracklet.cut = True
            self._runs.done.append(tracklet)

    def _ask_which_way_up(self, image: np.ndarray, number: int) -> None:
        """Note which faces a detector sees the way up that their landmarks say."""
        for tracklet in self._runs.open:
            age = number - tracklet.start
            if age % _LEVEL_EVERY and not (age and tracklet.level < 0 and age % _LOOK_EVERY == 0):
                continue
            if self._detector.level(image, tracklet.region):
                tracklet.level = number

    def _follow_back(self, tracklet: Tracklet, image: np.ndarray) -> None:
        """Extend a new run into the frames just before it."""
        points = tracklet.landmarks[0]
        others = self._runs.lately()
        if others and self._runs.describe is not None:
            tracklet.views.append((tracklet.start, self._runs.describe(image, points)))
        for frame, image in reversed(self._runs.recent):
            region = Region.around(points)
            found = self._measuring.measure(image, [region])[0]
            if found is None or not region.same_place(Region.around(found)):
                found = self._find_near(image, region)
            if found is None:
                return
            there = Region.around(found)
            near = np.inf
            for run in others:
                at = min(max(frame - run.start, 0), len(run.landmarks) - 1)
                apart = distance(there, Region.around(run.landmarks[at]))
                if run.start <= frame < run.end and there.same_place(
                    Region.around(run.landmarks[at])
                ):
                    return
                near = min(near, apart)
            if near < NEAR and tracklet.descriptors and self._runs.describe is not None:
                if is_another(self._runs, self._runs.describe(image, found), tracklet):
                    return
            points = found
            tracklet.landmarks.insert(0, found.astype(np.float32))
            tracklet.start = frame

    def _find_near(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        """Landmarks of the face nearest to a region that it left fast."""
        near = [r for r in self._detector.find(image) if distance(r, region) < _STRIDE]
        if not near:
            return None
        return self._measuring.settle(image, min(near, key=lambda r: distance(r, region)))
