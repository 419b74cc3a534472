"""What a worker does with a clip; the only part of the application that loads models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mien.web.folders import PREVIEW, RESULT

Progress = Callable[[str, int, int | None], None]

_PREVIEW_WIDTH = 640  # pixels at most
_PREVIEW_WITHIN = 240  # frames from the start, so that a long clip is not read through for it


@dataclass(frozen=True)
class Task:
    """A clip and what is wanted of it."""

    source: Path
    """The original."""
    folder: Path
    """Empty folder for what is made."""
    engine: str
    surrogate: str
    voice: str


def render(task: Task, progress: Progress) -> None:
    """De-identify a clip, and keep one frame of the result as its preview.

    Raises
    ------
    MienError
        As `mien.deidentify` does.
    """
    from mien.pipeline import Settings, deidentify

    result = deidentify(
        task.source,
        task.folder / RESULT,
        Settings(engine=task.engine, surrogate=task.surrogate, voice=task.voice),  # type: ignore[arg-type]
        progress=progress,
    )
    preview(result.output, task.folder / PREVIEW, frames=len(result.ledger.entries))


def preview(result: Path, picture: Path, frames: int) -> None:
    """Write a frame from the middle of a result, or near its start if that is far, as a JPEG.

    Parameters
    ----------
    result : Path
        A de-identified clip, never an original.
    picture : Path
        The ``.jpg``.
    frames : int
        Frames that the clip has.
    """
    import cv2

    from mien.video import Reader

    with Reader(result) as reader:
        for frame in reader:
            if frame.index >= min(frames // 2, _PREVIEW_WITHIN):
                break
    image = frame.image
    scale = min(1.0, _PREVIEW_WIDTH / image.shape[1])
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    picture.write_bytes(coded.tobytes())
