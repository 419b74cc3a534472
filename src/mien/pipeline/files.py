"""The files that a rendering is written to, under no name until they are complete."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mien.errors import OutputError
from mien.pipeline.settings import Settings
from mien.video import Frame, VideoInfo, Writer

_BESIDE_GOP = 12  # frames: who checks a clip goes through it step by step


class Files:
    """The result and, on request, original and result beside each other."""

    def __init__(
        self,
        source: Path,
        output: Path,
        info: VideoInfo,
        settings: Settings,
        label: str,
        beside: SideBySide,
        watch: Callable[[Frame, np.ndarray], None] | None,
    ) -> None:
        self.beside, self._watch = beside, watch
        try:
            self.writer = Writer(
                output,
                info,
                audio_from=source,
                voice=settings.voice,
                crf=settings.crf,
                overwrite=settings.overwrite,
                comment=label,
            )
        except BaseException:
            self.beside.__exit__(None, None, None)
            raise

    def write(self, frame: Frame, image: np.ndarray) -> None:
        self.writer.write(image, frame.pts, duration=frame.duration)
        self.beside.write(frame, image)
        if self._watch is not None:
            self._watch(frame, image)

    def abandon(self) -> None:
        """Remove what has no name yet."""
        self.writer.__exit__(None, None, None)
        self.beside.__exit__(None, None, None)


class SideBySide:
    """Original and result beside each other, for checking; does nothing without a path."""

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        info: VideoInfo,
        source: Path,
        settings: Settings,
        width: int | None,
    ) -> None:
        self._writer: Writer | None = None
        scale = min(1.0, (width or info.width) / info.width)
        # even sizes, which every player shows
        self._size = (
            (info.width, info.height)
            if scale == 1.0
            else (2 * round(scale * info.width / 2), max(2, 2 * round(scale * info.height / 2)))
        )
        if path is not None:
            self._writer = Writer(
                path,
                replace(info, width=2 * self._size[0], height=self._size[1]),
                audio_from=source,
                voice=settings.voice,
                crf=settings.crf + 3,
                overwrite=settings.overwrite,
                comment="For checking only: the left half shows the original.",
                gop=_BESIDE_GOP,
            )

    def __enter__(self) -> SideBySide:
        return self

    def __exit__(self, *error: Any) -> None:
        if self._writer is not None:
            self._writer.__exit__(*error)

    def write(self, frame: Frame, image: np.ndarray) -> None:
        if self._writer is not None:
            halves = [self._sized(frame.image), self._sized(image)]
            self._writer.write(np.concatenate(halves, axis=1), frame.pts, duration=frame.duration)

    def _sized(self, image: np.ndarray) -> np.ndarray:
        if image.shape[1::-1] == self._size:
            return image
        return cv2.resize(image, self._size, interpolation=cv2.INTER_AREA)

    def commit(self) -> None:
        if self._writer is not None:
            self._writer.commit()


class Drafts:
    """What is written while a result has no name yet: one rendering at a time.

    The first is begun at once, so that an output that cannot be written costs no time.
    """

    def __init__(self, begin: Callable[[], Files]) -> None:
        self._begin = begin
        self.newest = begin()

    def __enter__(self) -> Drafts:
        return self

    def __exit__(self, *error: Any) -> None:
        self.newest.abandon()

    def begin_again(self) -> None:
        """Remove what was written, and begin anew."""
        self.newest.abandon()
        self.newest = self._begin()


def keep_apart(
    source: Path, output: Path, manifest: Path, side_by_side: str | os.PathLike[str] | None
) -> None:
    """Refuse outputs that would fall on the input or on each other."""
    places = [source.resolve(), output.resolve(), manifest.resolve()]
    if side_by_side is not None:
        places.append(Path(side_by_side).resolve())
    for number, place in enumerate(places):
        if place in places[:number]:
            raise OutputError(f"{place.name} is used twice: give the output a name of its own.")
