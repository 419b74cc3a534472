"""Video files in a camera's place: a session as if the participant sat in front of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol as Interface

import numpy as np

from mien.counted import plural
from mien.errors import ParameterError
from mien.recording.capture import Capture
from mien.recording.screen import Screen, Stage
from mien.recording.sight import Sight
from mien.video import Reader
from mien.workers import ahead


class Eye(Interface):
    """What sees a face in a picture, such as a `sight.LiveFace`."""

    def see(self, image: np.ndarray) -> Sight | None:
        """The face in an RGB picture, shape (height, width, 3), uint8; None if there is none."""
        ...


def replay(
    capture: Capture,
    clips: Sequence[str | os.PathLike[str]],
    eye: Eye,
    show: Callable[[Screen], None] | None = None,
) -> Screen:
    """Run a session from video files; consent has to be on record.

    One clip holds all expressions in their order, each started as soon as the one before is
    complete; or there is one clip for each expression, which ends with its clip if that is shorter.

    Parameters
    ----------
    capture : Capture
        The session.
    clips : sequence of path
        One, or as many as the protocol has expressions.
    eye : Eye
        Measures the pictures.
    show : callable, optional
        Is given every screen.

    Returns
    -------
    screen : Screen
        The last one; its stage is `Stage.DONE`, or `Stage.ABORTED` if a single clip ended too soon.

    Raises
    ------
    ParameterError
        If consent is not on record or the clips are not as many as they have to be.
    VideoError
        If a clip cannot be read.
    """
    expressions = capture.protocol.expressions
    if len(clips) not in (1, len(expressions)):
        raise ParameterError(
            f"{plural(len(clips), 'clip')} {'does' if len(clips) == 1 else 'do'} not fit "
            f"{plural(len(expressions), 'expression')}: give one clip, or one "
            "for each expression in their order."
        )
    for screen in _screens(capture, clips, eye):
        if show is not None:
            show(screen)
    return capture.screen


def _screens(
    capture: Capture, clips: Sequence[str | os.PathLike[str]], eye: Eye
) -> Iterator[Screen]:
    """What there is to show, one after the other, until the clips or the session end."""
    alone = len(clips) == 1
    clock = 0.0
    for number, clip in enumerate(clips, 1):
        yield capture.start()
        for time, image in frames(Path(clip)):
            sight = eye.see(image)
            seen = (None, None) if sight is None else (sight.scores, sight.pose)
            screen = capture.update(clock + time, *seen)
            yield screen
            if screen.stage is Stage.INSTRUCTION and alone:
                yield capture.start()
            elif screen.stage.over or (screen.number > number and not alone):
                break
        else:
            if not alone and not capture.stage.over and capture.screen.number == number:
                yield capture.skip()
        clock += time + 1.0
    if not capture.stage.over:
        yield capture.abort()


def frames(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    """Seconds from the first frame, and RGB pictures."""
    first: float | None = None
    with Reader(path) as reader:
        for frame in ahead(reader):
            first = frame.time if first is None else first
            yield frame.time - first, frame.image
