"""The pictures of the report: a small copy of the result, stills, thumbnails.

The copy is for looking, never for measuring. Its frames stand at the original's times, so that a
curve and the picture beside it belong together.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from mien.evidence.evaluate import Evidence
from mien.progress import Progress
from mien.report.copies import CLOCK, frames_ahead, jpeg, shown_size, shrunk, within
from mien.video import Reader, VideoInfo, Writer

BUDGET = 11_000_000
"""Bytes of the copy, at most; in the page they take a third more."""
_HEIGHTS = ((480, 240.0), (360, 900.0), (240, math.inf))  # and the seconds up to which they serve
_CRF = 25
_COMFORTABLE_S = 120.0  # what fits the budget at that factor, about
_THUMB = 200  # pixels of a thumbnail's side
_REACH = 0.9  # of the face's size, around its middle


@dataclass(frozen=True, eq=False)
class Pictures:
    """What the page shows."""

    video: bytes | None
    """MP4; None where it would not fit, or there is no frame to show."""
    width: int
    """Of the copy, pixels."""
    height: int
    """Of the copy, pixels."""
    still: bytes
    """JPEG of one frame of the result, for print; empty where there is none."""
    thumbnails: dict[int, tuple[bytes, bytes | None]]
    """By the original's frame: JPEG of the result's face, and of the original's if asked."""
    frames: np.ndarray
    """Numbers of the original's frames that the copy shows, ascending, shape (n,)."""
    times: np.ndarray
    """When it shows them, seconds, shape (n,)."""


def pictures(
    evidence: Evidence,
    *,
    include_original: bool = False,
    wanted: tuple[int, ...] = (),
    budget: int = BUDGET,
    progress: Progress | None = None,
) -> Pictures:
    """Copy the result small and take pictures from it.

    Parameters
    ----------
    evidence : Evidence
        Where the clips are and what was read of them.
    include_original : bool
        Whether the original stands beside the result; without it the original is not opened.
    wanted : tuple of int
        The original's frames of which thumbnails are wanted.
    budget : int
        Bytes of the copy, at most.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Raises
    ------
    VideoError
        If a clip cannot be read.
    """
    times = _times(evidence)
    seconds = float(times[-1] - times[0]) if len(times) else 0.0
    height = next(height for height, limit in _HEIGHTS if seconds <= limit)
    wide = 2 if include_original else 1
    crf = _CRF + max(0.0, 6 * math.log2(max(wide * seconds, 1) / _COMFORTABLE_S))
    source = _Source(evidence, times, include_original, height, wanted)
    data = within(budget, partial(source.encode, progress), crf)
    return Pictures(
        data or None,
        *source.size,
        source.still,
        source.thumbnails,
        np.array(source.shown, int),
        times[source.shown],
    )


class _Source:
    """The frames of the copy, one after the other."""

    def __init__(
        self,
        evidence: Evidence,
        times: np.ndarray,
        include_original: bool,
        height: int,
        wanted: tuple[int, ...],
    ) -> None:
        self._evidence, self._times, self._wanted = evidence, times, set(wanted)
        self._original = evidence.original if include_original else None
        with Reader(evidence.deidentified) as reader:
            info = reader.info
        self._picture = shown_size(info, height)
        self.size = (self._picture[0] * (2 if include_original else 1), self._picture[1])
        self.still = b""
        self.thumbnails: dict[int, tuple[bytes, bytes | None]] = {}
        self.shown: list[int] = []

    def encode(self, progress: Progress | None, path: Path, crf: int) -> bytes:
        """Write the copy, and keep the pictures that are wanted on the way."""
        self.shown = []
        info = VideoInfo(self.size[0], self.size[1], CLOCK)
        middle = len(self._times) // 2
        done = -1
        with (
            closing(self._frames()) as frames,
            Writer(path, info, crf=crf, voice="mute", overwrite=True) as writer,
        ):
            for frame, result, original in frames:
                image = shrunk(result, self._picture)
                if original is not None:
                    image = np.hstack([shrunk(original, self._picture), image])
                ticks = round(float(self._times[frame]) / float(CLOCK))
                if ticks <= done:
                    continue
                done = ticks
                writer.write(image, ticks)
                self.shown.append(frame)
                if frame in self._wanted and frame not in self.thumbnails:
                    self.thumbnails[frame] = self._thumbnail(frame, result, original)
                if not self.still or frame <= middle:
                    still = image if frame == middle or not self.still else None
                    self.still = self.still if still is None else jpeg(still)
                if progress is not None:
                    progress("copying", frame + 1, len(self._times))
            if done < 0:  # no frame of the result belongs to the original
                return b""
            writer.commit()
        return path.read_bytes()

    def _frames(self) -> Generator[tuple[int, np.ndarray, np.ndarray | None], None, None]:
        """Number in the original, the result's picture and, if asked, the original's."""
        partner = self._evidence.partner
        if len(partner) != len(self._times):
            partner = np.arange(len(self._times))
        with ExitStack() as stack:
            results = frames_ahead(stack, self._evidence.deidentified)
            originals = None
            if self._original is not None:
                originals = frames_ahead(stack, self._original)
            current = None
            for frame, wanted in enumerate(partner):
                original = next(originals, None) if originals is not None else None
                if wanted < 0:
                    continue
                while current is None or current.index < wanted:
                    current = next(results, None)
                    if current is None:
                        return
                image = None
                if original is not None:
                    image = original.image
                elif originals is not None:  # the original ended early
                    image = np.zeros_like(current.image)
                yield frame, current.image, image

    def _thumbnail(
        self, frame: int, result: np.ndarray, original: np.ndarray | None
    ) -> tuple[bytes, bytes | None]:
        readings = self._evidence.readings
        box = None
        if readings is not None:
            one = readings.original
            for points in (one.mesh[frame, :, :2], one.points[frame], readings.other.points[frame]):
                if np.isfinite(points).all():
                    box = np.concatenate([points.min(0), points.max(0)]) / np.tile(
                        (one.width, one.height), 2
                    )
                    break
        return jpeg(_crop(result, box)), None if original is None else jpeg(_crop(original, box))


def _crop(image: np.ndarray, box: np.ndarray | None) -> np.ndarray:
    """The face, a square; everything where its place is not known. `box` is in picture shares."""
    height, width = image.shape[:2]
    if box is not None:
        left, top, right, bottom = box * (width, height, width, height)
        reach = max(_REACH * max(right - left, bottom - top), 8)
        x, y = (left + right) / 2, (top + bottom) / 2
        image = image[
            max(int(y - reach), 0) : max(int(y + reach), 0),
            max(int(x - reach), 0) : max(int(x + reach), 0),
        ]
        if not image.size:
            return np.full((_THUMB, _THUMB, 3), 118, np.uint8)
    scale = _THUMB / max(image.shape[:2])
    size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _times(evidence: Evidence) -> np.ndarray:
    """When the copy's frames are shown, seconds."""
    if evidence.readings is not None:
        return evidence.readings.original.times
    # nothing was read of the original: the result's own times, one frame after the other
    with ExitStack() as stack:
        times = np.array([frame.time for frame in frames_ahead(stack, evidence.deidentified)])
    times = times - times[0]
    if len(evidence.partner) and (evidence.partner >= 0).any():
        known = np.flatnonzero(evidence.partner >= 0)
        inside = np.minimum(evidence.partner[known], len(times) - 1)
        return np.interp(np.arange(len(evidence.partner)), known, times[inside])
    return times
