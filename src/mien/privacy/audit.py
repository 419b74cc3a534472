"""Auditing somebody's de-identified clip against its original: two files in, a verdict out.

Nothing is taken from whoever made the result: people are tracked in the original, frames are paired
by time, and a face of the result is described where it is found as well as where the original's
was. Nor is the tracker believed: detectors of other families look at the original at four
rotations, and what they see there and nobody tracked must not be in the result as it was; whom they
see where somebody was tracked is described as they see them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from mien.data_frame import of_rows
from mien.errors import ParameterError, VideoError
from mien.face.region import Region
from mien.models.landmarker import Backend
from mien.models.sighting import Sighting
from mien.progress import Progress, silent
from mien.recognition.dlib_resnet import Dlib
from mien.recognition.lookout import Face, Lookout, Tally, close_up, same_face
from mien.recognition.recogniser import GLIMPSE, Recogniser, distances
from mien.recognition.spread import spread
from mien.recognition.verdict import Audit, audit
from mien.recognition.watch import Box, Watch, unaccounted
from mien.tracking import FaceTrack, State
from mien.tracking import follow as everybody
from mien.tracking.detection import Detector
from mien.video import Frame, Reader
from mien.video.pairing import partners
from mien.workers import ahead

if TYPE_CHECKING:
    import pandas

GALLERY = 48  # original frames of each person
PROBES = 60  # output frames of each person: none recognised means at most 5 % of all are
LEAST_CHANGED = 6  # further output frames: those in which the face differs least from the original
SCANNED = 60  # output frames that the independent detector sees, as many as are compared
UNTOUCHED = 4.0  # grey levels, mean: what re-encoding alone may change
_NOISE = 6.0  # grey levels: the same for each pixel and its neighbours
_FLAT = 3.0  # grey levels by which what is covered varies
_SIDE = 200  # pixels of a picture for the sheet
_COLUMNS = (
    *("person", "recogniser", "frames", "nearest", "mean", "threshold", "share_under"),
    *("share_upper", "rank1", "others", "untouched", "seen", "passed"),
)


@dataclass(frozen=True, eq=False)
class Asked:
    """A recogniser that judges, and among whom it has to pick a person."""

    recogniser: Recogniser
    """Describes faces."""
    others: np.ndarray | None = None
    """Its descriptors of other people, see `distractors`, shape (n, size)."""


@dataclass(frozen=True, eq=False)
class Pairing:
    """An original and what became of it, frame by frame."""

    tracks: list[FaceTrack]
    """Everybody in the original, the most present first."""
    times: np.ndarray
    """When the original's frames are shown, seconds, shape (n_frames,)."""
    others: np.ndarray
    """When the result's frames are shown, seconds, shape (m_frames,)."""
    partner: np.ndarray
    """The result's frame of each original frame, -1 for none, shape (n_frames,)."""
    notes: tuple[str, ...] = ()
    """What limits the comparison, a sentence each."""


@dataclass(frozen=True, eq=False)
class Pair:
    """One compared frame of one person. Its pictures show the patient."""

    frame: int
    """Number of the original frame."""
    distance: float
    """From the result to the nearest original frame of this person."""
    original: np.ndarray
    """The face in the original, RGB, shape (200, 200, 3), uint8."""
    result: np.ndarray
    """The same place in the result, RGB, shape (200, 200, 3), uint8."""


@dataclass(frozen=True, eq=False)
class Finding:
    """What was found about one person of the original."""

    audit: Audit
    """The recogniser's verdict; its frame numbers are the original's."""
    untouched: float
    """Share of the paired frames in which the face is as in the original, 0 to 1."""
    seen: float
    """Share of the frames chosen beforehand in which the result shows a face at all, 0 to 1."""
    pairs: list[Pair]
    """All frames compared, the nearest first."""
    gallery: np.ndarray
    """Descriptors of the original frames that each was compared with, shape (n, size)."""

    @property
    def passed(self) -> bool:
        """Whether the person is not recognised and no frame was left as it was."""
        return self.audit.passed and self.untouched == 0

    def as_dict(self) -> dict[str, Any]:
        """Numbers only, for JSON."""
        return {
            **self.audit.as_dict(),
            "untouched": self.untouched,
            "seen": self.seen,
            "passed": self.passed,
        }


@dataclass(frozen=True, eq=False)
class Verdict:
    """What was found about a de-identified clip."""

    findings: list[Finding]
    """One for each person that could be compared, by each recogniser in turn."""
    residual: dict[int, list[Box]]
    """Faces of the result where the original has no tracked person: by frame of the original,
    pixels of the result."""
    scanned: int
    """Frames that were searched for such faces."""
    paired: int
    """Original frames that have a partner in the result."""
    frames: int
    """Frames of the original."""
    notes: list[str] = field(default_factory=list)
    """What limits the comparison, a sentence each."""
    tally: Tally = field(default_factory=Tally)
    """What detectors that do not track looked at in the original, and saw."""

    @property
    def passed(self) -> bool:
        """Whether nobody is recognised, left untouched or found where nobody was tracked."""
        return not self.residual and all(found.passed for found in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """Numbers only, for JSON."""
        return {
            "passed": self.passed,
            "people": [found.as_dict() for found in self.findings],
            "residual": {
                "frames": self.scanned,
                **self.tally.as_dict(),
                "found": [
                    {"frame": frame, "boxes": [list(box) for box in boxes]}
                    for frame, boxes in self.residual.items()
                ],
            },
            "frames": self.frames,
            "paired": self.paired,
            "notes": self.notes,
        }

    def to_frame(self) -> pandas.DataFrame:
        """A row for each person and recogniser: who, how near, how often recognised, and so on.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed.
        """
        return of_rows([found.as_dict() for found in self.findings], _COLUMNS)


def audit_pair(
    original: str | os.PathLike[str],
    deidentified: str | os.PathLike[str],
    asked: Sequence[Asked],
    backend: Backend,
    progress: Progress | None = None,
    pairing: Pairing | None = None,
) -> Verdict:
    """Compare a de-identified clip with its original.

    Frames are paired by their time since the first frame. The result may have another size or
    frame rate.

    Parameters
    ----------
    original, deidentified : path
        The clips; only read.
    asked : sequence of Asked
        The recognisers, at least one; each judges by itself.
    backend : Backend
        Finds landmarks.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.
    pairing : Pairing, optional
        What `pair` found about these clips, if that is known.

    Raises
    ------
    VideoError
        If a clip cannot be read.
    NoFaceError
        If the original shows no face.
    ParameterError
        If no frame of one clip belongs to a frame of the other, or nobody can be compared.
    """
    report = progress or silent
    original, deidentified = Path(original), Path(deidentified)
    if pairing is None:
        pairing = pair(original, deidentified, *follow(original, backend, report), report)
    tracks, partner, notes = pairing.tracks, pairing.partner, list(pairing.notes)
    compared = [
        track
        for track in tracks
        if len(np.intersect1d(track.known(), np.flatnonzero(partner >= 0)))
    ]
    people = [_Subject.of(track, partner, one) for one in asked for track in compared]
    if not people:
        raise ParameterError(
            f"No frame of {deidentified.name} belongs to a face of {original.name}: name two clips "
            "of the same recording."
        )
    if len(compared) < len(tracks):
        notes.append(
            f"{len(tracks) - len(compared)} of {len(tracks)} people could not be compared: no "
            "frame with them is in the de-identified clip."
        )
    scan = set(_even(np.flatnonzero(partner >= 0), SCANNED))
    residual: dict[int, list[Box]] = {}
    watch, detector = Watch(), Detector()
    lookout, tally, turns = Lookout(), Tally(), iter(range(len(scan)))
    try:
        for first, second in _side_by_side(original, deidentified, partner):
            frame = first.index
            for person in people:
                if frame in person.gallery:
                    points = person.track.landmarks[frame].astype(np.float64)
                    person.originals += person.asked.recogniser.views(first.image, points)
            report("comparing", frame + 1, len(partner))
            if second is None:
                continue
            scale = _scale(first, second)
            if frame in scan:
                extra = unaccounted(watch.find(second.image), places(tracks, frame, scale))
                turn = next(turns)
                seen = lookout.search(first.image, turn, tally)
                extra += _left(first, second, tracks, seen, lookout, tally, asked[0].recogniser)
                if turn % 4 == 0:
                    for person in people:
                        person.glimpse(first, second, seen)
                if extra:
                    residual[frame] = extra
            looked = None
            for person in people:
                person.compare(first, second)
                if frame in person.probes:
                    looked = looked or _faces(second.image, detector, backend)
                    person.probe(first, second, scale, looked, people)
    finally:
        detector.close()
        lookout.close()
    findings = [person.finish() for person in people]
    paired = int((partner >= 0).sum())
    return Verdict(findings, residual, len(scan), paired, len(partner), notes, tally)


def follow(
    original: str | os.PathLike[str], backend: Backend, progress: Progress | None = None
) -> tuple[list[FaceTrack], np.ndarray]:
    """Find everybody in a clip.

    Parameters
    ----------
    original : path
        The clip; only read.
    backend : Backend
        Finds landmarks.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    tracks : list of FaceTrack
        The most present first, at least one.
    times : np.ndarray [shape=(n_frames,)]
        When each frame is shown, seconds.

    Raises
    ------
    VideoError
        If the clip cannot be read.
    NoFaceError
        If it shows no face.
    """
    # the tracker's thresholds for joining people are dlib's
    found = everybody.follow(original, backend, Dlib().describe, progress)
    if not found.tracks:
        raise found.nobody()
    return found.tracks, found.times


def pair(
    original: str | os.PathLike[str],
    deidentified: str | os.PathLike[str],
    tracks: list[FaceTrack],
    times: np.ndarray,
    progress: Progress | None = None,
) -> Pairing:
    """Find the frames of a result that belong to those of its original.

    Parameters
    ----------
    original, deidentified : path
        The clips; only read.
    tracks, times
        What `follow` found in the original.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Raises
    ------
    VideoError
        If a clip cannot be read.
    """
    report = progress or silent
    partner, others, notes = _partners(Path(original), Path(deidentified), times, report)
    return Pairing(tracks, times, others, partner, tuple(notes))


def _partners(
    original: Path, deidentified: Path, times: np.ndarray, report: Progress
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """For each original frame the number of its partner, -1 for none; the times of the result's
    frames; and what to know about it."""
    notes = []
    with Reader(deidentified) as reader:
        read = []
        for time in reader.timestamps():
            read.append(time)
            report("pairing", len(read), reader.info.frame_estimate)
        others = np.array(read)
        ours, theirs = _size(original), (reader.info.width, reader.info.height)
    if abs(np.log((theirs[0] / theirs[1]) / (ours[0] / ours[1]))) > 0.02:
        notes.append(
            f"The pictures have different shapes ({ours[0]}x{ours[1]} and {theirs[0]}x{theirs[1]}):"
            " faces are looked for as if one had been stretched to the other."
        )
    partner = partners(times, others)
    if len(times) == len(others):
        return partner, others, notes
    notes.append(
        f"The clips have {len(times)} and {len(others)} frames: paired by time, "
        f"{int((partner >= 0).sum())} of {len(times)} have a partner."
    )
    return partner, others, notes


def _size(path: Path) -> tuple[int, int]:
    with Reader(path) as reader:
        return reader.info.width, reader.info.height


def _side_by_side(
    original: Path, deidentified: Path, partner: np.ndarray
) -> Iterator[tuple[Frame, Frame | None]]:
    """Each original frame with its partner, None if it has none."""
    with Reader(original) as first, Reader(deidentified) as second:
        theirs = iter(second)
        current = next(theirs, None)
        for frame, wanted in zip(ahead(first), partner, strict=False):
            while current is not None and current.index < wanted:
                current = next(theirs, None)
            if current is None:
                raise VideoError(
                    f"{deidentified.name} changed while it was read: leave it alone and run again."
                )
            yield frame, current if wanted >= 0 else None


def _left(
    first: Frame,
    second: Frame,
    tracks: list[FaceTrack],
    seen: list[Sighting],
    lookout: Lookout,
    tally: Tally,
    recogniser: Recogniser,
) -> list[Box]:
    """Faces that are left where nobody was tracked, in the result's pixels.

    What was tracked is compared frame by frame, see `_Subject`.
    """
    faces = [
        Face(Region.around(track.landmarks[first.index]), spared=True)
        for track in tracks
        if track.state[first.index] in (State.TRACKED, State.INTERPOLATED)
    ]
    other = _as_large(second.image, first.image)
    found = lookout.left(first.image, other, seen, faces, tally, recogniser, _NOISE)
    across, down = _scale(first, second)[:2]
    return [
        Box(
            round(box.left * across),
            round(box.top * down),
            round(box.right * across),
            round(box.bottom * down),
        )
        for box in found
    ]


def _as_large(image: np.ndarray, other: np.ndarray) -> np.ndarray:
    """A picture in the size of another one."""
    if image.shape == other.shape:
        return image
    return cv2.resize(image, other.shape[1::-1], interpolation=cv2.INTER_AREA)


def _scale(first: Frame, second: Frame) -> np.ndarray:
    """Pixels of the result per pixel of the original: across, down, in depth."""
    scale = np.array(second.image.shape[1::-1]) / np.array(first.image.shape[1::-1])
    return np.append(scale, scale.mean())


def _even(numbers: np.ndarray, count: int) -> list[int]:
    """At most `count` of some numbers, at even steps."""
    steps = np.linspace(0, len(numbers) - 1, min(count, len(numbers)))
    return [int(n) for n in numbers[steps.round().astype(int)]]


def places(tracks: list[FaceTrack], frame: int, scale: np.ndarray) -> list[np.ndarray]:
    """Boxes of everybody tracked in an original frame, in the result's pixels.

    Parameters
    ----------
    tracks : list of FaceTrack
        Whom.
    frame : int
        Number of the original's frame.
    scale : np.ndarray [shape=(2,) or more]
        Pixels of the result per pixel of the original, across and down.

    Returns
    -------
    boxes : list of np.ndarray [shape=(4,)]
        Left, top, right, bottom.
    """
    boxes = []
    for track in tracks:
        if track.state[frame] in (State.TRACKED, State.INTERPOLATED):
            points = track.landmarks[frame, :, :2] * scale[:2]
            boxes.append(np.concatenate([points.min(0), points.max(0)]))
    return boxes


def _faces(image: np.ndarray, detector: Detector, backend: Backend) -> list[np.ndarray]:
    """Landmarks of the faces that a frame shows by itself, whichever way up."""
    seen = [s.region for s in detector.see(image) + detector.see_turned(image)]
    return [points for points in backend.measure(image, seen) if points is not None]


@dataclass(frozen=True, eq=False)
class _Suspect:
    """A frame that is compared besides those chosen beforehand: a face changed little in it, or
    other detectors saw it there."""

    difference: float
    """Grey levels; not known of a frame that was compared for another reason."""
    chip: np.ndarray
    pictures: tuple[int, np.ndarray, np.ndarray]


@dataclass
class _Subject:
    """One person of the original, for one recogniser, while the clips are compared."""

    track: FaceTrack
    asked: Asked
    gallery: set[int]
    probes: set[int]
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
    def of(cls, track: FaceTrack, partner: np.ndarray, asked: Asked) -> _Subject:
        """Choose the frames: all poses for the gallery, those and even steps for the probes."""
        tracked = np.flatnonzero(track.state == State.TRACKED)
        seen = track.known()[partner[track.known()] >= 0]
        gallery = tracked[spread(track.landmarks[tracked], GALLERY)]
        probes = seen[spread(track.landmarks[seen], PROBES // 2)]
        rest = np.setdiff1d(seen, probes)
        more = _even(rest, PROBES - len(probes)) if len(rest) else []
        return cls(track, asked, set(gallery.tolist()), {*probes.tolist(), *more})

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
        other = _as_large(second.image, first.image)
        self.compared += 1
        difference = cv2.absdiff(first.image[top:bottom, left:right], other[top:bottom, left:right])
        self.untouched += int(difference.mean() < UNTOUCHED)
        self._suspect(float(difference.mean()), first, second)

    def _suspect(self, difference: float, first: Frame, second: Frame) -> None:
        """Keep the frames that changed least: wherever a replacement failed, it is there."""
        if first.index in self.probes:
            return
        if len(self.least) >= LEAST_CHANGED and difference >= self.least[-1].difference:
            return
        here = self.track.landmarks[first.index].astype(np.float64)
        there = here * _scale(first, second)
        pictures = (first.index, _picture(first.image, here), _picture(second.image, there))
        chip = self.asked.recogniser.chip(second.image, there)
        self.least.append(_Suspect(difference, chip, pictures))
        self.least.sort(key=lambda suspect: suspect.difference)
        del self.least[LEAST_CHANGED:]

    def probe(
        self,
        first: Frame,
        second: Frame,
        scale: np.ndarray,
        looked: list[np.ndarray],
        people: list[_Subject],
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
        other = _as_large(second.image, first.image)
        before, after = (
            self.asked.recogniser.glimpse(close_up(picture, near[0], GLIMPSE))
            for picture in (first.image, other)
        )
        self.originals.append(before)
        there = here * _scale(first, second)
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
        covered = [
            _covered(chip, self.pictures[owner][1])
            for chip, owner in zip(self.chips, self.owners, strict=True)
        ]
        results[covered] = -originals.mean(0)  # nobody is there: as far away as can be
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


def _covered(chip: np.ndarray, original: np.ndarray) -> bool:
    """Whether a chip is of one colour but for an encoder's noise, where the original is not: a face
    in the dark is not covered, and can be made brighter."""
    now, before = (
        picture.reshape(-1, picture.shape[-1]).std(0).max() for picture in (chip, original)
    )
    return bool(now < _FLAT and before > 4 * _FLAT)


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
