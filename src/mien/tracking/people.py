"""Who is who: one track per person over the whole clip.

The tracker measures every frame. New faces are looked for every third frame, and in every frame
while somebody is missing who did not leave over the edge; faces that lie on a side or are upside
down about twice a second; small ones every few seconds, where the picture has changed; and all of
them at once wherever it changes from one frame to the next as if somebody had appeared. A face that
turns up is followed backwards
through the frames since the last search, so that the first frames of somebody who enters are not
missed. Landmarks that do not lie on the eyes and the mouth that detectors see are not believed.

Where the film cuts to something else every run ends: who is who afterwards, looks say, not places.
So does a run whose face changes from one frame to the next into somebody else's.

A face is followed from each frame to the next by its place. Where two faces come close to each
other, place says nothing: a run of one face might go on as the other. There the runs are cut, and
a recogniser's descriptors say afterwards which of the pieces belong together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from mien.face.model import FaceModel
from mien.face.region import Region
from mien.models.landmarker import Backend
from mien.models.sighting import Sighting
from mien.tracking.detection import Detector
from mien.tracking.gaps import REACH_S, bridge, distrust, expect
from mien.tracking.presence import is_still, presence
from mien.tracking.scene import Scene
from mien.tracking.suspects import VOICES, Suspects
from mien.tracking.track import FaceTrack, State, Stretch

_LOOK_EVERY = 3  # frames between searches of the whole frame while nobody is missing
_LATELY = 24  # frames that are kept to look back into
_SMALL_EVERY = 96  # frames between searches for small faces, where the picture has changed
_TURNED_EVERY = 12  # frames between searches for faces that lie
_LEVEL_EVERY = 48  # frames after which it is asked again whether a face is the way up it seems
_POPPED = 2  # places in a frame, at most, that are searched because they changed at once
_CREDIT = (0.06, 6.0)  # such searches that a frame earns, and the most that are saved up
_PATIENCE_S = 10.0  # how long somebody missing is looked for in every frame
_SETTLED = 5  # frames after which a run counts as somebody who may be missed
_CLOSE = 0.9  # face sizes between two faces within which one may be taken for the other
_JUMP = 0.4  # face sizes between where a face was expected and another one, with others about
_HOP = 0.2  # the same while another face is close
_STRIDE = 1.5  # face sizes that somebody who enters may move from one frame to the next
_SAME = 0.55  # descriptor distance under which two runs are one person
_SETTLING = 0.68  # the same for the two pieces of a run that was cut because others came close
_OTHER = 0.75  # descriptor distance over which they are not, even at the same place
_CHANGED = 0.45  # descriptor distance that a face does not move from one frame to the next
_CLEARLY = 0.1  # descriptor distance by which a face has to be more like another one
_NEAR = 3.0  # face sizes within which another face may be taken for one that was just found
_MOVING = 0.03  # face sizes per frame between two faces above which place is not to be trusted

_BELIEVED = 0.25  # face sizes by which landmarks may lie beside the eyes and mouth that are seen
_TURNED = 0.9  # radians by which they may be turned against them
_ALIKE = 0.9  # correlation of a face with itself a frame earlier: .96 and more on ten clips
_PERHAPS = 0.3  # descriptor distance from which a face that changed at once may be somebody else's
_ANOTHER = 0.5  # descriptor distance from which a face that changed at once is somebody else's
_DRIFTED = 0.8  # correlation of a face with itself as it was described, below which it is again
_PACE = 5  # frames between two such descriptions
_WATCHED = 30  # frames after which a face is described again, to be known in every stretch

_EYES_AND_MOUTH = ((33, 133), (362, 263), (13, 14))  # landmarks
_PLACES = np.array([[7, 8], [17, 8], [12, 18]], np.float32)  # of these in a patch, pixels

Describe = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(eq=False)
class _Tracklet:
    """An unbroken run of one face."""

    start: int
    landmarks: list[np.ndarray] = field(default_factory=list)
    views: list[tuple[int, np.ndarray]] = field(default_factory=list)
    """Frames in which the recogniser described it, and how."""
    before: _Tracklet | None = None
    """The run of which this is the rest, where a run was cut."""
    placed: bool = True
    """Whether being where somebody was just now makes this that person."""
    cut: bool = False
    """Whether another run goes on in its place."""
    close: bool = False
    """Whether another face is so near that the two may be mistaken."""
    patch: np.ndarray | None = None
    """The face in its last frame, small and grey."""
    described: tuple[int, np.ndarray] | None = None
    """The last frame in which it was described, and the face in it, small and grey."""
    level: int = -1
    """Last frame in which a detector saw the face the way up that it seems."""

    @property
    def descriptors(self) -> list[np.ndarray]:
        return [looks for _, looks in self.views]

    @property
    def end(self) -> int:
        return self.start + len(self.landmarks)

    @property
    def region(self) -> Region:
        return Region.around(self.landmarks[-1])

    def pace(self) -> np.ndarray:
        """Pixels from frame to frame, of late, shape (2,)."""
        if len(self.landmarks) < 2:
            return np.zeros(2)
        last = [Region.around(points) for points in self.landmarks[-3:]]
        return np.array([last[-1].x - last[0].x, last[-1].y - last[0].y]) / (len(last) - 1)


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
        self._backend = backend
        self._describe = describe
        self._detector = detector or Detector()
        self._open: list[_Tracklet] = []
        self._done: list[_Tracklet] = []
        self._missing: list[_Tracklet] = []
        self._doubts: list[tuple[int, Region]] = []
        self._recent: deque[tuple[int, np.ndarray]] = deque(maxlen=_LATELY)
        self._scene = Scene()
        self._cuts: list[int] = []
        self._suspects = Suspects(self._detector)
        self._credit = _CREDIT[1]
        self.suspects: dict[int, list[np.ndarray]] = {}
        """After `finish`: places to cover by frame, where several detectors see a face that cannot
        be measured; left, top, right, bottom, pixels."""
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
        self._scene.update(image)
        if self._scene.cut:
            self._cut_film(number)
        expected = [self._expected(tracklet) for tracklet in self._open]
        measured = self._measure(image, expected)
        followed = list(self._open)
        still: list[_Tracklet] = []
        seen: list[np.ndarray] = []
        for tracklet, region, points in zip(followed, expected, measured, strict=True):
            if points is not None and region.overlap(Region.around(points)) < 0.75:
                # it moved: measure it centred
                points = self._measure(image, [Region.around(points)])[0]
            if points is None:
                self._end(tracklet)
                continue
            at = next((k for k, other in enumerate(seen) if _same(points, other)), None)
            if at is not None:  # two runs on one face: whose it is, its looks will say
                self._end(tracklet)
                still[at] = self._cut(still[at], number, linked=False)
                continue
            alone = len(followed) == 1 and not self._missing
            jump = _HOP if tracklet.close else _JUMP
            if not alone and _apart(Region.around(points), region) > jump:
                tracklet = self._cut(tracklet, number, linked=False)
            tracklet.landmarks.append(points.astype(np.float32))
            seen.append(points)
            still.append(tracklet)
        self._open = still
        self._notice_changes(image, number)
        self._search(image, number, seen, len(still) < len(followed))
        self._part()
        self._recent.append((number, image))
        self._describe_some(image)
        return seen

    def finish(self) -> list[FaceTrack]:
        """Join the runs into people and fill the gaps that may be filled."""
        for tracklet in self._open:
            self._look_again(tracklet)
        runs = sorted(
            (run for run in self._done + self._open if run.landmarks), key=lambda run: run.start
        )
        self._done, self._open, self._missing = [], [], []
        self._detector.close()
        people = self._join(runs)
        tracks = [self._track(number, person) for number, person in enumerate(people)]
        self.suspects = _unknown(self._suspects.boxes(len(self._times), self._cuts), tracks)
        times = np.array(self._times)
        self._place_doubts(tracks, times)
        for track in tracks:
            distrust(track, times)
            bridge(track, times, self._size)
        expect(tracks, times, self._size)
        for track in tracks:
            track.still = is_still(track, times)
        tracks.sort(key=lambda track: -presence(track, self._size))
        for number, track in enumerate(tracks):
            track.person = number
        return tracks

    # --- following ------------------------------------------------------------------------------

    def _expected(self, tracklet: _Tracklet) -> Region:
        """Where to measure next: where the face was, or near others where it should be by now."""
        region = tracklet.region
        if not tracklet.close:
            return region
        x, y = tracklet.pace()
        return replace(region, x=region.x + float(x), y=region.y + float(y))

    def _cut_film(self, number: int) -> None:
        """End all runs: the film shows something else from this frame on."""
        for tracklet in self._open:
            tracklet.cut = True
            self._look_again(tracklet)
            self._done.append(tracklet)
        self._open, self._missing = [], []
        self._recent.clear()
        self._suspects.cut()
        self._cuts.append(number)

    def _notice_changes(self, image: np.ndarray, number: int) -> None:
        """Cut the run of a face that became somebody else's from one frame to the next."""
        for k, tracklet in enumerate(self._open):
            patch, before = _patch(image, tracklet.landmarks[-1]), tracklet.patch
            tracklet.patch = patch
            if before is None or self._describe is None or not tracklet.descriptors:
                continue
            if float((patch * before).sum()) >= _ALIKE:
                continue
            looks = self._describe(image, tracklet.landmarks[-1])
            unlike = _unlike_all(looks, tracklet)
            if unlike < _PERHAPS:
                tracklet.views.append((number, looks))
                continue
            close, another = tracklet.close, unlike >= _ANOTHER
            self._open[k] = rest = self._cut(tracklet, number, linked=not another)
            rest.views.append((number, looks))
            rest.patch = patch
            if (
                another and not close and number not in self._cuts
            ):  # nobody walked in: the film was cut
                self._cuts.append(number)

    def _search(self, image: np.ndarray, number: int, seen: list[np.ndarray], lost: bool) -> None:
        """Look for faces that are not followed, and follow them."""
        now = self._times[-1]
        self._missing = [
            run for run in self._missing if now - self._times[run.end - 1] <= _PATIENCE_S
        ]
        first = number == 0 or number in self._cuts
        tiles = first or not seen
        look = first or tiles or number % _LOOK_EVERY == 0 or lost or bool(self._missing)
        for sighting in self._detector.see(image, tiles) if look else []:
            self._consider(image, number, sighting, seen, plain=True)
        found: list[Sighting] = []
        if first or number % _TURNED_EVERY == 0 or (not seen and number % _LOOK_EVERY == 0):
            found += self._detector.see_turned(image)
        found += self._see_changed(image, number, seen, first)
        for sighting in found:
            self._consider(image, number, sighting, seen)
        patience = max(_LOOK_EVERY, round(REACH_S * self._rate()))
        for sighting in self._suspects.update(number, image, patience):
            self._consider(image, number, sighting, seen, voices=VOICES)
        self._ask_which_way_up(image, number)

    def _see_changed(
        self, image: np.ndarray, number: int, seen: list[np.ndarray], first: bool
    ) -> list[Sighting]:
        """Faces where the picture is not as it was: at once, or since it was last searched."""
        known = [_box_around(points) for points in seen]
        found: list[Sighting] = []
        self._credit = min(self._credit + _CREDIT[0], _CREDIT[1])
        if not first:
            for box in self._scene.popped(known)[:_POPPED]:
                if self._credit >= 1:
                    self._credit -= 1
                    found += self._detector.see_near(image, box)
        if first or number % _SMALL_EVERY == 0:
            changed = self._scene.changed(known)
            if changed is not None:
                found += self._detector.see_small(image, changed, turned=first)
            self._scene.searched()
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
            if not any(self._contradicts(self._open[k], sighting, number) for k in rivals):
                return
            sighting, voices = self._detector.orient(image, sighting)
            wrong = [k for k in rivals if _other_face(self._open[k].region, sighting)]
            if voices < VOICES or len(wrong) < len(rivals):
                return
            for k in reversed(wrong):
                self._disown(self._open.pop(k), sighting)
                del seen[k]
        if not voices and not self._doubted(number, region):
            better, voices = self._detector.orient(image, sighting)
            # the same reading from close by may be of somebody beside
            if not plain or (voices >= VOICES and not _alike(region, better.region)):
                sighting = better
        if voices < VOICES and not plain:
            self._doubts.append((number, region))
            return
        points = self._settle(image, sighting.region)
        if points is None or not _believed(points, sighting):
            self._doubts.append((number, sighting.region))
            if voices >= VOICES:
                self._suspects.note(number, sighting, voices, reversed(self._recent))
            return
        if any(_same(points, other) for other in seen):
            return
        seen.append(points)
        tracklet = _Tracklet(number, [points.astype(np.float32)])
        tracklet.patch = _patch(image, points)
        self._follow_back(tracklet, image)
        if voices >= VOICES:
            tracklet.level = number
        self._open.append(tracklet)
        self._found(tracklet)
        self._suspects.forget(sighting)

    def _contradicts(self, tracklet: _Tracklet, sighting: Sighting, number: int) -> bool:
        """Whether a sighting in the place of a face says that its landmarks are wrong."""
        if not _other_face(tracklet.region, sighting):
            return False
        level = tracklet.level >= 0 and number - tracklet.level <= _LEVEL_EVERY
        return not level or tracklet.region.size < 0.6 * sighting.size

    def _doubted(self, number: int, region: Region) -> bool:
        """Whether all detectors were asked about such a face in this place not long ago."""
        return any(
            number - _LATELY < frame < number and region.same_place(other) and _alike(region, other)
            for frame, other in reversed(self._doubts[-_LATELY:])
        )

    def _disown(self, tracklet: _Tracklet, sighting: Sighting) -> None:
        """Give up a run whose landmarks are not on the face: it is where detectors see it."""
        first = max(tracklet.start, tracklet.level + 1)
        wrong = range(first, tracklet.end)
        del tracklet.landmarks[first - tracklet.start :]
        self._suspects.presume(wrong, sighting)
        if tracklet.landmarks:
            tracklet.cut = True
            self._done.append(tracklet)

    def _ask_which_way_up(self, image: np.ndarray, number: int) -> None:
        """Note which faces a detector sees the way up that their landmarks say."""
        for tracklet in self._open:
            age = number - tracklet.start
            if age % _LEVEL_EVERY and not (age and tracklet.level < 0 and age % _LOOK_EVERY == 0):
                continue
            if self._detector.level(image, tracklet.region):
                tracklet.level = number

    def _found(self, tracklet: _Tracklet) -> None:
        """Stop looking for whoever this may be: the nearest of those missing."""
        region = Region.around(tracklet.landmarks[0])
        if self._missing:
            self._missing.remove(min(self._missing, key=lambda run: _apart(run.region, region)))

    def _end(self, tracklet: _Tracklet) -> None:
        """Stop following a face, and look for it if it may still be in the picture."""
        self._look_again(tracklet)
        self._done.append(tracklet)
        if len(tracklet.landmarks) < _SETTLED and tracklet.placed:
            return
        region, (x, y) = tracklet.region, tracklet.pace()
        ahead = self._rate() * REACH_S / 2
        if 0 <= region.x + x * ahead < self._size[1] and 0 <= region.y + y * ahead < self._size[0]:
            self._missing.append(tracklet)

    def _rate(self) -> float:
        """Frames per second so far."""
        if len(self._times) < 2:
            return 0.0
        return (len(self._times) - 1) / max(self._times[-1] - self._times[0], 1e-6)

    def _cut(self, tracklet: _Tracklet, number: int, linked: bool) -> _Tracklet:
        """End a run before a frame and begin another in its place.

        With `linked`, the new run is probably the same face; without, it may be anybody's.
        """
        rest = _Tracklet(
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
            self._look_again(tracklet)
            self._done.append(tracklet)
        return rest

    def _part(self) -> None:
        """Cut the runs of faces that come close to each other, and again when they part."""
        if len(self._open) < 2 and not any(tracklet.close for tracklet in self._open):
            return
        regions = [tracklet.region for tracklet in self._open]
        paces = [tracklet.pace() for tracklet in self._open]
        for k, tracklet in enumerate(self._open):
            room = _CLOSE + (0.2 if tracklet.close else 0.0)
            close = any(
                _nearing(regions[k], regions[j], paces[k] - paces[j]) < room
                for j in range(len(self._open))
                if j != k
            ) or any(
                _apart(regions[k], run.region) < room
                and len(self._times) - run.end <= self._rate() * REACH_S
                for run in self._missing
            )
            if close == tracklet.close:
                continue
            number = len(self._times) - 1
            if len(tracklet.landmarks) > 1:
                tracklet = self._open[k] = self._cut(tracklet, number, linked=True)
            tracklet.close = close
            tracklet.placed = False

    # --- looks ----------------------------------------------------------------------------------

    def _describe_some(self, image: np.ndarray) -> None:
        """Describe a few views of each run: enough to know the person again."""
        if self._describe is None:
            return
        number = len(self._times) - 1
        for k, tracklet in enumerate(self._open):
            age = len(tracklet.landmarks)
            wary = self._wary(tracklet)
            due = not tracklet.views or age == 15 or age % _WATCHED == 0
            if not (wary or due or _drifted(tracklet, number)):
                continue
            looks = self._describe(image, tracklet.landmarks[-1])
            if wary and age > 1 and self._is_another(looks, tracklet):
                tracklet = self._open[k] = self._cut(tracklet, number, linked=False)
            tracklet.views.append((number, looks))
            if tracklet.patch is not None:
                tracklet.described = number, tracklet.patch

    def _is_another(self, looks: np.ndarray, tracklet: _Tracklet) -> bool:
        """Whether a face looks less like a run's than like another one's that was near of late."""
        own = _unlike_all(looks, tracklet)
        if own < _CHANGED:
            return False
        return any(
            np.linalg.norm(looks - d) < own - _CLEARLY
            for run in self._lately()
            if run is not tracklet
            for d in run.descriptors
        )

    def _lately(self) -> list[_Tracklet]:
        """Runs that are followed, or ended within the last second or two."""
        first = len(self._times) - max(2 * REACH_S * self._rate(), _LATELY)
        return self._open + [run for run in self._done if run.end >= first]

    def _wary(self, tracklet: _Tracklet) -> bool:
        """Whether a run may have gone over to another face in this frame, so that it has to be
        looked at: others are near, and something moves or has only just been found."""
        if len(self._open) + len(self._missing) < 2:
            return False
        age, region, pace = len(tracklet.landmarks), tracklet.region, tracklet.pace()
        for other in [*self._open, *self._missing]:
            if other is tracklet:
                continue
            apart = _apart(region, other.region)
            moving = np.abs(pace - other.pace()).max() > _MOVING * region.size
            if apart < _NEAR and (age <= 4 or (tracklet.close and moving)):
                return True
            if tracklet.close and age % 8 == 0:
                return True
        return False

    def _look_again(self, tracklet: _Tracklet) -> None:
        """Describe a run near its end, and a short one in its middle, where the face is seen best,
        while it is at hand."""
        if self._describe is None or len(tracklet.landmarks) < 3:
            return
        wanted = {tracklet.end - 2}  # so that it is known until its end
        if len(tracklet.landmarks) < 30:
            wanted.add((tracklet.start + tracklet.end) // 2)
        for frame, image in self._recent:
            if frame in wanted:
                points = tracklet.landmarks[frame - tracklet.start]
                tracklet.views.append((frame, self._describe(image, points)))

    def _measure(self, image: np.ndarray, regions: list[Region]) -> list[np.ndarray | None]:
        return [
            points if points is not None and _plausible(points) else None
            for points in self._backend.measure(image, regions)
        ]

    def _settle(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        """Measure from a detection, then again from the landmarks' own region."""
        points = self._measure(image, [region])[0]
        return None if points is None else self._measure(image, [Region.around(points)])[0]

    def _follow_back(self, tracklet: _Tracklet, image: np.ndarray) -> None:
        """Extend a new run into the frames just before it."""
        points = tracklet.landmarks[0]
        others = self._lately()
        if others and self._describe is not None:
            tracklet.views.append((tracklet.start, self._describe(image, points)))
        for frame, image in reversed(self._recent):
            region = Region.around(points)
            found = self._measure(image, [region])[0]
            if found is None or not region.same_place(Region.around(found)):
                found = self._find_near(image, region)
            if found is None:
                return
            there = Region.around(found)
            near = np.inf
            for run in others:
                at = min(max(frame - run.start, 0), len(run.landmarks) - 1)
                apart = _apart(there, Region.around(run.landmarks[at]))
                if run.start <= frame < run.end and there.same_place(
                    Region.around(run.landmarks[at])
                ):
                    return
                near = min(near, apart)
            if near < _NEAR and tracklet.descriptors and self._describe is not None:
                if self._is_another(self._describe(image, found), tracklet):
                    return
            points = found
            tracklet.landmarks.insert(0, found.astype(np.float32))
            tracklet.start = frame

    def _find_near(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        """Landmarks of the face nearest to a region that it left fast."""
        near = [r for r in self._detector.find(image) if _apart(r, region) < _STRIDE]
        if not near:
            return None
        return self._settle(image, min(near, key=lambda r: _apart(r, region)))

    # --- joining --------------------------------------------------------------------------------

    def _join(self, runs: list[_Tracklet]) -> list[list[_Tracklet]]:
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

    def _difference(self, one: list[_Tracklet], two: list[_Tracklet], loose: bool) -> float:
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

    def _unlike(self, one: list[_Tracklet], two: list[_Tracklet]) -> float | None:
        """Descriptor distance of two groups of runs: that of their more alike views."""
        ours = [d for run in one for d in run.descriptors]
        theirs = [d for run in two for d in run.descriptors]
        if not ours or not theirs:
            return None
        each = np.linalg.norm(np.array(ours)[:, None] - np.array(theirs)[None], axis=2)
        return float(np.quantile(each, 0.2))

    def _one_shot(self, run: _Tracklet, other: _Tracklet) -> bool:
        """Whether the film does not cut between two runs."""
        between = min(run.end, other.end), max(run.start, other.start)
        return not any(between[0] <= cut <= between[1] for cut in self._cuts)

    def _continues(self, run: _Tracklet, later: _Tracklet) -> bool:
        """Whether a run begins where and soon after another one ended, and nobody was near."""
        if run.end > later.start or run.cut or run.close or not later.placed:
            return False
        if not self._one_shot(run, later):
            return False
        gap = self._times[later.start] - self._times[run.end - 1]
        return gap <= REACH_S and _same(run.landmarks[-1], later.landmarks[0])

    def _place_doubts(self, tracks: list[FaceTrack], times: np.ndarray) -> None:
        """Give detections that could not be measured to whoever is missing near there."""
        for frame, region in self._doubts:
            best, nearest = None, np.inf
            for track in tracks:
                if track.state[frame] == State.TRACKED:
                    continue
                known = np.flatnonzero(track.state == State.TRACKED)
                other = known[np.abs(times[known] - times[frame]).argmin()]
                there = Region.around(track.landmarks[other])
                distance = _apart(there, region) / (1 + abs(times[frame] - times[other]))
                alike = 0.5 < region.size / there.size < 2.0
                if alike and distance < nearest:
                    best, nearest = track, distance
            if best is not None and nearest < 2.0:
                half = region.size / 2
                best.sightings[frame] = np.array(
                    [region.x - half, region.y - half, region.x + half, region.y + half]
                )

    def _track(self, number: int, runs: list[_Tracklet]) -> FaceTrack:
        count = len(self._times)
        landmarks = np.full((count, 478, 3), np.nan, np.float32)
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
        return track


def _same(points: np.ndarray, other: np.ndarray) -> bool:
    return Region.around(points).same_place(Region.around(other))


def _apart(region: Region, other: Region) -> float:
    """How far two faces are from each other, sizes of the larger one."""
    away = max(abs(region.x - other.x), abs(region.y - other.y))
    return away / max(region.size, other.size)


def _other_face(region: Region, sighting: Sighting) -> bool:
    """Whether a face that is seen where another is measured lies otherwise, or is far larger."""
    turn = (sighting.angle - region.angle + np.pi) % (2 * np.pi) - np.pi
    return bool(abs(turn) > _TURNED) or region.size < 0.6 * sighting.size


def _alike(region: Region, other: Region) -> bool:
    """Whether two readings of a place say the same: as large, and the same way up."""
    turn = (region.angle - other.angle + np.pi) % (2 * np.pi) - np.pi
    return bool(abs(turn) < _TURNED) and 0.6 < region.size / other.size < 1 / 0.6


def _believed(points: np.ndarray, sighting: Sighting) -> bool:
    """Whether landmarks lie on the eyes and the mouth that a detector sees."""
    if not np.isfinite(sighting.points).all():
        return True
    own = np.stack([points[list(some), :2].mean(0) for some in _EYES_AND_MOUTH])
    away = np.linalg.norm(own - sighting.points, axis=1)
    return bool(away.max() < _BELIEVED * sighting.size)


def _patch(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Eyes to mouth as a small grey picture whose sum of squares is 1, shape (24, 24)."""
    own = np.stack([points[list(some), :2].mean(0) for some in _EYES_AND_MOUTH])
    matrix = cv2.getAffineTransform(own.astype(np.float32), _PLACES)
    grey = cv2.cvtColor(cv2.warpAffine(image, matrix, (24, 24)), cv2.COLOR_RGB2GRAY)
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1)
    smooth -= smooth.mean()
    return np.asarray(smooth / max(float(np.linalg.norm(smooth)), 1e-3))


def _unlike_all(looks: np.ndarray, tracklet: _Tracklet) -> float:
    """Descriptor distance of a view to the most alike one of a run; 0 if there is none."""
    return min((float(np.linalg.norm(looks - d)) for d in tracklet.descriptors), default=0.0)


def _drifted(tracklet: _Tracklet, number: int) -> bool:
    """Whether a face looks otherwise than when it was described last."""
    if tracklet.described is None or tracklet.patch is None:
        return False
    frame, patch = tracklet.described
    return number - frame >= _PACE and float((patch * tracklet.patch).sum()) < _DRIFTED


def _box_around(points: np.ndarray) -> np.ndarray:
    """The box of a face with what moves with it: left, top, right, bottom, pixels."""
    region = Region.around(points)
    half = 0.8 * region.size
    return np.array([region.x - half, region.y - half, region.x + half, region.y + half])


def _unknown(
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


def _nearing(region: Region, other: Region, pace: np.ndarray) -> float:
    """The same as it may be by the next frame, at a relative pace in pixels per frame."""
    away = np.array([region.x - other.x, region.y - other.y])
    share = np.clip(-(away @ pace) / max(float(pace @ pace), 1e-6), 0, 2)
    return float(np.abs(away + share * pace).max()) / max(region.size, other.size)


def _plausible(points: np.ndarray) -> bool:
    """Whether landmarks have the proportions of a face: the mesh can lock on to a hand."""
    if not np.isfinite(points).all():
        return False
    model = FaceModel.load()
    pose = model.pose(points, np.zeros(len(model.identity)))
    error = np.abs(pose.invert(points) - model.neutral)[:, :2]
    return bool(np.median(error) < 0.12) and bool(np.percentile(error, 90) < 0.45)
