"""Landmarks of one face through a clip, held only for the frames in which they are known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

_SHAPE = (478, 3)
_UNKNOWN = np.full(_SHAPE, np.nan, np.float32)
_UNKNOWN.flags.writeable = False


class Meshes:
    """Landmarks by frame, read like an array of shape (n_frames, 478, 3), float32.

    A frame in which they are not known is NaN, and costs nothing: half an hour of one face is
    310 MB. So whoever asks for many frames should ask for no more of each than is needed:
    ``meshes[frames, 33, :2]`` copies one landmark of each, not all.

    Parameters
    ----------
    count : int
        Frames of the clip.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._known: dict[int, np.ndarray] = {}

    @classmethod
    def of(cls, landmarks: np.ndarray) -> Meshes:
        """What an array of shape (n_frames, 478, 3) holds; NaN is not known."""
        meshes = cls(len(landmarks))
        meshes[:] = np.array(landmarks, np.float32)
        return meshes

    def __len__(self) -> int:
        """Frames of the clip, known or not."""
        return self._count

    def __iter__(self) -> Iterator[np.ndarray]:
        """Landmarks of each frame, shape (478, 3)."""
        return (self._row(frame) for frame in range(self._count))

    def __getitem__(self, key: Any) -> np.ndarray:
        """Landmarks of frames.

        Parameters
        ----------
        key : int, slice or array, or a tuple that begins with one
            Which frames, as numpy takes them; then what of each frame: ``meshes[3, :, :2]``.

        Returns
        -------
        landmarks : np.ndarray [shape=(478, 3) or (n, 478, 3)], or less if less is asked for
            Of one frame as it is held, of several a copy.

        Raises
        ------
        IndexError
            If the clip has no such frame, or a face no such landmark.
        """
        which, part = (key[0], key[1:]) if isinstance(key, tuple) else (key, ())
        if isinstance(which, int | np.integer):
            return np.asarray(self._row(range(self._count)[which])[part])
        if which is Ellipsis:
            which, part = slice(None), key
        frames = np.arange(self._count)[which].tolist()
        found = np.empty((len(frames), *_UNKNOWN[part].shape), np.float32)
        for place, frame in enumerate(frames):
            found[place] = self._row(frame)[part]
        return found

    def __setitem__(self, which: Any, landmarks: np.ndarray | float) -> None:
        """Set the landmarks of frames, shape (478, 3) or (n, 478, 3), pixels; NaN forgets them.

        The array of one frame is held as it is, not copied, if it is float32.
        """
        if isinstance(which, int | np.integer):
            self._hold(range(self._count)[which], landmarks)
            return
        frames = np.arange(self._count)[which].tolist()
        rows = np.broadcast_to(landmarks, (len(frames), *_SHAPE))
        for frame, row in zip(frames, rows, strict=True):
            self._hold(frame, row.astype(np.float32))

    def __array__(self, dtype: Any = None) -> np.ndarray:
        """All frames as one array: as large as the clip is long."""
        return self[:].astype(dtype or np.float32, copy=False)

    def boxes(self, frames: np.ndarray) -> np.ndarray:
        """The box around the landmarks of each frame: left, top, right, bottom, pixels.

        Parameters
        ----------
        frames : np.ndarray [shape=(n,), dtype=int]

        Returns
        -------
        boxes : np.ndarray [shape=(n, 4), dtype=float32]
        """
        found = np.empty((len(frames), 4), np.float32)
        for box, frame in zip(found, frames.tolist(), strict=True):
            points = self[frame, :, :2]
            points.min(0, out=box[:2])
            points.max(0, out=box[2:])
        return found

    def _row(self, frame: int) -> np.ndarray:
        return self._known.get(frame, _UNKNOWN)

    def _hold(self, frame: int, row: np.ndarray | float) -> None:
        if np.isnan(row).all():
            self._known.pop(frame, None)
        else:
            self._known[frame] = np.ascontiguousarray(row, np.float32).reshape(_SHAPE)
