"""Which frame of a result belongs to which of its original, and both beside each other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mien.errors import VideoError
from mien.progress import Progress, silent
from mien.tracking import FaceTrack
from mien.video import Frame, Reader
from mien.video.pairing import partners


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
        What `mien.tracking.follow.follow` found in the original.
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


def side_by_side(
    originals: Iterable[Frame], results: Iterable[Frame], partner: np.ndarray, name: str
) -> Iterator[tuple[Frame, Frame | None]]:
    """Each original frame with its partner, None if it has none.

    Parameters
    ----------
    originals, results : iterable of Frame
        All frames of both clips.
    partner : np.ndarray [shape=(n_frames,), dtype=int]
        As in `Pairing`.
    name : str
        Of the result's file.

    Raises
    ------
    VideoError
        If the result has fewer frames than it had.
    """
    theirs = iter(results)
    current = next(theirs, None)
    for frame, wanted in zip(originals, partner, strict=False):
        while current is not None and current.index < wanted:
            current = next(theirs, None)
        if current is None:
            raise VideoError(f"{name} changed while it was read: leave it alone and run again.")
        yield frame, current if wanted >= 0 else None


def as_large(image: np.ndarray, other: np.ndarray) -> np.ndarray:
    """A picture in the size of another one."""
    if image.shape == other.shape:
        return image
    return cv2.resize(image, other.shape[1::-1], interpolation=cv2.INTER_AREA)


def scale_between(first: Frame, second: Frame) -> np.ndarray:
    """Pixels of the result per pixel of the original: across, down, in depth."""
    scale = np.array(second.image.shape[1::-1]) / np.array(first.image.shape[1::-1])
    return np.append(scale, scale.mean())
