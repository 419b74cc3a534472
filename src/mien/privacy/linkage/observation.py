"""What an attacker takes from a clip: one face, how it looks and how it moves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mien.errors import NoFaceError
from mien.face.model import FaceModel
from mien.face.region import Region
from mien.models.landmarker import Backend
from mien.progress import Progress
from mien.recognition.recogniser import Recogniser
from mien.tracking import FaceTrack, State
from mien.tracking.follow import Following

PICTURE = 75  # pixels; side of the aligned pictures that are kept for the reversal
_LOOKS = 12  # frames of a clip that the recogniser sees, at most twice as many


@dataclass(frozen=True, eq=False)
class Observation:
    """One face in a clip, or in a stretch of one, as an attacker sees it."""

    times: np.ndarray
    """Frames in which the face is known, seconds, increasing, shape (n,)."""
    expression: np.ndarray
    """Expression coefficients, 0 to 1, shape (n, 52)."""
    pose: np.ndarray
    """Yaw, pitch and roll in radians, place across and down in outer-eye distances, and the
    logarithm of the size, shape (n, 6)."""
    looked: np.ndarray
    """Frames that the recogniser saw, seconds, shape (k,)."""
    descriptors: np.ndarray
    """What it said, shape (k, 128)."""
    pictures: np.ndarray
    """The aligned faces that it saw, made smaller, shape (k, 75, 75, 3), uint8."""

    @property
    def mean(self) -> np.ndarray:
        """Mean descriptor, shape (128,)."""
        return np.asarray(self.descriptors.mean(0))

    def between(self, start: float, end: float) -> Observation:
        """The stretch from one share of the clip to another, both 0 to 1."""
        first, length = self.times[0], self.times[-1] - self.times[0]
        # the last frame belongs to the last stretch
        low, high = first + start * length, first + end * length + (1e-6 if end >= 1 else 0)
        seen = (self.times >= low) & (self.times < high)
        looked = (self.looked >= low) & (self.looked < high)
        return Observation(
            self.times[seen],
            self.expression[seen],
            self.pose[seen],
            self.looked[looked],
            self.descriptors[looked],
            self.pictures[looked],
        )


Kept = list[tuple[int, list[tuple[np.ndarray, np.ndarray]]]]
"""Numbers of frames, and landmarks and chip of every face in each."""


def _of_track(track: FaceTrack, kept: Kept) -> tuple[list[int], list[np.ndarray]]:
    """In which frames the face of a track was seen, and its chips."""
    where: list[int] = []
    chips: list[np.ndarray] = []
    for index, faces_of in kept:
        if track.state[index] != State.TRACKED:
            continue
        here = Region.around(track.landmarks[index])
        for points, chip in faces_of:
            if here.same_place(Region.around(points)):
                where.append(index)
                chips.append(chip)
                break
    return where, chips


def observe(
    path: Path, backend: Backend, recogniser: Recogniser, progress: Progress | None = None
) -> Observation:
    """Measure the most present face of a clip.

    Parameters
    ----------
    path : Path
        The clip.
    backend : Backend
        Measures landmarks.
    recogniser : Recogniser
        Describes faces.
    progress : callable, optional
        Called as ``progress("measuring", done, total)``.

    Raises
    ------
    NoFaceError
        If no face is found in it.
    VideoError
        If it cannot be read.
    """
    following = Following(path, backend, progress=progress)
    kept: Kept = []
    stride = 1
    for frame, faces in following:
        if frame.index % stride == 0:
            cut = [(points, recogniser.chip(frame.image, points)) for points in faces]
            kept.append((frame.index, cut))
            if len(kept) > 2 * _LOOKS:  # so that memory does not grow with the clip
                stride *= 2
                kept = [entry for entry in kept if entry[0] % stride == 0]
    found = following.finish()
    if not found.tracks:
        raise NoFaceError(
            f"No face was found in {path}: linkage is measured on clips with a face, so take it "
            "out."
        )
    track = found.tracks[0]
    where, chips = _of_track(track, kept)
    if not chips:
        raise NoFaceError(
            f"The face in {path} is seen too seldom to be described: take the clip out."
        )
    known = track.known()
    expression, pose = _motion(track.landmarks[known])
    time = found.times
    small = [cv2.resize(chip, (PICTURE, PICTURE), interpolation=cv2.INTER_AREA) for chip in chips]
    return Observation(
        time[known],
        expression,
        pose,
        time[where],
        recogniser.describe_all(chips),
        np.stack(small),
    )


def _motion(landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expression (n, 52) and pose (n, 6) of landmarks of shape (n, 478, 3)."""
    model = FaceModel.load()
    alpha = model.fit(landmarks)
    expression = np.empty((len(landmarks), len(model.expression_names)), np.float32)
    pose = np.empty((len(landmarks), 6), np.float32)
    for k, points in enumerate(landmarks):
        solution = model.solve(points, alpha)
        turn = solution.pose.rotation
        expression[k] = solution.beta
        pose[k, 0] = np.arctan2(turn[0, 2], turn[2, 2])
        pose[k, 1] = np.arcsin(np.clip(-turn[1, 2], -1, 1))
        pose[k, 2] = np.arctan2(turn[1, 0], turn[1, 1])
        pose[k, 3:5] = solution.pose.translation[:2]
        pose[k, 5] = solution.pose.scale
    pose[:, 3:5] /= np.median(pose[:, 5])
    pose[:, 5] = np.log(pose[:, 5])
    return expression, pose
