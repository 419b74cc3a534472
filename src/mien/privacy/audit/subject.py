"""One person of the original, for one recogniser, while the clips are compared."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mien.face.region import Region
from mien.models.sighting import Sighting
from mien.privacy.audit.pairing import as_large, scale_between
from mien.privacy.audit.sampling import Sampling, even
from mien.privacy.audit.verdict import Finding, Pair
from mien.recognition.lookout import close_up, same_face
from mien.recognition.recogniser import GLIMPSE, Recogniser, distances
from mien.recognition.spread import spread_frames
from mien.recognition.verdict import audit
from mien.tracking import FaceTrack, State
from mien.video import Frame

_UNTOUCHED = 4.0  # grey levels, mean: what re-encoding alone may change
_FLAT = 3.0  # grey levels by which what is covered varies
_SIDE = 200  # pixels of a picture for the sheet


@dataclass(frozen=True, eq=False)
class Asked:
    """A recogniser that judges, and among whom it has to pick a person."""

    recogniser: Recogniser
    """Describes faces."""
    others: np.ndarray | None = None
    """Its descriptors of other people, see `distractors`, shape (n, size)."""


@dataclass(frozen=True, eq=False)
class _Suspect:
    """A frame that is compared besides those chosen beforehand: a face changed little in it, or
    other detectors saw it there."""

    difference: float
    """Grey levels; not known of a frame that was compared for another reason."""
    chip: np.ndarray
    pictures: tuple[int, np.ndarray, np.ndarray]


@dataclass
class Subject:
    """One person of the original, for one recogniser, while the clips are compared."""

    track: FaceTrack
    asked: Asked
    gallery: set[int]
    probes: set[int]
    spare: int
    """Frames that are compared besides `probes`, those that changed least."""
    originals: list[np.ndarray] = field(default_factory=list)
    chips: list[np.ndarray] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    """Which of `pictures` each chip belongs to."""
    pictures: list[tuple[int, np.ndarray, np.ndarray]] = field(default_factory=list)
    untouched: int = 0
    compared: int = 0
    seen: int = 0
    least: list[_Suspect] = field(default_factory=list)
    glimpses: list[_Suspect] = field(default_factory=list)

    @classmethod
    def of(cls, track: FaceTrack, partner: np.ndarray, asked: Asked, sampling: Sampling) -> Subject:
        """Choose the frames: all poses for the gallery, those and even steps for the probes."""
        tracked = np.flatnonzero(track.state == State.TRACKED)
        seen = track.known()[partner[track.known()] >= 0]
        gallery = spread_frames(track.landmarks, tracked, sampling.gallery)
        probes = spread_frames(track.landmarks, seen, sampling.probes // 2)
        rest = np.setdiff1d(seen, probes)
        more = even(rest, sampling.probes - len(probes)) if len(rest) else []
        chosen = {*probes.tolist(), *more}
        return cls(track, asked, set(gallery.tolist()), chosen, sampling.least_changed)

    def remember(self, first: Frame) -> None:
        """Cut the face out of the original where the frame was chosen for the gallery."""
        if first.index in self.gallery:
            points = self.track.landmarks[first.index].astype(np.float64)
            self.originals += self.asked.recogniser.views(first.image, points)

    def compare(self, first: Frame, second: Frame) -> None:
        """Note whether the face is as it was."""
        if self.track.state[first.index] not in (State.TRACKED, State.INTERPOLATED):
            return
        points = self.track.landmarks[first.index, :, :2]
        low, high = points.min(0), points.max(0)
        inner = np.concatenate([low + 0.2 * (high - low), high - 0.2 * (high - low)])
        height, width = first.image.shape[:2]
        left, top, right, bottom = inner.round().astype(int).clip(0, [width, height] * 2)
        if right - left < 4 or bottom - top < 4:
            return
        other = as_large(second.image, first.image)
        self.compared += 1
        difference = cv2.absdiff(first.image[top:bottom, left:right], other[top:bottom, left:right])
        self.untouched += int(difference.mean() < _UNTOUCHED)
        self._suspect(float(difference.mean()), first, second)

    def _suspect(self, difference: float, first: Frame, second: Frame) -> None:
        """Keep the frames that changed least: wherever a replacement failed, it is there."""
        if first.index in self.probes:
            return
        if len(self.least) >= self.spare and difference >= self.least[-1].difference:
            return
        here = self.track.landmarks[first.index].astype(np.float64)
        there = here * scale_between(first, second)
        pictures = (first.index, _picture(first.image, here), _picture(second.image, there))
        chip = self.asked.recogniser.chip(second.image, there)
        self.least.append(_Suspect(difference, chip, pictures))
        self.least.sort(key=lambda suspect: suspect.difference)
        del self.least[self.spare :]

    def probe(
        self,
        first: Frame,
        second: Frame,
        scale: np.ndarray,
        looked: list[np.ndarray],
        people: list[Subject],
    ) -> None:
        """Cut the face out of the result: where the original's was, and where one is found."""
        here = self.track.landmarks[first.index].astype(np.float64)
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
        self.seen += len(candidates) > 1
        for points in candidates:
            for view in self.asked.recogniser.views(second.image, points):
                self.chips.append(view)
                self.owners.append(len(self.pictures))
        self.pictures.append(
            (first.index, _picture(first.image, here), _picture(second.image, there))
        )

    def glimpse(self, first: Frame, second: Frame, seen: list[Sighting]) -> None:
        """Describe the face where detectors see it that do not track, in both clips."""
        if not np.isfinite(self.track.landmarks[first.index]).all():
            return
        here = self.track.landmarks[first.index].astype(np.float64)
        own = Region.around(here)
        near = [s for s in seen if same_face(own, s)]
        if not near:
            return
        other = as_large(second.image, first.image)
        before, after = (
            self.asked.recogniser.glimpse(close_up(picture, near[0], GLIMPSE))
            for picture in (first.image, other)
        )
        self.originals.append(before)
        there = here * scale_between(first, second)
        pictures = (first.index, _picture(first.image, here), _picture(second.image, there))
        self.glimpses.append(_Suspect(np.nan, after, pictures))

    def finish(self) -> Finding:
        """Describe everything and judge: of each frame the view nearest to the person counts."""
        recogniser = self.asked.recogniser
        seen = self.seen / len(self.pictures)
        for suspect in self.least + self.glimpses:
            self.chips.append(suspect.chip)
            self.owners.append(len(self.pictures))
            self.pictures.append(suspect.pictures)
        originals = _describe(recogniser, self.originals)
        results = _describe(recogniser, self.chips)
        hidden = [
            covered(chip, self.pictures[owner][1])
            for chip, owner in zip(self.chips, self.owners, strict=True)
        ]
        results[hidden] = -originals.mean(0)  # nobody is there: as far away as can be
        distance = distances(results, originals).min(1)
        owners = np.array(self.owners)
        best = np.array(
            [
                np.flatnonzero(owners == k)[distance[owners == k].argmin()]
                for k in range(len(self.pictures))
            ]
        )
        frames = [frame for frame, _, _ in self.pictures]
        pairs = [
            Pair(frame, round(float(distance[b]), 4), here, there)
            for b, (frame, here, there) in zip(best, self.pictures, strict=True)
        ]
        return Finding(
            audit(
                self.track.person,
                originals,
                results[best],
                recogniser,
                frames=frames,
                others=self.asked.others,
            ),
            round(self.untouched / max(self.compared, 1), 4),
            round(seen, 4),
            sorted(pairs, key=lambda pair: pair.distance),
            originals,
        )


def covered(chip: np.ndarray, original: np.ndarray) -> bool:
    """Whether a chip is of one colour but for an encoder's noise, where the original is not: a face
    in the dark is not covered, and can be made brighter."""
    return _unevenness(chip) < _FLAT and _unevenness(original) > 4 * _FLAT


def _unevenness(picture: np.ndarray) -> float:
    """Standard deviation of the channel in which it is largest, grey levels."""
    return float(cv2.meanStdDev(picture)[1].max())


def _describe(recogniser: Recogniser, chips: list[np.ndarray]) -> np.ndarray:
    """Descriptors of many chips, a few at a time, shape (n, size)."""
    return np.concatenate(
        [recogniser.describe_all(chips[k : k + 16]) for k in range(0, len(chips), 16)]
    )


def _picture(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """A square picture of a head, grey where it leaves the frame."""
    low, high = landmarks[:, :2].min(0), landmarks[:, :2].max(0)
    centre, side = (low + high) / 2, 1.5 * float((high - low).max())
    scale = _SIDE / max(side, 1.0)
    shift = _SIDE / 2 - centre * scale
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.warpAffine(image, matrix, (_SIDE, _SIDE), flags=how, borderValue=(118, 118, 118))
