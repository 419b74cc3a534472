"""Reading one person in one clip, frame by frame: pixels in, a `Reading` out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import repeat

import cv2
import numpy as np

from mien.emotion.classifier import EXPRESSIONS, EmotionClassifier
from mien.emotion.framing import crop_of
from mien.face.region import Region
from mien.fidelity.reading import Reading
from mien.fidelity.skin import skin_colour
from mien.fidelity.surface import WIDTH, surface
from mien.models.dlib_points import fit_face
from mien.models.landmarker import Backend
from mien.models.pose import Pose
from mien.video import Frame

_CHANGE = 48  # pixels of the side of the picture of a face in which changes are looked for

_BATCH = 32  # faces whose expression is named together

_Row = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float, np.ndarray]
_NOTHING: _Row = (
    np.full((68, 2), np.nan),
    np.full((478, 3), np.nan),
    np.full((18, 3), np.nan),
    np.full(3, np.nan),
    np.nan,
    np.full(WIDTH, np.nan),
)


@dataclass(frozen=True, eq=False)
class Place:
    """Where a face is looked for in a frame."""

    box: np.ndarray
    """Left, top, right, bottom, pixels, shape (4,)."""
    region: Region
    """The same turned with the head."""

    @staticmethod
    def around(landmarks: np.ndarray) -> Place | None:
        """The place of landmarks of shape (478, 3) in pixels; None where one is unknown."""
        points = landmarks[:, :2]
        if not np.isfinite(points).all():
            return None
        return Place(np.concatenate([points.min(0), points.max(0)]), Region.around(landmarks))


def read(
    frames: Iterable[Frame],
    near: Sequence[Place | None],
    backend: Backend,
    size: tuple[int, int],
    each: Callable[[Frame], None] | None = None,
    bodies: np.ndarray | None = None,
    alone: bool = True,
    outline: bool = False,
) -> Reading:
    """Read one person.

    Parameters
    ----------
    frames : iterable of Frame
        A clip; one frame at a time is kept.
    near : sequence of Place or None
        Where the person's face is expected in each frame, as a tracker found it in the original;
        None where it is not expected, and nothing is read.
    backend : Backend
        Finds MediaPipe's landmarks.
    size : tuple of int
        Width and height of the frames, pixels.
    each : callable, optional
        Called with every frame.
    bodies : np.ndarray [shape=(n_frames,), dtype=bool], optional
        Frames in which the body is looked for, which takes longest, and the expression is named;
        all by default.
    alone : bool
        Whether nobody else is in the clip: any body is then the person's, even where a covered face
        leaves it without a nose.
    outline : bool
        Whether the area of the body's outline is measured too.

    Returns
    -------
    reading : Reading
        Of as many frames as `near` has at most.
    """
    times: list[float] = []
    rows: list[_Row] = []
    areas: list[float] = []
    labels = _Labels()
    before: np.ndarray | None = None
    wholes: Iterable[bool] = repeat(True) if bodies is None else bodies
    with closing(Pose(outline)) as body:
        for frame, place, whole in zip(frames, near, wholes, strict=False):
            times.append(frame.time)
            row = _NOTHING
            if place is not None:
                row = _look(frame.image, before, place, backend, body if whole else None, alone)
            rows.append(row)
            if whole and np.isfinite(row[1]).all():
                labels.add(len(rows) - 1, frame.image, row[1])
            areas.append(body.area if whole and np.isfinite(row[2][0, 0]) else np.nan)
            before = frame.image
            if each is not None:
                each(frame)
    found = _reading(times, rows, size, labels.of(len(rows)))
    return replace(found, outline=np.array(areas)) if outline else found


def _reading(
    times: list[float], rows: list[_Row], size: tuple[int, int], labels: np.ndarray
) -> Reading:
    points, meshes, keypoints, skins, changes, surfaces = (
        zip(*rows, strict=True) if rows else ((),) * 6
    )
    return Reading(
        np.array(times) - (times[0] if times else 0.0),
        *size,
        points=np.array(points).reshape(-1, 68, 2),
        mesh=np.array(meshes, np.float32).reshape(-1, 478, 3),
        body=np.array(keypoints).reshape(-1, 18, 3),
        skin=np.array(skins).reshape(-1, 3),
        change=np.array(changes, float),
        labels=labels,
        surface=np.array(surfaces).reshape(-1, WIDTH),
    )


class _Labels:
    """Names the expressions of a clip, several faces at a time."""

    def __init__(self) -> None:
        self._model = EmotionClassifier.load()
        self._crops: list[np.ndarray] = []
        self._waiting: list[int] = []
        self._known: list[tuple[list[int], np.ndarray]] = []

    def add(self, number: int, image: np.ndarray, mesh: np.ndarray) -> None:
        """Look at the face in a frame."""
        self._crops.append(crop_of(image, mesh))
        self._waiting.append(number)
        if len(self._crops) >= _BATCH:
            self._name()

    def of(self, frames: int) -> np.ndarray:
        """Probabilities of all frames, shape (frames, 7)."""
        self._name()
        labels = np.full((frames, len(EXPRESSIONS)), np.nan)
        for numbers, probabilities in self._known:
            labels[numbers] = probabilities
        return labels

    def _name(self) -> None:
        if self._crops:
            self._known.append((self._waiting, self._model.predict_proba(self._crops, framed=True)))
            self._crops, self._waiting = [], []


def _look(
    image: np.ndarray,
    before: np.ndarray | None,
    place: Place,
    backend: Backend,
    body: Pose | None,
    alone: bool,
) -> _Row:
    points, mesh, keypoints, skin, _, _ = _NOTHING
    fitted = fit_face(image, place.box)
    if fitted is not None:
        points, skin = fitted, skin_colour(image, fitted)
    (found,) = backend.measure(image, [place.region])
    if found is not None:
        mesh = found
    if body is not None:
        left, top, right, bottom = (float(edge) for edge in place.box)
        keypoints = body.measure(image, None if alone else (left, top, right, bottom))
    change = _change(image, before, place.box)
    return points, mesh, keypoints, skin, change, surface(image, points, mesh)


def _change(image: np.ndarray, before: np.ndarray | None, box: np.ndarray) -> float:
    """Mean absolute difference of a face from the frame before, grey levels."""
    if before is None:
        return np.nan
    scale = _CHANGE / np.maximum(box[2:] - box[:2], 1)
    matrix = np.column_stack([np.diag(scale), -scale * box[:2]])
    now, then = (
        cv2.cvtColor(_cut(picture, matrix, scale), cv2.COLOR_RGB2GRAY)
        for picture in (image, before)
    )
    return float(cv2.absdiff(now, then).mean())


def _cut(image: np.ndarray, matrix: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The face at a fixed size; shrunk by averaging, so that noise goes and movement stays."""
    shrink = int(1 / max(scale.max(), 1e-6))
    if shrink > 1:
        low = np.floor(-matrix[:, 2] / scale).astype(int)
        high = np.ceil((_CHANGE - matrix[:, 2]) / scale).astype(int)
        low, high = np.clip(low, 0, None), np.minimum(high, image.shape[1::-1])
        if (high - low).min() >= 2:
            part = image[low[1] : high[1], low[0] : high[0]]
            return cv2.resize(part, (_CHANGE, _CHANGE), interpolation=cv2.INTER_AREA)
    return cv2.warpAffine(image, matrix, (_CHANGE, _CHANGE), flags=cv2.INTER_LINEAR)
