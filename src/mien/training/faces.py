"""What motion is learned from: faces of clips, each cut out as the engine will cut them out."""

from __future__ import annotations

import hashlib
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from mien.engines.motion.portrait import Crop
from mien.errors import FormatError, NoFaceError, ParameterError
from mien.face.model import FaceModel
from mien.models.landmarker import open_backend
from mien.phantom import Phantom, Script
from mien.progress import Progress, silent
from mien.tracking.follow import follow
from mien.tracking.picture import one_face
from mien.tracking.track import State
from mien.video import Reader
from mien.video.clips import clips_in

_PICTURES = (".jpg", ".jpeg", ".png")
_HOLD_OUT = 8  # of so many clips one judges and teaches nothing


@dataclass(frozen=True, eq=False)
class Faces:
    """One person's face a clip, in some of its frames."""

    clips: tuple[np.ndarray, ...]
    """RGB of each clip's faces, in order, shape (n_frames, side, side, 3), uint8; two at least."""
    names: tuple[str, ...]
    """Of the clips."""
    points: tuple[np.ndarray, ...] = ()
    """Landmarks of each clip's faces, pixels of their pictures, shape (n_frames, 478, 3), float32;
    empty where nobody needs them."""

    def __post_init__(self) -> None:
        if not self.clips:
            raise ParameterError("There is no clip to learn from: give a folder with some.")

    @cached_property
    def checksum(self) -> str:
        """By which it is known whether training goes on with what it began with."""
        found = hashlib.sha256()
        for clip in self.clips:
            found.update(str(clip.shape).encode())
            found.update(np.ascontiguousarray(clip).data)
        return found.hexdigest()

    @property
    def taught(self) -> tuple[np.ndarray, ...]:
        """Clips that teach."""
        return self.clips[: len(self.clips) - self._held]

    @property
    def judging(self) -> tuple[np.ndarray, ...]:
        """Clips that judge: people who were not learned from, or, of few clips, those that were."""
        return self.clips[-self._held :] if self._held else self.clips

    @property
    def taught_points(self) -> tuple[np.ndarray, ...]:
        """Landmarks of the clips that teach."""
        return self.points[: len(self.taught)]

    @property
    def judging_points(self) -> tuple[np.ndarray, ...]:
        """Landmarks of the clips that judge."""
        return self.points[-len(self.judging) :]

    @property
    def _held(self) -> int:
        return len(self.clips) // _HOLD_OUT


def of_folder(folder: Path, side: int, frames: int = 64, progress: Progress | None = None) -> Faces:
    """Cut the most present person's face out of every clip in a folder, and out of pictures.

    Parameters
    ----------
    folder : Path
        Holds clips, or a folder of pictures for each person (VGGFace2's layout), or both. Pictures
        that show no face, or several, are passed over.
    side : int
        Pixels along a side of a picture.
    frames : int
        Of a clip or a person at most, spread over all.
    progress : callable, optional
        Told how far it has come.

    Raises
    ------
    ParameterError
        If it is no folder, or nobody in it is seen twice.
    VideoError
        If a clip cannot be read.
    """
    report = progress or silent
    people = [] if not folder.is_dir() else sorted(filter(_holds_pictures, folder.iterdir()))
    paths = [*clips_in(folder).values(), *people]
    clips, names, points = [], [], []
    for number, path in enumerate(paths):
        report("people measured", number, len(paths))
        found = (_of_person if path.is_dir() else _of_clip)(path, side, frames)
        if found is not None:
            clips.append(found[0])
            points.append(found[1])
            names.append(path.name)
    if not clips:
        raise ParameterError(
            f"No clip or folder of pictures in {folder} shows a face in two frames: give a folder "
            "with clips of faces."
        )
    return Faces(tuple(clips), tuple(names), tuple(points))


def _of_clip(path: Path, side: int, frames: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Faces of one clip and their landmarks; None where fewer than two are seen."""
    with closing(open_backend(None)) as backend:
        try:
            followed = follow(path, backend)
        except NoFaceError:
            return None
    if not followed.tracks:
        return None
    track = followed.tracks[0]
    seen = np.flatnonzero(track.state == State.TRACKED)
    if len(seen) < 2:
        return None
    some = np.unique(np.linspace(0, len(seen) - 1, min(len(seen), frames)).round().astype(int))
    wanted = {int(frame) for frame in seen[some]}
    alpha = FaceModel.load().fit(track.landmarks[seen[some]].astype(np.float64))
    faces = []
    with Reader(path) as reader:
        for number, frame in enumerate(reader):
            if number in wanted:
                faces.append(_cut(frame.image, track.landmarks[number], alpha, side))
    pictures, points = zip(*faces, strict=True)
    return np.stack(pictures), np.stack(points)


def _of_person(folder: Path, side: int, frames: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Faces of one person's pictures and their landmarks; None where fewer than two are seen."""
    pictures = _pictures(folder)
    spread = np.linspace(0, len(pictures) - 1, min(len(pictures), frames)).round().astype(int)
    seen = []
    with closing(open_backend(None)) as backend:
        for number in spread:
            with suppress(NoFaceError, ParameterError, FormatError):
                seen.append(one_face(pictures[number], backend))
    if len(seen) < 2:
        return None
    alpha = FaceModel.load().fit(np.stack([points for _, points in seen]).astype(np.float64))
    cut, points = zip(*(_cut(image, at, alpha, side) for image, at in seen), strict=True)
    return np.stack(cut), np.stack(points)


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in _PICTURES)


def _holds_pictures(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".") and bool(_pictures(path))


def _cut(
    image: np.ndarray, landmarks: np.ndarray, alpha: np.ndarray, side: int
) -> tuple[np.ndarray, np.ndarray]:
    """One face and its landmarks in it."""
    landmarks = landmarks.astype(np.float64)
    crop = Crop.around(landmarks, alpha)
    return crop.of(image, side), crop.inwards(landmarks, side).astype(np.float32)


def of_phantoms(
    people: int, side: int, frames: int = 64, seed: int = 0, progress: Progress | None = None
) -> Faces:
    """Draw synthetic people who blink, smile, speak and move, and cut out their faces.

    Parameters
    ----------
    people : int
        How many.
    side : int
        Pixels along a side of a picture.
    frames : int
        Of each of them.
    seed : int
        Decides who they are and what they do.
    progress : callable, optional
        Told how far it has come.
    """
    report = progress or silent
    clips, points = [], []
    for number in range(people):
        report("people drawn", number, people)
        pictures, landmarks = _of_phantom(script(number, frames, seed), side)
        clips.append(pictures)
        points.append(landmarks)
    names = tuple(f"phantom {number}" for number in range(people))
    return Faces(tuple(clips), names, tuple(points))


def script(number: int, frames: int, seed: int) -> Script:
    """What one of the synthetic people does: all that a face does, in little time."""
    seconds = frames / 10
    rng = np.random.default_rng([seed, number])
    blinks = np.arange(0.4, seconds, 0.9) + rng.uniform(-0.2, 0.2)
    return Script(
        seconds=seconds,
        fps=10,
        width=224,
        height=224,
        blinks=tuple(float(time) for time in blinks if 0 < time < seconds),
        smile=(0.1 * seconds, 0.45 * seconds),
        speech=(0.5 * seconds, 0.95 * seconds),
        head_motion=float(rng.uniform(0.3, 1.0)),
        asymmetry=float(rng.choice([0.0, 0.0, rng.uniform(0.2, 1.0)])),
        weak_side="left" if rng.random() < 0.5 else "right",
        light=0.1,
        seed=int(rng.integers(1 << 31)),
    )


def _of_phantom(told: Script, side: int) -> tuple[np.ndarray, np.ndarray]:
    phantom = Phantom(told)
    pictures = [frame.image for frame in phantom]
    (person,) = phantom.truth.people
    truth = np.asarray(person.landmarks, np.float64)
    alpha = FaceModel.load().fit(truth)
    faces = [_cut(picture, at, alpha, side) for picture, at in zip(pictures, truth, strict=True)]
    cut, points = zip(*faces, strict=True)
    return np.stack(cut), np.stack(points)
