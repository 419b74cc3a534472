"""Watching a recording once: everybody in it followed, cut out and read a few times a second."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mien.blendshapes.names import NAMES
from mien.blendshapes.scores import Blendshapes
from mien.emotion.classifier import EXPRESSIONS
from mien.emotion.framing import crop_of
from mien.encounter.observation import NOT_SEEN, Observation
from mien.encounter.opinions import Assess, Classifier, mixed, second_opinion
from mien.encounter.settings import AnalysisSettings
from mien.errors import NoFaceError, ParameterError
from mien.face.pose import head_pose
from mien.face.region import Region
from mien.progress import Progress
from mien.shortfall import Shortfall
from mien.tracking import FaceTrack, State, Tracker
from mien.video import Frame, Reader
from mien.workers import ahead

HIDDEN = "the face cannot be seen"
UNREAD = "the face was found too late"
_BATCH = 64  # faces looked at together
_TOWARDS_DEG = 15.0  # head and eyes turned aside by so much are turned to the other one
_LOOK_DEG = 30.0  # gaze at an eyeLook score of 1


@dataclass(frozen=True, eq=False)
class _Look:
    """What was read from one face at one moment."""

    region: Region
    """Where the face was."""
    probabilities: np.ndarray
    """Of `EXPRESSIONS`, shape (7,)."""
    reason: str | None
    """Why it cannot be assessed; None where it can."""


@dataclass(frozen=True, eq=False)
class Watched:
    """One recording, looked at a few times a second."""

    tracks: list[FaceTrack]
    """Everybody, the most present first."""
    times: np.ndarray
    """Of the moments looked at, seconds on the recording's clock, shape (n,)."""
    size: tuple[int, int]
    """Height and width of the picture, pixels."""
    looks: list[list[_Look]]
    """By moment, what was read from each face."""
    start: float
    """Of the recording, seconds."""
    end: float
    """Of the recording, seconds."""
    second: Classifier | None
    """Reads blendshapes, if there is a second opinion."""
    missing: Shortfall = field(default_factory=Shortfall)
    """How much of the recording could not be read."""

    def seconds(self, track: int) -> float:
        """How long somebody was followed."""
        if len(self.times) < 2:
            return 0.0
        step = (self.times[-1] - self.times[0]) / (len(self.times) - 1)
        return float(len(self.tracks[track].known()) * step)

    def observations(
        self, role: str, track: int, other: int | None, shift: float
    ) -> Iterator[Observation]:
        """One observation per moment."""
        person = self.tracks[track]
        height, width = self.size
        scores = Blendshapes.load().scores(person.landmarks[:], width, height)
        opinions = None
        if self.second is not None:
            opinions = np.full((len(scores), len(EXPRESSIONS)), np.nan)
            scored = np.isfinite(scores).all(1)
            if scored.any():
                opinions[scored] = second_opinion(self.second, scores[scored])
        for k, time in enumerate(self.times):
            if person.state[k] != State.TRACKED:
                reason = HIDDEN if person.state[k] == State.LOST else NOT_SEEN
                yield Observation(float(time + shift), role, reason=reason)
                continue
            points = person.landmarks[k].astype(np.float64)
            region = Region.around(points)
            look = next((one for one in self.looks[k] if one.region.same_place(region)), None)
            probabilities, reason = None, UNREAD
            if look is not None:
                probabilities, reason = look.probabilities, look.reason or ""
                if opinions is not None and np.isfinite(opinions[k]).all():
                    probabilities = mixed(probabilities, opinions[k])
            pose = head_pose(points)
            yield Observation(
                float(time + shift),
                role,
                None if reason else probabilities,
                scores[k] if np.isfinite(scores[k]).all() else None,
                pose,
                reason or None,
                _opening(points),
                None if other is None else self._towards(k, points, pose[0], scores[k], other),
            )

    def _towards(
        self, k: int, points: np.ndarray, yaw: float, scores: np.ndarray, other: int
    ) -> bool | None:
        their = self.tracks[other]
        if their.state[k] != State.TRACKED or not np.isfinite(scores).all():
            return None
        side = float(np.sign(their.landmarks[k, :, 0].mean() - points[:, 0].mean()))
        named = dict(zip(NAMES, scores, strict=True))
        eyes = _LOOK_DEG / 2 * (
            named["eyeLookOutLeft"] - named["eyeLookInLeft"]
            + named["eyeLookInRight"] - named["eyeLookOutRight"]
        )  # fmt: skip
        return bool(side * (yaw + eyes) > _TOWARDS_DEG)


def _opening(points: np.ndarray) -> float:
    """Of the lips, outer-eye distances."""
    eyes = float(np.linalg.norm(points[33] - points[263]))
    return float(np.linalg.norm(points[13] - points[14])) / max(eyes, 1e-9)


def _own_classifier() -> Classifier:
    from mien.emotion.classifier import EmotionClassifier

    return EmotionClassifier.load()


def _own_assessment() -> Assess:
    from mien.emotion.quality import assess_all

    return assess_all


class Watcher:
    """Follows and reads the faces of recordings; its models are loaded once."""

    def __init__(self, fps: float, settings: AnalysisSettings, report: Progress) -> None:
        from mien.models.landmarker import open_backend
        from mien.recognition.registry import joining

        self.classifier = settings.classifier or _own_classifier()
        self.second = settings.second
        self.assess = settings.assess or _own_assessment()
        self.fps = fps
        self.report = report
        self.recogniser = joining()
        landmarker = settings.landmarker
        self.backend = open_backend(None if landmarker is None else str(landmarker))

    def close(self) -> None:
        """Free the models."""
        self.backend.close()

    def describe_picture(self, path: str) -> np.ndarray:
        """The descriptor of the one face in a picture."""
        from mien.tracking.picture import one_face

        return self.recogniser.describe(*one_face(path, self.backend))

    def watch(self, source: Path) -> Watched:
        """Read a recording once."""
        times: list[float] = []
        looks: list[list[_Look]] = []
        waiting: list[tuple[int, np.ndarray, np.ndarray]] = []
        tracker = Tracker(self.backend, self.recogniser.describe)
        with Reader(source) as reader:
            size = (reader.info.height, reader.info.width)
            sampler = _Sampler(reader)
            for time, frame in ahead(sampler.sampled(self.fps)):
                for points in tracker.update(frame.image, frame.time):
                    waiting.append((len(times), points, crop_of(frame.image, points)))
                times.append(time)
                looks.append([])
                if len(waiting) >= _BATCH:
                    self._read(waiting, looks)
                self.report(f"watching {source.name}", sampler.frames, reader.info.frame_estimate)
        self._read(waiting, looks)
        tracks = [track for track in tracker.finish() if len(track.known())]
        if not tracks:
            raise NoFaceError(
                f"No face was found in {source.name}: check that it shows one, large enough and "
                "lit."
            )
        return Watched(
            tracks, np.array(times), size, looks, times[0], sampler.end, self.second,
            reader.missing or Shortfall(),
        )  # fmt: skip

    def _read(
        self, waiting: list[tuple[int, np.ndarray, np.ndarray]], looks: list[list[_Look]]
    ) -> None:
        if not waiting:
            return
        crops = [crop for _, _, crop in waiting]
        poses = [head_pose(points) for _, points, _ in waiting]
        boxes = [
            np.concatenate([points[:, :2].min(0), points[:, :2].max(0)]) for _, points, _ in waiting
        ]
        given = np.asarray(self.classifier.predict_proba(crops), np.float64)
        if given.shape != (len(crops), len(EXPRESSIONS)):
            raise ParameterError(
                f"The classifier answers with shape {given.shape}, not {(len(crops), 7)}."
            )
        judged = self.assess(crops, poses, boxes)
        for (k, points, _), probabilities, quality in zip(waiting, given, judged, strict=True):
            reason = None if quality.assessable else str(quality.reason or "not assessable")
            looks[k].append(_Look(Region.around(points), probabilities, reason))
        waiting.clear()


class _Sampler:
    """Passes on some of the frames of a recording, evenly, and knows when it ends."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.frames = 0
        self.end = 0.0

    def sampled(self, fps: float) -> Iterator[tuple[float, Frame]]:
        """Ticks of 1/fps from the first frame on, seconds, and the frame nearest to each.

        A tick is off its frame by half of the time between two frames at most.
        """
        first: float | None = None
        tick = 0
        last = step = 0.0

        def wanted(time: float) -> bool:
            nonlocal first, last, step
            if first is None:
                first = time
            else:
                step = time - last
            last = time
            self.frames += 1
            self.end = last + step
            return (time - first + step / 2) * fps >= tick

        for frame in self.reader.selected(wanted):
            assert first is not None
            tick = max(tick, math.floor((frame.time - first) * fps + 0.5))
            time = first + tick / fps
            tick += 1  # before the next frame is decoded
            yield time, frame
