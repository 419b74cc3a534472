"""Where pictures go: a file, a virtual camera, a window. None of them is ever given an original."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from mien.advice import to_get
from mien.errors import EngineError
from mien.live.doubt import Doubt
from mien.outputs import check_free
from mien.video import VideoInfo, Writer
from mien.video.clips import WRITTEN

_FAST = "veryfast"  # effort of x264 that two cores have left


class Sink(Protocol):
    """What takes pictures."""

    def show(self, image: np.ndarray, pts: int, time_base: Fraction, doubt: Doubt | None) -> None:
        """Take one: RGB, shape (height, width, 3), uint8; when it is shown, ticks; why it is
        covered, None where it is not."""
        ...

    def close(self) -> None:
        """There will be no more."""
        ...


class Recording:
    """A file that has its name when the session has ended; without sound.

    Parameters
    ----------
    path : Path
        Ends in ``.mp4``.
    overwrite : bool
        Whether a file that exists may be replaced.

    Raises
    ------
    OutputError
        If it cannot be written.
    """

    def __init__(self, path: Path, overwrite: bool = False) -> None:
        check_free(path, overwrite, kind="an MP4", endings=WRITTEN)
        self._path, self._overwrite = path, overwrite
        self._writer: Writer | None = None

    def show(self, image: np.ndarray, pts: int, time_base: Fraction, doubt: Doubt | None) -> None:
        """See `Sink.show`."""
        if self._writer is None:
            height, width = image.shape[:2]
            info = VideoInfo(width, height, time_base)
            self._writer = Writer(
                self._path, info, preset=_FAST, overwrite=self._overwrite, comment="mien live"
            )
        self._writer.write(image, pts)

    def close(self) -> None:
        """Give it its name."""
        if self._writer is not None:
            self._writer.commit()

    def abandon(self) -> None:
        """Leave nothing behind."""
        if self._writer is not None:
            self._writer.abandon()


class VirtualCamera:
    """A webcam that other programs see: v4l2loopback on Linux, OBS on Windows and macOS.

    Raises
    ------
    EngineError
        If pyvirtualcam is not installed, or there is no virtual camera.
    """

    def __init__(self) -> None:
        try:
            import pyvirtualcam
        except ModuleNotFoundError as exc:
            if exc.name != "pyvirtualcam":
                raise
            raise EngineError(f"A virtual camera needs pyvirtualcam: {to_get('live')}.") from exc
        self._make: Any = pyvirtualcam.Camera
        self._camera: Any = None

    def show(self, image: np.ndarray, pts: int, time_base: Fraction, doubt: Doubt | None) -> None:
        """See `Sink.show`."""
        height, width = image.shape[:2]
        if self._camera is None:
            try:
                self._camera = self._make(width=width, height=height, fps=30)
            except RuntimeError as exc:
                raise EngineError(
                    "There is no virtual camera: load v4l2loopback (Linux) or install OBS "
                    "(Windows, macOS)."
                ) from exc
        self._camera.send(np.ascontiguousarray(image))

    def close(self) -> None:
        """Take it away."""
        if self._camera is not None:
            self._camera.close()


class Preview:
    """A window on this computer.

    Raises
    ------
    EngineError
        If there is no screen to open it on.
    """

    def __init__(self) -> None:
        try:
            import tkinter

            self._window = tkinter.Tk()
        except Exception as exc:  # no tkinter, or no screen: each system says it otherwise
            raise EngineError(
                "A preview needs a screen and Python's tkinter: leave out --preview."
            ) from exc
        self._window.title("mien live")
        self._label = tkinter.Label(self._window)
        self._label.pack()
        self._photo: Any = None
        self._tkinter: Any = tkinter

    def show(self, image: np.ndarray, pts: int, time_base: Fraction, doubt: Doubt | None) -> None:
        """See `Sink.show`."""
        _, coded = cv2.imencode(".ppm", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        self._photo = self._tkinter.PhotoImage(data=coded.tobytes(), format="PPM")
        self._label.configure(image=self._photo)
        self._window.update()

    def close(self) -> None:
        """Close the window."""
        self._window.destroy()
