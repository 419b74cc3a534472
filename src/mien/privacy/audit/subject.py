"""One person of the original, for one recogniser, while the clips are compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.face.region import Region
from mien.models.sighting import Sighting
from mien.privacy.audit.asked import Asked
from mien.privacy.audit.frames import Shot, covered
from mien.privacy.audit.pairing import as_large, scale_between
from mien.privacy.audit.person import Person
from mien.privacy.audit.terms import OnePart, one_part, own_frames
from mien.privacy.audit.verdict import Finding, Pair
from mien.recognition.described import Described, Known
from mien.recognition.lookout import close_up, same_face
from mien.recognition.parts import PARTS, only
from mien.recognition.recogniser import GLIMPSE, Recogniser, distances
from mien.recognition.verdict import audit
from mien.video import Frame

_UNTOUCHED = 4.0  # grey levels, mean: what re-encoding alone may change


@dataclass(frozen=True, eq=False)
class _Suspect:
    """A frame that is compared besides those chosen beforehand: a face changed little in it, or
    other detectors saw it there."""

    difference: float
    """Grey levels; not known of a frame that was compared for another reason."""
    chip: np.ndarray
    shot: Shot


class _Part:
    """What a recogniser sees of one part of the pictures."""

    def __init__(self, recogniser: Recogniser, known: Known) -> None:
        self.gallery, self.moments, self.results = (Described(recogniser, known) for _ in range(3))


class Subject:
    """One person of the original, for one recogniser, while the clips are compared.

    Parameters
    ----------
    person : Person
        Who it is, and where recognisers look.
    asked : Asked
        Who judges.
    """

    def __init__(self, person: Person, asked: Asked) -> None:
        self.person, self.track, self.asked = person, person.track, asked
        self.probes = person.probes
        known: Known = {}  # many frames of the gallery are probes, too
        self._originals, self._results, self._moments = (
            Described(asked.recogniser, known) for _ in range(3)
        )
        self._parts = {part: _Part(asked.recogniser, known) for part in PARTS}
        self._owners: list[int] = []  # which of the shots each result belongs to
        self._hidden: list[bool] = []
        self._first: list[int] = []  # of the results of a shot, the one at the tracked place
        self._shots: list[Shot] = []
        self._untouched = self._compared = self._seen = 0
        self._least: list[_Suspect] = []
        self._glimpses: list[_Suspect] = []

    def remember(self, first: Frame) -> None:
        """Cut the face out of the original where the frame was chosen for the gallery."""
        if first.index in self.person.gallery:
            points = self._points(first)
            self._originals.add(self.asked.recogniser.views(first.image, points))
            for part, kept in self._parts.items():
                kept.gallery.add([self._chip_of(part, first.image, points)])

    def compare(self, first: Frame, second: Frame) -> None:
        """Note whether the face is as it was."""
        difference = self.person.difference(first, second)
        if difference is None:
            return
        self._compared += 1
        self._untouched += int(difference < _UNTOUCHED)
        self._suspect(difference, first, second)

    def _suspect(self, difference: float, first: Frame, second: Frame) -> None:
        """Keep the frames that changed least: wherever a replacement failed, it is there."""
        spare = self.person.least_changed
        if first.index in self.probes or not spare:
            return
        if len(self._least) >= spare and difference >= self._least[-1].difference:
            return
        here = self._points(first)
        there = here * scale_between(first, second)
        chip = self.asked.recogniser.chip(second.image, there)
        shot = self.person.shot(first, second, here, there)
        self._least.append(_Suspect(difference, chip, shot))
        self._least.sort(key=lambda suspect: suspect.difference)
        del self._least[spare:]

    def probe(
        self,
        first: Frame,
        second: Frame,
        scale: np.ndarray,
        looked: list[np.ndarray],
        people: list[Subject],
    ) -> None:
        """Cut the face out of the result: where the original's was, and where one is found."""
        here = self._points(first)
        there = here * scale
        own = Region.around(there)
        tracks = [other.track for other in people if other.track is not self.track]
        elsewhere = [
            Region.around(track.landmarks[first.index] * scale)
            for track in tracks
            if np.isfinite(track.landmarks[first.index]).all()
        ]
        # a face in nobody's place may be anybody's: the clip may have been cropped
        candidates = [there] + [
            points
            for points in looked
            if own.same_place(region := Region.around(points))
            or not any(region.same_place(other) for other in elsewhere)
        ]
        self._seen += len(candidates) > 1
        recogniser, shot = self.asked.recogniser, self.person.shot(first, second, here, there)
        self._first.append(len(self._owners))
        self._moments.add([recogniser.chip(first.image, here)])
        for points in candidates:
            for view in recogniser.views(second.image, points):
                self._add(view, shot)
        self._shots.append(shot)
        if first.index in self.person.in_parts:
            for part, kept in self._parts.items():
                kept.moments.add([self._chip_of(part, first.image, here)])
                kept.results.add([self._chip_of(part, second.image, there)])

    def glimpse(self, first: Frame, second: Frame, seen: list[Sighting]) -> None:
        """Describe the face where detectors see it that do not track, in both clips."""
        if not np.isfinite(self.track.landmarks[first.index]).all():
            return
        here = self._points(first)
        own = Region.around(here)
        near = [s for s in seen if same_face(own, s)]
        if not near:
            return
        other = as_large(second.image, first.image)
        before, after = (
            self.asked.recogniser.glimpse(close_up(picture, near[0], GLIMPSE))
            for picture in (first.image, other)
        )
        self._originals.add([before])
        there = here * scale_between(first, second)
        self._glimpses.append(_Suspect(np.nan, after, self.person.shot(first, second, here, there)))

    def finish(self) -> Finding:
        """Describe everything and judge: of each frame the view nearest to the person counts."""
        recogniser, chosen = self.asked.recogniser, len(self._shots)
        for suspect in self._least + self._glimpses:
            self._add(suspect.chip, suspect.shot)
            self._shots.append(suspect.shot)
        originals, results = self._originals.descriptors(), self._results.descriptors()
        nobody = -originals.mean(0)  # where a face is covered: as far away as can be
        results[self._hidden] = nobody
        distance = distances(results, originals).min(1)
        owners = np.array(self._owners)
        order = np.lexsort((distance, owners))
        best = order[np.unique(owners[order], return_index=True)[1]]
        pairs = [
            Pair(shot, round(float(distance[b]), 4))
            for b, shot in zip(best, self._shots, strict=True)
        ]
        moments = self._moments.descriptors()
        given = self.asked.given.get(self.track.person)
        return Finding(
            audit(
                self.track.person,
                originals,
                results[best],
                recogniser,
                frames=[shot.frame for shot in self._shots],
                others=self.asked.others,
            ),
            round(self._untouched / max(self._compared, 1), 4),
            round(self._seen / chosen, 4),
            sorted(pairs, key=lambda pair: pair.distance),
            originals,
            own_frames(moments, results[self._first], recogniser.threshold, given),
            self._judged_in_parts(),
        )

    def _judged_in_parts(self) -> tuple[OnePart, ...]:
        found: list[OnePart] = []
        for part, kept in self._parts.items():
            results, others = kept.results.descriptors(), self.asked.parts.get(part)
            if len(results):
                gallery, moments = kept.gallery.descriptors(), kept.moments.descriptors()
                found.append(one_part(part, gallery, results, moments, others))
        return tuple(found)

    def _add(self, chip: np.ndarray, shot: Shot) -> None:
        """A view of the result, of the shot that is put down next."""
        self._results.add([chip])
        self._owners.append(len(self._shots))
        self._hidden.append(covered(chip, shot.original))

    def _points(self, first: Frame) -> np.ndarray:
        return self.track.landmarks[first.index].astype(np.float64)

    def _chip_of(self, part: str, image: np.ndarray, points: np.ndarray) -> np.ndarray:
        return self.asked.recogniser.chip(only(image, points, part), points)
